"""Strategies: what each does on a task whose answer is known. What all of them keep: tests/contracts."""

import random
import re
from collections import Counter
from typing import Any

import pytest
from builders import SELECT, START, bench, rewrites, shown, steps
from fakes import LABELS, FakeProvider, knows, said

from runner.core.calls import Call, Reply
from runner.core.evaluation import Evaluation, Outcome
from runner.core.items import Item
from runner.core.prompt import Demo, Prompt
from runner.optimizers.demos import Demos, varied
from runner.optimizers.none import NoOp
from runner.optimizers.rewrite import Rewrite
from runner.optimizers.toolkit.admission import Admission, quoted_runs
from runner.optimizers.toolkit.demonstrations import DemonstrationSampler
from runner.optimizers.toolkit.feedback import confusion_lines, failure_block, instructive, vocabulary_block
from runner.optimizers.tutorial import Tutorial
from verifiers.label_set import NO_NAMES, LabelSet
from verifiers.labels import label_verdict
from verifiers.verdict import Verdict


async def test_none_proposes_nothing() -> None:
    assert await steps(NoOp(), bench()) == []


async def test_demos_finds_the_definitions_and_keeps_the_best() -> None:
    found = await steps(Demos(proposals=4), bench())
    assert max(candidate.reward for step in found for candidate in step.candidates) == 1.0
    assert found[0].rejected == {"raced_out": 2}  # of ten items the last two see all


async def test_demos_shows_only_reflect_items_with_their_gold() -> None:
    on = bench(labels=LabelSet.of(LABELS))
    gold = {item.text: item.gold for item in on.reflect}
    for step in await steps(Demos(shots=3, first=10, nearest=()), on):
        assert step.rejected == {}
        assert len(step.candidates) == 4
        for candidate in step.candidates:
            assert 1 <= len(candidate.prompt.demos) <= 3
            assert all(gold[demo.text] == demo.answer for demo in candidate.prompt.demos)


async def test_demos_shows_as_many_examples_as_fit_and_fewer_and_varies_a_quarter() -> None:
    on = bench(labels=LabelSet.of(LABELS))
    room = 6 * max(len(item.text) for item in on.reflect)
    found = await steps(Demos(characters=room, first=10, nearest=()), on, epochs=4)
    changes = [candidate.change for candidate in found[0].candidates]
    assert changes[0].endswith("in words") and changes[1].endswith("as turns")
    sizes = [len(candidate.prompt.demos) for candidate in found[0].candidates]
    assert sizes[0] >= 6 and sizes[1] == sizes[0] // 2 and sizes[2] == sizes[0] // 4
    shown = [candidate.prompt.demos for step in found for candidate in step.candidates]
    assert all(sum(len(demo.text) for demo in demos) <= room for demos in shown)
    assert all(len(set(demos)) == len(demos) for demos in shown)


async def test_demos_shows_the_examples_of_the_best_prompt_the_other_way() -> None:
    """Here the labeller sees colours only where examples are turns."""

    def answer(call: Call) -> str:
        return knows("red", "green")(call) if len(call.messages) > 2 else "red"

    on = bench(FakeProvider(answer), labels=LabelSet.of(LABELS))
    first, second = await steps(Demos(first=10, nearest=()), on, epochs=2)
    best = max(first.candidates, key=lambda candidate: candidate.reward)
    assert best.prompt.turns
    [other] = [one for one in second.candidates if one.change == "the examples in words"]
    assert other.prompt == best.prompt.with_demos(best.prompt.demos, turns=False) and other.reward < best.reward


def beside(call: Call) -> str:
    """The colours of the text, but for blue, that the example beside it shows."""
    shown = call.messages[-2]["content"] if len(call.messages) > 2 else ""
    return ", ".join(name for name in LABELS[:2] if name in call.messages[-1]["content"] and name in shown) or "none"


async def test_demos_tries_examples_chosen_for_each_text_first_in_both_forms() -> None:
    on = bench(labels=LabelSet.of(LABELS))
    [step] = await steps(Demos(first=10, nearest=(2, 3)), on, epochs=1)
    size = len(on.reflect)
    assert [candidate.change for candidate in step.candidates][:2] == [
        f"the 2 nearest of {size} worked examples as turns",
        f"the 2 nearest of {size} worked examples in words",
    ]
    for candidate in step.candidates[:2]:
        assert {demo.text for demo in candidate.prompt.demos} == {item.text for item in on.reflect}
        assert candidate.prompt.nearest == 2
    assert [candidate.prompt.nearest for candidate in step.candidates[2:]] == [0, 0]


