"""Takes off what a model's chat template leaves in a reply. Knows nothing of answers. Pure.

Families: ChatML (Qwen, Yi), Llama 2 to 4, Mistral, Gemma, Phi, DeepSeek, GLM, Command, gpt-oss (harmony), Kimi, Seed,
Granite, MiniMax, Nemotron, Hunyuan, EXAONE, Apertus.
"""

import re

from verifiers.reader.thoughts import without_thoughts
from verifiers.reader.vocabulary import words

_BAR = "[|｜]"
_TOKENS = re.compile(
    rf"<{_BAR}[^<>|｜\n]{{1,60}}+{_BAR}>|<{_BAR}[a-z_]{{2,30}}+>|<[a-z_]{{2,30}}+{_BAR}>"
    r"|</?s>|<(?:bos|eos|pad|unk|mask|sop|eop|end_of_turn|start_of_turn|unused\d{1,3}|extra_id_\d{1,3}"
    r"|reserved_\d{1,3}|</?SYS>|0x[0-9A-F]{2})>"
    r"|\[/?(?:INST|PAD|EOS|BOS|gMASK|TOOL_CALLS|ARGS|SEP|CLS|AVAILABLE_TOOLS|TOOL_RESULTS)\]"
)
_ENDS = words(
    "/s eos im_end eot_id eom_id eot end end_of_text end_of_turn end_of_sentence end▁of▁sentence endoftext return call",
    "end_of_turn_token endofturn turn_end endofresponse eop",
)
_ASKS = {"user", "system", "human", "observation", "inst", "<sys", "user_token", "system_token", "tool_results"}
_BEGINS = words(
    "im_start start_header_id start_of_turn start turn start_of_turn_token assistant chatbot_token /inst end_header_id",
    "im_sep im_middle /<sys",
)
_ASKER = re.compile(r"\s*+(?:user|human|system|tool|observation)\b", re.IGNORECASE)
_ROLE = re.compile(r"\s*+(?:assistant|model|bot|ai|final|chatbot)(?:[^\S\n]*+(?:\n|\Z)|[^\S\n]*+:\s)", re.IGNORECASE)
_PARAMETER = re.compile(r"<(?:parameter|arg)(?:\s++name)?\s*+=\s*+[\"']?(\w{1,40}+)[\"']?\s*+>|</(?:parameter|arg)>")
_ARGUMENT = re.compile(r"<arg_key>\s*+(\w{1,40}+)\s*+</arg_key>\s*+<arg_value>([^<]*+)</arg_value>")


def without_tokens(reply: str) -> str:
    """What the model said, without thoughts, tokens of its template, and what it went on with after its turn.

    Empty where the reply is nothing but thoughts, or ends within one.
    """
    text = without_thoughts(reply)
    text = _ARGUMENT.sub(r"\n\1: \2\n", _PARAMETER.sub(_parameter, text))
    text = _turn(text)
    role = _ROLE.match(text)
    rest = text[role.end() :].strip() if role else ""
    return rest or text.strip()


def _parameter(tag: "re.Match[str]") -> str:
    return f"\n{tag[1]}: " if tag[1] else "\n"


def _turn(text: str) -> str:
    """The model's own turn: what tokens part from the turns of others, without the tokens."""
    said: list[str] = []
    start, name, asked = 0, "", False
    for token in [*_TOKENS.finditer(text), None]:
        asked = _said(text[start : token.start() if token else len(text)], name, said, asked=asked)
        if token is None or (said and (_name(token[0]) in _ENDS or asked)):
            break
        start, name = token.end(), _name(token[0])
    return " ".join(said)


def _said(piece: str, name: str, said: list[str], *, asked: bool) -> bool:
    """Add what stands behind a token to what was said; whether it is another's turn."""
    asks = name in _ASKS or (name in _BEGINS and bool(_ASKER.match(piece)))
    if asks:
        return True
    if asked and name not in _BEGINS:
        return True
    role = _ROLE.match(piece) if name in _BEGINS else None
    piece = piece[role.end() :] if role else piece
    if piece.strip():
        said.append(piece)
    return False


def _name(token: str) -> str:
    return token[1:-1].strip("|｜").casefold()
