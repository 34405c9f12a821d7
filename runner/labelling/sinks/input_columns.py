"""The columns of the file that was labelled, read again when the labels are handed on, to stand before them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from runner.core.errors import ConfigError, DataError
from runner.core.files import atomic_write
from runner.core.protocols import HasColumns
from runner.core.surrogates import question_marks

Asked = Literal["all"] | Sequence[str]
Row = Mapping[str, Any]
_LOOKED_AT = 1000  # rows; a column that none of them has is misspelt


class InputColumns:
    """Columns to put before the labels.

    Args:
        asked: their names, or ``all``.
        source: the dataset that is labelled.

    Raises:
        ConfigError: the dataset has no columns, or not one that is asked for.
    """

    def __init__(self, asked: Asked, source: object) -> None:
        if not isinstance(source, HasColumns):
            raise ConfigError(
                "sink.columns: this dataset has no columns: leave it out, or label a file (dataset=file)",
                code="needs-columns",
                key="sink.columns",
            )
        self._asked = asked
        self._source = source
        there = dict.fromkeys(name for _, row in islice(source.inputs(), _LOOKED_AT) for name in row)
        if missing := [name for name in asked if asked != "all" and name not in there]:
            raise ConfigError(
                f"sink.columns: no {missing[0]!r} in the texts (there is {', '.join(map(repr, there))})",
                code="column-missing",
                key=missing[0],
            )

    def refuse_changed(self, directory: Path) -> None:
        """Note in the run's directory what the texts are, or hold them against the note.

        Raises:
            DataError: they have changed since.
        """
        note, now = directory / "texts.sha256", self._source.digest()
        if not note.exists():
            atomic_write(note, now)
        elif note.read_text() != now:
            raise DataError(
                "sink.columns: the file of texts has changed since they were labelled, so its rows may not be theirs: "
                "put it back as it was, or start anew (the journal answers what was asked before)",
                code="file-changed",
                key="sink.columns",
            )

    def rows(self, record: Iterable[Row]) -> Iterator[tuple[Row, Row]]:
        """Each row of the record, and the fields it was made of.

        Raises:
            DataError: the source has other rows by now.
        """
        inputs = self._source.inputs()
        for number, row in enumerate(record, 1):
            name, fields = next(inputs, (None, {}))
            if name != row["id"]:
                raise DataError(
                    f"sink.columns: the texts are not those that were labelled: row {number} was {row['id']!r} and is "
                    f"{name!r} now: put them back as they were",
                    code="rows-changed",
                    key=row["id"],
                )
            yield row, fields

    def names(self, record: Iterable[Row], ours: Sequence[str]) -> dict[str, str]:
        """Field -> column. One that is called as one of ``ours`` is ``input_NAME``; an id that is ours is left out."""
        found: dict[str, None] = {}
        same = True
        taken = {*ours, "annotations"}  # which would make the row a task of Label Studio that has its labels there
        for row, fields in self.rows(record):
            found.update(dict.fromkeys(fields))
            same = same and str(fields.get("id") or row["id"]) == row["id"]
        fields = found if self._asked == "all" else dict.fromkeys(self._asked)
        columns: dict[str, str] = {}
        for field in fields:
            name = question_marks(field)
            while name in taken or (name != field and name in fields):
                name = f"input_{name}"
            if field and not (field == "id" and same):
                columns[field] = name
        return columns
