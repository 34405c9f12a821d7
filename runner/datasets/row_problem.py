"""Why one row cannot be used."""

from typing import Literal

from runner.core.error_codes import Code


class RowProblem(Exception):
    """Why one row cannot be used, in words; the other rows are still read.

    Args:
        code: what is wrong, whatever the words.
    """

    def __init__(self, words: str, *, code: Code | Literal[""] = "") -> None:
        super().__init__(words)
        self.code: Code | Literal[""] = code
