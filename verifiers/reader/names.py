"""Knows a label in what stands where a label may stand, and the words that say that none applies. Pure."""

import re

from verifiers.label_set import LabelSet
from verifiers.reader.blocks import BULLET
from verifiers.spelling import normalise

_LONGEST_NONE = 200  # characters
_LEAST_SCALE = 3  # points of a scale: "1/2" may be one of two
_WRAPS = "\u20e3\ufe0f。．！？「」『』【】《》〈〉،।॥؟… \t"
_COUNTED = re.compile(r"\s*+(?:[-*•]\s++)?([-+]?\d{1,3}+)\s?[:：]\s")
_SCALE = re.compile(
    r"(?P<figure>[-+]?\d{1,3}+)(?:\.0{1,2}+)?+(?:\s?/\s?|\s(?:out\s)?of\s)(?P<most>\d{1,3}+)(?:\s(?:stars?"
    r"|points?))?+"
    r"|(?P<counted>[-+]?\d{1,3}+)(?:(?:\.0{1,2}+)?+\s(?:stars?|points?)|\.0{1,2}+)",
    re.IGNORECASE,
)
_NONE = re.compile(
    r"none|nothing|null|n a|na|nil|empty|not applicable|no match|none appl(?:y|ies)|nothing (?:applies|fits|matches)"
    r"|none of (?:these|those|them|the above)|no (?:labels?|categor(?:y|ies)|class(?:es)?|tags?|topics?|match(?:es)?)"
    r"|无|没有|都不是|没有(?:合适|适用)的标签|なし|該当なし|없음|해당 없음|ไม่มี|لا شيء|нет|ни один|brak"
    r"|keine?s?|ningun[oa]|aucune?|nessun[oa]|nenhuma?"
)


def name_of(text: str, labels: LabelSet) -> str | None:
    """The label that ``text`` spells, without what wraps it."""
    if not text or len(text) > labels.longest:
        return None
    if text.rstrip(" *_\"'”)").endswith("?"):  # a question names nothing, unless the name is one
        found = labels.find(text)
        return found if found and "?" in found else None
    found = labels.find(text) or labels.find(text.strip(_WRAPS)) or labels.find_loosely(text)
    return found or (_figure_of(text.strip(" .*_`⭐★☆\ufe0f"), labels) if text.strip() else None)


def _figure_of(text: str, labels: LabelSet) -> str | None:
    """A label in dollars, or with the scale that it is of: ``$3$``, ``3/5``, ``3 stars``."""
    if text[:1] == "$" == text[-1:]:
        return labels.find(text.strip("$ "))
    figure = _SCALE.fullmatch(text)
    if not figure or int(figure["most"] or _LEAST_SCALE) < _LEAST_SCALE:
        return None
    return labels.find(figure["figure"] or figure["counted"])


def says_none(words: str, labels: LabelSet) -> bool:
    """Whether the words say that no label applies; not if a label on the list is called so."""
    if len(words) > _LONGEST_NONE:
        return False
    says = words.strip() in {"[]", "{}", "-", "∅", "—"} or _NONE.fullmatch(normalise(words))
    return bool(says) and not labels.find(words)


def unbulleted(line: str, labels: LabelSet) -> str:
    """A line without its bullet; what looks like one is a sign where only the whole is a label, as ``> 64``."""
    rest = BULLET.sub("", line).strip()
    if not rest or rest == line.strip() or name_of(rest, labels):
        return rest
    counted = _COUNTED.match(line)
    if counted and labels.find(counted[1]):  # "3: neutral"
        return line[counted.start(1) :].strip()
    return name_of(line, labels) or rest
