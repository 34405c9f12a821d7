"""optimizer=capo: who is crossed with whom, what the race and the penalty do, and what is left without a rewriter."""

import random
from itertools import count, pairwise
from typing import Any

from builders import DEFINED, SELECT, START, bench, shown, steps
from fakes import LABELS, FakeProvider, knows, said

from runner.core.errors import CallFailed
from runner.core.items import Item
from runner.core.prompt import Demo, Prompt
from runner.optimizers.capo import Capo
from runner.optimizers.capo_crossover import child_of, varied
from runner.optimizers.toolkit.demonstrations import DemonstrationSampler
from runner.optimizers.toolkit.sections import guidance, sections_of
from verifiers.label_set import LabelSet

BARE = LabelSet.of(LABELS)
SOUNDS = ["ping", "moss", "lamp", "kite", "drum", "fern", "gold", "yarn", "oboe", "reed"]


def other_words() -> Any:
    """A rewriter that answers each question in words of its own."""
    number = count(100)
    return lambda call: (
        f"<prompt>Name colours. {' '.join(SOUNDS[int(digit)] for digit in str(next(number))) * 2}</prompt>"
    )


def dead() -> FakeProvider:
    return FakeProvider(lambda call: CallFailed("overloaded"))


async def test_the_founders_have_examples_that_cover_the_labels_and_half_of_them_definitions() -> None:
    on = bench(FakeProvider(lambda call: "red"), FakeProvider(other_words()))
    [step] = await steps(Capo(shots=4, nearest=()), on, epochs=1)
    assert [len(candidate.prompt.demos) for candidate in step.candidates] == [4, 2, 1, 4]
    assert [candidate.prompt.turns for candidate in step.candidates] == [False, True] * 2
    assert [bool(sections_of(one.prompt).get("definitions")) for one in step.candidates] == [True, True, False, False]
    assert all(one.parent == START and sections_of(one.prompt).get("labels") for one in step.candidates)
    assert step.candidates[0].change == "4 worked examples in words, definitions, paraphrased"
    gold = {item.text: item.gold for item in on.reflect}
    assert all(gold[demo.text] == demo.answer for one in step.candidates for demo in one.prompt.demos)


async def test_two_founders_choose_the_nearest_of_all_examples_and_children_keep_the_whole_pool() -> None:
    on = bench(FakeProvider(lambda call: "red"), FakeProvider(other_words()))
    found = await steps(Capo(nearest=(2, 4)), on, epochs=6)
    first = found[0].candidates
    assert [(one.prompt.nearest, one.prompt.turns) for one in first[:2]] == [(2, False), (2, True)]
    assert first[0].change == "the 2 nearest of 10 worked examples in words, definitions, paraphrased"
    chosen = [one.prompt for step in found for one in step.candidates if one.prompt.nearest]
    assert {demo.text for prompt in chosen for demo in prompt.demos} == {item.text for item in on.reflect}
    assert {len(prompt.demos) for prompt in chosen} == {len(on.reflect)}
    assert len({(prompt.nearest, prompt.turns, prompt.nearest_first) for prompt in chosen}) > 2


def test_a_prompt_pays_for_the_examples_that_it_sends() -> None:
    pool = tuple(Demo("x" * 100, ("red",)) for _ in range(50))
    chosen, fixed = (Prompt("Choose.", pool, turns=True, nearest=count) for count in (2, 0))
    assert chosen.sent_characters == Prompt("Choose.", pool[:2], turns=True, nearest=2).sent_characters
    assert 200 < chosen.sent_characters < 260 and fixed.sent_characters == len(fixed.render()) > 5000


async def test_long_definitions_of_the_data_set_are_not_what_a_rewriter_made_up() -> None:
    wordy = LabelSet(dict.fromkeys(LABELS, "look well, and then once more, " * 30 + "..."))
    on = bench(FakeProvider(lambda call: "red"), FakeProvider(other_words()), labels=wordy)
    [step] = await steps(Capo(shots=4, max_length=1000), on, epochs=1)
    assert [bool(sections_of(one.prompt).get("definitions")) for one in step.candidates] == [True, True, False, False]
    assert not step.rejected


