"""optimizer=opro: what the meta-prompt holds, what is measured, and what an epoch costs."""

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import count

from builders import SELECT, START, bench, steps
from fakes import FakeProvider, items, knows, said

from runner.core.calls import Call
from runner.experiment.strategy import Step
from runner.optimizers.opro import Opro
from runner.optimizers.toolkit.sections import guidance

SOUNDS = ["ping", "moss", "lamp", "kite", "drum", "fern", "gold", "yarn", "oboe", "reed"]
RULES = ["look for green", "look for blue"]


def writes_others() -> Callable[[Call], str]:
    """A rewriter whose every proposal is new; each fifth learns a colour, in turn."""
    number = count()

    def answer(call: Call) -> str:
        place = next(number)
        words = " ".join(SOUNDS[int(digit)] for digit in f"{place + 100}") * 2
        return f"<prompt>Name the colours. {words}. {RULES[place // 5 % 2] if place % 5 == 0 else ''}</prompt>"

    return answer


def scores(text: str) -> list[int]:
    return [int(score) for score in re.findall(r"Score: (\d+)", text)]


async def test_the_meta_prompt_holds_the_best_20_ascending_and_three_examples_and_no_errors() -> None:
    rewriter = FakeProvider(writes_others())
    on = bench(rewriter=rewriter)
    found = await steps(Opro(keep=8), on, epochs=4)
    asked = said(rewriter.calls)
    assert len(asked) == 32 and len(set(asked[:8])) == 1 and {call.temperature for call in rewriter.calls} == {1.0}
    assert [call.sample for call in rewriter.calls[:8]] == list(range(8))
    start = await on.evaluate(START)
    assert scores(asked[0]) == [round(100 * start.reward)]
    assert "<prompt>\nName the colours.\n</prompt>\nScore:" in asked[0]
    assert len(scores(asked[8])) == 9 and len(scores(asked[24])) == 20
    assert all(scores(text) == sorted(scores(text)) for text in asked)
    tried = [start.reward, *(candidate.reward for step in found[:3] for candidate in step.candidates)]
    assert scores(asked[24]) == [round(100 * reward) for reward in sorted(tried)[-20:]]
    for text in asked:
        shown = [item for item in on.reflect if item.text in text]
        assert len(shown) == 3
        assert all(f"{item.text}\nLabels: {', '.join(item.gold or ())}" in text for item in shown)
        assert not any(item.text in text for item in SELECT)
        assert "Predicted" not in text and "Missing" not in text
    assert len({frozenset(item.id for item in on.reflect if item.text in text) for text in asked}) > 1


async def test_it_climbs_and_each_candidate_comes_from_the_best_before() -> None:
    found = await steps(Opro(), bench(rewriter=FakeProvider(writes_others())), epochs=4)
    start = await bench().evaluate(START)
    best, reward = START, start.reward
    for step in found:
        assert {candidate.parent for candidate in step.candidates} == {best}
        top = max(step.candidates, key=lambda candidate: candidate.reward)
        if top.reward > reward:
            best, reward = top.prompt, top.reward
    assert reward > start.reward
    assert "Labels:\n- red\n- green\n- blue" in best.instructions


async def test_a_step_measures_few_proposals_on_all_items_and_costs_what_it_says() -> None:
    labeller = FakeProvider(knows("red"))
    on = bench(labeller, FakeProvider(writes_others()))
    [step] = await steps(Opro(), on, epochs=1)
    assert len(step.candidates) == 4 and step.rejected == {"raced_out": 4}
    assert len(labeller.calls) - 10 == Opro().calls(10, 10)[0] == 8 * 6 + 4 * 4
    assert Opro().calls(18, 18) == (96, 8)


async def test_of_few_select_items_all_that_were_measured_whole_are_candidates() -> None:
    few = bench(FakeProvider(knows("red")), FakeProvider(writes_others()))
    [step] = await steps(Opro(first=10), few, epochs=1)
    assert len(step.candidates) == 8 and not step.rejected
    assert {one.prompt.fingerprint for one in step.candidates} | {START.fingerprint} == set(few.measured)


async def test_long_prompts_leave_room_for_the_best_only() -> None:
    rewriter = FakeProvider(writes_others())
    on = bench(rewriter=rewriter)
    [first, *_] = await steps(Opro(characters=120), on, epochs=2)
    best = max(first.candidates, key=lambda candidate: candidate.reward)
    shown = said(rewriter.calls)[8]
    assert 1 <= len(scores(shown)) < 5 and scores(shown)[-1] == round(100 * best.reward)
    rewriter = FakeProvider(writes_others())
    await steps(Opro(characters=1), bench(rewriter=rewriter), epochs=2)
    assert len(scores(said(rewriter.calls)[8])) == 1


async def test_examples_may_not_be_quoted_and_none_may_be_shown() -> None:
    def quotes(call: Call) -> str:
        text = re.findall(r"Text:\n(.+)", call.messages[-1]["content"])[0]
        return f"<prompt>Name the colours. Such as: {text}.</prompt>"

    [step] = await steps(Opro(), bench(rewriter=FakeProvider(quotes)), epochs=1)
    assert step.candidates == [] and step.rejected == {"quotes_items": 8}
    rewriter = FakeProvider(writes_others())
    await steps(Opro(examples=0), bench(rewriter=rewriter), epochs=1)
    assert "Text:" not in said(rewriter.calls)[0] and "labels that are right" not in said(rewriter.calls)[0]


async def test_a_prompt_without_a_label_list_of_its_own_is_written_whole() -> None:
    rewriter = FakeProvider(lambda call: "<prompt>Say which colours there are.</prompt>")
    on = bench(rewriter=rewriter)
    on.initial = replace(START, instructions="Name the colours: red, green, blue.")
    [step] = await steps(Opro(), on, epochs=1)
    assert step.rejected == {"label_list_lost": 8}
    assert "name every label" in said(rewriter.calls)[0] and guidance(on.initial) in said(rewriter.calls)[0]


async def test_another_seed_searches_differently_and_the_same_the_same() -> None:
    async def search(seed: int) -> tuple[list[str], list[Step]]:
        rewriter = FakeProvider(writes_others())
        on = bench(rewriter=rewriter, made=items(30), seed=seed)
        found = await steps(Opro(), on, epochs=2)
        return said(rewriter.calls), found

    one, again, other = await search(1), await search(1), await search(2)
    assert one[0] == again[0]
    assert one[0][0] != other[0][0]
