"""What examples chosen for each text bring, beside the initial prompt, a search and no model at all; resumable.

    python tests/benchmarks/nearest.py [CELL ...] [--out FILE] [--journal FILE] [--sealed 50] [--report]

A cell is DATA:WHAT, as ``nlupp:reflect:8`` (the 8 nearest of 30 reflect items, as turns), ``nlupp:all:8`` (of these and
30 select items), ``nlupp:words:8`` (in words), ``nlupp:initial``, ``nlupp:pool80:8`` (of 80 items), ``nlupp:list20:0``
(with the 20 likeliest labels only), ``nlupp:search:mipro`` (300 labeller and 20 rewriter calls; ``mipro-fixed`` has
``nearest=[]``: the same examples for all texts), ``nlupp:nearest`` and ``nlupp:classifier:30`` (no model; learnt from
the reflect and select items, or so many). Sealed items are others than those of the search benchmark, but for the
sample, which has no more. Each answer is kept in the journal, each cell in FILE; what is there already is not measured
again.
"""

import argparse
import asyncio
import json
import random
import statistics
import sys
from collections.abc import Collection, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).parent / "search"))

import tasks
from drive_goldloop import config

from runner.config.instantiate import make
from runner.core.errors import BudgetSpent
from runner.core.evaluation import Evaluation
from runner.core.items import Data, Item
from runner.core.nearness import Nearness
from runner.core.prompt import Demo, Prompt, default_prompt, with_definitions
from runner.datasets.split import Split, split
from runner.experiment.evaluator import Evaluator
from runner.experiment.without_model import classified, nearest_answers, taught
from runner.experiment.workbench import Workbench
from runner.providers.local import Local
from runner.providers.middleware.budget import Budget
from runner.providers.middleware.client import ModelClient
from runner.providers.middleware.journal import JournalFiles
from runner.providers.middleware.limits import Limits
from runner.stats.evidence import decide
from runner.stats.intervals import reward_interval
from verifiers.choice import Choice
from verifiers.label_set import LabelSet
from verifiers.labels import Labels
from verifiers.rewards.per_item import FBeta

OUT = tasks.ROOT / "outputs" / "benchmarks"
LEARN = 30  # reflect items, and as many select items
Row = dict[str, Any]


def clinc(level: int) -> Data:
    """CLINC150 with its domains (level 0) or intents (1) as labels; out of scope is no label."""
    rows = json.loads((tasks.SHARED / "clinc150_paths.json").read_text())
    items = [Item(row["id"], row["text"], tuple(row["path"][level : level + 1])) for row in rows]
    labels = LabelSet.of(sorted({label for item in items for label in item.gold or ()}))
    known = tasks.sample()[0]
    return Data(items=items, labels=labels, multiple=True, sha256=known.sha256)


class Listed:
    """A prompt whose label list has, for each text, the likeliest labels only: an experiment, not in the package.

    A label is as likely as the nearest of its name, its definition and its reflect items.
    """

    def __init__(self, base: Prompt, labels: LabelSet, items: Sequence[Item], count: int) -> None:
        self._base, self._labels, self._count = base, labels, count
        named = [(name, f"{name.replace('_', ' ')} {meaning or ''}") for name, meaning in labels.definitions.items()]
        known = [*named, *((label, item.text) for item in items for label in item.gold or ())]
        self._of = [label for label, _ in known]
        self._near = Nearness([text for _, text in known])
        self.fingerprint = f"{base.fingerprint} {count}"

    def messages(self, text: str) -> Any:
        best: dict[str, float] = {}
        for label, score in zip(self._of, self._near.scores(text), strict=True):
            best[label] = max(best.get(label, 0.0), float(score))
        kept = set(sorted(self._labels, key=lambda label: -best[label])[: self._count])
        out = {f"- {label}" for label in self._labels if label not in kept}
        lines = [line for line in self._base.instructions.splitlines() if line not in out]
        return replace(self._base, instructions="\n".join(lines)).messages(text)

    def without(self, text: str) -> "Listed":
        return self

    def render(self) -> str:
        return f"{self._base.render()}\n({self._count} likeliest labels)"


