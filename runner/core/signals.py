"""SIGTERM ends a command as Ctrl-C does, in good order, and is told from it: what stops jobs on servers sends it."""

import signal
from types import FrameType

_terminated: list[int] = []


def end_as_by_ctrl_c() -> None:
    """From now on SIGTERM does in this process what Ctrl-C does; a second one ends it at once. Main thread only."""
    signal.signal(signal.SIGTERM, _end)


def terminated() -> bool:
    """Whether SIGTERM has come."""
    return bool(_terminated)


def _end(number: int, frame: FrameType | None) -> None:
    _terminated.append(number)
    on_ctrl_c = signal.getsignal(signal.SIGINT)  # asyncio's own, while a loop runs
    if callable(on_ctrl_c):
        on_ctrl_c(signal.SIGINT, frame)
    else:  # a shell that put this into the background has it ignore Ctrl-C
        raise KeyboardInterrupt
