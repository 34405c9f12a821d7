"""The primitives of a search: paired gains, the Ladder, racing, halving, fronts, sections, merging, questions."""

import random
from collections.abc import Sequence

import pytest
from builders import START, bench
from fakes import LABELS, FakeProvider, knows
from hypothesis import given
from hypothesis import strategies as st

from runner.core.calls import Reply
from runner.core.evaluation import Evaluation, Outcome
from runner.core.items import Item
from runner.core.prompt import Demo, Prompt, default_prompt
from runner.experiment.selection import PairedDifference, accepts, paired_difference, top
from runner.experiment.strategy import Candidate
from runner.optimizers.toolkit.admission import Admission
from runner.optimizers.toolkit.feedback import example_blocks
from runner.optimizers.toolkit.history import History, gist
from runner.optimizers.toolkit.pareto import front, item_front, label_front, label_scores
from runner.optimizers.toolkit.racing import halve, halving_calls, race
from runner.optimizers.toolkit.rewriter_io import all_tagged, ask_all, how_to_write, question, tagged
from runner.optimizers.toolkit.section_edits import Edit
from runner.optimizers.toolkit.sections import Sections, guidance, merged, sections_of, with_guidance
from verifiers.label_set import LabelSet
from verifiers.labels import Labels, label_verdict
from verifiers.verdict import Verdict


def measured(words: str, credits: Sequence[float]) -> Evaluation:
    by_item = {f"i{place}": credit for place, credit in enumerate(credits)}
    return Evaluation(Prompt(words), [], sum(credits) / len(credits), by_item)


def test_a_gain_is_paired_over_what_both_were_measured_on() -> None:
    found = paired_difference(measured("a", [0, 0, 1, 1]), measured("b", [1, 1, 1]))
    assert found == PairedDifference(pytest.approx(2 / 3), pytest.approx(1 / 3), 3)
    assert paired_difference(measured("a", [0.0]), measured("b", [1.0])).error == float("inf")
    assert paired_difference(
        measured("a", [0, 0, 1]), measured("b", [1, 0, 1]), items={"i1", "i2"}
    ) == PairedDifference(0.0, 0.0, 2)


def test_the_ladder_takes_only_a_gain_above_its_standard_error() -> None:
    assert (
        accepts(PairedDifference(0.2, 0.1, 20))
        and not accepts(PairedDifference(0.1, 0.1, 20))
        and not accepts(PairedDifference(0.0, 0.0, 20))
    )
    assert not accepts(paired_difference(measured("a", [0.0]), measured("b", [1.0])))


def test_the_ladder_rarely_climbs_on_luck() -> None:
    """Of candidates that are no better than the incumbent few replace it, however many are tried."""
    chance = random.Random(5)
    taken = {"argmax": 0, "ladder": 0}
    for _ in range(200):
        before = measured("a", [chance.random() < 0.7 for _ in range(20)])
        after = measured("b", [chance.random() < 0.7 for _ in range(20)])
        taken["argmax"] += after.reward > before.reward
        taken["ladder"] += accepts(paired_difference(before, after))
    assert taken["ladder"] < 0.25 * 200 < taken["argmax"]


PROMPTS = [Prompt("a"), Prompt("look for green"), Prompt("b"), Prompt("look for green, look for blue"), Prompt("c")]


async def test_a_race_gives_up_what_others_surely_beat() -> None:
    labeller = FakeProvider(knows("red"))
    on = bench(labeller)
    raced = await race(on, PROMPTS, keep=1, block=4, first_test=2)
    assert [one.prompt for one in raced.kept] == [PROMPTS[3]]
    assert len(raced.kept[0].credits) == on.select_size == 10
    assert set(raced.dropped) == set(PROMPTS) - {PROMPTS[3]} and raced.dropped[PROMPTS[0]] == 8
    assert len(labeller.calls) < 5 * 10


async def test_a_race_of_equals_gives_none_up_before_the_end() -> None:
    raced = await race(bench(FakeProvider(knows(*LABELS))), PROMPTS, keep=2, block=4)
    assert [one.prompt for one in raced.kept] == PROMPTS[:2]
    assert set(raced.dropped.values()) == {10}


