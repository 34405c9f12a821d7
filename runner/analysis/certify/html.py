"""``certificate.html``: what was found, about which rows, how they were drawn, and how to check it. For eyes."""

from collections.abc import Sequence
from pathlib import Path

from runner.analysis.certify.audit import Checked
from runner.analysis.certify.batch_file import shown
from runner.analysis.certify.certificate import AuditCertificate, percent, percent_up
from runner.core.files import atomic_write
from runner.runs.html.render import render

NAME = "certificate.html"
_SHOWN = 200  # wrong rows


def write_page(made: AuditCertificate, checked: Sequence[Checked], directory: Path) -> None:
    """Write the page. Raises RunDirectoryError: the disk refuses."""
    wrong = [
        {
            "number": one.row.number,
            "id": one.row.id,
            "text": one.row.text,
            "labels": shown(one.row.labels),
            "corrected": one.answer.corrected,
            "note": one.answer.note,
        }
        for one in checked
        if one.answer.right is False
    ]
    page = render(
        "certificate",
        made=made,
        reached=made.verdict == "reached",
        target=percent(made.target),
        allowed=percent(1 - made.target),
        confidence=percent(made.confidence),
        seen=percent_up(made.wrong / made.audited) if made.audited else "–",
        share=percent_up(made.share),
        batches=[(one, percent_up(one.most_wrong / made.rows)) for one in made.batches],
        wrong=wrong[:_SHOWN],
        more=max(0, len(wrong) - _SHOWN),
    )
    atomic_write(directory / NAME, page)
