"""tracker=wandb: Weights & Biases, offline without a key. The disk is the record; this is a view of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from runner.core.calls import Usage
from runner.core.errors import DataError
from runner.core.evaluation import Progress, RunInfo
from runner.core.files import atomic_write
from runner.core.prompt import Prompt
from runner.core.run_result import RunResult
from runner.core.run_rows import EpochRecord, PredictionRow
from runner.runs.json_records import to_json
from runner.runs.reader import read_run
from runner.trackers.redact_texts import redact_texts
from runner.trackers.wandb_run import close_run, open_run
from runner.trackers.wandb_settings import Mode
from runner.trackers.wandb_sweep import log_summary
from runner.trackers.wandb_tables import (
    PROMPTS,
    curves,
    flat,
    prediction_table,
    prompt_table,
    prompt_versions,
    without_answers,
)

_PROMPT_OUT = "[left out: tracker.log_texts=false]"
_ALL_OUT = "[left out: tracker.log_texts=false, and the items' texts cannot be read to see what quotes them]"


def bare(config: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration without the prompt that stands in it, which may quote items."""
    return {**config, "prompt": _PROMPT_OUT} if config.get("prompt") else dict(config)


class WandB:
    """One W&B run for each run; the jobs of a sweep share a group named after its directory.

    Args:
        project, entity: where the run goes; None is as W&B's own settings say, else the project ``goldloop``.
        mode: ``auto`` is online with a key for W&B's server, else offline. Where W&B's own settings are stricter
            (``WANDB_MODE``, ``wandb offline``, ``wandb disabled``), they win.
        log_texts: False keeps items' texts out: no texts or replies in tables, and no worked examples and no
            lines that quote an item in prompts.
        tags: of the run.
    """

    def __init__(
        self,
        project: str | None = None,
        entity: str | None = None,
        mode: Mode = "auto",
        log_texts: bool = True,
        tags: Sequence[str] = (),
    ) -> None:
        self._project = project
        self._entity = entity
        self._mode = mode
        self._log_texts = log_texts
        self._tags = tags
        self._run: Any = None
        self._directory = Path()
        self._initial = ""
        self._epochs: list[EpochRecord] = []

    def start(self, run: RunInfo) -> None:
        self._directory, self._initial = run.directory, run.plan["initial"]
        self._run = open_run(
            directory=run.directory,
            project=self._project,
            entity=self._entity,
            mode=self._mode,
            tags=self._tags,
            config=run.config if self._log_texts else bare(run.config),
            name=run.directory.name,
            group=run.sweep.name if run.sweep else None,
            job_type=None,
        )
        if self._run is None:
            return
        if self._run.url and not self._run.offline:
            texts = "without" if not self._log_texts else "tracker.log_texts=false keeps them out; with"
            print(f"W&B: {self._run.url} ({texts} the items' texts)")
        self._run.define_metric("epoch")
        self._run.define_metric("*", step_metric="epoch")
        self._run.define_metric("select/reward", summary="max")

    def progress(self, progress: Progress, usage: Usage) -> None: ...

    def epoch(self, record: EpochRecord) -> None:
        if self._run is not None:
            self._epochs.append(record)
            self._run.log(curves(record))

    def finish(self, result: RunResult, predictions: Sequence[PredictionRow], prompts: Sequence[Prompt]) -> None:
        if self._run is None:
            return
        import wandb

        versions = prompt_versions(self._epochs, self._initial)
        *texts, best = self._shown([*(version.text for version in versions), prompts[-1].render()])
        versions = [replace(version, text=text) for version, text in zip(versions, texts, strict=True)]
        columns, rows = prediction_table(predictions, texts=self._log_texts)
        self._run.log(
            {
                "predictions": wandb.Table(columns=columns, data=rows),
                "prompts": wandb.Table(columns=list(PROMPTS), data=prompt_table(versions)),
            }
        )
        verdict = [result.decision.verdict] if result.decision else []
        self._run.log_artifact(self._best_prompt(best, result), aliases=["latest", "best", *verdict])
        figures = flat(to_json(result))
        self._run.summary.update(figures if self._log_texts else without_answers(figures))
        self._end()

    def close(self) -> None:
        if self._run is not None:
            self._end(exit_code=1)

    def _end(self, exit_code: int = 0) -> None:
        run, self._run = self._run, None
        close_run(run, self._directory, exit_code)

    def sweep(self, directory: Path, words: Sequence[str]) -> None:
        target = {"project": self._project, "entity": self._entity, "mode": self._mode, "tags": list(self._tags)}
        log_summary(directory, words, target, texts=self._log_texts)

    def _shown(self, texts: Sequence[str]) -> Sequence[str]:
        """The prompts' texts, as far as W&B may see them."""
        if self._log_texts:
            return texts
        try:
            items = read_run(self._directory).data().items
        except DataError:
            return [_ALL_OUT] * len(texts)
        return redact_texts(texts, (item.text for item in items))

    def _best_prompt(self, text: str, result: RunResult) -> Any:
        import wandb

        best = {"epoch": result.best.epoch, "select": result.best.select, "test": result.best.test}
        artifact = wandb.Artifact("best-prompt", type="prompt", metadata=best)
        # In the run directory, and not copied to a cache elsewhere: what a run wrote is in one place.
        path = self._directory / "wandb" / "best_prompt.txt"
        atomic_write(path, text + "\n")
        artifact.add_file(str(path), policy="immutable")
        return artifact