def by_length(prompt: Prompt) -> float:
    return len(prompt.render()) / 100


async def test_in_a_race_with_a_penalty_the_shorter_of_equals_wins_in_the_end() -> None:
    on = bench(FakeProvider(knows(*LABELS)))
    long, longer, short = Prompt("so many words"), Prompt("so very many words"), Prompt("few")
    raced = await race(on, [longer, long, short], keep=1, block=4, first_test=1, penalty=by_length)
    assert [one.prompt for one in raced.kept] == [short]
    assert raced.dropped == {longer: 10, long: 10}  # that one is shorter drops none in a block
    assert [one.prompt for one in (await race(on, [longer, long], keep=1, block=4)).kept] == [longer]


async def test_in_a_race_who_costs_more_must_be_better_by_more() -> None:
    bad, good = Prompt("red"), Prompt("look for green, look for blue")
    raced = await race(bench(), [bad, good], keep=1, block=4, first_test=1)
    assert raced.dropped == {bad: 4}
    dear = await race(bench(), [bad, good], keep=1, block=4, first_test=1, penalty=lambda prompt: 9 * by_length(prompt))
    assert dear.dropped == {good: 10}


async def test_halving_spends_most_on_the_best() -> None:
    labeller = FakeProvider(knows("red"))
    raced = await halve(bench(labeller), PROMPTS, keep=1, first=3)
    assert [one.prompt for one in raced.kept] == [PROMPTS[3]]
    assert sorted(raced.dropped.values()) == [3, 3, 6, 10]
    assert len(labeller.calls) == 5 * 3 + 3 * 3 + 2 * 4


@pytest.mark.parametrize(("prompts", "keep", "first"), [(5, 1, 3), (5, 2, 4), (5, 3, 6), (3, 3, 2), (4, 1, 99)])
async def test_halving_costs_what_it_says(prompts: int, keep: int, first: int) -> None:
    labeller = FakeProvider(knows("red"))
    await halve(bench(labeller), PROMPTS[:prompts], keep, first=first)
    assert len(labeller.calls) == halving_calls(prompts, 10, keep, first=first)
    assert halving_calls(prompts - 1, 10, keep, first=first) < len(labeller.calls)


async def test_some_of_the_select_items_come_first_for_every_prompt() -> None:
    on = bench()
    few = await on.evaluate(PROMPTS[0], count=4)
    more = await on.evaluate(PROMPTS[1], count=6)
    assert list(few.credits) == list(more.credits)[:4]
    assert len((await on.evaluate(PROMPTS[0], count=99)).credits) == 10
    assert len(on.minibatch(3)) == 3 and set(on.minibatch(99)) == set(on.reflect)


def test_a_front_keeps_who_leads_somewhere_and_drops_the_dominated() -> None:
    a, b, c, d = (Prompt(name) for name in "abcd")
    found = front({a: {"x": 1, "y": 0}, b: {"x": 0, "y": 1}, c: {"x": 1, "y": 0}, d: {"x": 0, "y": 0}})
    assert found.leads == {a: {"x"}, b: {"y"}}  # c leads where a does: of equals the later goes
    drawn = [found.draw(random.Random(seed))[0] for seed in range(200)]
    assert 60 < drawn.count(a) < 140
    assert set(found.draw(random.Random(1), 5)) == {a, b}
    skewed = front({a: dict.fromkeys("uvwx", 1.0), b: {"y": 1.0}})
    assert [skewed.draw(random.Random(seed))[0] for seed in range(200)].count(a) > 130
    assert front({}).draw(random.Random(1)) == []


def judged(words: str, *verdicts: Verdict) -> Evaluation:
    outcomes = [Outcome(Item(f"i{n}", "", v.gold), Reply(""), v) for n, v in enumerate(verdicts)]
    return Evaluation(Prompt(words), outcomes, 0.0, {f"i{n}": float(v.exact) for n, v in enumerate(verdicts)})


