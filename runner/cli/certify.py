"""goldloop certify: how many of these labels are wrong at most, by people who check a random sample of the rows."""

import os
import shlex
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from runner import __version__
from runner.analysis.certify.audit import Standing, next_batch, standing
from runner.analysis.certify.batch_file import name_of
from runner.analysis.certify.certificate import (
    AuditCertificate,
    at_most,
    certificate,
    percent,
    read_certificate,
    write_certificate,
)
from runner.analysis.certify.claimed_rows import Labelled, LabelledFile, LabelRun, claim_of
from runner.analysis.certify.gold import NAME as GOLD
from runner.analysis.certify.gold import write_gold
from runner.analysis.certify.html import NAME as PAGE
from runner.analysis.certify.html import write_page
from runner.analysis.certify.plan import AuditPlan, audits_of, read_plan, write_plan
from runner.config.allowlist import Trusted
from runner.config.certify_config import CertifyConfig, certify_config, checker, dataset_of_label_run, fields_of
from runner.config.command_line import CommandLine
from runner.config.instantiate import checked
from runner.config.project_reading import reading_in
from runner.core.errors import ConfigError
from runner.core.protocols import Source
from runner.core.terminal import one_line
from runner.label_studio.origin import at_origin
from runner.runs.ownership import owned
from runner.stats.audit import delta_of_audit, tolerated
from runner.stats.audit_outlook import MOST, rows_to_settle

FOLDER = Path("outputs") / "certify"
_CODES = {"reached": 0, "missed": 3, "undecided": 4}
"""The exit code of each verdict."""


def certify(words: CommandLine) -> int:
    """Begin an audit, or go on with one: read what people filled in, judge it, write the next batch or the certificate.

    Returns the exit code: 0 reached, 3 missed, 4 undecided yet.

    Raises:
        GoldloopError: in one line.
    """
    if words.resume is not None:
        directory, plan = Path(words.resume), read_plan(Path(words.resume))
        by, labelled = checker(replace(words, command="certify")), None
    else:
        config = certify_config(words)
        labelled = _labelled(config.path, config.dataset, words.trust)
        directory, plan = _asked(config, labelled)
        by = config.settings.by
    with owned(directory):
        if by not in (None, plan.by):
            plan = replace(plan, by=by)
            write_plan(plan, directory)
        return _go_on(directory, plan, labelled, words.trust)


def _asked(config: CertifyConfig, labelled: Labelled) -> tuple[Path, AuditPlan]:
    """The audit that was begun with the same words, or a new one."""
    settings = config.settings
    claim, _ = claim_of(labelled)
    before = audits_of(claim.digest, FOLDER)
    for directory, plan in before:
        if plan.seed == settings.seed:
            _refuse_other_wishes(config, plan, directory)
            return directory, plan
    number = len(before) + 1
    plan = AuditPlan(
        source=os.path.relpath(config.path),
        dataset=config.dataset,
        **vars(claim),
        target=settings.target,
        confidence=settings.confidence,
        delta=delta_of_audit(number, settings.confidence),
        number=number,
        earlier=[str(directory) for directory, _ in before],
        seed=settings.seed,
        batch=settings.batch,
        by=settings.by,
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        goldloop=__version__,
    )
    directory = FOLDER / datetime.now().strftime("%Y-%m-%d_%H-%M-%S-%f")
    with owned(directory):
        write_plan(plan, directory)
    return directory, plan


def _refuse_other_wishes(config: CertifyConfig, plan: AuditPlan, directory: Path) -> None:
    """Raise ConfigError if the order of an audit that was begun would be used for another question."""
    for name in ("target", "confidence", "batch"):
        wished, was = getattr(config.settings, name), getattr(plan, name)
        if wished != was:
            raise ConfigError(
                f"{name}={wished}: these rows have an audit with {name}={was} and seed={plan.seed}. Go on with it: "
                f"goldloop certify resume={directory}; or draw other rows: seed={plan.seed + 1}",
                code="begun-otherwise",
                key=name,
            )


def _labelled(path: Path, dataset: Mapping[str, Any], trusted: Trusted) -> Labelled:
    if path.is_dir():
        node = dataset_of_label_run(path, trusted)
        there, _ = at_origin(node, reading_in(node, trusted), path)
        texts: Source = checked(there, "dataset", trusted).make(Source)
        return LabelRun(path, texts)
    return LabelledFile(path, fields_of(dataset), dataset.get("format"))


