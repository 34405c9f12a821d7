"""How certain an answer is: from the tokens that hold it, or by how far further answers agree."""

from collections.abc import Sequence
from math import nan
from typing import Any

import pytest
from fakes import FakeProvider

from runner.core.calls import Call, Reply
from runner.core.errors import CallFailed, ConfigError, JournalError
from runner.core.items import Item
from runner.core.prompt import Prompt
from runner.core.said import Said
from runner.labelling.certainty.choice import choose
from runner.labelling.certainty.logprobs import Logprobs, of_parts
from runner.labelling.certainty.prompts import Prompts
from runner.labelling.certainty.samples import Samples
from runner.labelling.certainty.tokens import Tokens
from runner.labelling.row_calls import RowCalls
from runner.stats.risk_coverage import area_under_risk_coverage
from verifiers.label_set import LabelSet
from verifiers.labels import Labels
from verifiers.verdict import Unusable
from verifiers.verifier import Reading

COLOURS = Labels(LabelSet.of(["red", "green", "dark blue"]))
ITEM = Item("i", "a text", ("red",))
Token = tuple[str, float]


def said(text: str, *tokens: Token) -> Said:
    read = COLOURS.read(text, ITEM)
    assert isinstance(read, Reading)
    return Said(ITEM, Reply(text, logprobs=tokens or None), read.answer, COLOURS)


async def nobody(*given: Any, **options: Any) -> None:
    raise AssertionError("nothing is asked")


async def certain(answer: Said, parts: Any = "least") -> float | None:
    return await Logprobs(parts).of(answer, nobody)


@pytest.mark.parametrize(
    ("text", "tokens", "expected"),
    [
        ("red", [("red", -0.1)], {"0": -0.1}),
        ("red", [("r", -0.1), ("ed", -0.2)], {"0": -0.3}),
        ("red\ngreen", [("red", -0.1), ("\n", -5.0), ("green", -0.4)], {"0": -0.1, "1": -0.4}),
        ("red\ngreen", [("red\ngr", -0.1), ("een", -0.4)], {"0": -0.1, "1": -0.5}),
        ("Answer: red", [("Answer", -3.0), (":", -1.0), (" red", -0.2)], {"0": -0.2}),
        ('["dark blue"]', [('["', -1.0), ("dark", -0.5), (" blue", -0.25), ('"]', -3.0)], {"0": -0.75}),
        ("none", [("none", -0.7)], {"0": -0.7}),
        ("red", [("red", -0.1), ("", -0.3)], {"0": -0.1, "(end)": -0.3}),
        ("red", [("red", -0.1), ("<|im_end|>", -0.3)], {"0": -0.1, "(end)": -0.3}),
        ("red", [("<think>", -1.0), ("red?", -2.0), ("</think>", -1.0), ("red", -0.1)], {"0": -0.1}),
        ("red", [("", -0.5), ("red", -0.1)], {"0": -0.6}),
        ("red", [("red", -9999.0)], {"0": -9999.0}),
    ],
)  # fmt: skip
def test_each_part_has_the_tokens_that_hold_it(text: str, tokens: Sequence[Token], expected: dict[str, float]) -> None:
    assert of_parts(said(text, *tokens)) == pytest.approx(expected)


@pytest.mark.parametrize(
    "tokens",
    [
        [],
        [("blue", -0.1)],
        [("re", -0.1)],
        [("red", -0.1), (" or red?", -0.1)],
        [("r\ufffd", -0.1), ("d", -0.1)],
        [("", -0.1)],
    ],
)
async def test_tokens_that_do_not_spell_the_reply_for_certain_give_none(tokens: Sequence[Token]) -> None:
    assert Tokens.of(Reply("red", logprobs=tokens)) is None
    assert await certain(said("red", *tokens)) is None


async def test_an_answer_is_as_certain_as_its_least_certain_part_or_as_all_together() -> None:
    two = said("red\ngreen", ("red", -0.1), ("\n", -1.0), ("green", -0.4))
    assert await certain(two) == pytest.approx(0.67032)
    assert await certain(two, "product") == pytest.approx(0.606531)
    assert await certain(said("red", ("red", -9999.0))) == 0.0


def row_calls(answer: Any) -> tuple[RowCalls, FakeProvider]:
    provider = FakeProvider(answer)
    return RowCalls(provider, Prompt("Colours."), COLOURS, ITEM, logprobs=True), provider


async def test_samples_are_drawn_apart_and_compared_as_the_verifier_does() -> None:
    given = {1: "Red", 2: '["red"]', 3: "red\ngreen", 4: "I cannot say", 5: CallFailed("timeout")}
    calls, provider = row_calls(lambda call: given[call.sample])
    value = await Samples(count=5, temperature=0.9).of(said("red"), calls.again)
    assert value == pytest.approx((1 + 1 + 2 / 3 + 0) / 4, abs=1e-6)
    assert [(call.sample, call.temperature, call.logprobs) for call in provider.calls] == [
        (number, 0.9, False) for number in range(1, 6)
    ]
    assert calls.taken()["further_calls"] == {"paid": 4, "journal": 0, "failed": 1}


