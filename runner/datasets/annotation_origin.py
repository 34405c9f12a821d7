"""How an annotation of Label Studio came about: made by a person, of a model's answer, confirmed or corrected. Pure.

The Community edition has no star for ground truth. What a person can press there is *Submit*, under a prediction that
is right or wrong alike; and *Update*, which stays grey until something is changed. So where *Create Annotations From
Predictions* made an annotation of a model's answer, people can save a correction of a wrong one and nothing where the
answer is right. Gold of such corrections alone would be the model's mistakes. A control of the labelling interface that
is ticked to say "checked" makes *Update* work for both, and an annotation with it counts whatever it began as.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

Annotation = Mapping[str, Any]
Origin = Literal["marked", "checked", "own", "submitted", "corrected", "machine", "skipped"]
"""``marked``: as ground truth. ``checked``: its box is ticked. ``own``: begun by a person without a model's answer.
``submitted``: of an answer that was shown, right or wrong. ``corrected``: an annotation made of an answer, which a
person changed; had the answer been right, there would be nothing to see. ``machine``: made of an answer, confirmed by
nobody. ``skipped``: by a person."""

_CHECKED = ("checked", "verified")
_CORRECTED = "made of a model's answer, then corrected"
_AT_ONCE = timedelta(seconds=0.1)  # between an annotation's creation and its last change, where one press did both


def checked_control(names: Collection[str]) -> str | None:
    """The control, among those with choices, that people tick who have checked the labels; never the only one."""
    found = [name for name in names if name.lower().startswith(_CHECKED)]
    return found[0] if found and len(names) > 1 else None


def origin_of(annotation: Annotation, checked: str | None = None) -> Origin:
    """How an annotation came about, as far as it tells.

    Args:
        checked: the control that is ticked by who has checked the labels; None where there is none.
    """
    if annotation.get("was_cancelled"):
        return "skipped"
    if annotation.get("ground_truth"):
        return "marked"
    regions = _regions(annotation)
    if checked is not None and any(region.get("from_name") == checked and _ticked(region) for region in regions):
        return "checked"
    origins = [str(region.get("origin") or "") for region in regions]
    if annotation.get("parent_prediction") is None:
        return "corrected" if any(_says_corrected(region) for region in regions) else "own"
    if annotation.get("lead_time") is None:
        return "machine"
    copied = bool(origins) and set(origins) == {"manual"}  # Submit keeps the prediction's regions as such
    return "corrected" if copied and not _made_at_once(annotation) else "submitted"


def by_a_person(annotation: Annotation, checked: str | None = None) -> bool:
    """Whether a person labelled: not so where an annotation was made of a prediction and nobody confirmed it since."""
    made = annotation.get("parent_prediction") is not None and annotation.get("lead_time") is None
    return not made or origin_of(annotation, checked) in {"marked", "checked"}


def corrected(annotation: Annotation, checked: str | None = None) -> bool:
    """Whether it is there because the model was wrong, so that it is no gold."""
    return origin_of(annotation, checked) == "corrected"


def as_corrected(result: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The regions of a corrected annotation with a note that says so, for a project that forgets its prediction."""
    return [{**region, "meta": {**(region.get("meta") or {}), "text": [_CORRECTED]}} for region in result]


def _says_corrected(region: Mapping[str, Any]) -> bool:
    meta = region.get("meta")
    return isinstance(meta, Mapping) and meta.get("text") == [_CORRECTED]


def _regions(annotation: Annotation) -> Sequence[Mapping[str, Any]]:
    result = annotation.get("result")
    return [region for region in result if isinstance(region, Mapping)] if isinstance(result, list) else []


def _ticked(region: Mapping[str, Any]) -> bool:
    value = region.get("value")
    return isinstance(value, Mapping) and bool(value.get("choices"))


def _made_at_once(annotation: Annotation) -> bool:
    created, updated = (_time(annotation.get(name)) for name in ("created_at", "updated_at"))
    return created is not None and updated is not None and updated - created <= _AT_ONCE


def _time(value: object) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
