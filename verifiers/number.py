"""verifier=number: an item has one number."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from math import inf, sqrt, ulp
from statistics import fmean, median
from typing import ClassVar

from verifiers.digits import DecimalMark, folded
from verifiers.labels import closed_object
from verifiers.numerals import MOST, bare_line, certain_text, in_words, number_text, numerals
from verifiers.one_value import NOTHING, as_number, holds_json, one_value
from verifiers.reader.refusals import is_refusal
from verifiers.reply_text import answer_text, json_in
from verifiers.units import factor_of, scaled
from verifiers.verdict import WHOLE, Match, Unusable, Words
from verifiers.verifier import Cells, Instructions, Json, Reading, Text


@dataclass(frozen=True)
class Number:
    """Answers that are one number. Gold and answer are an int or a finite float, in the unit whose factor is 1.

    An answer is right if it is at most ``absolute`` off, or at most ``relative`` times gold.

    Args:
        absolute, relative: how far off is right; 0 or more.
        units: name -> factor, ``{"km": 1000, "m": 1}``; one of them is 1 and is that of a number without a unit.
        decimal: ``.`` or ``,`` before decimals; None where that is not known. Then ``1,234`` is ambiguous.

    Raises:
        ValueError: a tolerance below 0, a factor that is not above 0, no unit whose factor is 1, another ``decimal``.
    """

    absolute: float = 0.0
    relative: float = 0.0
    units: Mapping[str, float] = field(default_factory=dict)
    decimal: DecimalMark | None = None

    version: ClassVar[int] = 1
    numeric: ClassVar[bool] = True
    cells: ClassVar[Cells] = "value"
    words: ClassVar[Words] = Words("number", "no number")

    def __post_init__(self) -> None:
        for name, value in (("absolute", self.absolute), ("relative", self.relative)):
            if not 0 <= value < inf:
                raise ValueError(f"{name} must be 0 or more and finite, not {value}")
        if strange := [name for name, factor in self.units.items() if not 0 < factor < inf]:
            raise ValueError(f"the factor of the unit {strange[0]!r} must be above 0, not {self.units[strange[0]]}")
        if self.units and 1 not in self.units.values():
            raise ValueError(f"one of the units {', '.join(self.units)} must have the factor 1: gold is given in it")
        if self.decimal not in (None, ".", ","):
            raise ValueError(f"decimal must be '.', ',' or null, not {self.decimal!r}")

    @cached_property
    def _units(self) -> Mapping[str, float]:
        return {folded(name.strip()): factor for name, factor in self.units.items()}

    def gold(self, value: Json, item: Text) -> float:
        """A JSON number, or a text that holds exactly one number."""
        read = self.parse(value, item)
        if isinstance(read, Reading):
            number: float = read.answer
            return number
        if read.name == "ambiguous":
            raise ValueError(
                f"gold {value!r:.80} can be read as several numbers: write the number alone, "
                "and set verifier.decimal to the mark before decimals, '.' or ','"
            )
        raise ValueError(f"gold must be a number, found {value!r:.80}")

    def read(self, reply: str, item: Text) -> Reading | Unusable:
        """The one number of the reply: in JSON, else in its text; several different ones are ambiguous."""
        text = answer_text(reply)
        if holds_json(text):
            return self.parse(json_in(text), item)
        read = self._in_text(text)
        return Unusable("refused") if isinstance(read, Unusable) and _refuses(read, reply) else read

    def parse(self, value: Json, item: Text) -> Reading | Unusable:
        unit = value.get("unit") if isinstance(value, dict) else None
        held = one_value(value, "number", "amount")
        if held is NOTHING:
            return Unusable("ambiguous" if value else "unreadable")
        if isinstance(held, str):
            return self._in_text(f"{held} {unit}" if isinstance(unit, str) and held.strip() else held)
        held = as_number(held)
        if held is None:
            return Unusable("unreadable")
        factor = factor_of(folded(unit.strip()), self._units) if isinstance(unit, str) and self.units else 1
        return Unusable("ambiguous") if factor is None else Reading(held if factor == 1 else held * factor)

    def _in_text(self, text: str) -> Reading | Unusable:
        text = bare_line(folded(text), "|".join(map(re.escape, self._units)))
        found = numerals(text, self.decimal)
        if not found:
            word = in_words(text.strip(" .*_"))
            known = word is not None and not word[1] and not self.units
            return Reading(word[0]) if word and known else Unusable("ambiguous" if word else "unreadable")
        joined = any(text[one.end : other.start].strip() in {"/", ":"} for one, other in pairwise(found))
        values = {value for numeral in found for value in scaled(numeral, self._units)}
        certain = all(len(scaled(numeral, self._units)) == 1 for numeral in found)
        if len(values) == 1 and certain and not joined and len(found) <= MOST:
            return Reading(values.pop())
        return Unusable("ambiguous")

    def compare(self, gold: float, answer: float | None) -> Sequence[Match]:
        missed = Match(WHOLE, missing=1.0, where=number_text(gold))
        if answer is None:
            return [missed]
        if self._is_right(gold, answer):
            return [Match(WHOLE, hit=1.0, where=number_text(answer))]
        return [Match(WHOLE, wrong=1.0, where=number_text(answer)), missed]

    def _is_right(self, gold: float, answer: float) -> bool:
        """Whether an answer is within the tolerance, or over it by no more than the last bits of a float."""
        off, most = abs(answer - gold), max(self.absolute, self.relative * abs(gold))
        exact = isinstance(gold, int) and isinstance(answer, int)
        return off <= most + (0 if exact else 4 * ulp(max(abs(gold), abs(answer))))

    def example(self, gold: float) -> float:
        return gold

    def dump(self, answer: float | None) -> Json:
        return answer

    def show(self, answer: float | None) -> Sequence[str]:
        """The number as ``read`` reads it back for certain: 1.234 as ``1.2340`` where ``decimal`` is not known."""
        return [] if answer is None else [certain_text(answer, self.decimal)]

    def instructions(self) -> Instructions:
        base = next((name for name, factor in self.units.items() if factor == 1), "")
        others = ", ".join(name for name in self.units if name != base)
        named = (
            f"in {base}" + (f", or write the unit behind it ({others})" if others else "") if base else "without unit"
        )
        mark = f"{self.decimal or '.'!r} before decimals"
        return Instructions(
            "Read the text and find the number that is asked for.",
            answer=f"Answer with that one number only, {named}. Write digits, {mark}, and nothing between thousands.",
            reminder=f"one number {named}, and nothing else",
        )

    def schema(self, item: Text) -> dict[str, object]:
        """``{"number": 12.5}``, in the unit whose factor is 1."""
        return closed_object("number", {"type": "number"})

    def constants(self, golds: Sequence[float]) -> Sequence[float]:
        """The most frequent number, the median and the mean."""
        if not golds:
            return []
        return list(dict.fromkeys([Counter(golds).most_common(1)[0][0], median(golds), fmean(golds)]))

    def figures(self, pairs: Sequence[tuple[float, float | None]]) -> Mapping[str, float]:
        """The share of items with a number, and over those the mean absolute and the root mean squared error."""
        errors = [abs(answer - gold) for gold, answer in pairs if answer is not None]
        figures = {"answered": len(errors) / len(pairs)} if pairs else {}
        if errors:
            figures |= {"mae": fmean(errors), "rmse": sqrt(fmean(error * error for error in errors))}
        return figures


def _refuses(read: Unusable, reply: str) -> bool:
    return read.name == "unreadable" and is_refusal(reply)
