"""Takes a model's thoughts out of a reply: marks of every family, and the channels of gpt-oss (harmony). Pure."""

import re

_CHANNEL = re.compile(
    r"<\|channel\|?>\s*+([a-z_]++)[^<\n]{0,80}+(?:<\|(?:message|constrain)\|>(?:\s*+json\s*+<\|message\|>)?)?"
)
_AWAY = {"analysis", "commentary", "thought", "thinking", "reasoning"}
_BARE = re.compile(r"\s*+analysis(?=[A-Z*\s\"'])(?!\s*+[:\n])")
_BARE_FINAL = re.compile(r"assistant\s?(?:<\|channel\|>)?final(?:\s?(?:json|message))?(?=\W|[^\W_])")
_NAMES = (
    r"(?:(?:seed|ant|mm|longcat|budget|internal)[:_])?(?:think|thinking|thoughts?|reasoning|reflection|reason"
    r"|analysis"
    r"|rationale|scratchpad|explanation|cot|chain_of_thought|antthinking|inner_monologue|monologue|internal_thoughts?"
    r"|thought_process|cot_budget_reflect|evidence|justification)"
)
_MARKS = re.compile(
    rf"(?P<open><(?:{_NAMES})(?:\s[^<>\n]{{0,80}}+)?>|\[THINK\]|◁think▷"
    r"|<\|(?:begin_of_thought|start_thinking|thinking|think|inner_prefix|begin_of_thinking)\|>|<unused94>)"
    rf"|(?P<close></{_NAMES}>|\[/THINK\]|◁/think▷"
    r"|<\|(?:end_of_thought|end_thinking|/thinking|/think|inner_suffix|end_of_thinking)\|>|<unused95>)",
    re.IGNORECASE,
)
_WORD = (
    r"(?:answer|label|labels|category|class|classification|verdict|decision|output|choice|antwort"
    r"|réponse|respuesta|risposta|ответ)"
)
_CONCLUSION = re.compile(rf"\b{_WORD}\b|答案|标签|類別|类别|ラベル|答え|답", re.IGNORECASE)
_QUOTED = re.compile(r"\"([^\"]{1,200}+)\"")
_ANSWER = re.compile(
    rf"(?:(?:\b{_WORD}(?: [\w']{{1,12}}){{0,2}}?|答案|标签|類別|类别|ラベル|答え|답)\s?"
    rf"(?:is|are|ist|lautet|est|es|è|это|是|为"
    rf"|は|은|는|:|：|—|-)"
    r"|\b(?:is|are|(?:should|must|will) be)):?\s?(?:the label )?[*`\"'“«「\[(]{0,3}\Z",
)
_OPENING = re.compile(r"\s*+\*{0,2}(?:here is my thought process|thought process)\s?:", re.IGNORECASE)
_RESPONSE = re.compile(r"(?:here is my response|\bresponse)\s?:\*{0,2}", re.IGNORECASE)


def without_thoughts(reply: str) -> str:
    """What is said aloud; empty where the reply ends within a thought."""
    text = _final_channel(reply)
    opening = _OPENING.match(text)
    if opening:
        response = _RESPONSE.search(text, opening.end())
        text = text[response.end() :] if response else ""
    return _unmarked(text)


def _final_channel(text: str) -> str:
    """What stands in the final channel; of a reply without one all but the thoughts."""
    if "<|channel" in text:
        return _by_channel(text)
    if not _BARE.match(text):
        return text
    finals = list(_BARE_FINAL.finditer(text))
    return text[finals[-1].end() :] if finals else ""


def _by_channel(text: str) -> str:
    marks = list(_CHANNEL.finditer(text))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    parts = [("", text[: marks[0].start() if marks else len(text)])]
    for mark, end in zip(marks, ends, strict=bool(marks)):
        part = text[mark.end() : end]
        if mark[1] in _AWAY:  # a closing mark of its own ends a thought
            part = part.partition("<channel|>")[2]
        parts.append((mark[1], part))
    finals = [part for name, part in parts if name == "final"]
    return finals[-1] if finals else "\n".join(part for _, part in parts)


def _unmarked(text: str) -> str:
    """Without what stands from an opening mark to the next closing one; a closing mark alone ends a thought, too."""
    kept: list[str] = []
    start, opened = 0, False
    for mark in _MARKS.finditer(text):
        if mark["open"]:
            kept += [] if opened else [text[start : mark.start()]]
            opened = True
        elif opened or _is_thinking(mark[0]):
            kept = kept if opened else []
            start, opened = mark.end(), False
    return "\n".join([*kept, _concluded(text[start:]) if opened else text[start:]])


def _concluded(thought: str) -> str:
    """The last line of a thought without its end that the line before gives as the answer in the same words."""
    lines = [line.strip() for line in thought.rstrip().rsplit("\n", 8) if line.strip()][-2:]
    if len(lines) < 2 or not _CONCLUSION.search(lines[0][-200:]):
        return ""
    said, last = (line.casefold().rstrip(" .*`\"'”»。」") for line in lines)
    bare = last.lstrip(" *`\"'“«「")
    bare = _QUOTED.findall(last)[-1] if last[:1] == "{" and _QUOTED.search(last) else bare
    return lines[1] if bare and said.endswith(bare) and _ANSWER.search(said[: -len(bare)][-60:]) else ""


def _is_thinking(mark: str) -> bool:
    return any(word in mark.casefold() for word in ("think", "thought", "reasoning", "unused", "inner"))
