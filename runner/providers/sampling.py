"""What the providers that speak OpenAI's language send with each call."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from runner.core.calls import Call
from runner.providers.prices import Price

_T = TypeVar("_T")
Logprobs = bool | Literal["auto"]
"""Whether to ask for log-probabilities: always, never, or (``auto``) for the calls that welcome them."""


@dataclass(frozen=True)
class Sampling:
    """The parameters sent with each call; None is never sent, and the endpoint's own default holds."""

    temperature: float | None = 0.0
    top_p: float | None = None
    max_tokens: int | None = 256
    seed: int | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    structured_output: bool = False
    logprobs: Logprobs = "auto"

    def request(self, call: Call) -> dict[str, Any]:
        """What decides a reply, of the body. ``params`` win, so that anything can be set; nothing is dropped."""
        own: dict[str, Any] = {
            "temperature": _chosen(self.temperature, call.temperature),
            "top_p": self.top_p,
            "max_tokens": _chosen(self.max_tokens, call.max_tokens),
            "seed": None if self.seed is None else self.seed + call.sample,
        }
        body = {key: value for key, value in own.items() if value is not None}
        if self.structured_output and call.schema is not None:
            schema = {"name": "labels", "strict": True, "schema": dict(call.schema)}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        if self.logprobs is True:
            body["logprobs"] = True
        return {"messages": list(call.messages), **body, **self.params}

    def sent(self, call: Call) -> dict[str, Any]:
        """The body of a chat completion: ``request``, and log-probabilities where the call welcomes them."""
        return with_logprobs(self.request(call), call, self.logprobs)

    def cost_at_most(self, call: Call, price: Price | None) -> float | None:
        """Dollars, from a token for every three characters in and the most tokens out; None without a price."""
        body = self.request(call)
        longest = body.get("max_completion_tokens", body.get("max_tokens"))
        if price is None or not isinstance(longest, int):
            return None
        return price.of(sum(len(message["content"]) for message in call.messages) // 3, longest)


def with_logprobs(body: dict[str, Any], call: Call, logprobs: Logprobs) -> dict[str, Any]:
    """A body that asks for log-probabilities, if the call welcomes them and the provider was not told otherwise.

    The journal knows the call without: a reply that came with none answers it too, in this run or in one of before.
    """
    return {"logprobs": True, **body} if call.logprobs and logprobs == "auto" else body


def _chosen(own: _T | None, asked: _T | None) -> _T | None:
    """What the call asks for, if the provider sends the parameter at all (some models refuse it)."""
    return asked if own is not None and asked is not None else own
