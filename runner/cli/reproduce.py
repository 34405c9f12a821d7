"""goldloop reproduce: a past experiment again, from its directory or with the model; says whether it agrees."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from dotenv import load_dotenv
from omegaconf import OmegaConf

from runner.analysis.reproduce import agreement, replay
from runner.config.command_line import CommandLine
from runner.config.compose import check_words, command_config
from runner.config.past_run import asked, words_for
from runner.core.errors import ConfigError, DataError
from runner.core.terminal import one_line
from runner.runs.reader import read_run


def reproduce(words: CommandLine, optimize: Callable[[CommandLine], Path | None]) -> int:
    """Replay a run; or make a new one from it, live or with options of its own. Returns the exit code.

    Args:
        optimize: runs an experiment; returns its directory.

    Raises:
        ConfigError: not one run directory, or no such mode.
    """
    own = [word for word in words.rest if "=" not in word or word.startswith(("run=", "mode="))]
    own = [word for word in own if not word.startswith("-")]
    others = [word for word in words.rest if word not in own]
    config = command_config(replace(words, rest=own))
    named = [str(path) for path in ([config.run] if isinstance(config.run, str) else config.run or [])]
    if len(named) != 1 or config.mode not in {"replay", "live"}:
        raise ConfigError(f"give one run directory, and mode=replay or mode=live ({' '.join(own)!r} was given)")
    path, live = Path(named[0]), config.mode == "live"
    if not live and not others:
        return 0 if replay(path) else 1
    load_dotenv(Path.cwd() / ".env")
    run = read_run(path)
    if live and not run.result["sealed"]:
        raise DataError(f"{path}: nothing was sealed (split=none), so a repetition has nothing to be compared on")
    with tempfile.TemporaryDirectory(prefix="goldloop-") as place:
        wanted = [*(["journal.mode=off"] if live else []), *others]
        again = words_for(run, wanted, Path(place))
        single = check_words(replace(words, command="optimize", rest=again)).single
        if single is not None:
            wires = [(role, single[role]) for role in ("provider", "rewriter") if single.get(role) is not None]
            plain = {role: OmegaConf.to_container(node, resolve=True) for role, node in wires}
            print(one_line(f"asking {asked(plain)}"))
        new = optimize(replace(words, command="optimize", rest=again))
    if live and new is not None and not others:
        print(agreement(run, read_run(new)))
    return 0
