"""What openai and litellm have in common: requests, keys, addresses, and what an endpoint's errors become.

What all providers keep: tests/contracts.
"""

from collections.abc import Callable
from typing import Any

import pytest
from endpoint import Endpoint, completion
from fakes import FakeProvider
from providers import HELLO, Make
from refusals import refused

from runner.core.calls import Call
from runner.core.error_codes import Code
from runner.core.errors import CallFailed, ProviderError
from runner.core.items import Item
from runner.core.protocols import Provider
from runner.providers.litellm import LiteLLM
from runner.providers.local import Local
from runner.providers.openai import OpenAI
from runner.providers.prepare import prepare
from verifiers.label_set import LabelSet
from verifiers.labels import Labels


class TestEndpoints:
    """What is sent and what is made of the answer, whatever the provider."""

    async def test_an_unknown_price_is_null_and_a_declared_one_counts(self, make: Make) -> None:
        assert (await make().complete(Call(HELLO))).cost_usd is None
        priced = make(price={"input": 1.0, "output": 2.0})
        assert (await priced.complete(Call(HELLO))).cost_usd == pytest.approx((100 * 1 + 10 * 2) / 1e6)

    async def test_every_option_arrives_and_what_is_null_does_not(self, make: Make, endpoint: Endpoint) -> None:
        options = {"temperature": 0.5, "top_p": 0.9, "max_tokens": 7, "seed": 3, "params": {"stop": ["END"]}}
        await make(**options).complete(Call(HELLO))
        await make(temperature=None, max_tokens=None).complete(Call(HELLO))
        first, second = endpoint.requests
        expected = {"temperature": 0.5, "top_p": 0.9, "max_tokens": 7, "seed": 3, "stop": ["END"]}
        assert {key: first[key] for key in expected} == expected
        assert not {"temperature", "max_tokens", "seed", "top_p", "response_format"} & set(second)

    async def test_a_call_may_set_its_own_temperature_and_length(self, make: Make, endpoint: Endpoint) -> None:
        await make().complete(Call(HELLO, temperature=0.7, max_tokens=99))
        assert (endpoint.requests[0]["temperature"], endpoint.requests[0]["max_tokens"]) == (0.7, 99)

    async def test_samples_differ_in_their_seed(self, make: Make, endpoint: Endpoint) -> None:
        provider = make(seed=10)
        for sample in range(2):
            await provider.complete(Call(HELLO, sample=sample))
        assert [body["seed"] for body in endpoint.requests] == [10, 11]

    async def test_structured_output_sends_the_schema_only_when_asked(self, make: Make, endpoint: Endpoint) -> None:
        schema = Labels(LabelSet.of(["a", "b"])).schema(Item("1", "text"))
        await make().complete(Call(HELLO, schema=schema))
        await make(structured_output=True).complete(Call(HELLO, schema=schema))
        assert "response_format" not in endpoint.requests[0]
        assert endpoint.requests[1]["response_format"]["json_schema"]["schema"] == schema

    async def test_braces_and_odd_characters_arrive_untouched(self, make: Make, endpoint: Endpoint) -> None:
        text = 'a {text} {0} %s \\n "quoted" <b> é 😀'
        await make().complete(Call([{"role": "user", "content": text}]))
        assert endpoint.requests[0]["messages"] == [{"role": "user", "content": text}]

    async def test_a_cut_reply_is_named(self, make: Make, endpoint: Endpoint) -> None:
        endpoint.fault = lambda body, number: (200, completion("Par", "length"), {})
        assert (await make().complete(Call(HELLO))).finish == "length"

    async def test_a_reply_that_a_filter_stopped_is_a_failed_call(self, make: Make, endpoint: Endpoint) -> None:
        endpoint.fault = lambda body, number: (200, completion("Par", "content_filter"), {})
        with pytest.raises(CallFailed) as failure:
            await make().complete(Call(HELLO))
        assert failure.value.kind == "content_filter"

    async def test_what_a_call_can_cost_needs_a_price(self, make: Make) -> None:
        assert make().cost_at_most(Call(HELLO)) is None
        assert make(price={"input": 3.0, "output": 1.0}, max_tokens=100).cost_at_most(Call(HELLO)) > 100 / 1e6
        longer = make(price={"input": 0.0, "output": 1.0}, max_tokens=None, params={"max_completion_tokens": 4000})
        assert longer.cost_at_most(Call(HELLO)) == 4000 / 1e6

    async def test_null_is_never_sent_even_if_a_call_asks(self, make: Make, endpoint: Endpoint) -> None:
        provider = make(temperature=None, max_tokens=None, params={"max_completion_tokens": 5})
        await provider.complete(Call(HELLO, temperature=0.7, max_tokens=9))
        assert not {"temperature", "max_tokens"} & set(endpoint.requests[0])

    async def test_a_wrong_key_is_said_once_and_not_shown(self, make: Make, endpoint: Endpoint) -> None:
        endpoint.key = "another"
        with refused(ProviderError, "key-refused", "FAKE_KEY") as refusal:
            await make(api_key_env="FAKE_KEY").complete(Call(HELLO))
        assert "a-key-of-the-tests" not in str(refusal.value)
        assert len(endpoint.requests) == 1

    async def test_an_unknown_model_is_named(self, make: Make, endpoint: Endpoint) -> None:
        provider = make(model="no-such-model")
        with refused(ProviderError, "model-unknown", provider.model, endpoint.url):
            await provider.complete(Call(HELLO))

    async def test_nobody_there(self, make: Make) -> None:
        with pytest.raises(CallFailed) as failure:
            await make(base_url="http://127.0.0.1:9/v1").complete(Call(HELLO))
        assert failure.value.kind == "unreachable" and "ssl" not in str(failure.value).lower()

    async def test_a_late_answer_is_given_up(self, make: Make, endpoint: Endpoint) -> None:
        endpoint.delay = 5
        with pytest.raises(CallFailed) as failure:
            await make(timeout=0.2).complete(Call(HELLO))
        assert failure.value.kind == "timeout"
        endpoint.delay = 0

    @pytest.mark.parametrize(
        ("status", "content", "expected"),
        [
            (429, {"error": {"message": "slow down"}}, "rate_limited"),
            (500, {"error": {"message": "oops"}}, "overloaded"),
            (503, {"error": {"message": "busy"}}, "overloaded"),
            (400, {"error": {"message": "maximum context length is 10 tokens"}}, "context_too_long"),
            (400, {"error": {"message": "blocked by content filter"}}, "content_filter"),
            (
                400,
                {"error": {"message": "Input exceeds the maximum number of tokens"}},
                "context_too_long",
            ),
            (413, {"error": {"message": "Request Entity Too Large"}}, "context_too_long"),
            (400, {"error": {"message": "Invalid prompt", "code": "invalid_prompt"}}, "content_filter"),
            (
                429,
                {"error": {"message": "You exceeded your current quota. Quota per minute. Please retry in 26.3s."}},
                "rate_limited",
            ),
            (400, {"error": {"message": "temperature must be below 2"}}, "bad_request"),
            (403, {"error": {"message": "no"}}, "key-refused"),
            (
                429,
                {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}},
                "no-credit",
            ),
            (200, {"choices": []}, "broken_reply"),
            (200, '{"choices": [{"mess', "broken_reply"),
        ],
        ids=lambda value: str(value)[:44],
    )
    async def test_each_error_has_its_meaning(
        self, make: Make, endpoint: Endpoint, status: int, content: Any, expected: str
    ) -> None:
        endpoint.fault = lambda body, number: (status, content, {})
        with pytest.raises((CallFailed, ProviderError)) as failure:
            await make().complete(Call(HELLO))
        error = failure.value
        assert (error.kind if isinstance(error, CallFailed) else error.code) == expected
        assert "\n" not in str(error)


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", " \t"], ids=repr)
async def test_the_end_of_a_files_line_is_no_part_of_a_key(
    end: str, make: Make, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOUNTED", f"a-key-from-a-file{end}")
    endpoint.fault = lambda body, number: (401, {"error": {"message": "a-key-from-a-file is unknown"}}, {})
    with refused(ProviderError, "key-refused", "MOUNTED", "[MOUNTED] is unknown"):
        await make(api_key_env="MOUNTED").complete(Call(HELLO))
    assert endpoint.keys == {"a-key-from-a-file"}


@pytest.mark.parametrize(
    "pasted", ["“a-key-of-ours”", "a-key\nof-ours", "a-key\x7fof-ours", "a-key-öf-ours"], ids=ascii
)
def test_what_no_header_can_hold_is_refused_by_the_variables_name(
    pasted: str, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASTED", pasted)
    with refused(ProviderError, "key-unusable", "PASTED") as refusal:
        prepare(make(api_key_env="PASTED"))
    assert "ours" not in str(refusal.value)


@pytest.mark.parametrize("provider", [OpenAI, LiteLLM])
def test_an_address_that_is_none_is_refused(provider: Callable[..., Provider]) -> None:
    address = "http://[::1:8000/v1"
    with refused(ProviderError, "address-unusable", "provider.base_url", address, "Invalid IPv6"):
        prepare(provider("openai/fake-model", address, api_key_env=None))


def test_what_makes_every_call_fail_is_known_before_the_first() -> None:
    providers: list[tuple[Provider, Code, str]] = [
        (OpenAI("gpt-4o-mini"), "key-missing", "OPENAI_API_KEY"),
        (LiteLLM("anthropic/x", api_key_env="ANTHROPIC_API_KEY"), "key-missing", "ANTHROPIC_API_KEY"),
        (Local("mine", model_path="none.gguf"), "file-missing", "none.gguf"),
    ]
    for provider, code, key in providers:
        with refused(ProviderError, code, key):
            prepare(FakeProvider(lambda call: "a user's class need not know"), provider)
