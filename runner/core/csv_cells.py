"""Texts in the cells of a CSV file, which a spreadsheet may run."""

import re
import unicodedata
from typing import Any

_NUMBER = re.compile(r"[+-]?\d[\d.,: -]*")
_FORMULA = ("=", "+", "-", "@")  # how a formula begins, at any width and behind what is not seen
_AT_ONCE = ("\t", "\r")
_UNSEEN = {"Cf", "Cc", "Zs", "Zl", "Zp"}  # categories of characters


def harmless(value: Any, *, numbers: bool = False) -> Any:
    """A text that a spreadsheet would run as a formula, with a mark before it that stops that; else the value itself.

    Args:
        numbers: whether texts that read as numbers are left as they are: an id such as -5 must be found again.
    """
    if not isinstance(value, str) or not _begins_a_formula(value) or (numbers and _NUMBER.fullmatch(value)):
        return value
    return f"'{value}"


def _begins_a_formula(text: str) -> bool:
    if text.startswith(_AT_ONCE):
        return True
    first = next((mark for mark in text if unicodedata.category(mark) not in _UNSEEN), "")
    return unicodedata.normalize("NFKC", first) in _FORMULA
