"""optimizer=failure_modes and optimizer=chain: one edit for each confusion, what helps stays; the next takes over."""

from typing import Any

import pytest
from builders import DEFINED, SELECT, START, bench, steps
from fakes import LABELS, FakeProvider, knows, said

from runner.core.calls import Call
from runner.core.errors import CallFailed
from runner.core.items import Item
from runner.optimizers.chain import Chain
from runner.optimizers.demos import Demos
from runner.optimizers.failure_modes import FailureModes, Mode, failure_modes
from runner.optimizers.none import NoOp
from runner.optimizers.rewrite import Rewrite
from runner.optimizers.toolkit.section_edits import Edit, combined
from runner.optimizers.toolkit.sections import sections_of
from verifiers.label_set import LabelSet
from verifiers.rewards.corpus import MacroF1

BARE = LabelSet.of(LABELS)


def writes(call: Call) -> str:
    """A rewriter that knows the rule for green, and writes nonsense of the rest."""
    asked = call.messages[-1]["content"]
    for kind in ("rule", "definition", "answer"):
        if f"<{kind}>" in asked:
            words = "look for green" if "better definition of green" in asked else f"anything goes, {len(asked)}"
            return f"<{kind}>{words}</{kind}>"
    raise AssertionError(asked)


async def test_the_data_sets_definitions_come_first_and_cost_no_question() -> None:
    rewriter = FakeProvider(writes)
    first, *_ = await steps(FailureModes(), bench(rewriter=rewriter), epochs=1)
    assert rewriter.calls == []
    alone, together = first.candidates
    assert together.change.split(", ")[0] == alone.change and together.reward == 1.0
    assert set(together.change.split(", ")) == {"a definition of green", "a definition of blue"}
    assert sections_of(together.prompt).get("definitions") == "- green: look for green\n- blue: look for blue"
    assert together.prompt.instructions.startswith(START.instructions)


async def test_each_confusion_gets_one_question_with_its_cases_and_only_what_helps_stays() -> None:
    rewriter = FakeProvider(writes)
    on = bench(labels=BARE, rewriter=rewriter)
    first, *_ = await steps(FailureModes(), on, epochs=1)
    questions = said(rewriter.calls)
    assert len(questions) == 2 and all(text.count("Case ") == 3 for text in questions)
    assert "Right was green, given was nothing." in "".join(questions)
    assert not any(item.text in text for text in questions for item in SELECT)
    [kept] = first.candidates
    assert kept.change == "a definition of green" and first.rejected == {"no_gain": 1}


async def test_an_epoch_goes_on_from_a_gain_above_its_error() -> None:
    found = await steps(FailureModes(), bench(labels=BARE, rewriter=FakeProvider(writes)), epochs=2)
    assert all(step.candidates == [] or step.candidates[0].parent == START for step in found[:1])
    parents = {candidate.parent for candidate in found[1].candidates}
    assert parents <= {found[0].candidates[0].prompt}


async def test_replies_that_cannot_be_read_get_a_line_on_how_to_answer() -> None:
    def rambles(call: Call) -> str:
        good = "labels only" in call.messages[0]["content"]
        return knows(*LABELS)(call) if good else "Well, that is hard to say."  # type: ignore[return-value]

    def writer(call: Call) -> str:
        return "<answer>Answer with the labels only.</answer>" if "<answer>" in call.messages[-1]["content"] else ""

    first, *_ = await steps(FailureModes(), bench(FakeProvider(rambles), FakeProvider(writer), labels=BARE), epochs=1)
    assert first.candidates[0].reward == 1.0
    assert sections_of(first.candidates[0].prompt).get("answer") == "Answer with the labels only."


async def test_what_is_not_admitted_is_counted_and_costs_no_call() -> None:
    def quotes(call: Call) -> Any:
        text = call.messages[-1]["content"].split("Text:\n")[1].split("\n")[0]
        return f"<definition>It is {text}</definition>"

    labeller = FakeProvider(knows("red"))
    [step] = await steps(FailureModes(), bench(labeller, FakeProvider(quotes), labels=BARE), epochs=1)
    assert step.candidates == [] and step.rejected == {"quotes_items": 2}
    assert len(labeller.calls) == 20
    dead = FakeProvider(lambda call: CallFailed("overloaded"))
    assert [s.rejected for s in await steps(FailureModes(), bench(rewriter=dead, labels=BARE), 2)] == [
        {"incomplete": 2}
    ] * 2


async def test_modes_are_the_confusions_with_their_items() -> None:
    on = bench()
    modes = failure_modes(await on.evaluate(START, on="reflect"), on.labels)
    missed = [Mode("definition", label, None) for label in ("green", "blue")]
    assert set(modes) == set(missed)
    assert all("green" in (outcome.item.gold or ()) for outcome in modes[missed[0]])


