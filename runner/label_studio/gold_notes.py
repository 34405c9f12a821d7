"""What is said of annotations that are no gold: how many, why, and what a person can press or run. Pure."""

from collections.abc import Mapping

from runner.datasets.annotation_origin import Origin
from runner.label_studio.tasks import Gold


def how_to_mark(checked: str | None) -> str:
    """What the Community edition has instead of a star.

    Args:
        checked: the control that is ticked by who has checked the labels; None where the interface has none.
    """
    box = f"tick the box ({checked}) in each task that you have looked at, or " if checked else ""
    return f"{box}mark all tasks of a tab that was gone through: goldloop studio gold=TAB"


def notes_on_gold(left_out: Mapping[Origin, int], gold: Gold, checked: str | None) -> list[str]:
    """A sentence for each kind of annotation that was left out.

    Args:
        left_out: how many annotations of tasks without gold there are, by how they came about.
        gold: the rule by which gold was taken.
        checked: as for ``how_to_mark``.
    """
    notes, how = [], how_to_mark(checked)
    if changed := left_out.get("corrected", 0):
        notes.append(
            f"{changed} annotations left out: made of the model's answers, and then changed. Where an answer "
            f"was right there was nothing to change, so they are only what the model gets wrong: {how}"
        )
    if machine := left_out.get("machine", 0):
        notes.append(
            f"{machine} annotations left out: made of the model's answers, and confirmed by nobody"
            f"{'' if changed else f': {how}'}"
        )
    people = left_out.get("own", 0) + left_out.get("submitted", 0)
    if people and gold == "ground_truth":
        notes.append(
            f"{people} annotations by people left out, since nobody marked them as right: dataset.gold=all takes them"
        )
    return notes
