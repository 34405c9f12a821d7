"""answers.jsonl: what people said of the drawn rows, as it was read, a line for each answer and each change of one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from runner.analysis.certify.batch_file import Answer
from runner.core.files import atomic_write, json_line
from runner.core.surrogates import question_marks
from runner.runs.json_records import to_json
from runner.runs.run_files import lines_of

NAME = "answers.jsonl"


@dataclass(frozen=True)
class SavedAnswer:
    """A line. ``read``: when; ``v``: of its form."""

    number: int
    right: bool | None
    corrected: str
    note: str
    read: str
    v: int = 1

    @property
    def answer(self) -> Answer:
        """Without when it was read."""
        return Answer(self.number, self.right, self.corrected, self.note)


def save_answers(directory: Path, answers: Iterable[Answer]) -> int:
    """Add what is new or was changed; returns how many verdicts were changed, or taken back, since the first reading.

    Raises:
        DataError: the file is damaged. RunDirectoryError: the disk refuses.
    """
    path = directory / NAME
    before: Sequence[SavedAnswer] = lines_of(directory, NAME, SavedAnswer) if path.exists() else ()
    last: dict[int, Answer] = {}
    changed = 0
    for line in before:
        changed += _is_changed(last.get(line.number), line.answer)
        last[line.number] = line.answer
    now = datetime.now(UTC).isoformat(timespec="seconds")
    lines = []
    for answer in answers:
        was = last.get(answer.number)
        if answer == was or (was is None and answer.right is None):
            continue
        changed += _is_changed(was, answer)
        saved = SavedAnswer(answer.number, answer.right, answer.corrected, answer.note, now)
        lines.append(question_marks(json_line(to_json(saved))))
    if lines:
        atomic_write(path, "".join(json_line(to_json(line)) for line in before) + "".join(lines))
    return changed


def _is_changed(was: Answer | None, now: Answer) -> bool:
    return was is not None and was.right is not None and was.right != now.right
