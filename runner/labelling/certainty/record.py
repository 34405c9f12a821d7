"""``certainty.json`` of a label run: by what its kind of certainty was chosen; written before the run begins."""

import json
from dataclasses import asdict
from pathlib import Path

from runner.core.files import atomic_write
from runner.labelling.certainty.choice import CertaintyChoice
from runner.runs.bounded import json_in
from runner.runs.json_records import from_json

NAME = "certainty.json"


def write_choice(directory: Path, choice: CertaintyChoice) -> None:
    """Write it into the directory, which is made if it is not there."""
    directory.mkdir(parents=True, exist_ok=True)
    atomic_write(directory / NAME, json.dumps(asdict(choice), indent=2) + "\n")


def choice_in(directory: Path) -> CertaintyChoice | None:
    """What was chosen there; None where a person named the kind.

    Raises:
        DataError: the file is not what goldloop writes.
    """
    path = directory / NAME
    return from_json(CertaintyChoice, json_in(path), str(path)) if path.exists() else None