async def test_demos_searches_number_order_form_and_definitions_of_chosen_examples() -> None:
    labeller = FakeProvider(beside)
    found = await steps(Demos(first=10, nearest=(2, 1, 4)), bench(labeller), epochs=3)
    changes = [candidate.change for step in found[1:] for candidate in step.candidates]
    wholes = [candidate for step in found for candidate in step.candidates]
    best = max(wholes, key=lambda candidate: candidate.reward)
    assert best.prompt.nearest and best.prompt.turns
    assert "the nearest example first" in changes and "the examples in words" in changes
    assert any(change.startswith("the 1 nearest of") for change in changes)
    assert any(not candidate.prompt.nearest and candidate.prompt.demos for candidate in wholes)  # drawn ones, too


@pytest.mark.parametrize(("shots", "characters"), [(1, 3000), (32, 30)])
async def test_demos_chooses_no_more_examples_than_fit(shots: int, characters: int) -> None:
    on = bench(labels=LabelSet.of(LABELS))
    found = await steps(Demos(first=10, nearest=(2, 3), shots=shots, characters=characters), on)
    assert not any(candidate.prompt.nearest for step in found for candidate in step.candidates)


async def test_demos_without_usable_items_tries_the_definitions_and_ends() -> None:
    found = await steps(Demos(longest=5), bench())
    assert [[candidate.change for candidate in step.candidates] for step in found] == [["definitions"]]
    assert await steps(Demos(longest=5, definitions=False), bench()) == []


async def test_demos_never_tries_a_prompt_twice_and_ends_when_there_is_none_left() -> None:
    few = [Item(f"i{number}", f"red thing {number}", ("red",)) for number in range(30)]
    labeller = FakeProvider(lambda call: "green")
    on = bench(labeller, labels=LabelSet.of(LABELS), made=few)
    on.reflect = on.reflect[:2]
    found = await steps(Demos(shots=2, first=10), on, epochs=50)
    texts = [candidate.prompt.render() for step in found for candidate in step.candidates]
    assert len(texts) == len(set(texts)) <= 8  # of two items four sets, with the order, each shown in two ways
    assert len(found) < 50


@pytest.mark.parametrize(("held", "others", "characters"), [(4, 5, 99), (4, 0, 99), (4, 5, 4), (1, 5, 99), (9, 9, 9)])
def test_what_is_told_of_varied_examples_is_what_became_of_them(held: int, others: int, characters: int) -> None:
    pool = [Item(f"i{n}", chr(97 + n), ("red",)) for n in range(held + others)]
    before = [Demo(item.text, ("red",)) for item in pool[:held]]
    told = Counter[str]()
    for seed in range(60):
        after, words = varied(before, DemonstrationSampler(shown(pool), 12, characters), random.Random(seed))
        assert len(after) == len(set(after)) and (
            len(after) <= len(before) or DemonstrationSampler(shown(pool), 12, characters).fit(after)
        )
        new, gone = len(set(after) - set(before)), len(set(before) - set(after))
        counts = {
            kind: int(number) if number != "an" else 1
            for number, kind in re.findall(r"(an|\d+) examples? (\w+)", words)
        }
        told.update(counts)
        assert counts.get("replaced", 0) + counts.get("added", 0) == new
        assert counts.get("replaced", 0) + counts.get("dropped", 0) == gone
    assert told["replaced"] > 0 if others else set(told) == {"dropped"}


def test_covering_shows_every_label_before_any_twice() -> None:
    pool = [Item(f"i{n}", f"text {n}", (label,)) for n, label in enumerate(["red"] * 8 + ["green", "blue"])]
    for seed in range(10):
        assert {demo.answer[0] for demo in DemonstrationSampler(shown(pool), 3).covering(random.Random(seed))} == set(
            LABELS
        )
    assert len(DemonstrationSampler(shown([Item("x", "nothing", ())]), 3).covering(random.Random(1))) == 1


def test_covering_shows_no_more_items_without_a_label_than_of_a_label() -> None:
    pool = [Item(f"i{n}", f"text {n}", (LABELS[n % 3],) if n < 60 else ()) for n in range(90)]
    counts = Counter(demo.answer for demo in DemonstrationSampler(shown(pool), 32).covering(random.Random(1)))
    assert set(counts.values()) == {8}


async def test_demos_ends_with_a_prompt_that_makes_no_error() -> None:
    labeller = FakeProvider(knows(*LABELS))
    assert await steps(Demos(), bench(labeller)) == [] and len(labeller.calls) == 10


async def test_an_item_is_asked_without_its_own_example() -> None:
    """Else a prompt would be praised for answers that stand in it: with split=none, and on the reflect items."""

    def copies(call: Call) -> str:
        pairs = zip(call.messages, call.messages[1:], strict=False)
        own = (answer for asked, answer in pairs if asked["content"] == call.messages[-1]["content"])
        return next((answer["content"] for answer in own), "none")

    on = bench(FakeProvider(copies))
    own, other = (Demo(text, ("red",)) for text in (f"{on.reflect[0].text}  ", "another red thing"))
    for turns in (True, False):
        prompt = START.with_demos([own, other], turns=turns)
        assert prompt.without(on.reflect[0].text).demos == (other,)
        assert prompt.without("a text of its own") is prompt
        found = await on.evaluate(prompt, items=[item for item in on.reflect if item.gold])
        assert found.prompt == prompt and found.reward == 0.0


