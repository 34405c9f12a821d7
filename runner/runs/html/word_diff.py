"""What changed between two prompts, word by word. Pure."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal

Kind = Literal["same", "gone", "new"]
Piece = tuple[Kind, str]
_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
_MANY = 4_000  # lines of a prompt, and words of one changed passage; beyond it a comparison would take seconds


def sides(before: str, after: str) -> tuple[list[Piece], list[Piece]]:
    """Both texts in pieces: the old one with what is gone marked, the new one with what is new.

    Lines are compared first and words only within lines that changed, so that long prompts stay quick.
    """
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    if max(len(old), len(new)) > _MANY:
        return _joined([("gone", before)]), _joined([("new", after)])
    left: list[Piece] = []
    right: list[Piece] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, fresh = "".join(old[a:b]), "".join(new[c:d])
        if kind == "equal":
            left.append(("same", gone))
            right.append(("same", fresh))
        else:
            for side, pieces in zip((left, right), _by_words(gone, fresh), strict=True):
                side.extend(pieces)
    return _joined(left), _joined(right)


def _by_words(gone: str, fresh: str) -> tuple[list[Piece], list[Piece]]:
    old, new = _WORDS.findall(gone), _WORDS.findall(fresh)
    if max(len(old), len(new)) > _MANY:
        return [("gone", gone)], [("new", fresh)]
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    left: list[Piece] = [("same" if kind == "equal" else "gone", "".join(old[a:b])) for kind, a, b, _, _ in blocks]
    right: list[Piece] = [("same" if kind == "equal" else "new", "".join(new[c:d])) for kind, _, _, c, d in blocks]
    return left, right


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Neighbours of one kind as one piece; empty ones left out."""
    return list(_join(pieces))


def _join(pieces: Sequence[Piece]) -> Iterator[Piece]:
    held: Piece | None = None
    for kind, text in pieces:
        if not text:
            continue
        if held and held[0] == kind:
            held = (kind, held[1] + text)
        else:
            if held:
                yield held
            held = (kind, text)
    if held:
        yield held
