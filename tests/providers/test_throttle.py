"""Between loop and provider: how many at once, what is tried again, and what the meter counts."""

import asyncio
from typing import Any

import pytest
from fakes import FakeProvider
from refusals import refused

from runner.core.calls import Call, Reply
from runner.core.errors import CallFailed, ProviderError
from runner.providers.middleware.meter import UsageMeter
from runner.providers.middleware.rate_limit import ConcurrencyLimiter, TokenBucket
from runner.providers.middleware.retry import Retry
from runner.providers.middleware.throttle import Throttle

SWIFT = Retry(tries=4, base=0.001, cap=0.002)
CALL = Call([{"role": "user", "content": "x"}])


def after(failures: list[CallFailed]) -> Any:
    """Fails in this way, call by call, and then answers."""
    left = list(failures)
    return lambda call: left.pop(0) if left else "yes"


@pytest.mark.parametrize("kind", ["timeout", "rate_limited", "overloaded", "unreachable", "broken_reply"])
async def test_what_is_transient_is_asked_again(kind: Any) -> None:
    later = after([CallFailed(kind)] * 3)
    provider = FakeProvider(lambda call: "yes" if call.sample == 1 else later(call))
    throttle = Throttle(provider, SWIFT)
    await throttle.complete(Call(CALL.messages, sample=1))
    provider.calls.clear()
    assert (await throttle.complete(CALL)).text == "yes"
    assert (len(provider.calls), throttle.retries) == (4, 3)


@pytest.mark.parametrize("kind", ["content_filter", "context_too_long"])
async def test_what_is_not_transient_is_asked_once(kind: Any) -> None:
    provider = FakeProvider(after([CallFailed(kind)]))
    with pytest.raises(CallFailed):
        await Throttle(provider, SWIFT).complete(CALL)
    assert len(provider.calls) == 1


async def test_a_request_that_is_not_accepted_ends_everything_only_where_none_ever_was() -> None:
    refusal = CallFailed("bad_request", "e does not accept the request (no such parameter)")
    throttle = Throttle(FakeProvider(after([refusal] * 2)), SWIFT)
    with pytest.raises(CallFailed) as failure:
        await throttle.complete(CALL)
    assert failure.value is refusal
    for _ in range(2):
        with refused(ProviderError, "bad-request", "", refusal.detail):
            await throttle.complete(CALL)
    for answers in ([refusal, "yes"], ["yes", refusal, "yes"]):
        given = iter(answers)
        throttle = Throttle(FakeProvider(lambda call, given=given: next(given)), SWIFT)
        if answers[0] == "yes":
            await throttle.complete(CALL)
        else:
            throttle.answered_before(CALL)  # as a journal tells that has an answer
        with pytest.raises(CallFailed) as failure:
            await throttle.complete(CALL)
        assert failure.value.kind == "bad_request"
        assert (await throttle.complete(CALL)).text == "yes"


async def test_odd_texts_among_the_first_end_nothing_and_anothers_parameters_prove_nothing() -> None:
    class Slow(FakeProvider):
        async def complete(self, call: Call) -> Reply:
            await asyncio.sleep(0 if "odd" in call.messages[0]["content"] else 0.05)
            return await super().complete(call)

    refusal = CallFailed("bad_request", "no")
    odd = Slow(lambda call: refusal if call.temperature or "odd" in call.messages[0]["content"] else "yes")
    throttle = Throttle(odd, SWIFT)
    calls = [Call([{"role": "user", "content": text}]) for text in ("odd", "a", "odd too", "b")]
    found = await asyncio.gather(*map(throttle.complete, calls), return_exceptions=True)
    assert [type(one) for one in found] == [CallFailed, Reply, CallFailed, Reply]
    warm = [Call([{"role": "user", "content": text}], temperature=0.7) for text in "abc"]
    found = await asyncio.gather(*map(throttle.complete, warm), return_exceptions=True)
    assert ProviderError in [type(one) for one in found]


async def test_a_call_that_keeps_failing_fails_for_good_by_its_name() -> None:
    provider = FakeProvider(lambda call: CallFailed("overloaded", "busy"))
    with pytest.raises(CallFailed) as failure:
        await Throttle(provider, SWIFT).complete(CALL)
    assert (failure.value.kind, failure.value.detail) == ("overloaded", "busy")
    assert len(provider.calls) == 4


async def test_an_endpoint_that_is_not_there_ends_everything() -> None:
    provider = FakeProvider(lambda call: CallFailed("unreachable", "nobody at port 9"))
    throttle = Throttle(provider, SWIFT)
    for _ in range(2):
        with refused(ProviderError, "unreachable", "", "nobody at port 9", "3 times"):
            await throttle.complete(CALL)
    assert len(provider.calls) == 3  # it never answered, and the second call did not ask


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


class Slow(FakeProvider):
    """Several calls are under way at once."""

    async def complete(self, call: Call) -> Reply:
        await asyncio.sleep(0.01)
        return await super().complete(call)


async def test_a_provider_that_asks_to_wait_for_a_day_ends_the_run() -> None:
    provider = FakeProvider(lambda call: CallFailed("rate_limited", "daily quota", 86400.0))
    with refused(ProviderError, "wait-too-long", "", "24 h", "daily quota"):
        await Throttle(provider, SWIFT).complete(CALL)
    assert len(provider.calls) == 1


