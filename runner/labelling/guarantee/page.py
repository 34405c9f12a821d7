"""``report.html`` of a label run with a target: what is accepted, why, and what goes to people."""

import json
from collections import Counter
from collections.abc import Sequence
from math import nan
from pathlib import Path

from markupsafe import Markup

from runner.core.files import atomic_write
from runner.labelling.counts import classes_of
from runner.labelling.guarantee.calibration import Calibration
from runner.labelling.guarantee.drift import Share
from runner.labelling.guarantee.guarantee import Guarantee, percent
from runner.labelling.labels_file import NAME as RECORD
from runner.labelling.run_result import LabelRunResult, label_result_of
from runner.runs.html.plots import risk_curve
from runner.runs.html.render import render
from runner.stats.risk_coverage import Bin, expected_calibration_error, reliability, risk_coverage

NAME = "report.html"


def write_page(directory: Path) -> Path | None:
    """Write the page of a label run; None where it has no guarantee yet.

    Raises:
        DataError: a file of the label run is not as goldloop writes it. RunDirectoryError: the disk refuses.
    """
    result, calibration = label_result_of(directory), Calibration.read(directory)
    if result is None or result.guarantee is None or calibration is None:
        return None
    atomic_write(directory / NAME, _page(directory, result, result.guarantee, calibration))
    return directory / NAME


def _page(directory: Path, result: LabelRunResult, guarantee: Guarantee, calibration: Calibration) -> str:
    sure = [nan if row.certainty is None else row.certainty for row in calibration.sealed]
    lost = [row.loss for row in calibration.sealed]
    bins = _bins(sure, lost)
    drift = result.drift
    return render(
        "labels",
        name=f"{directory.parent.name} / {directory.name}",
        title=_title(guarantee),
        mood="better" if guarantee.certified else "undecided",
        text=f"{guarantee.words[0].upper()}{guarantee.words[1:]}".removesuffix(".") + ".",
        drift=drift and drift.warning,
        result=result,
        guarantee=guarantee,
        graded=guarantee.loss == "graded",
        wanted=percent(1 - guarantee.target),
        choice=result.certainty and result.certainty.choice,
        rows=_rows(result, guarantee),
        curve=_curve(guarantee, sure, lost),
        bins=bins,
        error=expected_calibration_error(bins),
        labels=_labels(directory),
        shares=_shares(result),
    )


def _title(guarantee: Guarantee) -> str:
    total = guarantee.accepted + guarantee.review
    if guarantee.certified:
        return f"{guarantee.accepted:,} of {total:,} rows are labelled, {guarantee.review:,} are for people"
    return f"Nothing is certified: all {total:,} rows are for people"


def _rows(result: LabelRunResult, guarantee: Guarantee) -> list[tuple[str, int, float]]:
    total = max(1, result.rows.total)
    failed = result.rows.failed
    each = [
        ("accepted", guarantee.accepted),
        ("for people: not certain enough", guarantee.review - failed),
        ("for people: no usable reply", failed),
    ]
    if result.reviewed:
        each.append(("of those, answered by people since", result.reviewed))
    return [(name, count, count / total) for name, count in each]


def _curve(guarantee: Guarantee, sure: Sequence[float], lost: Sequence[float]) -> Markup | None:
    points = risk_coverage(sure, lost)
    if not points:
        return None
    found = next((point for point in reversed(points) if point.threshold >= (guarantee.threshold or 0)), None)
    chosen = (found.coverage, found.risk) if found and guarantee.certified else None
    last = points[-1]
    label = (
        f"Share of wrong answers by the share that is accepted: {points[0].risk:.2f} of the most certain, "
        f"{last.risk:.2f} of all that have a certainty."
    )
    return risk_curve([(point.coverage, point.risk) for point in points], 1 - guarantee.target, chosen, label)


def _bins(sure: Sequence[float], lost: Sequence[float]) -> list[Bin]:
    """The reliability diagram; none where the certainty is no share."""
    return reliability(sure, lost) if all(not (value < 0 or value > 1) for value in sure) else []


def _labels(directory: Path) -> list[tuple[str, int, int]]:
    """Each class with its accepted rows and those for people, the largest share for people first."""
    accepted, review = Counter[str](), Counter[str]()
    with (directory / RECORD).open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            (review if row["review"] else accepted).update(set(classes_of(row) or ()))
    found = [(name, accepted[name], review[name]) for name in {*accepted, *review}]
    return sorted(found, key=lambda row: (-row[2] / (row[1] + row[2]), -row[2], row[0]))


def _shares(result: LabelRunResult) -> list[tuple[str, Share]]:
    if result.drift is None:
        return []
    return [("accepted", result.drift.accepted), *sorted(result.drift.labels.items(), key=lambda one: one[1].p)]
