"""optimizer=protegi: reasons, rewrites, paraphrases, the race, the beam, and what an epoch costs."""

import re
from collections.abc import Callable
from itertools import count

import pytest
from builders import SELECT, START, bench, steps
from fakes import LABELS, FakeProvider, knows, said

from runner.core.calls import Call
from runner.core.errors import CallFailed
from runner.optimizers.protegi import Protegi

SOUNDS = ["ping", "moss", "lamp", "kite", "drum", "fern", "gold", "yarn", "oboe", "reed"]


def words(number: int) -> str:
    return " ".join(SOUNDS[int(digit)] for digit in f"{number + 100}") * 2


def able(learns: bool = True) -> Callable[[Call], str]:
    """Reasons name a colour that was missed; the rewrite looks for it; every reply is another."""
    number = count()

    def answer(call: Call) -> str:
        text, one = call.messages[-1]["content"], words(next(number))
        if "<reason>" in text:
            missed = sorted(set(re.findall(r"Missing: (\w+)", text))) if learns else []
            reasons = [f"it does not look for {colour}, {one}" for colour in missed] + [f"dull {one}", f"odd {one}"]
            return "\n".join(f"<reason>{reason}</reason>" for reason in reasons[:3])
        if "in other words" in text:
            return text.split("\n\n")[0].replace("</prompt>", f" {one} again</prompt>")
        old = re.findall(r"<prompt>\n(.*?)\n</prompt>", text, re.DOTALL)[0]
        reason = text.split("What is wrong with the prompt:\n")[1].split("\n")[0]
        return f"<prompt>{old} {reason.removeprefix('it does not ')} {one}</prompt>"

    return answer


def kinds(asked: list[str]) -> dict[str, list[str]]:
    return {
        "reasons": [text for text in asked if "different reasons" in text],
        "rewrite": [text for text in asked if "What is wrong with the prompt" in text],
        "paraphrase": [text for text in asked if "in other words" in text],
    }


async def test_errors_become_reasons_and_reasons_become_prompts() -> None:
    rewriter = FakeProvider(able())
    on = bench(rewriter=rewriter)
    [step] = await steps(Protegi(), on, epochs=1)
    asked = kinds(said(rewriter.calls))
    assert [len(texts) for texts in asked.values()] == [1, 3, 3]
    [reasons] = asked["reasons"]
    assert reasons.count("Case ") == 4 and "Give 3 different reasons" in reasons
    assert START.instructions in reasons and "- green: look for green" in reasons and "Predicted: " in reasons
    assert {re.findall(r"wrong with the prompt:\n(\w+ \w+)", text)[0] for text in asked["rewrite"]} >= {"it does"}
    assert all("<prompt>\nName the colours.\n</prompt>" in text for text in asked["rewrite"])
    assert not any("Case " in text for text in asked["paraphrase"])
    assert len(step.candidates) == 3 and step.rejected == {"raced_out": 3}
    assert {candidate.parent for candidate in step.candidates} == {START}
    assert max(candidate.reward for candidate in step.candidates) > (await on.evaluate(START)).reward
    assert all("Labels:\n- red\n- green\n- blue" in candidate.prompt.instructions for candidate in step.candidates)


async def test_what_is_said_in_other_words_is_the_rewritten_prompt() -> None:
    found = await steps(Protegi(children=6, beam=6), bench(rewriter=FakeProvider(able())), epochs=1)
    by_change: dict[str, list[str]] = {}
    for candidate in found[0].candidates:
        by_change.setdefault(candidate.change, []).append(candidate.prompt.instructions.split("\n\nLabels:")[0])
    rewritten, again = by_change["rewritten for a reason"], by_change["rewritten for a reason, in other words"]
    assert len(rewritten) == len(again) == 3
    assert all(any(text.startswith(one) and text.endswith("again") for one in rewritten) for text in again)


async def test_the_beam_goes_on_from_its_best_prompts_and_shares_the_children() -> None:
    rewriter = FakeProvider(able())
    on = bench(FakeProvider(knows()), rewriter)
    first, second = await steps(Protegi(beam=2, children=5, minibatch=10), on, epochs=2)
    measured = [await on.evaluate(START), *(candidate.evaluation for candidate in first.candidates)]
    best = [found.prompt for found in sorted(measured, key=lambda found: -found.reward)[:2]]
    later = kinds(said(rewriter.calls))["reasons"][1:]
    assert [prompt.instructions in text for prompt, text in zip(best, later, strict=True)] == [True, True]
    assert {candidate.parent for candidate in second.candidates} <= set(best)
    assert len(second.candidates) + sum(second.rejected.values()) == 5


