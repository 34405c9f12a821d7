"""The engine of goldloop label in this process: order, bounded memory, no gaps, failures, what is taken back."""

import asyncio
import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import LABELS, FakeProvider, knows
from refusals import refused, spent

from runner.core.calls import Call, Reply
from runner.core.errors import CallFailed, DataError, ProviderError, RunDirectoryError, TooManyFailed
from runner.core.items import BadRow, Item
from runner.core.prompt import Prompt
from runner.labelling.engine import label
from runner.labelling.labeller import Labeller
from runner.labelling.labels_file import LabelsFile
from runner.providers.middleware.budget import Budget
from runner.providers.middleware.client import ModelClient
from runner.providers.middleware.journal import JournalFiles
from runner.providers.middleware.limits import Limits
from verifiers.label_set import LabelSet
from verifiers.labels import Labels


def items(count: int, text: str = "red item {}") -> Iterator[Item]:
    return (Item(f"i{number}", text.format(number)) for number in range(count))


def labeller(provider: FakeProvider, folder: Path, max_failed: float = 0.02) -> Labeller:
    return Labeller(
        client=ModelClient(provider, Budget(Limits()), JournalFiles("off", folder / "journal.sqlite")),
        prompt=Prompt("Name the colours."),
        verifier=Labels(LabelSet.of(LABELS)),
        score_of=lambda labels: 0.5,
        version="v1",
        reply=False,
        max_failed=max_failed,
    )


async def run(
    rows: Iterator[Item | BadRow], one: Labeller, record: LabelsFile, on_rows: Callable[[], None] = lambda: None
) -> str | None:
    try:
        return await label(rows, one, record, on_rows)
    finally:
        await one.client.close()
        record.close()


def ids(folder: Path) -> list[str]:
    return [json.loads(line)["id"] for line in (folder / "labels.jsonl").read_text().splitlines()]


class Slow(FakeProvider):
    """Answers after a while that differs from call to call."""

    async def complete(self, call: Call) -> Reply:
        await asyncio.sleep(random.Random(call.messages[-1]["content"]).uniform(0, 0.01))
        return await super().complete(call)


async def test_rows_are_written_in_their_order_in_whichever_order_the_answers_come(tmp_path: Path) -> None:
    record = LabelsFile(tmp_path / "labels.jsonl")
    assert await run(items(300), labeller(Slow(knows(*LABELS)), tmp_path), record) is None
    assert ids(tmp_path) == [f"i{number}" for number in range(300)]
    assert (record.tally.labelled, record.tally.labels["red"], record.tally.paid) == (300, 300, 300)


@pytest.mark.parametrize(("rows", "text", "most"), [(3000, "red {}", 4 * 64 + 256), (40, "red {}" + "x" * 900_000, 12)])
async def test_what_is_read_ahead_is_bounded_by_number_and_by_length(
    tmp_path: Path, rows: int, text: str, most: int
) -> None:
    read = 0
    ahead = []

    def counted() -> Iterator[Item]:
        nonlocal read
        for item in items(rows, text):
            read += 1
            ahead.append(read - record.tally.rows)
            yield item

    record = LabelsFile(tmp_path / "labels.jsonl")
    await run(counted(), labeller(FakeProvider(knows(*LABELS)), tmp_path), record)
    assert record.tally.rows == rows
    assert max(ahead) <= most


class Hangs(FakeProvider):
    """The first call is answered when all the others are."""

    async def complete(self, call: Call) -> Reply:
        reply = await super().complete(call)
        while call.messages[-1]["content"].endswith(" 0") and len(self.calls) < 250:
            await asyncio.sleep(0.001)
        return reply


async def test_one_call_that_hangs_does_not_hold_up_the_others(tmp_path: Path) -> None:
    record = LabelsFile(tmp_path / "labels.jsonl")
    assert await run(items(250), labeller(Hangs(knows(*LABELS)), tmp_path), record) is None
    assert ids(tmp_path) == [f"i{number}" for number in range(250)]


class Full(LabelsFile):
    """A disk that is full for a moment."""

    def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows and self.tally.rows >= 50 and not self.told:
            self.told = True
            raise RunDirectoryError("full")
        super().add(rows)

    told = False


async def test_a_record_that_could_not_be_written_for_a_moment_has_no_gap(tmp_path: Path) -> None:
    with pytest.raises(RunDirectoryError):
        await run(items(300), labeller(Slow(knows(*LABELS)), tmp_path), Full(tmp_path / "labels.jsonl"))
    found = ids(tmp_path)
    assert 50 <= len(found) < 300
    assert found == [f"i{number}" for number in range(len(found))]


def failing(kind: str, numbers: set[int]) -> FakeProvider:
    """Calls for the rows of these numbers fail for good, at the first try."""

    def answer(call: Call) -> str | Exception:
        number = int(call.messages[-1]["content"].split()[-1])
        return CallFailed(kind, "words") if number in numbers else "red"  # type: ignore[arg-type]

    return FakeProvider(answer)


