"""Numbers where they stand in a text, with what stands around them and says something of them. Pure.

Nothing is guessed: a number that can be read in two ways keeps both readings, and one of which the words around it
say something that is not understood (``over 5``, ``5th``, ``<5``) has none.
"""

import re
import unicodedata
from dataclasses import dataclass

from verifiers.digits import ARABIC_DECIMAL, FRACTIONS, GAP, DecimalMark, readings
from verifiers.spelling import UNSPACED

MOST = 20
"""Numbers of a text that are looked at; a text with more is no answer."""

_NUMBER = re.compile(
    rf"(?P<body>(?:(?<![\w.,])[.{ARABIC_DECIMAL}])?+[0-9]++"
    rf"(?:[.,'_{ARABIC_DECIMAL}{GAP}][0-9]++| [0-9]{{3}}(?![0-9]))*+)(?P<half>[{FRACTIONS}])?+"
    r"(?:[eE](?P<e>[-+]?+[0-9]{1,3})(?![\w.])|\s?+[x×*·]\s?+10(?:\^|\*\*)[({]?+(?P<ten>[-+]?+[0-9]{1,3})[)}]?+)?+"
    rf"|(?P<alone>[{FRACTIONS}])"
)
_LETTER = re.compile(rf"[^\W\d{UNSPACED}]|_")
_IN_NAME = re.compile(rf"[^\W\d_{UNSPACED}]\Z")  # before a hyphen: COVID-19
_LAST_WORDS = re.compile(r"(?:\b([a-z]{1,20})[ \t]+)?\b([a-z]{1,20}(?:'t)?)[ \t]*\Z", re.IGNORECASE)
_NOT_THE_NUMBER = frozenset("<>≤≥±≠#§^%")
_UNSURE_BEFORE = frozenset(
    {"not", "isn't", "wasn't", "over", "under", "above", "below", "least", "most", "than", "between"}
    | {"almost", "nearly", "max", "min", "maximum", "minimum", "no"}
)
_IN_WORDS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
)
_IN_WORDS_FIRST = re.compile(rf"(minus |negative )?({'|'.join(_IN_WORDS)})\b", re.IGNORECASE)
_BARE = (  # a line with one number and nothing else, but for a name before it and one of some words behind it
    r"^[ \t*_#>\"'`]*+(?:(?:(?:the|my|final) )*+(?:answer|rating|score|number|result|total)\b[ \t*_]*+[:=]?+)?+"
    r"[ \t*_]*+[-+]?+[$€£¥]?+[0-9][0-9.,' \u202f]*+(?:[eE][-+]?+[0-9]++)?+(?:%s)?+[ \t*_\"'`]*+$"
)
_NEAR = 40  # characters around a number that may say something of it


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number in a text.

    Attributes:
        values: what it may be: one value; several where it can be read in as many ways; none where it is uncertain.
        start, end: where it stands in the text, with its sign and its currency.
        money: the currency sign before it, ``$`` or ``US$``. after: the next characters.
    """

    values: tuple[float, ...]
    start: int
    end: int
    money: str = ""
    after: str = ""


def numerals(text: str, decimal: DecimalMark | None = None) -> list[Numeral]:
    """The numbers in a text that is ``digits.folded``, in order, ``MOST`` + 1 at most; not those in names (``Q3``)."""
    found: list[Numeral] = []
    for match in _NUMBER.finditer(text):
        before = text[max(0, match.start() - 2) : match.start()]
        in_name = _LETTER.match(before[-1:]) or (before[-1:] == "^" and _LETTER.match(before))  # Q3, m^2
        if not in_name and (numeral := _numeral(text, match, decimal)):
            found.append(numeral)
        if len(found) > MOST:
            break
    return found


def bare_line(text: str, behind: str = "") -> str:
    """The line of a ``folded`` text that says nothing but one number, if it is the only such line; else the text.

    Replies give a number and then explain it, in lines with numbers of their own.

    Args:
        behind: a regular expression of what may follow the number.
    """
    lines = [found[0] for found in re.finditer(_BARE % behind, text, re.IGNORECASE | re.MULTILINE)]
    return lines[0] if len(lines) == 1 and not lines[0].rstrip().endswith((".", ",")) else text


def number_text(number: float) -> str:
    """A number as people write it: without ``.0``, and 0 without a sign."""
    return repr(number or 0).removesuffix(".0")


def certain_text(number: float, decimal: DecimalMark | None = None) -> str:
    """The same so that it can be read in one way only: 1.234 as ``1.2340`` where ``decimal`` is not known."""
    digits, power, of_ten = number_text(number).partition("e")
    if decimal is None and len(readings(digits.lstrip("-"))) > 1:
        digits += "0"
    return "".join((digits.replace(".", decimal or "."), power, of_ten))


def in_words(text: str) -> tuple[int, str] | None:
    """The number that a text begins with as one English word, zero to twenty, and what follows it; else None."""
    match = _IN_WORDS_FIRST.match(text)
    if not match:
        return None
    value = _IN_WORDS.index(match[2].casefold())
    return (-value if match[1] else value), text[match.end() :]


def _numeral(text: str, match: re.Match[str], decimal: DecimalMark | None) -> Numeral | None:
    start, money, sign = _with_sign(text, match.start())
    before, after = text[max(0, start - _NEAR) : start], text[match.end() : match.end() + _NEAR]
    if _LETTER.match(before[-1:]) or (sign and _IN_NAME.search(before)):
        return None
    values = () if _is_unsure(text, match, before, after) else _values(match, decimal)
    if before[-1:].isdigit() or before[-1:] == ")":
        sign = ""  # a hyphen between two numbers
    words = _LAST_WORDS.search(before)
    if (sign == "-") != bool(words and words[2].casefold() in {"minus", "negative"}):
        values = tuple(-value for value in values)
    elif sign == "?" or (len(text) < _NEAR and text[:start].strip() == "(" and after.strip() == ")"):
        # A bullet or a minus; brackets, or what is negative as accountants write it.
        values = tuple(dict.fromkeys(one for value in values for one in (value, -value)))
    return Numeral(values, start, match.end(), money, after)


def _with_sign(text: str, start: int) -> tuple[int, str, str]:
    """Where a number begins with its sign and currency, the currency, and its sign: ``?`` is a bullet or a minus."""
    sign, money, place = "", "", start
    if _at(text, place - 1) in {"-", "+"}:
        sign, place = text[place - 1], place - 1
    inner = place - (_at(text, place - 1) in {" ", GAP})
    if unicodedata.category(_at(text, inner - 1) or " ") == "Sc":
        letters = re.search(r"(?<![^\W_])[A-Z]{1,3}\Z", text[max(0, inner - 5) : inner - 1])
        place = inner - 1 - (len(letters[0]) if letters else 0)
        money = text[place:inner]
        if not sign and _at(text, place - 1) in {"-", "+"}:
            sign, place = text[place - 1], place - 1
    elif not sign and (_at(text, place - 1) == "—" or (inner < place and _at(text, inner - 1) in {"-", "—"})):
        sign = "?"
    return place, money, sign


def _at(text: str, place: int) -> str:
    return text[place] if 0 <= place < len(text) else ""


def _is_unsure(text: str, match: re.Match[str], before: str, after: str) -> bool:
    """Whether something stands beside a number that makes another of it, or none."""
    words = _LAST_WORDS.search(before)
    if words and (words[2].casefold() in _UNSURE_BEFORE or (words[1] or "").casefold() + words[2].casefold() == "upto"):
        return True
    if before.rstrip(" ")[-1:] in _NOT_THE_NUMBER or (before[-1:] in {".", ",", "'"} and before[-2:-1].isalnum()):
        return True
    if before.endswith(("+", "-")) or re.match(rf"\+|\^|\*\*[\w(]|[{FRACTIONS}]", after):
        return True
    body = match["body"] or ""  # one blank may part thousands, or two numbers: only where nothing else is said
    return body.count(" ") == 1 and not (re.fullmatch(r"\W*", text[:_NEAR].partition(body)[0]) and _ends(text, match))


def _ends(text: str, match: re.Match[str]) -> bool:
    """Whether not more than one word follows."""
    return match.start() < _NEAR and bool(re.fullmatch(r"\W*\w{0,20}\W*", text[match.end() : match.end() + 2 * _NEAR]))


def _values(match: re.Match[str], decimal: DecimalMark | None) -> tuple[float, ...]:
    if match["alone"]:
        return (unicodedata.numeric(match["alone"]),)
    values = readings(match["body"], decimal, match["e"] or match["ten"] or "")
    if match["half"]:
        values = tuple(value + unicodedata.numeric(match["half"]) for value in values if isinstance(value, int))
    return values
