"""``report.html``: one run for eyes, written from its run directory and nothing else."""

import shlex
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from markupsafe import Markup

from runner.core.errors import DataError
from runner.core.files import atomic_write
from runner.core.run_result import RunResult
from runner.core.run_rows import EpochRecord, PredictionRow
from runner.runs.html.answer_parts import nothing_of, numbers_of
from runner.runs.html.class_tree import class_tree
from runner.runs.html.confusion import confusion
from runner.runs.html.error_browser import Browser, browser
from runner.runs.html.phrasing import controls, headline, luck, number
from runner.runs.html.plots import answers_scatter, learning_curve
from runner.runs.html.prompt_history import Version, versions
from runner.runs.html.render import render
from runner.runs.prompt_to_use import prompt_to_use
from runner.runs.reader import Run, read_run

_FEW = 12  # items of an edit that are quoted; of the others the id has to do


def write_report(run: Path) -> Path:
    """Write ``report.html`` into a run directory, whatever state the run ended in, and return its path.

    Raises:
        DataError: it is no run directory, or what is in it is not as goldloop writes it.
        RunDirectoryError: the disk refuses.
    """
    archive = read_run(run)
    try:
        page = _page(archive)
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, RecursionError) as error:
        raise DataError(
            f"{run}: not as goldloop writes it ({type(error).__name__}: {error})", code="run-damaged", key=str(run)
        ) from error
    atomic_write(run / "report.html", page)
    return run / "report.html"


def _page(archive: Run) -> str:
    result = archive.result
    epochs = archive.epochs if (archive.path / "epochs.jsonl").exists() else []
    predictions = archive.predictions if (archive.path / "predictions.jsonl").exists() else []
    initial = archive.prompt("initial") if (archive.path / "initial_prompt.txt").exists() else None
    paths = result.paths or {}
    items: Browser = browser(predictions, list(result.metrics.per_label) if result.metrics else [], paths)
    changed: list[Version] = versions(initial, epochs) if initial is not None else []
    return render(
        "report",
        name=f"{archive.config.get('study', 'run')} / {archive.path.resolve().name}",
        result=result,
        headline=headline(result),
        used=prompt_to_use(result),
        reward=archive.reward,
        controls=controls(result),
        luck=luck(result),
        epochs=epochs,
        curve=learning_curve(epochs, _curve_words(epochs)) if epochs else None,
        initial=initial,
        versions=changed,
        texts=_texts(archive) if changed else {},
        few=_FEW,
        nothing=nothing_of(predictions),
        scatter=_scatter(predictions),
        figures=_figures(result),
        labels=_label_rows(result),
        tree=class_tree(predictions, paths),
        lowest=result.reward_lowest or 0.0,
        confusion=confusion(predictions),
        items=items,
        failures=_failures(result),
        config=yaml.safe_dump(dict(archive.config), sort_keys=False, allow_unicode=True),
        command=f"goldloop reproduce {shlex.quote(_shown(archive.path))}",
        words=shlex.join(archive.overrides),
    )


def _scatter(predictions: Sequence[PredictionRow]) -> Markup | None:
    points = numbers_of(predictions)
    return answers_scatter(points, f"Gold and answers of {len(points)} items, both numbers") if points else None


def _figures(result: RunResult) -> list[tuple[str, float | None, float]]:
    """The verifier's own figures: name, of the initial prompt, of the best one."""
    before = (result.initial.metrics.figures if result.initial.metrics else None) or {}
    now = (result.metrics.figures if result.metrics else None) or {}
    return [(name, before.get(name), value) for name, value in now.items()]


def _texts(archive: Run) -> dict[str, str]:
    """The items' texts by id; none where the run kept no data."""
    try:
        return {item.id: item.text for item in archive.data().items}
    except DataError:
        return {}


def _curve_words(epochs: Sequence[EpochRecord]) -> str:
    """The curve for people who do not see it."""
    first, last = epochs[0].best.select, epochs[-1].best.select
    return f"Reward on the select items: {number(first)} at the start, {number(last)} at epoch {epochs[-1].epoch}."


def _label_rows(result: RunResult) -> list[dict[str, Any]]:
    """A row a label, the worst F1 first, with the initial prompt's F1; labels that never occurred last."""
    table = result.metrics.per_label if result.metrics else {}
    before = result.initial.metrics.per_label if result.initial.metrics else {}
    rows = [
        {"label": label, **vars(row), "before": before[label].f1 if label in before else None}
        for label, row in table.items()
    ]
    return sorted(rows, key=lambda row: (row["f1"] is None, row["f1"] or 0.0))


def _failures(result: RunResult) -> list[tuple[str, str, int]]:
    found: Counter[tuple[str, str]] = Counter()
    for role, counts in vars(result.failures).items():
        found.update({(role, name): count for name, count in counts.items()})
    return [(role, name, count) for (role, name), count in found.most_common()]


def _shown(path: Path) -> str:
    """The path as one would type it here; below the working directory without what lies above it."""
    whole = path.resolve()
    return str(whole.relative_to(Path.cwd())) if whole.is_relative_to(Path.cwd()) else str(whole)
