"""The terminal: quiet lines, a live view, words that promise no more than the figures, and data that stays data."""

import asyncio
import io
import re
from pathlib import Path
from typing import Any

import pytest
from builders import bench
from fakes import FakeProvider, knows
from rich.console import Console
from run_records import epoch_record, merged, run_result

from runner.core.calls import Call, Reply, Usage
from runner.core.errors import BudgetSpent
from runner.core.evaluation import Progress, RunInfo
from runner.core.prompt import Demo, Prompt
from runner.core.run_result import RunResult
from runner.core.terminal import dollars, duration, one_line, p_value, printable, signed
from runner.optimizers.toolkit.racing import halve
from runner.runs.conclusion import conclusion
from runner.trackers.progress import EvaluationsUnderWay
from runner.trackers.terminal import Terminal

PLAN: dict[str, Any] = {
    "epochs": 2, "items": 60, "labels": [*"abcdefgh"],
    "calls_at_most": 90, "cost_at_most_usd": 1.5,
    "split": {"reflect": 18, "select": 18, "test": 24},
    "sealed": True, "model": "small", "rewriter": "large", "initial": "x",
}  # fmt: skip
DECISION = {"verdict": "better", "difference": 0.2, "interval": [0.1, 0.3], "p": 0.0004, "items": 24}
DECISION |= {"items_needed": None}
CURSE = {"candidates": 3, "whole": 2, "expected": 0.0, "observed": 0.0}


def result(**changes: Any) -> RunResult:
    base: dict[str, Any] = {
        "initial": {"select": 0.5, "test": 0.4}, "best": {"epoch": 1, "select": 0.7, "test": 0.6},
        "decision": DECISION, "winners_curse": CURSE, "failures": {"labeller": {"unreadable": 2}},
        "calls": {"total": 90, "journal": 4}, "tokens": {"input": 12345, "output": 67}, "seconds": 83.4,
    }  # fmt: skip
    return run_result(**merged(base, changes))


def show(terminal: bool, **changes: Any) -> str:
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=150, highlight=False, _environ={"TERM": "xterm"})
    screen = Terminal(console)
    plan, remarks = {**PLAN, "sealed": changes.get("sealed", True)}, ["3 rows are [bold]left out"]
    screen.start(RunInfo(Path("x"), None, {}, plan, remarks))
    usage = Usage(5, 100, 10, 0.5)
    for stage in ("initial prompt", "select"):
        for done in (1, 2):
            screen.progress(Progress(stage, 1, done, 2, lambda: 0.5), usage)
            if terminal:
                console.print()  # the live view is drawn below it
    screen.epoch(epoch_record(best={"select": 0.5}))
    screen.progress(Progress("select", 1, 1, 2, lambda: 0.5), usage)
    tried = [{"select": 0.7}]
    screen.epoch(epoch_record(epoch=1, best={"select": 0.7}, candidates=tried, rejected={"too_long": 2}))
    screen.progress(Progress("select", 1, 1, 2, lambda: 0.5), usage)
    if terminal:
        console.print()
    old, new = Prompt("Label it.\nold line"), Prompt("Label it.\nnew line\x1b[31m", (Demo("[bold]text", ("a",)),))
    screen.finish(result(**changes), [], [old, new])
    screen.close()
    return out.getvalue()


def test_prompts_that_are_measured_at_once_are_shown_as_one() -> None:
    measured = EvaluationsUnderWay()
    assert not measured
    for number in (1, 2, 3):
        measured.add(Progress("select", number, 0, 6, lambda: 0.0))
    assert (measured.stage, measured.done, measured.total, measured.rewards) == ("select, 3 prompts", 0, 18, "")
    for number, done, reward in [(1, 1, 0.5), (1, 6, 0.75), (2, 1, 0.25)]:
        measured.add(Progress("select", number, done, 6, lambda reward=reward: reward))
    assert (measured.done, measured.total, measured.rewards) == (7, 18, "0.250 to 0.750")
    for number in (2, 3):
        measured.add(Progress("select", number, 6, 6, lambda: 0.75))
    assert (measured.done, measured.rewards) == (18, "0.750")
    measured.add(Progress("select", 4, 0, 12, lambda: 0.0))  # the next round
    assert (measured.stage, measured.done, measured.total) == ("select", 0, 12)
    measured.add(Progress("best prompt", 5, 1, 24, lambda: 1.0))
    assert (measured.stage, measured.total) == ("best prompt", 24)


