"""Reads one line of a list: names, what is said beside each, and short pieces that are on no list. Pure."""

import re
from collections.abc import Sequence

from verifiers.label_set import LabelSet
from verifiers.reader.judgement import held
from verifiers.reader.keys import role_of
from verifiers.reader.names import name_of, says_none, unbulleted
from verifiers.reader.nones import says_that_none
from verifiers.reader.pieces import CHATTY, MOST_PIECES, Row, is_mark, most_pieces, pieces_of
from verifiers.reader.prose import names_in
from verifiers.spelling import UNSPACED, normalise

LONGEST_NAME = 5  # words; a longer piece that is on no list is prose, not a name
_VERB = r"(?:is|are|was|were|does|do|has|have|had)(?:n't)?\b"
_REASON = re.compile(
    rf"(?:because|since|as|due to)\s.+|(?:it|this|that|he|she|they|there|the [a-z]+)\s{_VERB}.*"
    r"|(?:it|this|that|he|she|they|the [a-z]+)\s(?:wants|asks|says|mentions)\b.*|(?:without a|no) doubt.*|indeed"
    r"|certainly|definitely|clearly|absolutely|of course|for sure|that's (?:right|correct)|in my (?:opinion|view)"
    r"|i (?:think|believe|would say).*|claro|bien sûr|natürlich|конечно",
    re.DOTALL,
)
_SENTENCE = re.compile(
    r"(?:the|it|this|that|there|they|he|she|we|you|i|my|our|your|his|her|their)\b.{0,80}?\b(?:is|are|was|were"
    r"|has|have|does|do|did|can|cannot|will"
    r"|would|seems?|wants?|asks?|says?|mentions?|needs?|fits?|made|had|wrote|said"
    r"|asked|wanted|received|paid|ordered|reports?|complains?|describes?|expresses)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,.;:(]|\sbecause\s|\ssince\s")
_EXCEPT = re.compile(
    r"\?|\b(?:except|unless|but|maybe|possibly|perhaps|though|however|other than|could|might|so|therefore)\b",
    re.IGNORECASE,
)
_UNSPACED = re.compile(f"[{UNSPACED}]")


def row_of(line: str, labels: LabelSet, *, listed: bool) -> Row | None:
    """What a line gives; None for a sentence.

    Args:
        listed: whether the line's place makes it a list; else it is one only if a label stands in it by itself.
    """
    text = unbulleted(line, labels)
    if name := name_of(text, labels):
        return Row({name: None})
    clause, *rest = _CLAUSE.split(text, maxsplit=1)
    if says_none(text, labels) or says_none(clause, labels) or says_that_none(clause, labels):
        return Row(none=True) if not rest or not _takes_back(rest[0], labels) else None
    if "|" in text and (cells := _cells(text, labels)):
        return cells
    return _list(text, labels, listed=listed) if most_pieces(text) <= MOST_PIECES + 2 * len(labels) else None


def _takes_back(rest: str, labels: LabelSet) -> bool:
    """Whether what stands behind a "none" names a label all the same."""
    named = names_in(rest.replace("?", " "), labels)
    return bool(named) and (name_of(rest, labels) is not None or bool(_EXCEPT.search(rest)))


def _cells(text: str, labels: LabelSet) -> Row | None:
    """A row of a table: a label, and whether it applies; its head gives nothing."""
    cells = [cell.strip(" *`") for cell in text.strip("| ").split("|")]
    if role_of(cells[0]) in {"answer", "result"}:
        return Row()
    name = name_of(cells[0], labels)
    said = held(cells[1]) if name and len(cells) > 1 else None
    return Row({name: said}) if name and said is not None else None


def _list(text: str, labels: LabelSet, *, listed: bool) -> Row | None:
    """The pieces of a line as one row; None where one is prose, or none is known and nothing makes it a list."""
    pieces = _before_reason(pieces_of(text, labels))
    strangers = [piece for piece in pieces if isinstance(piece, str)]
    if any(_is_prose(piece, labels) for piece in strangers):
        return None
    if len(strangers) == len(pieces) and says_that_none(text, labels):
        return Row(none=True)
    if len(strangers) == len(pieces) and (not listed or not strangers or text[-1:] in set("!?:")):
        return None
    return _joined(pieces)


def _before_reason(pieces: Sequence[Row | str]) -> list[Row | str]:
    """Without why, behind a label: "refund, it was broken" is the one label; a share belongs to what is before it."""
    kept: list[Row | str] = []
    for piece in pieces:
        if isinstance(piece, Row):
            kept.append(piece)
        elif kept and isinstance(kept[-1], Row) and is_mark(piece.strip()):
            kept[-1] = Row(dict.fromkeys(kept[-1].names, held(piece)), keyed=kept[-1].keyed)
        elif kept and isinstance(kept[-1], Row) and kept[-1].explained:
            continue
        elif kept and isinstance(kept[0], Row) and _REASON.fullmatch(piece.strip(" .!").replace("’", "'")):
            break
        else:
            kept.append(piece)
    return kept


def _joined(pieces: Sequence[Row | str]) -> Row:
    row = Row()
    for piece in pieces:
        if isinstance(piece, Row) and piece.keyed:  # what stands before a key leads to it
            row.strangers.clear()
        if isinstance(piece, Row):
            row.names |= {name: said for name, said in piece.names.items() if row.names.get(name) is None}
            row.keyed = row.keyed or piece.keyed
        else:
            row.strangers.append(piece)
    return row


def _is_prose(piece: str, labels: LabelSet) -> bool:
    """Whether a piece that is on no list is no label either: too long, a courtesy, a sentence, a label in a phrase."""
    words = piece.split()
    long = len(words) > LONGEST_NAME or len(normalise(piece[:200]).split()) > LONGEST_NAME
    stopped = piece.endswith(".") and len(words) > 2 and piece[:1].isupper()
    if long or stopped or re.search(r"[:?!]", piece) or CHATTY.match(piece) or _SENTENCE.match(piece):
        return not says_none(piece, labels)
    if "=" in piece and name_of(piece.partition("=")[0], labels):
        return True
    return bool(" " in piece.strip() or _UNSPACED.search(piece)) and bool(names_in(piece, labels))
