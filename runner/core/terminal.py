"""What is shown in a terminal: text from data, files and models must not be able to steer it. Imports nothing."""

FEW = 6  # names in a line; how many more there are is said


def printable(text: str) -> str:
    """``text`` without control characters; lines and tabs stay."""
    return "".join(mark if mark in "\n\t" or mark.isprintable() else "�" for mark in text)


def one_line(text: str) -> str:
    """The same on one line."""
    return printable(" ".join(text.splitlines()))


def few(names: list[str] | tuple[str, ...]) -> str:
    """Some names, and how many more there are."""
    more = f" and {len(names) - FEW} more" if len(names) > FEW else ""
    return ", ".join(map(repr, names[:FEW])) + more


def dollars(cost: float | None) -> str:
    """A sum for people; an unknown one is said to be unknown."""
    return "cost unknown" if cost is None else f"${cost:.4f}"
