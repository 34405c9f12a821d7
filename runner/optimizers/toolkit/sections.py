"""A prompt's instructions as named sections, so that an edit stays local and two edits can be merged. Pure.

The text stays the record: a section is a view of it. A section begins with a line that is its heading, alone, as ours
are or as in Markdown (``## Output format``); what stands before the first heading is the task, and so is what stands
under another heading of Markdown that ends one. Nothing between code fences is a heading.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from runner.core.prompt import Prompt
from runner.optimizers.toolkit.definitions import meanings, with_meanings
from verifiers.label_set import LabelSet

Name = Literal["task", "labels", "definitions", "rules", "answer"]
_HEADINGS: Mapping[Name, str] = {
    "labels": "Labels:",
    "definitions": "What the labels mean:",
    "rules": "Rules:",
    "answer": "How to answer:",
}
_SIGNS = re.compile(r" {0,3}(#{1,6})\s+\S")
_MARKDOWN: Mapping[str, Name] = {
    "labels": "labels",
    "label list": "labels",
    "list of labels": "labels",
    "what the labels mean": "definitions",
    "definitions": "definitions",
    "label definitions": "definitions",
    "rules": "rules",
    "guidelines": "rules",
    "tie-breaks": "rules",
    "tie breaks": "rules",
    "how to answer": "answer",
    "answer format": "answer",
    "output format": "answer",
    "output": "answer",
}
_ORDER: tuple[Name, ...] = ("task", "labels", "definitions", "rules", "answer")


@dataclass(frozen=True)
class Sections:
    """Instructions in parts: section -> its lines, without the heading; a part that is not there is missing."""

    parts: Mapping[Name, str]

    @classmethod
    def of(cls, text: str) -> "Sections":
        """Read instructions. A section whose heading comes again goes on."""
        lines: dict[Name, list[str]] = {"task": []}
        current: Name = "task"
        depth, fenced = 0, False  # of the section's own heading in Markdown; 0 if it is ours, which no other ends
        for line in text.strip().splitlines():
            if line.lstrip().startswith("```"):
                fenced = not fenced
            own = 0 if fenced else _depth(line)
            found = None if fenced else _begun_by(line)
            if found is not None:
                current, depth = found, own
                lines.setdefault(current, [])
                continue
            if 0 < own <= depth:
                current, depth = "task", 0
            lines[current].append(line)
        return cls({name: "\n".join(body).strip() for name, body in lines.items() if "".join(body).strip()})

    def text(self) -> str:
        """The instructions, task first and answer last; read again they give the same parts."""
        there = [(name, self.parts[name]) for name in _ORDER if self.parts.get(name)]
        return "\n\n".join(body if name == "task" else f"{_HEADINGS[name]}\n{body}" for name, body in there)

    def get(self, name: Name) -> str:
        return self.parts.get(name, "")

    def put(self, name: Name, body: str) -> "Sections":
        """With ``body`` as that section; a blank one takes it away."""
        return Sections({**{key: text for key, text in self.parts.items() if key != name}, **_given(name, body)})

    def rules(self) -> list[str]:
        """The rules, without their bullets."""
        return [_bare(line) for line in self.get("rules").splitlines() if _bare(line)]

    def with_rules(self, rules: list[str]) -> "Sections":
        """With these rules, each once, in this order."""
        return self.put("rules", "\n".join(f"- {rule}" for rule in dict.fromkeys(map(_bare, rules)) if rule))

    def definitions(self, labels: LabelSet) -> dict[str, str]:
        """Label -> what the prompt says it means; a label of which it says nothing is missing."""
        return meanings(self.get("definitions"), labels)

    def with_definitions(self, new: Mapping[str, str], labels: LabelSet) -> "Sections":
        """With other meanings of some labels, in the order of the label list; every other line as it was."""
        return self.put("definitions", with_meanings(self.get("definitions"), new, labels))


def sections_of(prompt: Prompt) -> Sections:
    """The sections of a prompt's instructions."""
    return Sections.of(prompt.instructions)


def guidance(prompt: Prompt) -> str:
    """What of the instructions a rewriter may write anew: the task and the rules, without the label list.

    All of it where the label list is no section of its own.
    """
    sections = sections_of(prompt)
    if not sections.get("labels"):
        return prompt.instructions.strip()
    return Sections({name: sections.get(name) for name in ("task", "rules")}).text()


def with_guidance(prompt: Prompt, written: str) -> Prompt:
    """``prompt`` with other guidance; label list, definitions, the form of the answer and examples stay.

    A rewriter that repeats the label list does no harm, and what it says below the list belongs to the task.
    """
    sections, new = sections_of(prompt), Sections.of(written)
    listed = {_named(line) for line in sections.get("labels").splitlines()}
    if not listed:
        return replace(prompt, instructions=written.strip())
    astray = [line for line in new.get("labels").splitlines() if line.strip() and _named(line) not in listed]
    task = "\n".join([new.get("task"), *astray]).strip() or sections.get("task")
    return replace(prompt, instructions=sections.put("task", task).put("rules", new.get("rules")).text())


def with_answer_of(parent: Prompt, written: Prompt) -> Prompt:
    """``written`` with the parent's section on how to answer where it has lost it: a reply could not be read."""
    kept = sections_of(parent).get("answer")
    sections = sections_of(written)
    if not kept or sections.get("answer"):
        return written
    return replace(written, instructions=sections.put("answer", kept).text())


def merged(one: Prompt, other: Prompt, ancestor: Prompt) -> Prompt | None:
    """Both edits in one prompt: each section, and the examples, from the side that changed it.

    None where both changed the same, or one of them nothing. The merge of GEPA (arXiv 2507.19457), for which prompts
    must be in parts.
    """
    mine, theirs, before = sections_of(one), sections_of(other), sections_of(ancestor)
    parts: dict[Name, str] = {}
    for name in _ORDER:
        changed, left = mine.get(name) != before.get(name), theirs.get(name) != before.get(name)
        if changed and left and mine.get(name) != theirs.get(name):
            return None
        parts[name] = mine.get(name) if changed else theirs.get(name)
    if len({side.examples for side in (one, other, ancestor)}) == 3:
        return None
    shown = one if one.examples != ancestor.examples else other
    made = replace(shown, instructions=Sections({name: body for name, body in parts.items() if body}).text())
    return None if made.fingerprint in {one.fingerprint, other.fingerprint, ancestor.fingerprint} else made


def _begun_by(line: str) -> Name | None:
    """The section that a line is the heading of."""
    words = line.strip().casefold()
    ours = next((name for name, heading in _HEADINGS.items() if words == heading.casefold()), None)
    return ours or (_MARKDOWN.get(words.strip(" #:*")) if _depth(line) else None)


def _depth(line: str) -> int:
    """How many signs a heading of Markdown has; 0 for another line."""
    found = _SIGNS.match(line)
    return len(found[1]) if found else 0


def _given(name: Name, body: str) -> dict[Name, str]:
    return {name: body.strip()} if body.strip() else {}


def _named(line: str) -> str:
    """The label that a line of a list is for, however it is marked and whatever it says of it."""
    return _bare(line).partition(":")[0].strip(" *`\"'").casefold()


def _bare(line: str) -> str:
    return line.strip().lstrip("-*• ").strip()
