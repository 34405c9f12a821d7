"""optimizer=mipro: what the proposer is told, what a trial costs, and how the best pair is found."""

import json
import re
from typing import Any

import pytest
from builders import SELECT, START, bench, steps
from fakes import LABELS, FakeProvider, knows, said

from runner.core.calls import Call
from runner.core.errors import CallFailed
from runner.core.prompt import Demo, Prompt
from runner.experiment.strategy import Step
from runner.experiment.workbench import Workbench
from runner.optimizers.mipro import Mipro
from runner.optimizers.mipro_proposals import TIPS
from runner.optimizers.toolkit.sections import sections_of
from verifiers.label_set import LabelSet

BARE = LabelSet.of(LABELS)
SAYS = ["Tell which colours are there.", "You are a painter: name every colour.", "Which colours? Look at each word."]


def proposes(*instructions: str) -> Any:
    """A rewriter that sums up, and answers each tip with the next of ``instructions``."""
    left = list(instructions)

    def answer(call: Call) -> str:
        if "<summary>" in call.messages[-1]["content"]:
            return "<summary>Things with colours.</summary>"
        return f"<prompt>{left.pop(0)}</prompt>"

    return answer


def dead() -> FakeProvider:
    return FakeProvider(lambda call: CallFailed("overloaded"))


def constant(**given: Any) -> Workbench:
    """A labeller to which all prompts are equal."""
    return bench(FakeProvider(lambda call: "red"), **given)


def prompts(found: list[Step]) -> list[Prompt]:
    return [candidate.prompt for step in found for candidate in step.candidates]


async def test_instructions_are_proposed_from_a_summary_the_labels_and_a_tip_each() -> None:
    rewriter = FakeProvider(proposes(*SAYS))
    on = constant(rewriter=rewriter)
    await steps(Mipro(viewed=4), on, epochs=2)
    look, *asked = said(rewriter.calls)
    assert len(asked) == 3  # once, in the first epoch
    viewed = [item for item in on.reflect if item.text in look]
    assert len(viewed) == 4 and all(f"{item.text}\nLabels: {', '.join(item.gold or ())}" in look for item in viewed)
    assert not any(item.text in look for item in SELECT)
    for text in asked:
        assert "Things with colours." in text and "- blue: look for blue" in text
        assert "<prompt>\nName the colours.\n</prompt>" in text
        assert not any(item.text in text for item in (*on.reflect, *SELECT))
    assert len({tip for tip in TIPS for text in asked if tip in text}) == 3


async def test_a_proposal_that_quotes_a_viewed_item_is_not_tried() -> None:
    def answer(call: Call) -> str:
        text = call.messages[-1]["content"]
        if "<summary>" in text:
            quoted.extend(re.findall(r"Text:\n(.*)", text))
            return f"<summary>{quoted[0]}</summary>"
        return f"<prompt>Name the colours, as in: {quoted[0]}.</prompt>"

    quoted: list[str] = []
    on = constant(rewriter=FakeProvider(answer), labels=BARE)
    found = await steps(Mipro(), on, epochs=1)
    assert found[0].rejected["quotes_items"] == 3
    assert {prompt.instructions for prompt in prompts(found)} == {START.instructions}


async def test_a_copy_of_the_first_prompt_is_known_where_that_has_examples_as_turns() -> None:
    on = bench(FakeProvider(lambda call: "red"), FakeProvider(proposes(*[START.instructions] * 3)), labels=BARE)
    taught = START.with_demos([Demo("a red thing", ("red",))], turns=True)
    [step] = await steps(Mipro(), on.starting_from(taught), epochs=1)
    assert step.rejected["copy"] == 3


async def test_an_epoch_tries_new_pairs_on_a_minibatch_and_measures_the_best_of_them_on_all() -> None:
    labeller = FakeProvider(lambda call: "red")
    on = bench(labeller, FakeProvider(proposes(*SAYS)))
    first, second = await steps(Mipro(trials=5, minibatch=3, nearest=()), on, epochs=2)
    assert len(labeller.calls) == 10 + 2 * (5 * 3 + 7)
    asked = {json.dumps(call.messages[:-1]) for call in labeller.calls[10:]}
    assert len(asked) == 10  # no pair twice
    assert [step.rejected for step in (first, second)] == [{"screened_out": 4}] * 2
    assert [len(step.candidates) for step in (first, second)] == [1, 1]
    assert len({call.messages[-1]["content"] for call in labeller.calls[10:13]}) == 3
    same = {tuple(call.messages[-1]["content"] for call in labeller.calls[at : at + 3]) for at in (10, 13, 16)}
    assert len(same) == 1  # all pairs on the same items


