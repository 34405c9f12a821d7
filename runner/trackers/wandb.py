"""tracker=wandb: Weights & Biases, offline without a key. The disk is the record; this is a view of it."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from netrc import NetrcParseError, netrc
from pathlib import Path
from typing import Any, Literal

from runner.prompt import Prompt
from runner.run_directory import write_whole
from runner.types import Progress, RunInfo, Usage

_COLUMNS = ("id", "gold", "prediction", "out_of_list", "exact", "verdict", "failure", "text", "reply")
_TEXTS = ("text", "reply", "verdict", "out_of_list")  # each can hold words of an item


class WandB:
    """One W&B run for each run; the jobs of a sweep share a group named after its directory.

    Args:
        project, entity: where the run goes.
        mode: ``auto`` is online with a key (``WANDB_API_KEY`` or ``wandb login``), else offline;
            ``WANDB_MODE`` in the environment wins over it.
        log_texts: False keeps items' texts out: no texts or replies in tables, no worked examples in the prompt.
        tags: of the run.
    """

    def __init__(
        self,
        project: str = "goldloop",
        entity: str | None = None,
        mode: Literal["auto", "online", "offline"] = "auto",
        log_texts: bool = True,
        tags: Sequence[str] = (),
    ) -> None:
        self._project = project
        self._entity = entity
        self._mode = mode
        self._log_texts = log_texts
        self._tags = list(tags)
        self._run: Any = None
        self._directory = Path()

    def start(self, run: RunInfo) -> None:
        import wandb

        self._directory = run.directory
        wandb.setup(settings=wandb.Settings(silent=True))  # or it advertises before a run's own settings hold
        # A W&B sweep agent owns group and id.
        owned = bool(os.environ.get("WANDB_SWEEP_ID"))
        self._run = wandb.init(
            project=self._project,
            entity=self._entity,
            dir=str(run.directory),
            config=dict(run.config),
            name=run.directory.name,
            group=run.sweep.name if run.sweep and not owned else None,
            id=None if owned else _run_id(run),
            resume=None if owned else "allow",
            mode=self._chosen_mode(),
            tags=self._tags,
            reinit="finish_previous",
            # Neither argv, nor code, nor what the terminal shows: what is logged is logged on purpose.
            settings=wandb.Settings(
                x_disable_meta=True, x_disable_stats=True, silent=True, console="off", disable_git=True, save_code=False
            ),
        )
        if self._run.url and not self._run.offline:
            texts = "without" if not self._log_texts else "tracker.log_texts=false keeps them out; with"
            print(f"W&B: {self._run.url} ({texts} the items' texts)")
        self._run.define_metric("epoch")
        self._run.define_metric("*", step_metric="epoch")
        self._run.define_metric("select/reward", summary="max")

    def progress(self, progress: Progress, usage: Usage) -> None: ...

    def epoch(self, record: Mapping[str, Any]) -> None:
        rewards = [candidate["select"] for candidate in record["candidates"]]
        figures = {f"select/{name}": value for name, value in record["best"].items() if isinstance(value, float)}
        self._run.log(
            {
                "epoch": record["epoch"],
                **figures,
                "select/reward": record["best"]["select"],
                "candidates/measured": len(rewards),
                "candidates/rejected": sum(record["rejected"].values()),
                **({"candidates/reward": max(rewards)} if rewards else {}),
            }
        )

    def finish(
        self, result: Mapping[str, Any], predictions: Sequence[Mapping[str, Any]], prompts: Sequence[Prompt]
    ) -> None:
        import wandb

        columns = [name for name in _COLUMNS if self._log_texts or name not in _TEXTS]
        rows = [[_cell(row[name]) for name in columns] for row in predictions]
        self._run.log({"predictions": wandb.Table(columns=columns, data=rows)})
        self._run.log_artifact(self._best_prompt(prompts[-1], result))
        self._run.summary.update(_flat(result))
        self._run.finish()
        self._run = None

    def close(self) -> None:
        if self._run is not None:
            self._run.finish(exit_code=1)

    def _best_prompt(self, prompt: Prompt, result: Mapping[str, Any]) -> Any:
        import wandb

        best = {"epoch": result["best"]["epoch"], "select": result["best"]["select"], "test": result["best"]["test"]}
        artifact = wandb.Artifact("best-prompt", type="prompt", metadata=best)
        text = prompt.render()
        if not self._log_texts and prompt.demos:
            text = f"{prompt.instructions}\n\n[{len(prompt.demos)} worked examples left out: tracker.log_texts=false]"
        # In the run directory, and not copied to a cache elsewhere: what a run wrote is in one place.
        path = self._directory / "wandb" / "best_prompt.txt"
        write_whole(path, text + "\n")
        artifact.add_file(str(path), policy="immutable")
        return artifact

    def _chosen_mode(self) -> Literal["online", "offline"] | None:
        if os.environ.get("WANDB_MODE"):
            return None  # wandb reads it itself
        if self._mode != "auto":
            return self._mode
        return "online" if os.environ.get("WANDB_API_KEY") or _logged_in() else "offline"


def _logged_in() -> bool:
    """Whether ``wandb login`` left a key in the user's netrc file."""
    try:
        return netrc().authenticators("api.wandb.ai") is not None
    except (FileNotFoundError, NetrcParseError):
        return False


def _run_id(run: RunInfo) -> str:
    """The same for the same run directory, so that a resumed run goes on in its W&B run."""
    parts = run.directory.parts[-3:] if run.sweep else run.directory.parts[-2:]
    return hashlib.sha256("/".join(parts).encode()).hexdigest()[:16]


def _cell(value: Any) -> Any:
    return ", ".join(value) if isinstance(value, list | tuple) else value


def _flat(record: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in record.items():
        if isinstance(value, Mapping):
            flat.update(_flat(value, f"{prefix}{key}/"))
        elif not isinstance(value, list | tuple):
            flat[f"{prefix}{key}"] = value
    return flat
