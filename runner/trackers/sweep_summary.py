"""What a sweep came to, in a line, and in a W&B run: a table with a row a job, and the best one. Read from the disk.

Hydra tells a callback of a sweep's start, but of its end only if no job failed; so ``SweepSummary`` notes the start,
and the entry point runs the sweep inside ``summed_up``.
"""

import logging
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from runner.core.errors import DataError
from runner.core.secrets import redact
from runner.runs.reader import Run, in_order, read_run
from runner.trackers.wandb_run import open_run, owned_by_agent, run_id

COLUMNS = (
    "job", "overrides", "status", "stop_reason", "initial/select", "initial/test", "best/epoch", "best/select",
    "best/test", "difference", "low", "high", "decision", "p", "cost_usd", "calls", "seconds",
)  # fmt: skip
_BEST = ("job", "overrides", "best/epoch", "best/select", "best/test", "decision", "p")
_TRACKER = "runner.trackers.wandb.WandB"
_PROMPT = re.compile(r"\+*prompt=")
_log = logging.getLogger(__name__)


class SweepSummary:
    """A Hydra callback that notes which sweep starts, for ``summed_up``. Hydra asks for all its methods by name."""

    started: ClassVar[list[Any]] = []

    def on_multirun_start(self, config: Any, **_: Any) -> None:
        self.started.append(config)

    def _nothing(self, **_: Any) -> None: ...

    on_run_start = on_run_end = on_multirun_end = on_job_start = on_job_end = on_compose_config = _nothing


@contextmanager
def summed_up() -> Iterator[None]:
    """Write the summary of the sweep that runs inside, also if jobs of it failed; not after Ctrl-C.

    Whatever goes wrong here is logged and stays here.
    """
    try:
        yield
    except Exception:
        _summarize()
        raise
    _summarize()


def _summarize() -> None:
    while SweepSummary.started:
        config = SweepSummary.started.pop()
        for told in (_tell_wandb, _tell):
            try:
                told(config)
            except Exception as error:  # noqa: BLE001 - the disk is the record; no summary may hurt a sweep
                words = redact(" ".join(f"{type(error).__name__}: {error}".split()))
                where = "W&B has" if told is _tell_wandb else "there is"
                _log.warning("%s no summary of this sweep, the run directories have everything (%s)", where, words)


def _tell_wandb(config: Any) -> None:
    if config.tracker.get("_target_") == _TRACKER and not owned_by_agent():
        _log_summary(Path(config.hydra.sweep.dir), config.tracker, list(config.hydra.overrides.task))


def _tell(config: Any) -> None:
    if words := came_to(Path(config.hydra.sweep.dir)):
        print(words, flush=True)


def came_to(sweep: Path) -> str:
    """The directory of a sweep, how many of its jobs finished, and what ranks them; empty if no job began."""
    shown = os.path.relpath(sweep)
    results = [_read(path) for path in _job_directories(sweep)]
    done = sum(job is not None and job.result.get("status") == "finished" for job in results)
    ranks = f"; goldloop compare {shown} ranks them" if done > 1 else ""
    return f"{shown}/: {done} of {len(results)} jobs finished{ranks}" if results else ""


