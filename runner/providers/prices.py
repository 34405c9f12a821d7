"""What tokens cost: declared in the configuration, or from the price list in the litellm package. Never fetched."""

import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from runner.core.errors import ConfigError


@dataclass(frozen=True)
class Price:
    """US dollars for a million tokens in, and for a million tokens out."""

    input: float
    output: float

    def of(self, input_tokens: int, output_tokens: int) -> float:
        return (input_tokens * self.input + output_tokens * self.output) / 1e6


def declared(price: Mapping[str, float] | None) -> Price | None:
    """The price in ``provider.price``, if there is one."""
    if price is None:
        return None
    if set(price) != {"input", "output"} or any(amount < 0 for amount in price.values()):
        raise ConfigError(
            f"provider.price: {dict(price)}: give input and output, each in US dollars for a million tokens",
            code="bad-value",
            key="provider.price",
        )
    return Price(price["input"], price["output"])


def listed(model: str) -> Price | None:
    """The price of ``model`` in litellm's list; None if it is not there or has no price for a token."""
    entry = _price_list().get(model)
    if not entry or "input_cost_per_token" not in entry or "output_cost_per_token" not in entry:
        return None
    return Price(entry["input_cost_per_token"] * 1e6, entry["output_cost_per_token"] * 1e6)


@cache
def _price_list() -> dict[str, dict[str, Any]]:
    """The list as a file of the installed package, read without importing litellm (which takes seconds)."""
    spec = importlib.util.find_spec("litellm")
    if spec is None or spec.origin is None:
        return {}
    path = Path(spec.origin).parent / "model_prices_and_context_window_backup.json"
    content: dict[str, dict[str, Any]] = json.loads(path.read_text("utf-8"))
    return content
