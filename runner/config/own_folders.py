"""Folders of a person's own configuration files: taken off the command line, and held against goldloop's own."""

import argparse
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from runner.config.command_line import quoted
from runner.core.errors import ConfigError

_FILE = re.compile(r"file://((?:[^,\]\[\"'\\]|\\.)+)")


def config_dir(words: Sequence[str]) -> tuple[Path | None, list[str]]:
    """The folder that ``--config-dir`` names, if it is there, and the other words.

    Raises:
        ConfigError: it names no folder, or several are named: Hydra would take the last without a word.
    """
    flags = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    flags.add_argument("--config-dir", "-cd", action="append", default=[])
    known, rest = flags.parse_known_args(list(words))
    named = known.config_dir
    if len(named) > 1:
        places = ", ".join(f"file://{Path(one).resolve()}" for one in named)
        raise ConfigError(
            f"--config-dir is given {len(named)} times, and only one would be read: give one, or "
            f"'hydra.searchpath=[{places}]'",
            code="several-values",
            key="--config-dir",
        )
    if named and not Path(named[0]).is_dir():
        raise ConfigError(f"--config-dir: no directory {named[0]}", code="folder-missing", key="--config-dir")
    return (Path(named[0]).resolve() if named else None), rest


def search_word(*folders: Path) -> str:
    """The word that has Hydra look in these folders too."""
    return f"hydra.searchpath=[{','.join(quoted(f'file://{folder}') for folder in folders)}]"


def refuse_hidden(conf: Path, overrides: Sequence[str]) -> None:
    """Raise ConfigError for a file in a folder of the search path that would not be read: ``conf`` has one like it."""
    for word in overrides:
        if word.lstrip("+").startswith("hydra.searchpath="):
            for folder in _FILE.findall(word):
                _refuse_hidden(conf, Path(folder))


@lru_cache(maxsize=64)
def _refuse_hidden(conf: Path, folder: Path) -> None:
    if folder.resolve() == conf.resolve():
        return
    for path in sorted(folder.rglob("*.yaml")):
        inner = path.relative_to(folder)
        hides = conf / inner
        if not hides.is_file() or hides.read_bytes() == path.read_bytes():
            continue
        group, name = inner.parent.as_posix(), inner.stem
        use = f"{group}=my_{name}" if inner.parent.parts else f"--config-name my_{name}"
        raise ConfigError(
            f"{path} would not be read, since goldloop has {inner.as_posix()} of its own: rename it, such as "
            f"{inner.with_name(f'my_{name}.yaml').as_posix()}, and choose it by {use}",
            code="file-hidden",
            key=str(path),
        )
