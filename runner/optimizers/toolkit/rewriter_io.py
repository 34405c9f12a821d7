"""Questions to a rewriter, and what can be read in its replies."""

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from runner.core.calls import Reply
from runner.core.concurrency import gather_or_cancel
from runner.core.prompt import Message, Prompt
from runner.experiment.workbench import Workbench
from runner.optimizers.toolkit.sections import sections_of

Lacking = Literal["truncated", "incomplete"]
"""Why a reply proposes nothing: cut off at the token limit, or without what was asked for."""

GENERAL = (
    "State what is true in general: when a label applies, when it does not, and which of two close labels wins. "
    "Do not quote the cases or their details."
)
_WRITER = "You improve the instructions by which a language model labels texts. You write plainly and precisely."


def question(*parts: str, system: str = _WRITER) -> list[Message]:
    """A chat with the parts that are not blank, one below the other."""
    user = "\n\n".join(part.strip() for part in parts if part.strip())
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


async def ask_all(
    bench: Workbench, questions: Sequence[Sequence[Message]], *, temperature: float, max_tokens: int
) -> list[Reply | None]:
    """The answers in order, all asked at once; the same question twice gets two independent answers."""
    return await gather_or_cancel(bench.ask(one, temperature=temperature, max_tokens=max_tokens) for one in questions)


def tagged(reply: Reply | None, tag: str) -> tuple[str, Lacking | None]:
    """What stands between <tag> and </tag>, or why nothing does."""
    if reply is None:
        return "", "incomplete"
    if reply.finish == "length":
        return "", "truncated"
    text = next(_between(reply.text, tag), "").strip()
    return text, None if text else "incomplete"


def all_tagged(reply: Reply | None, tag: str) -> list[str]:
    """What stands between each <tag> and </tag> of a reply, whole ones only."""
    return [text.strip() for text in _between(reply.text, tag) if text.strip()] if reply else []


def _between(text: str, tag: str) -> Iterator[str]:
    """What stands between each <tag> and the next </tag>, in one pass."""
    start = None
    for found in re.finditer(rf"<(/?){tag}>", text, re.IGNORECASE):
        if found[1] and start is not None:
            yield text[start : found.start()]
            start = None
        elif not found[1] and start is None:
            start = found.end()


def whole_prompt(instructions: str) -> str:
    """Instructions between the tags in which a rewriter is asked to give new ones."""
    return f"<prompt>\n{instructions}\n</prompt>"


def how_to_write(base: Prompt) -> str:
    """The end of a question for new guidance in place of that of ``base`` (see ``sections.with_guidance``)."""
    listed = bool(sections_of(base).get("labels"))
    # Short, and about the answer: what a small rewriter reads as a wish for the prompt, it copies into the prompt.
    alone = "" if listed else " It stands alone, so it must name every label exactly as spelt above."
    return (
        f"What it says holds for any text; do not quote texts.{alone}\n"
        f"Answer with the whole new prompt{', without the label list,' if listed else ''} between <prompt> and "
        "</prompt>, and nothing else."
    )
