"""What comes out of reading a reply: an answer, or the name of why there is none."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Why: TypeAlias = Literal["unreadable", "ambiguous", "refused", "truncated", "empty"]
"""Nothing reads as an answer; more than one answer is possible; the model declines; the answer is cut off; the reply
holds no answer at all, only thoughts."""


@dataclass(frozen=True, slots=True)
class NamesRead:
    """The names a reply gives: on the list and not on it, each once, in reply order.

    Both empty means that the reply says, in words or as an empty list, that no label applies.
    """

    found: tuple[str, ...]
    out_of_list: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unusable:
    """A reply that is not read as an answer, and why."""

    name: Why