@pytest.mark.parametrize("seed", range(4))
async def test_an_edit_that_changes_no_answer_gains_nothing_by_a_reward_of_all_items_together(seed: int) -> None:
    """Credits of macro-F1 hang on which items are measured, so both prompts are measured on the same."""

    def useless(call: Call) -> str:
        return "<definition>" + "anything goes " * len(call.messages[-1]["content"].splitlines()) + "</definition>"

    on = bench(FakeProvider(knows("red")), FakeProvider(useless), labels=BARE, seed=seed, reward=MacroF1())
    [step] = await steps(FailureModes(), on, epochs=1)
    assert step.candidates == [] and step.rejected == {"no_gain": 2}


async def test_a_definition_that_does_not_help_is_tried_once_and_then_the_rewriter_is_asked() -> None:
    """Labels with odd names too: a label may be called nothing, or have an arrow in it."""
    names = LabelSet({"nothing": "no colour at all", "a → b": "from a to b", "red": ""})
    gold = [("nothing",), ("a → b",), ("red",)] * 10
    of = [Item(f"i{number}", f"{number} {labels[0]}", labels) for number, labels in enumerate(gold)]
    rewriter = FakeProvider(writes)
    on = bench(FakeProvider(lambda call: "red"), rewriter, made=of, labels=names)
    first, second = await steps(FailureModes(modes=2), on, epochs=2)
    assert first.rejected == {"no_gain": 2} and "copy" not in second.rejected
    asked = [call.messages[-1]["content"] for call in rewriter.calls]
    assert any("when it is a → b and when it is red" in question for question in asked)
    assert any("when it is nothing and when it is red" in question for question in asked)


def test_an_edit_touches_one_section() -> None:
    ruled = Edit("rule", "red first").on(Edit("rule", "blue last").on(START, DEFINED), DEFINED)
    assert sections_of(ruled).rules() == ["blue last", "red first"]
    defined = Edit("definition", "of blood", "red").on(ruled, DEFINED)
    assert sections_of(defined).definitions(DEFINED) == {"red": "of blood"} and sections_of(defined).rules() == [
        "blue last",
        "red first",
    ]


def test_of_edits_of_one_place_the_more_helpful_stays() -> None:
    best, worse = Edit("definition", "of grass", "green"), Edit("definition", "of the sea", "green")
    others = [
        Edit("answer", "One a line."),
        Edit("rule", "red first"),
        Edit("rule", "blue last"),
        Edit("answer", "JSON."),
    ]
    first, whole = combined(START, [best, *others, worse], DEFINED).items()
    assert first == (best.on(START, DEFINED), "a definition of green")
    sections = sections_of(whole[0])
    assert sections.definitions(DEFINED) == {"green": "of grass"} and sections.get("answer") == "One a line."
    assert sections.rules() == ["red first", "blue last"]
    assert whole[1] == "a definition of green, how to answer, a rule, a rule"


async def test_edits_that_are_measured_whole_are_candidates_whether_they_help_or_not() -> None:
    on = bench(FakeProvider(knows("red")), FakeProvider(writes), labels=BARE)
    [step] = await steps(FailureModes(screen=1.0), on, epochs=1)
    assert {one.prompt.fingerprint for one in step.candidates} | {START.fingerprint} == set(on.measured)
    assert "no_gain" not in step.rejected and len(step.candidates) > 1


async def test_a_chain_hands_the_best_prompt_on_at_a_plateau() -> None:
    rewriter = FakeProvider(writes)
    on = bench(labels=BARE, rewriter=rewriter)
    found = await steps(Chain(Demos(definitions=False), FailureModes(), plateau=2), on, epochs=4)
    assert [bool(step.rejected.get("raced_out")) for step in found[:2]] == [True, True]
    best = max((c for step in found[:2] for c in step.candidates), key=lambda c: c.reward)
    start = await on.evaluate(START)
    handed = best.prompt if best.reward > start.reward else START
    assert {c.parent for step in found[2:3] for c in step.candidates} == {handed}
    assert on.initial == START


async def test_a_strategy_that_ends_hands_on_too() -> None:
    found = await steps(Chain(NoOp(), FailureModes()), bench(), epochs=1)
    assert found[0].candidates
    assert Chain(Demos(), Rewrite()).calls(18, 18) == (18 + 4 * 18, 4)


def test_a_chain_with_a_strategy_that_does_not_say_its_calls_says_none() -> None:
    class Own:
        run = NoOp.run

    own: Any = Own()
    assert Chain(own, Rewrite()).calls(18, 18) is None
    assert Chain(Chain(Rewrite(), own), Rewrite()).calls(18, 18) is None
