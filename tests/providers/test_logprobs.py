"""Log-probabilities: asked for where they are welcome, left out where they are refused, never part of a call's key."""

from typing import Any

import pytest
from endpoint import Endpoint, completion
from fakes import FakeProvider
from providers import HELLO, Make

from runner.core.calls import Call, Reply
from runner.core.errors import CallFailed, ProviderError
from runner.providers.meaning.errors import Endpoint as Place
from runner.providers.meaning.reply import reply_from
from runner.providers.middleware.logprobs import WelcomeLogprobs
from runner.providers.sampling import Sampling

WELCOME = Call(HELLO, logprobs=True)
NOT_ALLOWED = "You are not allowed to request logprobs from this model"


def said(text: str, tokens: Any) -> dict[str, Any]:
    """An answer with log-probabilities in OpenAI's shape."""
    answer = completion(text)
    answer["choices"][0]["logprobs"] = {"content": tokens}
    return answer


def logprobs_of(*tokens: dict[str, Any]) -> Any:
    return reply_from(said("red", list(tokens)), Place("here", "m", None), None, 0.0).logprobs


@pytest.mark.parametrize(("setting", "expected"), [("auto", [None, True]), (True, [True, True]), (False, [None, None])])
async def test_they_are_asked_for_where_a_call_welcomes_them(
    setting: Any, expected: list[Any], make: Make, endpoint: Endpoint
) -> None:
    provider = make(logprobs=setting)
    await provider.complete(Call(HELLO))
    await provider.complete(WELCOME)
    assert [body.get("logprobs") for body in endpoint.requests] == expected


async def test_a_call_that_welcomes_them_is_known_by_the_same_key(make: Make) -> None:
    assert make().describe(WELCOME) == make(logprobs=False).describe(Call(HELLO))
    assert make(logprobs=True).describe(WELCOME) == make(logprobs=True).describe(Call(HELLO))
    assert make(logprobs=True).describe(WELCOME)["logprobs"] is True


def test_a_parameter_of_the_persons_own_wins() -> None:
    assert Sampling(params={"logprobs": False}).sent(WELCOME)["logprobs"] is False


@pytest.mark.parametrize(
    ("status", "words"),
    [(400, "logprobs is not supported"), (422, "extra fields not permitted"), (403, NOT_ALLOWED), (500, "log_probs!")],
)
async def test_an_endpoint_that_refuses_them_is_asked_without(
    status: int, words: str, make: Make, endpoint: Endpoint
) -> None:
    refusal = {"error": {"message": words, "type": "invalid_request_error"}}
    endpoint.fault = lambda body, number: (status, refusal, {}) if "logprobs" in body else (200, completion("red"), {})
    client = WelcomeLogprobs(make())
    replies = [await client.complete(WELCOME) for _ in range(3)]
    assert [(reply.text, reply.logprobs) for reply in replies] == [("red", None)] * 3
    assert ["logprobs" in body for body in endpoint.requests] == [True, False, False, False]


async def test_what_is_refused_without_them_too_says_so_and_is_not_held_against_them() -> None:
    answers: list[Any] = [CallFailed("bad_request", "max_tokens"), CallFailed("bad_request", "max_tokens again"), "red"]
    provider = FakeProvider(lambda call: answers.pop(0))
    client = WelcomeLogprobs(provider)
    with pytest.raises(CallFailed, match="max_tokens again"):
        await client.complete(WELCOME)
    await client.complete(WELCOME)
    assert [call.logprobs for call in provider.calls] == [True, False, True]


async def test_a_text_that_is_refused_later_is_not_asked_twice() -> None:
    answers: list[Any] = ["red", CallFailed("bad_request", "this text"), ProviderError("no", code="key-refused")]
    provider = FakeProvider(lambda call: answers.pop(0))
    client = WelcomeLogprobs(provider)
    await client.complete(WELCOME)
    with pytest.raises(CallFailed, match="this text"):
        await client.complete(WELCOME)
    with pytest.raises(ProviderError):
        await client.complete(WELCOME)
    assert len(provider.calls) == 3


async def test_calls_that_do_not_welcome_them_go_through_as_they_are() -> None:
    provider = FakeProvider(lambda call: Reply("red"))
    await WelcomeLogprobs(provider).complete(Call(HELLO))
    assert [call.logprobs for call in provider.calls] == [False]


def test_tokens_that_split_a_character_are_put_together_by_their_bytes() -> None:
    fire = "🔥".encode()
    given = logprobs_of(
        {"token": "\\xf0\\x9f", "bytes": list(fire[:2]), "logprob": -0.5},
        {"token": "\\x94\\xa5", "bytes": list(fire[2:]), "logprob": -0.25},
        {"token": "a", "bytes": None, "logprob": -9999.0},
    )
    assert given == [("", -0.5), ("🔥", -0.25), ("a", -9999.0)]


@pytest.mark.parametrize("odd", [None, "low", 0.5, float("nan"), float("-inf"), False, [1]])
def test_a_value_that_cannot_be_leaves_none_of_them(odd: Any) -> None:
    fine = {"token": "re", "logprob": -0.5}
    assert logprobs_of(fine, {"token": "d", "logprob": odd}) is None
    assert logprobs_of(fine, {"token": "d", "logprob": -1}) == [("re", -0.5), ("d", -1.0)]


@pytest.mark.parametrize(
    "token",
    [{"logprob": -1}, {"token": 7, "logprob": -1}, {"token": None, "bytes": [-1], "logprob": -1}, "x", None],
)
def test_a_token_that_is_none_leaves_none_of_them(token: Any) -> None:
    assert logprobs_of({"token": "re", "logprob": -0.5}, token) is None


@pytest.mark.parametrize("shape", [None, [], {}, "x", {"content": None}, {"content": []}, {"content": {"a": 1}}])
def test_another_shape_is_none(shape: Any) -> None:
    answer = completion("red")
    answer["choices"][0]["logprobs"] = shape
    assert reply_from(answer, Place("here", "m", None), None, 0.0).logprobs is None
