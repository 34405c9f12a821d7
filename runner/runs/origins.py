"""What a prompt was found on, known by its text: a copy, renamed or pasted, is still the prompt that a run found.

The run directories are the record. There is no list beside them that could lack a run, and no run's items are read
before its prompt is the one.
"""

import json
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from runner.core.errors import DataError
from runner.core.run_rows import EpochRecord
from runner.runs.reader import read_begun
from runner.runs.run_files import content_of, lines_of

_DEEPEST = 6  # folders below a place: a study, a sweep, a job, whose name may have slashes in it
_MOST_FOLDERS = 20_000
_FOLLOWS = re.compile(rb"^follows: (?!null\b)", re.MULTILINE)


def searched_behind(text: str, places: Iterable[Path], *, but: Iterable[Path] = ()) -> frozenset[str]:
    """The texts of the items that the searches behind a prompt have learned from; none where no run is known.

    Args:
        text: the prompt. Spaces and line ends do not matter.
        places: run directories, and folders with some below them.
        but: directories that do not count, with all that is in them.

    Raises:
        DataError: a run that found it has a damaged file, or is a newer goldloop's.
    """
    wanted, seen = _Wanted(text), set[str]()
    others = [path.resolve() for path in but]
    runs = {path.resolve(): path for place in places for path in _runs_below(place)}
    for whole, run in runs.items():
        if not any(whole.is_relative_to(other) for other in others):
            seen |= _seen(run, wanted)
    return frozenset(seen)


def _seen(run: Path, wanted: "_Wanted") -> frozenset[str]:
    """What the searches behind the prompt have learned from, as far as this run says."""
    try:
        if wanted.found_by(run):
            return read_begun(run).searched()
        return read_begun(run).data().searched if wanted.continued_by(run) else frozenset()
    except DataError as error:
        if error.code == "file-missing":  # it kept no items, as runs of an old goldloop
            return frozenset()
        raise


class _Wanted:
    """A prompt that is looked for in run directories."""

    def __init__(self, text: str) -> None:
        self._form = _form(text)
        longest = max((line.strip() for line in text.splitlines()), key=len, default="")
        self._mark = json.dumps(longest, ensure_ascii=False)[1:-1].encode("utf-8", "replace")

    def found_by(self, run: Path) -> bool:
        """Whether it is the run's best prompt, or a candidate of its search; not where the run began with it."""
        try:
            if self._is(run, "initial_prompt.txt"):
                return False
            return self._is(run, "best_prompt.txt") or self._is_candidate(run)
        except DataError:  # what cannot be read does not say that it is
            return False

    def continued_by(self, run: Path) -> bool:
        """Whether the run began with it, and said which run it follows."""
        try:
            return self._is(run, "initial_prompt.txt") and bool(_FOLLOWS.search(content_of(run, ".hydra/config.yaml")))
        except DataError:
            return False

    def _is(self, run: Path, name: str) -> bool:
        try:
            return _form(content_of(run, name).decode("utf-8", "replace")) == self._form
        except DataError as error:
            if error.code == "file-missing":
                return False
            raise

    def _is_candidate(self, run: Path) -> bool:
        if self._mark not in content_of(run, "epochs.jsonl"):
            return False
        epochs = lines_of(run, "epochs.jsonl", EpochRecord)
        return any(_form(one.text) == self._form for epoch in epochs for one in epoch.candidates)


def _form(text: str) -> str:
    """A text as it is compared: spaces and line ends are all alike."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def run_around(path: Path) -> Path | None:
    """The run directory that a file lies in, if any."""
    above = list(path.resolve().parents)[:_DEEPEST]
    return next((folder for folder in above if (folder / ".hydra" / "config.yaml").is_file()), None)


def _runs_below(place: Path) -> Iterator[Path]:
    """The run directories at or below a folder, without what is in them."""
    waiting, looked = [(place, 0)], 0
    while waiting and looked < _MOST_FOLDERS:
        folder, depth = waiting.pop()
        looked += 1
        if (folder / ".hydra" / "config.yaml").is_file():
            yield folder
        elif depth < _DEEPEST:
            with suppress(OSError), os.scandir(folder) as entries:
                waiting += [
                    (Path(entry.path), depth + 1)
                    for entry in entries
                    if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)
                ]
