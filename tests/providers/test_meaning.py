"""What an endpoint's answer means: each row is sent by a real endpoint, to each provider that asks one."""

import gzip
import json
from typing import Any

import pytest
from endpoint import Endpoint, completion
from providers import HELLO, Make, openai
from refusals import refused

from runner.core.calls import Call
from runner.core.errors import CallFailed, ProviderError
from runner.providers.meaning.endings import ending_of
from runner.providers.meaning.errors import Endpoint as Place
from runner.providers.meaning.reply import reply_from
from runner.providers.meaning.usage import usage_in
from runner.providers.meaning.waits import asked_wait

NOW = 1_700_000_000.0


def message(finish: str | None = "stop", content: Any = "red", **more: Any) -> dict[str, Any]:
    """An answer with one choice; ``more`` are keys of its message."""
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": content, **more}}
    return {**completion("x"), "choices": [choice]}


def error(words: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": words, **more}}


PAGE = "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"

ENDINGS = [
    ("stop", "stop"),
    ("end_turn", "stop"),
    (None, "stop"),
    ("eos_token", "stop"),
    ("FINISH_REASON_STOP", "stop"),
    ("length", "length"),
    ("max_tokens", "length"),
    ("MAX_TOKENS", "length"),
    ("model_context_window_exceeded", "length"),
    ("refusal", "refusal"),
    ("content_filter", "content_filter"),
    ("sensitive", "content_filter"),
    ("SAFETY", "content_filter"),
    ("RECITATION", "content_filter"),
    ("PROHIBITED_CONTENT", "content_filter"),
    ("guardrail_intervened", "content_filter"),
    ("FinishReason.SPII", "content_filter"),
    ("error", "interrupted"),
    ("network_error", "interrupted"),
    ("insufficient_system_resource", "interrupted"),
    ("abort", "interrupted"),
    ("upstreamTimeout", "interrupted"),
    ("rate_limit_exceeded", "interrupted"),
    ("moon_phase", "unknown_ending"),
]


@pytest.mark.parametrize(("reason", "expected"), ENDINGS, ids=str)
def test_each_reason_to_end_has_its_kind(reason: str | None, expected: str) -> None:
    assert ending_of(reason) == expected


FAILED = [
    # in place of an answer, with status 200
    (200, message("error", ""), {}, "interrupted"),
    (200, message("network_error", ""), {}, "interrupted"),
    (200, message("error", "red, and then it br"), {}, "interrupted"),
    (200, message("sensitive", ""), {}, "content_filter"),
    (200, message("moon_phase", "red"), {}, "unknown_ending"),
    (200, {"choices": [{"finish_reason": "error", "error": {"code": 502, "message": "upstream"}}]}, {}, "overloaded"),
    (200, error("Provider returned error"), {}, "interrupted"),
    (200, error("Rate limit exceeded, try again"), {}, "rate_limited"),
    (200, error("no", code=401), {}, "key-refused"),
    (200, error("no", code="402"), {}, "no-credit"),
    (200, error("no", code=404), {}, "model-unknown"),
    (200, error("no", status="RESOURCE_EXHAUSTED"), {}, "rate_limited"),
    (200, {"error": "Model is overloaded"}, {}, "overloaded"),
    (200, {"choices": [], "prompt_feedback": {"block_reason": "SAFETY"}}, {}, "content_filter"),
    (200, {"choices": [], "prompt_filter_results": [{"filters": {"hate": {"filtered": True}}}]}, {}, "content_filter"),
    (200, {"choices": None, "base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}, {}, "no-credit"),
    (200, {"choices": []}, {}, "broken_reply"),
    (200, "", {}, "broken_reply"),
    (200, '{"choices": [{"mess', {}, "broken_reply"),
    (200, "[" * 100_000, {}, "broken_reply"),
    (200, PAGE, {}, "page-not-answer"),
    (200, 'data: {"choices": [{"delta": {"content": "red"}}]}\n\ndata: [DONE]\n', {}, "streams-only"),
    # by status and words
    (400, error("Your credit balance is too low to access the API"), {}, "no-credit"),
    (400, error("You have reached your specified API usage limits, until 2026-12-01"), {}, "no-credit"),
    (400, error("API key not valid. Please pass a valid API key.", status="INVALID_ARGUMENT"), {}, "key-refused"),
    (400, error("The model `x` does not exist"), {}, "model-unknown"),
    (400, error("User location is not supported for the API use."), {}, "region-refused"),
    (400, error("prompt is too long: 210000 tokens > 200000 maximum"), {}, "context_too_long"),
    (400, error("temperature must be below 2"), {}, "bad_request"),
    (402, error("no"), {}, "no-credit"),
    (403, error("Input was flagged by moderation", metadata={"reasons": ["violence"]}), {}, "content_filter"),
    (403, error("Country, region, or territory not supported", code="unsupported_country_region_territory"), {},
     "region-refused"),
    (403, error("no"), {}, "key-refused"),
    (403, PAGE, {}, "page-not-answer"),
    (502, "<html><head><title>502 Bad Gateway</title></head></html>", {}, "overloaded"),
    (404, {"detail": "Not Found"}, {}, "model-unknown"),
    (413, error("no"), {}, "context_too_long"),
    (422, {"detail": [{"msg": "Input validation error: `inputs` tokens exceed: reduce the length"}]}, {},
     "context_too_long"),
    (429, error("You exceeded your current quota, check billing", code="insufficient_quota"), {}, "no-credit"),
    (429, error("You exceeded your current quota. Please retry in 26.3s."), {}, "rate_limited"),
    (429, error("no"), {}, "rate_limited"),
    (451, error("no content policy"), {}, "content_filter"),
    (500, error("This model's maximum context length is 10 tokens"), {}, "context_too_long"),
    (503, error("no"), {}, "overloaded"),
    (529, error("Overloaded", type="overloaded_error"), {}, "overloaded"),
    (302, "", {"Location": "https://login.example/?next=/v1"}, "redirected"),
    (308, "", {"Location": "https://elsewhere.example/v1"}, "redirected"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "content", "headers", "expected"), FAILED, ids=lambda value: str(value)[:50])
async def test_what_is_no_answer_is_named(
    make: Make, endpoint: Endpoint, status: int, content: Any, headers: dict[str, str], expected: str
) -> None:
    endpoint.fault = lambda body, number: (status, content, headers)
    with pytest.raises((CallFailed, ProviderError)) as failure:
        await make().complete(Call(HELLO))
    found = failure.value
    assert (found.kind if isinstance(found, CallFailed) else found.code) == expected
    assert "\n" not in str(found) and len(str(found)) < 700
    assert len(endpoint.requests) == 1


ANSWERED = [
    (message(), "red", "stop"),
    (message("max_tokens", "red, gre"), "red, gre", "length"),
    (message("stop", None, reasoning_content="The user asks for red"), "", "empty"),
    (message("length", "", reasoning_content="Let me think"), "", "empty"),
    (message("stop", " \n"), " \n", "empty"),
    (message("stop", None, refusal="I cannot help with that."), "I cannot help with that.", "refusal"),
    (message("stop", [{"type": "output_text", "text": "red"}]), "red", "stop"),
    (message("stop", [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "red"}]), "red", "stop"),
]


@pytest.mark.parametrize(("content", "text", "finish"), ANSWERED, ids=lambda value: str(value)[-60:])
async def test_an_answer_is_its_text_and_how_it_ended(endpoint: Endpoint, content: Any, text: str, finish: str) -> None:
    endpoint.fault = lambda body, number: (200, content, {})
    provider = openai(endpoint)
    reply = await provider.complete(Call(HELLO))
    await provider.close()
    assert (reply.text, reply.finish) == (text, finish)


@pytest.mark.parametrize("finish", ["stop", "length"])
async def test_thinking_without_an_answer_is_empty_with_all_providers(
    make: Make, endpoint: Endpoint, finish: str
) -> None:
    endpoint.fault = lambda body, number: (200, message(finish, None, reasoning_content="hm"), {})
    reply = await make().complete(Call(HELLO))
    assert (reply.text, reply.finish, reply.output_tokens) == ("", "empty", 10)


ODD: list[Any] = [
    "12 tokens", [1, 2], 7, {"prompt_tokens": "12"}, {"prompt_tokens": float("nan"), "completion_tokens": 2},
    {"prompt_tokens": float("inf")}, {"prompt_tokens": 10**40, "completion_tokens": 1},
    {"prompt_tokens": -5, "completion_tokens": 2}, {"prompt_tokens": True}, {"prompt_tokens": [3]},
    {"prompt_tokens": 2.5, "completion_tokens": 1},
]  # fmt: skip


@pytest.mark.parametrize("usage", ODD, ids=lambda usage: str(usage)[:40])
async def test_a_usage_that_cannot_be_is_unknown_and_the_answer_is_kept(
    make: Make, endpoint: Endpoint, usage: Any
) -> None:
    endpoint.fault = lambda body, number: (200, {**completion("red"), "usage": usage}, {})
    reply = await make(price={"input": 1.0, "output": 1.0}).complete(Call(HELLO))
    assert (reply.text, reply.input_tokens, reply.output_tokens, reply.cost_usd) == ("red", 0, 0, None)
    assert reply.odd_usage.startswith("usage")


async def test_thinking_and_kept_tokens_are_counted_apart(make: Make, endpoint: Endpoint) -> None:
    usage = {
        "prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150,
        "prompt_tokens_details": {"cached_tokens": 64}, "completion_tokens_details": {"reasoning_tokens": 40},
    }  # fmt: skip
    endpoint.fault = lambda body, number: (200, {**completion("red"), "usage": usage}, {})
    reply = await make().complete(Call(HELLO))
    assert (reply.input_tokens, reply.cached_tokens, reply.output_tokens, reply.reasoning_tokens) == (100, 64, 50, 40)


def test_other_endpoints_name_what_they_took_in_other_words() -> None:
    deepseek = usage_in({"usage": {"prompt_tokens": 9, "completion_tokens": 1, "prompt_cache_hit_tokens": 8}})
    anthropic = usage_in({"usage": {"input_tokens": 9, "output_tokens": 3.0, "cache_read_input_tokens": 2}})
    assert (deepseek.cached, anthropic.input, anthropic.output, anthropic.cached) == (8, 9, 3, 2)
    more_than_all = usage_in({"usage": {"prompt_tokens": 9, "prompt_cache_hit_tokens": 80}})
    assert more_than_all.cached is None and not more_than_all.odd
    assert usage_in({}) == usage_in({"usage": None}) and not usage_in({}).odd


async def test_log_probabilities_are_asked_for_and_kept_only_if_wanted(make: Make, endpoint: Endpoint) -> None:
    tokens = [
        {"token": "re", "logprob": -0.5, "top_logprobs": []},
        {"token": "d", "logprob": -0.25, "top_logprobs": []},
    ]
    answer = message()
    answer["choices"][0]["logprobs"] = {"content": tokens}
    endpoint.fault = lambda body, number: (200, answer if body.get("logprobs") else message(), {})
    assert (await make().complete(Call(HELLO))).logprobs is None
    wanted = await make(logprobs=True).complete(Call(HELLO))
    assert [body.get("logprobs") for body in endpoint.requests] == [None, True]
    assert wanted.logprobs == [("re", -0.5), ("d", -0.25)]


@pytest.mark.parametrize("logprob", [None, "high", 0.5, float("nan")])
def test_log_probabilities_that_cannot_be_are_left_out(logprob: Any) -> None:
    answer = message()
    answer["choices"][0]["logprobs"] = {"content": [{"token": "red", "logprob": logprob}]}
    assert reply_from(answer, Place("here", "m", None), None, 0.0).logprobs is None


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
async def test_an_answer_without_end_is_given_up(make: Make, endpoint: Endpoint, packed: bool) -> None:
    endless = json.dumps(completion("x" * 20_000_000))
    headers = {"Content-Encoding": "gzip"} if packed else {}
    endpoint.fault = lambda body, number: (200, gzip.compress(endless.encode()) if packed else endless, headers)
    with pytest.raises(CallFailed) as failure:
        await make().complete(Call(HELLO))
    assert failure.value.kind == "reply_too_large" and not failure.value.transient


async def test_an_answer_that_is_packed_all_the_same_is_read(make: Make, endpoint: Endpoint) -> None:
    whole = gzip.compress(json.dumps(completion("red")).encode())
    endpoint.fault = lambda body, number: (200, whole, {"Content-Encoding": "gzip"})
    assert (await make().complete(Call(HELLO))).text == "red"


WAITS = [
    ({"Retry-After": "7"}, 7.0),
    ({"retry-after": "Tue, 14 Nov 2023 22:13:50 GMT"}, 30.0),
    ({"retry-after": "Tue, 14 Nov 2023 22:13:00 GMT"}, 0.0),
    ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
    ({"x-ratelimit-reset-requests": "1m30s", "x-ratelimit-remaining-requests": "0"}, 90.0),
    (
        {"x-ratelimit-reset-requests": "20ms", "x-ratelimit-reset-tokens": "6m0s", "x-ratelimit-remaining-tokens": "0"},
        360.0,
    ),
    ({"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "6m0s"}, 1.0),
    ({"x-ratelimit-reset": str(NOW + 12)}, 12.0),
    ({"x-ratelimit-reset": str(int(NOW * 1000) + 12_000)}, 12.0),
    ({"anthropic-ratelimit-tokens-reset": "2023-11-14T22:13:40Z"}, 20.0),
    ({"retry-after": "soon"}, None),
    ({"retry-after": "nan"}, None),
    ({"retry-after": "-3"}, 0.0),
    ({}, None),
]


@pytest.mark.parametrize(("headers", "expected"), WAITS, ids=str)
def test_how_long_an_endpoint_asks_to_wait(headers: dict[str, str], expected: float | None) -> None:
    assert asked_wait(headers, now=NOW) == (None if expected is None else pytest.approx(expected, abs=0.01))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Please retry in 26.3s.", 26.3),
        ("Please try again in 6ms.", 0.006),
        ("try again in 2 minutes", 120.0),
        ('"retryDelay": "17s"', 17.0),
        ("later", None),
    ],
)
def test_words_say_it_where_no_header_does(words: str, expected: float | None) -> None:
    assert asked_wait({}, words) == expected


async def test_a_wait_in_a_header_is_passed_on(make: Make, endpoint: Endpoint) -> None:
    endpoint.fault = lambda body, number: (429, error("slow"), {"retry-after-ms": "2500"})
    with pytest.raises(CallFailed) as failure:
        await make().complete(Call(HELLO))
    assert failure.value.retry_after == 2.5


async def test_an_endpoint_in_the_environment_is_not_asked_in_silence(
    make: Make, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
    with refused(ProviderError, "endpoint-in-environment", "OPENAI_BASE_URL", "provider.base_url"):
        await make(base_url=None, api_key_env="FAKE_KEY").complete(Call(HELLO))
    assert not endpoint.requests
    await make().complete(Call(HELLO))
    assert len(endpoint.requests) == 1
