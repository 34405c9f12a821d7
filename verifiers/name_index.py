"""Finds the names of a list within a text in one pass, however many names there are. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from verifiers.spelling import LETTER, SEPARATOR, SHORT, UNSPACED, Form, between_digits, normalise, readable

_ATOM = re.compile(rf"(?P<word>[^\W_{UNSPACED}]++)|(?P<gap>{SEPARATOR})|.", re.DOTALL)
_LETTER = re.compile(LETTER)
_LETTER_LAST = re.compile(rf"{LETTER}\Z")
_HYPHENS = {"-", "‐"}
_SIGNS = {  # before a name; before a number without them they make another of it
    "-": re.compile(r"(?<!\w)[-‐−]\Z"),
    "<": re.compile(r"[<≤]\s?\Z"),
    ">": re.compile(r"(?<![-=])[>≥]\s?\Z"),
}
_COUNTS = set("-*!?<>")
_MINUS = re.compile(rf"[-‐−](?!{LETTER})")
_MORE = re.compile(rf"[+#](?!{LETTER})")  # as in C++, A+ and C#
_NAMES = ""  # the key in a node at which names end; no atom is empty


@dataclass(frozen=True, slots=True)
class Mention:
    """A name where it stands in a text: ``text[start:end]``, without the signs at its edges."""

    name: str
    start: int
    end: int


class NameIndex:
    """The names as a tree of words, signs and gaps between them.

    Args:
        forms: the names to find with their forms, in the order of the list.
    """

    def __init__(self, forms: Mapping[str, Form]) -> None:
        self._root: dict[str, Any] = {}
        self._signs: dict[str, str] = {}  # names that have nothing else
        self._forms = forms
        for name, form in forms.items():
            if not normalise(form.core):
                self._signs[form.core] = name
                continue
            node = self._root
            for _, _, atom in _atoms(form.core):
                node = node.setdefault(atom, {})
            node.setdefault(_NAMES, []).append(name)
        in_order = sorted(self._forms, key=len, reverse=True)
        self._rank = {name: rank for rank, name in enumerate(in_order)}
        self._plain = {name for name, form in self._forms.items() if _is_plain(form)}

    def mentions(self, text: str) -> list[Mention]:
        """All places of all names in a text that is ``readable``: the longest name first, each name's from the left.

        A name stands as a whole word, and not beside a hyphen or before a question mark; one gap is one character.
        """
        found: list[Mention] = []
        ends: dict[str, int] = {}
        for start, end, name in self._spots(text, list(_atoms(text))):
            if start >= ends.get(name, 0) and self._alone(text, start, end, name):
                ends[name] = end
                found.append(Mention(name, start, end))
        return sorted(found, key=lambda mention: self._rank[mention.name])

    def named_in(self, text: str) -> set[str]:
        """The names that stand in ``text`` as whole words, in any case and spacing, and not within a longer name."""
        text = readable(text)
        found, done = self._signs_in(text), 0
        spots = self._spots(text, _merged(_atoms(text)))
        for start, end, name in sorted(spots, key=lambda spot: (spot[0], -spot[1])):
            if start >= done and self._whole(text, start, end, name):
                found.add(name)
                done = end
        return found

    def _spots(self, text: str, atoms: Sequence[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
        for first, (start, _, atom) in enumerate(atoms):
            node, place = self._root.get(atom), first
            while node is not None:
                if _NAMES in node:
                    end = atoms[place][1]
                    for name in self._meant(node[_NAMES], text, start, end):
                        yield start, end, name
                place += 1
                node = node.get(atoms[place][2]) if place < len(atoms) else None

    def _meant(self, names: Sequence[str], text: str, start: int, end: int) -> Sequence[str]:
        """Of names that differ in their signs only, the one whose signs stand there; else the one without signs."""
        if len(names) == 1:
            return names
        before, after, signs = text[max(0, start - 6) : start], text[end : end + 6], between_digits(text[start:end])
        forms = [(name, self._forms[name]) for name in names]
        there = [(name, form) for name, form in forms if form.between == signs and _stands(form, before, after)]
        return [name for name, form in sorted(there, key=lambda one: len(one[1].before + one[1].after))[-1:]]

    def _alone(self, text: str, start: int, end: int, name: str) -> bool:
        form = self._forms[name]
        before, after = text[max(0, start - 1) : start], text[end : end + 1]
        if (before in _HYPHENS and "-" not in form.before) or (after in _HYPHENS and "-" not in form.after):
            return False
        return not (after == "?" and "?" not in form.after) and self._whole(text, start, end, name)

    def _whole(self, text: str, start: int, end: int, name: str) -> bool:
        """Whether letters end at both ends, and the signs there are those of the name."""
        if name in self._plain:
            return not (_LETTER.match(text, end) or (start and _LETTER.match(text, start - 1)))
        form = self._forms[name]
        return _begins(form, text[max(0, start - 6) : start]) and _ends(form, text[end : end + 6])

    def _signs_in(self, text: str) -> set[str]:
        """The names of nothing but signs that stand between blanks; what opens a line is a bullet."""
        found = set[str]()
        for line in text.splitlines() if self._signs else ():
            pieces = line.split()
            for place, piece in enumerate(pieces):
                bullet = place == 0 and len(pieces) > 1 and piece in "-*•"
                name = None if bullet or normalise(piece) else self._signs.get(Form.of(piece.rstrip(",;")).core)
                if name is not None:
                    found.add(name)
        return found


def _is_plain(form: Form) -> bool:
    return not (form.before or form.after or form.core[:1].isdigit()) and len(form.core) > SHORT


def _stands(form: Form, before: str, after: str) -> bool:
    """Whether all signs of a form stand before and after."""
    before = before.rstrip() if form.before[-1:] in {"<", ">"} else before
    after = "".join(after.split()) if form.after[:1] == "(" else after
    return before.endswith(form.before) and after.startswith(form.after)


def _begins(form: Form, before: str) -> bool:
    if form.before and before.endswith(form.before):
        return not _LETTER_LAST.search(before[: -len(form.before)])
    sign = next((sign for sign in reversed(form.before) if sign in _SIGNS), None)
    if sign:
        return bool(_SIGNS[sign].search(before))
    signed = form.core[:1].isdigit() and any(one.search(before) for one in _SIGNS.values())
    return not (signed or _LETTER_LAST.search(before))


def _ends(form: Form, after: str) -> bool:
    if _COUNTS & set(form.after) and after.startswith(form.after):
        return not _LETTER.match(after, len(form.after))
    if "-" in form.after:
        return bool(_MINUS.match(after)) or "".join(after.split()).startswith(form.after)
    if len(form.core) == 1 and form.after[:1] in {"*", "!", "?"}:
        return False
    return not (_LETTER.match(after) or (len(form.core) <= SHORT and (_MORE.match(after) or _MINUS.match(after))))


def _atoms(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, word, sign or blank) for every part of ``text``, in order; case is folded."""
    for match in _ATOM.finditer(text):
        kind = match.lastgroup
        yield match.start(), match.end(), " " if kind == "gap" else match[0].casefold()


def _merged(atoms: Iterable[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """The same with runs of blanks as one."""
    merged: list[tuple[int, int, str]] = []
    for start, end, atom in atoms:
        if atom == " " and merged and merged[-1][2] == " ":
            merged[-1] = merged[-1][0], end, atom
        else:
            merged.append((start, end, atom))
    return merged
