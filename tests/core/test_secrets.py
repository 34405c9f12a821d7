"""Secrets: refused in configuration, blotted out of messages, logs and tracebacks."""

import io
import logging
from typing import Any

import pytest

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
    "config",
    [
        {"provider": {"api_key": "x"}},
        {"a": [{"params": {"headers": {"Authorization": "Basic x"}}}]},
        {"tracker": {"entity": "sk-12345678901"}},
        {"provider": {"base_url": "https://user:word@host/v1"}},
        {"provider": {"base_url": "https://host/v1?api-key=abc"}},
        {"provider": {"base_url": "https://sk-abcdefghijkl@host/v1"}},
        {"provider": {"base_url": "https://:pw@host/v1"}},
        {"tracker": ["export OPENAI_API_KEY=sk-abcdefgh12345678"]},
        {"provider": {"params": {"x-api-key": "abc"}}},
        {"provider": {"params": {"aws_secret_access_key": "abc"}}},
        {"provider": {"api_key_env": "gsk_abcdefgh12345678"}},
        {"provider": {"api_key_env": "0123456789abcdef0123456789abcdef"}},
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
        "as a name",
        "as a hexadecimal name",
    ],
)
def test_a_secret_in_a_configuration_is_refused_with_its_path(config: Any) -> None:
    with pytest.raises(ConfigError, match=r"(provider|a\[0\]|tracker)"):
        refuse_secrets(config)


def test_names_of_variables_numbers_and_nothing_are_fine() -> None:
    refuse_secrets(
        {"api_key_env": "OPENAI_API_KEY", "max_tokens": 5, "api_key": None, "token": "", "budget": {"tokens": 1}}
    )
    harmless = ["https://acme.com?mail=a@b.com", "abfss://c@acct.dfs.core.windows.net/g.csv", "ssh://git@github.com/x"]
    refuse_secrets({"prompt": 'Answer with "sk-toggleable" only', "urls": [*harmless, "postgresql://root@localhost/o"]})
    refuse_secrets({"params": {"provider.api_key_env": "KEY_A,KEY_B"}})
    refuse_secret_words(["provider.api_key_env=X", "~provider.seed", "optimizer=demos"])


def test_the_value_is_not_repeated() -> None:
    with pytest.raises(ConfigError) as refusal:
        refuse_secret_words([f"+provider.params.secret={KEY}"])
    assert KEY not in str(refusal.value)
    assert "provider.params.secret" in str(refusal.value)
