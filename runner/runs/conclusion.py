"""What may be said of a run's best prompt, in words that do not promise more than the figures do. Pure."""

from dataclasses import dataclass
from typing import Literal

from runner.core.run_result import Decision, RunResult, Verdict
from runner.core.terminal import p_value, signed

ConclusionKind = Literal["no-verdict", "not-sealed", "kept", "not-comparable"] | Verdict


@dataclass(frozen=True)
class Conclusion:
    """What came out.

    Attributes:
        kind: ``no-verdict``: the run ended before its prompts could be compared. ``not-sealed``: split=none.
            ``kept``: the initial prompt is the best. ``not-comparable``: too many calls of the sealed test failed.
            Else the verdict of the sealed test.
        sentence: the same for people.
    """

    kind: ConclusionKind
    sentence: str


def conclusion(result: RunResult, *, minus: str = "-") -> Conclusion:
    """The conclusion of a run. ``minus`` is the sign of negative numbers."""
    if result.best.select is None or (result.sealed and result.best.test is None):
        hint = result.stop.resume_options
        words = (
            f"Stopped: {result.stop_reason}. There is no verdict; goldloop resume=DIRECTORY{hint} goes on to get one."
        )
        return Conclusion("no-verdict", words)
    if not result.sealed:
        about = "" if result.best.expected is None else f" (about {result.best.expected:.3f} is expected on new items)"
        return Conclusion(
            "not-sealed",
            "No items were sealed (split=none): these figures were chosen on the items they are measured on, "
            f"so they flatter the best prompt{about}. Seal a test part to know more.",
        )
    if result.best.epoch == 0:
        alone = result.winners_curse is not None and result.winners_curse.whole == 1
        none = "was measured on all" if alone else "did better than the initial prompt on the"
        return Conclusion("kept", f"No candidate {none} select items; the initial prompt is kept.")
    if result.decision is None:
        return Conclusion("not-comparable", "The sealed items could not be compared: too many of their calls failed.")
    return Conclusion(result.decision.verdict, _decided(result.decision, minus))


def _decided(decision: Decision, minus: str) -> str:
    low, high = (signed(end, minus) for end in decision.interval)
    figures = f"{signed(decision.difference, minus)}, 95% interval {low} to {high}, {p_value(decision.p)}"
    if decision.verdict == "undecided":
        more = f": about {decision.items_needed} more of them would settle it" if decision.items_needed else ""
        return f"Undecided on the {decision.items} sealed items ({figures}){more}."
    return f"The best prompt is {decision.verdict} on the {decision.items} sealed items ({figures})."
