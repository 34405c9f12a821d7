"""goldloop studio push=RUN_DIR: predictions of a run back into a project."""

import json
from pathlib import Path

from runner.archive import read_run
from runner.command_line import Words
from runner.errors import DataError
from runner.settings import StudioSettings

RECORD = "labels.jsonl"


def push(run: Path, studio: StudioSettings) -> None:
    """Send the rows of a label run; of an optimisation, label every task with its best prompt first."""
    from runner.studio.sink import LabelStudio

    record = run / RECORD
    if not record.is_file():
        label_with(run, studio, "sink=label_studio", f"studio.annotations={studio.annotations}")
        return
    result = read_run(run).result
    if "model_version" not in result or "prompt" not in result:
        raise DataError(f"{run}: its result.json names no model version and no prompt: it is no label run's")
    sink = LabelStudio(studio.url, studio.token_env, studio.project, studio.annotations)
    print(sink.deliver(record, str(result["model_version"]), str(result["prompt"])))


def label_with(run: Path, studio: StudioSettings, *words: str) -> Path:
    """Label tasks of a project with a prompt of ``run``. Returns the directory of the label run."""
    from runner.commands.label import run as label

    own = [f"studio.token_env={studio.token_env}", f"studio.project={json.dumps(studio.project)}"]
    own += [f"studio.url={json.dumps(studio.url)}"] if studio.url else []
    return label(Words("label", [], None, [f"run={json.dumps(str(run))}", "dataset=label_studio", *own, *words]))
