"""The one value that a JSON reply gives as its answer. Pure."""

import re
from typing import Final

from verifiers.digits import LARGEST

NOTHING: Final = object()
"""No value, or several of which it is not certain which is the answer."""

_OBJECT = re.compile(r'\{\s*+"')
_USUAL = ("answer", "final_answer", "value", "result", "output", "prediction")


def one_value(value: object, *names: str) -> object:
    """What stands under the first of ``names`` (then of the usual names of an answer) that an object has.

    Else the value of an object or list that has only one; a value that is neither is itself. ``NOTHING`` where there
    are several, or none.
    """
    for _ in range(5):  # as deep as an answer is wrapped
        if isinstance(value, dict):
            folded = {str(key).strip().casefold(): held for key, held in value.items()}
            named = [folded[name] for name in (*names, *_USUAL) if name in folded]
            value = named[0] if named else next(iter(value.values())) if len(value) == 1 else NOTHING
        elif isinstance(value, list):
            value = value[0] if len(value) == 1 else NOTHING
        else:
            return value
    return NOTHING


def holds_json(text: str) -> bool:
    """Whether a text is a list in JSON, or an object stands in it, so that it is not to be read as words."""
    return text.startswith("[") or _OBJECT.search(text) is not None


def as_number(value: object) -> float | None:
    """A JSON value as a number; None where it is none, or one that nobody means (infinite, larger than 1e100)."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -LARGEST <= value <= LARGEST:
        return None
    return value
