"""How far a label run is: a line that moves at a terminal, else a line now and then."""

import sys
import time
from types import TracebackType

from runner.labelling.labels_file import LabelsFile
from runner.providers.middleware.meter import UsageMeter

_MOVES = 0.5  # seconds between updates at a terminal
_SAYS = 30.0  # seconds between lines elsewhere


class ProgressLine:
    """Shows what a record has while it grows."""

    def __init__(self, record: LabelsFile, meter: UsageMeter) -> None:
        self._record = record
        self._meter = meter
        self._live = sys.stdout.isatty()
        self._before = record.tally.rows
        self._started = self._last = time.monotonic()

    def __enter__(self) -> "ProgressLine":
        if self._before:
            print(f"{self._before:,} rows were labelled before")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._live:
            sys.stdout.write("\r\x1b[K")

    def rows(self) -> None:
        """Called when rows were written down."""
        now = time.monotonic()
        if now - self._last < (_MOVES if self._live else _SAYS):
            return
        self._last = now
        tally = self._record.tally
        done = tally.rows - self._before
        each = done / max(now - self._started, 0.001)
        failed = tally.rows - tally.labelled
        words = f"{tally.rows:,} rows, {each:,.0f} a second, {failed:,} failed"
        words += f", {self._meter.hits:,} from the journal" if self._meter.hits else ""
        if self._live:
            sys.stdout.write(f"\r\x1b[K{words}")
        else:
            print(words)
        sys.stdout.flush()