class Task:
    """A data set divided: ``reflect``, ``select``, ``sealed`` and ``others``, which a larger pool may take."""

    def __init__(self, name: str, sealed: int) -> None:
        data = clinc(int(name == "clinc_intents")) if name.startswith("clinc") else tasks.DATA[name]()[0]
        spent = {each for ids in tasks.spent(name).values() for each in ids}
        parts = _parts(name, data, spent, sealed)
        taken = {item.id for part in (parts.reflect, parts.select, parts.test) for item in part}
        self.name, self.labels = name, data.labels
        self.multiple = any(len(item.gold or ()) != 1 for item in data.items)
        self.reflect, self.select, self.sealed = parts.reflect, parts.select, parts.test
        self.others = [item for item in data.items if item.id not in taken | spent]
        random.Random(0).shuffle(self.others)
        self.verifier = Labels(self.labels) if self.multiple else Choice(self.labels)
        self.initial = default_prompt(self.verifier.instructions())
        if name == "sample":
            self.initial = with_definitions(self.initial, self.labels)

    def prompt(self, what: str, count: int) -> Prompt:
        """The initial prompt with the ``count`` nearest of a pool."""
        pool = [*self.reflect, *self.select, *self.others]
        sizes = {"reflect": len(self.reflect), "words": len(self.reflect), "all": len(self.reflect) + len(self.select)}
        size = sizes[what] if what in sizes else int(what.removeprefix("pool"))
        demos = [Demo(item.text, item.gold or ()) for item in pool[:size]]
        return self.initial.with_demos(demos, turns=what != "words", nearest=count)


def _parts(name: str, data: Data, spent: Collection[str], sealed: int) -> Split:
    """Kept parts where there are some, so that a measurement goes on whatever becomes of ``split``; else new ones."""
    if name == "sample":
        return split(data.items, {"reflect": 18, "select": 17, "test": 24}, 1)
    kept = json.loads((Path(__file__).parent / "nearest_parts.json").read_text()).get(name)
    if kept and len(kept["sealed"]) == sealed:
        of = {item.id: item for item in data.items}
        return Split(*(tuple(of[each] for each in kept[part]) for part in ("reflect", "select", "sealed")))
    fresh = [item for item in data.items if item.id not in spent]
    return split(fresh, {"reflect": LEARN, "select": LEARN, "test": sealed}, 1)


class Bench:
    """The embedded model behind a journal."""

    def __init__(self, journal: Path, threads: int | None) -> None:
        given = yaml.safe_load((tasks.ROOT / "conf" / "provider" / "local.yaml").read_text())
        self._options = {name: value for name, value in given.items() if name != "_target_" and value is not None}
        self._options["threads"] = threads
        self._journal = journal
        self.replies: list[Any] = []

    def client(self, calls: int | None = None, search: str = "") -> ModelClient:
        """A client; a ``search`` has a journal of its own, or what another has asked would not count for its budget."""
        path = self._journal.with_name(f"{self._journal.stem}-{search}.sqlite") if search else self._journal
        files = JournalFiles("use", path, None, None)
        return ModelClient(Local(**self._options), Budget(Limits(calls=calls)), files)

    async def measure(self, task: Task, prompt: Prompt) -> Evaluation:
        client = self.client()
        try:
            return await evaluator(task, client).evaluate(prompt, task.sealed, "sealed")
        finally:
            await client.close()

    async def search(self, task: Task, name: str, calls: int, seed: int = 1) -> tuple[Prompt, Row]:
        """(the best prompt on the select items, what was seen on the way)."""
        own = f"{task.name}-{name}-{seed}"
        labeller, rewriter = self.client(calls, own), self.client(20, own)
        options = config(name.removesuffix("-fixed"))
        if name.endswith("-fixed"):
            options["nearest"] = []
        known = evaluator(task, labeller)
        bench = Workbench(
            initial=task.initial, verifier=task.verifier, reflect=task.reflect, select=task.select,
            evaluator=known, rewriter=rewriter, seed=seed,
        )  # fmt: skip
        idle, before = 0, -1
        try:
            with suppress(BudgetSpent):
                await bench.evaluate(bench.initial)
                async with aclosing(make(options, "optimizer").run(bench)) as steps:  # type: ignore[type-var]
                    async for _ in steps:
                        idle = idle + 1 if len(known.asked) == before else 0
                        before = len(known.asked)
                        if idle == 3:
                            break
        finally:
            await labeller.close()
            await rewriter.close()
        best = max(bench.measured.values(), key=lambda one: one.reward)
        wholes = [(round(one.reward, 4), one.prompt.fingerprint) for one in bench.measured.values()]
        return best.prompt, {"select": best.reward, "asked": len(known.asked), "measured": wholes}


