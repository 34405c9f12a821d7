"""What is reached without a model: from gold that is not sealed, never from the item itself or its near-twin."""

from pathlib import Path
from typing import Any

import pytest
from builders import experiment
from fakes import LABELS, items
from run_records import run_result

from runner.core.items import Item
from runner.datasets.split import split
from runner.experiment.loop import Loop
from runner.experiment.without_model import MOST, Taught, classified, classified_keys, nearest_answers, taught
from runner.runs.without_model import not_beaten
from verifiers.choice import Choice
from verifiers.label_set import LabelSet
from verifiers.labels import Labels
from verifiers.rewards.per_item import ExactMatch, FBeta

LISTED = LabelSet.of(["card", "pin"])

GOLD = [
    Item("a", "my card is lost", ("card",)), Item("b", "the card was stolen", ("card",)),
    Item("c", "send me a new pin", ("pin",)), Item("d", "I forgot the pin", ("pin",)),
]  # fmt: skip


def nearest(gold: Taught, asked: list[Item]) -> list[Any]:
    return [verdict.answer for verdict in nearest_answers(Labels(LISTED), gold, asked)]


def test_words_that_are_shared_bring_the_labels() -> None:
    asked = [Item("x", "a stolen card"), Item("y", "a new pin, please")]
    gold = taught(GOLD, 1)
    assert nearest(gold, asked) == [("card",), ("pin",)]
    for verifier in (Labels(LISTED), Choice(LISTED)):
        assert classified_keys(verifier, gold, asked, ExactMatch()) == [("card",), ("pin",)]
    verdicts = classified(Labels(LISTED), gold, [Item("x", "a stolen card", ("pin",))], ExactMatch()) or []
    assert [(verdict.answer, verdict.exact) for verdict in verdicts] == [(("card",), False)]


def test_a_near_twin_of_the_item_teaches_nothing_of_it() -> None:
    odd = [*GOLD, Item("e", "Send me a NEW pin.", ("card",)), Item("f", "card, card and card", ("pin",))]
    asked = [Item("x", "card, card  and CARD.")]
    gold = taught(odd, 1)
    assert [item.id for item in gold.items] == ["a", "b", "c", "d", "f"]
    assert nearest(gold, asked) == [("card",)]
    assert classified_keys(Choice(LISTED), gold, asked, ExactMatch()) == [("card",)]


def test_of_many_items_some_are_drawn_with_the_seed() -> None:
    many = [Item(str(number), f"text {number}", ("a",)) for number in range(MOST + 5)]
    drawn = taught(many, 1)
    assert len(drawn.items) == MOST and drawn == taught(many, 1) != taught(many, 2)


def test_of_one_item_nothing_is_learnt_for_itself() -> None:
    alone = taught(GOLD[:1], 1)
    assert nearest(alone, GOLD[:1]) == [()]
    assert classified_keys(Labels(LISTED), alone, GOLD[:1], FBeta()) == [("card",)]
    assert classified_keys(Labels(LISTED), taught([], 1), GOLD, FBeta()) == [()] * 4


async def test_a_run_has_both_with_the_best_prompt_against_them(tmp_path: Path) -> None:
    result = await Loop(experiment(tmp_path, controls=True, epochs=0)).run()
    for control in (result.controls.nearest, result.controls.classifier):
        assert control.learnt == 18 and control.decision.items == 12
        assert control.decision.difference == pytest.approx(result.best.test - control.reward)
    assert "this prompt" in not_beaten(result)
    shared = experiment(tmp_path / "shared", controls=True, epochs=0, split=split(items(), "none", 1))
    found = (await Loop(shared).run()).controls
    assert found.nearest.learnt == 30 and found.nearest.decision is found.nearest.interval is None
    assert 0 <= found.classifier.reward <= 1 and LABELS


def against(verdict: str, reward: float) -> dict[str, Any]:
    decision = {"verdict": verdict, "difference": 0.1, "interval": [0, 0.2], "p": 0.3, "items": 9, "items_needed": None}
    return {"reward": reward, "interval": [0.1, 0.9], "learnt": 20, "decision": decision}


@pytest.mark.parametrize(
    ("verdict", "reward", "words"),
    [
        ("better", 0.4, ""),
        ("undecided", 0.5, "Copying the labels of the most similar gold item, with no language model, has 0.500: "
         "this prompt (0.600) does not clearly beat it (p=0.300)."),
        ("undecided", 0.7, "this prompt (0.600) does not beat it."),
        ("worse", 0.9, "this prompt (0.600) is worse."),
    ],
)  # fmt: skip
def test_a_prompt_that_does_not_beat_the_better_one_is_told(verdict: str, reward: float, words: str) -> None:
    base = {"constant": {"labels": [], "reward": 0.1}, "no_prompt": {"reward": None}}
    result = run_result(controls={**base, "nearest": against(verdict, reward), "classifier": against("worse", 0.3)})
    said = not_beaten(result)
    assert said.endswith(words) and bool(said) == bool(words)
    assert not_beaten(run_result(controls=base)) == not_beaten(run_result()) == ""
