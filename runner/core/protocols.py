"""The protocols that the configuration's components keep: what a user's own class has to offer.

Three protocols are elsewhere, because of the order of the rooms: ``verifiers.verifier.Verifier`` and
``verifiers.rewards.Reward`` are below this room, and ``runner.experiment.strategy.Strategy`` needs the workbench.
The runtime checkable ones are abilities that a component may have or not: ``isinstance`` asks for them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, Self, runtime_checkable

from runner.core.calls import Call, RateLimits, Reply, Usage
from runner.core.evaluation import Progress, RunInfo
from runner.core.items import BadRow, Data, Item, Reading
from runner.core.prompt import Prompt
from runner.core.run_result import RunResult
from runner.core.run_rows import EpochRecord, PredictionRow
from runner.core.said import Said
from verifiers.verdict import Unusable
from verifiers.verifier import Cells
from verifiers.verifier import Reading as Read

Description = Callable[[Call], Mapping[str, Any]]
"""What decides a call's answer, as plain values: provider, model, endpoint, messages, parameters, sample."""


class ChatClient(Protocol):
    """A way to ask a model."""

    @property
    def model(self) -> str: ...

    @property
    def rate_limits(self) -> RateLimits: ...

    async def complete(self, call: Call) -> Reply:
        """Ask the model.

        Raises:
            CallFailed: this call failed; others may not.
            ProviderError: no call can succeed.
        """
        ...

    async def close(self) -> None:
        """Let go of connections and memory."""
        ...


class Provider(ChatClient, Protocol):
    """A provider itself, as the configuration supplies it; journal, throttle, budget and meter stand before it."""

    def describe(self, call: Call) -> Mapping[str, Any]:
        """What decides the call's answer, as plain values; the same on every machine, secrets not in it."""
        ...

    def cost_at_most(self, call: Call) -> float | None:
        """US dollars that the call can cost, about: tokens in from its characters, tokens out at their most.

        None where the price is unknown.
        """
        ...


@runtime_checkable
class Preparing(Protocol):
    """A provider that knows something before its first call; one of your own need not."""

    def prepare(self) -> None:
        """Load what can be loaded without asking the model. Needs no event loop; a second time does no harm.

        Raises:
            ProviderError: no call can succeed: no key, no model file, a proxy that cannot be used.
        """
        ...


class Dataset(Protocol):
    """Where items and gold come from."""

    def load(self) -> Data:
        """Read everything. Raises DataError that names all bad rows together."""
        ...


@runtime_checkable
class ReadsCells(Protocol):
    """A dataset whose cells of gold can be read in several ways, as ``Fees, charges``: one label, two, or a text."""

    def read_cells(self, cells: Cells) -> None:
        """What a cell of gold holds. A ``value`` is given as it is: a number, a text, or what JSON in it says."""
        ...


@runtime_checkable
class Source(Protocol):
    """Where items to label come from: a dataset that need not be held in memory."""

    def stream(self) -> Iterator[Item | BadRow]:
        """Every row in its order, with gold or without; a row that cannot be used says why.

        Raises:
            DataError: the source cannot be read at all.
        """
        ...


@runtime_checkable
class HasColumns(Protocol):
    """A source whose rows have other fields beside the text, which a sink can put before the labels."""

    def inputs(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """(id, fields by name) of each row of ``stream()``, in its order."""
        ...

    def digest(self) -> str:
        """The SHA-256 of the whole file, in hex digits."""
        ...


@runtime_checkable
class Estimates(Protocol):
    """A strategy that can say what an epoch costs."""

    def calls(self, reflect: int, select: int) -> tuple[int, int] | None:
        """(labeller calls, rewriter calls) of an epoch at most, with so many reflect and select items.

        None where it cannot say, as one that is made of others.
        """
        ...


@runtime_checkable
class HasProject(Protocol):
    """A dataset of Label Studio: the ids of its items are the numbers of a project's tasks. Asked of the class."""

    @classmethod
    def reading(cls, arguments: Mapping[str, Any]) -> Reading:
        """What a dataset made with these arguments, as the configuration has them, reads; makes nothing."""
        ...


class AskAgain(Protocol):
    """Asks about the same item again."""

    async def __call__(
        self, prompt: Prompt | None = None, *, sample: int = 0, temperature: float | None = None
    ) -> Read | Unusable | None:
        """What the verifier reads in the reply; None where the call failed for good.

        Args:
            prompt: another one than that which labels. sample: 1, 2 ... for independent answers, each with a seed of
                its own. temperature: instead of the provider's own.
        """
        ...


class Certainty(Protocol):
    """How certain a model is of an answer: a kind of number that tells right answers from wrong ones."""

    @property
    def kind(self) -> str:
        """Its name, as each row has it."""
        ...

    @property
    def calls(self) -> int:
        """How many further calls it makes for each row."""
        ...

    @property
    def welcomes_logprobs(self) -> bool:
        """Whether replies are to come with log-probabilities."""
        ...

    async def of(self, said: Said, again: AskAgain) -> float | None:
        """A number for what a model said: higher is more certain, and only the order matters. None: not known.

        Raises:
            BudgetSpent, ProviderError: as ``again`` does.
        """
        ...


@runtime_checkable
class NeedsPrompts(Certainty, Protocol):
    """A certainty that asks other prompts."""

    def bind(self, others: Sequence[Prompt]) -> Self:
        """The same with the other prompts that the run measured, the best on its select items first."""
        ...


class Sink(Protocol):
    """Where labels go once they are written down."""

    def check(self) -> None:
        """Raise a GoldloopError if it cannot take labels, before any is paid for."""
        ...

    def deliver(self, record: Path, version: str, prompt: str) -> str:
        """Hand on the rows of a label run's record; returns where they are now. Done again it goes on.

        Args:
            record: ``labels.jsonl``: id, labels (None where the row failed), score, failure, model_version, reply.
            version: the model version of the rows. prompt: the text that made them.
        """
        ...


class Tracker(Protocol):
    """Something that is told of a run. Whatever it raises is logged, and the run goes on."""

    def start(self, run: RunInfo) -> None: ...

    def progress(self, progress: Progress, usage: Usage) -> None: ...

    def epoch(self, record: EpochRecord) -> None: ...

    def finish(self, result: RunResult, predictions: Sequence[PredictionRow], prompts: Sequence[Prompt]) -> None:
        """The run came to its end. ``prompts`` is the initial prompt and the best one."""
        ...

    def close(self) -> None:
        """Let go of everything. Called last, also when the run failed and ``finish`` was not."""
        ...


@runtime_checkable
class HasAnswers(Protocol):
    """A source in which people answer its rows."""

    def answers(self) -> Iterator[Item]:
        """All of its rows, with what a person said of them as gold; None where nobody did."""
        ...


@runtime_checkable
class ReturnsToProject(Protocol):
    """A sink that takes only rows that were read from its own project; ``control`` and ``controls`` are arguments."""

    def refuse_unfit(self, reading: Any, labels: Iterable[str], origin: Any = None, column: str | None = None) -> None:
        """Raise DataError or StudioError unless the rows are its project's, and it has the labels.

        Args:
            reading: how the rows were read, None where they are of no project. origin: the project they are of.
            column: of their answers, as ``labels``.
        """
        ...


@runtime_checkable
class SummarizesSweeps(Protocol):
    """A tracker that also has something to say of a sweep as a whole, once it has ended."""

    def sweep(self, directory: Path, words: Sequence[str]) -> None:
        """The sweep in ``directory`` has ended; ``words`` are its options. What it raises is logged."""
        ...
