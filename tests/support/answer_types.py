"""Every type of answer with gold for it, drawn by Hypothesis: what the contract of all answer types is tried on.

A new type earns its tests with one entry in ``ANSWER_TYPES``.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hypothesis import strategies as st
from options import made
from texts import MARKS, Case, marked, texts

from runner.core.items import Item
from verifiers.field_values import said_in_json, value_schema
from verifiers.label_set import LabelSet
from verifiers.rewards import Reward
from verifiers.verifier import NeedsVocabulary, Verifier


@dataclass(frozen=True)
class AnswerType:
    """A type of answer, as its tests need it.

    Attributes:
        option: its file in ``conf/verifier``. words: the options without which it cannot be made, or that are tried.
        labels: what it is bound to, if it needs a vocabulary.
        cases: texts with gold, as a file has it.
        applies: whether a reward can be given to it.
    """

    option: str
    cases: st.SearchStrategy[Case]
    labels: LabelSet | None = None
    words: Sequence[str] = ()
    applies: Callable[[Reward], bool] = lambda reward: True

    @cached_property
    def verifier(self) -> Verifier:
        verifier: Any = made(f"verifier/{self.option}", *self.words)
        return verifier.bind(self.labels, ()) if isinstance(verifier, NeedsVocabulary) else verifier


def json_reply(verifier: Verifier, answer: Any, item: Item) -> str:
    """The reply that gives an answer in the shape of the verifier's schema."""
    kind = value_schema(verifier, item)
    value = _in_full(said_in_json(verifier, answer), kind)
    if kind.get("type") == "string" and isinstance(value, list):
        (value,) = value
    schema = verifier.schema(item)
    if kind != schema:
        ((name, _),) = schema["properties"].items()  # type: ignore[attr-defined]
        value = {name: value}
    return json.dumps(value)


def _in_full(value: Any, kind: Any) -> Any:
    """With null where a schema asks for a number that the answer leaves out, as that of a span's place."""
    if isinstance(value, list):
        return [_in_full(one, kind.get("items", {})) for one in value]
    if not isinstance(value, dict):
        return value
    members = kind.get("properties", {})
    left_out = [name for name, one in members.items() if name not in value and one.get("type") == ["integer", "null"]]
    return {name: _in_full(one, members.get(name, {})) for name, one in value.items()} | dict.fromkeys(left_out)


LABELS = LabelSet.of(["refund", "late delivery", "damaged_item", "Wrong-Size", "other"])
FEW_MARKS = LabelSet.of(["date", "date_from", "text"])
names = st.sampled_from(LABELS.names)


_MARKS = ", ".join(f"{name}: ''" for name in FEW_MARKS)
_FIELDS = (
    "{topic: {_target_: verifiers.choice.Choice}, tags: {_target_: verifiers.labels.Labels},"
    f" dates: {{_target_: verifiers.spans.Spans, vocabulary: {{{_MARKS}}}}}}}"
)


@st.composite
def filled(draw: st.DrawFn, text: str | None = None, fewest: int = 1) -> Case:
    """A text with some of the fields verified, ``fewest`` at least; the topic may be null, a list may be empty."""
    text = draw(texts) if text is None else text
    whole = {
        "topic": draw(st.none() | names),
        "tags": draw(st.lists(names, unique=True)),
        "dates": draw(marked(text, FEW_MARKS))[1],
    }
    kept = draw(st.sets(st.sampled_from([*whole]), min_size=fewest))
    return text, {name: value for name, value in whole.items() if name in kept}


@st.composite
def listed(draw: st.DrawFn) -> Case:
    """A text with any number of such objects."""
    text = draw(texts)
    return text, [draw(filled(text, 3))[1] for _ in range(draw(st.integers(0, 3)))]


_TREE = "{banking: {transfer: moves money, balance: null}, travel: {visa: null, flight: {late: null, lost: null}}}"
_PATHS = [["banking", "transfer"], ["banking", "balance"], ["travel", "visa"], ["travel", "flight", "late"], []]
finite = st.floats(-1e6, 1e6, allow_nan=False).map(lambda number: round(number, 4))

ANSWER_TYPES = (
    AnswerType("labels", st.tuples(texts, st.lists(names, unique=True)), LABELS),
    AnswerType("choice", st.tuples(texts, names), LABELS),
    AnswerType("spans", marked(), MARKS),
    AnswerType("fields", filled(), LABELS, [f"verifier.fields={_FIELDS}", "verifier.optional=[topic]"]),
    AnswerType("taxonomy", st.tuples(texts, st.sampled_from(_PATHS)), words=[f"verifier.tree={_TREE}"]),
    AnswerType("number", st.tuples(texts, finite)),
    AnswerType("rating", st.tuples(texts, st.integers(1, 5)), words=["verifier.low=1", "verifier.high=5"]),
    AnswerType("text", st.tuples(texts, st.sampled_from(["a blue sky", "Otto", "3 of them", "two\nlines"]))),
    AnswerType("items", listed(), LABELS, [f"verifier.fields={_FIELDS}", "verifier.optional=[topic]"]),
)
ELSEWHERE = {"auto"}
"""Options that are another type, as the data say."""
