"""Finds where in a text the words stand that a reply quotes: exactly, or with spelling folded, never nearly. Pure."""

import re
import unicodedata
from bisect import bisect_left, insort
from collections.abc import Callable, Sequence

from verifiers.spelling import UNSPACED, visible

Place = tuple[int, int]
"""Where words stand in a text: the first character and the one after the last."""

# Korean puts particles to its words without a space, so that a quote may end within what stands between two spaces.
_LETTER = re.compile(rf"[^\W{UNSPACED}\uac00-\ud7a3]")
_JOINER = "\u200d"
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_MOST_MARKS = 20  # combining marks behind one letter that are looked through


class Quotes:
    """The places of quotes in one text.

    The places of a quote are numbered from 1: first those where whole words stand, then those within words, both from
    the left. Those with another case, spacing or kind of quotation mark count only where none is exact.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._folded: tuple[str, list[int]] | None = None
        self._places: dict[str, tuple[list[Place], list[Place]]] = {}
        self._numbers: dict[str, dict[Place, int]] = {}
        self._used: dict[str, list[Place]] = {}
        self._next: dict[tuple[str, str | None], int] = {}
        self._labelled: dict[str, set[Place]] = {}

    def __contains__(self, quote: object) -> bool:
        """Whether the text has these words."""
        return isinstance(quote, str) and bool(self._of(quote)[0])

    def find(self, label: str, quote: str, number: int | None = None) -> Place | None:
        """The place that is meant, which then is used; None if there is none.

        Args:
            number: of the place. Without it, the next place of whole words (of part of a word where there are only
                such) that does not overlap a used one of this quote, else the first that has not this label, else
                the first: the same was said twice.
        """
        places = self._of(quote)[0]
        if number is None:
            place = self._free(label, quote)
        else:
            place = places[number - 1] if 1 <= number <= len(places) else None
        if place:
            self._use(label, quote, place)
        return place

    def number(self, label: str, place: Place) -> int | None:
        """The number to write behind the quote of ``place``, which then is used; None if it is found without one."""
        quote = self._text[place[0] : place[1]]
        expected = self._free(label, quote)
        self._use(label, quote, place)
        if expected == place:
            return None
        if quote not in self._numbers:
            self._numbers[quote] = {one: number for number, one in enumerate(self._of(quote)[0], 1)}
        return self._numbers[quote][place]

    def _use(self, label: str, quote: str, place: Place) -> None:
        insort(self._used.setdefault(quote, []), place)
        self._labelled.setdefault(label, set()).add(place)

    def _free(self, label: str, quote: str) -> Place | None:
        chosen = self._of(quote)[1]
        used, labelled = self._used.get(quote, []), self._labelled.get(label, set())
        at = self._after((quote, None), chosen, lambda place: _overlaps(place, used))
        if at == len(chosen):
            at = self._after((quote, label), chosen, lambda place: place in labelled)
        return chosen[at if at < len(chosen) else 0] if chosen else None

    def _after(self, search: tuple[str, str | None], places: Sequence[Place], taken: Callable[[Place], bool]) -> int:
        """The first place that is not taken. What is taken stays so: a search goes on where it ended before."""
        at = self._next.get(search, 0)
        while at < len(places) and taken(places[at]):
            at += 1
        self._next[search] = at
        return at

    def _of(self, quote: str) -> tuple[list[Place], list[Place]]:
        """The places of a quote in the order of their numbers, and those that it may mean without one."""
        if quote not in self._places:
            found = [(at, at + len(quote)) for at in _starts(self._text, quote)] or self._alike(quote)
            whole = [place for place in found if self._parted(place[0]) and self._parted(place[1])]
            apart = set(whole)
            self._places[quote] = [*whole, *(place for place in found if place not in apart)], whole or found
        return self._places[quote]

    def _alike(self, quote: str) -> list[Place]:
        """The places where the words stand but for their spelling; never a part of a character."""
        if self._folded is None:
            self._folded = _fold(self._text)
        (text, origins), (words, _) = self._folded, _fold(quote.strip())
        found = []
        for start in _starts(text, words.strip()):
            end = start + len(words.strip())
            first, last = origins[start], origins[end - 1]
            if (not start or origins[start - 1] != first) and (end == len(origins) or origins[end] != last):
                found.append((first, last + 1))
        return found

    def _parted(self, at: int) -> bool:
        """Whether no word and no character that is drawn as one goes on at this place."""
        if at in {0, len(self._text)}:
            return True
        after = self._text[at]
        if _is_mark(after) or ord(after) in _SKIN_TONES or _JOINER in self._text[at - 1 : at + 1]:
            return False
        base = at - 1
        while base and at - base < _MOST_MARKS and _is_mark(self._text[base]):
            base -= 1
        return not (_LETTER.match(self._text[base]) and _LETTER.match(after))


def _starts(text: str, words: str) -> list[int]:
    """Where ``words`` stand in ``text``, overlapping ones too."""
    found: list[int] = []
    at = text.find(words) if words else -1
    while at >= 0:
        found.append(at)
        at = text.find(words, at + 1)
    return found


def _overlaps(place: Place, used: list[Place]) -> bool:
    """Whether a place overlaps one of these, which are sorted and hardly overlap each other."""
    at = bisect_left(used, place)
    return (at < len(used) and used[at][0] < place[1]) or (at > 0 and used[at - 1][1] > place[0])


def _fold(text: str) -> tuple[str, list[int]]:
    """``text`` in small letters, decomposed, with runs of blanks as one and one kind of quotation marks and hyphens.

    With it, for each of its characters, which one of ``text`` it comes from.
    """
    forms = {one: " " if one.isspace() else unicodedata.normalize("NFD", visible(one).casefold()) for one in set(text)}
    parts: list[str] = []
    origins: list[int] = []
    for at, one in enumerate(text):
        form = forms[one]
        if form == " " and parts and parts[-1] == " ":
            continue
        if form:
            parts.append(form)
            origins += [at] * len(form)
    return "".join(parts), origins


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M"
