"""Between loop and wire: how many at once, what is tried again, and what the meter counts."""

import asyncio
from typing import Any

import pytest
from fakes import FakeProvider

from runner.errors import CallFailed, ProviderError
from runner.meter import Meter
from runner.throttle import Retry, Throttle
from runner.types import Call, Reply

SWIFT = Retry(tries=4, base=0.001, cap=0.002)
CALL = Call([{"role": "user", "content": "x"}])


def after(failures: list[CallFailed]) -> Any:
    """Fails in this way, call by call, and then answers."""
    left = list(failures)
    return lambda call: left.pop(0) if left else "yes"


@pytest.mark.parametrize("kind", ["timeout", "rate_limited", "overloaded", "unreachable", "broken_reply"])
async def test_what_is_transient_is_asked_again(kind: Any) -> None:
    provider = FakeProvider(after([CallFailed(kind)] * 3))
    throttle = Throttle(provider, SWIFT)
    assert (await throttle.complete(CALL)).text == "yes"
    assert (len(provider.calls), throttle.retries) == (4, 3)


@pytest.mark.parametrize("kind", ["content_filter", "context_too_long"])
async def test_what_is_not_transient_is_asked_once(kind: Any) -> None:
    provider = FakeProvider(after([CallFailed(kind)]))
    with pytest.raises(CallFailed):
        await Throttle(provider, SWIFT).complete(CALL)
    assert len(provider.calls) == 1


async def test_a_call_that_keeps_failing_fails_for_good_by_its_name() -> None:
    provider = FakeProvider(lambda call: CallFailed("overloaded", "busy"))
    with pytest.raises(CallFailed, match="overloaded: busy"):
        await Throttle(provider, SWIFT).complete(CALL)
    assert len(provider.calls) == 4


async def test_an_endpoint_that_is_not_there_ends_everything() -> None:
    provider = FakeProvider(lambda call: CallFailed("unreachable", "nobody at port 9"))
    throttle = Throttle(provider, SWIFT)
    with pytest.raises(ProviderError, match="nobody at port 9"):
        await throttle.complete(CALL)
    with pytest.raises(ProviderError):
        await throttle.complete(CALL)
    assert len(provider.calls) == 4  # and the second call did not ask


async def test_never_more_at_once_than_allowed() -> None:
    now = most = 0

    class Slow(FakeProvider):
        async def complete(self, call: Call) -> Reply:
            nonlocal now, most
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.005)
            now -= 1
            return Reply("yes")

    throttle = Throttle(Slow(lambda call: "", concurrency=3))
    await asyncio.gather(*(throttle.complete(CALL) for _ in range(12)))
    assert most == 3


def test_waits_grow_are_capped_and_obey_the_provider() -> None:
    retry = Retry(base=1.0, cap=8.0)
    assert all(0 <= retry.wait(1, None) <= 2 for _ in range(200))
    assert all(0 <= retry.wait(9, None) <= 8 for _ in range(200))
    assert max(retry.wait(9, None) for _ in range(200)) > 2
    assert all(retry.wait(1, 30.0) == 30.0 for _ in range(50))


async def test_the_meter_counts_calls_tokens_dollars_and_failures_by_name() -> None:
    answers = iter([Reply("a", "stop", 10, 1, 0.5, 1.0), Reply("b", "stop", 20, 2, 0.25, 2.0), CallFailed("timeout")])
    meter = Meter(FakeProvider(lambda call: next(answers)))
    for _ in range(2):
        await meter.complete(CALL)
    assert (meter.calls, meter.input_tokens, meter.output_tokens, meter.cost_usd) == (2, 30, 3, 0.75)
    with pytest.raises(CallFailed):
        await meter.complete(CALL)
    assert (meter.calls, meter.failed, meter.failures) == (3, 1, {"timeout": 1})


async def test_one_unknown_price_makes_the_sum_unknown_for_good() -> None:
    answers = iter([Reply("a", cost_usd=None), Reply("b", cost_usd=1.0)])
    meter = Meter(FakeProvider(lambda call: next(answers)))
    await meter.complete(CALL)
    await meter.complete(CALL)
    assert meter.cost_usd is None
    await meter.close()
