"""A tree-structured Parzen estimator for choices: draws what the better trials have in common. Pure.

Bergstra, Bardenet, Bengio & Kégl 2011, "Algorithms for Hyper-Parameter Optimization" (NeurIPS): the trials are cut
into the good and the rest, a density is put over each, and of some draws from the good one that is tried next whose
ratio good / rest is highest. Both densities are over whole combinations (a mixture of a kernel on each trial and a
uniform prior), so that choices which are good only together are found too, as in optuna's multivariate TPE.

Trials may be planned in a batch, before any of them is measured. Those that are under way count as the worst so far
(the constant liar with the minimum: Ginsbourger, Le Riche & Carraro 2010, in its form for TPE in optuna's
``constant_liar``), so that the next ones are drawn elsewhere. The first trials, from which nothing is learnt yet, are
balanced: each option of a choice is tried about as often as each other one (a Latin hypercube: McKay, Beckman & Conover
1979). A first batch of ten that the liar plans alone costs quality; of a balanced one no loss was found
(docs/strategies.md).

Ours and not optuna's: a table of a few dozen combinations needs no more than this; all chance comes from the one
seeded generator; and a run must replay to the byte years from now, whatever version of a library is there then.
"""

import math
import random
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import product

Combination = tuple[int, ...]
_SPREAD = 1.0  # weight of all other options together, against 1 on a trial's own: a prior weight of 1


def suggest(
    scores: Mapping[Combination, float],
    sizes: Sequence[int],
    rng: random.Random,
    *,
    done: Collection[Combination] = (),
    planned: Collection[Combination] = (),
    startup: int = 5,
    good: float = 0.25,
    draws: int = 24,
) -> Combination | None:
    """The combination to try next; None when all are done.

    Args:
        scores: what each combination tried so far is worth; higher is better.
        sizes: how many options each choice has; an option is its number from 0 on.
        done: combinations that need no other trial. A score stands once for each combination, however often it was
            tried: where trials are noisy and tried ones are not done, the best so far is asked for again and again.
        planned: combinations under way that are not in ``scores``; they are not asked for again.
        startup: trials drawn evenly, before anything is learnt from them; with fewer scores all that are planned are.
        good: the share of the trials that counts as good, one at least.
        draws: from the good trials' density.
    """
    left = [each for each in product(*map(range, sizes)) if each not in done and each not in planned]
    if not left:
        return None
    if len(scores) < startup:
        fresh = [each for each in left if each not in scores]
        return _least_used(fresh or left, [*scores, *planned], sizes, rng)
    lied = {**scores, **dict.fromkeys(planned, min(scores.values()))}
    ranked = sorted(lied, key=lambda each: -lied[each])  # stable: of equals the earlier
    cut = max(1, math.ceil(good * len(ranked)))
    better = {each: _density(each, ranked[:cut], sizes) for each in left}
    worse = {each: _density(each, ranked[cut:], sizes) for each in left}
    drawn = rng.choices(left, weights=[better[each] for each in left], k=draws)
    return max(drawn, key=lambda each: better[each] / worse[each])


def _least_used(
    left: Sequence[Combination], trials: Sequence[Combination], sizes: Sequence[int], rng: random.Random
) -> Combination:
    """One of those whose options stand in the fewest trials, each beside what would be its share; drawn at random."""
    used = [Counter(options) for options in zip(*trials, strict=True)] or [Counter[int]() for _ in sizes]
    counts = [sum(seen[mine] * size for seen, mine, size in zip(used, each, sizes, strict=True)) for each in left]
    fewest = min(counts)
    return rng.choice([each for each, count in zip(left, counts, strict=True) if count == fewest])


def _density(one: Combination, trials: Sequence[Combination], sizes: Sequence[int]) -> float:
    """The mean of the kernels on ``trials`` and of a uniform prior, which counts as one trial."""
    kernels = [
        math.prod(
            (float(mine == theirs) + _SPREAD / size) / (1 + _SPREAD)
            for mine, theirs, size in zip(one, trial, sizes, strict=True)
        )
        for trial in trials
    ]
    return (sum(kernels) + 1 / math.prod(sizes)) / (len(trials) + 1)
