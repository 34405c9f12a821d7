"""What of a reply is its answer: without reasoning, a model's own tokens, a code fence and a lead-in. Pure."""

import json
import re

_THOUGHT = re.compile(
    r"<(think|thinking|reasoning)>.*?(?:</\1>|\Z)|\A.*</(?:think|thinking|reasoning)>", re.DOTALL | re.IGNORECASE
)
_TOKEN = re.compile(r"<\|[^|<>\n]{1,40}\|>|</?s>|<(?:start|end)_of_turn>|\[/?INST\]")
_FENCE = re.compile(r"```[^\S\n]*+(?:\w*+[^\S\n]*+\n)?+(.*?)```", re.DOTALL)
_LEAD_IN = re.compile(
    r"^[*_#> \t]*+(?:the |my )?+(?:final |correct )?+"
    r"(?:answer|result|output|rating|score|number|value|path|text|prediction)\b"
    r"[*_ \t]*+(?:is[ \t]*+)?+(?::|=(?!=))[*_]*+",
    re.IGNORECASE | re.MULTILINE,
)
_MOST_STARTS = 50  # brackets that are tried as the start of a JSON value within a text


def answer_text(reply: str) -> str:
    """``reply`` without reasoning marks, model tokens, one code fence around the answer, and "Answer:" before it."""
    text = _TOKEN.sub("", _THOUGHT.sub("", reply)).strip()
    fences = _FENCE.findall(text)
    if len(fences) == 1:
        text = fences[0].strip()
    leads = list(_LEAD_IN.finditer(text))
    rest = text[leads[-1].end() :].strip() if leads else ""
    return rest or text


def json_in(text: str) -> object | None:
    """The JSON value that ``text`` is, else the last object or list that stands in it; None where there is none."""
    try:
        try:
            return json.loads(text)  # type: ignore[no-any-return]
        except ValueError:
            return _last_within(text)
    except RecursionError:  # nested deeper than any answer is
        return None


def _last_within(text: str) -> object | None:
    decoder = json.JSONDecoder()
    found: object | None = None
    end = 0
    for start in [match.start() for match in re.finditer(r"[\[{]", text)][:_MOST_STARTS]:
        if start < end:
            continue
        try:
            found, end = decoder.raw_decode(text, start)
        except ValueError:
            continue
    return found
