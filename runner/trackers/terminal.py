"""The terminal: a live view where there is one, quiet lines where there is none, and the summary at the end."""

import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from runner.core.calls import Usage
from runner.core.evaluation import Progress, RunInfo
from runner.core.prompt import Prompt, diff_lines
from runner.core.run_result import CallCounts, RunResult
from runner.core.run_rows import EpochRecord, PredictionRow
from runner.core.terminal import dollars, duration, few, printable
from runner.runs.conclusion import conclusion
from runner.runs.html.phrasing import outdone
from runner.runs.prompt_to_use import prompt_to_use
from runner.runs.without_model import NAMES, controls_without_model, not_beaten
from runner.trackers.progress import EvaluationsUnderWay

_DIFF_LINES = 24


class Terminal:
    """Shows a run to the person who started it.

    Args:
        job: the name of this job, if others show theirs at the same time: then it stands before each line.
    """

    def __init__(self, console: Console | None = None, job: str | None = None) -> None:
        self._job = job
        self._console = console or Console(file=sys.stdout, highlight=False, soft_wrap=True)
        self._live: Live | None = None
        self._started = time.monotonic()
        self._measured = EvaluationsUnderWay()
        self._usage = Usage(0, 0, 0, 0.0)
        self._epoch = -1
        self._plan: Mapping[str, Any] = {}
        self._best: float | None = None
        self._directory = Path()

    def start(self, run: RunInfo) -> None:
        self._directory = run.directory
        self._plan = run.plan
        for line in opening(run.plan, run.remarks):
            self._say(line)
        if self._console.is_terminal and self._job is None:
            self._live = Live(get_renderable=self._view, console=self._console, refresh_per_second=4, transient=True)
            self._live.start(refresh=True)

    def progress(self, progress: Progress, usage: Usage) -> None:
        self._usage = usage
        self._measured.add(progress)
        if progress.done == progress.total > 0 and not progress.stage.startswith(("select", "reflect")):
            self._say(f"{progress.stage}: reward {progress.reward():.3f} on {progress.total} items")

    def epoch(self, record: EpochRecord) -> None:
        self._epoch = record.epoch
        if record.epoch:
            tried = ", ".join(f"{candidate.select:.3f}" for candidate in record.candidates) or "none"
            refused = ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in record.rejected.items())
            better = " (new best)" if self._best is not None and record.best.select > self._best else ""
            ending = f"; left out: {refused}" if refused else ""
            best = f"best {record.best.select:.3f}{better}{ending}"
            last = self._plan["epochs"]
            step = f"epoch {record.epoch} of {last}" if record.epoch <= last else "select items as examples too"
            self._say(f"{step}: candidates {tried}; {best}")
        self._best = record.best.select

    def finish(self, result: RunResult, predictions: Sequence[PredictionRow], prompts: Sequence[Prompt]) -> None:
        self.close()
        if self._job is not None:
            if result.best.select is not None:
                self._say(f"sealed test: initial {_figure(result.initial.test)}, best {_figure(result.best.test)}")
            self._conclude(result)
            return self._say_prompt(result)
        if result.status == "stopped":
            self._say(f"Stopped early: {result.stop_reason}")
        self._console.print(_scores(result))
        self._conclude(result)
        if beaten := outdone(result):
            self._say(f"WARNING: {beaten}")
        if prompts[0] != prompts[-1]:
            self._say("\nWhat changed in the prompt:")
            for line in _changes(prompts[0].render(), prompts[-1].render()):
                style = {"+": "green", "-": "red"}.get(line[:1], "dim")
                self._console.print(Text(line, style=style))
        self._say(_bill(result))
        self._say_prompt(result)

    def close(self) -> None:
        """Take the live view away; what was printed stays."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _conclude(self, result: RunResult) -> None:
        """The verdict, and what does as well without a model."""
        self._say(conclusion(result).sentence)
        if said := not_beaten(result):
            self._say(said)

    def _say_prompt(self, result: RunResult) -> None:
        """The file to take the prompt from, and what is known of it."""
        used = prompt_to_use(result)
        self._say(f"prompt to use: {self._directory / used.file} ({used.words})")

    def _say(self, words: str) -> None:
        self._console.print(Text(printable(words if self._job is None else f"[{self._job}] {words}")))

    def _view(self) -> Group:
        if not self._measured:
            return Group(Text("loading the model ..."))
        measured, usage = self._measured, self._usage
        epochs = self._plan["epochs"]
        line = Table.grid(padding=(0, 2))
        line.add_row(
            Text(f"epoch {min(self._epoch + 1, epochs)} of {epochs}" if self._epoch >= 0 else "start"),
            Text(measured.stage),
            ProgressBar(total=measured.total, completed=measured.done, width=24),
            Text(f"{measured.done}/{measured.total}"),
            Text(f"reward {measured.rewards}" if measured.done else ""),
        )
        spent = (
            f"{usage.calls} calls  {usage.input_tokens:,} + {usage.output_tokens:,} tokens  {dollars(usage.cost_usd)}"
        )
        clock = f"{duration(time.monotonic() - self._started)} gone, {self._time_left()}"
        return Group(line, Text(f"{spent}  {clock}", style="dim"))

    def _time_left(self) -> str:
        """About how long what is measured now, and from the second epoch on the whole run, will take."""
        now, finished = time.monotonic(), self._measured.done
        if not finished:
            return "just begun"
        each = (now - self._measured.started) / finished
        here = each * (self._measured.total - self._measured.done)
        if self._epoch < 1:
            return f"about {duration(here)} left in this step"
        done = (now - self._started) / (self._epoch + 1)
        tests = 2 * each * self._plan["split"]["test"] if self._plan["sealed"] else 0
        return f"about {duration(max(here, done * (self._plan['epochs'] - self._epoch) + tests))} left"


def opening(plan: Mapping[str, Any], remarks: Sequence[str]) -> list[str]:
    """What is said of a run before it asks anything."""
    sizes = ", ".join(f"{part} {size}" for part, size in plan["split"].items())
    parts = f"{sizes} (sealed)" if plan["sealed"] else "all used for everything, none sealed (split=none)"
    return [
        f"{plan['items']} gold items: {parts}{_labels(plan)}",
        *remarks,
        f"labeller {plan['model']}, rewriter {plan['rewriter']}, at most {plan['epochs']} epochs{_most(plan)}",
    ]


def _labels(plan: Mapping[str, Any]) -> str:
    """All labels, each with how many items have it; some names where nobody counted; nothing where there are none."""
    if not plan["labels"]:
        return ""
    counts = plan.get("label_counts")
    each = ", ".join(f"{name!r} {count}" for name, count in counts.items()) if counts else few(plan["labels"])
    return f"; {len(plan['labels'])} labels: {each}"


def _most(plan: Mapping[str, Any]) -> str:
    """What the run will take at most, as far as it can be known."""
    if plan["calls_at_most"] is None:
        return ""
    cost = plan["cost_at_most_usd"]
    return f", {plan['calls_at_most']} calls" + (f", about ${cost:.2f}" if cost else "")


def _scores(result: RunResult) -> Table:
    initial, best = result.initial, result.best
    shrunk = best.expected is not None and best.epoch > 0
    columns = ["select", *(["expected on new items"] if shrunk else []), *(["sealed test"] if result.sealed else [])]
    table = Table("", box=None, padding=(0, 2, 0, 0), show_edge=False)
    for column in columns:
        table.add_column(column, justify="right")
    name = f"best (epoch {best.epoch})" if best.epoch else "best (the initial one)"
    rows = {
        "initial prompt": [initial.select, initial.select, initial.test],
        name: [best.select, best.expected, best.test],
    }
    for key, control in controls_without_model(result).items():
        measured = control.reward
        rows[NAMES[key]] = [None, None, measured] if result.sealed else [measured, None, None]
    shown = (True, shrunk, result.sealed)
    for title, row in rows.items():
        table.add_row(title, *(_figure(reward) for reward, there in zip(row, shown, strict=True) if there))
    return table


def _figure(reward: float | None) -> str:
    return "-" if reward is None else f"{reward:.3f}"


def _changes(before: str, after: str) -> list[str]:
    lines = [printable(line) for line in diff_lines(before, after, context=0) if not line.startswith("@@")]
    left = len(lines) - _DIFF_LINES
    return lines[:_DIFF_LINES] + ([f"... and {left} more lines (best_prompt.txt has all)"] if left > 0 else [])


def _bill(result: RunResult) -> str:
    failures = [
        f"{role} {name} {count}" for role, counts in vars(result.failures).items() for name, count in counts.items()
    ]
    calls, tokens = result.calls, result.tokens
    return (
        f"\nfailures: {', '.join(failures) or 'none'}\n"
        f"{calls.total} calls{_unpaid(calls)}, {tokens.input:,} tokens in, "
        f"{tokens.output:,} out, {dollars(result.cost_usd)}, {duration(result.seconds)}"
    )


def _unpaid(calls: CallCounts) -> str:
    counts = ((calls.journal, "from the journal"), (calls.failed, "failed"), (calls.retries, "retries"))
    parts = [f"{count} {words}" for count, words in counts if count]
    return f" ({', '.join(parts)})" if parts else ""
