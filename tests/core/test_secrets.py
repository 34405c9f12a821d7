"""Secrets: refused in configuration, blotted out of messages, logs and tracebacks."""

import io
import logging
from typing import Any

import pytest
from refusals import refused

from runner.core.error_codes import Code
from runner.core.errors import ConfigError
from runner.core.secrets import RedactingFilter, protect, redact, refuse_secret_words, refuse_secrets

KEY = "a-very-secret-value"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", KEY)
    monkeypatch.setenv("SHORT_TOKEN", "abc")
    monkeypatch.setenv("HARMLESS", "harmless value")


def test_values_of_secret_variables_are_blotted_out() -> None:
    assert redact(f"key {KEY}, twice {KEY}") == "key [SOME_API_KEY], twice [SOME_API_KEY]"
    assert redact("abc and harmless value stay") == "abc and harmless value stay"


def test_the_key_that_a_provider_names_is_protected_whatever_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_OPENAI", "odd-name-of-a-key")
    protect("MY_OPENAI")
    protect(None)
    assert redact("says odd-name-of-a-key") == "says [MY_OPENAI]"


def test_logs_and_tracebacks_are_clean() -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.addFilter(RedactingFilter())
    log = logging.getLogger("tests.secrets")
    log.addHandler(handler)
    try:
        log.warning("the key is %s", KEY)
        try:
            raise RuntimeError(f"failed with {KEY}")
        except RuntimeError:
            log.exception("it failed")
    finally:
        log.removeHandler(handler)
    assert KEY not in out.getvalue()
    assert out.getvalue().count("[SOME_API_KEY]") == 2
    assert "Traceback" in out.getvalue()


@pytest.mark.parametrize(
    ("config", "code", "path"),
    [
        ({"provider": {"api_key": "x"}}, "secret-in-config", "provider.api_key"),
        (
            {"a": [{"params": {"headers": {"Authorization": "Basic x"}}}]},
            "secret-in-config",
            "a[0].params.headers.Authorization",
        ),
        ({"tracker": {"entity": "sk-12345678901"}}, "secret-in-config", "tracker.entity"),
        ({"provider": {"base_url": "https://user:word@host/v1"}}, "secret-in-config", "provider.base_url"),
        ({"provider": {"base_url": "https://host/v1?api-key=abc"}}, "secret-in-config", "provider.base_url"),
        ({"provider": {"base_url": "https://sk-abcdefghijkl@host/v1"}}, "secret-in-config", "provider.base_url"),
        ({"provider": {"base_url": "https://:pw@host/v1"}}, "secret-in-config", "provider.base_url"),
        ({"tracker": ["export OPENAI_API_KEY=sk-abcdefgh12345678"]}, "secret-in-config", "tracker[0]"),
        ({"provider": {"params": {"x-api-key": "abc"}}}, "secret-in-config", "provider.params.x-api-key"),
        (
            {"provider": {"params": {"aws_secret_access_key": "abc"}}},
            "secret-in-config",
            "provider.params.aws_secret_access_key",
        ),
        ({"provider": {"base_url": "http://a-token-alone@host/v1"}}, "secret-in-config", "provider.base_url"),
        ({"provider": {"base_url": "https://host/api?code=abc"}}, "secret-in-config", "provider.base_url"),
        ({"provider": {"base_url": "https://host/sk-abcdefghijkl/v1"}}, "secret-in-config", "provider.base_url"),
        ({"studio": {"url": "https://host/Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8/v1"}}, "secret-in-config", "studio.url"),
        (
            {"provider": {"params": {"extra_headers": {"X-Gateway": "a value"}}}},
            "secret-in-config",
            "provider.params.extra_headers.X-Gateway",
        ),
        (
            {"provider": {"params": {"headers": {"Cookie": 12345}}}},
            "secret-in-config",
            "provider.params.headers.Cookie",
        ),
        ({"provider": {"api_key_env": "gsk_abcdefgh12345678"}}, "not-a-variable", "provider.api_key_env"),
        ({"provider": {"api_key_env": "0123456789abcdef0123456789abcdef"}}, "not-a-variable", "provider.api_key_env"),
    ],
    ids=[
        "by its name",
        "in a list",
        "by its look",
        "in an address",
        "in a query",
        "as a user",
        "as a password alone",
        "in a command",
        "with a dash",
        "of AWS",
        "as a user of an address",
        "in a query by another name",
        "in a path by its beginning",
        "in a path by its look",
        "in a header of any name",
        "in a header as a number",
        "as a name",
        "as a hexadecimal name",
    ],
)
def test_a_secret_in_a_configuration_is_refused_with_its_path(config: Any, code: Code, path: str) -> None:
    with refused(ConfigError, code, path):
        refuse_secrets(config)


def test_names_of_variables_numbers_and_nothing_are_fine() -> None:
    refuse_secrets(
        {"api_key_env": "OPENAI_API_KEY", "max_tokens": 5, "api_key": None, "token": "", "budget": {"tokens": 1}}
    )
    harmless = ["https://acme.com?mail=a@b.com", "abfss://c@acct.dfs.core.windows.net/g.csv", "ssh://git@github.com/x"]
    refuse_secrets({"prompt": 'Answer with "sk-toggleable" only', "urls": [*harmless, "postgresql://root@localhost/o"]})
    refuse_secrets({"params": {"provider.api_key_env": "KEY_A,KEY_B"}})
    gateways = [
        "https://gateway.ai.cloudflare.com/v1/0123456789abcdef0123456789abcdef/mine/openai",
        "http://[::1]:8000/v1",
    ]
    for address in [*gateways, "https://api.runpod.ai/v2/abcd1234efgh56/openai/v1", "${oc.env:MY_ENDPOINT}"]:
        refuse_secrets({"provider": {"base_url": address}})
    refuse_secrets({"provider": {"params": {"extra_headers": {"X-Title": "ours", "X-Gate": "${oc.env:GATE}"}}}})
    refuse_secret_words(["provider.api_key_env=X", "~provider.seed", "optimizer=demos"])


def test_the_value_is_not_repeated() -> None:
    with refused(ConfigError, "secret-in-config", "provider.params.secret") as refusal:
        refuse_secret_words([f"+provider.params.secret={KEY}"])
    assert KEY not in str(refusal.value)