def evaluator(task: Task, client: Any) -> Evaluator:
    return Evaluator(client, task.verifier, FBeta(), max_failed=0.1, on_progress=lambda progress: None)


def row(cell: str, task: Task, evaluation: Evaluation, more: Mapping[str, Any]) -> Row:
    replies = [outcome.reply for outcome in evaluation.outcomes if outcome.reply]
    credits = [evaluation.credits.get(item.id, 0.0) for item in task.sealed]
    return {
        "cell": cell,
        "reward": statistics.fmean(credits),
        "credits": credits,
        "tokens": statistics.fmean(reply.input_tokens for reply in replies),
        "cached": statistics.fmean(reply.cached_tokens or 0 for reply in replies),
        "seconds": statistics.fmean(reply.seconds for reply in replies),
        "prompt": evaluation.prompt.fingerprint,
        **more,
    }


def without_model(cell: str, task: Task, what: str, learn: Sequence[Item]) -> Row:
    """The controls of a run, learnt from ``learn``."""
    gold = taught(learn, 0)
    if what == "nearest":
        verdicts = nearest_answers(task.verifier, gold, task.sealed)
    else:
        verdicts = classified(task.verifier, gold, task.sealed, FBeta()) or []
    credits = FBeta().credits(verdicts)
    return {
        "cell": cell,
        "reward": statistics.fmean(credits),
        "credits": credits,
        "tokens": 0,
        "cached": 0,
        "seconds": 0,
    }


async def measured(cell: str, bench: Bench, sealed: int) -> Row:
    name, what, *rest = cell.split(":")
    task = Task(name, sealed)
    more: Row = {}
    if what in {"nearest", "classifier"}:
        learn = [*task.reflect, *task.select, *task.others]
        return without_model(cell, task, what, learn[: int(rest[0]) if rest else len(task.reflect) + len(task.select)])
    if what == "initial":
        prompt = task.initial
    elif what == "search":
        prompt, more = await bench.search(task, rest[0], int(rest[1]) if len(rest) > 1 else 300)
    elif what.startswith("list"):
        base = task.prompt("reflect", int(rest[0])) if rest != ["0"] else task.initial
        prompt = Listed(base, task.labels, task.reflect, int(what.removeprefix("list")))  # type: ignore[assignment]
    else:
        prompt = task.prompt(what, int(rest[0]))
    return row(cell, task, await bench.measure(task, prompt), more)


def report(rows: Sequence[Row]) -> str:
    """A table; each against the initial prompt of its data set."""
    lines = ["| cell | reward | 95% interval | against the initial prompt | p | tokens a call | of them kept |"]
    lines.append("|---|---|---|---|---|---|---|")
    first = {each["cell"].split(":")[0]: each for each in rows if each["cell"].endswith(":initial")}
    for each in rows:
        low, high = reward_interval(each["credits"]) or (float("nan"), float("nan"))
        start = first.get(each["cell"].split(":")[0])
        found = decide(start["credits"], each["credits"]) if start and start is not each else None
        beside = f"{found.difference:+.3f} | {found.p:.3f}" if found else " | "
        lines.append(
            f"| {each['cell']} | {each['reward']:.3f} | {low:.3f} to {high:.3f} | {beside} | {each['tokens']:.0f} | "
            f"{each['cached']:.0f} |"
        )
    return "\n".join(lines)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("cells", nargs="*")
    options.add_argument("--out", type=Path, default=OUT / "nearest.jsonl")
    options.add_argument("--journal", type=Path, default=OUT / "journal.sqlite")
    options.add_argument("--sealed", type=int, default=50)
    options.add_argument("--threads", type=int)
    options.add_argument("--report", action="store_true")
    args = options.parse_args()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    rows = [json.loads(line) for line in args.out.read_text().splitlines()] if args.out.exists() else []
    bench = Bench(args.journal, args.threads)
    for cell in args.cells:
        if cell not in {each["cell"] for each in rows}:
            rows.append(asyncio.run(measured(cell, bench, args.sealed)))
            with args.out.open("a") as file:
                file.write(json.dumps(rows[-1], ensure_ascii=False) + "\n")
            print(cell, round(rows[-1]["reward"], 3), flush=True)
    if args.report:
        print(report(rows))


if __name__ == "__main__":
    main()
