"""optimizer=gepa: minibatches that teach, children that beat their parent, sections in turn, lineages that merge."""

import random
from collections.abc import Sequence
from typing import Any

import pytest
from builders import DEFINED, SELECT, START, bench, steps
from fakes import LABELS, FakeProvider, knows, said

from runner.core.calls import Call, Reply
from runner.core.evaluation import Evaluation, Outcome
from runner.core.items import Item
from runner.core.prompt import Prompt
from runner.optimizers import gepa_prompts as words
from runner.optimizers.gepa import Gepa
from runner.optimizers.toolkit.lineage import Lineage
from runner.optimizers.toolkit.sections import sections_of
from verifiers.labels import label_verdict
from verifiers.verdict import Verdict


def writer(**texts: str) -> FakeProvider:
    """A rewriter with a text for each section; for others it has none."""

    def answer(call: Call) -> str:
        user = call.messages[-1]["content"]
        return next(
            (f"<{tag}>\n{text}\n</{tag}>" for tag, text in texts.items() if f"</{tag}>, and" in user), "no idea"
        )

    return FakeProvider(answer)


BY_SECTION = {"rules": "- look for green", "definitions": "- blue: look for blue, always", "task": "Name the tints."}


async def test_a_child_that_beats_its_parent_is_measured_and_may_be_the_parent_of_the_next() -> None:
    first, second, *_ = await steps(Gepa(merge=False), bench(rewriter=writer(**BY_SECTION)))
    assert {candidate.change for candidate in first.candidates} <= {"rules rewritten", "definitions rewritten"}
    assert first.candidates and all(candidate.parent == START for candidate in first.candidates)
    assert any(candidate.parent != START for candidate in second.candidates)
    assert max(candidate.reward for candidate in second.candidates) == 1.0


async def test_a_child_that_is_no_better_on_its_minibatch_costs_a_minibatch_only() -> None:
    labeller = FakeProvider(knows("red"))
    on = bench(labeller, writer(rules="- Be careful with red."))
    await on.evaluate(START)
    await on.evaluate(START, on="reflect")
    before = len(labeller.calls)
    [step] = await steps(Gepa(sections=["rules"], parents=1, minibatches=1), on, epochs=1)
    assert step.candidates == [] and step.rejected == {"not_better": 1}
    assert len(labeller.calls) - before == 3


async def test_minibatches_of_a_parent_do_not_overlap_and_each_has_an_error() -> None:
    rewriter = writer()
    on = bench(FakeProvider(knows("red", "green")), rewriter)
    await steps(Gepa(minibatch=2), on, epochs=1)
    shown = [{item.id for item in on.reflect if f"{item.text}\n" in text} for text in said(rewriter.calls)]
    assert 2 <= len(shown) <= 4 and all(len(ids) == 2 for ids in shown)
    assert len(set.union(*shown)) == sum(map(len, shown))
    assert all("- blue: missed" in text for text in said(rewriter.calls))


async def test_no_select_item_is_shown_to_the_rewriter() -> None:
    rewriter = writer(**BY_SECTION)
    on = bench(rewriter=rewriter)
    await steps(Gepa(), on)
    assert not any(item.text in text for text in said(rewriter.calls) for item in SELECT)


async def test_sections_are_written_in_turn_and_the_others_stay() -> None:
    rewriter = writer(**BY_SECTION)
    await steps(Gepa(), bench(rewriter=rewriter), epochs=1)
    assert ["<rules> and" in text for text in said(rewriter.calls)] == [True, False, False, True]
    assert "<definitions> and" in said(rewriter.calls)[1] and "<task> and" in said(rewriter.calls)[2]
    assert "The rules of the prompt are now:\n(none yet)" in said(rewriter.calls)[0]
    assert "- green: look for green" in said(rewriter.calls)[1]


async def test_a_parent_without_errors_is_not_drawn_again_and_the_search_ends_when_none_is_left() -> None:
    labeller = FakeProvider(knows(*LABELS))
    on = bench(labeller)
    found = await steps(Gepa(), on)
    assert [(step.candidates, step.rejected) for step in found] == [([], {})]
    assert len(labeller.calls) == 20


async def test_two_lineages_merge() -> None:
    """One child learns green by a rule, the other blue by a definition; what has both is right everywhere."""
    on = bench(rewriter=writer(rules=BY_SECTION["rules"], definitions=BY_SECTION["definitions"]))
    [step] = await steps(Gepa(sections=["rules", "definitions"], parents=1, minibatches=2), on, epochs=1)
    assert [candidate.change for candidate in step.candidates] == [
        "rules rewritten",
        "definitions rewritten",
        "two lineages merged",
    ]
    assert step.candidates[-1].reward == 1.0
    merge = step.candidates[-1]
    assert {merge.parent, *merge.others} == {candidate.prompt for candidate in step.candidates[:2]}


