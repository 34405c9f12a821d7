"""plan.json: what an audit has fixed before a row was looked at, and the order in which rows are drawn."""

import hashlib
import heapq
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.core.errors import DataError
from runner.core.files import atomic_write
from runner.core.run_result import VERSION
from runner.runs.bounded import json_in
from runner.runs.json_records import from_json, to_json
from runner.runs.run_files import refuse_newer

NAME = "plan.json"


@dataclass(frozen=True, kw_only=True)
class AuditPlan:
    """What is fixed when an audit begins.

    Attributes:
        source: the file or the label run. dataset: how the file is read, as ``dataset=file`` has it.
        rows, digest, without_labels, left_to_people: as ``Claim`` has them.
        target: the share of right rows that is wished for. confidence: of all audits of these rows together.
        delta: how often this audit may be wrong.
        number: 1 for the first audit of these rows. earlier: the directories of those before it.
        seed: of the order. batch: rows that people get at a time.
        by: who answers for the answers. started: when. goldloop: its version.
    """

    version: int = VERSION
    source: str
    dataset: Mapping[str, Any]
    rows: int
    digest: str
    without_labels: int
    left_to_people: int
    target: float
    confidence: float
    delta: float
    number: int
    earlier: Sequence[str]
    seed: int
    batch: int
    by: str | None
    started: str
    goldloop: str

    def drawn(self, count: int) -> list[int]:
        """The places of the first ``count`` rows that are drawn.

        Rows are ordered by the SHA-256 of "DIGEST SEED PLACE": at random, without replacement, and anybody who has
        the rows can draw them again.
        """
        start = hashlib.sha256(f"{self.digest} {self.seed} ".encode())

        def key(place: int) -> bytes:
            own = start.copy()
            own.update(str(place).encode())
            return own.digest()

        return heapq.nsmallest(count, range(self.rows), key)


def write_plan(plan: AuditPlan, directory: Path) -> None:
    """Write it. Raises RunDirectoryError: the disk refuses."""
    atomic_write(directory / NAME, json.dumps(to_json(plan), indent=2, ensure_ascii=False) + "\n")


def read_plan(directory: Path) -> AuditPlan:
    """What ``write_plan`` wrote. Raises DataError: it is not there, damaged, or a newer goldloop's."""
    path = directory / NAME
    try:
        content = json_in(path)
    except FileNotFoundError:
        told = f"{directory} is no audit ({NAME} is not there): goldloop certify FILE begins one"
        raise DataError(told, code="not-an-audit", key=str(directory)) from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read ({error})", code="damaged-file", key=str(path)) from error
    refuse_newer(content.get("version") if isinstance(content, Mapping) else None, str(path))
    return from_json(AuditPlan, content, str(path))


def audits_of(digest: str, folder: Path) -> list[tuple[Path, AuditPlan]]:
    """The audits of the rows with this digest, the first one first.

    Raises:
        DataError: a plan cannot be read, so that it is not known which rows it is about.
    """
    places = sorted(path.parent for path in folder.glob(f"*/{NAME}"))
    found = [(place, read_plan(place)) for place in places]
    return sorted(((place, plan) for place, plan in found if plan.digest == digest), key=lambda one: one[1].number)
