"""What is shown in a terminal: text from data, files and models must not be able to steer it. Imports nothing."""

from collections.abc import Sequence

FEW = 6  # names in a line; how many more there are is said


def printable(text: str) -> str:
    """``text`` without control characters; lines and tabs stay."""
    return "".join(mark if mark in "\n\t" or mark.isprintable() else "�" for mark in text)


def one_line(text: str) -> str:
    """The same on one line."""
    return printable(" ".join(text.splitlines()))


def few(names: list[str] | tuple[str, ...]) -> str:
    """Some names, and how many more there are."""
    return shortened([repr(name) for name in names], FEW)


def shortened(words: Sequence[str], most: int, *, sentences: bool = False) -> str:
    """The first words, so many at most, and how many more there are.

    Args:
        sentences: whether there is a semicolon between them, instead of a comma.
    """
    between, last = ("; ", "; and") if sentences else (", ", " and")
    more = f"{last} {len(words) - most} more" if len(words) > most else ""
    return between.join(words[:most]) + more


def dollars(cost: float | None) -> str:
    """A sum for people; an unknown one is said to be unknown."""
    return "cost unknown" if cost is None else f"${cost:.4f}"
