"""What W&B is told, read back from its offline files: runs, sweeps, an agent's runs, and what must not be there."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from endpoint import Body, Endpoint
from goldloop_process import Goldloop
from paths import ROOT
from run_records import epoch_record
from wandb_file import records

from runner.core.prompt import Demo, Prompt
from runner.core.run_rows import EpochRecord
from runner.runs.json_records import to_json
from runner.runs.reader import read_run
from runner.trackers.redact_texts import EXAMPLES_OUT, LINE_OUT, redact_texts
from runner.trackers.sweep_summary import summed_up
from runner.trackers.wandb import bare
from runner.trackers.wandb_sweep import COLUMNS, sweep_figures
from runner.trackers.wandb_tables import PROMPTS, curves, flat, prompt_table, prompt_versions

pytestmark = [pytest.mark.wandb, pytest.mark.uncovered]


class Seen:
    """One offline W&B run: its header, history, summary, artifacts and tables."""

    def __init__(self, directory: Path) -> None:
        [path] = directory.glob("wandb/offline-run-*/*.wandb")
        found = list(records(path))
        self.header = next(record.run for record in found if record.HasField("run"))
        self.history = [_values(record.history.item) for record in found if record.HasField("history")]
        self.summary: dict[str, Any] = {}
        for record in found:
            self.summary.update(_values(record.summary.update))
        self.aliases = {record.artifact.name: set(record.artifact.aliases) for record in found}
        self.tables = {}
        for table in path.parent.glob("files/media/table/*.table.json"):
            content = json.loads(table.read_text())
            rows = [dict(zip(content["columns"], row, strict=True)) for row in content["data"]]
            self.tables[table.name.split("_")[0]] = rows


def _values(items: Any) -> dict[str, Any]:
    return {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in items}


def model(endpoint: Endpoint) -> list[str]:
    return ["provider=openai", "provider.model=fake-model", f"provider.base_url={endpoint.url}"]


def only_run(directory: Path) -> Path:
    [path] = directory.glob("outputs/*/*/result.json")
    return path.parent


def said_by_wandb(text: str) -> list[str]:
    return [line for line in text.splitlines() if re.search(r"wandb|W&B", line, re.IGNORECASE)]


def test_a_run_has_its_prompts_curves_summary_and_aliases(goldloop: Goldloop, endpoint: Endpoint) -> None:
    done = goldloop(*model(endpoint), "epochs=2")
    assert done.returncode == 0, done.stderr
    assert said_by_wandb(done.stdout + done.stderr) == []
    run = read_run(only_run(goldloop.directory))
    seen = Seen(run.path)

    candidates = [(epoch.epoch, candidate) for epoch in run.epochs for candidate in epoch.candidates]
    prompts = seen.tables["prompts"]
    assert list(prompts[0]) == list(PROMPTS)
    assert [row["epoch"] for row in prompts] == [0, *(epoch for epoch, _ in candidates)]
    assert (prompts[0]["text"], prompts[0]["accepted"], prompts[0]["diff"]) == (run.prompt("initial"), "yes", "")
    for row, (_, candidate) in zip(prompts[1:], candidates, strict=True):
        for name in ("prompt", "parent", "change", "select", "text"):
            assert row[name] == getattr(candidate, name)
        assert (row["low"], row["high"]) == candidate.interval
        assert (row["fixed"], row["broken"]) == (len(candidate.fixed or []), len(candidate.broken or []))
    [last] = [row for row in prompts if row["prompt"] == run.epochs[-1].best.prompt]
    assert (last["accepted"], last["text"]) == ("yes", run.prompt("best"))
    assert "\n+Examples:\n" in prompts[1]["diff"]

    epochs = [row for row in seen.history if "select/reward" in row]
    assert [row["epoch"] for row in epochs] == [0, 1]  # and then there was nothing left to gain
    for row, record in zip(epochs, run.epochs, strict=True):
        assert row["select/reward"] == record.best.select
        assert (row["select/low"], row["select/high"]) == record.best.interval
    assert epochs[1]["candidates/fixed"] == prompts[1]["fixed"]

    expected = flat(to_json(run.result))
    assert {name: seen.summary[name] for name in expected} == expected
    decision = run.result.decision
    assert decision is not None
    assert seen.summary["decision/interval/high"] == decision.interval[1]
    assert seen.aliases["best-prompt"] == {"latest", "best", decision.verdict}
    assert len(seen.tables["predictions"]) == len(run.predictions)


def test_a_sweep_sums_itself_up_though_jobs_failed_and_resuming_goes_on_in_that_run(
    goldloop: Goldloop, endpoint: Endpoint
) -> None:
    (goldloop.directory / "mine.py").write_text(
        "from pathlib import Path\n"
        "class Sometimes:\n    def __init__(self, at: int) -> None:\n        self.at = at\n"
        "    async def run(self, bench):\n        if self.at == 2 and Path('broken').exists():\n"
        "            raise RuntimeError('a bug of mine')\n        return\n        yield\n"
    )
    (goldloop.directory / "broken").touch()
    own = ["optimizer=none", "optimizer._target_=mine.Sometimes", "+optimizer.at=1,2", "tracker.tags=[t]"]
    failed = goldloop("--trust", "mine", "-m", *own, "seed=1,2", *model(endpoint))
    assert failed.returncode == 1
    assert said_by_wandb(failed.stdout) == []
    [sweep] = {path.parent for path in goldloop.directory.glob("outputs/*/*/multirun.yaml")}
    jobs = [Seen(sweep / name) for name in "0123"]
    seen = Seen(sweep)
    assert {job.header.run_group for job in [*jobs, seen]} == {sweep.name}
    assert len({job.header.run_id for job in [*jobs, seen]}) == 5
    assert (seen.header.job_type, list(seen.header.tags)) == ("sweep", ["t"])
    table = seen.tables["jobs"]
    assert list(table[0]) == list(COLUMNS)
    assert [row["job"] for row in table] == list("0123")
    assert [row["status"] for row in table] == ["finished", "finished", "failed", "failed"]
    assert table[3]["overrides"] == "+optimizer.at=2 seed=2"
    assert "of mine" in table[2]["stop_reason"]
    assert table[0]["best/test"] == read_run(sweep / "0").result.best.test
    assert seen.summary["jobs/total"] == 4
    assert seen.summary["jobs/failed"] == 2
    assert seen.summary["best/select"] == max(row["best/select"] for row in table if row["status"] == "finished")

    (goldloop.directory / "broken").unlink()
    (old,) = sweep.glob("wandb/offline-run-*")
    old.rename(goldloop.directory / old.name)
    again = goldloop("--trust", "mine", f"resume={sweep.relative_to(goldloop.directory)}")
    assert again.returncode == 0, again.stderr
    resumed = Seen(sweep)
    assert resumed.header.run_id == seen.header.run_id
    assert [row["status"] for row in resumed.tables["jobs"]] == ["finished"] * 4

    found = [str(path) for path in sorted(sweep.glob("**/offline-run-*"))]
    sync = [str(Path(sys.executable).with_name("wandb")), "sync", "--dry-run", *found]
    told = subprocess.run(sync, capture_output=True, text=True, check=True, cwd=goldloop.directory)
    assert f" {len(found)} run(s)" in told.stdout + told.stderr


def test_a_prompt_in_the_configuration_is_left_out_without_log_texts() -> None:
    assert bare({"prompt": "Like this: ...", "seed": 1}) == {"prompt": "[left out: tracker.log_texts=false]", "seed": 1}
    assert bare({"prompt": None}) == {"prompt": None} and bare({}) == {}


def test_without_log_texts_no_words_of_an_item_lie_below_wandb(goldloop: Goldloop, endpoint: Endpoint) -> None:
    phrases = [line for text in endpoint.answers for line in text.splitlines() if len(line) >= 40]

    def quoting(body: Body, number: int) -> Any:  # a rewriter that quotes an item
        if body["messages"][-1]["content"] in endpoint.answers:
            return None
        text = (
            f'Read it and choose labels.\n- When a case is like "{phrases[0].upper()}", think.\n- When in doubt, think.'
        )
        return 200, {"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}]}, {}

    endpoint.fault = quoting
    done = goldloop(*model(endpoint), "tracker.log_texts=false", "epochs=1", "optimizer=tutorial")
    assert done.returncode == 0, done.stderr
    done = goldloop("-m", *model(endpoint), "tracker.log_texts=false", "epochs=1", "seed=1")
    assert done.returncode == 0, done.stderr
    runs = [path.parent for path in goldloop.directory.glob("outputs/*/**/result.json")]
    assert len(runs) == 2
    told = ""
    for folder in goldloop.directory.glob("outputs/*/**/wandb"):
        files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
        told += "\n".join(path.read_bytes().decode("utf-8", "replace") for path in files)
    assert EXAMPLES_OUT in told
    assert LINE_OUT in told
    assert "When in doubt, think." in told  # the rest of a rewritten prompt is there
    spread = json.dumps(phrases)[2:-2].split('", "')  # as they stand in JSON, beside as they are
    folded = told.casefold()
    assert [phrase for phrase in {*phrases, *spread} if phrase.casefold() in folded] == []
    columns = {name for run in runs for row in Seen(run).tables["predictions"] for name in row}
    assert columns == {"id", "gold", "prediction", "exact", "failure"}
    [sweep] = {path.parent for path in goldloop.directory.glob("outputs/*/*/multirun.yaml")}
    assert "stop_reason" not in Seen(sweep).tables["jobs"][0]


def agents_words(endpoint: Endpoint, chosen: dict[str, Any]) -> list[str]:
    """The command line that W&B's agent makes of the sweep in docs/wandb.md, by W&B's own code."""
    from wandb.sdk.launch.sweeps.utils import create_sweep_command, create_sweep_command_args

    [text] = re.findall(r"^```yaml\n(# sweep.yaml\n.*?)^```", (ROOT / "docs/wandb.md").read_text(), re.M | re.S)
    sweep = yaml.safe_load(text)
    assert set(chosen) == set(sweep["parameters"])
    known = create_sweep_command_args({"args": {name: {"value": value} for name, value in chosen.items()}})
    known |= {"env": ["/usr/bin/env"], "program": [sweep["program"]]}
    words = []
    for word in create_sweep_command(sweep["command"]):
        words += known[word[2:-1]] if word.startswith("${") else [word]
    assert words[:2] == ["/usr/bin/env", "goldloop"]
    words = [word for word in words[2:] if not word.startswith("provider.model=")]
    return [*words, *model(endpoint)[1:]]


def test_under_a_wandb_agent_the_run_is_the_agents(goldloop: Goldloop, endpoint: Endpoint) -> None:
    words = agents_words(endpoint, {"optimizer": "demos", "seed": 2, "provider.temperature": 0.25})
    agent = {"WANDB_SWEEP_ID": "sw33p1", "WANDB_RUN_ID": "abcd1234", "WANDB_MODE": "offline"}
    place = {"WANDB_PROJECT": "theirs", "WANDB_ENTITY": "them", "WANDB_SWEEP_PARAM_PATH": "wandb/sweep/config.yaml"}
    (goldloop.directory / "wandb/sweep").mkdir(parents=True)
    chosen = {"wandb_version": 1, "optimizer": {"value": "demos"}, "seed": {"value": 2}}
    (goldloop.directory / "wandb/sweep/config.yaml").write_text(yaml.safe_dump(chosen))
    done = goldloop(*words, **agent, **place)
    assert done.returncode == 0, done.stderr
    assert said_by_wandb(done.stdout + done.stderr) == []
    run = read_run(only_run(goldloop.directory))
    seen = Seen(run.path)
    assert (seen.header.run_id, seen.header.run_group, seen.header.sweep_id) == ("abcd1234", "", "sw33p1")
    assert (seen.header.project, seen.header.entity) == ("theirs", "them")
    assert seen.summary["best/select"] == run.result.best.select
    assert run.config["provider"]["temperature"] == 0.25


def test_disabled_it_writes_and_says_nothing(goldloop: Goldloop, endpoint: Endpoint) -> None:
    done = goldloop("-m", "seed=1", "optimizer=none", *model(endpoint), WANDB_MODE="disabled")
    assert done.returncode == 0
    assert said_by_wandb(done.stdout + done.stderr) == []
    assert list(goldloop.directory.glob("outputs/**/*.wandb")) == []


class Fails:
    def sweep(self, directory: Path, words: Sequence[str]) -> None:
        raise OSError(f"no summary of {directory.name} {' '.join(words)}")


def test_a_summary_that_fails_does_not_hurt_the_sweep(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with summed_up(tmp_path / "s", Fails, ["seed=1,2"]):
        pass
    assert "no summary of s seed=1,2" in caplog.text
    caplog.clear()
    with pytest.raises(ZeroDivisionError), summed_up(tmp_path / "s", Fails, []):
        raise ZeroDivisionError
    assert "no summary of s" in caplog.text


def row(**figures: Any) -> dict[str, Any]:
    return {**dict.fromkeys(COLUMNS), "status": "finished", "calls": 1, "seconds": 1.0, "cost_usd": 0.5, **figures}


def test_the_best_job_is_chosen_on_select_and_unknown_costs_stay_unknown() -> None:
    rows = [
        row(job="0", **{"best/select": 0.5, "best/test": 0.9}),
        row(job="1", **{"best/select": 0.6, "best/test": 0.1}),
        row(job="2", **{"best/select": 0.6}),
        row(job="3", status="failed", **{"best/select": 0.9}),
    ]
    figures = sweep_figures(rows)
    assert (figures["best/job"], figures["jobs/finished"], figures["cost_usd"]) == ("1", 3, 2.0)
    assert sweep_figures([*rows, row(cost_usd=None)])["cost_usd"] is None
    lost = {**dict.fromkeys(COLUMNS), "status": "not begun"}
    assert sweep_figures([lost]) == {
        "jobs/total": 1, "jobs/failed": 0, "jobs/finished": 0, "jobs/not begun": 1, "cost_usd": 0, "calls": 0,
        "seconds": 0,
    }  # fmt: skip


def epoch(number: int, best: str, *candidates: dict[str, Any]) -> EpochRecord:
    return epoch_record(
        epoch=number,
        best={"prompt": best, "interval": [0.4, 0.6]},
        candidates=candidates,
        rejected={"too_long": 2},
        calls=10 * number,
        worth_usd=0.25 * number,
    )


def candidate(prompt: str, parent: str, text: str) -> dict[str, Any]:
    whole = {"select": 0.5, "interval": None, "change": "rules", "fixed": ["1"], "broken": None}
    whole |= {"fixed_pairs": {"red → blue": 2, "red → nothing": 1}, "broken_pairs": None}
    return {"prompt": prompt, "parent": parent, "text": text, **whole}


def test_a_prompt_is_diffed_against_its_parent_and_accepted_once() -> None:
    epochs = [epoch(0, "a"), epoch(1, "b", candidate("b", "a", "x\nz"), candidate("c", "a", "x")), epoch(2, "b")]
    epochs.append(epoch(3, "b", candidate("d", "unknown", "w")))
    rows = [dict(zip(PROMPTS, cells, strict=True)) for cells in prompt_table(prompt_versions(epochs, "x\ny"))]
    assert [(row["prompt"], row["accepted"]) for row in rows] == [("a", "yes"), ("b", "yes"), ("c", "no"), ("d", "no")]
    assert rows[1]["diff"] == "@@ -1,2 +1,2 @@\n x\n-y\n+z"
    assert (rows[1]["fixed"], rows[1]["broken"], rows[1]["low"]) == (1, None, None)
    assert (rows[1]["fixed_pairs"], rows[1]["broken_pairs"]) == ("red → blue (2), red → nothing (1)", None)
    assert (rows[1]["calls"], rows[1]["worth_usd"]) == (10, 0.25)
    assert (rows[0]["diff"], rows[3]["diff"]) == ("", "")


def test_curves_have_no_candidates_where_none_was_measured() -> None:
    assert "candidates/reward" not in curves(epoch(2, "b"))
    assert curves(epoch(2, "b"))["candidates/rejected"] == curves(epoch(2, "b"))["rejected/too_long"] == 2
    figures = curves(epoch(1, "b", candidate("b", "a", "x")))
    assert figures["candidates/fixed"] == 1
    assert figures["calls"] == 10
    assert "candidates/broken" not in figures


QUOTED = "My card was charged twice, and nobody"


@pytest.mark.parametrize(
    ("prompt", "items", "shown"),
    [
        ("Label it.", [QUOTED], "Label it."),
        ("A.\nLike: my CARD was   charged twice, and nobody.\nB.", [QUOTED], f"A.\n{LINE_OUT}\nB."),
        ("A.\nmy card was charged\ntwice, and nobody\nB.", [QUOTED], f"A.\n{LINE_OUT}\n{LINE_OUT}\nB."),
        ("Such as: where is it, please?", ["Where is it, please?"], LINE_OUT),
        ("Say hello to Hi.", ["hi"], "Say hello to Hi."),
        ("A.\n\nExamples:\n\nText:\nx\nLabels: Red", [], f"A.\n\n{EXAMPLES_OUT}"),
        ("A.\r\nExamples: \r\nText: x", [], f"A.\n\n{EXAMPLES_OUT}"),
        (Prompt("A.", (Demo("x", ("Red",)),), turns=True).render(), [], f"A.\n\n{EXAMPLES_OUT}"),
    ],
)
def test_lines_that_quote_an_item_are_left_out(prompt: str, items: Sequence[str], shown: str) -> None:
    assert redact_texts([prompt], items) == [shown]


def test_every_quotation_long_enough_is_found() -> None:
    item = "".join(chr(ord("a") + (place * place + 3 * place) % 23) for place in range(80))
    for start in range(80 - 29):
        assert redact_texts([f"zz {item[start : start + 29]} zz"], [item]) == [LINE_OUT]


def test_tests_see_no_key_of_the_person_who_runs_them() -> None:
    assert not [name for name in os.environ if name.startswith("WANDB_")]
