"""What a key says of the value behind it: ``Final answer:``, ``"label":``, ``Reason:``, ``<category>``. Pure."""

import re
from typing import Literal, TypeAlias

from verifiers.reader.vocabulary import DENIED, FILLERS, FINAL, NOUNS, REASON, RESULTS, words
from verifiers.spelling import UNSPACED, normalise

Role: TypeAlias = Literal["final", "answer", "result", "reason", "denied"]
"""The answer that overrules others; an answer; a general word for one; what is beside an answer; what is no answer."""

ANSWERS: tuple[Role, ...] = ("final", "answer", "result")
"""The roles of an answer, the surest first."""
LONGEST_KEY = 8  # words

SCORE = {"score", "scores", "confidence", "probability", "probabilities", "likelihood", "certainty", "prob", "p"}
"""Keys of how sure a label is."""
HOLDS = words("applies applicable apply present holds selected relevant value match matches matched assigned")
"""Keys of whether a label applies."""

_UNSPACED = re.compile(f"[{UNSPACED}]")
EVIDENCE = {"evidence", "quote", "quotes", "spans", "span", "excerpt", "excerpts", "mentions"}
"""Keys of what in a text shows that a label applies; where it is empty nothing does."""
ORDINALS = {"first", "second", "third", "primary", "secondary", "tertiary", "main", "additional", "also", "top"}
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def words_of(key: str) -> list[str]:
    """The words of a key in any of the ways that keys are written: ``finalLabel``, ``final_label``, ``Final label``."""
    return normalise(_HUMP.sub(" ", key[:200])).split()


def role_of(key: str) -> Role | None:
    """What a key says of its value; None where it is not known."""
    words = [word.rstrip("0123456789") or word for word in words_of(key)]
    head = words[: words.index("for")] if "for" in words else []  # "the label for this message"
    words = head if set(head) & (NOUNS | RESULTS) else words
    if not words or len(words) > LONGEST_KEY:
        return None
    known = set(words) | (_unspaced(key) if not key.isascii() else set())
    if known & DENIED:
        return "denied"
    if known & FINAL and (known <= FINAL | {"my", "the"} or known & (NOUNS | RESULTS)):
        return "final"
    if words[-1] in REASON or (known & REASON and not known & NOUNS):
        return "reason"
    if known & NOUNS:
        return "answer"
    return "result" if known & RESULTS else None


def _unspaced(key: str) -> set[str]:
    """The known words within a key of a script that parts no words: ``最终答案``."""
    if not _UNSPACED.search(key):
        return set()
    return {word for word in NOUNS | RESULTS | REASON if not word.isascii() and word in key}


def is_heading(line: str) -> bool:
    """Whether a line is nothing but a word for an answer: ``Final answer``, ``The labels``."""
    words = words_of(line)
    return 0 < len(words) <= 3 and "," not in line and set(words) <= FINAL | NOUNS | RESULTS | FILLERS


def stem_of(key: str) -> str:
    """What the keys have in common that give one answer in parts: ``Label 1``, ``primary_label``."""
    words = [word.rstrip("0123456789").removesuffix("s") for word in words_of(key)]
    return " ".join(word for word in words if word not in ORDINALS | {"", "the", "and"})


def rates(key: str) -> bool:
    """Whether a key may hold a figure that is the answer itself, where labels are numbers: ``Score: 3``."""
    return bool(set(words_of(key)) & {"score", "scores", "rating", "grade", "points", "stars", "level"})
