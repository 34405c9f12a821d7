"""What the error browser shows of each item, and what it can be filtered by. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from runner.core.run_rows import PredictionRow
from runner.runs.html.answer_parts import FieldRow, Piece, fields_of, marked, told, worded
from runner.runs.html.class_tree import Parting, Paths, partings
from runner.runs.html.phrasing import plain


@dataclass(frozen=True)
class Entry:
    """An item of the final evaluation.

    Attributes:
        row: its line of ``predictions.jsonl``.
        anchor: its place in the page.
        right, missed, added: labels of gold that were predicted, that were not, and predictions that gold lacks.
        states: the words it is found by: right or wrong or failed, and fixed or broken.
        pieces: its text, with the places that are marked in it. fields: those of an answer that has some.
        gold, initial: the parts of gold, and of what the initial prompt answered. unfit: what can be right nowhere.
        partings: where its answers leave the paths of gold, if its classes are paths.
        places: the numbers of its labels in the list that it is filtered by, with those of ``missed`` and ``added``
            apart; "-" stands for none.
    """

    row: PredictionRow
    anchor: str
    right: Sequence[str]
    missed: Sequence[str]
    added: Sequence[str]
    states: Sequence[str]
    places: Mapping[str, str]
    pieces: Sequence[Piece]
    fields: Sequence[FieldRow]
    gold: Sequence[str]
    initial: Sequence[str]
    unfit: Sequence[str]
    partings: Sequence[Parting]


@dataclass(frozen=True)
class Browser:
    """The entries, wrong ones first.

    Attributes:
        labels: every label that occurs or is in the list. A filter knows a label by its number here, for its name
            may hold anything.
        failures: name -> number of items.
        states: word -> number of items.
        anchors: item id -> where it is in the page.
    """

    entries: Sequence[Entry]
    labels: Sequence[str]
    failures: Mapping[str, int]
    states: Mapping[str, int]
    anchors: Mapping[str, str]

    def place(self, label: str | None) -> str:
        """The number of a label, as the filters write it."""
        return "-" if label is None else str(self.labels.index(label))


def browser(predictions: Sequence[PredictionRow], labels: Sequence[str], paths: Paths) -> Browser:
    """The predictions as entries. ``paths``: of the classes that are paths of a tree."""
    found = dict.fromkeys(labels)
    for row in predictions:
        found.update(dict.fromkeys([*row.due_keys, *row.given_keys]))
    numbers = {label: str(number) for number, label in enumerate(found)}
    entries = [_entry(row, f"item-{number}", numbers, paths) for number, row in enumerate(predictions, start=1)]
    return Browser(
        entries=sorted(entries, key=lambda entry: "right" in entry.states),
        labels=list(found),
        failures=Counter(row.failure for row in predictions if row.failure),
        states=Counter(state for entry in entries for state in entry.states),
        anchors={entry.row.id: entry.anchor for entry in entries},
    )


def _entry(row: PredictionRow, anchor: str, numbers: Mapping[str, str], paths: Paths) -> Entry:
    known = {tuple(path) for path in paths.values()}
    missed, added, right = row.missing_keys, row.wrong_keys, row.right_keys
    states = ["failed" if not row.judged else "right" if row.exact else "wrong"]
    if row.exact and row.initial_exact is False:
        states.append("fixed")
    if row.exact is False and row.initial_exact:
        states.append("broken")
    places = {
        "labels": " ".join(numbers[label] for label in dict.fromkeys([*row.due_keys, *row.given_keys])),
        "missed": " ".join(numbers[label] for label in missed) or "-",
        "added": " ".join(numbers[label] for label in added) or "-",
    }
    unfit = [f"not in the list {name}" for name in row.out_of_list or ()] if row.unfit is None else row.unfit
    return Entry(
        row=row,
        anchor=anchor,
        right=right,
        missed=missed,
        added=added,
        states=states,
        places=places,
        pieces=marked(row),
        fields=fields_of(row, known),
        gold=told(worded(row.gold, row.text), known),
        initial=told(worded(row.initial_prediction, row.text), known),
        unfit=[plain(one) for one in unfit],
        partings=partings(row, paths),
    )
