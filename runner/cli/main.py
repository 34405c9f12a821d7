"""The entry point: ``goldloop COMMAND ...`` and ``python -m runner COMMAND ...``.

Bad input is one line and exit code 2; a stop by Ctrl-C is 130, by SIGTERM 143; a bug is a traceback and exit code 1.
A command that comes to a verdict has codes for it: ``guard`` 0 no worse, 3 worse, 4 undecided; ``certify`` 0 reached, 3
missed, 4 undecided.
"""

import errno
import gc
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from runner.cli.screen import guard_screens, unwritten
from runner.config.shipped import CONF
from runner.core.errors import GoldloopError
from runner.core.home import give_home
from runner.core.signals import end_as_by_ctrl_c, terminated
from runner.core.terminal import one_line

if TYPE_CHECKING:
    from runner.config.command_line import CommandLine

_DISK = {
    errno.EACCES, errno.EDQUOT, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.ENOSPC, errno.ENOTDIR, errno.EPERM,
    errno.EROFS,
}  # fmt: skip
_LONGEST = 120  # characters of a path that are shown
_MOST = 4000  # characters of an error
COMMANDS = {
    "optimize": "optimize",
    "check": "check",
    "label": "label",
    "serve": "serve",
    "studio": "label_studio",
    "compare": "compare",
    "reproduce": "reproduce",
    "guard": "guard",
    "certify": "certify",
    "new": "new",
}
"""Command -> its module in ``runner.cli``, where a function has the command's name. The first is meant without one."""


def main() -> None:
    """Run the command in ``sys.argv`` and exit with its code."""
    # What imports make stays: looking through it for garbage again and again is a tenth of a short command's time.
    gc.set_threshold(50_000, 20, 50)
    # Hydra would print its own digest of an error and exit; it lets them through when asked for full errors.
    os.environ["HYDRA_FULL_ERROR"] = "1"
    end_as_by_ctrl_c()
    guard_screens()
    give_home()
    try:
        code = _run(sys.argv[1:])
        if (why := unwritten()) and not code:
            code = _told(f"what was said could not be written ({why}); what was done is on disk")
        sys.exit(code)
    except GoldloopError as error:
        from runner.core.secrets import redact

        sys.exit(_told(redact(str(error))))
    except KeyboardInterrupt:
        sys.stderr.write(f"goldloop: stopped{' by SIGTERM' if terminated() else ''}\n")
        sys.exit(143 if terminated() else 130)
    except OSError as error:
        if error.errno not in _DISK or not error.filename:
            raise
        what = "free some space, or mend its permissions"
        if error.errno == errno.ENAMETOOLONG:
            what = "give a shorter name"
        sys.exit(_told(f"{_short(str(error.filename))} cannot be read or written ({error.strerror}): {what}"))
    except Exception as error:
        if type(error).__module__ != "hydra.errors":  # what Hydra refuses is bad input, the rest is a bug
            raise
        sys.exit(_told(str(error)))


def _run(argv: list[str]) -> int | None:
    """Do what the words ask for; returns the exit code, None for 0."""
    from runner.config.command_line import add_cwd_to_path, parse_command_line, trusting
    from runner.config.own_folders import config_dir

    words = parse_command_line(argv, COMMANDS)
    config_dir(words.rest)
    if "--version" in words.rest:
        from runner import __version__

        print(f"goldloop {__version__}")
        return None
    asked = {"--help", "-h"} & set(words.rest)
    if asked and (len(words.rest) == 1 or words.command != "optimize"):  # Hydra's --help shows options it was given
        print(_help(words.command))
        return None
    if not words.informative:
        from runner.config.dotenv_file import load_env_file

        load_env_file(Path(".env"))
    words = trusting(words, os.environ)
    if words.command != "studio" and any(word.startswith("task=") for word in words.rest):
        from runner.config.task_file import with_words

        words = with_words(words)
    if words.trust:
        add_cwd_to_path()
    if words.informative:
        from runner.cli.inform import inform

        inform(words)
        return None
    command = _command(words)
    code: int | None = getattr(import_module(f"runner.cli.{COMMANDS[command]}"), command)(words)
    return code


def _command(words: "CommandLine") -> str:
    """The command to run: what is resumed says whether it is ``optimize``, ``label`` or ``certify``."""
    if not words.resume or words.command != "optimize":
        return words.command
    of = {"labels.jsonl": "label", "plan.json": "certify"}
    return next((command for name, command in of.items() if (Path(words.resume) / name).is_file()), words.command)


def _help(command: str) -> str:
    """The command's help, from the same file as Hydra's --help with options, without waiting for Hydra."""
    import yaml

    path = CONF / "hydra" / "help" / f"{command}.yaml"
    parts = yaml.safe_load(path.read_text("utf-8"))
    text = str(parts["template"])
    for name in ("header", "footer"):
        text = text.replace(f"${{hydra.help.{name}}}", str(parts[name]).strip())
    return text.rstrip()


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 20]} ... {name[-15:]}"


def _told(message: str) -> int:
    """Print an error for a person on one line, and not more of a value than can be read; returns the exit code."""
    words = one_line(" ".join(message.split()))
    words = words if len(words) <= _MOST else f"{words[: _MOST - 100]} ... {words[-90:]}"
    sys.stderr.write(f"goldloop: error: {words}\n")
    return 2