async def test_a_wait_of_an_hour_ends_all_calls_at_once_also_those_that_wait() -> None:
    """Of twelve calls two wait a minute by the provider's wish when one is told of an hour."""
    told = iter([60.0, 60.0, 3600.0])
    throttle = Throttle(Slow(lambda call: CallFailed("rate_limited", "slow", next(told)), concurrency=3), SWIFT)
    async with asyncio.timeout(5):
        found = await asyncio.gather(*(throttle.complete(CALL) for _ in range(12)), return_exceptions=True)
    assert {getattr(one, "code", one) for one in found} == {"wait-too-long"}
    assert throttle.dead and throttle.dead.code == "wait-too-long"


async def test_a_person_is_told_of_a_wait_that_takes_a_while(caplog: pytest.LogCaptureFixture) -> None:
    told = iter([20.0, 3600.0])
    throttle = Throttle(Slow(lambda call: CallFailed("rate_limited", "slow", next(told)), concurrency=2), SWIFT)
    async with asyncio.timeout(5):
        await asyncio.gather(*(throttle.complete(CALL) for _ in range(2)), return_exceptions=True)
    assert [record.getMessage() for record in caplog.records if "20.0 s" in record.getMessage()]


async def test_a_call_that_hangs_is_given_up() -> None:
    class Hanging(FakeProvider):
        async def complete(self, call: Call) -> Reply:
            await asyncio.sleep(30)
            return Reply("never")

    with pytest.raises(CallFailed) as failure:
        await Throttle(Hanging(lambda call: "", timeout=0.01), Retry(tries=2, base=0.001)).complete(CALL)
    assert failure.value.kind == "timeout" and "0.01 s" in failure.value.detail


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_gate_narrows_under_overload_once_in_a_while_and_widens_again() -> None:
    clock = Clock()
    gate = ConcurrencyLimiter(9, clock)
    for _ in range(5):  # many push-backs at once are one
        gate.pushed_back(None)
    assert gate.limit == pytest.approx(6)
    clock.now += 2
    gate.pushed_back(None)
    assert gate.limit == pytest.approx(4)
    for _ in range(100):
        gate.succeeded()
    assert gate.limit == 9
    for _ in range(20):
        clock.now += 2
        gate.pushed_back(None)
    assert gate.limit == 1


async def test_a_cancelled_wait_for_a_place_leaves_the_gate_whole() -> None:
    gate = ConcurrencyLimiter(1)

    async def hold(seconds: float) -> None:
        async with gate.place():
            await asyncio.sleep(seconds)

    first = asyncio.create_task(hold(0.02))
    await asyncio.sleep(0)
    second, third = asyncio.create_task(hold(0)), asyncio.create_task(hold(0))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.gather(first, second, third, return_exceptions=True)
    assert gate.inside == 0
    turn = asyncio.create_task(hold(0))
    await turn
    assert gate.inside == 0


async def test_who_waited_for_a_place_goes_before_who_comes_as_it_gets_free() -> None:
    gate = ConcurrencyLimiter(2)
    free, order = asyncio.Event(), list[str]()

    async def enter(name: str, *, late: bool = False) -> None:
        if late:
            await free.wait()
        async with gate.place():
            order.append(name)
            await free.wait()

    tasks = [asyncio.create_task(enter(name, late=name == "late")) for name in ("a", "b", "waits", "late")]
    await asyncio.sleep(0.01)
    free.set()
    await asyncio.gather(*tasks)
    assert order == ["a", "b", "waits", "late"]


async def test_retry_after_holds_everyone_back() -> None:
    gate = ConcurrencyLimiter(5)
    gate.pushed_back(0.05)
    started = asyncio.get_running_loop().time()
    async with gate.place():
        assert asyncio.get_running_loop().time() - started >= 0.04


async def test_a_rate_spreads_what_is_beyond_its_burst() -> None:
    rate = TokenBucket(60 * 100)  # 100 a second, a burst of 500
    loop = asyncio.get_running_loop()
    started = loop.time()
    for _ in range(520):
        await rate.pay(1)
    assert 0.1 <= loop.time() - started < 2
    free = TokenBucket(None)
    await free.pay(1e9)


def test_waits_grow_are_capped_and_obey_the_provider() -> None:
    retry = Retry(base=1.0, cap=8.0)
    assert all(0 <= retry.wait(1, None) <= 2 for _ in range(200))
    assert all(0 <= retry.wait(9, None) <= 8 for _ in range(200))
    assert max(retry.wait(9, None) for _ in range(200)) > 2
    assert all(retry.wait(1, 30.0) == 30.0 for _ in range(50))


async def test_the_meter_counts_calls_tokens_dollars_and_failures_by_name() -> None:
    answers = iter([Reply("a", "stop", 10, 1, 0.5, 1.0), Reply("b", "stop", 20, 2, 0.25, 2.0), CallFailed("timeout")])
    meter = UsageMeter(FakeProvider(lambda call: next(answers)))
    for _ in range(2):
        await meter.complete(CALL)
    assert (meter.calls, meter.input_tokens, meter.output_tokens, meter.cost_usd) == (2, 30, 3, 0.75)
    with pytest.raises(CallFailed):
        await meter.complete(CALL)
    assert (meter.calls, meter.failed, meter.failures) == (3, 1, {"timeout": 1})


async def test_one_unknown_price_makes_the_sum_unknown_for_good() -> None:
    answers = iter([Reply("a", cost_usd=None), Reply("b", cost_usd=1.0)])
    meter = UsageMeter(FakeProvider(lambda call: next(answers)))
    await meter.complete(CALL)
    await meter.complete(CALL)
    assert meter.cost_usd is None
    await meter.close()
