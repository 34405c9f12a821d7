"""The prompt to use after a run: the one rule, for all that name, serve or label with a prompt. Pure."""

from dataclasses import dataclass
from typing import Literal

from runner.core.run_result import RunResult
from runner.runs.conclusion import ConclusionKind, conclusion

Which = Literal["initial", "best"]
Choice = Literal["auto", "initial", "best"]
"""Which prompt is asked for; ``auto``: the one to use."""


@dataclass(frozen=True)
class PromptToUse:
    """A prompt of a run.

    Attributes:
        which: its name. proved: whether the sealed test proved it better than the initial one.
        words: what is known of it, for people.
    """

    which: Which
    proved: bool
    words: str

    @property
    def file(self) -> str:
        """Its file in the run directory."""
        return f"{self.which}_prompt.txt"


def prompt_to_use(result: RunResult, choice: Choice = "auto") -> PromptToUse:
    """The prompt to use, or the one that is chosen.

    Where the best prompt was proved worse, or nothing was measured, it is the initial one. Else it is the best one:
    without a verdict it did better on the select items, and is marked as not proved.
    """
    kind = conclusion(result).kind
    if choice == "initial":
        return PromptToUse("initial", False, "the initial one")
    if choice == "auto" and kind == "worse":
        return PromptToUse("initial", False, "the best one was proved WORSE")
    if choice == "auto" and result.best.select is None:
        return PromptToUse("initial", False, "nothing was measured")
    if result.best.epoch == 0:
        return PromptToUse("best", False, "the initial one: no other did better")
    return PromptToUse("best", kind == "better", _OF_BEST[kind])


_OF_BEST: dict[ConclusionKind, str] = {
    "better": "proved better",
    "worse": "WORSE than the initial prompt",
    "undecided": "not proved better",
    "kept": "the initial one: no other did better",
    "not-sealed": "not proved better: nothing was sealed",
    "not-comparable": "not proved better: too many calls of the sealed test failed",
    "no-verdict": "not proved better: without a sealed test",
}
