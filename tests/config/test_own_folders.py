"""Files of a person's own: read by every command, and none of them ignored without a word."""

import shutil
from pathlib import Path

import pytest
from configured import invoked
from endpoint import Endpoint
from goldloop_process import Goldloop
from process_runs import model, runs
from refusals import refused

from runner.cli.main import COMMANDS
from runner.config.command_line import parse_command_line
from runner.config.compose import command_config
from runner.config.own_folders import config_dir, search_word
from runner.config.shipped import CONF
from runner.core.errors import ConfigError


def own(folder: Path, file: str, text: str | None = None) -> Path:
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text if text is not None else (CONF / file).read_text() + "# mine\n")
    return path


@pytest.mark.parametrize("file", ["provider/openai.yaml", "optimize.yaml", "hydra/job_logging/goldloop.yaml"])
def test_a_file_that_would_not_be_read_is_refused(file: str, tmp_path: Path) -> None:
    path = own(tmp_path, file)
    for words in (["--config-dir", str(tmp_path)], [search_word(tmp_path)], [f"hydra.searchpath=[file://{tmp_path}]"]):
        with refused(ConfigError, "file-hidden", path, f"my_{path.name}"):
            invoked(*words)


def test_a_copy_of_all_files_is_no_harm_until_one_is_changed(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    shutil.copytree(CONF, mine)
    invoked("--config-dir", str(mine))


@pytest.mark.parametrize("command", list(COMMANDS))
def test_two_folders_are_refused_and_a_missing_one_too(command: str, goldloop: Goldloop) -> None:
    (goldloop.directory / "a").mkdir()
    (goldloop.directory / "b").mkdir()
    done = goldloop(command, "--config-dir", "a", "--config-dir=b")
    assert done.returncode == 2 and "hydra.searchpath=[file://" in done.stderr and len(done.stderr.splitlines()) == 1
    done = goldloop(command, "-cd", "nowhere")
    assert done.returncode == 2 and "nowhere" in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_folder_of_any_name_is_searched(tmp_path: Path) -> None:
    folder = tmp_path / "it's (mine), a b"
    own(folder, "sink/mine.yaml", (CONF / "sink/file.yaml").read_text())
    words = parse_command_line(["label", "some/run", "--config-dir", str(folder), "sink=mine"], COMMANDS)
    assert command_config(words).run == ["some/run"]
    assert config_dir(words.rest) == (folder, ["some/run", "sink=mine"])


def test_label_and_reproduce_read_them(goldloop: Goldloop, endpoint: Endpoint) -> None:
    assert goldloop(*model(endpoint), "optimizer=none", "epochs=0", "tracker=none").returncode == 0
    [run] = runs(goldloop.directory)
    text = (CONF / "provider/openai.yaml").read_text().replace("base_url: null", f"base_url: {endpoint.url}")
    own(goldloop.directory / "mine", "provider/mine.yaml", text)
    own(goldloop.directory / "mine", "sink/csv.yaml", (CONF / "sink/file.yaml").read_text())
    (goldloop.directory / "rest.jsonl").write_text('{"text": "Where is my parcel?"}\n')
    chosen = ["--config-dir", "mine", "provider=mine", "provider.model=fake-model"]
    labelled = goldloop("label", str(run), "dataset.path=rest.jsonl", "sink=csv", *chosen)
    assert labelled.returncode == 0, labelled.stderr
    assert "1 calls paid" in labelled.stdout
    for words in (
        chosen,
        ["--config-dir", "mine", "seed=2"],
        ["--config-dir", "mine"],
        ["--config-dir", "mine", "mode=live"],
    ):
        again = goldloop("reproduce", str(run), *words)
        assert again.returncode == 0, again.stderr
    assert "identical" in goldloop("reproduce", "--config-dir", "mine", str(run)).stdout


MINE = """
class {name}:
    model = "x"
    {method}
"""


@pytest.mark.parametrize(
    ("group", "method", "lacking"),
    [
        ("optimizer", "x = 1", "run"),
        ("reward", "def score(self, verdicts): return 0.0", "credits"),
        ("tracker", "def start(self, run): ...", "close, epoch, finish, progress"),
        (
            "verifier",
            "version, cells = 1, 'names'",
            "compare, dump, example, gold, instructions, parse, read, schema, show, words",
        ),
        ("dataset", "def stream(self): ...", "load"),
        ("provider", "async def close(self): ...", "complete, cost_at_most, describe, rate_limits"),
    ],
)
def test_all_that_a_component_lacks_is_told_in_one_line(
    group: str, method: str, lacking: str, goldloop: Goldloop, endpoint: Endpoint
) -> None:
    (goldloop.directory / "mine.py").write_text(MINE.format(name="Mine", method=method))
    own(goldloop.directory / "conf", f"{group}/mine.yaml", "_target_: mine.Mine\n")
    words = ["--trust", "mine", "--config-dir", "conf", "tracker=none", *model(endpoint), f"{group}=mine", "epochs=0"]
    words = [
        word for word in words if not (group == "provider" and word.startswith("provider") and word != "provider=mine")
    ]
    done = goldloop(*words)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith(f"goldloop: error: {group}: mine.Mine lacks {lacking} (")
    assert endpoint.requests == []
