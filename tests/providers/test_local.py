"""provider=local: the embedded model, the real one with its real weights, and model files."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from providers import HELLO
from refusals import refused

from runner.core.calls import Call
from runner.core.error_codes import Code
from runner.core.errors import CallFailed, ConfigError, ProviderError
from runner.providers.local import Local, digest_of


def test_a_model_file_is_known_by_its_content_and_a_run_needs_it_no_more(tmp_path: Path) -> None:
    one, other = tmp_path / "one.gguf", tmp_path / "other.gguf"
    one.write_bytes(b"a" * 300_000)
    other.write_bytes(b"a" * 299_999 + b"b")
    pinned = Local("mine", model_path=str(one), file_digest=digest_of(one))
    said = pinned.describe(Call(HELLO))
    assert Local("mine", model_path=str(other), file_digest=digest_of(other)).describe(Call(HELLO)) != said
    one.unlink()
    assert pinned.describe(Call(HELLO)) == said  # as a replay elsewhere asks
    with refused(ProviderError, "file-missing", one):
        pinned.prepare()
    one.write_bytes(b"another")
    with refused(ProviderError, "file-changed", one, "provider.file_digest=null"):
        pinned.prepare()


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
    with refused(ConfigError, "model-unknown", "gpt", "Qwen2.5-Coder-1.5B-Instruct-Q4_K_M"):
        Local("gpt")


@pytest.mark.parametrize(("content", "code"), [(None, "file-missing"), (b"not a model", "damaged-file")])
def test_a_bad_model_file_is_named(tmp_path: Path, content: bytes | None, code: Code) -> None:
    path = tmp_path / "mine.gguf"
    if content:
        path.write_bytes(content)
    with refused(ProviderError, code, path, "provider.model_path"):
        asyncio.run(ask_locally(Local("mine", model_path=str(path)), Call(HELLO)))
