"""The calls of a run as a client that asks nobody."""

from pathlib import Path

from runner.core.calls import Call, Reply
from runner.core.errors import CallFailed, JournalError
from runner.core.protocols import Provider
from runner.providers.middleware.journal.keys import key_of, unpacked
from runner.providers.middleware.journal.run_log import failed_in, known_in


class RecordedCalls:
    """Answers from a run's own journal, which is only read.

    Args:
        provider: knows what decides an answer; it is not asked.
    """

    def __init__(self, provider: Provider, path: Path) -> None:
        self._describe = provider.describe
        self._known, self._failed = known_in(path), failed_in(path)
        self.model = provider.model
        self.rate_limits = provider.rate_limits

    async def complete(self, call: Call) -> Reply:
        """The reply that the run had.

        Raises:
            CallFailed: that call failed for good. JournalError: the run did not make it.
        """
        key = key_of(self._describe(call))
        if key in self._known:
            return unpacked(self._known[key][0], from_journal=True)
        if key in self._failed:
            raise CallFailed(*self._failed[key])
        told = f"the run did not ask this ({call.messages[-1]['content'][:40]!r}...)"
        raise JournalError(told, code="call-not-recorded", key=call.messages[-1]["content"][:40])

    async def close(self) -> None:
        """Nothing is open."""
