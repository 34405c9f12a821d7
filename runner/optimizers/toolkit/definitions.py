"""What a prompt says that labels mean: a line for each, as ``- label: meaning``, among lines of other kinds. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from verifiers.label_set import LabelSet

_NUMBER = re.compile(r"^\s*\d+[.)]\s+")


def meanings(text: str, labels: LabelSet) -> dict[str, str]:
    """Label -> what it means, in one line; the first counts. A label of which nothing is said is missing."""
    found: dict[str, str] = {}
    for block in _blocks(text, labels):
        if block.label and block.meaning:
            found.setdefault(block.label, block.meaning)
    return found


def with_meanings(text: str, new: Mapping[str, str], labels: LabelSet) -> str:
    """``text`` with what ``new`` says of some labels in place of what it said; every other line stays.

    A label of which it said nothing comes after those that stand before it in the label list.
    """
    blocks, places = _blocks(text, labels), {label: place for place, label in enumerate(labels)}
    for label in sorted((label for label, words in new.items() if words), key=places.__getitem__):
        made = _Block(f"- {label}: {new[label]}", label, new[label])
        old = [place for place, block in enumerate(blocks) if block.label == label]
        before = [n for n, block in enumerate(blocks) if block.label and places[block.label] < places[label]]
        first = next((n for n, block in enumerate(blocks) if block.label), len(blocks))
        if old:
            blocks[old[0]] = made
        else:
            blocks.insert(before[-1] + 1 if before else first, made)
    return "\n".join(block.text for block in blocks)


@dataclass(frozen=True)
class _Block:
    """A line, with the indented ones below it where it says what a label means."""

    text: str
    label: str | None
    meaning: str


def _blocks(text: str, labels: LabelSet) -> list[_Block]:
    blocks: list[_Block] = []
    for line in text.splitlines():
        label, words = _said(line, labels)
        last = blocks[-1] if blocks else None
        if label is None and last and last.label and line[:1].isspace() and line.strip():
            blocks[-1] = _Block(f"{last.text}\n{line}", last.label, f"{last.meaning} {line.strip()}".strip())
        else:
            blocks.append(_Block(line, label, words))
    return blocks


def _said(line: str, labels: LabelSet) -> tuple[str | None, str]:
    """(the label that a line is about, what it says of it). A name may have a colon: the longest counts."""
    for bare in (line, _NUMBER.sub("", line)):
        colons = [place for place, sign in enumerate(bare) if sign == ":"]
        for place in reversed(colons):
            if label := labels.find(bare[:place]):
                return label, bare[place + 1 :].strip()
    return None, ""
