"""goldloop compare: rank runs on the sealed items they share, and say what cannot be told from the best."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from omegaconf import OmegaConf

from runner.config.command_line import CommandLine
from runner.config.compose import command_config
from runner.core.errors import ConfigError, DataError
from runner.runs.reader import run_directories

if TYPE_CHECKING:
    from runner.analysis.compare.runs import LeftOut

_FEWEST = 2


def compare(words: CommandLine) -> int:
    """Read the run directories, print the ranking, and write ``compare.json``, ``.csv`` and ``.html``.

    Returns the exit code: 1 where a directory could not be read, and is left out.

    Raises:
        ConfigError: no directory was given, or ``output`` cannot hold a directory.
        DataError: fewer than two runs can stand side by side; says why.
    """
    from runner.analysis.compare.ranking import comparison
    from runner.analysis.compare.runs import entries
    from runner.analysis.compare.write import show, write

    config = command_config(words)
    if not isinstance(config.transfer, bool):
        raise ConfigError(f"transfer={config.transfer}: true or false", code="bad-value", key="transfer")
    if not isinstance(config.seed, int) or config.seed < 0:
        raise ConfigError(f"seed={config.seed}: a whole number, 0 or more", code="bad-value", key="seed")
    content = OmegaConf.to_container(config)
    named = content["run"] if isinstance(content, dict) else None
    paths = [Path(str(path)) for path in ([named] if isinstance(named, str) else named or [])]
    if not paths:
        told = "name run directories, or the directory of a sweep: goldloop compare outputs/optimize/TIME"
        raise ConfigError(told, code="no-run-named", key="run")
    directories, none = _directories(paths)
    found, refused = entries(directories)
    refused = [*none, *refused]
    if len(found) < _FEWEST:
        reasons = "; ".join(f"{one.path}: {one.reason}" for one in refused[:5])
        told = f"fewer than two runs can be compared ({reasons or 'only one run is there'})"
        raise DataError(told, code="too-few-runs")
    result = comparison(found, refused, config.seed)
    folder = Path(config.output) if config.output else paths[0]
    write(result, folder)  # before anything is paid for
    if config.transfer:
        from runner.analysis.compare.transfer import transfer
        from runner.analysis.compare.variants import ranked_variants

        names = [row["name"] for row in result["runs"]]
        result["transfer"] = transfer(ranked_variants(found), names, folder / "transfer", words.trust)
        write(result, folder)
    show(result)
    print(f"{folder / 'compare.html'}")
    return 1 if any(one.unread for one in refused) else 0


def _directories(paths: Sequence[Path]) -> "tuple[list[Path], list[LeftOut]]":
    """The run directories that are named, and the folders without any; one that is not there is a typing error.

    Raises:
        DataError: a folder is not there, or none has a run.
    """
    from runner.analysis.compare.runs import LeftOut

    found: dict[Path, None] = {}
    none: list[tuple[Path, DataError]] = []
    for path in paths:
        try:
            found.update(dict.fromkeys(run_directories([path])))
        except DataError as error:
            if error.code != "not-a-run":
                raise
            none.append((path, error))
    if not found:
        raise none[0][1]
    return list(found), [LeftOut(path, str(error), error.code) for path, error in none]
