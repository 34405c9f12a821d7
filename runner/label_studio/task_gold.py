"""Gold in the row of a file as an annotation, where an answer is more than labels. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from runner.core.items import Item
from runner.datasets.gold_cells import value_in
from runner.datasets.row_problem import RowProblem
from runner.label_studio.interface import Interface
from verifiers.verdict import LABELS
from verifiers.verifier import Json

_OF_A_MODEL = frozenset({"model_version", "failure", "score"})


def gold_in(row: Mapping[str, Any], interface: Interface) -> tuple[Any | None, tuple[str, ...]]:
    """The gold of a row, None where it has none, and the columns that it stands in.

    It stands in a column with the control's name, or with that of its answers (``spans``), or in ``labels``; of several
    controls, in one for each, where an empty cell says that nobody verified it.
    """
    if len(interface.answered) > 1 and (columns := tuple(name for name in interface.names if name in row)):
        held = {name: value_in(row[name]) for name in columns}
        return {name: value for name, value in held.items() if value is not None} or None, columns
    column = next((name for name in (*interface.names, interface.verifier.words.column, LABELS) if name in row), None)
    return (None, ()) if column is None else (value_in(row[column]), (column,))


def task_with_gold(row: Mapping[str, Any], data: dict[str, Any], interface: Interface) -> dict[str, Any]:
    """The task of a row, its gold an annotation that is marked as ground truth.

    Args:
        data: the row's fields, its dialogue as turns.

    Raises:
        RowProblem: its gold cannot be an answer, or a model gave it.
    """
    gold, columns = gold_in(row, interface)
    shown = {text.field.partition(".")[0] for text in interface.shown}
    kept = {name: value for name, value in data.items() if name not in columns or name in shown}
    if gold is None:
        return {"data": kept}
    return {"data": kept, "annotations": [truth(row, gold, columns, kept, interface)]}


def truth(
    row: Mapping[str, Any], gold: Json, columns: Sequence[str], data: Mapping[str, Any], interface: Interface
) -> dict[str, Any]:
    """The annotation that holds the gold of a row, marked as ground truth.

    Args:
        columns: in which it stands. data: the task's.

    Raises:
        RowProblem: its gold cannot be an answer, or a model gave it.
    """
    if len(_OF_A_MODEL & row.keys()) > 1:
        raise RowProblem(
            "a model gave its answer (goldloop label wrote the file), which would become ground truth: take the column "
            f"{columns[0]} out, or, once people verified it, the columns model_version, score and failure",
            code="labels-unverified",
        )
    item = Item("", interface.text_of(data))
    try:
        answer = interface.verifier.dump(interface.verifier.example(interface.verifier.gold(gold, item)))
    except ValueError as error:
        named = ", ".join(interface.names)
        one = f": give each control a column ({named}), or name one control, studio.control=NAME"
        more = one if len(interface.names) > 1 and not isinstance(gold, Mapping) else ""
        raise RowProblem(f"its gold in {', '.join(columns)}: {error}{more}", code="gold-unfit") from error
    return {"ground_truth": True, "result": interface.regions(answer, data)}