async def test_two_prompts_are_merged_then_paraphrased_and_the_rewriter_sees_no_item() -> None:
    rewriter = FakeProvider(other_words())
    on = bench(FakeProvider(lambda call: "red"), rewriter)
    first, second = await steps(Capo(), on, epochs=2)
    asked = said(rewriter.calls)
    founded, merging, paraphrasing = asked[:4], asked[4:-4], asked[-4:]
    assert all("Say the same in other words" in text for text in founded + paraphrasing)
    assert 1 <= len(merging) <= 4
    words = {guidance(candidate.prompt) for candidate in first.candidates} | {guidance(START)}
    for text in merging:
        assert "Merge them into one prompt" in text
        assert sum(f"<prompt>\n{each}\n</prompt>" in text for each in words) == 2
        assert "- blue: look for blue" in text
    parents = {START, *(candidate.prompt for candidate in first.candidates)}
    assert second.candidates
    assert all(one.parent in parents and one.change.startswith("crossed, ") for one in second.candidates)
    assert not any(item.text in text for item in (*on.reflect, *SELECT) for text in asked)


async def test_the_race_gives_up_children_that_are_surely_beaten_and_saves_their_calls() -> None:
    labeller = FakeProvider(knows("red"))
    on = bench(labeller, dead())
    [step] = await steps(Capo(population=1, crossovers=4, block=5, penalty=0.0), on, epochs=1)
    assert step.rejected["raced_out"] == 2  # those without definitions
    assert all(sections_of(one.prompt).get("definitions") for one in step.candidates)
    assert len(labeller.calls) == 10 + 2 * 10 + 2 * 5


async def test_long_prompts_pay_so_that_of_equals_the_shorter_survives() -> None:
    async def mothers(penalty: float) -> set[int]:
        on = bench(FakeProvider(lambda call: "red"), dead(), labels=BARE)
        _, second = await steps(Capo(population=2, shots=4, penalty=penalty, block=99, nearest=()), on, epochs=2)
        return {len(one.parent.demos) for one in second.candidates}

    assert await mothers(0.05) <= {0, 1}
    assert await mothers(0.0) <= {0, 4}


async def test_what_was_measured_to_the_end_is_yielded_though_it_does_not_survive() -> None:
    on = bench(FakeProvider(lambda call: "red"), dead(), labels=BARE)
    [step] = await steps(Capo(population=1, block=99), on, epochs=1)
    assert len(step.candidates) == 4 and "raced_out" not in step.rejected


async def test_without_a_rewriter_examples_vary_and_no_prompt_comes_twice() -> None:
    on = bench(FakeProvider(lambda call: "red"), dead(), labels=BARE)
    found = await steps(Capo(nearest=()), on, epochs=6)
    assert len(found) == 6
    assert all(step.rejected["incomplete"] == 4 for step in found)  # the paraphrases; equal words are not merged
    prompts = [candidate.prompt for step in found for candidate in step.candidates]
    assert len(prompts) == len(set(prompts)) >= 12
    assert {prompt.instructions for prompt in prompts} == {START.instructions}
    changes = {candidate.change for step in found[1:] for candidate in step.candidates}
    kinds = ("an example added", "an example dropped", "examples in words", "examples as turns")
    assert {"crossed, examples in words", "crossed, examples as turns"} <= changes
    assert changes <= {f"crossed, {what}" for what in (*kinds, "examples shuffled")} | {"crossed"}


async def test_words_that_lose_a_label_are_counted_and_the_child_keeps_its_mothers() -> None:
    free = Prompt("Say red, green or blue.")
    on = bench(FakeProvider(lambda call: "red"), FakeProvider(lambda call: "<prompt>Say red.</prompt>"), labels=BARE)
    [step] = await steps(Capo(), on.starting_from(free), epochs=1)
    assert step.rejected == {"label_list_lost": 4}
    assert {one.prompt.instructions for one in step.candidates} == {free.instructions}


