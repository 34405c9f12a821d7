"""Answers in tasks that Label Studio exported as JSON or JSON_MIN, of every control, without the labelling interface.

A file does not tell what an interface does: which labels there are, how many stars, where a page or a dialogue shows a
place. Labels are those that occur, the verifier knows its scale, and for places in pages and dialogues
``dataset=label_studio`` is needed, which reads the interface too.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from runner.datasets.annotations import box_in, counted, is_marked, taken
from runner.datasets.gold_cells import value_in
from runner.datasets.row_problem import RowProblem
from verifiers.verifier import Cell

Row = Mapping[str, Any]
Kind = Literal["taxonomy", "rating", "number", "choices", "labels", "text"]

_KINDS: Sequence[Kind] = ("taxonomy", "rating", "number", "choices", "labels", "text")  # a region of labels has a text
_ELSEWHERE = ("hypertextlabels", "paragraphlabels")
_EMPTY = ("taxonomy", "labels")  # what may have been left empty to say that there is nothing
_AREAS = ("prompt", "response", "reply", "answer")  # how the names of text areas begin that are no answer
_OF_MINIMAL = {"annotator", "annotation_id", "lead_time"}


def is_task(row: Row) -> bool:
    """Whether a row is a task of a JSON export."""
    return "data" in row and "annotations" in row


def is_minimal(row: Row) -> bool:
    """Whether a row is an annotation of a JSON_MIN (or CSV) export."""
    return row.keys() >= _OF_MINIMAL


@dataclass
class Exported:
    """What the rows of a file have that are tasks or annotations of Label Studio.

    Attributes:
        kinds: control -> kind of its values. beside: control -> those that annotations have beside it.
        of_tasks: whether there are tasks, and not only annotations of JSON_MIN.
    """

    kinds: dict[str, str] = field(default_factory=dict)
    beside: dict[str, set[str]] = field(default_factory=dict)
    of_tasks: bool = False
    _chosen: dict[str, set[str]] = field(default_factory=dict)  # of each control up to two choices

    def add(self, row: Row) -> None:
        """Take a row; what cannot be read in it is told later."""
        if is_task(row):
            self.of_tasks = True
            for entry in counted(row["annotations"], strict=False):
                self._add(entry)
        elif is_minimal(row):
            for name, value in row.items():
                if kind := _kind_of_all(value):
                    self.kinds.setdefault(name, kind)

    def _add(self, entry: Row) -> None:
        held = _held(entry)
        for name, values in held.items():
            self.kinds.setdefault(name, _kind(values[0]))
            self.beside.setdefault(name, set()).update(held)
            names = [str(one) for value in values if isinstance(value.get("choices"), list) for one in value["choices"]]
            there = self._chosen.setdefault(name, set())
            there.update(names[: 2 - len(there)])

    @property
    def checked(self) -> str | None:
        """The control that people tick who have checked the labels."""
        return box_in({name: set() for name in self.kinds}, self._chosen, None)

    def control(self, named: str | None) -> str:
        """The control that holds the answer: the one that is named, else the only one that can.

        Raises:
            RowProblem: the file has no such control, has several, or only the interface tells what it says.
        """
        found = [name for name in self.kinds if name != self.checked]
        able = [name for name in found if self.kinds[name] != "text"]
        able = able or [name for name in found if not name.lower().startswith(_AREAS)]
        if named is None and len(able) != 1:
            raise RowProblem(
                f"its tasks have answers of {self._listed(able or found)}: say which one holds the gold, "
                "dataset.gold_field=NAME, or several as the fields of one answer, verifier=fields",
                code="control-ambiguous" if able else "control-missing",
            )
        name = able[0] if named is None else named
        if name not in self.kinds:
            raise RowProblem(
                f"no annotation has an answer of {name!r}, they have {self._listed(found)}: name one of these, "
                "dataset.gold_field=NAME",
                code="control-missing",
            )
        refuse_elsewhere(name, self.kinds[name])
        return name

    def _listed(self, names: Sequence[str]) -> str:
        return ", ".join(f"{name!r} ({self.kinds[name]})" for name in names) or "no control"

    def answer(self, annotations: Any, control: str, text: str, cell: Cell) -> Any:
        """What the annotation of a task that counts says, as raw gold; None if nobody annotated, or filled it in.

        Args:
            text: as the task has it. cell: what the verifier takes; of choices names, for a ``value`` paths.

        Raises:
            RowProblem: the annotations are not what Label Studio exports, or a place has other words in the text.
        """
        given = (self._said(entry, control, text, cell) for entry in taken(annotations, self.checked))
        return next((said for said in given if said is not None), None)

    def differ(self, annotations: Any, controls: Sequence[str], text: str) -> bool:
        """Whether annotators said different things of a task, and nobody which is right."""
        entries = taken(annotations, self.checked)
        said = [[self._said(entry, control, text, "value") for control in controls] for entry in entries]
        return len({json.dumps(one, sort_keys=True) for one in said if any(part is not None for part in one)}) > 1

    def _said(self, entry: Row, control: str, text: str, cell: Cell) -> Any:
        held = _held(entry)
        kind = self.kinds.get(control, "")
        said = _answer(kind, held[control], text, cell) if control in held else None
        if said is not None:
            return said
        can_be_empty = kind in _EMPTY or (kind == "choices" and cell == "names")
        return [] if can_be_empty and self._is_gone_through(entry, held, control) else None

    def _is_gone_through(self, entry: Row, held: Mapping[str, Any], control: str) -> bool:
        """Whether an annotation without a value of the control says that there is none.

        It does not where all it has is a prompt or a reply, or it is of another interface.
        """
        others = held.keys() - {control, self.checked}
        areas = {name for name in others if self.kinds.get(name) == "text" and name.lower().startswith(_AREAS)}
        only_areas = bool(areas) and areas == held.keys()
        return others <= self.beside.get(control, set()) and (not only_areas or is_marked(entry, self.checked))

    def minimal(self, value: Any, column: str, text: str, cell: Cell) -> Any:
        """What a column of a JSON_MIN row says, as raw gold; None if it was not filled in.

        Raises:
            RowProblem: a place has other words in the text.
        """
        kind, value = self.kinds.get(column), value_in(value)
        if value is None or kind is None:
            return [] if kind in _EMPTY else value
        refuse_elsewhere(column, kind)
        values = _listed(value)
        regions = [one for one in values if isinstance(one, Mapping) and kind in one]
        return _answer(kind, regions, text, cell) if regions and len(regions) == len(values) else value


def minimal_choices(value: Any) -> Any:
    """The names in a column of a JSON_MIN row that holds the choices of a control; anything else as it is."""
    kind = _kind_of_all(value)
    return _answer(kind, _listed(value_in(value)), "", "names") if kind == "choices" else value


def refuse_elsewhere(control: str, kind: str) -> None:
    """Raise RowProblem where only the labelling interface tells what a control says."""
    if kind in _ELSEWHERE:
        raise RowProblem(
            f"{control!r} has places in a page or a dialogue ({kind}), which only the labelling interface tells: "
            "export as JSON, then dataset=label_studio dataset.path=EXPORT.json dataset.config_file=INTERFACE.xml "
            "(Settings > Labeling Interface > Code)",
            code="region-unplaced",
        )
    if kind not in _KINDS:
        raise RowProblem(
            f"{control!r} is a control of {kind!r}, which is no answer about a text: name another, "
            "dataset.gold_field=NAME",
            code="control-missing",
        )


def _held(entry: Row) -> dict[str, list[Row]]:
    """Control -> the values of its regions in an annotation."""
    held: dict[str, list[Row]] = {}
    result = entry.get("result")
    for region in result if isinstance(result, list) else ():
        value = region.get("value") if isinstance(region, Mapping) else None
        if isinstance(value, Mapping) and value and region.get("from_name"):
            held.setdefault(str(region["from_name"]), []).append(value)
    return held


def _kind(value: Row) -> str:
    return next((kind for kind in (*_ELSEWHERE, *_KINDS) if kind in value), next(iter(value)))


def _kind_of_all(value: Any) -> str | None:
    """The kind of the regions that a column of JSON_MIN, or of CSV as JSON in a text, holds; None where it has none."""
    values = _listed(value_in(value) if isinstance(value, str) else value)
    if not values or not all(isinstance(one, Mapping) and one for one in values):
        return None
    kind = _kind(values[0])
    return kind if kind in (*_KINDS, *_ELSEWHERE) else None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _answer(kind: str, values: Sequence[Row], text: str, cell: Cell) -> Any:
    """What the values of a control say together, as raw gold; None if nothing."""
    held = [value[kind] for value in values if value.get(kind) not in (None, "", [])]
    if kind == "labels":
        return [span for value in values if value.get("labels") for span in _spans(value, text)] or None
    if kind in ("rating", "number"):
        return next((one for one in reversed(held) if one or kind == "number"), None)  # no star is saved as nothing
    lists = [_listed(one) for one in held]
    if kind == "text":
        lines = [str(line or "").strip() for one in lists for line in one]
        return "\n".join(filter(None, lines)) or None
    chosen = [one for listed in lists for one in listed]
    if kind == "taxonomy" or cell == "value":
        chosen = [_listed(one) for one in chosen]
    return [one for place, one in enumerate(chosen) if one not in chosen[:place]] or None


def _spans(value: Row, text: str) -> list[dict[str, Any]]:
    """A span for each label of a region. Raises RowProblem: other words stand there than it says."""
    labels, start, end = value["labels"], value.get("start"), value.get("end")
    if type(start) is int and type(end) is int:
        told, there = str(value.get("text") or ""), text[max(start, 0) : max(end, 0)]
        if _bare(told) not in ("", _bare(there)):
            raise RowProblem(
                f"a region says that {told!r:.60} stands from {start} to {end}, and the text has {there!r:.60} there: "
                "was the text changed since, or are the places those of another text (dataset.text_field=NAME)?",
                code="region-unplaced",
            )
    return [{"label": label, "start": start, "end": end} for label in _listed(labels)]


def _bare(words: str) -> str:
    """Without blanks and line breaks, which Label Studio notes in its own way."""
    return "".join(words.replace("\\n", "\n").split())
