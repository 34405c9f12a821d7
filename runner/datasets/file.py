"""dataset=file: items and gold from a JSON, JSONL, CSV, Parquet or CoNLL file."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import yaml

from runner.core.errors import ConfigError, DataError
from runner.core.items import BadRow, Data, Item
from runner.core.parse_errors import problem_of
from runner.datasets.collect import GoldCollector, unusable
from runner.datasets.dialogues import LeftOut
from runner.datasets.fields import Fields
from runner.datasets.infer_labels import alike_as_one, labels_in
from runner.datasets.notes import by_a_model, notes_of
from runner.datasets.row_problem import RowProblem
from runner.datasets.row_readers import Format, kind_of, read_rows
from verifiers.label_set import NO_NAMES, LabelSet
from verifiers.verifier import Cells


class File:
    """Reads a file of rows.

    Args:
        path: the file, relative to where goldloop was started.
        text_field: the field with the text or the dialogue; found by itself as ``text`` or ``dialogue``. Of several,
            each stands under its name.
        gold_field: the field with the gold, else ``labels``; of a Label Studio export, the name of the labelling
            control. A list (in a text: JSON or Python), ``{"choices": [...]}``, or a text with the names between
            ``delimiter``; for a verifier whose answers are no labels a value as it is, or as JSON in a text. ``[]``
            says that no label applies; a row without the field (or with an empty CSV cell) has no gold and is left out.
            For an answer with fields of its own: field -> column.
        labels_field: what ``gold_field`` was called before.
        id_field: the field with the id, else ``id``, else the row's number.
        delimiter: what stands between labels in a text; found by itself, the first of ``|``, ``;``, ``,`` in any row.
        labels: the label list, or a mapping from each label to what it means.
        labels_file: the same as a file (YAML, JSON, or text with a label a line).
        split_field: the field that says the part of a row: train (or reflect), dev (or validation, select), test.
        format: json, jsonl, csv, parquet or conll, where the file's ending does not tell.
        verified: whether people verified the labels of a file that ``goldloop label`` wrote.
    """

    def __init__(
        self,
        path: str,
        text_field: str | Sequence[str] | None = None,
        labels_field: str | None = None,
        id_field: str | None = None,
        delimiter: str | None = None,
        labels: Sequence[str] | Mapping[str, str] | None = None,
        labels_file: str | None = None,
        split_field: str | None = None,
        format: Format | None = None,
        verified: bool = False,
        gold_field: str | Mapping[str, str] | None = None,
    ) -> None:
        if gold_field is not None and labels_field not in (None, gold_field):
            raise ConfigError(
                "dataset.gold_field and dataset.labels_field are both given: give one of them",
                code="both-given",
                key="dataset.labels_field",
            )
        if labels is not None and labels_file is not None:
            raise ConfigError(
                "dataset.labels and dataset.labels_file are both given: give one of them",
                code="both-given",
                key="dataset.labels_file",
            )
        self._path = Path(path).expanduser()
        columns = gold_field if isinstance(gold_field, Mapping) else None
        named = gold_field if isinstance(gold_field, str) else labels_field
        self._fields = Fields(text_field, named, id_field, delimiter, split_field, columns=columns)
        self._labels = labels
        self._labels_file = Path(labels_file).expanduser() if labels_file else None
        self._format = format
        self._verified = verified

    def read_cells(self, cells: Cells) -> None:
        """With ``name`` and ``value`` a cell is not divided, unless a delimiter is given."""
        self._fields = replace(self._fields, cells=cells)

    def load(self) -> Data:
        listed = self._listed()
        fields = self._fields_of_file(listed)
        gold, rows, notes = self._gold(fields, listed)
        if not gold.items:
            why = f"{gold.left_out}{self._columns()}" if gold.left_out else "it has no rows"
            raise DataError(
                f"dataset.path: {self._path} has nothing to learn from: {why}", code="gold-missing", key=str(self._path)
            )
        respelt: Sequence[str] = ()
        if listed is None and not fields.has_values:
            gold.items, respelt = alike_as_one(gold.items)
            labels = self._found(gold.items, rows, fields.within)
        else:
            labels = listed or NO_NAMES
        return gold.data(labels, respelt=respelt, notes=notes, rows=rows)

    def rows(self) -> Iterator[tuple[int, Item]]:
        """Each row and its number, with its gold if somebody verified any; also rows of the same text.

        Raises:
            DataError: a row cannot be read; names the first.
        """
        listed = self._listed()
        fields = self._fields_of_file(listed)
        for number, row in read_rows(self._path, self._format):
            try:
                if isinstance(row, RowProblem):
                    raise row
                yield number, _item(fields, row, number, listed, LeftOut())
            except RowProblem as problem:
                told = f"{self._path}: row {number}: {problem}"
                raise DataError(told, code=problem.code, key=str(number)) from problem

    def _fields_of_file(self, listed: LabelSet | None) -> Fields:
        if (self._format or kind_of(self._path)) == "conll" and not self._fields.has_values:
            raise ConfigError(
                f"dataset.path: {self._path} is CoNLL, whose gold is spans: give verifier=spans",
                code="option-missing",
                key="verifier",
            )
        try:
            return self._fields.of_file(read_rows(self._path, self._format), listed)
        except RowProblem as problem:
            raise DataError(
                f"dataset.path: {self._path}: {problem}", code=problem.code, key=str(self._path)
            ) from problem

    def _found(self, items: Sequence[Item], rows: Mapping[str, int], within: Sequence[str]) -> LabelSet:
        try:
            return labels_in(items, rows, within)
        except DataError as error:
            raise DataError(f"dataset.path: {self._path}: {error}", code=error.code, key=error.key) from error

    def _columns(self) -> str:
        """What else the labels may stand in."""
        row = next((row for _, row in read_rows(self._path, self._format) if isinstance(row, Mapping)), {})
        there = ", ".join(map(repr, row))
        return f" in {self._fields.gold_words} (there is {there}; dataset.gold_field=NAME)"

    def stream(self) -> Iterator[Item | BadRow]:
        return (item for item, _ in self._streamed())

    def inputs(self) -> Iterator[tuple[str, Mapping[str, object]]]:
        """The id and the fields of each row of ``stream()``; no fields where it cannot be read."""
        return ((item.id, {} if isinstance(row, RowProblem) else row) for item, row in self._streamed())

    def digest(self) -> str:
        """The SHA-256 of the file."""
        with self._path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()

    def _streamed(self) -> Iterator[tuple[Item | BadRow, Mapping[str, object] | RowProblem]]:
        for number, row in read_rows(self._path, self._format):
            name = str(number)
            try:
                if isinstance(row, RowProblem):
                    raise row
                name = self._fields.id_of(row, number)
                yield Item(name, self._fields.text_of(row)), row
            except RowProblem as problem:
                yield BadRow(name, str(problem), problem.code), row

    def _gold(self, fields: Fields, listed: LabelSet | None) -> tuple[GoldCollector, Mapping[str, int], Sequence[str]]:
        """What there is to learn from, the row of each id, and what is worth saying of the rows."""
        gold, bad = GoldCollector(), list[BadRow]()
        seen: dict[str, int] = {}
        left_out, machine, differing, corrections = LeftOut(), 0, 0, 0
        for number, row in read_rows(self._path, self._format):
            try:
                if isinstance(row, RowProblem):
                    raise row
                item = _item(fields, row, number, listed, left_out)
                differing += fields.annotators_differ(row)
                corrections += fields.is_correction(row)
            except RowProblem as problem:
                bad.append(BadRow(f"row {number}", str(problem), problem.code))
                continue
            if item.id in seen:
                words = f"the id {item.id!r} stands in row {seen[item.id]} already"
                bad.append(BadRow(f"row {number}", words, "id-repeated"))
            machine += item.gold is not None and fields.by_a_model(row)
            seen.setdefault(item.id, number)
            gold.add(item)
        if machine and not self._verified:
            raise by_a_model(self._path, machine)
        if bad:
            raise unusable(f"dataset.path: {self._path}", bad)
        return gold, seen, notes_of(fields, left_out, differing, corrections)

    def _listed(self) -> LabelSet | None:
        if self._labels_file is not None:
            return listed_labels(str(self._labels_file), "dataset.labels_file")
        return None if self._labels is None else listed_labels(self._labels, "dataset.labels")


def _item(fields: Fields, row: Mapping[str, object], number: int, listed: LabelSet | None, left_out: LeftOut) -> Item:
    if fields.has_values:
        value = fields.value_of(row)
        part = None if value is None else fields.part_of(row)
        return Item(fields.id_of(row, number), fields.text_of(row, left_out), value, part)
    written = fields.labels_of(row, listed)
    gold = None if written is None else tuple(written)
    if listed and gold is not None:
        strangers = [name for name in gold if not listed.find(name)]
        if strangers:
            names = ", ".join(repr(name) for name in strangers)
            raise RowProblem(
                f"gold label {names} is not in the label list ({len(listed)} labels)", code="label-unknown"
            )
        gold = tuple(dict.fromkeys(filter(None, map(listed.find, gold))))
    part = None if gold is None else fields.part_of(row)
    return Item(fields.id_of(row, number), fields.text_of(row, left_out), gold, part)


def listed_labels(named: Sequence[str] | Mapping[str, str] | str, where: str) -> LabelSet:
    """The label list that is given: names, a mapping to what they mean, or the path of a file with either.

    Args:
        where: the key it was given with, for the message.
    """
    key = where
    if isinstance(named, str):
        path = Path(named).expanduser()
        key, where = str(path), f"{where}: {path}"
        named = read_labels_file(path, where)
    try:
        if isinstance(named, Mapping):
            return LabelSet({str(name): str(meaning or "") for name, meaning in named.items()})
        return LabelSet.of(str(name) for name in named)
    except ValueError as error:
        raise DataError(f"{where}: {error}", code="bad-label-list", key=key) from error


def read_labels_file(path: Path, where: str) -> Sequence[str] | Mapping[str, str]:
    """The label list in a YAML or JSON file (list, or mapping to definitions), or a label a line in a text file.

    Names are read as they are written: ``yes``, ``no`` and ``1`` are labels, not truth values and numbers.
    """
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise DataError(
            f"{where} does not exist (looked in {Path.cwd()})", code="file-missing", key=str(path)
        ) from None
    except UnicodeDecodeError as error:
        raise DataError(
            f"{where} is not UTF-8 (byte {error.start}): save it as UTF-8", code="not-utf8", key=str(path)
        ) from error
    except OSError as error:
        raise DataError(f"{where} cannot be read ({error.strerror})", code="unreadable", key=str(path)) from error
    suffix = path.suffix.lower()
    if suffix == ".txt":
        return [line.strip() for line in text.splitlines() if line.strip()]
    try:
        # The base loader makes nothing but texts, lists and mappings.
        value = json.loads(text) if suffix == ".json" else yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506
    except (yaml.YAMLError, json.JSONDecodeError) as error:
        raise DataError(
            f"{where} is not {'JSON' if suffix == '.json' else 'YAML'}: {_where_in(error)}",
            code="not-json" if suffix == ".json" else "not-yaml",
            key=str(path),
        ) from error
    if isinstance(value, Mapping):
        return {str(name): str(meaning or "") for name, meaning in value.items()}
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return value
    raise DataError(
        f"{where} must hold a list of labels, or a mapping from each label to what it means",
        code="wrong-shape",
        key=str(path),
    )


def _where_in(error: Exception) -> str:
    problem = problem_of(error)
    words = problem.words.splitlines()[0]
    return f"{words} (line {problem.line})" if problem.line else words