async def test_the_pair_with_the_highest_gain_goes_on_and_is_found() -> None:
    """Definitions help, and three examples in words help once more."""

    def answer(call: Call) -> str:
        system, text = call.messages[0]["content"], call.messages[-1]["content"]
        seen = [name for name in LABELS if name in text]
        if "look for green" not in system:
            seen = seen[:1]
        return ", ".join(seen if system.count("Text:") == 3 else ["red", *seen])

    found = await steps(Mipro(shots=3), bench(FakeProvider(answer), dead()), epochs=4)
    best = max((candidate for step in found for candidate in step.candidates), key=lambda candidate: candidate.reward)
    assert best.reward == 1.0 and best.parent == START
    assert "look for green" in best.prompt.instructions and best.change == "definitions, 3 worked examples in words"
    assert len(found) < 4  # it ends when nothing is wrong


async def test_a_pair_goes_on_with_the_next_minibatch_when_all_are_tried() -> None:
    labeller = FakeProvider(lambda call: "red")
    found = await steps(Mipro(proposals=0, sets=2, minibatch=3), bench(labeller, labels=BARE), epochs=9)
    assert [(len(step.candidates), step.rejected) for step in found] == [(2, {})]
    assert {candidate.prompt.turns for candidate in found[0].candidates} == {False, True}
    assert len(labeller.calls) == 10 + 2 * 10
    assert len({tuple(call.messages[-1].items()) for call in labeller.calls[10:]}) == 10


async def test_without_a_rewriter_examples_and_definitions_are_searched_to_the_end() -> None:
    on = constant(rewriter=dead())
    gold = {item.text: item.gold for item in on.reflect}
    found = await steps(Mipro(sets=6, nearest=()), on, epochs=99)
    assert [step.rejected.get("incomplete") for step in found] == [3] + [None] * (len(found) - 1)
    tried = prompts(found)
    assert len(tried) == len(set(tried)) == 2 * (1 + 5 * 2) - 1
    assert {prompt.turns for prompt in tried if prompt.demos} == {True, False}
    assert {bool(sections_of(prompt).get("definitions")) for prompt in tried} == {True, False}
    assert {len(prompt.demos) for prompt in tried} == {0, 2, 5, 10}
    assert all(gold[demo.text] == demo.answer for prompt in tried for demo in prompt.demos)
    assert [one.change for step in found for one in step.candidates if not one.prompt.demos] == ["definitions"]


async def test_proposals_keep_the_label_list_and_stand_beside_the_first_prompt() -> None:
    found = await steps(Mipro(sets=1, trials=2), constant(rewriter=FakeProvider(proposes(*SAYS))), epochs=9)
    tried = prompts(found)
    assert {sections_of(prompt).get("task") for prompt in tried} == {"Name the colours.", *SAYS}
    assert {sections_of(prompt).get("labels") for prompt in tried} == {"- red\n- green\n- blue"}
    assert {candidate.change for step in found for candidate in step.candidates} == {
        "definitions",
        "definitions, proposed words",
    }


async def test_with_nothing_to_search_it_says_why_and_ends() -> None:
    found = await steps(Mipro(longest=1), constant(rewriter=dead(), labels=BARE), epochs=9)
    assert [(step.candidates, step.rejected) for step in found] == [([], {"incomplete": 3})]
    assert await steps(Mipro(), bench(FakeProvider(knows(*LABELS)))) == []


async def test_another_seed_searches_differently() -> None:
    async def tried(seed: int) -> list[Prompt]:
        return prompts(await steps(Mipro(nearest=()), constant(rewriter=dead(), seed=seed)))

    assert await tried(1) != await tried(2)


@pytest.mark.parametrize(("select", "most"), [(18, 72), (4, 40)])
def test_the_cost_is_that_of_the_trials_and_of_one_pair_on_the_rest(select: int, most: int) -> None:
    assert Mipro().calls(18, select) == (most, 4)
    assert Mipro(proposals=0).calls(18, select) == (most, 0)


async def test_examples_chosen_for_each_text_are_tried_before_all_else() -> None:
    labeller = FakeProvider(lambda call: "red")
    on = bench(labeller, dead())
    await steps(Mipro(trials=4, minibatch=3, nearest=(2, 4)), on, epochs=1)
    told = [call.messages for call in labeller.calls[10 : 10 + 4 * 3]]
    assert [len(messages) for messages in told] == [2] * 3 + [6] * 3 + [2] * 3 + [6] * 3
    assert ["look for red" in messages[0]["content"] for messages in told] == [False] * 6 + [True] * 6
    for messages in told:
        assert not {message["content"] for message in messages[1:-1]} & {item.text for item in SELECT}


async def test_how_many_are_chosen_is_searched_like_everything_else() -> None:
    found = await steps(Mipro(nearest=(2, 4), sets=4), constant(rewriter=dead()), epochs=99)
    assert {prompt.nearest for prompt in prompts(found)} == {0, 2, 4}
    assert {(prompt.nearest, prompt.turns) for prompt in prompts(found)} >= {
        (n, turns) for n in (2, 4) for turns in (True, False)
    }
    changes = {candidate.change for step in found for candidate in step.candidates}
    assert "the 2 nearest of 10 worked examples as turns" in changes
