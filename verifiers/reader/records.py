"""Reads tables, YAML and XML elements as records, as JSON has them. Knows no labels. Pure."""

import re
from collections.abc import Callable, Sequence

from verifiers.reader.blocks import BULLET
from verifiers.reader.judgement import held
from verifiers.reader.keys import ANSWERS, HOLDS, SCORE, role_of, words_of

_RULE = re.compile(r"[|\s:=-]++")
_ENTRY = re.compile(
    r"(?P<first>\s*+[-*]\s++|\s*+)(?P<key>[*\"'`]{0,3}[^\W\d_][\w ./&-]{0,60}+[*\"'`]{0,3}):(?:\s++(?P<value>\S.*))?"
)
_ELEMENT = re.compile(
    r"<(?P<tag>[A-Za-z][\w-]{0,40}+)(?P<given>\s[^<>]{1,200}+)?>(?P<inner>[^<>]{0,500}+)</(?P=tag)\s?>"
    r"|<(?P<alone>[A-Za-z][\w-]{0,40}+)(?P<held>\s[^<>]{1,200}+)>"
)
_ATTRIBUTE = re.compile(r"([\w-]{1,40}+)\s?=\s?(?:\"([^\"]*+)\"|'([^']*+)')")


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


def entries_in(text: str, is_name: Callable[[str], bool]) -> list[dict[str, object]] | None:
    """Records of "key: value" lines as YAML has them, which say whether labels apply; None if there are none.

    A record begins at a bullet, where its first key comes again, and at a label that is a key without a value. Any
    other line goes on with the value above it; what follows an empty line without a key is no part of them.
    """
    records: list[dict[str, object]] = []
    empty = False
    for line in text.splitlines():
        if not line.strip(" -.\t"):
            empty = True
            continue
        match = _ENTRY.fullmatch(line)
        if match:
            _enter(records, match, is_name)
        elif records and empty and not BULLET.match(line):
            break
        elif records and records[-1]:
            key = next(reversed(records[-1]))
            records[-1][key] = f"{records[-1][key]} {line.strip()}"
        elif not line.rstrip().endswith(":"):
            return None
        empty = False
    records = [record for record in records if record]
    return records if records and _judges(records, is_name) else None


def _enter(records: list[dict[str, object]], match: "re.Match[str]", is_name: Callable[[str], bool]) -> None:
    key, value = match["key"].strip(" \"'*`"), (match["value"] or "").strip(" \"'*`")
    if not value and is_name(key):
        records.append({"label": key})
    elif not value and records and role_of(key) in ANSWERS:
        records.append({})
    elif value or records:
        begins = match["first"].strip() and role_of(key) != "reason"
        if not records or begins or key in records[-1]:
            records.append({})
        judges = records[-1] and role_of(key) == "final" and isinstance(held(value), bool)  # "verdict: applies"
        records[-1]["applies" if judges else key] = value


def _judges(records: Sequence[dict[str, object]], is_name: Callable[[str], bool]) -> bool:
    """Whether each record has a label and any says whether it applies."""
    labelled = [any(role_of(key) in {"answer", "result"} or is_name(key) for key in record) for record in records]
    judged = [any(set(words_of(key)) & (HOLDS | SCORE) or is_name(key) for key in record) for record in records]
    several = len(records) > 1 or len(records[0]) > 1
    return all(labelled) and any(judged) and several


def elements_in(text: str) -> list[dict[str, object]] | None:
    """XML elements of answers of which any has attributes, as records; None if there are none."""
    if "=" not in text or "<" not in text:
        return None
    found = []
    for element in _ELEMENT.finditer(text):
        tag, inner = element["tag"] or element["alone"], (element["inner"] or "").strip()
        given = {key: one or other for key, one, other in _ATTRIBUTE.findall(element["given"] or element["held"] or "")}
        named = next((key for key in given if role_of(key) in {"answer", "result"} and held(given[key]) is None), None)
        if element["alone"] and not element["held"].endswith("/"):
            continue
        if (role_of(tag) in ANSWERS and tag not in HOLDS) or named:
            found.append((tag, inner, given, named))
    if not any(named or set(map(str.casefold, given)) & (HOLDS | SCORE) for _, _, given, named in found):
        return None
    return [_element(*one) for one in found]


def _element(tag: str, inner: str, given: dict[str, str], named: str | None) -> dict[str, object]:
    said = {key: value for key, value in given.items() if set(words_of(key)) & (HOLDS | SCORE) and key != named}
    if named and (not inner or held(inner) is not None or role_of(tag) not in ANSWERS):
        return {"label": given[named], **({"applies": inner} if inner and held(inner) is not None else {}), **said}
    return {"label" if role_of(tag) in ANSWERS else tag: inner, **said}
