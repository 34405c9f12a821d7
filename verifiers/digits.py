"""The number that digits and their separators spell, and every reading of them where there are two. Pure."""

import re
import unicodedata
from typing import Literal

DecimalMark = Literal[".", ","]
"""What stands before decimals."""

ARABIC_DECIMAL = "\u066b"
GAP = "\u202f"
"""A space that does not end a line or a number: a thousands separator."""

LARGEST = 1e100
"""What is larger is no number that anybody means."""

FRACTIONS = "¼½¾⅓⅔⅛⅜⅝⅞"

_FOLDED = {
    **{0xFF01 + place: chr(0x21 + place) for place in range(0x5E)},  # of full width
    **dict.fromkeys(map(ord, "−‐‑–﹣"), "-"),
    **dict.fromkeys(map(ord, "\u00a0\u2007\u2009"), GAP),
    **dict.fromkeys(map(ord, "’‘ʼ٬＇"), "'"),
    **dict.fromkeys(map(ord, "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c\ufeff")),
}
_SUPERSCRIPTS = re.compile("[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_DIGIT = re.compile(r"[^\W\x00-\x7f]")
_LONGEST = 120  # characters of a number; a longer one is none
_GROUPED = re.compile(rf"[1-9][0-9]{{0,2}}(?:([.,'_ {GAP}])[0-9]{{3}})(?:\1[0-9]{{3}})*+")


def folded(text: str) -> str:
    """``text`` with the digits of every script as 0 to 9, one kind of minus, and ``²`` as ``^2``."""
    if text.isascii():
        return text
    text = _SUPERSCRIPTS.sub(lambda found: "^" + found[0].translate(_RAISED), text.translate(_FOLDED))
    return _DIGIT.sub(lambda found: str(unicodedata.decimal(found[0], found[0])), text)


def readings(body: str, decimal: DecimalMark | None = None, power: str = "") -> tuple[float, ...]:
    """The numbers that ``body`` may be: one, or two where its only mark may part thousands or decimals; else none.

    ``1,234`` is (1234, 1.234) where ``decimal`` is None, 1234 with ``"."`` and 1.234 with ``","``. Both ``0,123`` and
    ``1234,567`` are certain: thousands are not written so. ``1.2.3`` is no number. A whole number is an int.

    Args:
        body: digits 0 to 9 (``folded``) with single marks between them.
        decimal: what stands before decimals; None where that is not known. power: of ten, to be multiplied with.
    """
    if len(body) > _LONGEST:
        return ()
    if body.isdigit():
        return _within(float(f"{body}e{power}") if power else int(body))
    found: list[float] = []
    grouped = _GROUPED.fullmatch(body)
    if grouped and grouped[1] != decimal:
        digits = "".join(filter(str.isdigit, body))
        found.append(float(f"{digits}e{power}") if power else int(digits))
    place = max(body.rfind(mark) for mark in (".", ",", ARABIC_DECIMAL))
    if place >= 0 and _may_be_decimal(body, place, decimal):
        whole = "".join(filter(str.isdigit, body[:place]))
        found.append(float(f"{whole or 0}.{body[place + 1 :]}e{power or 0}"))
    return _within(*found)


def _within(*values: float) -> tuple[float, ...]:
    return tuple(value for value in values if abs(value) <= LARGEST)


def _may_be_decimal(body: str, place: int, decimal: DecimalMark | None) -> bool:
    """Whether the mark at ``place`` may stand before decimals."""
    mark, head, tail = body[place], body[:place], body[place + 1 :]
    if not tail.isdigit() or mark in head or (mark != ARABIC_DECIMAL and decimal not in (None, mark)):
        return False
    return not head or head.isdigit() or bool(_GROUPED.fullmatch(head))
