"""One label run: from its parts to a record, a result and what the sink makes of it."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from runner.archive import Archive
from runner.budget import Limits
from runner.door import Door
from runner.errors import DataError, GoldloopError
from runner.labelling.engine import Labeller, label
from runner.labelling.progress import Shown
from runner.labelling.record import NAME, Record
from runner.prompt import Prompt, model_version
from runner.run_directory import versions, write_whole
from runner.scores import Scores
from runner.settings import BudgetSettings, JournalSettings
from runner.types import BadRow, Item, Sink, Source, Wire
from verifiers.label_set import LabelSet
from verifiers.verdict import Verifier


class Asked(Protocol):
    """What the configuration says beside its components; ``runner.commands.label`` explains it."""

    run: str
    which: Any
    limit: int | None
    reply: bool
    max_failed: float
    budget: BudgetSettings
    journal: JournalSettings


@dataclass(frozen=True)
class LabelRun:
    """The parts of a label run.

    Attributes:
        source: the run whose prompt labels.
        rows: where the texts come from. sink: where the labels go at the end.
    """

    settings: Asked
    source: Archive
    labels: LabelSet
    verifier: Verifier
    wire: Wire
    rows: Source
    sink: Sink

    def refuse_early(self, *, resumed: bool) -> None:
        """Raise what is wrong with source or sink before anything is written or paid for."""
        if not hasattr(self.rows, "stream"):
            raise DataError("this dataset cannot be labelled: it has no stream()")
        if not resumed:
            self.sink.check()
            if next(self._stream(), None) is None:
                raise DataError("there is nothing to label: the dataset has no rows")

    def run(self, directory: Path) -> None:
        """Label what the record does not have yet, and hand it on. Prints how it goes, and the output's place last.

        Raises:
            GoldloopError: with the words that go on with it.
        """
        started = time.monotonic()
        with closing(Record(directory / NAME)) as record:
            try:
                reason = asyncio.run(self._labelled(record))
                self._write(directory, record, "stopped" if reason else "finished", reason, started)
                place = self.sink.deliver(directory / NAME, self.version, self.prompt.render())
            except (GoldloopError, KeyboardInterrupt) as error:
                stopped = isinstance(error, KeyboardInterrupt)
                words = "Ctrl-C" if stopped else str(error)
                self._write(directory, record, "stopped" if stopped else "failed", words, started)
                how = f"(what was done is in {directory}/; goldloop label resume={directory} goes on with it)"
                if stopped:
                    print(how)
                    raise
                raise type(error)(f"{error} {how}") from error
        print(_summary(record))
        if reason:
            print(f"stopped: {reason}; goldloop label resume={directory} goes on with it")
        print(place)

    async def _labelled(self, record: Record) -> str | None:
        settings = self.settings
        door = Door(
            self.wire, Limits(**settings.budget.model_dump()), settings.journal.mode, Path(settings.journal.path)
        )
        tokens = record.input_tokens + record.output_tokens
        door.budget.spent_before(calls=record.calls, tokens=tokens, usd=record.cost_usd or 0.0)
        labeller = Labeller(
            door=door,
            prompt=self.prompt,
            labels=self.labels,
            verifier=self.verifier,
            score_of=Scores.of_run(self.source).of if settings.which == "best" else lambda labels: None,
            version=self.version,
            reply=settings.reply,
            max_failed=settings.max_failed,
        )
        with Shown(record, door.meter) as shown:
            try:
                return await label(self._stream(), labeller, record, shown.rows)
            finally:
                await door.close()

    def _stream(self) -> Iterator[Item | BadRow]:
        return islice(self.rows.stream(), self.settings.limit)

    @property
    def prompt(self) -> Prompt:
        return Prompt(self.source.prompt(self.settings.which))

    @property
    def version(self) -> str:
        return model_version(self.prompt, self.wire.model)

    def _write(self, directory: Path, record: Record, status: str, reason: str | None, started: float) -> None:
        content = {
            "status": status,
            "stop_reason": reason,
            "run": str(self.source.path),
            "which": self.settings.which,
            "prompt": self.prompt.render(),
            "model": self.wire.model,
            "model_version": self.version,
            "rows": {"total": record.rows, "labelled": record.labelled, "failed": record.rows - record.labelled},
            "failures": dict(record.failures),
            "out_of_list": record.out_of_list,
            "labels": {name: record.labels[name] for name in self.labels},
            "calls": record.calls,
            "tokens": {"input": record.input_tokens, "output": record.output_tokens},
            "cost_usd": record.cost_usd,
            "seconds": round(time.monotonic() - started, 3),
            "versions": versions(),
        }
        write_whole(directory / "result.json", json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _summary(record: Record) -> str:
    failed = ", ".join(f"{name} {count:,}" for name, count in record.failures.most_common())
    cost = "price unknown" if record.cost_usd is None else f"${record.cost_usd:.4f}"
    lost = f"; {record.rows - record.labelled:,} not ({failed})" if failed else ""
    strange = f"; {record.out_of_list:,} replies named labels that are not on the list" if record.out_of_list else ""
    took = f"{record.calls:,} calls paid, {record.input_tokens:,} tokens in, {record.output_tokens:,} out, {cost}"
    return f"{record.labelled:,} of {record.rows:,} rows labelled{lost}{strange}; {took}"
