"""What of a reply is its answer: without reasoning, a model's own tokens, a code fence and a lead-in. Pure."""

import re

from verifiers.reader.json_values import find_json
from verifiers.reader.model_tokens import without_tokens

_FENCE = re.compile(r"```[^\S\n]*+(?:\w*+[^\S\n]*+\n)?+(.*?)```", re.DOTALL)
_LEAD_IN = re.compile(
    r"^[*_#>\s]*+(?:the\s++|my\s++)?+(?:final\s++|correct\s++)?+"
    r"(?:answer|result|output|rating|score|number|value|path|text|prediction)\b"
    r"[*_\s]*+(?:is\s*+)?+(?::|=(?!=))[*_]*+",
    re.IGNORECASE | re.MULTILINE,
)


def answer_text(reply: str) -> str:
    """``reply`` without reasoning marks, model tokens, one code fence around the answer, and "Answer:" before it."""
    text = without_tokens(reply).strip()
    fences = _FENCE.findall(text)
    if len(fences) == 1:
        text = fences[0].strip()
    leads = list(_LEAD_IN.finditer(text))
    rest = text[leads[-1].end() :].strip() if leads else ""
    return rest or text


def json_in(text: str) -> object | None:
    """The JSON value that ``text`` gives as its answer, repaired where that is certain; None where there is none.

    What is cut off is no answer, and neither is one of several that have the same right to be it.
    """
    found = find_json(text)
    return None if found is None or found.state in ("cut", "broken") or found.rivals else found.value
