"""verifier=spans: words of the text, each with a label. The model quotes them; goldloop finds where they stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from verifiers.drafts import Draft, as_places
from verifiers.labels import Listed, closed_object
from verifiers.one_line import one_line
from verifiers.quotes import Quotes
from verifiers.reader.refusals import is_refusal
from verifiers.span_json import told_by_json
from verifiers.span_matching import MatchMode, matches, semeval_figures
from verifiers.span_reading import read_spans
from verifiers.span_told import Told
from verifiers.verdict import Match, Unusable, Words
from verifiers.verifier import Cells, Instructions, Json, Reading, Text


@dataclass(frozen=True, slots=True)
class Span:
    """A label on the characters of the text from ``start`` up to ``end``.

    Attributes:
        text: the words that stand there.
        number: which place of these words it is, where the words alone do not lead to it.
    """

    label: str
    start: int
    end: int
    text: str = field(default="", compare=False)
    number: int | None = field(default=None, compare=False)

    @property
    def where(self) -> str:
        """The words as a reply quotes them."""
        return _quote(self.text, self.number)


@dataclass(frozen=True)
class Spans(Listed):
    """Answers that are any number of spans, in the order of the text; they may overlap.

    Args:
        vocabulary: the label list; None for that of the data set, which ``bind`` gives.
        match: when a span is right: ``exact``, the same characters and label; ``overlap``, the same label and an
            overlap of ``iou`` at least, which earns half where the characters are not the same ones; ``type``, the
            same label and any overlap.
        iou: shared characters / characters of both together, above 0 and at most 1.
    """

    match: MatchMode = "exact"
    iou: float = 0.5

    version: ClassVar[int] = 1
    cells: ClassVar[Cells] = "value"
    words: ClassVar[Words] = Words("spans", "no span")

    def __post_init__(self) -> None:
        if not 0 < self.iou <= 1:
            raise ValueError(f"iou must be above 0 and at most 1, not {self.iou}")

    @classmethod
    def drafted(cls, values: Sequence[Json]) -> Draft | None:
        """Lists of places."""
        return as_places(values)

    def names(self, gold: Sequence[Span]) -> Sequence[str]:
        return list(dict.fromkeys(span.label for span in gold))

    def gold(self, value: Json, item: Text) -> tuple[Span, ...]:
        """Spans as ``{"label", "start", "end"}`` in characters, with ``"text"`` to check them, or as Label Studio's.

        Raises:
            ValueError: says which span, what is wrong with it, and what was expected.
        """
        if isinstance(value, str) or not isinstance(value, Sequence):
            expected = 'a list of {"label": ..., "start": ..., "end": ...}'
            raise ValueError(f"gold spans must be {expected} or of Label Studio's regions, found {value!r:.80}")
        given = [span for place, one in enumerate(value, 1) for span in self._spans(one, item.text, f"span {place}")]
        return _numbered(given, item.text)

    def _spans(self, one: Json, text: str, which: str) -> list[Span]:
        if isinstance(one, Span):
            one = {"label": one.label, "start": one.start, "end": one.end, "text": one.text or None}
        inner = (one.get("value") or one) if isinstance(one, Mapping) else None  # null where a table has the column
        if not isinstance(inner, Mapping) or not {"start", "end"} <= set(inner):
            raise ValueError(f'{which} must have "label", "start" and "end", found {one!r:.80}')
        start, end = inner["start"], inner["end"]
        if not all(isinstance(at, int) and not isinstance(at, bool) for at in (start, end)):
            raise ValueError(
                f"{which}: start and end must be numbers of characters, found {start!r:.20} and {end!r:.20}"
            )
        if not 0 <= start < end <= len(text):
            raise ValueError(f"{which}: 0 <= start < end <= {len(text)} (the text's length), found {start} and {end}")
        words = inner.get("text")
        if words is not None and words != text[start:end]:
            raise ValueError(f'{which}: "text" is {words!r:.80}, at {start} to {end} stands {text[start:end]!r:.80}')
        labels = inner.get("labels") if inner.get("label") is None else inner["label"]
        labels = [labels] if isinstance(labels, str) else labels
        if not isinstance(labels, list) or not labels or not all(isinstance(label, str) for label in labels):
            raise ValueError(f"{which} must have one label or more, found {labels!r:.80}")
        return [Span(self._named(label, which), start, end, text[start:end]) for label in labels]

    def _named(self, label: str, which: str) -> str:
        found = self.vocabulary.find(label) if self.vocabulary else label
        if found is None:
            raise ValueError(f"{which}: {label!r:.80} is not in the label list ({', '.join(self._list)!s:.200})")
        return found

    def read(self, reply: str, item: Text) -> Reading | Unusable:
        places = Quotes(item.text)
        told = read_spans(reply, self._list, places)
        if isinstance(told, str):
            return Unusable("refused" if told == "unreadable" and is_refusal(reply) else told)
        return _located(told, item.text, places)

    def parse(self, value: Json, item: Text) -> Reading | Unusable:
        """As the JSON of a reply; a text is read as a reply is. Offsets that lead to the words count, others do not."""
        if isinstance(value, str):
            return self.read(value, item)
        places = Quotes(item.text)
        told = told_by_json(value, self._list, places)
        return Unusable("unreadable") if told is None else _located(told, item.text, places)

    def compare(self, gold: Sequence[Span], answer: Sequence[Span] | None) -> Sequence[Match]:
        return matches(gold, answer or (), self.match, self.iou)

    def example(self, gold: tuple[Span, ...]) -> tuple[Span, ...]:
        return gold

    def constants(self, golds: Sequence[tuple[Span, ...]]) -> Sequence[tuple[Span, ...]]:
        """Words of one text are not in another: only the empty answer can be given to all."""
        return [()]

    def dump(self, answer: Sequence[Span]) -> Json:
        """``[{"label", "start", "end", "text"}]``, in characters."""
        return [{"label": span.label, "start": span.start, "end": span.end, "text": span.text} for span in answer]

    def in_json(self, answer: Sequence[Span]) -> Json:
        """``[{"label", "text", "occurrence"}]``, as a reply gives it: without places, and without a number of 1."""
        return [
            {"label": span.label, "text": span.text, **({} if span.number is None else {"occurrence": span.number})}
            for span in answer
        ]

    def show(self, answer: Sequence[Span]) -> Sequence[str]:
        """``label: "words"`` a line, with `` #2`` where the words alone lead to another place."""
        return [f"{span.label.strip()}: {span.where}" for span in answer]

    def figures(self, pairs: Sequence[tuple[Sequence[Span], Sequence[Span] | None]]) -> Mapping[str, float]:
        """SemEval-2013's: ``strict.f1``, ``exact.f1``, ``partial.f1``, ``type.f1``, each with precision and recall."""
        return semeval_figures([(gold, answer or ()) for gold, answer in pairs])

    def instructions(self) -> Instructions:
        return Instructions(
            "Read the text and find the words in it that the labels below stand for.",
            self._list.definitions,
            answer=(
                "Write one line for each: the label, a colon, and the words in quotes, copied exactly from the text.\n"
                f'{self._list.names[0].strip()}: "words from the text"\n'
                "If the same words stand in the text more than once, write #2 after the quotes for the second place.\n"
                "If there is nothing to find, write none."
            ),
            reminder='one line for each span, label: "words copied from the text", or none',
        )

    def schema(self, item: Text) -> dict[str, object]:
        """``{"spans": [{"label", "text", "occurrence"}]}`` with labels from the list."""
        return closed_object("spans", self.value_schema(item))

    def value_schema(self, item: Text) -> dict[str, Any]:
        properties = {
            "label": {"type": "string", "enum": list(self._list)},
            "text": {"type": "string", "description": "words copied exactly from the text"},
            "occurrence": {
                "type": ["integer", "null"],
                "description": "2 for the second place where these words stand, null where they stand once",
            },
        }
        one = {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
        return {"type": "array", "items": one}


def _located(told: Told, text: str, places: Quotes) -> Reading:
    found: list[Span] = []
    unfit = list(told.unfit)
    for said in told.said:
        place = said.stated
        if place and text[place[0] : place[1]] == said.quote:
            places.number(said.label, place)
        else:
            place = places.find(said.label, said.quote, said.number)
        if place is None:
            unfit.append(("not_in_text", _quote(said.quote, said.number)))
        else:
            found.append(Span(said.label, *place, text[place[0] : place[1]]))
    return Reading(_numbered(found, text), tuple(unfit))


def _numbered(spans: Sequence[Span], text: str) -> tuple[Span, ...]:
    """The spans in the order of the text, each once, with the numbers without which they would be found elsewhere."""
    places = Quotes(text)
    ordered = sorted(set(spans), key=lambda span: (span.start, span.end, span.label))
    return tuple(replace(span, number=places.number(span.label, (span.start, span.end))) for span in ordered)


def _quote(words: str, number: int | None) -> str:
    return f"{one_line(words)} #{number}" if number else one_line(words)
