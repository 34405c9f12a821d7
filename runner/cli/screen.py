"""Standard output and error of a command that must not end because of them: a pipe that closes, a full disk, ASCII."""

import errno
import io
import os
import sys
from contextlib import suppress
from typing import TextIO


class Screen(io.TextIOWrapper):
    """A stream that writes what its encoding has, and question marks for the rest; once it is lost, nothing.

    Attributes:
        lost: why nothing more can be written; None while it can.
    """

    def __init__(self, stream: TextIO) -> None:
        binary = open(stream.fileno(), "wb", closefd=False)  # noqa: SIM115 - closed with this one
        super().__init__(
            binary, stream.encoding, "replace", line_buffering=bool(stream.line_buffering), write_through=True
        )
        self.lost: OSError | None = None

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError as error:
            self._lose(error)
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            self._lose(error)

    def _lose(self, error: OSError) -> None:
        """What is still to come, here and in processes that are started, goes nowhere."""
        self.lost = self.lost or error
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)


def guard_screens() -> None:
    """Let no write to standard output or error end the command. A stream that is closed goes nowhere."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - for as long as it runs
        elif isinstance(stream, io.TextIOWrapper) and not isinstance(stream, Screen):
            stream.flush()
            with suppress(io.UnsupportedOperation):  # what is no file cannot be lost
                setattr(sys, name, Screen(stream))


def unwritten() -> str | None:
    """Why not all of standard output was written; None if it was, or who read it had enough, as ``head`` has."""
    sys.stdout.flush()
    lost = sys.stdout.lost if isinstance(sys.stdout, Screen) else None
    return None if lost is None or lost.errno == errno.EPIPE else str(lost.strerror)
