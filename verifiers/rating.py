"""verifier=rating: an item has one number on a scale; gold may be what several people gave."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor, isfinite, log10
from statistics import fmean, median
from typing import ClassVar

from verifiers.labels import closed_object
from verifiers.numerals import certain_text, number_text
from verifiers.one_value import NOTHING, as_number, holds_json, one_value
from verifiers.rating_figures import Rated, rating_figures
from verifiers.rating_reading import rating_in
from verifiers.reader.refusals import is_refusal
from verifiers.reply_text import answer_text, json_in
from verifiers.verdict import Match, Unusable, Words
from verifiers.verifier import Cells, Instructions, Json, Reading, Text

_CLASSES = 20  # steps of a scale that may all be classes in tables
_BINS = 4  # classes at least, where there are no steps


@dataclass(frozen=True)
class Rating:
    """Answers that are one number from ``low`` to ``high``. Gold is a ``Rated``, an answer a number.

    An answer that is d off earns 1 - d / (high - low) under the mean of F1; within ``within`` it earns all. Tables
    have a class for each step of the scale. Without steps, or with more than 20, a class is as wide as the largest
    power of ten that makes at least 4 (1 on a scale from 1 to 5, 10 on one to 100), and 2.5 belongs to 3.

    Args:
        low, high: the ends of the scale. within: how far off earns all.
        step: what lies between two ratings that can be given, from ``low`` on. Then the mean of several people's is
            rounded to the nearest step, of two the higher.

    Raises:
        ValueError: ``low`` is not below ``high``, ``within`` is below 0, or ``step`` does not lead from low to high.
    """

    low: float
    high: float
    within: float | None = None
    step: float | None = None

    version: ClassVar[int] = 1
    numeric: ClassVar[bool] = True
    cells: ClassVar[Cells] = "value"
    words: ClassVar[Words] = Words("ratings", "no rating")

    def __post_init__(self) -> None:
        if not (isfinite(self.low) and isfinite(self.high) and self.low < self.high):
            raise ValueError(f"low must be below high, not {self.low} and {self.high}")
        if self.within is not None and not self.within >= 0:
            raise ValueError(f"within must be 0 or more, not {self.within}")
        if self.step is not None and not (0 < self.step <= self.width and self._on_scale(self.high)):
            raise ValueError(f"steps of {self.step} do not lead from {self.low} to {self.high}")

    @property
    def width(self) -> float:
        return self.high - self.low

    def gold(self, value: Json, item: Text) -> Rated:
        """A number; a list of several people's; or ``{"rating": 2.35, "ratings": [2, 3, ...]}``."""
        if isinstance(value, Mapping):
            people, own = value.get("ratings"), value.get("rating")
            rated = Rated(0.0) if people is None else self.gold(list(people), item)
            return rated if own is None and people else Rated(self._number(own, item), rated.ratings, self.width)
        if not isinstance(value, list | tuple):
            return Rated(self._number(value, item), (), self.width)
        if not value:
            raise ValueError("gold is an empty list: it needs at least one rating")
        ratings = tuple(self._number(one, item) for one in value)
        mean = round(fmean(ratings), 9)
        return Rated(mean if self.step is None else self._nearest(mean, self.step, self.low), ratings, self.width)

    def _number(self, value: Json, item: Text) -> float:
        read = Unusable("unreadable") if isinstance(value, list | dict) else self.parse(value, item)
        if isinstance(read, Unusable):
            raise ValueError(f"gold must be a number from {self._ends}, found {value!r:.80}")
        if read.answer is None:
            steps = "" if self.step is None else f" in steps of {number_text(self.step)}: leave verifier.step out"
            raise ValueError(f"the gold rating {value!r:.80} is not on the scale from {self._ends}{steps}")
        number: float = read.answer
        return number

    @property
    def _ends(self) -> str:
        return f"{number_text(self.low)} to {number_text(self.high)}"

    def read(self, reply: str, item: Text) -> Reading | Unusable:
        """The one rating of the reply; several different ones are ambiguous, one that is not on the scale is unfit."""
        text = answer_text(reply)
        if holds_json(text):
            return self.parse(json_in(text), item)
        read = self._in_text(text)
        refused = isinstance(read, Unusable) and read.name == "unreadable" and is_refusal(reply)
        return Unusable("refused") if refused else read

    def parse(self, value: Json, item: Text) -> Reading | Unusable:
        held = one_value(value, "rating", "score", "stars")
        if held is NOTHING:
            return Unusable("ambiguous" if value else "unreadable")
        if isinstance(held, str):
            return self._in_text(held)
        number = as_number(held)
        return Unusable("unreadable") if number is None else self._fitted(number)

    def _in_text(self, text: str) -> Reading | Unusable:
        found = rating_in(text, self.low, self.high)
        return Unusable(found) if isinstance(found, str) else self._fitted(found)

    def _fitted(self, number: float) -> Reading:
        return Reading(number) if self._on_scale(number) else Reading(None, (("out_of_range", number_text(number)),))

    def _on_scale(self, number: float) -> bool:
        if not self.low <= number <= self.high:
            return False
        return self.step is None or abs(number - self._nearest(number, self.step, self.low)) < 1e-9 * self.width

    @staticmethod
    def _nearest(number: float, step: float, start: float) -> float:
        """The nearest of start, start + step ...; of two the higher."""
        steps = floor((number - start) / step + 0.5 + 1e-9)
        return round(start + steps * step, 9)

    def key(self, number: float) -> str:
        """The class of a number in tables."""
        step = self.step
        if step is None or self.width / step > _CLASSES + 1e-9:
            step, start = 10.0 ** floor(log10(self.width / _BINS) + 1e-9), 0.0
        else:
            start = self.low
        return number_text(min(max(self._nearest(number, step, start), self.low), self.high))

    def credit(self, gold: float, answer: float | None) -> float:
        """What an answer earns, from 0 to 1; none earns 0."""
        if answer is None:
            return 0.0
        off = abs(answer - gold)
        inside = self.within is not None and off <= self.within + 1e-9 * self.width
        return 1.0 if inside else max(0.0, 1 - off / self.width)

    def compare(self, gold: Rated, answer: float | None) -> Sequence[Match]:
        key, where = self.key(gold.value), self._exactly(gold.value)
        if answer is None:
            return [Match(key, missing=1.0, where=where)]
        credit = self.credit(gold.value, answer)
        if credit == 1:
            return [Match(key, hit=1.0, where=where)]
        given = self.key(answer)
        return [
            Match(given, hit=credit, wrong=1 - credit, where=self._exactly(answer)),
            Match(key, missing=1 - credit, where=where) if given == key else Match(key, 0.0, 1 - credit, instead=given),
        ]

    def _exactly(self, number: float) -> str:
        """A number in brackets, where its class is another."""
        return "" if number_text(number) == self.key(number) else f"({number_text(number)})"

    def example(self, gold: Rated) -> float:
        return gold.value

    def dump(self, answer: float | None) -> Json:
        return answer

    def show(self, answer: float | None) -> Sequence[str]:
        return [] if answer is None else [certain_text(answer)]

    def instructions(self) -> Instructions:
        steps = "decimals are allowed" if self.step is None else f"in steps of {number_text(self.step)}"
        return Instructions(
            f"Read the text and rate it on a scale from {self._ends}.",
            answer=f"Answer with one number from {self._ends} only ({steps}).",
            reminder=f"one number from {self._ends}, and nothing else",
        )

    def schema(self, item: Text) -> dict[str, object]:
        """``{"rating": 4}``, with all ratings that can be given where there are few."""
        if self.step is None or self.width / self.step > 10 * _CLASSES:
            return closed_object("rating", {"type": "number", "minimum": self.low, "maximum": self.high})
        steps = round(self.width / self.step)
        listed = [_plain(round(self.low + place * self.step, 9)) for place in range(steps + 1)]
        return closed_object("rating", {"type": "number", "enum": listed})

    def constants(self, golds: Sequence[Rated]) -> Sequence[float]:
        """The most frequent rating, the median, the mean, both ends, the middle of the scale, and 0 if it is on it."""
        values = [float(gold) for gold in golds]
        tried = [self.low, self.high, (self.low + self.high) / 2, 0.0]
        if values:
            tried = [Counter(values).most_common(1)[0][0], median(values), fmean(values), *tried]
        if self.step is not None:
            tried = [self._nearest(number, self.step, self.low) for number in tried]
        return list(dict.fromkeys(_plain(number) for number in tried if self._on_scale(number)))

    def figures(self, pairs: Sequence[tuple[Rated, float | None]]) -> Mapping[str, float]:
        """How the answers stand to gold, to the best constant answer, and to one more person: ``rating_figures``."""
        return rating_figures(pairs, self.credit, self.constants([gold for gold, _ in pairs]))


def _plain(number: float) -> float:
    return int(number) if float(number).is_integer() else number
