"""The words of the command line: which command, goldloop's own flags, and what is Hydra's. Imports nothing slow."""

import argparse
import difflib
import os
import re
import shlex
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from runner.core.errors import ConfigError

_INFORMATIVE = {"--help", "-h", "--hydra-help", "--cfg", "-c", "--info", "-i", "--shell-completion", "-sc", "--version"}

_OPEN = re.compile(r"(?:provider|rewriter)\.params(?:\.[^=]+)?=")


@dataclass(frozen=True)
class CommandLine:
    """What was typed.

    Attributes:
        trust: the person's own modules that a configuration may name: of ``--trust`` and of ``GOLDLOOP_TRUST``.
        resume: the directory to resume. rest: what is Hydra's.
    """

    command: str
    trust: Sequence[str]
    resume: str | None
    rest: Sequence[str]

    @property
    def informative(self) -> bool:
        """Whether only help or the configuration is asked for."""
        return any(word.split("=")[0] in _INFORMATIVE for word in self.rest)


def parse_command_line(argv: Sequence[str], commands: Collection[str]) -> CommandLine:
    """Split a command line. The first word is a command, or the first of ``commands`` is meant.

    Raises:
        ConfigError: the first word is neither a command nor an option.
    """
    own = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    own.add_argument("--trust", action="append", default=[])
    known, words = own.parse_known_args(list(argv))
    command = next(iter(commands))
    if words and re.fullmatch(r"[a-z]+", words[0]):
        command = words.pop(0)
        if command == "help":
            return CommandLine(next(iter(commands)), (), None, ["--help"])
        if command not in commands:
            close = difflib.get_close_matches(command, commands, n=1, cutoff=0.0)
            raise ConfigError(
                f"there is no command {command!r}: did you mean {close[0]}? (options are written KEY=VALUE)",
                code="command-unknown",
                key=command,
            )
    resume = [word.removeprefix("resume=") for word in words if word.startswith("resume=")]
    rest = [force_add(word) for word in words if not word.startswith("resume=")]
    return CommandLine(command, known.trust, resume[-1] if resume else None, rest)


def trusting(words: CommandLine, environment: Mapping[str, str]) -> CommandLine:
    """The words with the modules that ``GOLDLOOP_TRUST`` names beside those of ``--trust``."""
    given = [environment.get("GOLDLOOP_TRUST", ""), *words.trust]
    names = [name.strip() for several in given for name in several.split(",")]
    return replace(words, trust=[name for name in names if name])


def force_add(word: str) -> str:
    """``word`` as Hydra takes it where it sets a key of ``params``, which may have any: to be added, or replaced."""
    return f"++{word}" if _OPEN.match(word) else word


def add_cwd_to_path() -> None:
    """Let classes from the directory where goldloop was started be found, as ``python -m`` does."""
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())


def escape_interpolation(text: str) -> str:
    """``text`` as a value of a configuration in which nothing is asked of OmegaConf; it reads it back as it is."""
    return re.sub(r"(?<!\\)(\\*+)\$\{", r"\1\1\\${", text)


def quoted(text: str) -> str:
    """``text`` as a value on Hydra's command line: whatever is in it is just text (but ``???``, which is no value)."""
    # Hydra reads pairs of backslashes before a quote; elsewhere one stands for itself.
    text = re.sub(r'(?<!\\)(\\*+)"', r'\1\1\\"', escape_interpolation(text))
    text = re.sub(r"(?<!\\)(\\++)\Z", r"\1\1", text)
    return f'"{text}"'


def shell_quoted(key: str, value: str) -> str:
    """An option as a person types it in a shell."""
    return f"{key}={value}" if re.fullmatch(r"[A-Za-z0-9_./:-]+", value) else shlex.quote(f"{key}={quoted(value)}")
