"""certainty=logprobs: the probability that the model gave its answer, from the tokens that hold it."""

from collections.abc import Mapping
from math import exp
from typing import Literal

from runner.core.protocols import AskAgain
from runner.core.said import Said
from runner.labelling.certainty.tokens import Tokens
from verifiers.places import places

_PLACES = 6  # decimals


class Logprobs:
    """Log-probabilities that came with the reply: no further call.

    Each part of an answer (a label, a field, a span) has the product of the probabilities of the tokens that hold it,
    whatever stands around it: that is the probability of these words behind those before. That a list ends is a part
    of it where the endpoint says how likely the end was.

    Args:
        parts: the certainty of an answer is that of its ``least`` certain part, or the ``product`` over all.
    """

    kind = "logprobs"
    calls = 0
    welcomes_logprobs = True

    def __init__(self, parts: Literal["least", "product"] = "least") -> None:
        self._parts = parts

    async def of(self, said: Said, again: AskAgain) -> float | None:
        """From 0 to 1; None where the endpoint gave none, or the answer is not found in the tokens for certain."""
        each = of_parts(said)
        if not each:
            return None
        value = min(each.values()) if self._parts == "least" else sum(each.values())
        return round(exp(value), _PLACES)


def of_parts(said: Said) -> Mapping[str, float]:
    """The log-probability of each part of an answer, by its name or number; empty where it is not known of all."""
    tokens = Tokens.of(said.reply)
    if tokens is None:
        return {}
    found = places(said.verifier, said.reply.text, said.answer, said.item)
    each = [(place.name or str(number), tokens.of_part(place.start, place.end)) for number, place in enumerate(found)]
    known = {name: value for name, value in each if value is not None}
    if not found or len(known) < len(found):
        return {}
    listed = isinstance(said.verifier.dump(said.answer), list)
    at_the_end = not said.reply.text[found[-1].end :].strip(" \n\r\t\"'`]}.")
    return {**known, "(end)": tokens.end} if listed and at_the_end and tokens.end is not None else known
