"""Reads Parquet, with the names of the labels that the Hugging Face library stored as numbers."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from runner.core.errors import DataError
from runner.datasets.row_problem import RowProblem

_BATCH = 256  # rows held as Python objects
_NO_LABEL = -1  # as that library writes it

Naming = Callable[[Any], Any]


def parquet_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | RowProblem]]:
    """The rows of a file, numbered from 1.

    Raises:
        DataError: it is no Parquet, has a column twice, or a time that Python cannot hold.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as table:
            schema = table.schema_arrow
            _refuse_twice(path, schema.names)
            named = _named_columns(schema.metadata or {})
            number = 0
            for batch in table.iter_batches(batch_size=_BATCH):
                for row in batch.to_pylist():
                    number += 1
                    yield number, _with_names(row, named)
    except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError) as error:
        raise DataError(
            f"dataset.path: {path} is not Parquet ({str(error).splitlines()[0]})", code="damaged-file", key=str(path)
        ) from error
    except (ValueError, OverflowError) as error:  # of to_pylist: nanoseconds without pandas, a year above 9999
        raise DataError(
            f"dataset.path: {path} has a value that cannot be read ({str(error).splitlines()[0]}): leave its column "
            "out, or write it as text",
            code="bad-value",
            key=str(path),
        ) from error


def _refuse_twice(path: Path, names: Sequence[str]) -> None:
    if twice := [name for name in names if names.count(name) > 1]:
        raise DataError(
            f"dataset.path: {path} has the column {twice[0]!r} twice: rename one, or leave it out",
            code="column-repeated",
            key=twice[0],
        )


def _with_names(row: dict[str, Any], named: Mapping[str, Naming]) -> Mapping[str, Any] | RowProblem:
    try:
        for column in named.keys() & row.keys():
            row[column] = named[column](row[column])
    except RowProblem as problem:
        return problem
    return row


def _named_columns(metadata: Mapping[bytes, bytes]) -> dict[str, Naming]:
    """How values of a column become names, for columns whose feature is or holds a ClassLabel."""
    try:
        features = json.loads(metadata.get(b"huggingface", b"{}"))["info"]["features"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return {}
    found = {name: _naming(feature) for name, feature in features.items()} if isinstance(features, Mapping) else {}
    return {name: naming for name, naming in found.items() if naming is not None}


def _naming(feature: Any, depth: int = 3) -> Naming | None:
    if isinstance(feature, list) and len(feature) == 1:  # an older way to write a sequence
        feature = {"_type": "Sequence", "feature": feature[0]}
    if not isinstance(feature, Mapping) or not depth:
        return None
    if "_type" not in feature:  # an object
        return _naming_in_object({str(name): _naming(part, depth - 1) for name, part in feature.items()})
    if feature.get("_type") == "ClassLabel" and isinstance(feature.get("names"), list):
        return _Names([str(name) for name in feature["names"]])
    held = feature.get("feature")
    within = _naming(held, depth - 1)
    if feature.get("_type") == "Sequence" and isinstance(held, Mapping) and "_type" not in held:
        return lambda value: _each(_objects(value), within)
    return None if within is None else lambda value: _each(value, within)


def _each(value: Any, naming: Naming | None) -> Any:
    return [naming(part) for part in value] if naming is not None and isinstance(value, list) else value


def _objects(value: Any) -> Any:
    """A list of objects, which that library stores as an object of lists; anything else as it is."""
    if not isinstance(value, Mapping) or not all(isinstance(held, list) for held in value.values()):
        return value
    if len({len(held) for held in value.values()}) != 1:
        return value
    return [dict(zip(value, parts, strict=True)) for parts in zip(*value.values(), strict=True)]


def _naming_in_object(parts: Mapping[str, Naming | None]) -> Naming | None:
    named = {name: naming for name, naming in parts.items() if naming is not None}
    if not named:
        return None
    return lambda value: (
        {name: named[name](part) if name in named else part for name, part in value.items()}
        if isinstance(value, Mapping)
        else value
    )


class _Names:
    """The names of a ClassLabel."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def __call__(self, value: Any) -> Any:
        """The name of a number; -1 is how the library writes that there is no label."""
        if not isinstance(value, int) or isinstance(value, bool) or value == _NO_LABEL:
            return None if value == _NO_LABEL else value
        if not 0 <= value < len(self._names):
            raise RowProblem(
                f"its label is {value}, and the file names {len(self._names)} labels, from 0 on", code="label-unknown"
            )
        return self._names[value]
