"""Every YAML file that can be chosen composes and builds an experiment."""

import json
from pathlib import Path

import pytest
from configured import built
from options import needed, options
from verdicts import EVERY_REWARD

from runner.core.errors import ConfigError
from verifiers.labels import Labels
from verifiers.rewards import refusal

OF_LABEL = ("sink/", "certainty/")  # groups of goldloop label: test_sink, test_certainty
CHOSEN = [case for case in options() if not case.values[0].startswith(OF_LABEL)]


GOLD = {  # of types for which the sample's gold, several labels an item, does not do
    "choice": lambda number: ["one" if number % 2 else "two"],
    "spans": lambda number: [{"label": "what", "start": 0, "end": 4, "text": "text"}] if number % 2 else [],
    "fields": lambda number: {"topic": "one" if number % 2 else "two"},
    "items": lambda number: [{"topic": "one"}, {"topic": "two"}][: number % 3],
    "number": lambda number: number / 2,
    "rating": lambda number: number % 5 + 1,
    "taxonomy": lambda number: ["animal", "cat" if number % 2 else "dog"],
    "text": lambda number: f"answer {number % 7}",
}


@pytest.mark.parametrize("option", [pytest.param(*case.values, id=case.values[0], marks=case.marks) for case in CHOSEN])
def test_every_yaml_composes_and_builds(option: str, tmp_path: Path) -> None:
    group, _, which = option.partition("/")
    words = [f"{group}={which}", *needed(option, tmp_path)]
    if group == "reward" and refusal(EVERY_REWARD[which], Labels()):
        which = "rating"
        words += ["verifier=rating", *needed("verifier/rating", tmp_path)]
    if which in GOLD:
        rows = [{"text": f"text {number}", "labels": GOLD[which](number)} for number in range(60)]
        (tmp_path / "gold.json").write_text(json.dumps(rows))
        words += ["dataset=file", f"dataset.path={tmp_path}/gold.json"]
    if which == "repair_requests":  # its answers have fields, which its experiment says
        words = ["experiment=repair_requests"]
    experiment = built(tmp_path, *words)
    assert len(experiment.data.items) == (72 if which == "repair_requests" else 60)
    assert callable(experiment.strategy.run)


@pytest.mark.parametrize("reward", [name for name, reward in EVERY_REWARD.items() if refusal(reward, Labels())])
def test_a_reward_that_answers_cannot_have_is_refused_before_a_run(reward: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as told:
        built(tmp_path, f"reward={reward}")
    assert (told.value.code, told.value.key) == ("reward-unfit", "reward")
