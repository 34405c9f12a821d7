"""What is wrong in a YAML or JSON text, and where."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """What a parser's error says.

    Attributes:
        words: what is wrong, perhaps on several lines.
        file, line: where, the line from 1 on; None where the parser did not say.
    """

    words: str
    file: str | None = None
    line: int | None = None


def problem_of(error: Exception) -> Problem:
    """The problem that an error of a YAML or JSON parser names."""
    mark = getattr(error, "problem_mark", None)
    words = str(getattr(error, "problem", None) or error)
    return Problem(words, mark.name.strip(), mark.line + 1) if mark else Problem(words)
