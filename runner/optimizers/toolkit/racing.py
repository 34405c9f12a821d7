"""Spending few calls on bad prompts: racing in blocks of items, successive halving."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from runner.core.concurrency import gather_or_cancel
from runner.core.evaluation import Evaluation
from runner.core.prompt import Prompt
from runner.experiment.workbench import Workbench
from runner.stats.evidence import Values, sign_flip_test


@dataclass(frozen=True)
class Raced:
    """What is left of some prompts.

    Attributes:
        kept: measured on all select items.
        dropped: the prompts that were given up, each with the number of items it took.
    """

    kept: Sequence[Evaluation]
    dropped: dict[Prompt, int] = field(default_factory=dict)

    def whole(self, prompt: Prompt, size: int) -> bool:
        """Whether it was measured on all select items, so many, kept or not: that is paid for."""
        return self.dropped.get(prompt, size) == size


async def measured_whole(bench: Workbench, raced: Raced) -> list[Evaluation]:
    """All that were measured on all select items, those that were kept first: each is paid for."""
    others = [prompt for prompt in raced.dropped if raced.whole(prompt, bench.select_size)]
    return [*raced.kept, *await gather_or_cancel(bench.evaluate(prompt) for prompt in others)]


async def race(
    bench: Workbench,
    prompts: Sequence[Prompt],
    keep: int,
    *,
    block: int = 6,
    first_test: int = 2,
    alpha: float = 0.2,
    penalty: Callable[[Prompt], float] = lambda prompt: 0.0,
) -> Raced:
    """Measure prompts block by block of the select items; give up those that enough others surely beat.

    After each block, from the ``first_test``-th on, a prompt goes that at least ``keep`` others beat in a one-sided
    paired test at ``alpha`` (CAPO, arXiv 2504.16005, whose t-test is an exact randomisation test here, since credits
    of a dozen items are far from normal). The test only drops; it never says that one is better. It stops early
    where no more than ``keep`` are left; those are measured on all items. All prompts of a block are measured
    concurrently; after a first test the last two blocks are one, since the test between them saves few calls, and
    costs the wait for an answer.

    Args:
        penalty: what a prompt pays, as CAPO has long ones pay; taken from its reward in the last choice, so that of
            equals the one that pays less wins. In the test only the better one pays, from each credit, for what it
            costs more: that a prompt costs less is no evidence, and on a few items many are equal.
    """
    running, dropped = list(dict.fromkeys(prompts)), dict[Prompt, int]()
    done = 0
    while len(running) > keep and done < bench.select_size:
        left = bench.select_size - done
        last = left <= 2 * block and done >= first_test * block
        done += left if last else min(block, left)
        measured = await gather_or_cancel(bench.evaluate(prompt, count=done) for prompt in running)
        if done < first_test * block or done == bench.select_size:
            continue
        for one in measured:
            ahead = (_ahead(other, one, penalty) for other in measured)
            if sum(_surely_above_0(differences, alpha, bench.seed) for differences in ahead) >= keep:
                running.remove(one.prompt)
                dropped[one.prompt] = done
    kept = await gather_or_cancel(bench.evaluate(prompt) for prompt in running)
    kept.sort(key=lambda found: penalty(found.prompt) - found.reward)  # stable: of equals the earlier
    dropped.update({found.prompt: bench.select_size for found in kept[keep:]})
    return Raced(kept[:keep], dropped)


def _ahead(one: Evaluation, other: Evaluation, penalty: Callable[[Prompt], float]) -> Values:
    """By how much ``one`` is better, item by item, after it has paid for what it costs more than ``other``."""
    both = [item for item in one.credits if item in other.credits]
    paid = max(0.0, penalty(one.prompt) - penalty(other.prompt))
    return np.array([one.credits[item] - other.credits[item] - paid for item in both])


def _surely_above_0(differences: Values, alpha: float, seed: int) -> bool:
    if len(differences) == 0 or differences.mean() <= 1e-9:
        return False
    p, _ = sign_flip_test(differences, np.random.default_rng(seed))
    return p / 2 < alpha


async def halve(bench: Workbench, prompts: Sequence[Prompt], keep: int = 1, *, first: int = 6) -> Raced:
    """Sequential halving (Karnin et al. 2013; for prompts TRIPLE, arXiv 2402.09723).

    All prompts of a round are measured concurrently: all on ``first`` select items, the better half on twice as many,
    and so on; what is left is measured on all. Where doubling would leave no more items than it adds, a round takes
    all: that costs few calls, and another round would wait for answers once more.
    """
    running, dropped = list(dict.fromkeys(prompts)), dict[Prompt, int]()
    count = min(first, bench.select_size)
    while len(running) > keep:
        measured = await gather_or_cancel(bench.evaluate(prompt, count=count) for prompt in running)
        measured.sort(key=lambda found: -found.reward)  # stable: of equals the earlier
        stay = keep if count == bench.select_size else max(keep, (len(running) + 1) // 2)
        dropped.update({found.prompt: count for found in measured[stay:]})
        running = [found.prompt for found in measured[:stay]]
        count = _more(count, bench.select_size)
    kept = sorted(await gather_or_cancel(bench.evaluate(prompt) for prompt in running), key=lambda found: -found.reward)
    return Raced(kept, dropped)


def halving_calls(prompts: int, select: int, keep: int = 1, *, first: int = 6) -> int:
    """Labeller calls that ``halve`` takes for so many new prompts and select items; fewer prompts take fewer."""
    calls, done, count = 0, 0, min(first, select)
    while prompts > keep:
        calls += prompts * (count - done)
        prompts = keep if count == select else max(keep, (prompts + 1) // 2)
        done, count = count, _more(count, select)
    return calls + prompts * (select - done)


def _more(count: int, select: int) -> int:
    """Twice as many items; all, where that leaves no more than it adds."""
    return select if select <= 3 * count else 2 * count
