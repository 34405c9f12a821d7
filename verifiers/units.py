"""Units behind a number, or a currency before it: how much it is in the unit whose factor is 1. Pure."""

import re
from collections.abc import Mapping

from verifiers.digits import GAP
from verifiers.numerals import Numeral
from verifiers.spelling import UNSPACED

MAGNITUDES: Mapping[str, int] = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
"""Words that count, as they are used in English."""

_WORD = re.compile(rf"[^\W\d_{UNSPACED}]++|[%‰°$€£¥₹₩₽₺₴₫฿]")
_UNSURE = re.compile(  # what multiplies or divides, by how much is not certain or depends on the language
    "(?:hundreds?|dozens?|thousands|[mbt]r?illi?on\\w+|[mb]illiarde?n?|milliards?|mill[oó]n(?:es)?|miliony?|mil|mille|mila"
    "|tausend|hundert|dutzend|тыс\\w*|млн|млрд|миллион\\w*|миллиард\\w*|mi?ll?n?|mio|mrd|bn?|tn|k|m|lakhs?|crores?"
    "|per ?cent|percentage|permille|पर?|लाख|करोड़|हज़ार|ألف|مليون|st|nd|rd|th)\\b|[%‰十百千万亿億兆萬]",
    re.IGNORECASE,
)


def scaled(numeral: Numeral, units: Mapping[str, float]) -> tuple[float, ...]:
    """The values of a number in the unit whose factor is 1; none where what stands beside it leaves them uncertain.

    A number without a unit is in the unit whose factor is 1. Where there are ``units``, another word behind the
    number, or another currency, is none of them: uncertain. Where there are none, words say nothing of a number
    (``5 apples``, ``$5``), but for those that multiply: ``5 million`` is certain; ``5k``, ``5 %`` and what is written
    together with it (``5th``, ``5km``) are not.

    Args:
        units: name -> factor, ``{"km": 1000, "m": 1}``. Case is folded where that is certain: ``M`` is not ``m``.
    """
    factor, rest = 1.0, numeral.after
    behind = rest.removeprefix(GAP).lstrip(" ")
    word = _WORD.match(behind)
    if word and word[0].casefold() in MAGNITUDES and factor_of(word[0], units) is None:
        factor = MAGNITUDES[word[0].casefold()]
        rest = behind[word.end() :]
        behind = rest.lstrip(" ")
        word = _WORD.match(behind)
    if not units:
        together = word is not None and word[0].isalpha() and behind == rest
        return () if together or _UNSURE.match(behind) else _times(numeral.values, factor)
    unit = _unit_at(behind.removeprefix("-"), units)
    if unit is None and (word or behind[:1].isalnum()):
        return ()
    named = [name for name in (numeral.money, unit) if name]
    factors = [factor_of(name, units) for name in named]
    if len(named) > 1 or None in factors:
        return ()
    return _times(numeral.values, factor * (factors[0] or 0) if factors else factor)


def factor_of(name: str, units: Mapping[str, float]) -> float | None:
    """The factor of a unit by its name; None where no unit has it for certain."""
    if name in units:
        return units[name]
    alike = [unit for unit in units if unit.casefold() == name.casefold()]
    return units[alike[0]] if len(alike) == 1 and len(name) > 1 else None


def _unit_at(text: str, units: Mapping[str, float]) -> str | None:
    """The longest unit that ``text`` begins with, as it stands there."""
    for unit in sorted(units, key=len, reverse=True):
        name, follows = text[: len(unit)], text[len(unit) : len(unit) + 1]
        alike = name.casefold() == unit.casefold() and factor_of(name, units) is not None
        if alike and not (_WORD.match(follows) or (follows and follows in "/^0123456789")):
            return name
    return None


def _times(values: tuple[float, ...], factor: float) -> tuple[float, ...]:
    return tuple(
        value * int(factor) if isinstance(value, int) and float(factor).is_integer() else value * factor
        for value in values
    )
