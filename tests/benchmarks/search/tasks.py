"""The data sets of the search benchmark, each as one job that every tool is given: items, labels, initial prompt."""

import json
import os
import random
from collections import defaultdict
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

from runner.core.items import Data, Item
from runner.core.prompt import default_prompt, with_definitions
from runner.datasets.file import File
from runner.datasets.sample import Sample
from runner.datasets.split import split
from verifiers.auto import auto
from verifiers.label_set import LabelSet

ROOT = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("GOLDLOOP_SHARED_DATA", ROOT.parent / "shared" / "data"))
PERMUTED = "permuted"


@dataclass(frozen=True)
class Job:
    """What a driver reads: ``train`` is goldloop's reflect, ``test`` stays with the benchmark."""

    labels: dict[str, str]
    multiple: bool
    initial_prompt: str
    train: list[dict[str, object]]
    select: list[dict[str, object]]


@dataclass(frozen=True)
class Sizes:
    """How many items stand where.

    Attributes:
        looked_at: items of a first sealed part, on which `demos` was once tuned: none of them is sealed here.
    """

    reflect: int
    select: int
    sealed: int
    looked_at: int


def sample() -> tuple[Data, Sizes]:
    return Sample().load(), Sizes(18, 17, 24, looked_at=24)


def nlupp() -> tuple[Data, Sizes]:
    """Without its definitions, which make a prompt of 1,500 tokens: too long for a model on two cores."""
    return File(str(SHARED / "nlupp_banking.json")).load(), Sizes(30, 30, 150, looked_at=100)


def banking77() -> tuple[Data, Sizes]:
    return File(str(SHARED / "banking77_test_1000.json")).load(), Sizes(30, 30, 150, looked_at=100)


def permuted() -> tuple[Data, Sizes]:
    """Ten labels of Banking77, sixteen items each: with gold permuted, no label is more likely than another."""
    data = banking77()[0]
    of_label: dict[str, list[Item]] = defaultdict(list)
    for item in data.items:
        of_label[next(iter(item.gold or ()))].append(item)
    common = sorted(of_label, key=lambda label: (-len(of_label[label]), label))[:10]
    items = [item for label in common for item in of_label[label][:16]]
    labels = LabelSet.of(label for label in data.labels if label in common)
    return replace(data, items=items, labels=labels), Sizes(30, 30, 60, looked_at=40)


DATA = {"nlupp": nlupp, "banking77": banking77, "sample": sample, PERMUTED: permuted}


def make(name: str, seed: int) -> tuple[Job, list[dict[str, object]]]:
    """(the job, the sealed items). The seed decides between train and select; the sealed items are always the same.

    Of permuted gold the seed also decides which item got which. The initial prompt has the definitions, where there
    are any: otherwise only goldloop would know them.
    """
    data, sizes = DATA[name]()
    sealed = set(spent(name)["sealed"]) or _sealed(tuple(data.items), sizes)
    test = [item for item in data.items if item.id in sealed]
    left = [item for item in data.items if item.id not in sealed]
    if name == PERMUTED:  # each part of its own: what is frequent in one would be rare in the other
        rng = random.Random(seed)
        test, left = _permuted(test, rng), _permuted(left, rng)
    parts = split(left, {"reflect": sizes.reflect, "select": sizes.select, "test": 1}, seed)
    multiple = data.multiple if data.multiple is not None else any(len(item.gold or ()) != 1 for item in data.items)
    prompt = with_definitions(default_prompt(auto(multiple).bind(data.labels, ()).instructions()), data.labels)
    labels = {label: data.labels.definitions.get(label) or "" for label in data.labels}
    return Job(labels, multiple, prompt.render(), rows(parts.reflect), rows(parts.select)), rows(test)


def _permuted(items: list[Item], rng: random.Random) -> list[Item]:
    """The items, with each one's gold given to another."""
    gold = rng.sample([item.gold for item in items], len(items))
    return [replace(item, gold=given) for item, given in zip(items, gold, strict=True)]


def spent(name: str) -> dict[str, list[str]]:
    """The ids of a set that were sealed in the searches of docs/search.json, and those that were looked at before."""
    kept: dict[str, dict[str, list[str]]] = json.loads((Path(__file__).parent / "spent.json").read_text())
    return kept.get(name, {"sealed": [], "looked_at": []})


@cache
def _sealed(items: tuple[Item, ...], sizes: Sizes) -> set[str]:
    """The ids of the sealed items: none that was sealed, and looked at, before."""
    before = split(items, {"reflect": sizes.reflect, "select": sizes.select, "test": sizes.looked_at}, 0).test
    seen = {item.id for item in before}
    others = [item for item in items if item.id not in seen]
    return {item.id for item in split(others, {"reflect": 1, "select": 1, "test": sizes.sealed}, 0).test}


def rows(items: tuple[Item, ...] | list[Item]) -> list[dict[str, object]]:
    return [{"id": item.id, "text": item.text, "gold": list(item.gold or ())} for item in items]


def write(job: Job, path: Path) -> None:
    path.write_text(json.dumps(asdict(job), ensure_ascii=False))
