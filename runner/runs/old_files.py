"""What files of an earlier version lack, and what is known of it. The one place that reads a sentence."""

import re
from collections.abc import Mapping
from typing import cast, get_args

from runner.core.errors import LimitName
from runner.core.stop import Stop, StopKind

_BUDGET = re.compile(r"budget\.(\w+)=(\S+) (is spent|cannot be kept: .* its calls instead) ?(.*)", re.DOTALL)
_PATIENCE = re.compile(r"no better prompt in (\d+) epochs \(patience\)")
_SENTENCES: dict[str, StopKind] = {
    "epochs=0": "no-epochs",
    "all epochs done": "epochs",
    "the strategy has nothing more to propose": "exhausted",
    "Ctrl-C": "interrupted",
}


def with_stop(content: Mapping[str, object]) -> Mapping[str, object]:
    """``result.json`` with its ``stop``, which it lacks if it was written before version 1."""
    if "stop" in content or "stop_reason" not in content:
        return content
    words = str(content["stop_reason"] or "")
    stop = Stop("failed", detail=words) if content.get("status") == "failed" else _stop_of(words)
    return {**content, "stop_reason": words, "stop": vars(stop)}


def _stop_of(words: str) -> Stop:
    if kind := _SENTENCES.get(words):
        return Stop(kind)
    if found := _PATIENCE.fullmatch(words):
        return Stop("patience", value=int(found[1]))
    found = _BUDGET.fullmatch(words)
    if found and found[1] in get_args(LimitName):
        try:
            kind = "budget" if found[3] == "is spent" else "unmeasurable"
            return Stop(kind, cast(LimitName, found[1]), float(found[2]), found[4])
        except ValueError:  # no number
            pass
    return Stop("unknown", detail=words)
