"""Makes plain lines of a reply's markup: tags, LaTeX, code fences, HTML. Knows no labels. Pure.

A tag that is closed again becomes a line with a key, ``<answer>x</answer>`` becomes ``answer: x``, and so does
``\\boxed{x}``: from there on there is one kind of mark.
"""

import re

from verifiers.reader.keys import ANSWERS, role_of
from verifiers.reader.vocabulary import words

_PROLOGUE = re.compile(r"<\?xml[^<>]{0,200}+>")
_TAG = re.compile(r"<(/?)([A-Za-z][\w:.-]{0,40}+)((?:\s|=)[^<>]{0,200}+)?(/?)>")
_SQUARE = re.compile(r"\[(/?)([A-Z][A-Z_]{2,20}+)\]")
_FORM = words("b i em strong u s code pre span font mark sup sub small tt kbd big center a html body")
_BREAKS = words("p br li ul ol div tr table thead tbody h1 h2 h3 h4 h5 h6 hr section")
_STRUCK = re.compile(r"~~[^~\n]{1,200}+~~|<(?:del|s|strike)>[^<]{0,200}+</(?:del|s|strike)>")
_CELLS = {"td", "th"}
_COMMAND = re.compile(
    r"\\(?:text|textbf|textit|texttt|textrm|mathrm|mathbf|mathsf|mathtt|emph|operatorname)\{([^{}]*+)\}"
)
_BOX = re.compile(r"\$?\$?\\f?box(?:ed)?\s?\{|\$?\$?\\boxed\s")
_MATHS = re.compile(r"\\[()\[\]]")
_ESCAPED = re.compile(r"\\([_&%#*$.!+\-`>~])")
_BRACE = re.compile(r"[{}]")
_FENCE = re.compile(r"```(?:(\w*+)[^\S\n]*+\n)?+((?:[^`]++|`(?!``))*+)(?:```|\Z)")
_INLINE_KEY = re.compile(r"(?<=[^\d\s][.!?;)。])\s++(?=\*{0,2}([A-Z][\w ]{2,40}+)\*{0,2}:)")
_CALL = re.compile(r"^[^\S\n]*+\w{1,40}+\((?:\w{1,20}+\s?=\s?)?[\"']([^\"'\n()]{1,200}+)[\"']\)\s*+$", re.MULTILINE)
_FILL = r"(?:insert|enter|fill|choose|put|add|select|type|place|write|specify|provide|your|the|label|answer)"
_PLACEHOLDER = re.compile(
    rf"\{{\{{[^{{}}\n]{{1,60}}\}}\}}|<{_FILL} [^<>\n]{{1,60}}>|\[{_FILL} [^\[\]\n]{{1,60}}\]"
    rf"|\({_FILL} [^()\n]{{1,60}} here\)"
    rf"|\{{{_FILL} [^{{}}:\"'\n]{{1,60}}\}}"
    r"|\b(?:insert|enter|write|put|add|your)[ _](?:your[ _]|the[ _])?(?:label|answer|category|choice"
    r"|class)[ _]here\b",
    re.IGNORECASE,
)
_UNFILLED = re.compile(
    r"[\s*#>]*+(?P<key>[^\W\d_][\w ]{0,40}+)[*]*+[:：=]\s*+"
    r"(?:[\s_.…*`]*+|[*_`]*+[<{\[(]{1,2}(?P<inner>\w{1,30}+)[>}\])]{1,2}[*_`.]*+)"
)
_BRACKETED = re.compile(r"[<{\[$%]{1,2}(\w{1,30}+)[>}\]$%]{1,2}")
_BLANKS = re.compile(r"[^\S\n]+")
_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&nbsp;": " "}


def plain(text: str) -> str:
    """``text`` as lines without markup; what a tag or a box marks stands behind a key."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text if "\n" in text else text.replace("\\n", "\n")
    text = _PLACEHOLDER.sub("", text)
    text = _STRUCK.sub("", text) if "~~" in text or "</" in text else text
    if "<" in text or "&" in text or "[/" in text:
        text = _untagged(text)
    if "\\" in text:
        text = _ESCAPED.sub(r"\1", _MATHS.sub("", _unboxed(_COMMAND.sub(r"\1", _COMMAND.sub(r"\1", text)))))
    text = _CALL.sub(r"answer: \1", text) if "(" in text else text
    return _BLANKS.sub(" ", _INLINE_KEY.sub(_own_line, text)).strip()


def is_unfilled(text: str) -> bool:
    """Whether a text gives keys for answers with nothing behind them, or a place to fill in: ``Answer: ___``."""
    text = _PLACEHOLDER.sub("", text).strip()
    bare = _BRACKETED.fullmatch(text)
    if not text or (bare and role_of(bare[1]) in ANSWERS):
        return True
    lines = [_UNFILLED.fullmatch(line) for line in text.splitlines() if line.strip()]
    keys = [(line["key"], line["inner"] or "label") if line else ("", "") for line in lines]
    return all(role_of(key) in ANSWERS and role_of(inner) in ANSWERS for key, inner in keys)


def fences(text: str) -> list[tuple[str, str]]:
    """(language, inside) of each code fence; what follows the marks on their own line is no language."""
    return [(fence[1] or "", fence[2].strip()) for fence in _FENCE.finditer(text)] if "```" in text else []


def unfenced(text: str) -> str:
    """What stands around the code fences."""
    return _FENCE.sub("\n\n", text).strip()


def _untagged(text: str) -> str:
    text = _SQUARE.sub(r"<\1\2>", _PROLOGUE.sub("", text))
    closed = {tag[2].casefold() for tag in _TAG.finditer(text) if tag[1]}
    text = _TAG.sub(lambda tag: _line_of(tag, closed), text)
    for entity, sign in _ENTITIES.items():
        text = text.replace(entity, sign)
    return text


def _line_of(tag: "re.Match[str]", closed: set[str]) -> str:
    """What a tag becomes; one that is never closed stays, if it is no mark of an answer."""
    name = tag[2].casefold()
    if name in _FORM:
        return ""
    if name in _BREAKS or name in _CELLS:
        return "\n" if name in _BREAKS else " | "
    if tag[1]:
        return "\n\n"
    known = name in closed or (not tag[3] and role_of(tag[2]) in {"final", "answer", "result"})
    return f"\n{tag[2]}: " if known and not tag[4] else tag[0]


def _unboxed(text: str) -> str:
    """With ``\\boxed{x}`` as ``final answer: x``."""
    parts: list[str] = []
    done = 0
    for box in _BOX.finditer(text):
        if box.start() < done:
            continue
        end = _closing(text, box.end()) if box[0].endswith("{") else _line_end(text, box.end())
        parts += [text[done : box.start()], "\nfinal answer: ", text[box.end() : end], "\n\n"]
        done = end + 1
    return "".join([*parts, text[done:].lstrip("$.") if parts else text])


def _closing(text: str, start: int) -> int:
    depth = 1
    for brace in _BRACE.finditer(text, start):
        depth += 1 if brace[0] == "{" else -1
        if not depth:
            return brace.start()
    return len(text)


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _own_line(gap: "re.Match[str]") -> str:
    return "\n\n" if role_of(gap[1]) else gap[0]
