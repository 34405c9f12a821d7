"""What a task file asks of a text, in Label Studio: the labelling interface, and rows with gold as tasks. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from runner.core.errors import ConfigError
from runner.datasets.fields import Fields, at
from runner.datasets.gold_cells import is_missing
from runner.datasets.row_problem import RowProblem
from runner.label_studio.controls import Control
from runner.label_studio.controls.served import answering
from runner.label_studio.controls.text_area import TextArea
from runner.label_studio.default_interface import CHECKED, interface_with
from runner.label_studio.interface import Interface
from runner.label_studio.task_gold import truth
from verifiers.verifier import Verifier

_OWN = (CHECKED, "prompt", "response")  # what the interface has beside the answers
_ODD = re.compile(r"\W+")


@dataclass(frozen=True)
class Asked:
    """What is asked of a text.

    Attributes:
        answers: by the name of the control, how an answer is read and compared, with its vocabulary.
        columns: by the same names, the columns of gold. optional: the answers that a text may be without.
        text: the column of the text, or several. id: that of the id; None for ``id``.
    """

    answers: Mapping[str, Verifier]
    columns: Mapping[str, str]
    text: str | Sequence[str]
    optional: Sequence[str] = ()
    id: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The controls that hold the answer."""
        return tuple(self.answers)

    def interface(self, *, dialogue: bool) -> str:
        """The XML of the labelling interface.

        Args:
            dialogue: whether the text is a list of turns.

        Raises:
            ConfigError: Label Studio has no control for an answer, or none with that name.
        """
        shown = self._shown(dialogue=dialogue)
        tag = "Paragraphs" if dialogue else "Text"
        controls = [self._control(name, next(iter(shown)), tag) for name in self.answers]
        return interface_with(controls, shown, dialogue=dialogue)

    def _shown(self, *, dialogue: bool) -> Sequence[str]:
        """The fields of a task that are shown: names that an interface can have, and no control has."""
        taken = {*self.answers, *_OWN}
        if isinstance(self.text, str):
            named = ["dialogue" if dialogue else "text"]
        else:
            named = [_ODD.sub("_", column).strip("_") or "text" for column in self.text]
            named = [f"_{name}" if name[0].isdigit() else name for name in named]
        found = [f"{name}_shown" if name in taken else name for name in named]
        return [f"{name}_{place}" if name in found[:place] else name for place, name in enumerate(found)]

    def _control(self, name: str, shown: str, tag: str) -> Control:
        where = f"task: answer {name!r}"
        if name in _OWN or name.lower().startswith("prompt"):
            told = f"{where}: this name is for another part of the labelling interface: take another"
            raise ConfigError(told, code="bad-value", key=name)
        try:
            control = answering(self.answers[name], name, shown, tag)
        except ValueError as error:
            raise ConfigError(f"{where}: {error}", code="bad-value", key=name) from error
        if hasattr(control, "shown_by") and not isinstance(self.text, str):
            told = (
                f"{where}: its places are in one text, and {len(self.text)} columns are shown: name one, text: COLUMN"
            )
            raise ConfigError(told, code="bad-value", key=name)
        return replace(control, optional=True) if name in self.optional and isinstance(control, TextArea) else control

    def fields(self) -> Fields:
        """Where a row of a file has what; ``of_file`` looks at all rows."""
        cells = {name: verifier.cells for name, verifier in self.answers.items()}
        kinds = {name: kind if isinstance(kind, str) else "value" for name, kind in cells.items()}
        text = self.text if isinstance(self.text, str) else list(self.text)
        return Fields(text, id=self.id, cells=kinds, columns=self.columns)

    def task(self, row: Mapping[str, Any], number: int, fields: Fields, interface: Interface) -> dict[str, Any]:
        """The task of a row: its texts, its id, and what else it has; its gold an annotation that is marked.

        Args:
            fields: those of the whole file.

        Raises:
            RowProblem: it has no text, or its gold cannot be an answer.
        """
        columns = [self.text] if isinstance(self.text, str) else list(self.text)
        gold = fields.value_of(row)
        own = {*columns, *self.columns.values(), *([self.id] if self.id else [])}
        data = {name: value for name, value in row.items() if name not in own}
        data |= {shown.field: at(row, column) for shown, column in zip(interface.shown, columns, strict=True)}
        if self.id:
            data["id"] = fields.id_of(row, number)
        if lost := [column for column in columns if is_missing(at(row, column)) or at(row, column) == ""]:
            there = ", ".join(map(repr, row)) or "none"
            raise RowProblem(f"no text in {lost[0]!r} (there is {there})", code="text-missing")
        if gold is None:
            return {"data": data}
        held = gold if len(interface.answered) > 1 else next(iter(gold.values()))
        return {"data": data, "annotations": [truth(row, held, list(self.columns.values()), data, interface)]}
