"""goldloop new: drafts a file for a person to look over."""

import shlex
from pathlib import Path

from runner.config.command_line import CommandLine
from runner.config.draft_task import draft_task
from runner.core.errors import ConfigError
from runner.core.files import atomic_write
from runner.core.terminal import printable

_KINDS = ("task",)


def new(words: CommandLine) -> None:
    """``new task DATA [FILE]``: draft a task file from a file of rows, and say what to do with it.

    Raises:
        ConfigError: the words are others, or the file is there already. DataError: the rows cannot be used.
    """
    kind, *names = [word for word in words.rest if not word.startswith("-")] or [""]
    if kind not in _KINDS or not 1 <= len(names) <= 2:
        told = "write goldloop new task DATA: a file of rows, from which task.yaml is drafted (goldloop new --help)"
        raise ConfigError(told, code="word-unreadable", key=kind or "new")
    data, target = Path(names[0]).expanduser(), Path(names[1] if len(names) > 1 else "task.yaml").expanduser()
    if target.exists():
        told = f"{target} is there already: name another, goldloop new task {shlex.quote(names[0])} OTHER.yaml"
        raise ConfigError(told, code="file-exists", key=str(target))
    draft = draft_task(data)
    atomic_write(target, draft.text)
    for name, kind_of in draft.answers.items():
        print(printable(f"{name}: {kind_of}"))
    if not draft.answers:
        print("no column looks like gold: write the answers yourself (docs/answers.md)")
    print(printable(f"{target} is written. Look it over, then: goldloop check task={target} dataset.path={names[0]}"))
