"""What a run's own model answered to its own prompt on items of the run: from its journal, nothing is asked."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from runner.core.errors import DataError, JournalError
from runner.core.evaluation import Outcome, Progress
from runner.core.items import Data, Item
from runner.core.prompt import Prompt
from runner.core.protocols import Provider
from runner.experiment.evaluator import Evaluator
from runner.providers.middleware.journal.recorded import RecordedCalls
from runner.runs.reader import Run
from verifiers.rewards import Reward
from verifiers.verifier import Verifier


@dataclass(frozen=True)
class Answered:
    """An item that the run has an answer to.

    Attributes:
        sealed: whether it is a sealed item; else it chose the prompt.
        outcome: the first answer. credit: of all of its answers to it, the mean.
    """

    item: Item
    sealed: bool
    outcome: Outcome
    credit: float


def usable_items(run: Run, data: Data, *, sealed_only: bool) -> tuple[list[Item], frozenset[str]]:
    """The items that a guard may ask about, and the ids of the sealed ones among them.

    Args:
        data: of the run, typed.
        sealed_only: leave out the items that chose its prompt.

    Raises:
        DataError: there is none; says what to do.
    """
    sealed = frozenset(_sealed(run))
    wanted = sealed if sealed_only else sealed | {item.id for item in run.selecting()}
    found = [item for item in data.items if item.id in wanted and item.gold is not None]
    if found:
        return found, sealed
    where = (
        f"goldloop resume={run.path} goes on with it" if run.result.sealed else "items=all takes those that chose it"
    )
    raise DataError(
        f"{run.path} has no sealed item with an answer of its prompt: {where}", code="nothing-sealed", key=str(run.path)
    )


def _sealed(run: Run) -> Collection[str]:
    """The ids of the sealed items that were opened."""
    if not run.result.sealed or not run.bytes_of("predictions.jsonl"):
        return ()
    return [row.id for row in run.predictions]


async def recorded_answers(
    run: Run,
    provider: Provider,
    prompt: Prompt,
    items: Sequence[Item],
    sealed: Collection[str],
    verifier: Verifier,
    reward: Reward,
) -> list[Answered]:
    """What the run has of ``items``, judged by today's verifier; those whose call failed then are left out.

    Args:
        provider: the run's own, which is not asked.

    Raises:
        DataError: the run has none of them; its journal is not there.
    """
    evaluator = Evaluator(
        RecordedCalls(provider, run.file("journal.jsonl")), verifier, reward, max_failed=1.0, on_progress=quiet
    )
    found = []
    for item in items:
        repeats = run.result.repeats if item.id in sealed else 1
        try:
            evaluation = await evaluator.repeated(prompt, [item], "guard", repeats)
        except JournalError:
            continue
        if item.id in evaluation.credits:
            credit = evaluation.credits[item.id]
            found.append(Answered(item, item.id in sealed, evaluation.outcomes[0], credit))
    if not found:
        raise DataError(
            f"{run.path}/journal.jsonl has no answer of {provider.model} to this prompt on any of {len(items)} items: "
            "take a run that came to its end, or the prompt that was measured (which=best)",
            code="not-measured",
            key=str(run.path),
        )
    return found


def quiet(progress: Progress) -> None:
    """Tells nobody."""