async def test_a_merge_that_is_worse_than_a_side_is_given_up_after_five_items_and_not_tried_again() -> None:
    def labels(call: Call) -> str:
        system = call.messages[0]["content"]
        return "none" if "green" in system.partition("Rules:")[2] and "always" in system else knows("red")(call)

    labeller = FakeProvider(labels)
    on = bench(labeller, writer(rules=BY_SECTION["rules"], definitions=BY_SECTION["definitions"]))
    found = await steps(Gepa(sections=["rules", "definitions"], parents=1, minibatches=2), on, epochs=2)
    assert found[0].rejected == {"not_better": 1}
    both = {call.messages[-1]["content"] for call in labeller.calls if str(call.messages[0]).count("look for") == 2}
    assert len(both & {item.text for item in SELECT}) == 5
    assert "two lineages merged" not in {candidate.change for step in found for candidate in step.candidates}


async def test_another_seed_searches_differently() -> None:
    async def shown(seed: int) -> list[str]:
        rewriter = writer(**BY_SECTION)
        on = bench(rewriter=rewriter)
        on.rng = random.Random(seed)
        await steps(Gepa(), on)
        return said(rewriter.calls)

    assert await shown(1) == await shown(1) != await shown(2)


async def test_a_rewriter_that_never_answers_gives_empty_epochs() -> None:
    found = await steps(Gepa(), bench(FakeProvider(lambda call: "none"), writer()))
    assert [step.candidates for step in found] == [[]] * 3
    assert all(step.rejected.keys() == {"incomplete"} for step in found)


def task(turn: words.Part, *verdicts: Verdict, prompt: Prompt = START) -> words.Task:
    outcomes = [Outcome(Item(f"i{n}", f"text {n}", v.gold), Reply("x"), v) for n, v in enumerate(verdicts)]
    return words.Task(Evaluation(prompt, outcomes, 0.0, {}), turn, DEFINED)


CONFUSED = label_verdict(("red",), ("green",))


@pytest.mark.parametrize(
    ("turn", "written", "section", "expected"),
    [
        ("rules", "Rules:\n* red wins\n* red wins\n- blue loses", "rules", "- red wins\n- blue loses"),
        ("definitions", "What the labels mean:\n- Green: of leaves\n- blue: the sky\n- mauve: x", "definitions",
         "- green: of leaves"),
        ("task", "Choose a colour.\n\nLabels:\n- red\n- green\n- blue", "task", "Choose a colour."),
    ],
)  # fmt: skip
def test_an_edit_touches_its_section_only(turn: Any, written: str, section: Any, expected: str) -> None:
    child, lacking = words.edited(task(turn, CONFUSED), Reply(f"<{turn}>{written}</{turn}>"))
    assert lacking is None and sections_of(child).get(section) == expected
    others = {"task", "labels", "rules", "definitions"} - {section}
    assert all(sections_of(child).get(name) == sections_of(START).get(name) for name in others)


@pytest.mark.parametrize(
    ("turn", "written"), [("definitions", "- blue: the sky"), ("task", "Labels:\n- red"), ("task", "Name the colours.")]
)
def test_an_edit_that_changes_nothing_is_none(turn: Any, written: str) -> None:
    assert words.edited(task(turn, CONFUSED), Reply(f"<{turn}>{written}</{turn}>"))[1] == "incomplete"


def test_where_no_label_was_confused_the_task_is_written_instead_of_definitions() -> None:
    assert task("definitions", label_verdict((), (), ("mauve",))).part == "task"
    assert task("definitions", CONFUSED).confused == ["red", "green"]


def measured(prompt: Prompt, reward: float) -> Evaluation:
    return Evaluation(prompt, [], reward, {})


def edited(rules: Sequence[str] = (), green: str = "", base: Prompt = START) -> Prompt:
    sections = sections_of(base).with_rules(list(rules)) if rules else sections_of(base)
    return Prompt((sections.with_definitions({"green": green}, DEFINED) if green else sections).text())


def test_only_lineages_with_a_common_ancestor_that_is_no_better_merge() -> None:
    rule, meaning = edited(["red wins"]), edited(green="of leaves")
    grown = edited(green="of leaves and frogs")
    family = Lineage()
    family.add(measured(START, 0.5))
    family.add(measured(rule, 0.6), START)
    family.add(measured(meaning, 0.7), START)
    family.add(measured(grown, 0.8), meaning)
    assert family.ancestors(grown) == [meaning, START]
    assert family.merges([meaning, grown, START]) == []
    found = family.merges([rule, grown])
    assert [one.prompt for one in found] == [edited(["red wins"], "of leaves and frogs")]
    assert [side.reward for side in found[0].sides] == [0.8, 0.6]
    family.given_up.add(found[0].prompt)
    assert family.merges([rule, grown]) == []
    family.add(measured(START, 0.65))
    assert [one.prompt for one in family.merges([rule, meaning])] == []


def test_no_sections_are_refused() -> None:
    with pytest.raises(ValueError) as told:
        Gepa(sections=[])
    assert "sections" in str(told.value)
