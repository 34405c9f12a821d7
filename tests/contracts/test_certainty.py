"""What goldloop label relies on, whatever the kind of certainty: each file in conf/certainty is one."""

import math
from typing import Any

import pytest
from fakes import FakeProvider
from options import made, options

from runner.core.calls import Reply
from runner.core.errors import CallFailed
from runner.core.items import Item
from runner.core.prompt import Prompt
from runner.core.protocols import NeedsPrompts
from runner.core.said import Said
from runner.labelling.row_calls import RowCalls
from verifiers.label_set import LabelSet
from verifiers.labels import Labels

COLOURS = Labels(LabelSet.of(["red", "green"]))
ITEM = Item("i", "a text", ("red",))


def certainty(option: str) -> Any:
    one = made(option)
    return one.bind([Prompt("Second."), Prompt("Third.")]) if isinstance(one, NeedsPrompts) else one


async def value(option: str, further: Any, logprob: float) -> tuple[float | None, int]:
    """What it says of ``red`` where all further replies are ``further``, and how often it asked."""
    provider = FakeProvider(lambda call: further)
    calls = RowCalls(provider, Prompt("First."), COLOURS, ITEM, logprobs=False)
    said = Said(ITEM, Reply("red", logprobs=[("red", logprob)]), ("red",), COLOURS)
    return await certainty(option).of(said, calls.again), len(provider.calls)


@pytest.mark.parametrize("option", options("certainty"))
async def test_it_is_called_as_its_file_and_asks_as_often_as_it_says(option: str) -> None:
    one = certainty(option)
    assert one.kind == option.partition("/")[2]
    assert (await value(option, "red", -0.1))[1] == one.calls
    assert isinstance(one.welcomes_logprobs, bool)


@pytest.mark.parametrize("option", options("certainty"))
async def test_it_is_a_finite_number_that_is_higher_for_a_surer_answer_or_nothing(option: str) -> None:
    sure, unsure = (await value(option, "red", -0.1))[0], (await value(option, "green", -9999.0))[0]
    if option.partition("/")[2] in {"none", "auto"}:  # auto is another one before a row is labelled
        assert (sure, unsure) == (None, None)
    else:
        assert sure is not None and unsure is not None
        assert math.isfinite(sure) and math.isfinite(unsure) and sure > unsure


@pytest.mark.parametrize("option", options("certainty"))
@pytest.mark.parametrize("further", [CallFailed("timeout"), "", "I will not say", Reply("red", finish="length")])
async def test_further_calls_that_bring_nothing_are_no_error(option: str, further: Any) -> None:
    found = (await value(option, further, -0.1))[0]
    assert found is None or 0 <= found <= 1