def test_fronts_are_by_item_and_by_label() -> None:
    one = judged("a", label_verdict(("red",), ("red",)), label_verdict(("green",), ("red",)))
    other = judged("b", label_verdict(("red",), ("green",)), label_verdict(("green",), ("green",)))
    assert label_scores(one) == {"red": pytest.approx(2 / 3), "green": 0.0}
    assert label_front([one, other]).leads == {one.prompt: {"red"}, other.prompt: {"green"}}
    assert item_front([one, other]).leads == {one.prompt: {"i0"}, other.prompt: {"i1"}}


DEFINED = LabelSet({"red": "the colour of blood", "green": "", "blue": "of the sky"})


def test_the_default_prompt_has_a_task_and_labels() -> None:
    found = sections_of(default_prompt(Labels(DEFINED).instructions()))
    assert list(found.parts) == ["task", "labels"]
    assert found.get("labels") == "- red\n- green\n- blue"
    assert found.text() == default_prompt(Labels(DEFINED).instructions()).instructions


@given(st.lists(st.sampled_from(["Rules:", "- a rule", "Labels:", "- red", "", "How to answer:", "text", "Rules"])))
def test_sections_read_back_and_no_line_is_lost(lines: list[str]) -> None:
    text = "\n".join(lines)
    found = Sections.of(text)
    assert Sections.of(found.text()) == found
    bare = [line for line in text.splitlines() if line in {"- a rule", "- red", "text", "Rules"}]
    assert sorted(line for line in found.text().splitlines() if line in set(bare)) == sorted(bare)


def test_headings_of_markdown_part_a_prompt_too() -> None:
    prompt = Prompt("# Role\nYou label.\n\n## Labels:\n- a\n- b\n\n# Notes\nBe brief.\n### **Output format**\nJSON")
    found = sections_of(prompt)
    assert found.parts == {
        "task": "# Role\nYou label.\n\n# Notes\nBe brief.", "labels": "- a\n- b", "answer": "JSON",
    }  # fmt: skip
    assert with_guidance(prompt, "Label well.").instructions == (
        "Label well.\n\nLabels:\n- a\n- b\n\nHow to answer:\nJSON"
    )
    for whole in (
        "How to answer:\nLike:\n```\n# a JSON object\n## Labels\n{}\n```\nNothing else.",
        "## Rules\n- r1\n### Exceptions\n- but e1",
        "What the labels mean:\n# a\nmoney\n# b\nfood",
        "## Labels ##\n### Money\n- a",
    ):
        assert len(sections_of(Prompt(whole)).parts) == 1 and "task" not in sections_of(Prompt(whole)).parts
    assert sections_of(Prompt("#hash labels\nx #labels")).parts == {"task": "#hash labels\nx #labels"}


def test_an_edit_is_local() -> None:
    before = sections_of(default_prompt(Labels(DEFINED).instructions()))
    ruled = before.with_rules(["red wins over blue", "- red wins over blue", "", "* never guess"])
    assert ruled.rules() == ["red wins over blue", "never guess"]
    assert ruled.put("rules", "") == before
    defined = ruled.with_definitions({"green": "of grass"}, DEFINED)
    assert defined.get("definitions") == "- green: of grass"
    again = defined.with_definitions({"red": "of blood"}, DEFINED)
    assert again.definitions(DEFINED) == {"green": "of grass", "red": "of blood"}
    assert again.text().index("- red: of blood") < again.text().index("- green: of grass")
    assert again.with_definitions({"red": ""}, DEFINED) == again
    assert again.get("task") == before.get("task") and again.get("labels") == before.get("labels")