def _of_plan(plan: AuditPlan, trusted: Trusted) -> Labelled:
    return _labelled(Path(plan.source), plan.dataset, trusted)


def _go_on(directory: Path, plan: AuditPlan, labelled: Labelled | None, trusted: Trusted) -> int:
    _say(*_what(plan))
    settled = read_certificate(directory)
    if settled is None:
        now = standing(plan, directory)
        settled = certificate(plan, now)
        if settled is None:
            return _undecided(directory, plan, now, lambda: labelled or _of_plan(plan, trusted))
        write_page(settled, now.counted, directory)
        gold = write_gold(now.counted, directory)
        write_certificate(settled, directory)  # last: what it says is there, is there
        _say(f"{gold:,} checked rows whose right labels are known are in {directory / GOLD}")
    _say(*_outcome(settled, directory))
    return _CODES[settled.verdict]


def _what(plan: AuditPlan) -> list[str]:
    """What the audit is about."""
    apart = [(plan.without_labels, "without labels"), (plan.left_to_people, "left to people")]
    others = ", ".join(f"{count:,} {words}" for count, words in apart if count)
    lines = [
        f"{plan.rows:,} rows with labels in {plan.source}{f' ({others}: no part of it)' if others else ''}",
        f"target {percent(plan.target)} right: at most {tolerated(plan.rows, plan.target):,} rows may be wrong; "
        f"confidence {percent(plan.confidence)}; seed {plan.seed}; SHA-256 {plan.digest[:12]}",
    ]
    if plan.earlier:
        lines.append(
            f"audit {plan.number} of these rows (before it: {', '.join(plan.earlier)}): who audits again has more "
            f"chances of a false claim, so this one may be wrong in {100 * plan.delta:.2g} of 100 cases only, and "
            "takes more rows"
        )
    return lines


def _undecided(directory: Path, plan: AuditPlan, now: Standing, labelled: Callable[[], Labelled]) -> int:
    """Say where it stands; write the next batch if all that were drawn are answered."""
    found = now.found
    if found.audited:
        so_far = at_most(plan, found.most_wrong)
        _say(f"undecided: {found.wrong:,} of {found.audited:,} checked rows are wrong. {so_far}")
    if now.changed:
        _say(f"{now.changed:,} answers were changed since they were read first; the certificate will say so")
    if now.gap is None:
        path = next_batch(plan, directory, labelled())
        now = replace(now, batch=now.batch + 1)
        _say(f"batch {now.batch} is written: {path}")
    else:
        path = directory / name_of(now.batch)
        behind = f" {now.beyond:,} answers behind it do not count yet." if now.beyond else ""
        _say(f"{path}: number {now.gap.number} (id {now.gap.id!r:.60}) has no answer yet.{behind}")
    _say(_outlook(plan, now))
    _say(
        "write yes or no in its column right for every row, in the order of the file; a row that nobody can tell is no",
        f"then: goldloop certify resume={shlex.quote(str(directory))}",
        f"{directory}/",
    )
    return _CODES["undecided"]


def _outlook(plan: AuditPlan, now: Standing) -> str:
    """How many rows it is expected to take."""
    found = now.found
    if not found.audited:
        best, likely = (rows_to_settle(plan.rows, [], plan.target, plan.delta, rate) for rate in (0.0, _some(plan)))
        return f"{_rows(best)} settle it if none is wrong, about {_rows(likely)} if {percent(_some(plan))} are"
    rate = found.wrong / found.audited
    total = rows_to_settle(plan.rows, now.flags, plan.target, plan.delta, rate)
    more = None if total is None else total - found.audited
    return f"about {_rows(more)} more are expected to settle it, if as many are wrong as so far"


def _some(plan: AuditPlan) -> float:
    """A share of wrong rows that good labels may have."""
    return round(0.2 * (1 - plan.target), 6)


def _rows(count: int | None) -> str:
    return f"more than {MOST:,} rows" if count is None else f"{count:,} rows"


def _outcome(settled: AuditCertificate, directory: Path) -> list[str]:
    return [
        f"{settled.verdict}: {settled.claim}",
        f"{settled.wrong:,} of {settled.audited:,} checked rows are wrong",
        str(directory / PAGE),
        f"{directory}/",
    ]


def _say(*lines: str) -> None:
    for line in lines:
        print(one_line(line), flush=True)
