"""The entry point: ``goldloop COMMAND ...`` and ``python -m runner COMMAND ...``.

Bad input is one line and exit code 2; a stop by Ctrl-C is 130; a bug is a traceback and exit code 1.
"""

import errno
import gc
import os
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from runner.config.shipped import CONF
from runner.core.errors import ConfigError, GoldloopError
from runner.core.terminal import one_line

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from runner.config.command_line import CommandLine


_DISK = {errno.EACCES, errno.EDQUOT, errno.ENOSPC, errno.ENOTDIR, errno.EPERM, errno.EROFS}
COMMANDS = {
    "optimize": "optimize",
    "check": "check",
    "label": "label",
    "serve": "serve",
    "studio": "label_studio",
    "compare": "compare",
    "reproduce": "reproduce",
}
"""Command -> its module in ``runner.cli``, where a function has the command's name. The first is meant without one."""


def main() -> None:
    """Run the command in ``sys.argv`` and exit with its code."""
    # What imports make stays: looking through it for garbage again and again is a tenth of a short command's time.
    gc.set_threshold(50_000, 20, 50)
    # Hydra would print its own digest of an error and exit; it lets them through when asked for full errors.
    os.environ["HYDRA_FULL_ERROR"] = "1"
    try:
        _run(sys.argv[1:])
    except GoldloopError as error:
        from runner.core.secrets import redact

        sys.exit(_told(redact(str(error))))
    except KeyboardInterrupt:
        sys.stderr.write("goldloop: stopped\n")
        sys.exit(130)
    except BrokenPipeError:  # as in "goldloop --help | head": whoever read it has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except OSError as error:
        if error.errno not in _DISK or not error.filename:
            raise
        what = "free some space, or mend its permissions"
        sys.exit(_told(f"{error.filename} cannot be read or written ({error.strerror}): {what}"))
    except Exception as error:
        if type(error).__module__ != "hydra.errors":  # what Hydra refuses is bad input, the rest is a bug
            raise
        sys.exit(_told(str(error)))


def _run(argv: list[str]) -> None:
    from runner.config.command_line import add_cwd_to_path, parse_command_line

    words = parse_command_line(argv, COMMANDS)
    if "--version" in words.rest:
        from runner import __version__

        print(f"goldloop {__version__}")
        return
    asked = {"--help", "-h"} & set(words.rest)
    if asked and (len(words.rest) == 1 or words.command != "optimize"):  # Hydra's --help shows options it was given
        print(_help(words.command))
        return
    if words.trust:
        os.environ["GOLDLOOP_TRUST"] = ",".join([os.environ.get("GOLDLOOP_TRUST", ""), *words.trust]).strip(",")
    if os.environ.get("GOLDLOOP_TRUST"):
        add_cwd_to_path()
    if words.resume and words.command == "optimize" and (Path(words.resume) / "labels.jsonl").is_file():
        words = replace(words, command="label")
    if words.informative and words.command == "check":
        words = replace(words, command="optimize")
    if words.informative or words.command == "optimize":
        _optimize(words)
        return
    # It returns its exit code, or None for 0.
    command = getattr(import_module(f"runner.cli.{COMMANDS[words.command]}"), words.command)
    sys.exit(command(words, _optimize) if words.command == "reproduce" else command(words))


def _optimize(words: "CommandLine") -> Path | None:
    """Run an experiment, or a sweep of them. Returns the run directory of a single run."""
    checked = None
    if not words.informative:
        from dotenv import load_dotenv

        from runner.config.compose import check_words
        from runner.config.resume import resume_words

        load_dotenv(Path.cwd() / ".env")
        if words.resume:
            if others := [word for word in words.rest if not word.startswith("budget.")]:
                raise ConfigError(
                    "resume goes on with a run as it was started, but for budget.*: leave out "
                    f"{' '.join(word.removeprefix('++') for word in others)}, "
                    "or start a new run (the journal answers what was asked before)"
                )
            words = replace(words, rest=[*resume_words(Path(words.resume)), *words.rest])
            os.environ["GOLDLOOP_RESUMES"] = "1"  # for the jobs of a sweep, in whatever process
        checked = check_words(words)
    told: list[GoldloopError] = []
    places: list[Path] = []
    configs: list[DictConfig] = []

    def task(config: "DictConfig") -> float | None:
        from hydra.core.hydra_config import HydraConfig

        from runner.cli.optimize import optimize

        places.append(Path(HydraConfig.get().runtime.output_dir))
        configs.append(config)
        return optimize(config, told)

    if checked and checked.single is not None:
        from runner.config.hydra_job import run

        run(checked.single, task)
    else:
        import hydra

        from runner.config.sweeps import enter
        from runner.trackers.sweep_summary import summed_up

        sys.argv = [sys.argv[0], *(checked.words if checked else words.rest)]
        enter()
        with summed_up():
            hydra.main(version_base="1.3", config_path=str(CONF), config_name=words.command)(task)()
    if told:
        raise told[0]
    if len(places) != 1:
        return None
    if (configs[0].get("studio") or {}).get("push"):
        from runner.cli.label_studio_push import after_run

        after_run(places[0], configs[0])
    return places[0]


def _help(command: str) -> str:
    """The command's help, from the same file as Hydra's --help with options, without waiting for Hydra."""
    import yaml

    path = CONF / "hydra" / "help" / f"{command}.yaml"
    parts = yaml.safe_load(path.read_text("utf-8"))
    text = str(parts["template"])
    for name in ("header", "footer"):
        text = text.replace(f"${{hydra.help.{name}}}", str(parts[name]).strip())
    return text.rstrip()


def _told(message: str) -> int:
    """Print an error for a person on one line; returns the exit code."""
    sys.stderr.write(f"goldloop: error: {one_line(' '.join(message.split()))}\n")
    return 2