def test_a_definition_is_replaced_and_every_other_line_stays() -> None:
    labels = LabelSet.of(["A", "A: b", "C", "D"])
    text = "Mind the list.\n- A: money\n  but never fees\n- **a: B**: late\n\n3. C: cards\nIf both fit, A wins."
    sections = sections_of(Prompt(f"Do.\n\nWhat the labels mean:\n{text}"))
    assert sections.definitions(labels) == {"A": "money but never fees", "A: b": "late", "C": "cards"}
    after = sections.with_definitions({"D": "doors", "C": "plastic"}, labels).get("definitions")
    assert after == text.replace("3. C: cards", "- C: plastic\n- D: doors")
    after = sections.with_definitions({"A": "coins"}, labels).get("definitions")
    assert after == text.replace("- A: money\n  but never fees", "- A: coins")


def test_guidance_is_written_anew_and_the_label_list_stays() -> None:
    base = Prompt(sections_of(default_prompt(Labels(DEFINED).instructions())).with_rules(["red first"]).text())
    assert guidance(base).endswith("one per line.\n\nRules:\n- red first") and "- green" not in guidance(base)
    assert with_guidance(base, guidance(base)) == base
    anew = with_guidance(base.with_demos([Demo("t", ())]), "Choose.\n\nLabels:\n- red\n- green\n- blue\nMind the sky.")
    assert anew.instructions == "Choose.\nMind the sky.\n\nLabels:\n- red\n- green\n- blue" and anew.demos
    assert sections_of(with_guidance(base, "Rules:\n- blue first")).get("task") == sections_of(base).get("task")
    assert "without the label list" in how_to_write(base) and "every label" in how_to_write(Prompt("red or blue"))
    free = Prompt("Say red, green or blue.\n")
    assert guidance(free) == "Say red, green or blue." and with_guidance(free, " Say it. ") == Prompt("Say it.")


def test_a_label_list_that_a_rewriter_repeats_in_its_own_form_is_not_there_twice() -> None:
    base = default_prompt(Labels(DEFINED).instructions())
    for line in ("- {}", "* {}", "- {}: it is {}", "- **{}**: it is {}", "`{}`", "{}"):
        listed = "\n".join(line.format(name, name) for name in LABELS)
        anew = with_guidance(base, f"Choose.\n\nLabels:\n{listed}\nRed wins.")
        assert sections_of(anew).get("task") == "Choose.\nRed wins."
        assert sections_of(anew).get("labels") == sections_of(base).get("labels")


def test_the_top_is_better_on_the_items_that_both_were_measured_on() -> None:
    before = measured("a", [1, 1, 0, 0])
    same = Evaluation(Prompt("b"), [], 2 / 3, {"i0": 1, "i1": 1, "i2": 0})
    better = measured("c", [1, 1, 1, 0])

    def top_of(*found: Evaluation) -> Evaluation:
        return top([Candidate(one, before.prompt, "") for one in found], before)

    assert top_of(same) is before and top_of(same, better) is top_of(better, same) is better


def test_a_gap_that_the_data_set_has_in_a_definition_is_none() -> None:
    odd = LabelSet({"red": "like {this} one ...", "green": "", "blue": ""})
    admission = Admission(odd, 6000)
    admission.remember(START)
    assert admission.reason_against(Edit("definition", "like {this} one ...", "red").on(START, odd), START, []) is None
    gap = Edit("definition", "<your words>", "green").on(START, odd)
    assert admission.reason_against(gap, START, []) == "placeholder"


def test_an_example_is_a_text_with_its_gold_and_not_too_long() -> None:
    shown = example_blocks(bench(), [Item("i", "a sky", ("blue", "red"))])
    assert shown == "Texts with the labels that are right:\n\nText:\na sky\nLabels: blue, red"
    assert example_blocks(bench(), [Item("i", "x" * 9999)]).endswith("x [...]\nLabels: none")
    assert example_blocks(bench(), []) == ""


