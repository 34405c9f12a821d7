"""A model that never speaks ends a run before its search is paid for; one that speaks now and then is told of."""

from pathlib import Path

import pytest
from builders import experiment
from fakes import LABELS, FakeProvider, knows
from refusals import refused

from runner.core.calls import Call, Reply
from runner.core.errors import ProviderError
from runner.experiment.loop import Loop


def silent(but: str = "", finish: str = "empty") -> FakeProvider:
    """Answers only items that hold ``but``."""

    def answer(call: Call) -> Reply | str:
        if but and but in call.messages[-1]["content"]:
            return str(knows(*LABELS)(call))
        return Reply("", finish, 10, 64, reasoning_tokens=64)  # type: ignore[arg-type]

    return FakeProvider(answer)


async def test_a_run_ends_where_nothing_at_all_is_said(tmp_path: Path) -> None:
    labeller = silent()
    with refused(ProviderError, "nothing-read", "provider.max_tokens", "64 tokens", "reasoning_effort"):
        await Loop(experiment(tmp_path, labeller=labeller)).run()
    select = {call.messages[-1]["content"] for call in labeller.calls}
    assert len(labeller.calls) == len(select) < 15  # the first evaluation, and nothing behind it


async def test_some_empty_replies_are_told_and_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    result = await Loop(experiment(tmp_path, labeller=silent(but="red"))).run()
    assert result.failures.labeller["empty"] > 0
    assert any("replies are empty" in record.getMessage() for record in caplog.records)


async def test_an_odd_usage_is_told_and_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    odd = FakeProvider(lambda call: Reply(str(knows(*LABELS)(call)), odd_usage="usage.prompt_tokens=nan"))
    result = await Loop(experiment(tmp_path, labeller=odd)).run()
    assert result.failures.labeller["odd_usage"] == result.calls.total - result.calls.journal
    told = [record for record in caplog.records if "usage.prompt_tokens=nan" in record.getMessage()]
    assert len(told) == 1 and result.cost_usd is None
