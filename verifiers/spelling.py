"""How names and what people and models type for them compare: what is folded, and which signs carry meaning. Pure."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
"""Scripts that part no words, as Thai, Lao, Burmese, Khmer, kana and Han, for a class of a regular expression."""
EDGES = " \t\r\n\"'`*.,;:!?()[]{}<>“”‘’«»•"
LETTER = rf"[^\W{UNSPACED}]"
"""A character of a word, in scripts that part words."""
SEPARATOR = r"[\s_\-‐–−/]"
"""What may stand between the words of a name."""

SHORT = 3
"""Characters of a name of which a sign behind it makes another, as in ``A-``, ``C++`` and ``BBB+``."""

_SEPARATORS = re.compile(f"{SEPARATOR}+")
# No width, no ink: zero-width and soft hyphens, bidi marks, variation selectors, fillers, control characters.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0001\U000e0100-\U000e01ef]+"
)
_QUOTES = {
    **{0xFF01 + place: chr(0x21 + place) for place in range(0x5E)},  # of full width
    **dict.fromkeys(map(ord, "’‘‛ʼʹʻ′´`＇ꞌ"), "'"),
    **dict.fromkeys(map(ord, "“”„‟″＂"), '"'),
}
_ALIKE = {**_QUOTES, **dict.fromkeys(map(ord, "‐‑‒–−﹣－"), "-")}
_DRAWN_AS = str.maketrans(  # Cyrillic and Greek letters as the Latin ones that they look like, and long dashes
    "АВЕЅІЈКМНОРСТУХаеѕіјорсухһԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧοϲ—―﹘", "ABESIJKMHOPCTYXaesijopcyxhdqwABEZHIKMNOPTYXoc---"
)
_OUTSIDE = EDGES + "_-/"
_PAIRS = {'"': '"', "'": "'", "*": "*", "_": "_", "(": ")", "[": "]", "{": "}", "<": ">", "«": "»"}
_BULLETS = re.compile(r"(?:[-*•]\s++)*+")
_DASH = re.compile(r"\s++[-.,;:!?\s]*+")  # as before an explanation
_SIGNED = "=+~$€£%±"  # a sign before one of these belongs to it, as before a digit
_BETWEEN_DIGITS = re.compile(r"(?<=\d)\s*+([-/])(?=\s*+\d)")


def visible(text: str) -> str:
    """``text`` without what cannot be seen, with one apostrophe, one double quote, one hyphen and one kind of space."""
    if not (text.isascii() and text.isprintable()):
        text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text).translate(_ALIKE))
    return " ".join(text.split())


def normalise(text: str) -> str:
    """The form in which two spellings of a label are equal, but for signs (``Form``).

    What cannot be seen goes, Unicode is folded (NFKC), case is folded, runs of spaces, underscores, hyphens and
    slashes become one space, and punctuation at the edges goes: ``"**refund-request**"`` and ``Refund_Request`` are
    equal.
    """
    folded = _folded(text)
    while True:
        stripped = _SEPARATORS.sub(" ", folded.strip(EDGES))
        if stripped == folded:
            return folded
        folded = stripped


def readable(text: str) -> str:
    """``text`` with Unicode folded (NFKC) and without what cannot be seen; capitals and dashes stay."""
    if text.isascii() and text.isprintable():
        return text
    return unicodedata.normalize("NFKC", _INVISIBLE.sub("", text).translate(_QUOTES))


def _folded(text: str) -> str:
    return readable(text).translate(_ALIKE).casefold()


@dataclass(frozen=True, slots=True)
class Form:
    """A spelling with the signs that stand at its edges, without what only wraps it: quotes, marks, a full stop.

    Attributes:
        before, after: the signs at its edges: ``-`` of ``-1``, ``<`` of ``<18``, ``-`` of ``A-``, ``!`` of ``yes!``.
        core: what ``normalise`` makes of it; of what has nothing but signs, the signs.
        between: hyphens and slashes between digits: ``-`` of ``1-2``.
    """

    before: str
    core: str
    after: str
    between: str

    @classmethod
    def of(cls, text: str) -> "Form":
        """The form of any text, a name or what was typed for it."""
        folded, core = _folded(text).strip(), normalise(text)
        folded = _BULLETS.sub("", folded, count=1) or folded
        if not core:
            return cls("", _signs(folded), "", "")
        start, end = _unwrapped(folded)
        inner = folded[start:end]
        rest = inner.lstrip(_OUTSIDE)
        before, rest = inner[: len(inner) - len(rest)], rest.rstrip(_OUTSIDE)
        after = inner[len(before) + len(rest) :]
        after = "" if _DASH.fullmatch(after) else "".join(after.rstrip(".,;:_ ").split())
        return cls("".join(before.split()), core, after, between_digits(rest))

    def may_spell(self, name: "Form") -> bool:
        """Whether this, as it was typed, may mean a name with the same core: no sign that counts is lost or added."""
        told = self._counted(letters=False)
        return told <= name._all() and name._counted(letters=True) <= self._all()

    def _all(self) -> set[tuple[str, str]]:
        return {("before", sign) for sign in self.before} | {("after", sign) for sign in self.after}

    def _counted(self, *, letters: bool) -> set[tuple[str, str]]:
        """The signs that make another name of it.

        Args:
            letters: whether one at a word does, and a mark behind a single character (the ``*`` of ``A*``).
        """
        first = self.core[:1]
        alone = letters or first.isdigit() or first in _SIGNED
        counted = {("before", sign) for sign in self.before if sign in "-<>" and alone}
        if first.isdigit() and self.before.endswith(".") and not self.before.endswith(".."):
            counted.add(("before", "."))
        ends = "-" if letters or len(self.core) <= SHORT or "(-" in self.after else ""
        if self.core[-1:].isdigit():
            ends += "-<>'\"" if letters else "-<>"
        if letters and len(self.core) == 1:
            ends += "*!?"
        return counted | {("after", sign) for sign in self.after if sign in ends}


def between_digits(text: str) -> str:
    """The hyphens and slashes between digits, one after the other."""
    return "".join(_BETWEEN_DIGITS.findall(text))


def _unwrapped(text: str) -> tuple[int, int]:
    """Where ``text`` begins and ends without quotes, brackets and marks in pairs, and without a full stop."""
    start, end = 0, len(text)
    while end - start > 1:
        first, last = text[start], text[end - 1]
        if _PAIRS.get(first) == last:
            start, end = start + 1, end - 1
        elif last in ".,;: ":
            end -= 1
        elif first in ",;: ":
            start += 1
        else:
            break
    return start, end


def _signs(text: str) -> str:
    """A text of nothing but signs, without blanks and the pairs around it."""
    signs = "".join(text.split())
    start, end, left = 0, len(signs), Counter(signs)
    while end - start > 2 and max(left[signs[start]], 1) < end - start and _PAIRS.get(signs[start]) == signs[end - 1]:
        left.subtract((signs[start], signs[end - 1]))
        start, end = start + 1, end - 1
    return signs[start:end]


def look_alike(one: str, other: str) -> bool:
    """Whether nobody can tell two names apart by sight: an apostrophe of another kind, a letter of another script."""
    return drawn(one) == drawn(other)


def drawn(name: str) -> str:
    """A form that names have in common that look the same."""
    return visible(name).translate(_DRAWN_AS)


def one_spelling(counts: Mapping[str, int]) -> dict[str, str]:
    """Each name that is only another way to write one that looks the same -> that one, the most frequent of them.

    One without characters that cannot be seen comes before all others. Letters of another script make another name.

    Args:
        counts: how often each name occurs.
    """
    alike: dict[str, list[str]] = {}
    for name in sorted(counts, key=lambda name: (bool(_INVISIBLE.search(name)), -counts[name], name)):
        alike.setdefault(visible(name), []).append(name)
    return {name: names[0] for names in alike.values() for name in names[1:]}


def difference(one: str, other: str) -> str:
    """In what two names differ of which a list may hold only one, with what cannot be seen by its number."""
    if look_alike(one, other):
        return f"look the same: {_first_difference(one, other)}"
    spaced = [re.sub(SEPARATOR, "", visible(name)).casefold() for name in (one, other)]
    if spaced[0] == spaced[1]:
        return "differ only in case or spacing"
    return "differ only in punctuation or in the kind of letters, which replies seldom keep"


def _first_difference(one: str, other: str) -> str:
    place = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    first, second = (_character(name[place : place + 1]) for name in (one, other))
    return f"at character {place + 1} one has {first}, the other {second}"


def _character(character: str) -> str:
    if not character:
        return "nothing"
    return f"U+{ord(character):04X} {unicodedata.name(character, 'CONTROL CHARACTER').lower()}"
