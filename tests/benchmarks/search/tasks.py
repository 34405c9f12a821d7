"""The data sets of the search benchmark, each as one job that every tool is given: items, labels, initial prompt."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from runner.datasets.file import File
from runner.datasets.sample import Sample
from runner.prompt import default_prompt, with_definitions
from runner.split import split
from runner.types import Data, Item

ROOT = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("GOLDLOOP_SHARED_DATA", ROOT.parent / "shared" / "data"))


@dataclass(frozen=True)
class Job:
    """What a driver reads: ``train`` is goldloop's reflect, ``test`` stays with the benchmark."""

    labels: dict[str, str]
    multiple: bool
    initial_prompt: str
    train: list[dict[str, object]]
    select: list[dict[str, object]]


def sample() -> tuple[Data, dict[str, float]]:
    return Sample().load(), {"reflect": 18, "select": 18, "test": 24}


def nlupp() -> tuple[Data, dict[str, float]]:
    """Without its definitions, which make a prompt of 1,500 tokens: too long for a model on two cores."""
    return File(str(SHARED / "nlupp_banking.json")).load(), {"reflect": 30, "select": 30, "test": 100}


def banking77() -> tuple[Data, dict[str, float]]:
    return File(str(SHARED / "banking77_test_1000.json")).load(), {"reflect": 30, "select": 30, "test": 100}


DATA = {"sample": sample, "nlupp": nlupp, "banking77": banking77}


def make(name: str, seed: int) -> tuple[Job, list[dict[str, object]]]:
    """(the job, the sealed items). The seed decides between train and select; the sealed items are always the same.

    The initial prompt has the definitions, where there are any: otherwise only goldloop would know them.
    """
    data, sizes = DATA[name]()
    parts = split(data.items, sizes, seed)
    multiple = data.multiple if data.multiple is not None else any(len(item.gold or ()) != 1 for item in data.items)
    prompt = with_definitions(default_prompt(data.labels, multiple=multiple), data.labels)
    labels = {label: data.labels.definitions.get(label) or "" for label in data.labels}
    return Job(labels, multiple, prompt.render(), rows(parts.reflect), rows(parts.select)), rows(parts.test)


def rows(items: tuple[Item, ...]) -> list[dict[str, object]]:
    return [{"id": item.id, "text": item.text, "gold": list(item.gold or ())} for item in items]


def write(job: Job, path: Path) -> None:
    path.write_text(json.dumps(asdict(job), ensure_ascii=False))