def test_two_edits_merge_unless_they_touch_the_same() -> None:
    base = default_prompt(Labels(DEFINED).instructions())
    sections = sections_of(base)
    ruled = Prompt(sections.with_rules(["red first"]).text())
    defined = Prompt(sections.with_definitions({"red": "of blood"}, DEFINED).text(), (Demo("t", ("red",)),))
    both = merged(ruled, defined, base)
    assert both is not None and both.demos == defined.demos
    assert sections_of(both).rules() == ["red first"] and sections_of(both).definitions(DEFINED) == {"red": "of blood"}
    assert merged(ruled, Prompt(sections.with_rules(["blue first"]).text()), base) is None
    assert merged(ruled, base, base) is None
    shown = defined.with_demos(defined.demos, turns=True)
    assert (again := merged(shown, ruled, base)) is not None and again.turns and sections_of(again).rules()
    other = Prompt(sections_of(defined).with_rules(["red first"]).text(), defined.demos)
    assert (again := merged(shown, other, defined)) is not None and again.turns and sections_of(again).rules()
    assert with_guidance(shown, "Say it.").turns and Edit("rule", "red first").on(shown, DEFINED).turns
    assert merged(base.with_demos([Demo("t", ())]), base.with_demos([Demo("u", ())]), base) is None


async def test_questions_are_asked_at_once_and_answered_in_order() -> None:
    rewriter = FakeProvider(lambda call: f"<rule>{len(call.messages[1]['content'])} {call.sample}</rule>")
    asked = [question("one", "", "two"), question("three"), question("three")]
    replies = await ask_all(bench(rewriter=rewriter), asked, temperature=1.0, max_tokens=10)
    assert [tagged(reply, "rule") for reply in replies] == [("8 0", None), ("5 0", None), ("5 1", None)]
    assert asked[0][1]["content"] == "one\n\ntwo"


def test_a_reply_is_whole_or_says_what_it_lacks() -> None:
    assert tagged(None, "a") == ("", "incomplete")
    assert tagged(Reply("<a>x", "length"), "a") == ("", "truncated")
    assert tagged(Reply("<A> x </A>"), "a") == ("x", None)
    assert all_tagged(Reply("<a>x</a> and <a>y</a><a> </a><a>z"), "a") == ["x", "y"] and all_tagged(None, "a") == []


def test_history_says_what_was_new_and_which_was_best() -> None:
    found = History()
    made = [Candidate(measured(f"{START.instructions}\n- rule {n}", [n / 4]), START, "ruled") for n in (3, 1, 2)]
    found.add(made)
    assert [candidate.reward for candidate in found.best(2)] == [0.5, 0.75] and found.best(0) == []
    assert found.lines(1) == ["- reward 0.750: - rule 3"]
    assert gist(made[0], longest=3) == "- r [...]"
    assert top(made, measured("start", [0.5])) is made[0].evaluation
    assert top(made[1:], start := measured("start", [0.5])) is start and top([], start) is start


def test_a_proposal_with_a_few_other_words_is_a_near_copy() -> None:
    long = Prompt("\n".join(f"- rule {n}: when the text speaks of thing {n}, choose red" for n in range(12)))
    admission = Admission(LabelSet.of(LABELS), 6000)
    admission.remember(long)
    one_word = Prompt(long.instructions.replace("thing 7,", "things 7:"))
    assert admission.reason_against(Prompt(long.instructions.upper() + "!"), long, []) == "copy"
    assert admission.reason_against(one_word, long, []) == "near_copy"
    turned = [
        long.instructions.replace("thing 7, choose", said) for said in ("thing 7, do not choose", "choose thing 7,")
    ]
    assert [admission.reason_against(Prompt(text), long, []) for text in turned] == [None, None]
    assert admission.reason_against(Prompt(long.instructions + "\n- and never blue with red"), long, []) is None


def test_who_edits_sections_may_not_lose_one() -> None:
    base = default_prompt(Labels(DEFINED).instructions())
    lost = Prompt("Choose red, green or blue. Answer with the labels only.")
    assert Admission(DEFINED, 6000, keep_sections=True).reason_against(lost, base, []) == "section_lost"
    assert Admission(DEFINED, 6000).reason_against(lost, base, []) is None
    ruled = Prompt(sections_of(base).with_rules(["red first, then green, then blue"]).text())
    assert Admission(DEFINED, 6000, keep_sections=True).reason_against(base, ruled, []) is None  # a rule may go
