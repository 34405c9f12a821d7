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


def dollars(cost: float | None, unknown: str = "cost unknown") -> str:
    """A sum; an unknown one is said to be unknown, and a small one keeps its digits."""
    if cost is None:
        return unknown
    return f"${cost:,.2f}" if cost >= 1 else f"${cost:.4f}"


def duration(seconds: float) -> str:
    """As short as it may be said."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def p_value(p: float) -> str:
    """With no more digits than it has."""
    return f"p={p:.3f}" if p >= 0.001 else "p<0.001"


def signed(value: float, minus: str = "-") -> str:
    """With its sign, as differences are read."""
    return f"{value:+.3f}".replace("-", minus)
