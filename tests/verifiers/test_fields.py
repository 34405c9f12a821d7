"""verifier=fields and verifier=items: what each field counts, and what is left out. What all types keep: contracts."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.config.instantiate import make
from runner.core.errors import ConfigError
from runner.core.items import Item
from verifiers.asked import in_words
from verifiers.choice import Choice
from verifiers.field_matches import f1_of
from verifiers.field_values import Filled
from verifiers.fields import Fields
from verifiers.items import Items
from verifiers.label_set import LabelSet
from verifiers.labels import Labels
from verifiers.object_pairs import pair_credits
from verifiers.rewards.constant import constant_answer
from verifiers.rewards.corpus import MicroF1
from verifiers.rewards.per_item import ExactMatch, FBeta
from verifiers.spans import Spans
from verifiers.verdict import Verdict
from verifiers.verifier import Reading, Unusable, judge, keys, verdict_on

TEXT = Item("1", "Refund me by next Friday: 2 cups, 1 spoon")
TOPICS, TAGS, MARKS = LabelSet.of(["billing", "outage"]), LabelSet.of(["a", "b", "c"]), LabelSet.of(["date"])
FIELDS = Fields({"topic": Choice(TOPICS), "tags": Labels(TAGS), "dates": Spans(MARKS)}, {"topic": 2}, ["topic"])
GOLD = {"topic": "billing", "tags": ["a", "b"], "dates": [{"label": "date", "start": 13, "end": 24}]}
LINES = Items({"what": Labels(TAGS), "size": Choice(TOPICS)}, optional=["size"])


def verdict(reply: str, gold: Any = GOLD, verifier: Any = FIELDS) -> Verdict:
    return judge(verifier, reply, verifier.gold(gold, TEXT), TEXT)


def f1(reply: str, gold: Any = GOLD, verifier: Any = FIELDS) -> float:
    return FBeta().score([verdict(reply, gold, verifier)])


@pytest.mark.parametrize(
    ("reply", "credit"),
    [
        ('{"topic": "billing", "tags": ["a", "b"], "dates": [{"label": "date", "text": "next Friday"}]}', 1),
        ('{"topic": "billing", "tags": ["a"], "dates": []}', (2 * 1 + 2 / 3 + 0) / 4),
        ('{"topic": "outage", "tags": ["b", "a"], "dates": {"date": "next Friday"}}', 2 / 4),
        ('{"topic": null, "tags": ["a", "b", "c"], "dates": []}', (4 / 5) / 4),
        ('{"topic": "billing"}', 2 / 4),
        ('{"topic": "billing", "tags": 7, "dates": null}', 2 / 4),
        ('{"topic": "billing", "tags": ["a", "b", "zzz"], "dates": []}', (2 + 4 / 5) / 4),
        ('{"answer": {"Topic": ["billing"], "tags": "a"}}', (2 + 2 / 3) / 4),
    ],
)
def test_an_items_f1_is_the_weighted_mean_of_its_fields(reply: str, credit: float) -> None:
    assert f1(reply) == pytest.approx(credit)


names = st.lists(st.sampled_from(TAGS.names), unique=True)


@given(due=st.tuples(names, names), said=st.tuples(names, names), weight=st.floats(0.1, 9))
def test_it_is_for_any_answer(due: tuple[Any, Any], said: tuple[Any, Any], weight: float) -> None:
    verifier = Fields({"one": Labels(TAGS), "two": Labels(TAGS)}, {"one": weight})
    both = verdict_on(
        verifier, dict(zip(verifier.fields, due, strict=True)), Reading(Filled({"one": said[0], "two": said[1]}))
    )
    one, two = (FBeta().score([verdict_on(Labels(TAGS), due[n], Reading(said[n]))]) for n in (0, 1))
    assert FBeta().score([both]) == pytest.approx((weight * one + two) / (weight + 1))
    assert verifier.figures([(both.gold, both.answer)]) == pytest.approx({"one.f1": one, "two.f1": two})


def test_what_nobody_verified_is_left_out() -> None:
    assert f1('{"topic": "outage", "tags": ["c"], "dates": []}', {"tags": ["c"]}) == 1


@pytest.mark.parametrize(
    ("reply", "credit"),
    [
        ('{"topic": null, "tags": []}', 1),
        ('{"tags": null}', 1),  # an optional field may be left out
        ('{"topic": "billing", "tags": []}', 1 / 3),
        ('{"topic": null}', 2 / 3),
        ('{"topic": 7, "tags": []}', 1 / 3),
    ],
)
def test_null_is_a_verified_nothing(reply: str, credit: float) -> None:
    assert f1(reply, {"topic": None, "tags": []}) == pytest.approx(credit)


def test_feedback_names_fields() -> None:
    found = verdict('{"topic": "outage", "tags": ["a", "zzz"], "dates": {"date": "Monday"}, "why": "so"}')
    assert found.feedback() == (
        'Right: tags.a. Missing: topic.billing, tags.b, dates.date "next Friday". Wrong: topic.outage. '
        'Not on the label list: tags zzz. Not in the text: dates "Monday". Not a field: why.'
    )
    assert keys(FIELDS, FIELDS.gold({"topic": None, "tags": ["a"]}, TEXT)) == ("topic", "tags.a")


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ("no idea", "unreadable"),
        ('{"why": "so"}', "unreadable"),
        ("I'm sorry, I can't.", "refused"),
        ('{"topic": "billing", "tags": ["a"', "truncated"),
    ],
)
def test_a_reply_without_a_field_is_named(reply: str, why: str) -> None:
    assert FIELDS.read(reply, TEXT) == Unusable(why)  # type: ignore[arg-type]
    assert MicroF1().score([verdict(reply)]) == 0


@pytest.mark.parametrize(
    ("gold", "problem"),
    [
        ([], "gold must be an object with the fields topic, tags, dates"),
        ({}, "gold has no field"),
        ({"kind": "x"}, "gold has the field 'kind'"),
        ({"topic": "x"}, "field 'topic': gold label 'x' is not in the label list"),
    ],
)
def test_gold_that_cannot_be_says_why(gold: object, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        FIELDS.gold(gold, TEXT)


def test_gold_is_null_only_where_a_field_is_optional_or_a_list() -> None:
    with pytest.raises(ValueError, match="Add topic to the verifier's optional fields"):
        Fields({"topic": Choice(TOPICS)}).gold({"topic": None}, TEXT)
    assert Fields({"tags": Labels(TAGS)}).gold({"tags": None}, TEXT) == {"tags": ()}


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"fields": {}}, "there are no fields"),
        ({"fields": {"a.b": Labels()}}, "must not have a dot"),
        ({"fields": {"a": Labels()}, "weights": {"b": 1}}, "weights names 'b'; the fields are a"),
        ({"fields": {"a": Labels()}, "weights": {"a": 0}}, "above 0"),
        ({"fields": {"a": Labels()}, "optional": ["b"]}, "optional names 'b'"),
    ],
)
def test_fields_that_cannot_be_say_why(options: dict[str, Any], problem: str) -> None:
    for kind in (Fields, Items):
        with pytest.raises(ValueError, match=problem):
            kind(**options)


def test_each_field_is_bound_to_the_names_of_its_own_gold() -> None:
    loose = Fields({"topic": Choice(), "tags": Labels(), "set": Labels(TAGS), "lines": Items({"what": Labels()})})
    gold = loose.gold({"topic": "x", "tags": ["y"], "set": ["a"], "lines": [{"what": ["z"]}]}, TEXT)
    bound = loose.bind(None, sorted(loose.names(gold)))
    assert [one.vocabulary and one.vocabulary.names for one in bound.fields.values()] == [  # type: ignore[attr-defined]
        ("x",), ("y",), ("a", "b", "c"), ("z",),
    ]  # fmt: skip
    assert bound.vocabulary and bound.vocabulary.names == ("x", "y", "a", "b", "c", "z")
    with pytest.raises(ValueError, match="no gold has a label for the field 'topic'"):
        loose.bind(None, ["tags.y", "lines.what.z"])


def test_the_first_definition_of_a_name_counts() -> None:
    one, two = LabelSet({"a": "", "b": "first"}), LabelSet({"a": "second", "b": "other"})
    both = Fields({"one": Labels(one), "two": Labels(two)}).vocabulary
    assert both and both.definitions == {"a": "second", "b": "first"}


def test_instructions_say_how_each_field_is_written() -> None:
    said = FIELDS.instructions()
    assert said.answer.splitlines()[1:] == [
        '- "topic": one of "billing", "outage", or null if there is none',
        '- "tags": a list, each entry one of "a", "b", "c"',
        '- "dates": a list, each entry {"label": one of "date", "text": words copied exactly from the text, '
        '"occurrence": 2 for the second place where these words stand, null where they stand once}',
    ]
    assert Fields({"topic": Choice(TOPICS)}).asked() == ['- "topic": one of the labels above']
    assert in_words({"type": "integer", "minimum": 1, "maximum": 5}) == "a whole number from 1 to 5"


def test_the_best_constant_has_that_of_each_field() -> None:
    golds = [FIELDS.gold(one, TEXT) for one in (GOLD, {"topic": "billing", "dates": []}, {"topic": None, "dates": []})]
    answer, score = constant_answer(FIELDS, golds, FBeta())
    assert answer == Filled({"topic": ("billing",), "tags": ("a", "b"), "dates": ()})
    assert score == pytest.approx((3 / 4 + 1 + 1 / 3) / 3)


def test_figures_are_those_of_the_fields() -> None:
    golds = [FIELDS.gold(one, TEXT) for one in (GOLD, {"topic": None, "dates": []})]
    figures = FIELDS.figures([(golds[0], FIELDS.example(golds[0])), (golds[1], None)])
    assert {name: figures[name] for name in ("topic.f1", "tags.f1", "dates.f1", "dates.strict.f1")} == {
        "topic.f1": 0.5, "tags.f1": 1.0, "dates.f1": 0.5, "dates.strict.f1": 1.0,
    }  # fmt: skip


ROWS = [{"what": ["a"], "size": "billing"}, {"what": ["b"], "size": None}]


@pytest.mark.parametrize(
    ("reply", "credit"),
    [
        ('[{"what": ["b"], "size": null}, {"what": ["a"], "size": "billing"}]', 1),
        ('{"items": [{"what": ["b"], "size": null}]}', 2 * 1 / 3),
        ('{"what": ["a"], "size": "outage"}', 2 * 0.5 / 3),
        ('[{"what": ["a"], "size": "billing"}, {"what": ["c"]}, {"what": ["b"]}]', 2 * 2 / 4.5),
        ("[]", 0),
        ("none", 0),
    ],
)
def test_objects_are_paired_for_the_largest_credit(reply: str, credit: float) -> None:
    assert f1(reply, ROWS, LINES) == pytest.approx(credit)


def test_objects_of_a_field_have_keys_below_it() -> None:
    outer = Fields({"lines": LINES})
    gold = outer.gold({"lines": ROWS}, TEXT)
    assert keys(outer, gold) == ("lines.what.a", "lines.size.billing", "lines.what.b", "lines.size")
    reply = '{"lines": [{"what": ["a"], "size": "billing"}, {"what": ["b"], "size": null}]}'
    assert ExactMatch().score([judge(outer, reply, gold, TEXT)]) == 1
    with pytest.raises(ValueError, match="field 'lines': object 2: gold has no field"):
        outer.gold({"lines": [ROWS[0], {}]}, TEXT)


def test_fields_come_from_the_configuration() -> None:
    part = {"_target_": "verifiers.choice.Choice"}
    made = make({"_target_": "verifiers.fields.Fields", "fields": {"topic": part}}, "verifier")
    assert made.fields == {"topic": Choice(bare=True)}
    for fields in ({"topic": part, "tags": 3}, {"topic": 3}, {"topic": {**part, "bar": 1}}, {}):
        with pytest.raises(ConfigError, match=r"verifier(\.fields)?"):
            make({"_target_": "verifiers.fields.Fields", "fields": fields}, "verifier")


OBJECTS = Items({"topic": Choice(TOPICS), "tags": Labels(TAGS), "dates": Spans(MARKS)}, {"tags": 3}, ["topic"])
objects = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "topic": st.sampled_from(["billing", "outage", None, "zzz"]),
            "tags": st.lists(st.sampled_from([*TAGS.names, "zzz"]), unique=True),
            "dates": st.sampled_from(
                [[], [{"label": "date", "text": "next Friday"}], [{"label": "date", "text": "no"}]]
            ),
        },
    ),
    max_size=5,
)
golds = st.lists(
    st.fixed_dictionaries(
        {"tags": names},
        optional={"topic": st.sampled_from(["billing", None]), "dates": st.sampled_from([[], GOLD["dates"]])},
    ),
    max_size=5,
)


@given(gold=golds, reply=objects)
def test_pairs_earn_what_each_earns_compared_by_itself(gold: list[Any], reply: list[Any]) -> None:
    due = OBJECTS.gold(gold, TEXT)
    read = OBJECTS.parse(reply, TEXT)
    said = read.answer if isinstance(read, Reading) else ()
    plain = [
        (place, other, credit)
        for place, one in enumerate(due)
        for other, answer in enumerate(said)
        if (credit := f1_of(OBJECTS.one.compare(one, answer)))
    ]
    assert pair_credits(OBJECTS.one, due, said) == plain


def test_values_that_come_again_are_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(Labels, "compare", lambda *args: asked.append(args) or [])
    one = Fields({"tags": Labels(TAGS), "size": Choice(TOPICS)})
    due = [{"tags": ("a",), "size": ("billing",)}] * 30
    pair_credits(one, due, [Filled({"tags": ("b",), "size": ("billing",)})] * 30)
    assert len(asked) <= 4  # of 900 pairs


def test_a_field_off_its_list_is_null_as_data() -> None:
    read = FIELDS.parse({"topic": "zzz", "tags": []}, TEXT)
    assert isinstance(read, Reading) and FIELDS.dump(read.answer) == {"topic": None, "tags": []}


def test_a_worked_example_has_the_number_of_a_place_only_where_it_says_something() -> None:
    twice = Item("1", "Friday or Friday")
    gold = FIELDS.gold({"dates": [{"label": "date", "start": 10, "end": 16}]}, twice)
    [line] = FIELDS.show(FIELDS.example(gold))
    assert line == '{"dates": [{"label": "date", "text": "Friday", "occurrence": 2}]}'
    gold = FIELDS.gold({"dates": [{"label": "date", "start": 0, "end": 6}]}, twice)
    [line] = FIELDS.show(FIELDS.example(gold))
    assert line == '{"dates": [{"label": "date", "text": "Friday"}]}'
    for reply in (line, '{"dates": [{"label": "date", "text": "Friday", "occurrence": null}]}'):
        assert judge(FIELDS, reply, gold, twice).exact
