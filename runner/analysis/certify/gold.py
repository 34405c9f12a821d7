"""gold.jsonl: the checked rows whose right labels are known, for ``dataset=file``: a random sample of the rows."""

import json
from collections.abc import Sequence
from pathlib import Path

from runner.analysis.certify.audit import Checked
from runner.core.files import atomic_write
from runner.core.surrogates import question_marks

NAME = "gold.jsonl"


def write_gold(checked: Sequence[Checked], directory: Path) -> int:
    """Write the rows that are right, and those with corrected labels; returns how many. Others are left out."""
    lines = []
    for one in checked:
        labels = one.row.labels if one.answer.right else one.answer.corrected or None
        if labels is not None:
            record = {"id": f"{one.row.place + 1}", "text": one.row.text, "labels": labels}
            lines.append(question_marks(json.dumps(record, ensure_ascii=False) + "\n"))
    atomic_write(directory / NAME, "".join(lines))
    return len(lines)