def _log_summary(sweep: Path, tracker: Mapping[str, Any], words: Sequence[str]) -> None:
    texts = bool(tracker.get("log_texts", True))
    jobs = {path: _read(path) for path in _job_directories(sweep)}
    told = [job for job in jobs.values() if job and job.config["tracker"]["_target_"] == _TRACKER]
    if not told:  # the jobs' own tracker is another one
        return
    rows = sweep_rows(sweep, jobs)
    if not texts:  # a prompt that was typed may quote items
        words = [word for word in words if not _PROMPT.match(word)]
        typed = any(_PROMPT.match(word) for job in jobs.values() if job for word in job.overrides)
        rows = [{**row, "overrides": ""} for row in rows] if typed else rows
    # A bug's message is of somebody else's making: it can hold an item.
    columns = [name for name in COLUMNS if texts or name != "stop_reason"]
    run = open_run(
        directory=sweep,
        project=tracker.get("project", "goldloop"),
        entity=tracker.get("entity"),
        mode=tracker.get("mode", "auto"),
        tags=list(tracker.get("tags") or ()),
        config={"sweep": sweep.name, "overrides": list(words)},
        name=f"{sweep.name} summary",
        group=sweep.name,
        job_type="sweep",
        identity=run_id(sweep, 2),
    )
    if run is None:
        return
    import wandb

    try:
        table = wandb.Table(columns=columns, data=[[row[name] for name in columns] for row in rows])
        run.log({"jobs": table})
        run.summary.update(sweep_figures(rows))
        if run.url and not run.offline:
            print(f"W&B: {run.url} (the sweep's summary)")
    finally:
        run.finish()


def sweep_rows(sweep: Path, jobs: Mapping[Path, Run | None]) -> list[dict[str, Any]]:
    """A row of ``COLUMNS`` for each job; ``overrides`` are the words that not all jobs were started with.

    Args:
        jobs: job directory -> what is in it; None if the job has no result.
    """
    found = [set(job.overrides) for job in jobs.values() if job]
    common = set.intersection(*found) if len(found) > 1 else set()
    return [
        {"job": path.relative_to(sweep).as_posix(), **(_row(job, common) if job else _no_result(path))}
        for path, job in jobs.items()
    ]


def sweep_figures(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How many jobs ended how, what they took together, and the best one.

    The best has the highest select reward, of equals the first: the sealed test judges, it does not choose.
    """
    done = [row for row in rows if row["status"] == "finished" and row["best/select"] is not None]
    best = max(done, key=lambda row: float(row["best/select"]), default=None)
    costs = [row["cost_usd"] for row in rows if row["status"] in {"finished", "stopped", "failed"}]
    statuses = [row["status"] for row in rows]
    return {
        "jobs/total": len(rows),
        **{f"jobs/{status}": statuses.count(status) for status in sorted({"finished", "failed", *statuses})},
        "cost_usd": None if None in costs else sum(costs),
        "calls": sum(row["calls"] or 0 for row in rows),
        "seconds": sum(row["seconds"] or 0 for row in rows),
        **({f"best/{name.removeprefix('best/')}": best[name] for name in _BEST} if best else {}),
    }


def _row(job: Run, common: set[str]) -> dict[str, Any]:
    result, decision = job.result, job.result["decision"] or {}
    low, high = decision.get("interval") or (None, None)
    return {
        "overrides": " ".join(word for word in job.overrides if word not in common),
        "status": result["status"],
        "stop_reason": result["stop_reason"],
        "initial/select": result["initial"]["select"],
        "initial/test": result["initial"]["test"],
        "best/epoch": result["best"]["epoch"],
        "best/select": result["best"]["select"],
        "best/test": result["best"]["test"],
        "difference": decision.get("difference"),
        "low": low,
        "high": high,
        "decision": decision.get("verdict"),
        "p": decision.get("p"),
        "cost_usd": result["cost_usd"],
        "calls": result["calls"]["total"],
        "seconds": result["seconds"],
    }


def _no_result(path: Path) -> dict[str, Any]:
    """A job that was killed, or that failed before its run began."""
    begun = (path / ".hydra" / "config.yaml").exists()
    status, reason = ("unfinished", None) if begun else ("not begun", "its log says why")
    return dict.fromkeys(COLUMNS[1:]) | {"status": status, "stop_reason": reason}


def _job_directories(sweep: Path) -> list[Path]:
    """The directories of all jobs, those that failed before their run began too: all have a log."""
    return in_order(log.parent for log in sweep.glob("**/goldloop.log"))


def _read(path: Path) -> Run | None:
    try:
        return read_run(path)
    except DataError:
        return None
