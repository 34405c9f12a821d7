"""What is worth saying of a file's rows before a run, and of labels that nobody verified."""

from collections.abc import Iterator
from pathlib import Path

from runner.core.errors import DataError
from runner.datasets.dialogues import LeftOut
from runner.datasets.fields import Fields


def notes_of(fields: Fields, left_out: LeftOut, differing: int, corrections: int = 0) -> list[str]:
    """A sentence for each thing.

    Args:
        left_out: parts of chats that are no text. differing: tasks whose annotators disagree. corrections: tasks that
            people only corrected.
    """
    return [*_cut(fields), *_no_texts(left_out), *_differing(differing), *of_corrections(corrections)]


def of_corrections(tasks: int) -> Iterator[str]:
    """Why tasks of Label Studio that people corrected are no gold."""
    if tasks:
        yield (
            f"{tasks} tasks are left out: their annotations were made of a model's answers and then changed. Where the "
            "answer was right there was nothing to change, so they are only what the model gets wrong. Tick the box "
            "that says that you checked a task, or mark all tasks of a tab that was gone through: "
            "goldloop studio gold=TAB"
        )


def by_a_model(path: Path, rows: int) -> DataError:
    """The error about so many rows whose labels a model gave."""
    return DataError(
        f"dataset.path: {path}: a model gave the labels of {rows} rows (goldloop label wrote the file), and gold is "
        "what people verified: check them, then give dataset.verified=true, or name the column of your own labels, "
        "dataset.labels_field=NAME",
        code="labels-unverified",
        key="dataset.verified",
    )


def _cut(fields: Fields) -> Iterator[str]:
    if fields.cut and fields.delimiter:
        yield (
            f"{fields.cut} label cells are divided at {fields.delimiter!r}; if it belongs to the names, give "
            "verifier=choice (one label each), another dataset.delimiter, or the label list"
        )


def _no_texts(left_out: LeftOut) -> Iterator[str]:
    if left_out:
        counted = ", ".join(f"{count} {kind}" for kind, count in left_out.items())
        yield f"left out of the chats, since they are no text: {counted}"


def _differing(tasks: int) -> Iterator[str]:
    if tasks:
        yield (
            f"annotators disagree on {tasks} tasks, of which the first annotation is taken: mark the right one as "
            "ground truth, or take those on which they agree, dataset=label_studio dataset.gold=agreed"
        )
