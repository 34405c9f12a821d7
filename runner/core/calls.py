"""A question to a model, its reply, what both take, and how fast a model may be asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from runner.core.prompt import Message
from runner.core.surrogates import whole
from verifiers.verdict import Finish


@dataclass(frozen=True)
class Call:
    """One question to a model.

    Attributes:
        messages: the chat.
        sample: 0, 1, 2 ... for independent answers to the same messages.
        temperature, max_tokens: instead of the provider's own, where not None.
        schema: a JSON schema for the reply, used if the provider was told to constrain replies.
        logprobs: whether log-probabilities are welcome where the endpoint has them at no cost. They change no reply,
            so they are no part of what the journal knows a call by.
    """

    messages: Sequence[Message]
    sample: int = 0
    temperature: float | None = None
    max_tokens: int | None = None
    schema: Mapping[str, object] | None = None
    logprobs: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model wrote, and what it took.

    Half of a character (a lone surrogate, which JSON can carry and no file can) is replaced in ``text``.

    Attributes:
        finish: how it ended.
        input_tokens, output_tokens: 0 where the endpoint does not say.
        cost_usd: None where the price is unknown, never 0.
        reasoning_tokens: how many of the output tokens were thinking. cached_tokens: how many of the input tokens the
            endpoint had kept. None where it does not say.
        logprobs: each token of the answer and the natural logarithm of its probability; None unless they were asked
            for and given.
        odd_usage: what the endpoint said of tokens that cannot be, in words; the figures count as unknown then.
    """

    text: str
    finish: Finish = "stop"
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    seconds: float = 0.0
    from_journal: bool = False
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None
    logprobs: Sequence[tuple[str, float]] | None = None
    odd_usage: str = ""

    def __post_init__(self) -> None:
        try:
            self.text.encode()
        except UnicodeEncodeError:
            object.__setattr__(self, "text", whole(self.text))


@dataclass(frozen=True, slots=True)
class RateLimits:
    """How fast a provider is asked.

    Attributes:
        concurrency: calls at once, at most.
        timeout: seconds for one call.
        requests_per_minute, tokens_per_minute: None is without limit.
    """

    concurrency: int
    timeout: float
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What the run has taken so far, labeller and rewriter together."""

    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