@pytest.mark.parametrize(
    ("numbers", "max_failed", "ends"),
    [
        pytest.param(range(0, 5), 0.02, False, id="a few always may"),
        pytest.param(range(0, 6), 0.02, True, id="more than a few at the start"),
        pytest.param(range(0, 6), 0.5, False, id="a share counts what was asked"),
        pytest.param(range(0, 2000, 60), 0.02, False, id="less than the share"),
        pytest.param(range(0, 2000, 40), 0.02, True, id="more than the share"),
        pytest.param(range(1000, 1025), 0.02, True, id="many together after a long time"),
        pytest.param([7], 0.0, True, id="none may"),
    ],
)
async def test_how_many_of_the_last_calls_may_fail(
    tmp_path: Path, numbers: Sequence[int], max_failed: float, ends: bool
) -> None:
    one = labeller(failing("context_too_long", set(numbers)), tmp_path, max_failed)
    record = LabelsFile(tmp_path / "labels.jsonl")
    if not ends:
        assert await run(items(2000), one, record) is None
        assert record.tally.failures == {"context_too_long": len(numbers)}
        return
    with pytest.raises(TooManyFailed) as told:
        await run(items(2000), one, record)
    assert told.value.code == "too-many-failed" and re.fullmatch(r"context_too_long \d+", told.value.key)
    assert f"max_failed={max_failed:g}" in str(told.value)
    assert record.tally.rows < 2000


async def test_what_an_outage_took_is_asked_again_and_what_will_not_pass_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    names = [None, "timeout", None, "context_too_long", "timeout", "overloaded"]
    record = LabelsFile(path)
    record.add([{"id": f"i{n}", "labels": None if name else ["red"], "failure": name} for n, name in enumerate(names)])
    record.drop_lost()
    assert (record.tally.rows, record.tally.last, dict(record.tally.failures)) == (
        4, "i3", {"timeout": 1, "context_too_long": 1},
    )  # fmt: skip
    record.add([{"id": "i4", "labels": ["red"], "failure": None}])
    record.close()
    assert ids(tmp_path) == ["i0", "i1", "i2", "i3", "i4"]


class Outage(FakeProvider):
    """A client through which all calls fail from the hundredth on, as if they had been tried eight times."""

    async def complete(self, call: Call) -> Reply:
        if len(self.calls) >= 100:
            self.calls.append(call)
            raise CallFailed("overloaded", "try later")
        return await super().complete(call)

    async def refuse_dead(self) -> None: ...


async def test_after_an_outage_the_run_is_as_if_there_had_been_none(tmp_path: Path) -> None:
    one = labeller(FakeProvider(knows(*LABELS)), tmp_path)
    record = LabelsFile(tmp_path / "labels.jsonl")
    with pytest.raises(TooManyFailed) as told:
        await run(items(300), replace(one, client=Outage(knows(*LABELS))), record)  # type: ignore[arg-type]
    assert re.fullmatch(r"overloaded \d+", told.value.key)
    assert record.tally.rows == 100
    assert await run(items(300), one, LabelsFile(tmp_path / "labels.jsonl")) is None
    assert ids(tmp_path) == [f"i{number}" for number in range(300)]
    assert "overloaded" not in (tmp_path / "labels.jsonl").read_text()


async def test_ctrl_c_writes_down_what_was_under_way_and_begins_nothing(tmp_path: Path) -> None:
    provider = Slow(knows(*LABELS), concurrency=4)
    record = LabelsFile(tmp_path / "labels.jsonl")
    going = asyncio.create_task(run(items(5000), labeller(provider, tmp_path), record))
    while len(provider.calls) < 100:
        await asyncio.sleep(0.001)
    going.cancel()
    with pytest.raises(asyncio.CancelledError):
        await going
    assert len(ids(tmp_path)) == len(provider.calls) < 5000


async def test_nobody_who_answers_is_an_error_and_not_a_file_of_failures(tmp_path: Path) -> None:
    one = labeller(failing("content_filter", {0, 1, 2}), tmp_path)
    with refused(ProviderError, "no-answer", "content_filter"):
        await run(items(3), one, LabelsFile(tmp_path / "labels.jsonl"))


async def test_a_record_is_written_by_one_process_at_a_time_and_checked_against_the_rows(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    record = LabelsFile(path)
    with refused(DataError, "file-in-use", path):
        LabelsFile(path)
    await run(items(20), labeller(FakeProvider(knows(*LABELS)), tmp_path), record)
    with refused(DataError, "rows-changed", "i19", "row 20", "only 5"):
        await run(items(5), labeller(FakeProvider(knows(*LABELS)), tmp_path), LabelsFile(path))


async def test_halves_of_characters_are_no_trouble(tmp_path: Path) -> None:
    provider = FakeProvider(lambda call: "red and \ud800")
    await run(iter([Item("\ud800", "x"), BadRow("2", "\udc00 is bad", "text-broken")]), labeller(provider, tmp_path),
              LabelsFile(tmp_path / "labels.jsonl"))  # fmt: skip
    lines = (tmp_path / "labels.jsonl").read_bytes().decode("utf-8").splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["\ud800", "2"]


def test_a_budget_of_seconds_holds_over_all_parts() -> None:
    clock = [100.0]
    budget = Budget(Limits(seconds=60), clock=lambda: clock[0])
    budget.spent_before(calls=0, tokens=0, usd=0.0, seconds=50)
    budget.begin()
    clock[0] += 11
    with spent("seconds", 60):
        budget.begin()
