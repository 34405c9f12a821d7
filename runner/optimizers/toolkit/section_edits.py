"""Local edits of a prompt: all but one section stays to the letter. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from runner.core.prompt import Prompt
from runner.optimizers.toolkit.sections import sections_of
from verifiers.label_set import LabelSet

Kind = Literal["rule", "definition", "answer"]


@dataclass(frozen=True)
class Edit:
    """One local change: a rule more, what a label means (``label``), or how to answer."""

    kind: Kind
    text: str
    label: str = ""

    def on(self, prompt: Prompt, labels: LabelSet) -> Prompt:
        """The prompt with it: beside the rules that are there, in place of an older definition or answer."""
        sections = sections_of(prompt)
        if self.kind == "rule":
            sections = sections.with_rules([*sections.rules(), self.text])
        elif self.kind == "definition":
            sections = sections.with_definitions({self.label: self.text}, labels)
        else:
            sections = sections.put("answer", self.text)
        return replace(prompt, instructions=sections.text())

    @property
    def change(self) -> str:
        return f"a definition of {self.label}" if self.label else {"rule": "a rule"}.get(self.kind, "how to answer")


def combined(base: Prompt, helped: Sequence[Edit], labels: LabelSet) -> dict[Prompt, str]:
    """The prompt with the most helpful edit, and the one with all that helped; each with what is new in it.

    Where two edits would replace the same place, the more helpful one does. ``helped`` has the most helpful first.
    """
    places: dict[tuple[str, str], Edit] = {}
    for edit in helped:
        places.setdefault((edit.kind, edit.text if edit.kind == "rule" else edit.label), edit)
    chosen = list(places.values())
    found: dict[Prompt, str] = {}
    whole = base
    for number, edit in enumerate(chosen):
        whole = edit.on(whole, labels)
        if number in {0, len(chosen) - 1}:
            found.setdefault(whole, ", ".join(each.change for each in chosen[: number + 1]))
    return found
