"""A prompt: instructions and worked examples, and how they become messages for a model.

Its text says all of it, and whoever reads the text back has the same chat: what was measured can be saved, typed,
served and named by a digest. Worked examples stand in the text after a heading. After IN_WORDS they are part of what
the model is told; after AS_TURNS each is a turn of the chat, a user's text and the labels that answer it. What stands
before and behind the turns is what the model is told::

    Examples, as turns of the chat:

    > I was charged twice.
    > Please help!
    = Billing
    = Refund

    > Hello
    = none

A heading may say that only the examples nearest to the text are shown (``runner.core.nearness``), the nearest last
where it does not say "the nearest first". Then all of them, the pool, stand in the text as such blocks, and those that
are shown are turns of the chat, or, without "as turns of the chat", in words::

    Examples, the 8 nearest to the text, as turns of the chat:
"""

import difflib
import hashlib
import re
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, TypedDict

from runner.core.nearness import Nearness
from runner.core.surrogates import sha256
from runner.core.twins import twin_form
from verifiers.label_set import LabelSet
from verifiers.verifier import Instructions

IN_WORDS = "Examples:"
AS_TURNS = "Examples, as turns of the chat:"
ANSWER = "Answer"  # what other answers are called
HOW_TO_ANSWER = "How to answer:"
NONE = "none"  # the answer that has nothing in it
LABELS = "Labels"  # what stands before labels in words, which are on one line; other answers have a line each part
# Nothing in these gives back what it took, so that no text takes longer than in proportion to its length.
_END = r"[ \t]*+(?>\r\n|\r|\n)"  # of a line; forms and files of others change it
_ASKED, _ANSWERED = rf"(?:>(?: [^\r\n]*+)?+{_END})++", rf"(?:=[ \t]++[^\s][^\r\n]*+(?:{_END}|\Z))"
_TURN = rf"{_ASKED}{_ANSWERED}++"
_NEAREST = (
    r"Examples, the (?P<nearest>[1-9]\d{0,3}) nearest to the text(?P<first>, the nearest first)?+"
    r"(?P<answers>, each with its answer)?+"
)
HEADING = rf"(?:{re.escape(AS_TURNS)}|{_NEAREST}(?P<turns>, as turns of the chat)?+:)"
_ANSWERS = ", each with its answer"
_TURNS = re.compile(rf"^[ \t]*+{HEADING}{_END}(?:{_END})*+(?:{_TURN}(?:{_END})*+)++", re.MULTILINE)
_LOOKS = re.compile(rf"^([ \t]*+)({HEADING})", re.MULTILINE)

_BLANK = re.compile(rf"\A(?:{_END})++")  # lines at the beginning


