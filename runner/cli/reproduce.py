"""goldloop reproduce: a past experiment again, from its directory or with the model; says whether it agrees."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from runner.analysis.reproduce import agreement, replay
from runner.cli.optimize import run_single
from runner.config.command_line import CommandLine
from runner.config.compose import command_config
from runner.config.invocation import SingleRun, invocation_of
from runner.config.own_folders import config_dir
from runner.config.past_run import asked, words_for
from runner.core.errors import ConfigError, DataError
from runner.core.terminal import one_line
from runner.runs.reader import Run, read_run


def reproduce(words: CommandLine) -> int:
    """Replay a run; or make a new one from it, live or with options of its own. Returns the exit code.

    Raises:
        ConfigError: not one run directory, or no such mode.
    """
    path, live, others = _read(words)
    if not live and not others:
        return 0 if replay(path, words.trust) else 1
    run = read_run(path)
    if live and not run.result.sealed:
        told = f"{path}: nothing was sealed (split=none), so a repetition has nothing to be compared on"
        raise DataError(told, code="nothing-sealed", key=str(path))
    new = _run_again(run, [*(["journal.mode=off"] if live else []), *others], words)
    if live and not others:
        print(agreement(run, read_run(new)))
    return 0


def _read(words: CommandLine) -> tuple[Path, bool, Sequence[str]]:
    """The run directory, whether the model is asked anew, and the options of the new run."""
    _, rest = config_dir(words.rest)
    own = [word for word in rest if "=" not in word or word.startswith(("run=", "mode="))]
    own = [word for word in own if not word.startswith("-")]
    config = command_config(replace(words, rest=own))
    named = [str(path) for path in ([config.run] if isinstance(config.run, str) else config.run or [])]
    if len(named) != 1 or config.mode not in {"replay", "live"}:
        told = f"give one run directory, and mode=replay or mode=live ({' '.join(own)!r} was given)"
        raise ConfigError(told, code="one-run-directory", key="run" if len(named) != 1 else "mode")
    changed = [word for word in rest if word not in own]
    return Path(named[0]), config.mode == "live", [word for word in words.rest if word not in own] if changed else []


def _run_again(run: Run, wanted: Sequence[str], words: CommandLine) -> Path:
    """Run it with these options on top, once it is said whom it asks. Returns the new run directory."""
    with tempfile.TemporaryDirectory(prefix="goldloop-") as place:
        again = replace(words, command="optimize", rest=words_for(run, wanted, Path(place)))
        invocation = invocation_of(again)
        if not isinstance(invocation, SingleRun):
            raise ConfigError("one run is run again: leave out -m", code="not-for-one-run", key="-m")
        print(one_line(f"asking {asked(invocation.job.config.content)}"))
        return run_single(invocation)
