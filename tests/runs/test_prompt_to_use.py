"""The prompt to use: of every way in which a run ends, which prompt, and what is known of it."""

from typing import Any

import pytest
from run_records import run_result

from runner.runs.prompt_to_use import Choice, prompt_to_use

DECISION = {"difference": 0.1, "interval": [-0.1, 0.3], "p": 0.2, "items": 40, "items_needed": None}
NONE = {"select": None, "test": None}


def decided(verdict: str, **changes: Any) -> dict[str, Any]:
    return {"decision": {**DECISION, "verdict": verdict}, **changes}


@pytest.mark.parametrize(
    ("changes", "choice", "which", "proved", "shown"),
    [
        (decided("better"), "auto", "best", True, "proved better"),
        (decided("worse"), "auto", "initial", False, "the best one was proved WORSE"),
        (decided("undecided"), "auto", "best", False, "not proved better"),
        (decided("worse"), "best", "best", False, "WORSE than the initial prompt"),
        (decided("better"), "best", "best", True, "proved better"),
        (decided("better"), "initial", "initial", False, "the initial one"),
        ({"best": {"epoch": 0}}, "auto", "best", False, "no other did better"),
        ({"best": {"epoch": 0}}, "initial", "initial", False, "the initial one"),
        ({"sealed": False, "split": "none", "best": {"test": None}}, "auto", "best", False, "not proved better"),
        ({"status": "stopped", "best": {"test": None}}, "auto", "best", False, "not proved better"),
        ({"status": "stopped", "best": {"epoch": 0, "test": None}}, "auto", "best", False, "no other did better"),
        ({"status": "failed", "initial": NONE, "best": {"epoch": 0, **NONE}}, "auto", "initial", False, "measured"),
        ({"decision": None}, "auto", "best", False, "not proved better"),
    ],
)
def test_which_prompt_it_is_and_what_is_known_of_it(
    changes: dict[str, Any], choice: Choice, which: str, proved: bool, shown: str
) -> None:
    used = prompt_to_use(run_result(**changes), choice)
    assert (used.which, used.proved, used.file) == (which, proved, f"{which}_prompt.txt")
    assert shown in used.words
    assert proved == ("proved better" in used.words and "not proved" not in used.words)
