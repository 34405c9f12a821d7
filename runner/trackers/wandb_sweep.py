"""A W&B run about a sweep: a table with a row a job, and the best one. Read from the disk."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from runner.runs.reader import Run
from runner.trackers.sweep_summary import job_directories, read_job
from runner.trackers.wandb_run import close_run, open_run, owned_by_agent

COLUMNS = (
    "job", "overrides", "status", "stop_reason", "initial/select", "initial/test", "best/epoch", "best/select",
    "best/test", "difference", "low", "high", "decision", "p", "cost_usd", "calls", "seconds",
)  # fmt: skip


_BEST = ("job", "overrides", "best/epoch", "best/select", "best/test", "decision", "p")


_PROMPT = re.compile(r"\+*prompt=")


def log_summary(sweep: Path, words: Sequence[str], target: Mapping[str, Any], *, texts: bool) -> None:
    """Write a W&B run about the sweep.

    Args:
        words: the options of the sweep.
        target: where the run goes, as ``open_run`` takes it: project, entity, mode, tags.
        texts: whether W&B may see what may quote items.
    """
    if owned_by_agent():
        return
    jobs = {path: read_job(path) for path in job_directories(sweep)}
    if not any(jobs.values()):
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
        **target,
        config={"sweep": sweep.name, "overrides": list(words)},
        name=f"{sweep.name} summary",
        group=sweep.name,
        job_type="sweep",
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
        close_run(run, sweep)


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
    result, decision = job.result, job.result.decision
    low, high = decision.interval if decision else (None, None)
    return {
        "overrides": " ".join(word for word in job.overrides if word not in common),
        "status": result.status,
        "stop_reason": result.stop_reason,
        "initial/select": result.initial.select,
        "initial/test": result.initial.test,
        "best/epoch": result.best.epoch,
        "best/select": result.best.select,
        "best/test": result.best.test,
        "difference": decision.difference if decision else None,
        "low": low,
        "high": high,
        "decision": decision.verdict if decision else None,
        "p": decision.p if decision else None,
        "cost_usd": result.cost_usd,
        "calls": result.calls.total,
        "seconds": result.seconds,
    }


def _no_result(path: Path) -> dict[str, Any]:
    """A job that was killed, or that failed before its run began."""
    begun = (path / ".hydra" / "config.yaml").exists()
    status, reason = ("unfinished", None) if begun else ("not begun", "its log says why")
    return dict.fromkeys(COLUMNS[1:]) | {"status": status, "stop_reason": reason}
