"""Texts that are one for a reader, though their characters differ: in case, blanks, accents' form, a full stop."""

import unicodedata
from collections.abc import Iterable

from runner.core.items import Item

_UNSEEN = {"Cf", "Cc"}  # categories: zero-width characters, marks of direction, soft hyphens, controls
_LOOKS = str.maketrans("\u2018\u2019\u201b\u201c\u201d\u201f\u2010\u2011\u2012\u2013\u2212", "'''\"\"\"-----")
_STOPS = ".\u3002 "


def twin_form(text: str) -> str:
    """The form in which near-twins are equal.

    Unicode is folded (NFKC, so that NFC and NFD, no-break spaces and full-width letters are alike), case is folded,
    characters that are not seen go, any run of blanks and line breaks is one space, typographic quotes and hyphens are
    plain, and full stops at the end go. Other punctuation stays: a question is another text than an answer.
    """
    if text.isascii():  # as most are; what follows would give the same
        plain = text.casefold()
    else:
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
        plain = folded.translate(_LOOKS)
    form = " ".join(plain.split())
    if not form.isprintable():
        seen = "".join(mark for mark in form if unicodedata.category(mark) not in _UNSEEN)
        form = " ".join(seen.split())
    return form.rstrip(_STOPS) or form


def one_of_twins(items: Iterable[Item]) -> list[Item]:
    """The items without those that are near-twins of an earlier one with another text.

    Items with the very same text stay: that each text is there once is for the data set to see to.
    """
    first: dict[str, str] = {}
    return [item for item in items if first.setdefault(twin_form(item.text), item.text) == item.text]