async def test_samples_that_all_failed_say_nothing_and_nothing_agrees_with_nothing() -> None:
    failing, _ = row_calls(lambda call: CallFailed("timeout"))
    assert await Samples(count=2).of(said("red"), failing.again) is None
    empty, _ = row_calls(lambda call: "none")
    assert await Samples(count=2).of(said("none"), empty.again) == 1.0
    with pytest.raises(ValueError, match="temperature=0"):
        Samples(temperature=0)


async def test_prompts_are_the_next_best_ones() -> None:
    calls, provider = row_calls(lambda call: "red" if call.messages[0]["content"] == "Second." else "green")
    bound = Prompts(count=2).bind([Prompt("Second."), Prompt("Third."), Prompt("Fourth.")])
    assert bound.calls == 2
    assert await bound.of(said("red"), calls.again) == 0.5
    assert [call.messages[0]["content"] for call in provider.calls] == ["Second.", "Third."]


async def test_a_row_counts_all_that_its_calls_took() -> None:
    calls, _ = row_calls(lambda call: Reply("red", "stop", 10, 2, 0.5, from_journal=call.sample == 1))
    await calls.first()
    assert calls.taken() == {"paid": True, "input_tokens": 10, "output_tokens": 2, "cost_usd": 0.5}
    await calls.again(sample=1)
    await calls.again(sample=2)
    assert calls.taken() == {
        "paid": True, "input_tokens": 20, "output_tokens": 4, "cost_usd": 1.0,
        "further_calls": {"paid": 1, "journal": 1, "failed": 0},
    }  # fmt: skip


def test_the_area_is_the_mean_risk_of_the_most_certain() -> None:
    assert area_under_risk_coverage([0.9, 0.8, 0.1], [0, 0, 1]) == pytest.approx(1 / 9)
    assert area_under_risk_coverage([0.1, 0.8, 0.9], [0, 0, 1]) == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)
    assert area_under_risk_coverage([0.5] * 4, [0, 1, 0, 1]) == pytest.approx(0.5)
    assert area_under_risk_coverage([0.9, nan], [0, 0]) == pytest.approx(1 / 4)
    with pytest.raises(ValueError, match="no items"):
        area_under_risk_coverage([], [])


def recorded(logprobs: bool, others: bool) -> FakeProvider:
    """Answers red, rightly where the number is even; the probabilities know it, another prompt does not."""

    def answer(call: Call) -> Any:
        if call.sample or (call.messages[0]["content"] == "Second." and not others):
            return JournalError("the run did not ask this", code="call-not-recorded")
        right = int(call.messages[-1]["content"].split()[-1]) % 2 == 0
        if call.messages[0]["content"] == "Second.":
            return "red"
        return Reply("red", logprobs=[("red", -0.1 if right else -2.0)] if logprobs else None)

    return FakeProvider(answer)


KINDS = (Logprobs(), Prompts().bind([Prompt("Second.")]), Samples())
ITEMS = [Item(f"i{number}", f"number {number}", ("red",) if number % 2 == 0 else ("green",)) for number in range(6)]


async def test_the_kind_is_chosen_by_its_area_among_those_that_were_paid_for() -> None:
    choice = await choose(KINDS, recorded(logprobs=True, others=True), Prompt("First."), COLOURS, ITEMS)
    assert (choice.kind, choice.items, choice.wrong) == ("logprobs", 6, 3)
    assert choice.areas["logprobs"] < choice.areas["prompts"] == 0.5
    assert choice.left_out == {"samples": "the search did not ask for it"}
    assert "logprobs 0.1917, prompts 0.5000" in choice.words
    without = await choose(KINDS, recorded(logprobs=False, others=True), Prompt("First."), COLOURS, ITEMS)
    assert without.kind == "prompts" and set(without.left_out) == {"logprobs", "samples"}


async def test_nothing_to_choose_by_is_an_error_that_says_what_to_name() -> None:
    with pytest.raises(ConfigError, match="certainty=logprobs") as told:
        await choose(KINDS, recorded(logprobs=False, others=False), Prompt("First."), COLOURS, ITEMS)
    assert (told.value.code, told.value.key) == ("certainty-not-measured", "certainty")


async def test_an_unusable_sample_is_an_answer_that_agrees_with_none() -> None:
    async def again(*given: Any, **options: Any) -> Unusable:
        return Unusable("unreadable")

    assert await Samples(count=1).of(said("red"), again) == 0.0
