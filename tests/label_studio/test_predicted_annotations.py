"""What is to become of each annotation of a task, when predictions of another version have come."""

from typing import Any

import pytest
from exported import annotation, choices

from runner.label_studio.predicted_annotations import Annotated, planned

OLD, NEW = [choices(["Payment"])], [choices(["Refund_Request"])]
PREDICTIONS = [
    {"id": 1, "model_version": "old", "result": OLD},
    {"id": 2, "model_version": "new", "result": NEW},
    {"id": 3, "model_version": "new", "result": NEW},
]


def machine(parent: int = 1, result: Any = None, **more: Any) -> dict[str, Any]:
    """What an action of the Data Manager makes of a prediction."""
    kept = result or (OLD if parent == 1 else NEW)
    return annotation(*kept, parent_prediction=parent, lead_time=None, **more)


def became(*annotations: dict[str, Any], predictions: Any = PREDICTIONS, **more: Any) -> list[str]:
    task = {"id": 7, "annotations": list(annotations), "predictions": predictions, **more}
    return [plan.became for plan in planned(task, "new")]


def test_what_a_model_alone_made_is_renewed_to_the_newest_prediction_of_the_version() -> None:
    [plan] = planned({"annotations": [machine()], "predictions": PREDICTIONS}, "new")
    assert (plan.became, plan.prediction) == ("renewed", PREDICTIONS[2])
    assert became(machine(parent=3)) == ["current"]
    assert became(machine(), predictions=PREDICTIONS[:1]) == ["older"]
    assert became(machine(), machine(parent=3), machine()) == ["renewed", "current", "renewed"]


@pytest.mark.parametrize(
    "touched",
    [
        annotation(*OLD),
        machine(result=NEW),  # changed by a script, which leaves no time
        {**machine(), "lead_time": 3.5},  # submitted as it was
        {**machine(), "ground_truth": True},
        {**machine(), "was_cancelled": True},
        {**machine(), "parent_prediction": 99},  # of a prediction that is no longer there
    ],
)
def test_what_a_person_had_to_do_with_is_left_alone(touched: dict[str, Any]) -> None:
    assert became(touched)[0] == "people"
    assert became(touched, predictions=PREDICTIONS[1:])[0] == "people"


def test_next_to_a_persons_annotation_a_models_is_renewed_but_not_where_somebody_skipped_or_has_begun() -> None:
    assert became(annotation(*NEW), machine()) == ["people", "renewed"]
    assert became({**annotation(), "was_cancelled": True}, machine()) == ["people", "people"]
    assert became(machine(), draft_exists=True) == ["people"]


def test_all_that_is_not_renewed_is_said() -> None:
    assert str(Annotated(made=1, renewed=249, people=1)) == "1 annotations made, 249 renewed, 1 by people left alone"
    assert "2 of another version kept" in str(Annotated(older=2)) and "3 of this version" in str(Annotated(current=3))
