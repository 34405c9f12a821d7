"""The probability of a part of a reply, from those of its tokens. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Self

from runner.core.calls import Reply

_SPECIAL = re.compile(r"(?:<[^<>\s]{1,40}>|\s)*+")  # what ends an answer and is none of its text: <|im_end|>


@dataclass(frozen=True)
class Tokens:
    """The tokens of a reply where they stand in its text.

    Attributes:
        ranges: (start, end) of each, in characters of the text; a token that ends within a character has no width.
        logprobs: the natural logarithm of each one's probability.
        end: that of the token that ended the reply; None where the endpoint does not give it.
    """

    ranges: Sequence[tuple[int, int]]
    logprobs: Sequence[float]
    end: float | None

    @classmethod
    def of(cls, reply: Reply) -> Self | None:
        """None where none were given, or where they do not spell the text for certain."""
        pairs, text = reply.logprobs or (), reply.text
        said = "".join(token for token, _ in pairs)
        start = _start(said, text)
        if start is None:
            return None
        ends = list(accumulate((len(token) for token, _ in pairs), initial=-start))
        ranges = list(pairwise(ends))
        closing = [value for (left, _), (_, value) in zip(ranges, pairs, strict=True) if left >= len(text)]
        return cls(ranges, [value for _, value in pairs], closing[0] if closing else None)

    def of_part(self, start: int, end: int) -> float | None:
        """The logarithm of the probability of ``text[start:end]``: all tokens that have a character of it.

        None where no token has.
        """
        each = zip(self.ranges, self.logprobs, strict=True)
        found = [value for (left, right), value in each if left < end and (right > start or start <= left == right)]
        return sum(found) if found else None


def _start(said: str, text: str) -> int | None:
    """Where in what the tokens say the text begins; None where that is not certain.

    Thinking may stand before it, blanks and a model's own signs around it.
    """
    if not text.strip():
        return None
    if said == text or (said.startswith(text) and _SPECIAL.fullmatch(said, len(text))):
        return 0
    if said.endswith(text):
        return len(said) - len(text)
    return said.find(text) if said.count(text) == 1 else None
