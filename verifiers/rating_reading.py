"""Reads a rating in a text: ``4``, ``4/5``, ``4 out of 5``, ``four stars``, ``★★★★☆``. Pure."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Literal

from verifiers.digits import folded
from verifiers.numerals import MOST, Numeral, bare_line, in_words, number_text, numerals
from verifiers.units import scaled

_STARS = re.compile("((?:[★⭐🌟]\ufe0f?)++)(½?)((?:[☆✩]\ufe0f?)*+)")
_FILLED = re.compile("[★⭐🌟]")
_OUT_OF = re.compile(
    r"[*_\s(]*(?:(?:stars?|points?)\s)?\s?(?:/|out of|of)\s?(?:a (?:possible|maximum of)\s)?[*_]*", re.IGNORECASE
)
_JOINED = re.compile(r"\s?[/:]\s?")
_BEHIND_WORD = re.compile(r"(?:[- ](?:stars?|points?))?(?:\s(?:out of|of)\s(?P<high>\w+))?", re.IGNORECASE)
_BEHIND = r"(?:(?:/|out of|of) ?[0-9]++(?:[.,][0-9]++)?+)?+ ?(?:stars?+|points?+)?+"
_EDGES = " \t\n.*_\"'"

NoRating = Literal["unreadable", "ambiguous"]


def rating_in(text: str, low: float, high: float) -> float | NoRating:
    """The one rating in ``text``, which need not be on the scale; ``ambiguous`` if several may be it.

    What a rating is out of (``/5``) must be the end of the scale: ``8/10`` on a scale to 5 is ambiguous, never scaled.
    Words are read where they are all that is said: ``four stars``.
    """
    text = bare_line(folded(text), _BEHIND)
    stars = list(_stars(text, low, high))
    text = _STARS.sub(" ", text)
    found = _without_scale(text, numerals(text), low, high)
    if len(found) > MOST or None in stars:
        return "ambiguous"
    if not (found or stars):
        return _in_words(text.strip(_EDGES), high)
    if any(_JOINED.fullmatch(text[one.end : other.start]) for one, other in pairwise(found)):
        return "ambiguous"
    values = {value for value in stars if value is not None}
    for numeral in found:
        may = scaled(numeral, {})
        on_scale = [value for value in may if low <= value <= high]
        if len(may) != 1 and len(on_scale) != 1:
            return "ambiguous"
        values |= set(on_scale or may)
    return values.pop() if len(values) == 1 else "ambiguous"


def _without_scale(text: str, found: list[Numeral], low: float, high: float) -> list[Numeral]:
    """The numbers but for those that only say what the scale is: ``/5``, ``on a scale of 1 to 5``."""
    left: list[Numeral] = []
    place = 0
    while place < len(found):
        numeral = found[place]
        after = found[place + 1] if place + 1 < len(found) else None
        before = text[max(0, numeral.start - 20) : numeral.start].casefold()
        if after and numeral.values == (low,) and high in map(abs, after.values):
            between = text[numeral.end : after.start].strip().casefold()
            if between in {"to", "-", ""} and re.search(r"scale (?:of|from|is)?\s?\Z", before):
                place += 2
                continue
        left.append(numeral)
        if after and after.values == (high,) and _OUT_OF.fullmatch(text[numeral.end : after.start]):
            place += 1
        place += 1
    return left


def _stars(text: str, low: float, high: float) -> Iterator[float | None]:
    """The number of each row of stars; None where it is not certain what they say on this scale."""
    digits = re.search("[0-9]", text)
    for run in _STARS.finditer(text):
        filled, half, empty = len(_FILLED.findall(run[1])), bool(run[2]), len(_FILLED.findall(run[3].translate(_DARK)))
        if filled == 1 and not (half or empty) and digits:
            continue  # the unit of a number
        whole = filled + half + empty
        counts = low in {0, 1} and whole <= high and (not empty or whole == high)
        yield filled + half / 2 if counts else None


_DARK = str.maketrans("☆✩", "★★")


def _in_words(text: str, high: float) -> float | NoRating:
    read = in_words(text)
    if read is None:
        return "unreadable"
    behind = _BEHIND_WORD.fullmatch(read[1])
    if not behind:
        return "ambiguous"
    out_of = behind["high"]
    top = in_words(out_of) if out_of else None
    return read[0] if not out_of or (top and top[0] == high) or out_of == number_text(high) else "ambiguous"
