"""verifier=spans: what is read in a reply, where it stands, and what it is worth. What all types keep: contracts."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from texts import MARKS, marked

from runner.core.items import Item
from verifiers.label_set import LabelSet
from verifiers.quotes import Quotes
from verifiers.rewards.constant import constant_answer
from verifiers.rewards.corpus import MicroF1
from verifiers.rewards.per_item import FBeta
from verifiers.span_matching import MatchMode, assigned, matches
from verifiers.spans import Span, Spans
from verifiers.verdict import Verdict
from verifiers.verifier import Reading, Unusable, judge

LABELS = LabelSet.of(["date", "date_from", "time", "person name"])
SPANS = Spans(LABELS)
TEXT = Item("1", 'See you next Friday at 5 or next Friday at 6, it’s Bob\'s (No 5). Say "hi" to Ann Lee')
FRESH = Path("/tmp/fresh/spans.json")
HARD = (
    ("Will will meet Will at the Will hearing.", [(15, 19)]),
    ("Londoners love London's londonish Londons", [(0, 6), (34, 40)]),
    ("banana ana", [(1, 4), (3, 6)]),
    ("Amazon ships to the Amazon", [(0, 6), (20, 26)]),
    ("a\r\nb\r\nb", [(1, 4), (6, 7)]),
    ("cafe\u0301 cafe", [(0, 4), (6, 10)]),
    ('"Beta" #2 and "Beta" #3', [(0, 9), (1, 5), (14, 20)]),
    ("say </think> or ```x```", [(4, 12), (16, 23)]),
    ("👩‍💻👩‍💻 🇧🇷", [(0, 3), (3, 6), (7, 8)]),
    ("شكرا، شكرا", [(6, 10)]),
    ("上海上海上海!", [(2, 4)]),
    ("\u2028\u0085x\x00", [(0, 1), (1, 2), (0, 4)]),
)
"""Texts, and places that are hard to quote."""


def read(reply: str, verifier: Spans = SPANS, item: Item = TEXT) -> Any:
    """(label, start, words) of what is read, and what is unfit; else the name of why there is none."""
    found = verifier.read(reply, item)
    if isinstance(found, Unusable):
        return found.name
    return [(span.label, span.start, span.text) for span in found.answer], list(found.unfit)


@pytest.mark.parametrize(("text", "places"), HARD, ids=lambda value: value[:12] if isinstance(value, str) else "")
def test_what_is_shown_leads_back_to_its_place(text: str, places: list[tuple[int, int]]) -> None:
    item = Item("1", text)
    for labels in (["date"], ["date", "time"]):
        rows = [{"label": labels[n % len(labels)], "start": a, "end": b} for n, (a, b) in enumerate(places)]
        gold = SPANS.gold(rows, item)
        assert SPANS.read("\n".join(SPANS.show(gold)), item) == Reading(gold)


@pytest.mark.skipif(not FRESH.exists(), reason="texts that somebody else wrote are not on this machine")
def test_what_is_shown_of_strange_texts_leads_back_to_its_place() -> None:
    rows = json.loads(FRESH.read_text())
    verifier = Spans(LabelSet.of(sorted({span["label"] for row in rows for span in row["spans"]})))
    for row in rows:
        item = Item(row["id"], row["text"])
        gold = verifier.gold(row["spans"], item)
        assert verifier.read("\n".join(verifier.show(gold)) or "none", item) == Reading(gold), row["id"]


FRIDAY = ("date", 8, "next Friday")


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        ('date: "next Friday"', [FRIDAY]),
        ('date: "next Friday"\ndate: "next Friday"', [FRIDAY, ("date", 28, "next Friday")]),
        ('date: "next Friday" #2', [("date", 28, "next Friday")]),
        ('date: "next Friday"\ndate_from: "next Friday" #1', [FRIDAY, ("date_from", 8, "next Friday")]),
        ("date: “NEXT  friday”", [FRIDAY]),
        ("date: next Friday", [FRIDAY]),
        ("- **date**: 'next Friday'", [FRIDAY]),
        ('Here they are:\n1. date: "next Friday" (the day)\n2. time: "5"', [FRIDAY, ("time", 23, "5")]),
        ('"next Friday" - date', [FRIDAY]),
        ("| date | next Friday |", [FRIDAY]),
        ("<think>time: 5</think>date: next Friday", [FRIDAY]),
        ("person name: Ann Lee, Bob", [("person name", 51, "Bob"), ("person name", 77, "Ann Lee")]),
        ('person name: "Ann Lee" and "Bob"', [("person name", 51, "Bob"), ("person name", 77, "Ann Lee")]),
        ('date: "say "hi" to"', [("date", 65, 'Say "hi" to')]),
        ("date: it's", [("date", 46, "it’s")]),
        ('[{"label": "date", "text": "next Friday", "occurrence": 2}]', [("date", 28, "next Friday")]),
        ('[{"label": "date", "text": "next Friday", "start": 28, "end": 39}]', [("date", 28, "next Friday")]),
        ('[{"label": "date", "text": "next Friday", "start": 3, "end": 9}]', [FRIDAY]),
        ('```json\n{"date": ["next Friday"], "time": []}\n```', [FRIDAY]),
        ('{"entities": [{"type": "date", "text": "next Friday"}], "why": "so"}', [FRIDAY]),
        ('{"date": "next Friday", "reason": "it says so"}', [FRIDAY]),
        ("date: none\ntime: 6", [("time", 43, "6")]),
        *[(none, []) for none in ("none", "None.", "[]", "{}", "null", '{"spans": []}', "Answer: none")],
        *[
            (none, [])
            for none in ("No spans found.", "date: none\ntime: -", "date: there is no date", '{"date": null}')
        ],
    ],
)
def test_what_is_read_in_a_reply(reply: str, found: list[tuple[str, int, str]]) -> None:
    assert read(reply) == (found, [])


@pytest.mark.parametrize(
    ("reply", "unfit"),
    [
        ('date: "last Friday"', ("not_in_text", '"last Friday"')),
        ('date: "next Friday" #3', ("not_in_text", '"next Friday" #3')),
        ('date: "nextFriday"', ("not_in_text", '"nextFriday"')),
        ('day: "next Friday"', ("out_of_list", "day")),
        ('{"spans": [{"label": "day", "text": "5"}]}', ("out_of_list", "day")),
        ('[{"label": "time", "text": 5}]', ("unreadable", "5")),
    ],
)
def test_what_can_be_right_nowhere(reply: str, unfit: tuple[str, str]) -> None:
    assert read(reply) == ([], [unfit])


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ('The date is "next Friday".', "unreadable"),
        ("I'm sorry, I can't do this.", "refused"),
        ('time: "5"\ndate: "next Fri', "truncated"),
        ('{"date": "next Friday", ', "truncated"),
        ('{\n"date": "next Friday",\n"time": "5', "truncated"),
        ('none\ndate: "next Friday"', "ambiguous"),
    ],
)
def test_what_is_not_certain_is_not_read(reply: str, why: str) -> None:
    assert read(reply) == why


def test_the_only_label_need_not_be_named() -> None:
    assert read('"next Friday"\n"next Friday"', Spans(LabelSet.of(["date"])))[0] == [
        FRIDAY,
        ("date", 28, "next Friday"),
    ]


def test_whole_words_come_first() -> None:
    places = Quotes("Londoners love London and Londons")
    assert [places.find("a", "London", number) for number in (1, 2, 3, 4)] == [(15, 21), (0, 6), (26, 32), None]
    assert Quotes("Londoners").find("a", "London") == (0, 6)
    assert Quotes("日本銀行 日本").find("a", "日本") == (0, 2)
    assert Quotes("cafe\u0301 cafe").find("a", "cafe") == (6, 10)
    assert Quotes("café").find("a", "cafe") is None


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("date", "gold spans must be a list"),
        ([{"label": "date"}], "span 1 must have"),
        ([{"label": "date", "start": 3, "end": 3}], "0 <= start < end <= 84"),
        ([{"label": "date", "start": 3, "end": 85}], "found 3 and 85"),
        ([{"label": "date", "start": "3", "end": 4}], "numbers of characters"),
        ([{"label": "date", "start": 8, "end": 12, "text": "then"}], "'then', at 8 to 12 stands 'next'"),
        ([{"label": "day", "start": 8, "end": 12}], "'day' is not in the label list"),
        ([{"start": 8, "end": 12}], "must have one label or more"),
    ],
)
def test_gold_that_cannot_be_says_why(value: object, problem: str) -> None:
    with pytest.raises(ValueError, match=problem.replace("(", r"\(")):
        SPANS.gold(value, TEXT)


def test_gold_may_be_regions_of_label_studio() -> None:
    region = {
        "from_name": "label",
        "type": "labels",
        "value": {"start": 8, "end": 12, "text": "next", "labels": ["date", "time"]},
    }
    assert SPANS.gold([region], TEXT) == (Span("date", 8, 12), Span("time", 8, 12))


def verdict(gold: list[tuple[str, int, int]], reply: str, verifier: Spans = SPANS) -> Verdict:
    rows = [{"label": label, "start": start, "end": end} for label, start, end in gold]
    return judge(verifier, reply, verifier.gold(rows, TEXT), TEXT)


def test_feedback_names_the_words() -> None:
    found = verdict(
        [("date", 8, 19), ("time", 23, 24), ("time", 43, 44)], 'date_from: "next Friday"\ntime: "7"\ntime: "5"'
    )
    assert found.feedback() == (
        'Right: time "5". Missing: time "6". Not in the text: "7". "next Friday" was given as date_from, gold has date.'
    )
    assert found.counts() == (1, 2, 2)


@pytest.mark.parametrize(
    ("match", "reply", "counts"),
    [
        ("exact", 'date: "Friday"', (0, 1, 1)),
        ("overlap", 'date: "Friday"', (0.5, 0.5, 0.5)),
        ("overlap", 'date: "next Friday"', (1, 0, 0)),
        ("overlap", 'date: "next"', (0, 1, 1)),
        ("type", 'date: "next"', (1, 0, 0)),
        ("type", 'time: "next"', (0, 1, 1)),
    ],
)
def test_when_a_span_is_right(match: MatchMode, reply: str, counts: tuple[float, float, float]) -> None:
    assert verdict([("date", 8, 19)], reply, Spans(LABELS, match)).counts() == counts


def test_pairs_are_those_with_the_largest_credit() -> None:
    gold, given = [Span("a", 0, 4), Span("a", 3, 9)], [Span("a", 2, 9), Span("a", 7, 9)]
    assert [match.hit for match in matches(gold, given, "type", 0.5)] == [1, 1]
    assert assigned([(0, 0, 1.0), (0, 1, 0.9), (1, 0, 0.9)]) == [(0, 1), (1, 0)]


def test_the_best_constant_is_none() -> None:
    golds = [SPANS.gold([], TEXT)] * 2 + [SPANS.gold([{"label": "date", "start": 8, "end": 19}], TEXT)]
    assert constant_answer(SPANS, golds, FBeta()) == ((), pytest.approx(2 / 3))
    assert constant_answer(SPANS, golds, MicroF1()) == ((), 0.0)


short = st.builds(
    lambda label, start, size: Span(label, start, start + size),
    st.sampled_from(["a", "b"]), st.integers(0, 20), st.integers(1, 6),
)  # fmt: skip
answers = st.lists(st.lists(short, max_size=5, unique=True), min_size=1, max_size=4)


@given(gold=answers, data=st.data())
def test_the_figures_are_nervaluates(gold: list[list[Span]], data: st.DataObject) -> None:
    evaluator = pytest.importorskip("nervaluate")
    given_ = [data.draw(st.lists(short, max_size=5, unique=True)) for _ in gold]

    def rows(spans: list[list[Span]]) -> list[list[dict[str, object]]]:
        return [[{"label": one.label, "start": one.start, "end": one.end - 1} for one in each] for each in spans]

    theirs = evaluator.Evaluator(rows(gold), rows(given_), tags=["a", "b"], loader="dict").evaluate()["overall"]
    ours = SPANS.figures(list(zip(map(tuple, gold), map(tuple, given_), strict=True)))
    for way, name in (("strict", "strict"), ("exact", "exact"), ("partial", "partial"), ("type", "ent_type")):
        for figure in ("precision", "recall", "f1"):
            assert ours[f"{way}.{figure}"] == pytest.approx(getattr(theirs[name], figure)), (way, figure)


@settings(max_examples=50)
@given(data=st.data())
def test_micro_f1_is_seqevals(data: st.DataObject) -> None:
    """Where spans do not overlap, which is all that its tags can say."""
    metrics = pytest.importorskip("seqeval.metrics")
    tags, verdicts = ([], []), []
    for _ in range(data.draw(st.integers(1, 4))):
        gold, given_ = (_apart(data.draw(st.lists(short, max_size=5))) for _ in range(2))
        verdicts.append(Verdict(gold, given_, tuple(SPANS.compare(gold, given_))))
        for told, spans in zip(tags, (gold, given_), strict=True):
            told.append(_bio(spans))
    if any(spans for each in verdicts for spans in (each.gold, each.answer)):
        assert MicroF1().score(verdicts) == pytest.approx(metrics.f1_score(*tags))


def _apart(spans: list[Span]) -> list[Span]:
    kept: list[Span] = []
    for span in sorted(spans, key=lambda one: one.start):
        if not kept or kept[-1].end <= span.start:
            kept.append(span)
    return kept


def _bio(spans: list[Span]) -> list[str]:
    tags = ["O"] * 30
    for span in spans:
        tags[span.start : span.end] = [f"B-{span.label}", *[f"I-{span.label}"] * (span.end - span.start - 1)]
    return tags


@settings(max_examples=50)
@given(case=marked(), data=st.data())
def test_a_cut_reply_in_json_never_scores(case: tuple[str, Any], data: st.DataObject) -> None:
    item = Item("1", case[0])
    verifier = Spans(MARKS)
    gold = verifier.gold(case[1], item)
    whole = json.dumps({"spans": verifier.in_json(gold)})
    found = judge(verifier, whole[: data.draw(st.integers(0, len(whole) - 1))], gold, item)
    assert found.unusable
    assert FBeta().score([found]) == 0
