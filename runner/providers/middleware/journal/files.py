"""Where clients look calls up and write them down: the journal of all runs, and the run's own."""

from pathlib import Path

from runner.core.errors import BudgetSpent
from runner.providers.middleware.journal.provider import Mode
from runner.providers.middleware.journal.run_log import Known, RunCallLog
from runner.providers.middleware.journal.store import Store


class JournalFiles:
    """The open files. Several clients may share them.

    Args:
        mode: how calls are looked up; ``off`` opens no shared journal.
        path: the shared journal, also where processes that share it keep their rate limits; None to share nothing.
        log: the run's own journal; None where nothing is replayed.
        spent: what ended the calls of the run that is replayed, if a budget did.

    Raises:
        JournalError: one of them cannot be used.
    """

    def __init__(
        self, mode: Mode, path: Path | None, log: Path | None = None, spent: BudgetSpent | None = None
    ) -> None:
        self.mode = mode
        self.path = path
        self.store = None if mode == "off" or path is None else Store(path)
        self.log = None if log is None else RunCallLog(log)
        self.spent = spent

    @property
    def known(self) -> Known:
        """What is in the run's own journal."""
        return self.log.known if self.log else {}

    def close(self) -> None:
        """Finish what is queued, and close them."""
        if self.log:
            self.log.close()
        if self.store:
            self.store.close()
