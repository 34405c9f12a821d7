"""An event loop whose clock jumps to the next thing that is due: what takes seconds takes none, and always as many."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Waitless(selectors.DefaultSelector):
    """Waits for threads and sockets only where no timer is set; else what was to be waited is noted."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(timeout if timeout is None else 0)
        if not ready and timeout:
            self.now += timeout
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._waitless = _Waitless()
        super().__init__(self._waitless)

    def time(self) -> float:
        return self._waitless.now


def simulated(job: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine whose waits take no time; ``asyncio.get_running_loop().time()`` tells the time in it.

    Nothing in it may wait for a thread and for a timer at once: the timer would always come first.
    """
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(job)
