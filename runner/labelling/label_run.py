"""One label run: from its parts to a record, a result and what the sink makes of it."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from runner.core.calls import Call
from runner.core.errors import BudgetSpent, ConfigError, DataError, GoldloopError, RunDirectoryError
from runner.core.items import BadRow, Item
from runner.core.prompt import Prompt, model_version
from runner.core.protocols import Certainty, HasAnswers, Provider, ReturnsToProject, Sink, Source
from runner.core.stop import Stop
from runner.core.terminal import one_line
from runner.labelling.certainty.choice import CertaintyChoice
from runner.labelling.certainty.none import NoCertainty
from runner.labelling.engine import label
from runner.labelling.guarantee.calibration import Calibration, calibrated
from runner.labelling.guarantee.page import write_page
from runner.labelling.guarantee.wish import Wish
from runner.labelling.labeller import Labeller
from runner.labelling.labels_file import NAME, LabelsFile
from runner.labelling.progress import ProgressLine
from runner.labelling.result import LabelledWith, LabelResult
from runner.labelling.review_file import write_review
from runner.labelling.reviewed import Reviewed
from runner.labelling.settings import LabelSettings
from runner.labelling.watched_file import WatchedFile
from runner.providers.middleware.budget import budget_in
from runner.providers.middleware.client import ModelClient
from runner.providers.middleware.journal import JournalFiles
from runner.runs.reader import Run
from verifiers.verifier import Verifier, vocabulary_of


@dataclass(frozen=True)
class LabelRun:
    """The parts of a label run.

    Attributes:
        source: the run whose prompt labels. prompt: that prompt.
        score_of: the score of an answer with these classes.
        rows: where the texts come from. sink: where the labels go at the end.
        certainty: how certain the model is of each answer. choice: by what that kind was chosen, if it was not named.
        wish: what is to be certified of the rows; None where no target is set.
    """

    settings: LabelSettings
    source: Run
    prompt: Prompt
    verifier: Verifier
    score_of: Callable[[Sequence[str]], float | None]
    provider: Provider
    rows: Source
    sink: Sink
    certainty: Certainty = field(default_factory=NoCertainty)
    choice: CertaintyChoice | None = None
    wish: Wish | None = None

    def refuse_early(self, *, resumed: bool) -> None:
        """Raise what is wrong with source, sink or budget before anything is written or paid for."""
        if not isinstance(self.rows, Source):
            raise DataError(
                "this dataset cannot be labelled: it has no stream()", code="nothing-to-label", key="dataset"
            )
        if self.settings.budget.usd is not None and self.provider.cost_at_most(_NOTHING) is None:
            raise ConfigError(
                f"budget.usd: the price of {self.provider.model} is unknown, so give 'provider.price={{input: ..., "
                "output: ...}' in dollars for a million tokens (and max_tokens), or use budget.tokens",
                code="price-missing",
                key="budget.usd",
            )
        if not resumed:
            self.sink.check()
            self._refuse_unreadable()

    def run(self, directory: Path) -> None:
        """Label what the record does not have yet, and hand it on. Prints how it goes, and the output's place last.

        Raises:
            GoldloopError: with the words that go on with it.
        """
        with closing(LabelsFile(directory / NAME)) as record:
            self._refuse_another_prompt(record)
            reviewed = Reviewed.of(directory, self.verifier)
            if self.settings.review:
                reviewed = self._answered(reviewed, self.settings.review)
            result = LabelResult(directory, record, vocabulary_of(self.verifier), self._labelled_with())
            result.reviewed = len(reviewed.items)
            if calibration := Calibration.read(directory):
                result.promise(calibration)
            result.write("running")
            try:
                stop = None if result.complete else asyncio.run(self._labelled(record, result))
                record.refuse_changed()  # before it is said, and delivered, what is in it
                result.complete = stop is None
                result.write("running")  # what is resumed from here on is handed on, and nothing is read again
                done = reviewed.complete() if reviewed.items else directory / NAME
                place = self.sink.deliver(done, self.version, self.prompt.render())
                told = [*self._review(directory, reviewed), *self._learn(reviewed)]
                record.refuse_changed()
                result.write("stopped" if stop else "finished", stop)
            except BaseException as error:
                how = f"(what was done is in {directory}/; goldloop label resume={directory} goes on with it)"
                self._end(result, error, how)
                if isinstance(error, GoldloopError):
                    raise error.with_words(f" {how}") from error
                raise
        print(result.summary())
        if stop:
            more = stop.resume_options if stop.kind == "unmeasurable" else ""
            print(f"stopped: {stop.reason}; goldloop label resume={directory}{more} goes on with it")
        if result.drift and (odd := result.drift.warning):
            print(one_line(f"WARNING: {odd}"))
        page = write_page(directory)  # last: whatever is wrong with a page, the labels are there
        if page:
            told.append(f"the page of these labels: {page}")
        if result.guarantee and result.guarantee.certified:
            audit = f"goldloop certify {directory} target={result.guarantee.target:g}"
            told.append(f"how many of these very rows are wrong at most, people say by a sample: {audit}")
        print("\n".join([*told, place]))

    def _answered(self, reviewed: Reviewed, where: str) -> Reviewed:
        """With what people answered in a file, or in the project that was labelled."""
        if where != _PROJECT:
            return reviewed.with_file(Path(where).expanduser())
        if not isinstance(self.rows, HasAnswers):
            raise ConfigError(
                "review=project: these texts are of no project of Label Studio: give the file, review=FILE",
                code="needs-file",
                key="review",
            )
        return reviewed.with_project(self.rows.answers())

    def _review(self, directory: Path, reviewed: Reviewed) -> list[str]:
        """Write down the rows for people; says where they are and what to do with them."""
        if self.wish is None or isinstance(self.sink, ReturnsToProject):  # which has them where people work
            return []
        path, count = write_review(directory, self._stream(), self.verifier.words.column, reviewed.items)
        if not count:
            return [f"{len(reviewed.items):,} rows are reviewed, none is left for people"] if reviewed.items else []
        column = self.verifier.words.column
        how = f"fill in its column {column}, then: goldloop label resume={directory} review={path}"
        return [f"{path}: {count:,} rows for people, least certain first: {how}"]

    def _learn(self, reviewed: Reviewed) -> list[str]:
        """Write down what people answered as gold, beside the run's; says where."""
        if not reviewed.items:
            return []
        path = reviewed.write_gold(self.source)
        return [
            f"{path}: the run's gold and {len(reviewed.items):,} reviewed rows to learn from, none of them sealed: "
            f"goldloop dataset=file dataset.path={path} dataset.split_field=part"
        ]

    def _end(self, result: LabelResult, error: BaseException, how: str) -> None:
        """Write down what ended the run, and say how to go on where the error will not."""
        with suppress(RunDirectoryError):  # a full disk; the error that goes on says so
            if isinstance(error, KeyboardInterrupt):
                result.write("stopped", Stop.by_signal())
            else:
                result.write("failed", Stop("failed", detail=str(error) or type(error).__name__))
        if not isinstance(error, GoldloopError):
            print(how)

    async def _labelled(self, record: LabelsFile, result: LabelResult) -> Stop | None:
        settings, tally = self.settings, record.tally

        def before() -> dict[str, float]:
            spent = result.spent
            return {
                "calls": spent.paid + spent.failed + result.retries,
                "tokens": spent.input_tokens + spent.output_tokens,
                "usd": spent.cost_usd or 0.0,
                "seconds": result.seconds,
            }

        at_once = self.provider.rate_limits.concurrency
        budget = budget_in(record.path.parent, settings.budget, before, at_once)
        files = JournalFiles(settings.journal.mode, Path(settings.journal.path))
        client = ModelClient(self.provider, budget, files)
        result.watch(lambda: client.retries)
        journal = None if settings.journal.mode == "off" else WatchedFile(Path(settings.journal.path))
        paid = tally.paid
        try:
            labeller = await self._labeller(client, result, record.path.parent)
            with ProgressLine(record, client.meter) as shown:

                def on_rows() -> None:
                    shown.rows()
                    result.keep_up()
                    if journal:
                        journal.now_and_then()

                stop = await label(self._stream(), labeller, record, on_rows)
                if journal:
                    journal.refuse_changed(written=tally.paid > paid)
                return stop
        except BudgetSpent as spent:  # before the first row
            await client.refuse_dead()
            return Stop.of_budget(spent)
        finally:
            await client.close()

    async def _labeller(self, client: ModelClient, result: LabelResult, directory: Path) -> Labeller:
        """The labeller; where a target is set, one that knows which rows are accepted."""
        settings = self.settings
        labeller = Labeller(
            client=client,
            prompt=self.prompt,
            verifier=self.verifier,
            score_of=self.score_of,
            version=self.version,
            reply=settings.reply,
            max_failed=settings.max_failed,
            certainty=self.certainty,
        )
        if self.wish is None:
            return labeller
        found = result.guarantee
        if found is None:
            calibration = await calibrated(self.wish, labeller, directory)
            calibration.write(directory)
            result.promise(calibration)
            found = calibration.guarantee
        print(one_line(found.words if found.certified else f"WARNING: {found.words}"))
        return replace(labeller, guarantee=found)

    def _refuse_unreadable(self) -> None:
        first: BadRow | None = None
        for row in islice(self._stream(), _LOOKED_AT):
            if isinstance(row, Item):
                return
            first = first or row
        if first is None:
            raise DataError(
                "there is nothing to label: the dataset has no rows", code="nothing-to-label", key="dataset"
            )
        raise DataError(
            f"there is nothing to label: no row has a text, the first (id {first.id}) for: {first.problem}",
            code="nothing-to-label",
            key=first.id,
        )

    def _refuse_another_prompt(self, record: LabelsFile) -> None:
        before = record.tally.version
        if before not in {None, self.version}:
            raise DataError(
                f"{record.path} was begun with {before}, and the prompt and the model are {self.version} now: start "
                "anew; the journal answers what was asked before",
                code="prompt-changed",
                key=str(record.path),
            )

    def _stream(self) -> Iterator[Item | BadRow]:
        return islice(self.rows.stream(), self.settings.limit)

    @property
    def version(self) -> str:
        return model_version(self.prompt, self.provider.model)

    def _labelled_with(self) -> LabelledWith:
        return LabelledWith(
            run=str(self.source.path),
            which=self.settings.which,
            prompt=self.prompt.render(),
            fingerprint=self.prompt.fingerprint,
            model=self.provider.model,
            model_version=self.version,
            certainty=self.certainty.kind,
            choice=self.choice,
        )


_PROJECT = "project"
_LOOKED_AT = 1000  # rows; if none of them can be read, the column is wrong
_NOTHING = Call([{"role": "user", "content": ""}], max_tokens=1)
