"""The numbers in what a process or the server says: they are asserted, its words are not."""

import re


def figures(words: str) -> list[int]:
    """The whole numbers that stand by themselves in a sentence, in their order; not those in names and addresses."""
    return [int(number) for number in re.findall(r"(?<![^\s(])\d+(?=[\s;:,.)]|$)", words)]


def sent(out: str) -> list[int]:
    """The numbers in the line that says what a project was sent, which ends with the project's address."""
    [line] = [line for line in out.splitlines() if line.endswith("/data")]
    return figures(line)
