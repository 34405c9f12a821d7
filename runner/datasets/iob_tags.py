"""Tags of tokens as chunks: IOB1, IOB2 (BIO), BIOES and BILOU, read as conlleval and seqeval read them. Pure."""

from collections.abc import Sequence

_MARKS = {"B": "B", "I": "I", "E": "E", "L": "E", "S": "S", "U": "S"}  # L and U are what BILOU calls E and S

Tag = tuple[str, str]
"""The mark, one of ``B I E S O``, and the label; ``O`` has none."""

EXPECTED = "O, or B-, I-, E-, S-, L- or U- and a label, as B-PER"


def tag_in(word: str) -> Tag | None:
    """The tag that ``word`` is; None if it is none."""
    if word == "O":
        return "O", ""
    mark, label = _MARKS.get(word[:1]), word[2:].strip()
    return (mark, label) if mark and word[1:2] == "-" and label else None


def chunks(tags: Sequence[Tag]) -> list[tuple[str, int, int]]:
    """(label, first token, last token) of each chunk, in their order.

    A token goes on with the chunk before it where it is an I or E of the same label, and the one before a B or I. Any
    other token with a label begins a chunk, so that an I without a B does too. Equals seqeval's ``get_entities``.
    """
    found = list[tuple[str, int, int]]()
    before: Tag = ("O", "")
    for place, (mark, label) in enumerate(tags):
        if mark in "IE" and before[0] in "BI" and before[1] == label:
            found[-1] = (label, found[-1][1], place)
        elif mark != "O":
            found.append((label, place, place))
        before = mark, label
    return found
