"""Every YAML file that can be chosen composes and builds an experiment."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from configured import built
from options import needed, options

CHOSEN = [case for case in options() if not case.values[0].startswith("sink/")]  # which goldloop label has: test_sink
GOLD: dict[str, Callable[[int], object]] = {
    "verifier/choice": lambda number: ["one" if number % 2 else "two"],
    "verifier/spans": lambda number: [{"label": "what", "start": 0, "end": 4, "text": "text"}] if number % 2 else [],
    "verifier/fields": lambda number: {"topic": "one" if number % 2 else "two"},
    "verifier/items": lambda number: [{"topic": "one"}, {"topic": "two"}][: number % 3],
}
"""Option -> the gold of a row, by its number."""


@pytest.mark.parametrize("option", [pytest.param(*case.values, id=case.values[0], marks=case.marks) for case in CHOSEN])
def test_every_yaml_composes_and_builds(option: str, tmp_path: Path) -> None:
    words = [option.replace("/", "="), *needed(option, tmp_path)]
    if option in GOLD:  # the sample has labels, several an item
        rows = [{"text": f"text {number}", "gold": GOLD[option](number)} for number in range(60)]
        (tmp_path / "rows.json").write_text(json.dumps(rows))
        words += ["dataset=file", f"dataset.path={tmp_path}/rows.json", "dataset.labels_field=gold"]
    experiment = built(tmp_path, *words)
    assert len(experiment.data.items) == 60
    assert callable(experiment.strategy.run)