class Message(TypedDict):
    """One message of a chat, as providers take it."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Demo:
    """A worked example: a text and a reply to it that is right.

    Attributes:
        answer: the lines of the reply; none where it says that there is nothing.
        noun: what the answer is called in words.
    """

    text: str
    answer: tuple[str, ...]
    noun: str = field(default=LABELS, compare=False)

    def render(self) -> str:
        """In words. A text that looks like the heading of turns begins none."""
        text = _LOOKS.sub(r"\1'\2'", _plain_lines(self.text))
        parts = [part.strip() for part in self.answer] or [NONE]
        if self.noun == LABELS:
            return f"Text:\n{text}\n{LABELS}: {', '.join(parts)}"
        return "\n".join([f"Text:\n{text}", f"{self.noun}:", *parts])

    def render_turn(self) -> str:
        """As a block of AS_TURNS. No text can end a block, or begin another."""
        text, answer = (message["content"].split("\n") for message in self.messages())
        return "\n".join([*(f"> {line}" if line else ">" for line in text), *(f"= {line}" for line in answer)])

    @classmethod
    def of_turn(cls, block: str, noun: str = LABELS) -> "Demo":
        """The inverse of ``render_turn``."""
        lines = _plain_lines(block).strip("\n").split("\n")
        answer = [line[1:].strip() for line in lines if line.startswith("=")]
        text = "\n".join(line[2:] for line in lines if line.startswith(">"))
        return cls(text, () if answer == [NONE] else tuple(answer), noun)

    def messages(self) -> "list[Message]":
        """The turn of a chat: the text, and its answer, a part a line."""
        answer = "\n".join(map(str.strip, self.answer)) or NONE
        return [{"role": "user", "content": _plain_lines(self.text)}, {"role": "assistant", "content": answer}]


@dataclass(frozen=True)
class Prompt:
    """What the labeller is told.

    Attributes:
        instructions: the task in words, the label list, the answer format. Examples in blocks do not stay there: they
            become ``demos``, where none are given, so that ``Prompt(prompt.render())`` is the chat of ``prompt``.
        demos: worked examples, shown after the instructions in this order; or the pool they are chosen from.
        turns: whether they are shown as turns of the chat, and not in words.
        nearest: how many of them are shown, those nearest to the text; 0 for all, whatever the text.
        nearest_first: whether the nearest is the first of them, and not the last, beside the text.
    """

    instructions: str
    demos: tuple[Demo, ...] = field(default=())
    turns: bool = False
    nearest: int = 0
    nearest_first: bool = False

    def __post_init__(self) -> None:
        read = _read_blocks(self.instructions)
        if read:
            object.__setattr__(self, "instructions", read.instructions)
        if read and not self.demos:
            for name in ("demos", "turns", "nearest", "nearest_first"):
                object.__setattr__(self, name, getattr(read, name))
        elif not self.demos:
            for name in ("turns", "nearest", "nearest_first"):
                object.__setattr__(self, name, False if name != "nearest" else 0)

    def render(self) -> str:
        """The whole prompt as one text, ready to paste. Nothing in it is a placeholder."""
        parts = [self.instructions.strip()]
        if self.demos:
            parts.append(self._heading)
            parts += [demo.render_turn() if self.turns or self.nearest else demo.render() for demo in self.demos]
        return "\n\n".join(parts if parts[0] else parts[1:])

    @property
    def _heading(self) -> str:
        if not self.nearest:
            return AS_TURNS if self.turns else IN_WORDS
        order, turns = (", the nearest first" * self.nearest_first), (", as turns of the chat" * self.turns)
        answers = "" if self.turns or self.demos[0].noun == LABELS else _ANSWERS
        return f"Examples, the {self.nearest} nearest to the text{order}{answers}{turns}:"

    def messages(self, text: str) -> list[Message]:
        """The chat that asks for the labels of ``text``.

        The prompt is the system message, if there is one; examples as turns follow; the text is the last user message.
        """
        told = self.chosen_for(text)._told if self.nearest else self._told
        return [*(copy(message) for message in told), {"role": "user", "content": text}]

    def chosen_for(self, text: str) -> "Prompt":
        """The prompt with just those examples that are shown with ``text``: never one of it or of a near-twin."""
        if not self.nearest:
            return self
        places = self._nearness.nearest(text, self.nearest)
        order = places if self.nearest_first else reversed(places)
        return Prompt(self.instructions, tuple(self.demos[place] for place in order), self.turns)

    @cached_property
    def _nearness(self) -> Nearness:
        return Nearness([demo.text for demo in self.demos])

    @cached_property
    def _told(self) -> list[Message]:
        """What stands before each text; a prompt is asked about many."""
        system = self.instructions.strip() if self.turns else self.render()
        told: list[Message] = [{"role": "system", "content": system}] if system else []
        return [*told, *(message for demo in self.demos for message in demo.messages())] if self.turns else told

    @property
    def examples(self) -> tuple[tuple[Demo, ...], bool, int, bool]:
        """The worked examples and how they are shown: all of a prompt but its instructions."""
        return self.demos, self.turns, self.nearest, self.nearest_first

    @cached_property
    def sent_characters(self) -> int:
        """About how many characters are sent with each text: of chosen examples as many as have the mean length."""
        if not self.nearest or not self.demos:
            return len(self.render())
        shown, of_all = min(self.nearest, len(self.demos)), sum(len(demo.render_turn()) for demo in self.demos)
        return len(self.instructions.strip()) + shown * of_all // len(self.demos)

    def with_demos(self, demos: Iterable[Demo], *, turns: bool | None = None, nearest: int | None = None) -> "Prompt":
        """With other examples, shown as those before them where ``turns`` and ``nearest`` do not say how."""
        return replace(
            self,
            demos=tuple(demos),
            turns=self.turns if turns is None else turns,
            nearest=self.nearest if nearest is None else nearest,
        )

    def without(self, text: str) -> "Prompt":
        """The prompt without worked examples of this text or of a near-twin, whose answer they give away."""
        if self.nearest:  # they are never chosen
            return self
        form = twin_form(text) if self.demos else ""
        others = [demo for demo, theirs in zip(self.demos, self._forms, strict=True) if theirs != form]
        return self if len(others) == len(self.demos) else self.with_demos(others)

    @cached_property
    def _forms(self) -> list[str]:
        """The texts of the worked examples as near-twins are compared."""
        return [twin_form(demo.text) for demo in self.demos]

    @cached_property
    def fingerprint(self) -> str:
        """12 hex digits that name this prompt: SHA-256 of the rendered text."""
        return hashlib.sha256(self.render().encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class _Read:
    """A text taken apart: what is told, the examples, and how the first heading says they are shown."""

    instructions: str
    demos: tuple[Demo, ...]
    turns: bool
    nearest: int
    nearest_first: bool


def _read_blocks(text: str) -> _Read | None:
    """A text with examples in blocks, read in one pass; None where it has none."""
    blocks = list(_TURNS.finditer(text))
    if not blocks:
        return None
    noun = ANSWER if blocks[0]["answers"] else LABELS
    demos = [Demo.of_turn(turn, noun) for block in blocks for turn in re.findall(_ASKED + _ANSWERED + "*+", block[0])]
    starts, ends = [block.start() for block in blocks], [block.end() for block in blocks]
    parts = [text[end:start].rstrip() for end, start in zip([0, *ends], [*starts, len(text)], strict=True)]
    # What stands behind a block keeps its indent: "  > a" does not become a turn of a heading before it.
    told = "\n\n".join(_BLANK.sub("", part) for part in parts if part.strip()).strip()
    how = blocks[0]
    nearest = int(how["nearest"] or 0)
    return _Read(told, tuple(demos), bool(how["turns"]) or not nearest, nearest, bool(how["first"]))


def _plain_lines(text: str) -> str:
    """With line ends as a file that was written and read again has them, and nothing blank before them."""
    return "\n".join(line.rstrip(" \t") for line in re.sub("\r\n?", "\n", text).split("\n"))


def model_version(prompt: Prompt, model: str) -> str:
    """What names the predictions of a prompt and a model; another where either is another.

    Label Studio asks again for what has no prediction of the version it knows.
    """
    words = re.sub(r"[^\w.:-]+", "-", model.rpartition("/")[2])[:60].strip("-")
    digest = sha256(f"{model}\n{prompt.render()}")
    return f"{words}-{digest[:12]}"


def default_prompt(told: Instructions) -> Prompt:
    """The prompt a run starts from where nobody gave one: the task, the bare vocabulary, how to answer."""
    parts = [told.task]
    if told.vocabulary:
        parts.append("\n".join([told.heading, *(f"- {name}" for name in told.vocabulary)]))
    if told.answer:
        parts.append(f"{HOW_TO_ANSWER}\n{told.answer}")
    return Prompt("\n\n".join(parts))


def complete(text: str, told: Instructions) -> str:
    """A prompt that a person typed, with the vocabulary and the form of the answer where it does not have them.

    A name in an example as a turn does not count.
    """
    prompt, labels = Prompt(text), LabelSet(told.vocabulary, recorded=True)
    lines = [prompt.instructions.strip(), ""]
    if len(labels.named_in(prompt.instructions)) < len(labels):
        named = [f"- {name}" for name in told.vocabulary]
        lines += [f"Answer with {told.reminder}:" if told.reminder else told.heading, *named]
    if told.answer and told.answer not in prompt.instructions:
        lines += ["", HOW_TO_ANSWER, told.answer] if lines[-1] else [HOW_TO_ANSWER, told.answer]
    if not lines[-1]:
        return text
    return replace(prompt, instructions="\n".join(lines)).render()


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


def line_diff(before: str, after: str) -> str:
    """A unified diff of lines with a line of context, without the names of files."""
    return "\n".join(diff_lines(before, after, context=1))


def diff_lines(before: str, after: str, context: int) -> list[str]:
    """The lines of that diff, with so many lines of context."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=context)
    return list(lines)[2:]