def test_a_rewrite_without_moves_is_refused() -> None:
    with pytest.raises(ValueError) as told:
        Rewrite(moves=[])
    assert "moves" in str(told.value)


async def test_half_a_character_in_a_reply_is_replaced() -> None:
    assert Reply("a \ud83d b 😀").text == "a \ufffd b 😀"
    rewriter = FakeProvider(rewrites("- Look for green. \ud83d"))
    first, *_ = await steps(Rewrite(), bench(rewriter=rewriter))
    assert first.candidates and all(one.prompt.fingerprint and one.prompt.render().encode() for one in first.candidates)


async def test_rewrite_improves_and_shows_what_a_rewriter_needs() -> None:
    rewriter = FakeProvider(rewrites("- When you see it, look for green."))
    on = bench(rewriter=rewriter)
    first, *_ = await steps(Rewrite(), on)
    start = await on.evaluate(START)
    assert first.candidates[0].reward > start.reward
    assert {candidate.change for candidate in first.candidates} == {"rewritten", "rules added"}
    shown = said(rewriter.calls)[0]
    assert START.instructions in shown
    assert "- green: missed" in shown
    assert "- blue: look for blue" in shown
    assert shown.count("Case ") == 5
    assert "Predicted: " in shown
    assert "Missing: green" in shown
    assert "Tried before" not in shown
    assert "Tried before" in said(rewriter.calls)[4]
    assert len({call.sample for call in rewriter.calls[:4:2]}) == 2


async def test_rewrite_shows_no_select_item_and_other_cases_in_the_next_epoch() -> None:
    rewriter = FakeProvider(lambda call: "no idea")
    on = bench(FakeProvider(lambda call: "none"), rewriter)
    found = await steps(Rewrite(failures=3), on, epochs=2)
    assert [step.rejected for step in found] == [{"incomplete": 4}] * 2
    asked = said(rewriter.calls)
    assert not any(item.text in text for text in asked for item in SELECT)
    cases = [{item.id for item in on.reflect if item.text in asked[place]} for place in (0, 4)]
    assert len(cases[0]) == len(cases[1]) == 3
    assert not cases[0] & cases[1]


async def test_rewrite_ends_when_nothing_is_wrong() -> None:
    assert await steps(Rewrite(), bench(FakeProvider(knows(*LABELS)))) == []


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply("<prompt>\nName the col", "length"), "truncated"),
        ("Sure.", "incomplete"),
        ("<prompt></prompt>", "incomplete"),
        ("<prompt>Name the colours: red and green.</prompt>", "label_list_lost"),
        (f"<prompt>{START.instructions}</prompt>", "copy"),
        (f"<prompt>{START.instructions} {'very ' * 2000}</prompt>", "too_long"),
        (f"<prompt>{START.instructions}\nThe text: {{text}}</prompt>", "placeholder"),
        (f"<prompt>{START.instructions}\n[Insert the labels here]</prompt>", "placeholder"),
        (f"<prompt>{START.instructions}\nAnd so on...</prompt>", "placeholder"),
        ("QUOTE", "quotes_items"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 16 else "",
)
async def test_a_proposal_that_is_not_admitted_costs_no_labeller_call(reply: Any, reason: str) -> None:
    def answer(call: Call) -> Any:
        if reply == "QUOTE":
            text = call.messages[-1]["content"].split("Text:\n")[1].split("\n")[0]
            return f"<prompt>{START.instructions}\nFor example, {text}.</prompt>"
        return reply

    labeller = FakeProvider(knows("red"))
    on = bench(labeller, FakeProvider(answer))
    [step] = await steps(Rewrite(proposals=1, moves=["rewrite"]), on, epochs=1)
    assert step.candidates == []
    assert step.rejected == {reason: 1}
    assert len(labeller.calls) == 20  # the incumbent on select and on reflect


async def test_rules_are_added_below_one_heading_and_not_twice() -> None:
    def answer(call: Call) -> str:
        number = call.messages[-1]["content"].count("- reward")
        return f"<rules>\n* look for green\n- look for blue {number}\n</rules>"

    found = await steps(Rewrite(proposals=1, moves=["rules"]), bench(rewriter=FakeProvider(answer)))
    text = found[-1].candidates[-1].prompt.instructions
    assert text.count("Rules:") == 1
    assert text.count("- look for green") == 1
    assert text.startswith(START.instructions)


