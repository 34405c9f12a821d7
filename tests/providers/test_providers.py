"""Providers: what each sends, and what each error of an endpoint becomes. What all keep: tests/contracts."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from endpoint import Endpoint, completion
from fakes import FakeProvider

from runner.core.calls import Call
from runner.core.errors import CallFailed, ConfigError, ProviderError
from runner.core.prompt import Message
from runner.core.protocols import Provider
from runner.providers import prices
from runner.providers.embedded_weights import Weights, refuse_missing
from runner.providers.litellm import LiteLLM
from runner.providers.local import Local, digest_of
from runner.providers.openai import OpenAI
from runner.providers.openai_format import Sampling
from runner.providers.prepare import prepare
from verifiers.label_set import LabelSet
from verifiers.labels import Labels

HELLO: list[Message] = [{"role": "system", "content": "Say yes."}, {"role": "user", "content": "hello"}]
Make = Callable[..., Provider]


def openai(endpoint: Endpoint, **options: Any) -> Provider:
    return OpenAI(**{"model": "fake-model", "base_url": endpoint.url, **options})


def litellm(endpoint: Endpoint, **options: Any) -> Provider:
    model = options.pop("model", "fake-model")
    options = {"api_key_env": "FAKE_KEY", **options}
    return LiteLLM(**{"model": f"openai/{model}", "base_url": endpoint.url, **options})


@pytest.fixture(params=[openai, litellm], ids=["openai", "litellm"])
async def make(
    request: pytest.FixtureRequest, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Make]:
    monkeypatch.setenv("FAKE_KEY", "a-key-of-the-tests")
    monkeypatch.setenv("OPENAI_API_KEY", "a-key-of-the-tests")
    made: list[Provider] = []

    def factory(**options: Any) -> Provider:
        made.append(request.param(endpoint, **options))
        return made[-1]

    yield factory
    for provider in made:
        await provider.close()


class TestEndpoints:
    """What is sent and what is made of the answer, whatever the wire."""

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
        schema = Labels().reply_schema(LabelSet.of(["a", "b"]))
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
        with pytest.raises(CallFailed, match="content_filter"):
            await make().complete(Call(HELLO))

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
        with pytest.raises(ProviderError, match="refused the key") as refusal:
            await make().complete(Call(HELLO))
        assert "a-key-of-the-tests" not in str(refusal.value)
        assert len(endpoint.requests) == 1

    async def test_an_unknown_model_is_named(self, make: Make) -> None:
        with pytest.raises(ProviderError, match="no-such-model"):
            await make(model="no-such-model").complete(Call(HELLO))

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
            (403, {"error": {"message": "no"}}, ProviderError),
            (
                429,
                {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}},
                ProviderError,
            ),
            (200, {"choices": []}, "broken_reply"),
            (200, '{"choices": [{"mess', "broken_reply"),
        ],
        ids=lambda value: str(value)[:44],
    )
    async def test_each_error_has_its_meaning(
        self, make: Make, endpoint: Endpoint, status: int, content: Any, expected: Any
    ) -> None:
        endpoint.fault = lambda body, number: (status, content, {})
        with pytest.raises((CallFailed, ProviderError)) as failure:
            await make().complete(Call(HELLO))
        if isinstance(failure.value, CallFailed):
            assert failure.value.kind == expected
        else:
            assert expected is ProviderError
            assert "\n" not in str(failure.value)


def test_a_model_file_is_known_by_its_content_and_a_run_needs_it_no_more(tmp_path: Path) -> None:
    one, other = tmp_path / "one.gguf", tmp_path / "other.gguf"
    one.write_bytes(b"a" * 300_000)
    other.write_bytes(b"a" * 299_999 + b"b")
    pinned = Local("mine", model_path=str(one), file_digest=digest_of(one))
    said = pinned.describe(Call(HELLO))
    assert Local("mine", model_path=str(other), file_digest=digest_of(other)).describe(Call(HELLO)) != said
    one.unlink()
    assert pinned.describe(Call(HELLO)) == said  # as a replay elsewhere asks
    with pytest.raises(ProviderError, match="no file"):
        pinned.prepare()
    one.write_bytes(b"another")
    with pytest.raises(ProviderError, match="another file"):
        pinned.prepare()


async def test_an_ollama_that_is_not_there_is_unreachable() -> None:
    with pytest.raises(CallFailed) as failure:
        await LiteLLM("ollama_chat/x", base_url="http://127.0.0.1:9").complete(Call(HELLO))
    assert failure.value.kind == "unreachable"


async def test_a_reply_in_parts_is_its_text_and_what_is_no_text_is_broken(endpoint: Endpoint) -> None:
    parts: Any = [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "re"}, {"type": "text", "text": "d"}]
    for content, expected in ((parts, "red"), (7, None), ([7], None), ({"a": 1}, None)):
        whole = {**completion("x"), "choices": [{"message": {"content": content}, "finish_reason": "stop"}]}
        endpoint.fault = lambda body, number, whole=whole: (200, whole, {})
        provider = OpenAI("fake-model", endpoint.url)
        if expected is None:
            with pytest.raises(CallFailed) as failure:
                await provider.complete(Call(HELLO))
            assert failure.value.kind == "broken_reply"
        else:
            assert (await provider.complete(Call(HELLO))).text == expected
        await provider.close()


async def test_an_endpoint_of_ones_own_gets_no_key_that_litellm_finds(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-somebody-else-1234")
    await LiteLLM("openai/fake-model", base_url=endpoint.url).complete(Call(HELLO))
    assert endpoint.keys == {"none"}
    for name in ("api_base", "aws_bedrock_runtime_endpoint", "aws_sts_endpoint"):
        with pytest.raises(ValueError, match=name):
            LiteLLM("openai/fake-model", params={name: endpoint.url})


async def test_retry_after_is_passed_on(endpoint: Endpoint) -> None:
    waits = {1: "7", 2: "soon"}
    endpoint.fault = lambda body, number: (429, {"error": {"message": "slow"}}, {"retry-after": waits[number]})
    provider = OpenAI("fake-model", endpoint.url)
    for expected in (7.0, None):
        with pytest.raises(CallFailed) as failure:
            await provider.complete(Call(HELLO))
        assert failure.value.retry_after == expected
    await provider.close()


async def test_openai_needs_its_key_and_names_the_variable() -> None:
    with pytest.raises(ProviderError, match="OPENAI_API_KEY is not set"):
        await OpenAI("gpt-4o-mini").complete(Call(HELLO))


async def test_litellm_needs_its_key_and_names_the_variable() -> None:
    with pytest.raises(ProviderError, match="ANTHROPIC_API_KEY is not set"):
        await LiteLLM("anthropic/x", api_key_env="ANTHROPIC_API_KEY").complete(Call(HELLO))


def test_what_makes_every_call_fail_is_known_before_the_first() -> None:
    providers: dict[str, Provider] = {
        "OPENAI_API_KEY is not set": OpenAI("gpt-4o-mini"),
        "ANTHROPIC_API_KEY is not set": LiteLLM("anthropic/x", api_key_env="ANTHROPIC_API_KEY"),
        "provider.model_path: no file none.gguf": Local("mine", model_path="none.gguf"),
    }
    for message, provider in providers.items():
        with pytest.raises(ProviderError, match=message):
            prepare(FakeProvider(lambda call: "one's own need not know"), provider)


def test_missing_weights_are_known_without_joining_any(tmp_path: Path) -> None:
    weights = Weights("tiny", ("no_such_chunk",), 4, "0" * 64)
    with pytest.raises(ProviderError, match="no-such-chunk is missing"):
        refuse_missing(weights, tmp_path)
    (tmp_path / "tiny-000000000000.gguf").write_bytes(b"GGUF")  # joined before; the packages may go
    refuse_missing(weights, tmp_path)


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", " \t"], ids=repr)
async def test_the_end_of_a_files_line_is_no_part_of_a_key(
    end: str, make: Make, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOUNTED", f"a-key-from-a-file{end}")
    endpoint.fault = lambda body, number: (401, {"error": {"message": "a-key-from-a-file is unknown"}}, {})
    with pytest.raises(ProviderError, match=r"check the key in MOUNTED .*\[MOUNTED\] is unknown"):
        await make(api_key_env="MOUNTED").complete(Call(HELLO))
    assert endpoint.keys == {"a-key-from-a-file"}


@pytest.mark.parametrize(
    "pasted", ["“a-key-of-ours”", "a-key\nof-ours", "a-key\x7fof-ours", "a-key-öf-ours"], ids=ascii
)
def test_what_no_header_can_hold_is_refused_by_the_variables_name(
    pasted: str, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASTED", pasted)
    with pytest.raises(ProviderError, match="PASTED holds a character that is in no key") as refusal:
        prepare(make(api_key_env="PASTED"))
    assert "ours" not in str(refusal.value) and "\n" not in str(refusal.value)


@pytest.mark.parametrize(("content", "why"), [(None, "No such file"), ("no certificate", "no certificate")])
def test_certificates_that_cannot_be_read_are_named(
    content: str | None, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "authorities.pem"
    if content:
        file.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with pytest.raises(ProviderError, match=rf"SSL_CERT_FILE names {file}, which cannot be used \(.*{why}"):
        prepare(OpenAI("fake-model", "https://model.example/v1"))


@pytest.mark.parametrize("provider", [OpenAI, LiteLLM])
def test_an_address_that_is_none_is_refused(provider: Callable[..., Provider]) -> None:
    with pytest.raises(ProviderError, match=r"provider\.base_url=http://\[::1:8000/v1 is no address \(Invalid IPv6"):
        prepare(provider("openai/fake-model", "http://[::1:8000/v1", api_key_env=None))


async def test_ones_own_endpoint_needs_no_key(endpoint: Endpoint) -> None:
    provider = OpenAI("fake-model", endpoint.url)
    await provider.complete(Call(HELLO))
    await provider.close()
    assert endpoint.keys == {"none"}


async def test_params_are_passed_through_as_they_are(endpoint: Endpoint) -> None:
    provider = OpenAI("fake-model", endpoint.url, params={"top_k": 5})
    await provider.complete(Call(HELLO))
    await provider.close()
    assert endpoint.requests[-1]["top_k"] == 5


def test_prices_come_from_the_package_and_are_never_zero_for_the_unknown() -> None:
    known = prices.listed("gpt-4o-mini")
    assert known is not None
    assert 0 < known.input < known.output
    assert known.of(1_000_000, 0) == pytest.approx(known.input)
    assert prices.listed("no-such-model-anywhere") is None


@pytest.mark.parametrize("price", [{"input": 1}, {"input": 1, "output": -1}, {"in": 1, "out": 2}], ids=str)
def test_a_price_needs_both_sides(price: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="price"):
        OpenAI("x", price=price)


def test_params_win_over_options() -> None:
    body = Sampling(temperature=0.0, params={"temperature": 1}).request(Call(HELLO))
    assert body["temperature"] == 1


# The embedded model: the real one, with its real weights.


@pytest.fixture(scope="module")
def embedded() -> Local:
    return Local("Qwen2.5-Coder-1.5B-Instruct-Q4_K_M", max_tokens=12, context=1024)


async def ask_locally(local: Local, *calls: Call) -> list[Any]:
    return [await local.complete(call) for call in calls]


@pytest.mark.model
def test_the_embedded_model_answers_the_same_twice_and_counts(embedded: Local) -> None:
    call = Call([{"role": "user", "content": "Answer with the one word Payment."}])
    first, second = asyncio.run(ask_locally(embedded, call, call))
    assert "Payment" in first.text
    assert first.text == second.text
    assert first.input_tokens > 5
    assert 0 < first.output_tokens <= 12
    assert first.cost_usd == 0.0  # known: one's own machine costs no dollars


@pytest.mark.model
def test_the_embedded_model_can_be_held_to_a_schema_and_to_a_length(embedded: Local) -> None:
    schema = {"type": "object", "properties": {"label": {"enum": ["a", "b"]}}, "required": ["label"]}
    held = Local("named", model_path=str(Path.home()), structured_output=True)
    assert held.describe(Call(HELLO, schema=schema))["json_schema"] == schema
    long = Call([{"role": "user", "content": "Count to fifty in words."}], max_tokens=5, temperature=0.3)
    [cut] = asyncio.run(ask_locally(embedded, long))
    assert cut.finish == "length"
    too_long = Call([{"role": "user", "content": "word " * 3000}])
    with pytest.raises(CallFailed) as failure:
        asyncio.run(ask_locally(embedded, too_long))
    assert failure.value.kind == "context_too_long"


def test_an_unknown_embedded_model_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="no embedded model 'gpt'"):
        Local("gpt")


@pytest.mark.parametrize(("content", "message"), [(None, "no file"), (b"not a model", "could not be loaded")])
def test_a_bad_model_file_is_named(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "mine.gguf"
    if content:
        path.write_bytes(content)
    with pytest.raises(ProviderError, match=message):
        asyncio.run(ask_locally(Local("mine", model_path=str(path)), Call(HELLO)))


@pytest.mark.parametrize("login", ["", "user:word@"])
async def test_a_proxy_is_asked_and_never_gets_the_key(login: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An https endpoint's key goes through the tunnel only: what opens the tunnel is read by the proxy."""
    for name in ("https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    opened: list[str] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b"HTTP/1.1 502 no\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as proxy:
        monkeypatch.setenv("https_proxy", f"http://{login}127.0.0.1:{proxy.sockets[0].getsockname()[1]}")
        monkeypatch.setenv("OPENAI_API_KEY", "key-of-ours")
        provider = OpenAI("fake-model", base_url="https://model.example/v1")
        with pytest.raises(CallFailed):
            await provider.complete(Call(HELLO))
        await provider.close()
    assert opened[0].startswith("CONNECT model.example:443") and "key-of-ours" not in opened[0]
    assert ("Proxy-Authorization: Basic" in opened[0]) == bool(login)
