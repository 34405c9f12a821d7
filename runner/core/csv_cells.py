"""Texts in the cells of a CSV file, which a spreadsheet may run."""

import re
from typing import Any

_NUMBER = re.compile(r"[+-]?\d[\d.,: -]*")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a formula begins


def harmless(value: Any, *, numbers: bool = False) -> Any:
    """A text that a spreadsheet would run as a formula, with a mark before it that stops that; else the value itself.

    Args:
        numbers: whether texts that read as numbers are left as they are: an id such as -5 must be found again.
    """
    if not isinstance(value, str) or not value.startswith(_FORMULA) or (numbers and _NUMBER.fullmatch(value)):
        return value
    return f"'{value}"
