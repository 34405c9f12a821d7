"""Places in a text as it stands in a file, as places in the text without the blanks around it. Pure."""

from collections.abc import Mapping
from typing import Any


def without_outer_blanks(value: Any, raw: str) -> Any:
    """A value of gold with its places moved to where they are in ``raw.strip()``; of a place in the blanks nothing is
    left but its end within the text. What is no place in ``raw`` is as it was, to be told where gold is read.

    Args:
        value: of gold: ``{"label" or "labels", "start", "end"}``, in lists and objects as deep as they may be.
        raw: the text as the row has it.
    """
    stripped = raw.strip()
    return value if len(stripped) == len(raw) else _moved(value, raw, len(raw) - len(raw.lstrip()), len(stripped))


def _moved(value: Any, raw: str, lead: int, length: int) -> Any:
    if isinstance(value, list):
        return [_moved(part, raw, lead, length) for part in value]
    if not isinstance(value, Mapping):
        return value
    if not _is_place(value, len(raw)):
        return {name: _moved(part, raw, lead, length) for name, part in value.items()}
    start, end = (min(max(value[key] - lead, 0), length) for key in ("start", "end"))
    moved = {**value, "start": start, "end": end}
    if value.get("text") == raw[value["start"] : value["end"]]:
        moved["text"] = raw[lead + start : lead + end]
    return moved


def _is_place(value: Mapping[str, Any], length: int) -> bool:
    start, end = value.get("start"), value.get("end")
    if type(start) is not int or type(end) is not int or value.keys().isdisjoint(("label", "labels")):
        return False
    return 0 <= start < end <= length
