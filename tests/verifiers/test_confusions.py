"""Pairs of what was right and what was given."""

from verifiers.confusions import confused


def test_each_missing_label_goes_with_each_wrong_one() -> None:
    assert confused(["a", "b"], ["x", "y"]) == [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")]
    assert confused(["a", "b"], []) == [("a", None), ("b", None)]
    assert confused([], ["x"]) == [(None, "x")]
    assert confused([], []) == []
