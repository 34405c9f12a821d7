"""Every YAML file that can be chosen composes and builds an experiment."""

import json
from pathlib import Path

import pytest
from configured import built
from options import needed, options

CHOSEN = [case for case in options() if not case.values[0].startswith("sink/")]  # which goldloop label has: test_sink


@pytest.mark.parametrize("option", [pytest.param(*case.values, id=case.values[0], marks=case.marks) for case in CHOSEN])
def test_every_yaml_composes_and_builds(option: str, tmp_path: Path) -> None:
    words = [option.replace("/", "="), *needed(option, tmp_path)]
    if option == "verifier/choice":  # the sample has several labels an item
        rows = [{"text": f"text {number}", "labels": ["one" if number % 2 else "two"]} for number in range(60)]
        (tmp_path / "one.json").write_text(json.dumps(rows))
        words += ["dataset=file", f"dataset.path={tmp_path}/one.json"]
    experiment = built(tmp_path, *words)
    assert len(experiment.data.items) == 60
    assert callable(experiment.strategy.run)
