"""A provider that asks the local endpoint."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from endpoint import Endpoint
from providers import Make, litellm, openai

from runner.core.protocols import Provider


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
