"""What a reply gives, before it is known where it stands in the text; and the small forms in which it says so."""

import json
import re
from dataclasses import dataclass, field
from typing import NamedTuple

from verifiers.spelling import normalise

LINE = re.compile(r'"((?:[^"\\]|\\.)*+)"(?:\s#(\d{1,9}+))?+')
"""Words in quotes as JSON has them, and the number of their place."""
_NOUN = r"(?:labels?|spans?|entit(?:y|ies)|answers?|match(?:es)?|such words)"
_NONE = re.compile(
    rf"(?:none|nothing|null|nil|n a|na|empty|not applicable|(?:there (?:is|are) )?(?:none|no {_NOUN}"
    rf"|none of (?:the|these) {_NOUN})(?: (?:that )?(?:appl(?:y|ies)|found|present|in the text|to mark))*+)"
)


class Said(NamedTuple):
    """Words that are given to a label, with the number of their place, or its first and last character, where told."""

    label: str
    quote: str
    number: int | None = None
    stated: tuple[int, int] | None = None


@dataclass
class Told:
    """What a reply gives.

    Attributes:
        said: words for labels. unfit: what cannot be right, each as (reason, words).
        nothing: whether it says of a label, or of all, that there is nothing. alone: whether it says so of all.
    """

    said: list[Said] = field(default_factory=list)
    unfit: list[tuple[str, str]] = field(default_factory=list)
    nothing: bool = False
    alone: bool = False

    @property
    def contradicts_itself(self) -> bool:
        return self.alone and bool(self.said or self.unfit)

    @property
    def readable(self) -> bool:
        return bool(self.said or self.unfit or self.nothing)


def unescaped(words: str) -> str | None:
    """What stands between the quotes of JSON; None where it is not JSON's."""
    if "\\" not in words:
        return words
    try:
        return str(json.loads(f'"{words}"', strict=False))
    except ValueError:
        return None


def says_none(text: str) -> bool:
    """Whether a text says, and says nothing else, that there is nothing."""
    return text.strip() in {"[]", "{}", "-", "–", "—"} or bool(len(text) < 100 and _NONE.fullmatch(normalise(text)))