async def test_the_tutorial_takes_every_proposal_and_shows_five_feedbacks_without_texts() -> None:
    rewriter = FakeProvider(rewrites("do worse"))
    on = bench(rewriter=rewriter)
    found = await steps(Tutorial(), on)
    assert [len(step.candidates) for step in found] == [1, 1, 1]
    shown = said(rewriter.calls)[0]
    assert shown.count("\n- ") - START.instructions.count("\n- ") == 5
    assert not any(item.text in shown for item in on.reflect)
    assert "Mean reward: " in shown
    assert rewriter.calls[0].temperature == 0.7


async def test_the_tutorial_keeps_its_prompt_when_the_rewriter_says_nothing() -> None:
    found = await steps(Tutorial(), bench(rewriter=FakeProvider(lambda call: "  ")))
    assert [(step.candidates, step.rejected) for step in found] == [([], {"incomplete": 1})] * 3


def outcome(number: int, verdict: Verdict | None, text: str = "a text") -> Outcome:
    return Outcome(Item(f"i{number}", text, verdict.gold if verdict else ()), Reply("x"), verdict)


def test_feedback_in_words() -> None:
    verdicts = [
        label_verdict(("red",), ("green",)),
        label_verdict(("red", "blue"), ("green",), ("pink",)),
        label_verdict((), (), (), "refused"),
        label_verdict(("red",), ("red",)),
    ]
    assert confusion_lines(verdicts) == [
        "- green: missed 0 times, wrongly given 2 times",
        "- red: missed 2 times, wrongly given 0 times",
        "- blue: missed 1 times, wrongly given 0 times",
        "- 'pink' was given 1 times and is not a label",
        "- 1 replies were refused",
    ]
    outcomes = [outcome(number, verdict) for number, verdict in enumerate(verdicts)]
    evaluation = Evaluation(START, outcomes, 0.25, {o.item.id: 0.0 for o in outcomes})
    assert [o.item.id for o in instructive(evaluation, 2, {})] == ["i1", "i2"]
    assert [o.item.id for o in instructive(evaluation, 9, {"i1": 1})] == ["i0", "i2", "i1"]
    block = failure_block(1, outcome(1, verdicts[1], "long " * 1000))
    assert "[...]" in block
    assert "Predicted: green, pink\nRight: red, blue" in block
    assert "Right: no label" in failure_block(1, outcome(2, verdicts[2]))
    assert vocabulary_block(LabelSet({"a": "first", "b": ""})) == "The labels:\n- a: first\n- b"
    assert vocabulary_block(NO_NAMES) == ""
    with pytest.raises(ValueError) as told:
        failure_block(1, outcome(3, None))
    assert "verdict" in str(told.value)


def test_admission_looks_at_words() -> None:
    assert LabelSet.of(["Refund_Request", "Other", "Pay"]).named_in("Use Refund-Request or `other`.") == {
        "Refund_Request",
        "Other",
    }
    odd = LabelSet.of(["Q&A", "Don't know", "C++", "Refund", "Refund Request", "वापसी", "退款", "退款申请"])
    assert odd.named_in("- " + "\n- ".join(odd)) == set(odd)
    assert odd.named_in("Q and A, C, REFUND REQUEST: 客户要退款申请。") == {"Refund Request", "退款申请"}
    listed = Prompt("Labels: Q&A, Don't know, C++, Refund, Refund Request, वापसी, 退款, 退款申请")
    for name in odd:
        left = Prompt("One of them: " + ", ".join(other for other in odd if other != name))
        assert Admission(odd, 100).reason_against(left, listed, []) == "label_list_lost"
    text = "the app crashes on my old phone"
    assert quoted_runs(f"If {text}, choose B.", [text])
    assert not quoted_runs(f"If {text}, choose B.", [text], allowed=[f"we say: {text}"])
    assert not quoted_runs("the app crashes on", [text])
    chinese = "我的信用卡昨天被重复扣款了两次"
    assert quoted_runs(f"如果说{chinese},选择退款。", [chinese])
    assert not quoted_runs("我的信用卡要选择退款。", [chinese])
    ruled = Prompt("选择标签。\n退款:客户要求把钱退回来。")
    assert Admission(LabelSet.of(["退款"]), 100).reason_against(ruled, Prompt("选择标签。退款"), []) is None
    longer = Prompt("say a " + "b " * 100)
    assert Admission(LabelSet.of(["a"]), 100).reason_against(longer, Prompt("a"), []) == "too_long"
    assert Admission(LabelSet.of(["a"]), 100).reason_against(longer, Prompt("a " + "c " * 100), []) is None
    admission = Admission(LabelSet.of(["a"]), 100)
    assert admission.reason_against(Prompt(" "), START, []) == "incomplete"
    assert admission.reason_against(Prompt("say a"), Prompt("a"), []) is None
    assert admission.reason_against(Prompt("Say  A"), Prompt("a"), []) == "copy"