async def test_a_round_of_halving_is_shown_as_one_however_few_calls_go_at_once() -> None:
    measured, seen = EvaluationsUnderWay(), []

    def look(progress: Progress) -> None:
        measured.add(progress)
        seen.append((measured.stage, measured.done, measured.total))

    one_at_a_time = asyncio.Semaphore(1)

    class Slow(FakeProvider):
        async def complete(self, call: Call) -> Reply:
            async with one_at_a_time:
                await asyncio.sleep(0)
                return await super().complete(call)

    on = bench(Slow(knows("red")), on_progress=look)
    await halve(on, [Prompt(f"{number} look for green") for number in range(4)], first=5)
    assert ("select, 4 prompts", 1, 20) in seen and ("select, 4 prompts", 20, 20) in seen
    assert ("select, 2 prompts", 20, 20) in seen


def test_without_a_terminal_there_are_quiet_lines() -> None:
    shown = show(terminal=False)
    names = "8 labels: 'a', 'b', 'c', 'd', 'e', 'f' and 2 more"
    sizes = ("60 gold items", "reflect 18", "select 18", "test 24", names)
    assert [line for line in shown.splitlines() if all(size in line for size in sizes)]
    assert "[bold]left out" in shown
    for figures in (
        ("2 epochs", "90 calls", "$1.50"),
        ("initial prompt", "0.500", "2 items"),
        ("epoch 1 of 2", "candidates 0.700", "best 0.700", "new best", "2 too long"),
        ("labeller", "unreadable 2"),
        ("90 calls", "(4 ", "12,345 tokens", "67 ", "unknown", "1 min 23 s"),
    ):
        assert [line for line in shown.splitlines() if all(figure in line for figure in figures)], figures
    assert "\x1b" not in shown
    assert "[bold]text" in shown


def test_with_a_terminal_there_is_a_live_view() -> None:
    shown = show(terminal=True)
    assert "loading" in shown
    assert "1/2" in shown
    assert "reward 0.500" in shown
    assert "5 calls" in shown
    assert "$0.5000" in shown
    assert "left" in shown


def test_the_diff_shows_what_changed() -> None:
    shown = show(terminal=False)
    assert "-old line" in shown
    assert "+new line" in shown
    rows = [line.split() for line in shown.splitlines()]
    assert ["initial", "prompt", "0.500", "0.400"] in rows
    assert ["best", "(epoch", "1)", "0.700", "0.600"] in rows


def test_a_long_diff_is_cut_and_says_so() -> None:
    out = io.StringIO()
    screen = Terminal(Console(file=out, width=100))
    screen.finish(result(), [], [Prompt("a"), Prompt("\n".join(str(n) for n in range(99)))])
    assert re.search(r"\d+ more lines", out.getvalue()) and "best_prompt.txt" in out.getvalue()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "The best prompt is better on the 24 sealed items (+0.200, 95% interval +0.100 to +0.300, p<0.001)."),
        ({"decision": {**DECISION, "verdict": "worse", "p": 0.012}}, "is worse on the 24 sealed items"),
        (
            {"decision": {**DECISION, "verdict": "undecided", "p": 0.3, "items_needed": 40}},
            "Undecided on the 24 sealed items (+0.200, 95% interval +0.100 to +0.300, p=0.300): about 40 more of them",
        ),
        ({"decision": {**DECISION, "verdict": "undecided"}}, "p<0.001)."),
        ({"decision": None}, "could not be compared"),
        ({"best": {"epoch": 0, "select": 0.5, "test": 0.4}}, "the initial prompt is kept"),
        (
            {"best": {"epoch": 0, "select": 0.5, "test": 0.4}, "winners_curse": {**CURSE, "whole": 1}},
            "No candidate was measured on all select items",
        ),
        ({"sealed": False}, "No items were sealed"),
        (
            {
                "status": "stopped",
                "stop_reason": "budget.calls=5 is spent",
                "best": {"epoch": 0, "select": None, "test": None},
            },
            "budget.calls=5 is spent. There is no verdict; goldloop resume=DIRECTORY budget.calls=MORE goes on",
        ),
        (
            {
                "stop_reason": str(BudgetSpent("usd", 5, "unmeasurable")),
                "best": {"epoch": 0, "select": None},
            },
            "There is no verdict; goldloop resume=DIRECTORY budget.usd=null budget.calls=N goes on",
        ),
    ],
    ids=[
        "better",
        "worse",
        "undecided",
        "undecided without a number",
        "failed",
        "kept",
        "none",
        "no split",
        "stopped",
        "a limit that cannot be kept",
    ],
)
def test_the_conclusion_says_what_the_figures_bear(changes: dict[str, Any], words: str) -> None:
    assert words in conclusion(result(**changes)).sentence