async def test_with_nothing_to_vary_each_epoch_still_yields() -> None:
    on = bench(FakeProvider(lambda call: "red"), dead(), labels=BARE)
    found = await steps(Capo(shots=0), on)
    assert [(step.candidates, step.rejected) for step in found] == [([], {"incomplete": 4, "copy": 4})] * 3
    found = await steps(Capo(longest=1), bench(FakeProvider(lambda call: "red"), dead()))
    assert [one.change for one in found[0].candidates] == ["definitions"]


async def test_it_climbs_and_ends_when_nothing_is_wrong() -> None:
    found = await steps(Capo(), bench(rewriter=dead(), labels=DEFINED), epochs=9)
    assert max(candidate.reward for step in found for candidate in step.candidates) == 1.0
    assert len(found) < 9


async def test_another_seed_searches_differently() -> None:
    async def prompts(seed: int) -> list[str]:
        on = bench(FakeProvider(lambda call: "red"), dead(), seed=seed)
        return [one.prompt.render() for step in await steps(Capo(), on) for one in step.candidates]

    assert await prompts(1) != await prompts(2)


async def test_the_cost_is_that_of_the_children_on_all_select_items() -> None:
    assert Capo().calls(18, 18) == (72, 8)
    labeller, rewriter = FakeProvider(lambda call: "red"), FakeProvider(other_words())
    on = bench(labeller, rewriter)
    spent = [10]
    async for _ in Capo().run(on):
        spent.append(len(labeller.calls))
        if len(spent) == 5:
            break
    assert all(after - before <= 40 for before, after in pairwise(spent))
    assert len(rewriter.calls) <= 4 * 8


ALL = DemonstrationSampler([], 32, 3000)


def test_a_child_has_half_of_its_parents_examples() -> None:
    a, b, c = (Demo(name, ("red",)) for name in "abc")
    mother, father = START.with_demos([a, b]), Prompt("other", (b, c))
    seen = set()
    for seed in range(50):
        child = child_of(mother, father, ALL, random.Random(seed))
        assert child.prompt.instructions == START.instructions and child.mother == mother
        assert len(set(child.prompt.demos)) == 2
        seen.update(child.prompt.demos)
    assert seen == {a, b, c}
    assert child_of(START, START.with_demos([a]), ALL, random.Random(1)).prompt.demos == ()
    shown = START.with_demos([a, b, c], turns=True)
    for one, other, turns in [(shown, father, True), (START, shown, True), (mother, shown, False)]:
        assert child_of(one, other, ALL, random.Random(1)).prompt.turns == turns
    long = START.with_demos([Demo("x" * 9, ("red",)), Demo("y" * 9, ())])
    assert len(child_of(long, long, DemonstrationSampler([], 9, 17), random.Random(1)).prompt.demos) == 1


def test_an_example_is_added_or_dropped_or_all_shown_otherwise_or_shuffled_in_a_quarter_of_the_cases_each() -> None:
    pool = [Item(f"i{n}", f"text {n}", ("red",)) for n in range(9)]
    prompt = START.with_demos([Demo(item.text, ("red",)) for item in pool[:3]])
    made = [varied(prompt, DemonstrationSampler(shown(pool), 5, 1000), random.Random(seed))[0] for seed in range(400)]
    kinds = [(len(one.demos), one.turns) for one in made]
    assert all(70 < kinds.count(kind) < 130 for kind in [(2, False), (3, False), (4, False), (3, True)])
    without = {
        (2, False, "an example dropped"),
        (3, False, "examples shuffled"),
        (3, True, "examples as turns"),
    }
    for full in (
        DemonstrationSampler(shown(pool), 3, 1000),
        DemonstrationSampler(shown(pool), 5, sum(len(demo.text) for demo in prompt.demos)),
    ):
        found = [varied(prompt, full, random.Random(seed)) for seed in range(100)]
        assert {(len(one.demos), one.turns, change) for one, change in found} == without
    assert {varied(START, DemonstrationSampler([], 3, 1000), random.Random(seed))[1] for seed in range(20)} == {""}
