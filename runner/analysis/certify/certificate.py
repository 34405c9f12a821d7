"""certificate.json: what an audit came to, once it is settled; and the claim in words."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from runner.analysis.certify.audit import Batch, Standing
from runner.analysis.certify.plan import AuditPlan
from runner.core.errors import DataError
from runner.core.files import atomic_write
from runner.core.run_result import VERSION
from runner.runs.bounded import json_in
from runner.runs.json_records import from_json, to_json
from runner.runs.run_files import refuse_newer
from runner.stats.audit import tolerated

NAME = "certificate.json"


@dataclass(frozen=True, kw_only=True)
class AuditCertificate:
    """What an audit came to.

    Attributes:
        verdict: ``reached``: at least ``target`` of the rows are right; ``missed``: fewer are.
        claim: the same as a sentence.
        tolerated: how many rows may be wrong at ``target``.
        audited, wrong: rows that people checked, and those whose labels are wrong.
        most_wrong, share: how many of ``rows`` are wrong at most, and the same as a share.
        changed_answers: verdicts that were changed after they had been read.
        batches: what was known after each.
        finished: when the last answer was read. The others are those of the plan.
    """

    version: int = VERSION
    verdict: Literal["reached", "missed"]
    claim: str
    target: float
    confidence: float
    delta: float
    rows: int
    tolerated: int
    audited: int
    wrong: int
    most_wrong: int
    share: float
    source: str
    without_labels: int
    left_to_people: int
    digest: str
    seed: int
    number: int
    earlier: Sequence[str]
    batches: Sequence[Batch]
    changed_answers: int
    by: str | None
    started: str
    finished: str
    goldloop: str


def certificate(plan: AuditPlan, now: Standing) -> AuditCertificate | None:
    """The certificate; None while nothing is settled."""
    found = now.found
    if found.verdict == "undecided":
        return None
    claim = at_most(plan, found.most_wrong)
    if found.verdict == "missed":
        claim = missed(plan, found.wrong, found.audited)
    return AuditCertificate(
        verdict=found.verdict,
        claim=claim,
        target=plan.target,
        confidence=plan.confidence,
        delta=plan.delta,
        rows=plan.rows,
        tolerated=tolerated(plan.rows, plan.target),
        audited=found.audited,
        wrong=found.wrong,
        most_wrong=found.most_wrong,
        share=found.share,
        source=plan.source,
        without_labels=plan.without_labels,
        left_to_people=plan.left_to_people,
        digest=plan.digest,
        seed=plan.seed,
        number=plan.number,
        earlier=plan.earlier,
        batches=now.batches,
        changed_answers=now.changed,
        by=plan.by,
        started=plan.started,
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
        goldloop=plan.goldloop,
    )


def at_most(plan: AuditPlan, most_wrong: int) -> str:
    """The claim about these very rows, in a sentence."""
    share = percent_up(most_wrong / plan.rows)
    confidence = percent(plan.confidence)
    return f"Of these {plan.rows:,} rows at most {most_wrong:,} ({share}) are wrong, with {confidence} confidence."


def missed(plan: AuditPlan, wrong: int, audited: int) -> str:
    """The claim where the target is missed."""
    allowed = tolerated(plan.rows, plan.target)
    return (
        f"Of these {plan.rows:,} rows more than {allowed:,} ({percent(1 - plan.target)}) are wrong, with "
        f"{percent(plan.confidence)} confidence: {wrong:,} of the {audited:,} that were checked are."
    )


def percent(share: float) -> str:
    """As people write it, with the digits it has."""
    return f"{round(100 * share, 6):.6g}%"


def percent_up(share: float) -> str:
    """With one digit, never less than it is."""
    return f"{math.ceil(round(1000 * share, 9)) / 10:g}%"


def write_certificate(made: AuditCertificate, directory: Path) -> None:
    """Write it. Raises RunDirectoryError: the disk refuses."""
    atomic_write(directory / NAME, json.dumps(to_json(made), indent=2, ensure_ascii=False) + "\n")


def read_certificate(directory: Path) -> AuditCertificate | None:
    """What ``write_certificate`` wrote; None if it is not there. Raises DataError: it is damaged."""
    path = directory / NAME
    try:
        content = json_in(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read ({error})", code="damaged-file", key=str(path)) from error
    refuse_newer(content.get("version") if isinstance(content, Mapping) else None, str(path))
    return from_json(AuditCertificate, content, str(path))
