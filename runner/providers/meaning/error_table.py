"""The table of an endpoint's errors: by status and words, a failure of this call or a refusal of all."""

import re
from http import HTTPStatus
from typing import Literal, NamedTuple

from runner.core.errors import CallFailure

Refusal = Literal["no-credit", "region-refused", "key-refused", "model-unknown"]
"""What an endpoint refuses for every call, as the code of a ProviderError."""


class Rule(NamedTuple):
    """A row of the table; the first that fits counts. ``statuses`` None is any, ``words`` None is whatever is said.

    A status of None stands for an error that came with none of its own, in an answer with status 200.
    """

    means: CallFailure | Refusal
    statuses: frozenset[int | None] | None
    words: re.Pattern[str] | None

    def fits(self, status: int | None, words: str) -> bool:
        """Whether the row is about such an error."""
        if self.statuses is not None and status not in self.statuses:
            return False
        return self.words is None or bool(self.words.search(words))


_LOOKED_AT = 10_000  # characters of what is said


def _words(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE)


def _status(*of: int | None) -> frozenset[int | None]:
    return frozenset(of)


_SOON = _words(r"retry in \d", r"retry ?delay", r"try again in \d", r"per ?minute", r"per ?second")
_NO_CREDIT = _words(
    r"insufficient[_ ](?:quota|balance|credits?|funds)",
    r"exceeded your current quota",
    r"credit balance",
    r"billing",
    r"out of credits?",
    r"no credits?\b",
    r"not enough credits?",
    r"payment[_ ]required",
    r"account .{0,40}(?:overdue|arrears)",
    r"arrearage",
    r"negative balance",
    r"monthly limit",
    r"(?:usage|spend|spending|budget|hard|credit|key) limits?\b",
    r"budget has been exceeded",
    r"balance (?:is )?(?:too low|insufficient)",
    r"top up",
)
_TOO_LONG = _words(
    r"context[ _]?(?:length|window|size)",
    r"maximum context",
    r"prompt is too long",
    r"input is too long",
    r"\btoo long\b",
    r"exceeds the maximum number of tokens",
    r"maximum (?:input|prompt) length",
    r"too many (?:input )?tokens",
    r"exceeds? (?:the )?(?:model'?s )?(?:maximum|available) (?:token|context)",
    r"request_too_large",
    r"string_above_max_length",
    r"reduce the length",
)
_FILTER = _words(
    r"content[ _]?(?:filter|policy|management|moderation)",
    r"flagged",
    r"invalid[ _]prompt",
    r"moderation",
    r"safety (?:system|policy|filter|setting|reason|check)",
    r"responsible[ _]?ai",
    r"usage polic",
    r"inappropriate content",
    r"data_inspection_failed",
    r"sensitive (?:content|words?|information)",
    r"prohibited content",
    r"jailbreak",
    r"guardrail",
    r"violat(?:es|ed|ing|ion of) (?:our|the|openai|anthropic|google|content|terms)",
)
_REGION = _words(
    r"unsupported_country",
    r"country,? region,? or territory",
    r"not (?:available|supported) in your (?:country|region|location)",
    r"(?:location|region|country) is not supported",
    r"not allowed in your (?:country|region)",
)
_KEY = _words(
    r"api[ _-]?key (?:is |was )?(?:not valid|invalid|incorrect|expired|missing|revoked|disabled|not found|required)",
    r"(?:invalid|incorrect|expired|missing|wrong|no|bad|unknown|revoked)[ _-](?:x-)?"
    r"(?:api[ _-]?key|auth(?:entication)?|access token|bearer token|credentials?)",
    r"API_KEY_INVALID",
    r"authentication[_ ](?:error|failed|fails|required)",
    r"not authenticated",
    r"unauthori[sz]ed",
    r"unauthenticated",
)
_MODEL = _words(
    r"model[_ ]not[_ ]found",
    r"no such model",
    r"unknown model",
    r"model .{0,120}?(?:does not exist|not found|not exist)",
    r"model .{0,120}?is not (?:available|supported)",
    r"invalid model",
    r"not a valid model",
)
_RATE = _words(
    r"rate[ _-]?limit",
    r"too many requests",
    r"resource[_ ]exhausted",
    r"throttl",
    r"requests per (?:minute|second|day)",
)
_BUSY = _words(
    r"overloaded",
    r"at capacity",
    r"server is busy",
    r"temporarily unavailable",
    r"loading model",
    r"service unavailable",
)
_BROKEN_JSON = _words(r"Unterminated string", r"Expecting (?:value|property|',')", r"JSONDecodeError", r"Extra data")
_BAD = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)
_REFUSED = (*_BAD, HTTPStatus.FORBIDDEN, None)

TABLE = [
    Rule("broken_reply", None, _BROKEN_JSON),
    Rule("rate_limited", _status(429, None), _SOON),  # "quota ... per minute" is over in one, whatever else is said
    Rule("no-credit", _status(402), None),
    Rule("no-credit", _status(429, *_REFUSED), _NO_CREDIT),
    Rule("rate_limited", _status(429), None),
    Rule("context_too_long", _status(413), None),
    Rule("context_too_long", _status(*_BAD, 500, None), _TOO_LONG),
    Rule("region-refused", _status(451, *_REFUSED), _REGION),
    Rule("content_filter", _status(451, *_REFUSED), _FILTER),
    Rule("key-refused", _status(*_REFUSED), _KEY),
    Rule("model-unknown", _status(*_BAD, None), _MODEL),
    Rule("key-refused", _status(401, 403), None),
    Rule("model-unknown", _status(404), None),
    Rule("rate_limited", _status(None), _RATE),
    Rule("overloaded", _status(None), _BUSY),
    Rule("timeout", _status(408, 504), None),
    Rule("overloaded", _status(409, 425, *range(500, 600)), None),
    Rule("bad_request", _status(*_BAD), None),
    Rule("interrupted", _status(None), None),
]
NAMED_STATUS = {  # of Google's errors, of OpenAI's and Anthropic's types
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "RESOURCE_EXHAUSTED": 429,
    "INVALID_ARGUMENT": 400,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
    "INTERNAL": 500,
    "AUTHENTICATION_ERROR": 401,
    "PERMISSION_ERROR": 403,
    "NOT_FOUND_ERROR": 404,
    "RATE_LIMIT_ERROR": 429,
    "RATE_LIMIT_EXCEEDED": 429,
    "OVERLOADED_ERROR": 529,
    "API_ERROR": 500,
    "SERVER_ERROR": 500,
    "BILLING_ERROR": 402,
    "REQUEST_TOO_LARGE": 413,
    "INVALID_API_KEY": 401,
    "INSUFFICIENT_QUOTA": 402,
    "MODEL_NOT_FOUND": 404,
    "INVALID_REQUEST_ERROR": 400,
}


def meaning_of(status: int | None, words: str) -> CallFailure | Refusal | None:
    """What the first row of the table says that fits; None where none does.

    Args:
        status: of HTTP, or that the error names itself; None without one. words: all that is said.
    """
    looked_at = words[:_LOOKED_AT]
    return next((rule.means for rule in TABLE if rule.fits(status, looked_at)), None)
