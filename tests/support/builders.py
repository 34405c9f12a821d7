"""A workbench, a strategy's steps, a whole experiment: made of fakes, for tests of all rooms."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fakes import LABELS, FakeProvider, items, knows

from runner.core.calls import Call
from runner.core.evaluation import Progress
from runner.core.gold import Worked, worked
from runner.core.items import Data, Item
from runner.core.prompt import Prompt
from runner.datasets.split import Split, split
from runner.experiment.evaluator import Evaluator
from runner.experiment.spec import Experiment
from runner.experiment.strategy import Candidate, Step
from runner.experiment.workbench import Workbench
from runner.optimizers.none import NoOp
from runner.providers.middleware.limits import Limits
from verifiers.label_set import LabelSet
from verifiers.labels import Labels
from verifiers.rewards import Reward
from verifiers.rewards.per_item import FBeta

DEFINED = LabelSet({name: f"look for {name}" for name in LABELS})


START = Prompt("Name the colours.\n\nLabels:\n- red\n- green\n- blue")


def shown(made: Sequence[Item]) -> list[Worked]:
    """Items as worked examples of labels."""
    return [worked(Labels(), item) for item in made]


def parts(made: Sequence[Item] | None = None) -> Split:
    """The items of a ``bench``: however a search is seeded, they are the same."""
    return split(made or items(), {"reflect": 10, "select": 10, "test": 10}, 1)


SELECT = parts().select
"""The select items of a ``bench``, which a workbench measures on and shows no strategy."""


def bench(
    labeller: FakeProvider | None = None,
    rewriter: FakeProvider | None = None,
    *,
    labels: LabelSet = DEFINED,
    seed: int = 1,
    made: Sequence[Item] | None = None,
    reward: Reward | None = None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> Workbench:
    of = parts(made)
    labeller = labeller or FakeProvider(knows("red"))
    return Workbench(
        initial=START,
        verifier=Labels(labels),
        reflect=of.reflect,
        select=of.select,
        evaluator=Evaluator(labeller, Labels(labels), reward or FBeta(), max_failed=0.5, on_progress=on_progress),
        rewriter=rewriter or FakeProvider(rewrites("- When you see it, look for green.")),
        seed=seed,
    )


def rewrites(rule: str) -> Any:
    def answer(call: Call) -> str:
        user = call.messages[-1]["content"]
        if "<rules>" in user:
            return f"<rules>\n{rule}\n</rules>"
        if "<prompt>" in user:
            return f"Here it is:\n<prompt>\n{START.instructions}\n{rule}\nRead the whole item before.\n</prompt>"
        return f"{START.instructions}\n{rule}"

    return answer


async def steps(strategy: Any, on: Workbench, epochs: int = 3) -> list[Step]:
    found: list[Step] = []
    async for step in strategy.run(on):
        found.append(step)
        if len(found) == epochs:
            break
    return found


SIZES = {"reflect": 8, "select": 10, "test": 12}


@dataclass
class Scripted:
    """Proposes these sentences, one an epoch."""

    sentences: list[str]

    async def run(self, bench: Any) -> Any:
        for sentence in self.sentences:
            prompt = Prompt(f"{bench.initial.instructions}\n{sentence}")
            yield Step([Candidate(await bench.evaluate(prompt), bench.initial, sentence)], {"copy": 1})


def experiment(directory: Path, **changes: Any) -> Experiment:
    made = items()
    base = Experiment(
        data=Data(made, LabelSet.of(LABELS), "0" * 64),
        split=split(made, SIZES, 1),
        initial=Prompt("Name the colours: red, green, blue."),
        labeller=FakeProvider(knows("red")),
        rewriter=FakeProvider(knows()),
        verifier=Labels(LabelSet.of(LABELS)),
        reward=FBeta(),
        strategy=NoOp(),
        trackers=[],
        epochs=3,
        patience=None,
        max_failed=0.02,
        seed=1,
        limits=Limits(),
        journal_mode="use",
        journal_path=directory / "shared.sqlite",
        directory=directory,
        sweep=None,
        config={},
    )
    if "data" in changes and "verifier" not in changes:
        changes["verifier"] = Labels(changes["data"].labels)
    return replace(base, **changes)


def read(directory: Path) -> dict[str, Any]:
    return json.loads((directory / "result.json").read_text())


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]
