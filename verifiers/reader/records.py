"""Reads tables and YAML as records, as JSON has them. Knows no labels. Pure."""

import re
from collections.abc import Sequence

from verifiers.reader.keys import HOLDS, SCORE, role_of, words_of

_RULE = re.compile(r"[|\s:=-]++")
_ENTRY = re.compile(r"(?P<first>\s*+[-*]\s++|\s*+)(?P<key>[A-Za-z][\w ]{0,40}+)[*\"']{0,3}:\s++(?P<value>\S.*)")


def table_in(text: str) -> list[dict[str, object]] | None:
    """The rows of a table whose head says that a column is a label; None if there is no such table."""
    lines = [line.strip() for line in text.splitlines()]
    rule = next(
        (n for n, line in enumerate(lines) if n and "-" in line and "|" in line and _RULE.fullmatch(line)), None
    )
    if rule is None:
        return None
    head = _cells(lines[rule - 1])
    if not any(role_of(cell) in {"answer", "final", "result"} for cell in head):
        return None
    rows = []
    for line in lines[rule + 1 :]:
        if "|" not in line:
            break
        rows.append(dict(zip(head, _cells(line), strict=False)))
    return rows or None  # type: ignore[return-value]


def _cells(line: str) -> list[str]:
    return [cell.strip(" *`") for cell in line.strip("|").split("|")]


def entries_in(text: str) -> list[dict[str, object]] | None:
    """Records of "key: value" lines, of which each says of a label whether it applies; None if there are none.

    A record begins where its first key comes again.
    """
    lines = [line for line in text.splitlines() if line.strip() and line.strip() not in {"---", "..."}]
    matches = [_ENTRY.fullmatch(line) for line in lines]
    records: list[dict[str, object]] = []
    for match in matches:
        if match is None:
            return None
        key = match["key"].strip()
        if not records or key in records[-1]:
            records.append({})
        records[-1][key] = match["value"].strip(" \"'*")
    return records if records and _judges(records) else None


def _judges(records: Sequence[dict[str, object]]) -> bool:
    """Whether all records have a label and something that says whether it applies."""
    return all(
        any(role_of(key) in {"answer", "result"} for key in record)
        and any(set(words_of(key)) & (HOLDS | SCORE) for key in record)
        for record in records
    )
