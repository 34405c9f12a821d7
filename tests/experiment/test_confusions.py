"""What an edit fixed and broke, in words of labels."""

import pytest

from runner.core.evaluation import Evaluation, Outcome
from runner.core.items import Item
from runner.core.prompt import Prompt
from runner.experiment.confusions import confusions, fixed_and_broken
from verifiers.labels import label_verdict
from verifiers.verdict import UNFIT_WORDS, Verdict

OFF_LIST = UNFIT_WORDS["out_of_list"]


@pytest.mark.parametrize(
    ("verdict", "pairs"),
    [
        (label_verdict(("a",), ("a",)), []),
        (label_verdict((), ()), []),
        (label_verdict(("a",), ("b",)), ["a → b"]),
        (label_verdict(("a", "b"), ("a",)), ["b → nothing"]),
        (label_verdict(("a",), ("a", "b")), ["nothing → b"]),
        (
            label_verdict(("a", "b"), ("c",), ("d",)),
            [f"{a} → {b}" for a in "ab" for b in ("c", UNFIT_WORDS["out_of_list"])],
        ),
        (label_verdict(("a",), unusable="refused"), ["a → refused"]),
        (label_verdict((), unusable="unreadable"), ["nothing → unreadable"]),
    ],
)
def test_a_confusion_is_what_was_right_and_what_was_given(verdict: Verdict, pairs: list[str]) -> None:
    assert confusions(verdict) == pairs


def evaluation(**verdicts: Verdict | None) -> Evaluation:
    outcomes = [Outcome(Item(name, ""), None, verdict) for name, verdict in verdicts.items()]
    return Evaluation(Prompt("p"), outcomes, 0.0, {})


def test_only_items_with_both_verdicts_are_fixed_or_broken() -> None:
    right, wrong, none = label_verdict(("a",), ("a",)), label_verdict(("a",), ("b",)), None
    parent = evaluation(x=wrong, y=right, z=none, u=right, v=wrong)
    child = evaluation(x=right, y=wrong, z=right, u=right, v=right)
    assert fixed_and_broken(parent, child) == {
        "fixed": ["v", "x"], "broken": ["y"], "fixed_pairs": {"a → b": 2}, "broken_pairs": {"a → b": 1},
    }  # fmt: skip
    assert set(fixed_and_broken(None, child).values()) == {None}