def test_what_is_expected_of_a_chosen_prompt_stands_beside_what_it_showed() -> None:
    best = {"epoch": 1, "select": 0.7, "test": 0.6, "expected": 0.643}
    lines = [line.split() for line in show(terminal=False, best=best).splitlines()]
    assert ["initial", "prompt", "0.500", "0.500", "0.400"] in lines
    assert ["best", "(epoch", "1)", "0.700", "0.643", "0.600"] in lines
    unsealed = show(terminal=False, sealed=False, best={**best, "test": None})
    assert ["best", "(epoch", "1)", "0.700", "0.643"] in [line.split() for line in unsealed.splitlines()]
    assert "about 0.643 is expected on new items" in " ".join(unsealed.split())
    assert "new items" not in show(terminal=False, best={**best, "epoch": 0})  # nothing was chosen


def test_without_a_sealed_test_there_is_no_column_for_it() -> None:
    shown = show(terminal=False, sealed=False)
    assert "split=none" in shown
    assert "sealed test" not in shown


def test_a_run_that_was_stopped_shows_what_there_is() -> None:
    nothing = {"epoch": 0, "select": 0.5, "test": None}
    stopped = {"status": "stopped", "stop_reason": "budget.calls=50 is spent", "decision": None}
    shown = show(terminal=False, **stopped, initial=nothing, best=nothing)
    assert "budget.calls=50" in shown
    assert ["initial", "prompt", "0.500", "-"] in [line.split() for line in shown.splitlines()]


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert printable("a\x1b[2Jb\x07\tc\nd") == "a�[2Jb�\tc\nd"
    assert one_line("a\r\nb\x1b[8m") == "a b�[8m"
    assert dollars(None) == "cost unknown"
    assert dollars(0.0) == "$0.0000"


def test_figures_have_one_form_for_people() -> None:
    assert [dollars(0.01234), dollars(1234.5), dollars(None, "unknown")] == ["$0.0123", "$1,234.50", "unknown"]
    assert [duration(9.87), duration(83.4), duration(7325)] == ["9.9 s", "1 min 23 s", "2 h 2 min"]
    assert [p_value(0.25), p_value(0.001), p_value(0.0009)] == ["p=0.250", "p=0.001", "p<0.001"]
    assert [signed(0.1), signed(-0.1), signed(-0.1, "\N{MINUS SIGN}")] == ["+0.100", "-0.100", "\N{MINUS SIGN}0.100"]


@pytest.mark.parametrize(
    ("changes", "file", "known"),
    [
        ({}, "x/best_prompt.txt", "(proved better)"),
        ({"decision": {"verdict": "worse"}}, "x/initial_prompt.txt", "WORSE"),
        ({"decision": {"verdict": "undecided"}}, "x/best_prompt.txt", "(not proved better)"),
    ],
)
def test_the_last_line_names_the_prompt_to_use_and_its_file(changes: dict[str, Any], file: str, known: str) -> None:
    last = show(terminal=False, **changes).splitlines()[-1]
    assert last.startswith(f"prompt to use: {file} ") and known in last
