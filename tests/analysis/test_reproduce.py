"""goldloop reproduce: the same run again from its directory alone, live, or as a new experiment; strangers included."""

import gzip
import json
import os
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest
from configured import invoked, single
from endpoint import Endpoint
from goldloop_process import Goldloop
from refusals import refused

from runner.analysis.reproduce import replay
from runner.config.past_run import words_for
from runner.core.error_codes import Code
from runner.core.errors import ConfigError, DataError, GoldloopError
from runner.runs.reader import read_run

pytestmark = [pytest.mark.uncovered, pytest.mark.unforked]


def runs(directory: Path) -> list[Path]:
    return sorted(path.parent.parent for path in directory.glob("outputs/**/.hydra/config.yaml"))


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run whose data and prompt came from files that are gone, at an endpoint that is gone."""
    from endpoint import Running

    from runner.datasets.sample import Sample

    folder = tmp_path_factory.mktemp("past")
    sample = Sample().load()
    rows = [{"id": item.id, "text": item.text, "labels": list(item.gold or ())} for item in sample.items]
    (folder / "gold.json").write_text(json.dumps(rows))
    (folder / "prompt.txt").write_text("Choose.\n\nLabels:\n" + "\n".join(f"- {name}" for name in sample.labels))
    with Running(Endpoint({item.text: list(item.gold or ()) for item in sample.items})) as endpoint:
        done = Goldloop(folder)(
            "provider=openai", "provider.model=fake-model", f"provider.base_url={endpoint.url}", "tracker=none",
            "dataset=file", "dataset.path=gold.json", "prompt_file=prompt.txt", "epochs=2", "optimizer=demos",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    (folder / "gold.json").unlink()
    (folder / "prompt.txt").unlink()
    [run] = runs(folder)
    return run


@pytest.fixture
def copy(past: Path, tmp_path: Path) -> Path:
    """The run as somebody else gets it: copied, elsewhere."""
    return Path(shutil.copytree(past, tmp_path / "copied"))


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: socket.socket, address: Any) -> None:
        raise AssertionError(f"a socket was opened to {address}")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.parametrize("optimizer", ["demos", "rewrite"])
def test_a_run_that_a_budget_stopped_counts_each_paid_call_and_replays_identically(
    goldloop: Goldloop, endpoint: Endpoint, capsys: pytest.CaptureFixture[str], optimizer: str
) -> None:
    words = ["provider=openai", "provider.model=fake-model", f"provider.base_url={endpoint.url}", "tracker=none"]
    done = goldloop(*words, f"optimizer={optimizer}", "epochs=9", "budget.calls=100", "controls=false")
    assert done.returncode == 0, done.stderr
    [run] = runs(goldloop.directory)
    result = json.loads((run / "result.json").read_text())
    assert (result["status"], result["stop_reason"]) == ("stopped", "budget.calls=100 is spent")
    assert result["calls"]["total"] == len((run / "journal.jsonl").read_text().splitlines())
    assert replay(run, ())
    assert capsys.readouterr().out.splitlines()[-1] == "identical"


@pytest.mark.parametrize("budget", [[], ["budget.calls=120"]])
def test_a_run_in_which_calls_failed_for_good_replays_identically(
    goldloop: Goldloop, endpoint: Endpoint, capsys: pytest.CaptureFixture[str], budget: list[str]
) -> None:
    refused = sorted(endpoint.answers)[:1]

    def fault(body: Any, number: int) -> Any:
        user = body["messages"][-1]["content"]
        filtered = user in refused or ("<rules>" in user and number % 2)
        words = {
            "error": {"message": "the key is k-secret-k", "code": "content_filter", "type": "invalid_request_error"}
        }
        return (400, words, {}) if filtered else None

    endpoint.fault = fault
    words = ["provider=openai", "provider.model=fake-model", f"provider.base_url={endpoint.url}", "tracker=none"]
    done = goldloop(*words, "optimizer=rewrite", "epochs=3", "max_failed=0.2", *budget, OPENAI_API_KEY="k-secret-k")
    assert done.returncode == 0, done.stderr
    [run] = runs(goldloop.directory)
    result = json.loads((run / "result.json").read_text())
    assert result["calls"]["failed"] and result["failures"]["labeller"]["content_filter"]
    assert result["status"] == ("stopped" if budget else "finished")
    assert "k-secret-k" not in (run / "journal.jsonl").read_text()
    (goldloop.directory / "outputs/journal.sqlite").unlink()
    assert replay(run, ())
    assert capsys.readouterr().out.splitlines()[-1] == "identical"


def test_a_copied_run_replays_identically_without_a_socket(
    copy: Path, no_sockets: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    assert replay(copy, ())
    assert capsys.readouterr().out.splitlines()[-1] == "identical"
    assert before == {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_run_of_an_older_goldloop_that_wrote_less_of_an_epoch_replays_identically(copy: Path) -> None:
    epochs = [json.loads(line) for line in (copy / "epochs.jsonl").read_text().splitlines()]
    for record in epochs:
        del record["v"], record["worth_usd"]
        for candidate in record["candidates"]:
            del candidate["parents"], candidate["diff"]
    (copy / "epochs.jsonl").write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in epochs))
    assert replay(copy, ())


def test_a_run_with_the_intervals_of_an_older_goldloop_replays_identically(copy: Path) -> None:
    epochs = [json.loads(line) for line in (copy / "epochs.jsonl").read_text().splitlines()]
    for record in epochs:
        record["best"]["interval"] = [0.1, 0.2]
        for candidate in record["candidates"]:
            candidate["interval"] = [0.3, 0.4]
    (copy / "epochs.jsonl").write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in epochs))
    result = json.loads((copy / "result.json").read_text())
    result["best"]["interval"] = result["initial"]["interval"] = [0.1, 0.2]
    (copy / "result.json").write_text(json.dumps(result))
    assert replay(copy, ())
    result["decision"]["interval"] = [-0.7, 0.7]
    (copy / "result.json").write_text(json.dumps(result))
    assert not replay(copy, ())


def test_the_first_difference_is_shown_with_exit_code_1(copy: Path) -> None:
    result = json.loads((copy / "result.json").read_text())
    result["best"]["select"] = 0.123
    (copy / "result.json").write_text(json.dumps(result))
    done = Goldloop(copy.parent)("reproduce", copy.name)
    assert done.returncode == 1, done.stderr
    assert "NOT identical: result.json, best.select: then 0.123, now " in done.stdout
    (copy / "best_prompt.txt").write_text("something else\n")
    done = Goldloop(copy.parent)("reproduce", copy.name)
    assert "NOT identical" in done.stdout


def test_a_changed_version_and_a_changed_data_set_are_told(goldloop: Goldloop, endpoint: Endpoint, sample: Any) -> None:
    rows = [{"id": item.id, "text": item.text, "labels": list(item.gold or ())} for item in sample.items]
    gold = goldloop.directory / "gold.json"
    gold.write_text(json.dumps(rows))
    model = ["provider=openai", "provider.model=fake-model", f"provider.base_url={endpoint.url}", "tracker=none"]
    assert goldloop(*model, "optimizer=none", "dataset=file", "dataset.path=gold.json").returncode == 0
    [run] = runs(goldloop.directory)
    result = json.loads((run / "result.json").read_text())
    result["versions"]["litellm"] = "0.0.1"
    (run / "result.json").write_text(json.dumps(result))
    gold.write_text(json.dumps(rows[1:]))
    done = goldloop("reproduce", str(run.relative_to(goldloop.directory)))
    assert done.returncode == 0, done.stderr
    told = done.stdout.splitlines()
    assert any(line.startswith("then litellm 0.0.1, now ") for line in told)
    assert "the data set has changed since; the directory's own copy is used" in told
    assert told[-1] == "identical"


def test_live_asks_the_model_again_and_says_whether_it_agrees(
    goldloop: Goldloop, endpoint: Endpoint, tmp_path: Path
) -> None:
    model = ["provider=openai", "provider.model=fake-model", f"provider.base_url={endpoint.url}", "tracker=none"]
    assert goldloop(*model, "epochs=1").returncode == 0
    [run] = runs(goldloop.directory)
    asked = len(endpoint.requests)
    same = goldloop("reproduce", str(run.relative_to(tmp_path)), "mode=live")
    assert same.returncode == 0, same.stderr
    assert same.stdout.splitlines()[0] == f"asking fake-model at {endpoint.url}"  # there is no key
    assert same.stdout.splitlines()[-1].startswith("agrees within noise (then ")
    assert len(endpoint.requests) == 2 * asked
    endpoint.answers = {text: ["Other"] for text in endpoint.answers}  # another model behind the same name
    other = goldloop("reproduce", str(run.relative_to(tmp_path)), "mode=live")
    assert "does NOT agree: now worse" in other.stdout.splitlines()[-1]


def test_what_cannot_be_run_again_is_told_before_anything_is_asked(goldloop: Goldloop, endpoint: Endpoint) -> None:
    model = ["provider=openai", "provider.model=fake-model", f"provider.base_url={endpoint.url}", "tracker=none"]
    assert goldloop(*model, "split=none", "optimizer=none", "epochs=0").returncode == 0
    [run] = runs(goldloop.directory)
    asked = len(endpoint.requests)
    for word, said in (("mode=live", "nothing was sealed"), ("experiment=tutorial", "one run is run again")):
        done = goldloop("reproduce", str(run.relative_to(goldloop.directory)), word)
        assert done.returncode == 2 and said in done.stderr, done.stderr
    assert len(endpoint.requests) == asked


def test_a_strangers_prompt_is_only_text(copy: Path, tmp_path: Path) -> None:
    for text in ("Label it. ${oc.env:HOME}", "a \\${b}", "x ${y", "\\\\${oc.env:HOME}"):
        (copy / "initial_prompt.txt").write_text(text + "\n")
        words = words_for(read_run(copy), [], tmp_path)
        assert str(single(*words).job.config.settings.prompt).strip() == text


def test_a_value_that_refers_to_another_is_run_again(goldloop: Goldloop, endpoint: Endpoint) -> None:
    model = ["provider=openai", "provider.model=fake-model", f"provider.base_url={endpoint.url}", "tracker=none"]
    assert goldloop(*model, "provider.seed=${seed}", "optimizer=none", "epochs=0").returncode == 0
    [run] = runs(goldloop.directory)
    done = goldloop("reproduce", str(run.relative_to(goldloop.directory)), "seed=2")
    assert done.returncode == 0, done.stderr
    assert endpoint.requests[-1]["seed"] == 2


def test_the_rewriter_of_a_past_run_is_named_too(goldloop: Goldloop, endpoint: Endpoint) -> None:
    model = ["provider=openai", "provider.model=fake-model", f"provider.base_url={endpoint.url}", "tracker=none"]
    other = ["provider@rewriter=openai", "rewriter.model=fake-model", f"rewriter.base_url={endpoint.url}"]
    assert goldloop(*model, *other, "optimizer=none", "epochs=0").returncode == 0
    [run] = runs(goldloop.directory)
    words = ["reproduce", str(run.relative_to(goldloop.directory)), "seed=2", "provider.temperature=0.5"]
    done = goldloop(*words, OPENAI_API_KEY="k" * 20)
    place = f"fake-model at {endpoint.url} with the key in OPENAI_API_KEY"
    assert done.stdout.splitlines()[0] == f"asking {place}; for proposals {place}", done.stderr


def test_no_label_goes_to_a_server_because_a_directory_says_so(goldloop: Goldloop, endpoint: Endpoint) -> None:
    model = ["provider=openai", "provider.model=fake-model", f"provider.base_url={endpoint.url}", "tracker=none"]
    assert goldloop(*model, "epochs=0").returncode == 0
    [run] = runs(goldloop.directory)
    edit(run, "project: null", "project: 1")
    edit(run, "push: false", "push: true")
    edit(run, "  url: null", f"  url: {endpoint.url}")
    asked = len(endpoint.requests)
    done = goldloop("reproduce", str(run.relative_to(goldloop.directory)), "mode=live", LABEL_STUDIO_API_KEY="t" * 40)
    assert done.returncode == 0 and "agrees" in done.stdout, done.stderr
    assert len(endpoint.requests) == 2 * asked and "t" * 40 not in endpoint.keys


def test_an_override_makes_a_new_experiment_that_names_its_parent(goldloop: Goldloop, endpoint: Endpoint) -> None:
    model = ["provider=openai", "provider.model=fake-model", f"provider.base_url={endpoint.url}", "tracker=none"]
    assert goldloop(*model, "epochs=1", "prompt='Pick: Payment, Other'").returncode == 0
    [old] = runs(goldloop.directory)
    name = str(old.relative_to(goldloop.directory))
    done = goldloop("reproduce", name, "optimizer=none", "seed=4", "provider.temperature=0.5")
    assert done.returncode == 0, done.stderr
    [new] = [run for run in runs(goldloop.directory) if run != old]
    result = json.loads((new / "result.json").read_text())
    assert (result["parent"], result["seed"], result["epochs"]) == (name, 4, 0)
    assert (new / "initial_prompt.txt").read_text() == (old / "initial_prompt.txt").read_text()
    assert endpoint.requests[-1]["temperature"] == 0.5
    wrong = goldloop("reproduce", name, "optimizer=nonesuch")
    assert wrong.returncode == 2
    assert "optimizer=nonesuch" in wrong.stderr


def edit(run: Path, old: str, new: str) -> None:
    path = run / ".hydra" / "config.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


SPY = "import pathlib\npathlib.Path('ran').write_text('x')\nclass Spy:\n    def __init__(self, **more): pass\n"


@pytest.mark.parametrize(
    ("old", "new", "code", "key"),
    [
        ("runner.optimizers.demos.Demos", "os.system", "target-untrusted", "optimizer._target_"),
        ("runner.optimizers.demos.Demos", "spy.Spy", "target-untrusted", "optimizer._target_"),
        (
            "runner.optimizers.demos.Demos",
            "runner.optimizers.demos.random.Random",
            "target-untrusted",
            "optimizer._target_",
        ),
        (
            "shots: 32",
            "shots: {_target_: runner.label_studio.dev_server.installation.copy, a: b}",
            "target-untrusted",
            "optimizer.shots._target_",
        ),
        (
            "shots: 32",
            "shots: {_target_: runner.label_studio.client.connect, url: 'http://x'}",
            "target-untrusted",
            "optimizer.shots._target_",
        ),
        ("study: optimize", "study: ${${seed}.env:HOME}", "reads-environment", "COPY"),
        ("study: optimize", 'study: "${\\toc.env:HOME}"', "reads-environment", "COPY"),
        (
            "study: optimize",
            "study: !!python/object/apply:os.system ['touch ran']",
            "not-yaml",
            "COPY/.hydra/config.yaml",
        ),
        ("study: optimize", "study: ${oc.env:HOME}", "reads-environment", "COPY"),
        ("study: optimize", "study: ${oc.decode:${oc.env:HOME}}", "reads-environment", "COPY"),
        ("study: optimize", "study: ../../../escaped", "bad-value", "study"),
        ("study: optimize", "study: optimize\nhydra: {run: {dir: /tmp}}", "saved-hydra-part", "COPY"),
    ],
)
def test_a_strangers_configuration_cannot_run_code(
    copy: Path, old: str, new: str, code: Code, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (copy.parent / "spy.py").write_text(SPY)
    monkeypatch.chdir(copy.parent)
    edit(copy, old, new)
    about = key.replace("COPY", str(copy))
    with refused(GoldloopError, code, about):
        replay(copy, ())
    with refused(GoldloopError, code, about):  # live, or with options of one's own
        invoked(*words_for(read_run(copy), ["seed=9"], tmp_path))
    assert not (copy.parent / "ran").exists()


@pytest.mark.parametrize(
    "target", ["spy.Spy", "runner.label_studio.dev_server.server.main", "runner.providers.openai.OpenAI"]
)
def test_a_strangers_data_set_is_not_imported_to_see_whether_it_changed(
    copy: Path, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (copy.parent / "spy.py").write_text(SPY)
    monkeypatch.chdir(copy.parent)
    edit(copy, "runner.datasets.file.File", target)
    with refused(ConfigError, "target-untrusted", "dataset._target_"):
        replay(copy, ())
    assert not (copy.parent / "ran").exists()


@pytest.mark.parametrize(
    "name", ["journal.jsonl", "data.json.gz", "result.json", "best_prompt.txt", "initial_prompt.txt"]
)
def test_a_link_out_of_the_directory_is_refused(copy: Path, name: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("root:x:0:0")
    (copy / name).unlink()
    (copy / name).symlink_to(secret)
    with refused(DataError, "is-a-link", str(copy / name)):
        replay(copy, ())


def test_paths_in_a_strangers_configuration_are_not_touched(copy: Path, tmp_path: Path) -> None:
    secret = tmp_path / "outside" / "secret.json"
    secret.parent.mkdir()
    secret.write_text('[{"text": "TOP-SECRET", "labels": ["Other"]}]')
    edit(copy, "path: gold.json", f"path: {secret}")
    edit(copy, "path: outputs/journal.sqlite", f"path: {secret.parent}/made.sqlite")
    edit(copy, "prompt_file: prompt.txt", f"prompt_file: {secret}")
    opened: list[str] = []
    import sys

    recording = True

    def watch(event: str, arguments: Any) -> None:
        if recording and event == "open" and isinstance(arguments[0], str | bytes | os.PathLike):
            opened.append(os.fspath(arguments[0]) if not isinstance(arguments[0], bytes) else arguments[0].decode())

    sys.addaudithook(watch)
    try:
        assert replay(copy, ())
    finally:
        recording = False
    assert not any(str(secret.parent) in str(path) for path in opened)
    assert [path.name for path in secret.parent.iterdir()] == ["secret.json"]


def test_a_flood_and_broken_files_are_told_in_a_line(copy: Path) -> None:
    for content in (b"nothing packed", gzip.compress(b"{}"), gzip.compress(b'{"items": 3}'), b""):
        (copy / "data.json.gz").write_bytes(content)
        with refused(DataError, "unreadable", str(copy / "data.json.gz")):
            replay(copy, ())


def test_what_is_no_run_is_refused(goldloop: Goldloop) -> None:
    for words in ([], ["nowhere"], ["a", "b"], [".", "mode=dry"]):
        done = goldloop("reproduce", *words)
        assert done.returncode == 2, words
        assert len(done.stderr.splitlines()) == 1
