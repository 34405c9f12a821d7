"""Chats as people have them, as ``Author: text`` lines: OpenAI's and Anthropic's messages, ShareGPT, plain turns."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any

from runner.datasets.gold_cells import decoded, is_missing, whole
from runner.datasets.literals import literal
from runner.datasets.row_problem import RowProblem

CHAT_FIELDS = ("dialogue", "messages", "conversations", "conversation", "dialog")
"""Fields that hold a chat, by their usual names."""

LeftOut = Counter[str]
"""How many parts of chats were left out, by what they are."""

_AUTHOR_FIELDS = ("author", "role", "speaker", "name", "from", "sender")
_WORD_FIELDS = ("text", "content", "value", "message", "utterance", "parts")
_CALLS = ("tool_calls", "function_call")
_BEGINS_LIKE_TURNS = re.compile(r"(?:array\()?[\[(]\s*+\{\s*+[\"'}]|\[\s*+\]\Z")
_BEGINS_LIKE_CHAT = re.compile(rf"\{{\s*+[\"'](?:{'|'.join(CHAT_FIELDS)})[\"']")
_KINDS = {
    "image": "images", "image_url": "images", "input_image": "images", "image_file": "images",
    "audio": "sounds", "input_audio": "sounds", "video": "videos", "video_url": "videos",
    "file": "files", "input_file": "files", "document": "files",
    "tool_use": "tool calls", "tool_call": "tool calls", "function_call": "tool calls", "server_tool_use": "tool calls",
    "thinking": "thoughts", "redacted_thinking": "thoughts", "reasoning": "thoughts",
}  # fmt: skip


def as_text(value: Any, name: str, left_out: LeftOut | None = None) -> str:
    """The text of a field as it stands, blanks around it included; a dialogue becomes ``Author: text`` lines.

    Gold may name places in the text, which are counted from its first character on.

    Args:
        left_out: what is no text in a dialogue is counted in here.

    Raises:
        RowProblem: it is neither, or blank.
    """
    try:
        text = _render(value, name, Counter() if left_out is None else left_out)
    except RecursionError as error:
        raise RowProblem(f"{name!r} is nested deeper than any dialogue is", code="too-deep") from error
    if not text.strip():
        raise RowProblem(f"the text in {name!r} is blank", code="text-blank")
    return whole(text)


def _render(value: Any, name: str, left_out: LeftOut) -> str:
    if isinstance(value, bytes):
        value = decoded(value)
    if isinstance(value, str):
        turns = _turns_in(value.strip(), name)
        return value if turns is None else _dialogue(turns, name, left_out)
    if isinstance(value, Sequence):
        return _dialogue(value, name, left_out)
    if isinstance(value, Mapping) and (turns := _chat_of(value)) is not None:
        return _dialogue(turns, name, left_out)
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        if not math.isfinite(value):
            raise RowProblem(f"the text in {name!r} is {value}, which is no text", code="bad-value")
        return str(value)
    date_like = ": write it as a text" if isinstance(value, date | time | bool) else ""
    raise RowProblem(
        f"{name!r} must be a text or a dialogue, found {type(value).__name__}{date_like}", code="wrong-shape"
    )


def _turns_in(text: str, name: str) -> Sequence[Any] | None:
    """The turns of a chat that stands in a text cell, in JSON or Python; None where it is a text as others are.

    Raises:
        RowProblem: the field is one of chats, and what stands in it begins like one and cannot be read.
    """
    if not _BEGINS_LIKE_TURNS.match(text) and not _BEGINS_LIKE_CHAT.match(text):
        return None
    value = literal(text)
    turns = _chat_of(value) if isinstance(value, Mapping) else value
    if isinstance(turns, list) and turns and all(map(_is_turn_for_sure, turns)):
        return turns
    if name.rpartition(".")[2] in CHAT_FIELDS:
        raise RowProblem(
            f"the dialogue in {name!r} cannot be read ({text[:40]!r}...): write a JSON list of turns with author and "
            "text (or role and content, from and value)",
            code="not-json" if turns is None else "wrong-shape",
        )
    return None


def _chat_of(value: Mapping[str, Any]) -> Sequence[Any] | None:
    """The turns of an object that holds a chat under one of its usual names."""
    found = next((value[field] for field in CHAT_FIELDS if isinstance(value.get(field), list)), None)
    return found if found and all(map(_is_turn_for_sure, found)) else None


def _is_turn_for_sure(turn: Any) -> bool:
    """Whether an object is a turn also where a text may be meant: it has words and, if need be, says whose."""
    if not isinstance(turn, Mapping):
        return False
    said = any(field in turn for field in (*_WORD_FIELDS, *_CALLS))
    return not turn.keys().isdisjoint(("text", "content")) or (said and any(turn.get(f) for f in _AUTHOR_FIELDS))


def _dialogue(turns: Sequence[Any], name: str, left_out: LeftOut) -> str:
    return "\n".join(f"{before}{words}" for _, before, words in lines_of(turns, name, left_out))


def lines_of(turns: Sequence[Any], name: str, left_out: LeftOut | None = None) -> Iterator[tuple[int, str, str]]:
    """The lines of a dialogue: the number of the turn, from 0; what stands before its words; its words.

    Raises:
        RowProblem: a turn is no object, or has no text.
    """
    left_out = Counter() if left_out is None else left_out
    for place, turn in enumerate(turns):
        if not isinstance(turn, Mapping):
            raise RowProblem(
                f"turn {place + 1} of {name!r} must be an object with author and text, found {turn!r:.80}",
                code="wrong-shape",
            )
        words = _words_of(turn, left_out)
        if words is None:
            raise RowProblem(f"turn {place + 1} of {name!r} has no text", code="text-missing")
        if words or any(isinstance(turn.get(field), str) for field in _WORD_FIELDS):  # else it calls a tool, say
            author = _author_of(turn)
            yield place, f"{author}: " if author else "", words


def _author_of(turn: Mapping[str, Any]) -> str:
    found = next((turn[field] for field in _AUTHOR_FIELDS if turn.get(field)), "")
    return _author_of(found) if isinstance(found, Mapping) else str(found)


def _words_of(turn: Mapping[str, Any], left_out: LeftOut) -> str | None:
    """The words of a turn; empty where it has none, as one that calls a tool; None where it is no turn."""
    calls = next((turn[field] for field in _CALLS if turn.get(field)), None)
    if calls is not None:
        left_out["tool calls"] += len(calls) if isinstance(calls, list) else 1
    there = [turn[field] for field in _WORD_FIELDS if field in turn]
    value = next((held for held in there if not is_missing(held)), None)
    if value is not None:
        return _words_in(value, left_out)
    if isinstance(turn.get("refusal"), str):
        return str(turn["refusal"])
    return "" if there or calls is not None else None


def _words_in(value: Any, left_out: LeftOut) -> str | None:
    """The words of a content: a text, or parts of which some are text. None where it is neither."""
    if isinstance(value, str | bytes):
        return decoded(value) if isinstance(value, bytes) else value
    if isinstance(value, Mapping):
        return _words_of_part(value, left_out)
    if isinstance(value, Sequence):
        parts = [_words_in(part, left_out) for part in value]
        return None if None in parts else "\n".join(part for part in parts if part)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return None


def _words_of_part(part: Mapping[str, Any], left_out: LeftOut) -> str:
    """The words of one part; what is no text is counted and left out."""
    kind = str(part.get("type") or "")
    if kind in _KINDS:
        left_out[_KINDS[kind]] += 1
        return ""
    held = next((part[field] for field in (*_WORD_FIELDS, "refusal") if not is_missing(part.get(field))), None)
    words = None if held is None else _words_in(held, left_out)
    if words is None:
        left_out[_kind_of(part, kind)] += 1
    return words or ""


def _kind_of(part: Mapping[str, Any], kind: str) -> str:
    """What a part without words is, by its type or its first field."""
    return f"parts of type {kind or next(iter(part), 'none')!r}"
