"""Which runs can stand side by side: the same data, the same sealed items, the same reward. Others are refused."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, median
from typing import Literal

from runner.config.past_run import PACE
from runner.core.error_codes import Code
from runner.core.errors import DataError
from runner.core.run_result import Metrics, RunResult
from runner.core.run_rows import PredictionRow, parts_of
from runner.runs.reader import Run, read_run


@dataclass(frozen=True)
class Initial:
    """What a run measured of the prompt that it began with: as ``Entry`` has it of the best one."""

    prompt: str
    test: float
    metrics: Metrics | None
    credits: Mapping[str, float | None]
    predictions: Mapping[str, tuple[str, ...] | None]


@dataclass(frozen=True)
class Entry:
    """A prompt as far as a comparison needs it: of a run the best one, or the one that some runs began with.

    Attributes:
        which: which it is. kept_by: of an initial prompt, the runs whose best it stayed.
        initial: of a run, the prompt that it began with; None where its directory does not say.
        asks: what else decides the replies: provider, verifier, repeats.
        metrics, test: of the best prompt on the sealed items.
        path: the run directory, as it was named. choices: the words it was started with, key -> value.
        reward, optimizer: their names.
        credits: sealed item id -> the best prompt's credit; None where its call failed for good.
        predictions: sealed item id -> the labels that the best prompt gave.
        items: sealed item id -> (text, gold).
        prompt: the best prompt. labeller: provider and model that it was measured with.
        item_cost, item_tokens: of one call of the best prompt, mean; item_seconds: median. None where unknown.
    """

    path: Path
    result: RunResult
    metrics: Metrics | None
    test: float
    reward: str
    optimizer: str
    choices: Mapping[str, str]
    credits: Mapping[str, float | None]
    predictions: Mapping[str, tuple[str, ...] | None]
    items: Mapping[str, tuple[str, tuple[str, ...]]]
    prompt: str
    labeller: str
    item_cost: float | None
    item_tokens: float | None
    item_seconds: float | None
    asks: str
    initial: Initial | None
    which: Literal["best", "initial"] = "best"
    kept_by: Sequence["Entry"] = field(default=())

    @property
    def kept(self) -> bool:
        """Whether the best prompt of the run is the one that it began with."""
        return self.result.best.epoch == 0


_NO_FAULT = {"", "not-measured", "file-missing"}  # a run that did not get so far, or is another kind of run


@dataclass(frozen=True)
class LeftOut:
    """A run that cannot stand beside the others, and why; ``code``: what is wrong with its files, if anything."""

    path: Path
    reason: str
    code: Code | Literal[""] = ""

    @property
    def unread(self) -> bool:
        """Whether its files are not as goldloop writes them."""
        return self.code not in _NO_FAULT


def entries(paths: Sequence[Path]) -> tuple[list[Entry], list[LeftOut]]:
    """The runs that can be compared, and those that cannot.

    Of several kinds (other data, other sealed items, another reward) the most frequent is kept, the first of equals.
    """
    found: list[tuple[tuple[str, ...], Entry]] = []
    refused: list[LeftOut] = []
    for path in paths:
        try:
            found.append(_read(path))
        except DataError as error:
            refused.append(LeftOut(path, str(error), error.code))
    if not found:
        return [], refused
    kind = Counter(key for key, _ in found).most_common(1)[0][0]
    for key, entry in found:
        if key != kind:
            refused.append(LeftOut(entry.path, _difference(key, kind)))
    return [entry for key, entry in found if key == kind], refused


_MOST = 1e12  # of any figure of an item
_KINDS = ("another data set", "another reward", "other sealed items")


def _difference(key: Sequence[str], kind: Sequence[str]) -> str:
    name, own, others = next(three for three in zip(_KINDS, key, kind, strict=True) if three[1] != three[2])
    return f"{name}: {_shown(own)}, the others have {_shown(others)}"


def _shown(words: str) -> str:
    return words if len(words) <= 60 else f"{words[:57]}..."


def _read(path: Path) -> tuple[tuple[str, ...], Entry]:
    """The run, and what must be the same in all that are compared.

    Raises:
        DataError: it was never measured on sealed items, or its files are not what they should be.
    """
    try:
        run = read_run(path)
        if "sink" in run.config:
            raise DataError("it is a label run: it measures no prompt", code="not-measured", key=str(path))
        result = run.result
        if result.best.test is None:
            raise DataError(_unmeasured(run), code="not-measured", key=str(path))
        if result.metrics is None or result.initial.test is None:
            raise ValueError("result.json has a test figure without the others")
        rows = run.predictions
        _refuse_odd(rows)
        entry = _entry(run, rows, result.metrics, result.best.test)
        reward = json.dumps(run.config["reward"], sort_keys=True)
        digest = result.dataset_sha256[:12]
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, RecursionError, OSError) as error:
        told = f"its files are not those of an optimisation ({type(error).__name__}: {error})"
        raise DataError(told, code="run-damaged", key=str(path)) from error
    return (digest, reward, f"{len(rows)} items, {','.join(sorted(entry.items))}"), entry


def _unmeasured(run: Run) -> str:
    if not run.result.sealed:
        return "split=none: it has no sealed items to be judged on"
    return f"it has no figure on the sealed items (status {run.result.status}: {run.result.stop_reason})"


def _refuse_odd(rows: Sequence[PredictionRow]) -> None:
    """Raise ValueError for figures that nothing can be drawn or counted from."""
    if all(row.credit is None for row in rows):
        raise ValueError("predictions.jsonl has no item with a reward")
    for row in rows:
        for figure in (row.credit, row.initial_credit, row.cost_usd, row.tokens, row.seconds):
            if figure is not None and abs(figure) > _MOST:
                raise ValueError(f"predictions.jsonl: {figure:.3g} of item {row.id:.60}")


def _entry(run: Run, rows: Sequence[PredictionRow], metrics: Metrics, test: float) -> Entry:
    provider = run.config["provider"]
    # Hydra escapes what it writes down: http\://host
    choices = dict(re.sub(r"\\(.)", r"\1", word).split("=", 1) for word in run.overrides if "=" in word)
    asks = {key: value for key, value in provider.items() if key not in PACE}
    return Entry(
        path=run.path,
        result=run.result,
        metrics=metrics,
        test=test,
        reward=run.reward,
        optimizer=choices.get("optimizer") or str(run.config["optimizer"]["_target_"]).rpartition(".")[2],
        choices=choices,
        credits={row.id: row.credit for row in rows},
        predictions={row.id: parts_of(row.prediction) if row.judged else None for row in rows},
        items={row.id: (row.text, parts_of(row.gold)) for row in rows},
        prompt=run.prompt("best"),
        labeller=f"{run.result.models.labeller} at {provider.get('base_url') or provider['_target_']}",
        item_cost=fmean(costs) if (costs := _known(row.cost_usd for row in rows)) else None,
        item_tokens=fmean(tokens) if (tokens := _known(row.tokens for row in rows)) else None,
        item_seconds=median(seconds) if (seconds := _known(row.seconds for row in rows)) else None,
        asks=json.dumps([asks, run.config.get("verifier"), run.result.repeats], sort_keys=True, default=str),
        initial=_initial(run, rows),
    )


def _initial(run: Run, rows: Sequence[PredictionRow]) -> Initial | None:
    """The prompt that a run began with; None where it cannot be told, and the run does not say that it was better."""
    result = run.result
    there = (run.path / "initial_prompt.txt").exists()
    worse = result.decision is not None and result.decision.verdict == "worse"
    if result.initial.test is None or all(row.initial_credit is None for row in rows) or not (there or worse):
        return None
    given = {row.id: row.initial_prediction for row in rows}
    return Initial(
        prompt=run.prompt("initial") if there else f"that of {run.path}",
        test=result.initial.test,
        metrics=result.initial.metrics,
        credits={row.id: row.initial_credit for row in rows},
        predictions={name: None if answer is None else parts_of(answer) for name, answer in given.items()},
    )


def _known(figures: Iterable[float | None]) -> list[float]:
    """The figures that are known."""
    return [figure for figure in figures if figure is not None]
