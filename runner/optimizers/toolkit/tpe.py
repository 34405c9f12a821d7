"""A tree-structured Parzen estimator for choices: draws what the better trials have in common. Pure.

Bergstra, Bardenet, Bengio & Kégl 2011, "Algorithms for Hyper-Parameter Optimization" (NeurIPS): the trials are cut
into the good and the rest, a density is put over each, and of some draws from the good one that is tried next whose
ratio good / rest is highest. Both densities are over whole combinations (a mixture of a kernel on each trial and a
uniform prior), so that choices which are good only together are found too, as in optuna's multivariate TPE.

Ours and not optuna's: a table of a few dozen combinations needs no more than this; all chance comes from the one
seeded generator; and a run must replay to the byte years from now, whatever version of a library is there then.
"""

import math
import random
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
        startup: trials drawn uniformly, before anything is learnt from them.
        good: the share of the trials that counts as good, one at least.
        draws: from the good trials' density.
    """
    left = [each for each in product(*map(range, sizes)) if each not in done]
    if not left:
        return None
    if len(scores) < startup:
        fresh = [each for each in left if each not in scores]
        return rng.choice(fresh or left)
    ranked = sorted(scores, key=lambda each: -scores[each])  # stable: of equals the earlier
    cut = max(1, math.ceil(good * len(ranked)))
    better = {each: _density(each, ranked[:cut], sizes) for each in left}
    worse = {each: _density(each, ranked[cut:], sizes) for each in left}
    drawn = rng.choices(left, weights=[better[each] for each in left], k=draws)
    return max(drawn, key=lambda each: better[each] / worse[each])


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
