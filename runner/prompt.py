"""A prompt: instructions and worked examples, and how they become messages for a model."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypedDict

from verifiers.label_set import LabelSet, normalise


class Message(TypedDict):
    """One message of a chat, as providers take it."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Demo:
    """A worked example: a text and its verified labels."""

    text: str
    labels: tuple[str, ...]

    def render(self) -> str:
        return f"Text:\n{self.text}\nLabels: {', '.join(self.labels) or 'none'}"


@dataclass(frozen=True)
class Prompt:
    """What the labeller is told.

    Attributes:
        instructions: the task in words, the label list, the answer format.
        demos: worked examples, shown after the instructions in this order.
    """

    instructions: str
    demos: tuple[Demo, ...] = field(default=())

    def render(self) -> str:
        """The whole prompt as one text, ready to paste. Nothing in it is a placeholder."""
        if not self.demos:
            return self.instructions.strip()
        examples = "\n\n".join(demo.render() for demo in self.demos)
        return f"{self.instructions.strip()}\n\nExamples:\n\n{examples}"

    def messages(self, text: str) -> list[Message]:
        """The chat that asks for the labels of ``text``: the prompt as system, if there is one, the text as user."""
        if not self.render():
            return [{"role": "user", "content": text}]
        return [{"role": "system", "content": self.render()}, {"role": "user", "content": text}]

    def with_demos(self, demos: Sequence[Demo]) -> "Prompt":
        return replace(self, demos=tuple(demos))

    @property
    def fingerprint(self) -> str:
        """12 hex digits that name this prompt: SHA-256 of the rendered text."""
        return hashlib.sha256(self.render().encode()).hexdigest()[:12]


def model_version(prompt: Prompt, model: str) -> str:
    """What names the predictions of a prompt and a model; another where either is another.

    Label Studio asks again for what has no prediction of the version it knows.
    """
    words = re.sub(r"[^\w.:-]+", "-", model.rpartition("/")[2])[:60].strip("-")
    digest = hashlib.sha256(f"{model}\n{prompt.render()}".encode("utf-8", "surrogatepass")).hexdigest()
    return f"{words}-{digest[:12]}"


def default_prompt(labels: LabelSet, *, multiple: bool) -> Prompt:
    """The prompt a run starts from where nobody gave one: the task in a sentence and the bare label list."""
    names = "\n".join(f"- {name}" for name in labels)
    if multiple:
        task = "Read the text and choose the labels that apply to it.\nAnswer with the labels only, one per line."
    else:
        task = "Read the text and choose the one label that fits it best.\nAnswer with that label only."
    return Prompt(f"{task}\n\nLabels:\n{names}")


def complete(text: str, labels: LabelSet, *, multiple: bool) -> str:
    """A prompt that a person typed, with the label list and the form of the answer if it does not name every label.

    A name counts as a whole word, and not as a part of a longer name.
    """
    spelt, missing = normalise(text), False
    for name in sorted(map(normalise, labels), key=len, reverse=True):
        spelt, found = re.subn(rf"(?<!\w){re.escape(name)}(?!\w)", "\n", spelt)
        missing = missing or not found
    if not missing:
        return text
    how = "any number of these labels, one per line" if multiple else "one of these labels, and nothing else"
    return "\n".join([text.strip(), "", f"Answer with {how}:", *(f"- {name}" for name in labels)])


def definitions_section(labels: LabelSet) -> str:
    """What each label means, as a section to add to a prompt; empty if no label has a definition."""
    lines = [f"- {name}: {meaning}" for name, meaning in labels.definitions.items() if meaning]
    return "\n".join(["What the labels mean:", *lines]) if lines else ""


def with_definitions(prompt: Prompt, labels: LabelSet) -> Prompt:
    """``prompt`` with that section at the end of its instructions; itself where there is none, or where it has it."""
    section = definitions_section(labels)
    if not section or section in prompt.instructions:
        return prompt
    return replace(prompt, instructions=f"{prompt.instructions.strip()}\n\n{section}")
