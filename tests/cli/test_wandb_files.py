"""What runs as processes tell W&B, read back from its files."""

import json
import re
from pathlib import Path

import pytest
from endpoint import Endpoint
from goldloop_process import Goldloop
from options import GOLD
from process_runs import model, runs, wandb_records


@pytest.mark.wandb
def test_wandb_has_curves_config_table_and_artifact(goldloop: Goldloop, endpoint: Endpoint) -> None:
    assert goldloop(*model(endpoint)).returncode == 0
    [run] = runs(goldloop.directory)
    found = wandb_records(run)
    history = [{item.key or item.nested_key[0] for item in r.history.item} for r in found if r.HasField("history")]
    assert sum("select/reward" in keys for keys in history) == 2  # then no error was left
    assert any("predictions" in keys for keys in history)
    assert any(record.artifact.name == "best-prompt" for record in found if record.HasField("artifact")) or any(
        record.request.log_artifact.artifact.name == "best-prompt" for record in found if record.HasField("request")
    )
    config = {item.key: item.value_json for record in found for item in record.run.config.update}
    assert "fake-model" in config["provider"]


def texts_below(directory: Path) -> str:
    """Everything in the files below a directory, as text."""
    return "\n".join(path.read_bytes().decode("utf-8", "replace") for path in directory.rglob("*") if path.is_file())


@pytest.mark.wandb
def test_a_key_reaches_no_file(goldloop: Goldloop, endpoint: Endpoint) -> None:
    key = "sk-this-is-the-secret-key-of-the-test"
    (goldloop.directory / ".env").write_text(f"OPENAI_API_KEY={key}\nLABEL_STUDIO_API_KEY={key}-too\n")
    endpoint.key = key
    good = goldloop(*model(endpoint))
    assert good.returncode == 0, good.stderr
    assert endpoint.keys == {key}  # it did reach the endpoint
    endpoint.key = "another"
    bad = goldloop("-m", "seed=1,2", *model(endpoint))
    assert bad.returncode == 2
    written = texts_below(goldloop.directory / "outputs")
    assert "OPENAI_API_KEY" in written
    assert len(written) > 10_000
    for text in (written, good.stdout, good.stderr, bad.stdout, bad.stderr):
        assert key not in text


@pytest.mark.wandb
def test_texts_can_be_kept_out_of_wandb(goldloop: Goldloop, endpoint: Endpoint) -> None:
    text = json.loads(GOLD.read_text().splitlines()[0])["dialogue"][0]["text"]
    rare = max(re.findall(r"[\w']+", text), key=len)
    assert (
        goldloop(*model(endpoint), "tracker.log_texts=false", "optimizer=demos", "optimizer.first=99").returncode == 0
    )
    [run] = runs(goldloop.directory)
    demos = (run / "best_prompt.txt").read_text().partition("\n\nExamples:\n\n")[2]
    phrases = [line.partition(": ")[2] for line in demos.splitlines() if line.startswith(("Customer: ", "Agent: "))]
    assert len(phrases) > 2
    logged = texts_below(run / "wandb")
    assert "worked examples left out" in logged
    assert not [phrase for phrase in [*phrases, rare] if len(phrase) > 12 and phrase in logged]