async def test_parents_that_are_better_stay_in_the_beam_and_only_children_are_candidates() -> None:
    on = bench(rewriter=FakeProvider(able(learns=False)))
    found = await steps(Protegi(beam=1), on, epochs=3)
    assert {candidate.parent for step in found for candidate in step.candidates} == {START}  # of equals the earlier
    assert all(candidate.prompt != START for step in found for candidate in step.candidates)


async def test_of_few_select_items_all_that_were_measured_whole_are_candidates() -> None:
    few = bench(FakeProvider(knows("red")), FakeProvider(able()))
    [step] = await steps(Protegi(first=10), few, epochs=1)
    assert {one.prompt.fingerprint for one in step.candidates} | {START.fingerprint} == set(few.measured)
    assert len(step.candidates) > Protegi().beam and "raced_out" not in step.rejected


async def test_it_solves_the_colours_and_then_ends() -> None:
    found = await steps(Protegi(), bench(rewriter=FakeProvider(able())), epochs=9)
    assert len(found) < 9
    assert max(candidate.reward for step in found for candidate in step.candidates) == 1.0


@pytest.mark.parametrize("strategy", [Protegi(), Protegi(beam=2, children=7, paraphrases=2, minibatch=3, first=2)])
async def test_an_epoch_costs_no_more_than_it_says(strategy: Protegi) -> None:
    labeller, rewriter = FakeProvider(lambda call: "none"), FakeProvider(able(learns=False))
    on = bench(labeller, rewriter)
    await on.evaluate(START)
    labelled = asked = 0
    run = strategy.run(on)
    for _ in range(3):
        before = len(labeller.calls), len(rewriter.calls)
        await anext(run)
        labelled = max(labelled, len(labeller.calls) - before[0])
        asked = max(asked, len(rewriter.calls) - before[1])
    most = strategy.calls(10, 10)
    assert 0.7 * most[0] < labelled <= most[0] and 0.5 * most[1] < asked <= most[1]
    assert Protegi().calls(18, 18) == (106, 15)


async def test_where_the_minibatch_shows_no_error_all_reflect_items_are_looked_through() -> None:
    def one_error(call: Call) -> str:
        text = call.messages[-1]["content"]
        return "none" if text.endswith(f"at place {wrong * 7}") else knows(*LABELS)(call)  # type: ignore[return-value]

    wrong = -1
    rewriter = FakeProvider(able())
    on = bench(FakeProvider(one_error), rewriter)
    wrong = int(on.reflect[0].id[1:])
    found = await steps(Protegi(minibatch=1), on, epochs=2)
    assert len(found) == 2
    assert all(
        text.count("Case ") == 1 and on.reflect[0].text in text for text in kinds(said(rewriter.calls))["reasons"]
    )
    assert await steps(Protegi(), bench(FakeProvider(knows(*LABELS)))) == []


async def test_no_select_text_is_shown_and_no_reflect_text_may_be_quoted() -> None:
    def quotes(call: Call) -> str:
        text = call.messages[-1]["content"]
        if "<reason>" in text:
            return "<reason>too short</reason>"
        if "in other words" in text:
            return text.split("\n\n")[0]
        case = re.findall(r"Text:\n(.+)", text)[0]
        return f"<prompt>Name the colours. Such as: {case}.</prompt>"

    rewriter = FakeProvider(quotes)
    on = bench(rewriter=rewriter)
    [step] = await steps(Protegi(), on, epochs=1)
    assert step.candidates == [] and step.rejected == {"quotes_items": 2}
    assert not any(item.text in text for text in said(rewriter.calls) for item in SELECT)


async def test_a_rewriter_that_fails_on_the_way_costs_its_children_only() -> None:
    able_one = able()

    def half(call: Call) -> str | Exception:
        text = call.messages[-1]["content"]
        return CallFailed("overloaded") if "in other words" in text else able_one(call)

    [step] = await steps(Protegi(), bench(rewriter=FakeProvider(half)), epochs=1)
    assert {candidate.change for candidate in step.candidates} == {"rewritten for a reason"}
    assert step.rejected == {"incomplete": 3}
    found = await steps(Protegi(), bench(rewriter=FakeProvider(lambda call: "It is bad.")), epochs=3)
    assert [(step.candidates, step.rejected) for step in found] == [([], {"incomplete": 1})] * 3


async def test_another_seed_searches_differently_and_the_same_the_same() -> None:
    async def search(seed: int) -> list[str]:
        rewriter = FakeProvider(able())
        await steps(Protegi(), bench(rewriter=rewriter, seed=seed), epochs=2)
        return said(rewriter.calls)

    assert await search(1) == await search(1)
    assert (await search(1))[0] != (await search(2))[0]
