"""People who check the batches of an audit, simulated: they open the CSV file, fill it in and save it."""

import csv
from collections.abc import Callable, Mapping
from pathlib import Path

Fill = Callable[[Mapping[str, str]], Mapping[str, str]]


def labels_file(path: Path, rows: int, wrong: int) -> Path:
    """A CSV file of rows; the first ``wrong`` have the label ``bad``, and the others ``good``."""
    lines = [f"{number},text {number},{'bad' if number < wrong else 'good'}" for number in range(rows)]
    path.write_text("\n".join(["id,text,labels", *lines, ""]))
    return path


def judge(row: Mapping[str, str]) -> dict[str, str]:
    """What a person says of a row of ``labels_file``."""
    return {"right": "no", "corrected_labels": "good"} if row["labels"] == "bad" else {"right": "yes"}


def fill_in(path: Path, fill: Fill = judge, *, mark: str = ",", encoding: str = "utf-8-sig") -> None:
    """Fill in a batch and save it as a spreadsheet may."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [dict(row) for row in csv.DictReader(file)]
    with path.open("w", encoding=encoding, newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]), delimiter=mark, lineterminator="\r\n")
        writer.writeheader()
        writer.writerows([{**row, **fill(row)} for row in rows])


def cells_of(path: Path) -> list[dict[str, str]]:
    """The rows of a batch."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [dict(row) for row in csv.DictReader(file)]
