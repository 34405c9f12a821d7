"""What the readers of answers share: a reply without what only wraps the answer, and the JSON in it. Pure."""

import json
import re

_THOUGHT = re.compile(r"<(think|thinking|thought|reasoning)>(?:[^<]++|<(?!/\1>))*+(?:</\1>|\Z)", re.IGNORECASE)
_THOUGHT_END = re.compile(r"</(?:think|thinking|thought|reasoning)>", re.IGNORECASE)
_TOKEN = re.compile(r"<[|｜][^<>|｜\n]{1,60}+[|｜]>|</s>|<(?:end_of_turn|eos|pad)>")
_FENCE = re.compile(r"```(?:\w{0,20}+[^\S\n]*+\n)?+((?:[^`]++|`(?!``))*+)(?:```|\Z)")
_LEAD_IN = re.compile(
    r"\s*+[*_#>]*+(?:(?:the|my|final)\s)*+(?:answers?|output|result|reply|spans?)\b[*_]*+\s*+[:：][*_]*+", re.IGNORECASE
)
_OPENS = re.compile(r"[\[{]\s*+[\"\[{]")
_STARTS = re.compile(r"[\[{]")
_MOST_STARTS = 50  # brackets that are tried as the start of a value within a text
_decoder = json.JSONDecoder(strict=False)


def answer_text(reply: str) -> str:
    """``reply`` without the model's reasoning, the tokens of its template, a code fence and words such as "Answer:"."""
    text = _THOUGHT.sub("", reply)
    ends = list(_THOUGHT_END.finditer(text))
    text = text[ends[-1].end() :] if ends else text
    text = _TOKEN.sub("", text).strip()
    fences = _FENCE.findall(text) if "```" in text else []
    text = fences[-1].strip() if fences else text
    lead = _LEAD_IN.match(text)
    rest = text[lead.end() :].strip() if lead else ""
    return rest or text


def json_in(text: str) -> object | None:
    """The JSON value that ``text`` is, else the values of its lines as a list, else the last one within it.

    None if there is no list and no object, and where one that begins does not end: it is cut off, or no JSON.
    """
    try:
        whole = _decoded(text)
        if whole is not None:
            return whole
        lines = [_decoded(line.strip().rstrip(",")) for line in text.split("\n") if line.strip()]
        return lines if lines and all(line is not None for line in lines) else _last_within(text)
    except RecursionError:  # nested deeper than any answer is
        return None


def _decoded(text: str) -> object | None:
    if not _STARTS.match(text.lstrip()):
        return None
    try:
        value: object = json.loads(text, strict=False)
    except ValueError:
        return None
    return value


def _last_within(text: str) -> object | None:
    found: object | None = None
    end = 0
    for tried, start in enumerate(match.start() for match in _STARTS.finditer(text)):
        if tried >= _MOST_STARTS:
            return None
        if start < end:
            continue
        try:
            found, end = _decoder.raw_decode(text, start)
        except ValueError:
            if _OPENS.match(text, start):
                return None
    return found
