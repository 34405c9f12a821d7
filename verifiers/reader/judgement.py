"""What is said beside a name: that it applies or not, how sure that is, or that it is not certain. Pure."""

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Literal, TypeAlias

from verifiers.reader.keys import EVIDENCE, HOLDS, SCORE, role_of, words_of
from verifiers.reader.vocabulary import DOUBT, NO, SURE, YES

Held: TypeAlias = bool | float | Literal["doubt"] | None
"""It applies or not; how sure that is, 1 being certain; it is left open; nothing is said of it (an explanation)."""

TICKS = "✅✓✔☑🗹👍🟢⭕◉☒"
CROSSES = "❌✗✘✕❎🚫⛔☐⬜🔲👎🔴○◯"
_FIRST = re.compile(  # "No - nothing is said of it"
    rf"(yes|no|true|false|maybe|possibly|unlikely|unclear|not sure|[{TICKS}{CROSSES}])\ufe0f?"
    r"(?:\s++[-–—]\s|\s*+(?:[,.:;(!]|$)|(?<=[^\w\s])\s)"
)
_DENIAL = re.compile(
    r"(?:is |are |was )?(?:not (?:mentioned|applicable|present|relevant|stated|discussed|indicated|selected"
    r"|applied|met"
    r"|supported|apply|a match|matching|at all|really|this|in the text)|no (?:mention|sign|evidence|match|indication)"
    r"|does(?: not|n't) (?:apply|fit|match)|is(?: not|n't)|excluded|rejected|ruled out|eliminated|irrelevant)\b"
)
_HEDGE = re.compile(
    r"(?:maybe|possibly|perhaps|could be|might|may be|not sure|unclear|hard to say|less likely|least likely|unlikely"
    r"|second choice|runner-up|alternative|possible)\b"
)
_SHARE = re.compile(
    r"(?:(?:score|confidence|probability|p)\s*+[:=]?\s*+)?([+]?\d{0,9}+(?:[.]\d{1,20}+)?)\s?(%|/\s?10{0,2}+)?"
)
_UNITS = {"%": 100.0, "/1": 1.0, "/10": 10.0, "/100": 100.0}


def held(value: object) -> Held:
    """What a value says of the name that it stands beside."""
    if value is None or value in ([], {}):
        return False
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return _figure(value)
    if isinstance(value, dict):  # {"applies": true, "why": "..."}
        return held_in(value)
    return _in_words(value) if isinstance(value, str) else None


def held_in(value: Mapping[str, object], kinds: Sequence[AbstractSet[str]] = (HOLDS, SCORE, EVIDENCE)) -> Held:
    """What an object says by a key of its own, as ``applies``, ``score`` or ``evidence``: the first that says it."""
    if any(part is True and role_of(str(key)) == "denied" for key, part in value.items()):  # {"rejected": true}
        return False
    for keys in kinds:
        parts = [part for key, part in value.items() if keys >= set(words_of(str(key)) or [""])]
        said = [bool(part) if keys is EVIDENCE else None if _is_sure(part, keys) else held(part) for part in parts]
        told = [one for one in said if one is not None]
        if told:
            return told[0] if len(told) == 1 else "doubt"
    return None


def _is_sure(part: object, keys: AbstractSet[str]) -> bool:
    """Whether a word for how sure a label is holds nothing against it."""
    return keys is SCORE and isinstance(part, str) and part.strip(" .").casefold().removeprefix("very ") in SURE


def _figure(value: float) -> Held:
    if value in {0, 1}:
        return bool(value)
    return float(value) if 0 <= value <= 100 else "doubt"


def _in_words(text: str) -> Held:
    word = text[:200].replace("’", "'").strip(" .()[]|*_`\ufe0f").casefold()
    first = _FIRST.match(word)
    word = first[1] if first else word
    if word in YES or (word and word in TICKS):
        return True
    if word in NO or word in CROSSES or _DENIAL.match(word):
        return False
    if word in DOUBT or _HEDGE.match(word):
        return "doubt"
    share = _SHARE.fullmatch(word)
    return _share(share[1], share[2]) if share and share[1] not in {"", "+", "-"} else None


def _share(figure: str, unit: str | None) -> Held:
    scale = _UNITS.get((unit or "/1").replace(" ", ""), 1.0)
    return _figure(float(figure) / scale)


def chosen(said: Mapping[str, Held]) -> dict[str, bool] | None:
    """Which names apply, by what is said of each; None where that is not certain.

    Shares count from a half on. They are of 1, or of 100 where they add up to it; of another scale nobody knows
    where it begins to apply. Where all are small nothing tells "none of them" from "the largest of them".
    """
    shares = [one for one in said.values() if isinstance(one, float)]
    scale = 1.0
    if any(share > 1 for share in shares):
        scale = 100.0
        if not 98 <= sum(float(one) for one in said.values() if isinstance(one, bool | float)) <= 102:
            return None
    if any(one == "doubt" or one is None or one == scale / 2 for one in said.values()):
        return None
    holds = {name: one is True or (one is not False and float(one or 0) > scale / 2) for name, one in said.items()}
    return holds if any(holds.values()) or not shares else None
