"""Whether a change costs a strategy quality: ``python tests/benchmarks/qualities.py OLD_TREE STRATEGY [--seeds N]``.

Both trees search the same simulated worlds, each for three epochs. In a world the true accuracy of every prompt is
known, as a logit: what its instructions, its set of worked examples, their number and the form in which they are shown
are worth, each drawn at random, and once more for instructions with examples and for examples in a form, which are good
or bad only together. An item has a difficulty, which is why prompts fail on the same items; the rest is chance. Told is
the mean true accuracy of the prompts that the searches end with, and the paired interval of new minus old.
"""

import argparse
import asyncio
import json
import random
import subprocess
import sys
from functools import cache
from math import exp, log2
from pathlib import Path
from statistics import NormalDist, fmean, stdev
from typing import Any

from verifiers.choice import Choice

ROOT = Path(__file__).resolve().parents[2]
GRID = [NormalDist(0, 1.2).inv_cdf((n + 0.5) / 41) for n in range(41)]  # difficulties of items


class World:
    """A labeller of known qualities, in the place of an evaluator."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.base, self.per_doubling = self.normal("base", 0.3, 0.4), self.normal("n", 0.1, 0.15)
        self.form = self.normal("form", 0.0, 0.5)
        self.logit = cache(self._logit)
        self.asked: set[tuple[str, str]] = set()  # about which item which prompt was asked

    def normal(self, what: object, mean: float, spread: float) -> float:
        return random.Random(repr((self.seed, what))).gauss(mean, spread)

    def _logit(self, prompt: Any) -> float:
        words, shown = prompt.instructions, tuple(demo.text for demo in prompt.demos)
        found = self.base + self.normal(words, 0.1, 0.4)
        if shown:
            found += self.normal(shown, 0.4, 0.35) + self.per_doubling * log2(len(shown))
            found += self.normal((words, shown), 0.0, 0.25)
            found += (self.form + self.normal(("form", shown), 0.0, 0.25)) * prompt.turns
        return found

    def accuracy(self, prompt: Any) -> float:
        return fmean(1 / (1 + exp(-self.logit(prompt) - difficulty)) for difficulty in GRID)

    async def evaluate(self, prompt: Any, items: Any, stage: str, sample: int = 0) -> Any:
        from runner.core.calls import Reply
        from runner.core.evaluation import Evaluation, Outcome
        from verifiers.labels import label_verdict

        await asyncio.sleep(0)
        logit, outcomes = self.logit(prompt), []
        for item in items:
            right = 1 / (1 + exp(-logit - self.normal(item.id, 0.0, 1.2)))
            draw = random.Random(f"{self.seed}{prompt.fingerprint}{item.id}").random()
            said = item.gold if draw < right else ("cards" if item.gold != ("cards",) else "fees",)
            self.asked.add((prompt.fingerprint, item.id))
            outcomes.append(Outcome(item, Reply(str(said)), label_verdict(item.gold, tuple(said))))
        credits = {outcome.item.id: float(outcome.verdict.exact) for outcome in outcomes}
        return Evaluation(prompt, outcomes, fmean(credits.values()), credits)


class Rewriter:
    async def complete(self, call: Any) -> Any:
        from waves import model

        from runner.core.calls import Reply

        return Reply(model(call), "stop")


async def winner(strategy: Any, seed: int, reflect: int, select: int) -> tuple[float, int]:
    from waves import LABELS, items

    from runner.core.prompt import default_prompt
    from runner.experiment.selection import top
    from runner.experiment.workbench import Workbench

    world, made, epochs = World(seed), items(reflect + select), 0
    bench = Workbench(
        initial=default_prompt(Choice(LABELS).instructions()), verifier=Choice(LABELS), reflect=made[:reflect],
        select=made[reflect:], evaluator=world, rewriter=Rewriter(), seed=seed,
    )  # fmt: skip
    best = await bench.evaluate(bench.initial)
    async for step in strategy.run(bench):
        best = top(step.candidates, best)
        epochs += 1
        if epochs == 3:
            break
    return world.accuracy(best.prompt), len(world.asked)


def search(option: str, seeds: int, reflect: int, select: int) -> None:
    """The true accuracy that each seed's search ends with, and its labeller calls, as JSON."""
    from options import made

    strategy = made(f"optimizer/{option}")

    async def all_of_them() -> list[tuple[float, int]]:
        return [await winner(strategy, seed, reflect, select) for seed in range(seeds)]

    print(json.dumps(asyncio.run(all_of_them())))


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("old", type=Path)
    given.add_argument("strategy")
    given.add_argument("--new", type=Path, default=ROOT)
    given.add_argument("--seeds", type=int, default=400)
    given.add_argument("--reflect", type=int, default=18)
    given.add_argument("--select", type=int, default=18)
    given.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    told = given.parse_args()
    if told.alone:
        sys.path[:0] = [str(told.old.resolve()), str(ROOT / "tests" / "support")]
        return search(told.strategy, told.seeds, told.reflect, told.select)
    sizes = [f"--seeds={told.seeds}", f"--reflect={told.reflect}", f"--select={told.select}", "--alone"]
    before, after = (
        json.loads(subprocess.check_output([sys.executable, __file__, tree, told.strategy, *sizes]))
        for tree in (told.old, told.new)
    )
    gains = [new - old for (old, _), (new, _) in zip(before, after, strict=True)]
    error, mean = 1.96 * stdev(gains) / len(gains) ** 0.5, fmean(gains)
    for name, found in (("old", before), ("new", after)):
        accuracy, calls = map(fmean, zip(*found, strict=True))
        print(f"{name}: accuracy {accuracy:.4f} with {calls:.0f} labeller calls")
    print(f"new - old: {mean:+.4f}, 95% interval {mean - error:+.4f} to {mean + error:+.4f}, {told.seeds} worlds")


if __name__ == "__main__":
    main()
