"""What a project's page says, in plain words: what is served, how the training goes, and what to do next."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from runner.core.errors import GoldloopError
from runner.core.run_result import RunResult
from runner.label_studio.ml_backend.adoption import KEPT, UNSERVED
from runner.label_studio.ml_backend.pages.curve import Point
from runner.label_studio.ml_backend.projects import Project, Training
from runner.label_studio.ml_backend.served_prompt import Served
from runner.label_studio.ml_backend.training_progress import proved
from runner.runs.conclusion import conclusion
from runner.runs.run_files import epochs_so_far, inside, result_of

State = Literal["none", "running", "finished", "failed"]
REPORT = "report.html"


@dataclass(frozen=True)
class TrainingView:
    """A training.

    Attributes:
        state: ``none`` where there was none. headline: the same in words. verdict: what came out, in the words of
            runs. next: what to do now, perhaps with a command. kind: how it is coloured.
        points: the best reward by epoch. report: whether there is one.
        may_use: whether its prompt may be chosen; may_keep: whether that is still to be decided.
    """

    state: State
    headline: str
    run: str = ""
    kind: str = ""
    verdict: str = ""
    next: str = ""
    points: Sequence[Point] = ()
    report: bool = False
    command: str = ""
    may_use: bool = False
    may_keep: bool = False


@dataclass(frozen=True)
class ProjectView:
    """A project as its page shows it.

    Attributes:
        renewal: how the renewal of predictions goes, in words; waits: why it does not go on.
        problem: why nothing is served.
        may_renew: whether it may be begun again. live: whether something on the page changes by itself.
    """

    id: str
    title: str
    version: str
    source: str
    prompt: str
    training: TrainingView
    renewal: str = ""
    waits: str = ""
    signed: str = ""
    problem: str = ""
    may_renew: bool = False
    live: bool = False


def project_view(project: Project, served: Served, problem: str = "") -> ProjectView:
    """What a project's page says; reads the files of its last training's run.

    Args:
        problem: why nothing is served.
    """
    chosen, renewal = project.adopted, project.renewal
    in_use = chosen is not None and chosen.text == served.shown
    training = training_view(project, in_use)
    busy = renewal is not None and renewal.status == "running"
    words = ""
    if renewal:
        state = {"running": "under way", "finished": "done", "stopped": "stopped"}[renewal.status]
        paused = busy and training.state == "running"
        words = f"{'Interrupted by the training' if paused else state.capitalize()}: {renewal.counts}."
        words = words if renewal.total else ("Begins in a moment." if busy else "")
    return ProjectView(
        id=project.id,
        title=project.title,
        version=served.version,
        source=served.source,
        prompt=served.shown,
        training=training,
        renewal=words,
        waits=renewal.words if renewal else "",
        signed=renewal.signed if renewal else "",
        problem=problem,
        may_renew=in_use and not busy and training.state != "running",
        live=busy or training.state == "running",
    )


def training_view(project: Project, in_use: bool) -> TrainingView:
    """How the last training of a project goes, or went.

    Args:
        in_use: whether the prompt that was adopted last is the one that is served.
    """
    training = project.training
    if training is None:
        how = "Press Start Training in Label Studio (Settings > Model > the menu of the backend)."
        return TrainingView("none", "No training yet", next=how)
    run = Path(training.run)
    points = [(row.epoch, row.best.select) for row in epochs_so_far(run) if row.best.select is not None]
    report = _has_report(run)
    if training.status == "running":
        far = f"epoch {points[-1][0]}, best reward so far {points[-1][1]:.3f}" if points else "no epoch is done yet"
        return TrainingView("running", f"A training is running: {far}", training.run, points=points)
    if training.status == "failed":
        how = "Put right what is said, then press Start Training in Label Studio again."
        return TrainingView(
            "failed", "The training failed", training.run, "bad", training.words, how, points, report=report
        )
    try:
        result = result_of(run)
    except GoldloopError as error:
        return TrainingView("finished", "The training has ended", training.run, "", str(error), points=points)
    if result is None:
        return TrainingView("finished", "The training has ended", training.run, "", "Its run directory is gone.")
    return _finished(project, training, in_use, result, points, report)


def _finished(
    project: Project, training: Training, in_use: bool, result: RunResult, points: Sequence[Point], report: bool
) -> TrainingView:
    found = conclusion(result, minus="−")
    adopted = project.adopted is not None and project.adopted.run == training.run
    used, other = adopted and in_use, proved(result)
    how = _next(result, adopted)
    queue = f"goldloop studio studio.project={project.id} queue={training.run}" if how.endswith(":") else ""
    headline = "The training has ended"
    if used:
        headline += "; its prompt is served"
    elif adopted:
        headline += "; its prompt was served, until a person gave another"
    elif other:
        unserved = training.words if training.words.startswith(f"{UNSERVED}: ") else UNSERVED
        headline += "; the prompt in use was kept" if training.words == KEPT else f"; its prompt is {unserved}"
    return TrainingView(
        "finished",
        headline,
        training.run,
        {"better": "good", "worse": "bad"}.get(found.kind, "open"),
        found.sentence,
        how,
        points,
        report,
        command=queue,
        may_use=other and not used,
        may_keep=other and not adopted and training.words != KEPT,
    )


def _next(result: RunResult, adopted: bool) -> str:
    """What settles an undecided one, and what is to be done about the others."""
    decision = result.decision
    if decision is not None and decision.verdict == "undecided":
        more = decision.items_needed
        if more is None or result.split == "none":
            return "Label more gold items, then press Start Training again."
        parts = result.split
        share = parts.test / max(1, parts.reflect + parts.select + parts.test)
        items = (
            f"{math.ceil(more / share)} more gold items, {more} of them for the sealed test"
            if share
            else f"{more} more"
        )
        return (
            f"Label about {items}, then press Start Training again. Fewer do if people label just the tasks on which "
            "the two prompts disagree:"
        )
    if adopted:
        return ""
    if result.best.epoch == 0:
        return "Label more gold items, or train with more epochs or another optimizer."
    return ""


def _has_report(run: Path) -> bool:
    try:
        return inside(run, REPORT).is_file()
    except GoldloopError:
        return False
