"""A search that is not written for asyncio, in a thread of its own, in step with an async generator.

The thread asks the loop and waits (``ask``), and waits again after each step it gives until the next one is wanted, so
that nothing is spent that nobody waits for. When the generator is closed, at whatever point, every wait of the thread
ends at once, without the loop, and the thread is gone before the generator is.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from typing import Any, Generic, TypeVar

R = TypeVar("R")
T = TypeVar("T")


class Halted(BaseException):
    """The search has to end here. Not an Exception: a search may catch those and go on."""


class ThreadBridge(Generic[T]):
    """One search. Made where a loop runs; ``steps`` is called once."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._steps: asyncio.Queue[T | None] = asyncio.Queue()
        self._wanted = threading.Semaphore(0)
        self._lock = threading.Lock()
        self._closed = False
        self._error: BaseException | None = None
        self._asked: Future[Any] | None = None
        self._asking: asyncio.Task[Any] | None = None

    async def steps(self, search: Callable[[], object], name: str) -> AsyncIterator[T]:
        """What ``search`` gives, until it ends. What it, or something it asked, raises is raised here."""
        thread = threading.Thread(target=self._work, args=(search,), name=name, daemon=True)
        thread.start()
        try:
            while (step := await self._steps.get()) is not None:
                yield step
                self._wanted.release()
            if self._error:
                raise self._error
        finally:
            self._close()
            # Not awaited: a second cancellation could come between, and the thread waits for nobody any more.
            thread.join()
            if self._asking and not self._asking.done():
                await asyncio.wait([self._asking])

    def ask(self, work: Callable[[], Coroutine[Any, Any, R]]) -> R:
        """The result of a coroutine that the loop runs. Only from the search.

        Raises:
            Halted: the generator was closed, or the coroutine raised; what it raised ends the search.
        """
        with self._lock:
            self._refuse_closed()
            asked: Future[R] = asyncio.run_coroutine_threadsafe(self._noted(work), self._loop)
            self._asked = asked
        try:
            return asked.result()
        except CancelledError:
            raise Halted from None
        except Exception as error:
            self._error = error
            raise Halted from error

    def give(self, step: T) -> None:
        """Hand over a step, and wait until the next one is wanted. Only from the search.

        Raises:
            Halted: there is no next one.
        """
        with self._lock:
            self._refuse_closed()
            self._loop.call_soon_threadsafe(self._steps.put_nowait, step)
        self._wanted.acquire()
        with self._lock:
            self._refuse_closed()

    def _refuse_closed(self) -> None:
        if self._closed or self._error:
            raise Halted

    async def _noted(self, work: Callable[[], Coroutine[Any, Any, R]]) -> R:
        self._asking = asyncio.current_task()
        return await work()

    def _work(self, search: Callable[[], object]) -> None:
        try:
            with suppress(Halted):
                search()
        except BaseException as error:  # noqa: BLE001 - raised where the steps are awaited
            self._error = error
        with self._lock:
            if not self._closed:
                self._loop.call_soon_threadsafe(self._steps.put_nowait, None)

    def _close(self) -> None:
        with self._lock:
            self._closed = True
        if self._asked:
            self._asked.cancel()
        self._wanted.release()
