"""What is written down of a call: its key, which is its content, and its reply."""

import json
from collections.abc import Mapping
from typing import Any

from runner.core.calls import Reply
from runner.core.surrogates import sha256

KEY_VERSION = 1  # part of every key; raised when the meaning of a call's description changes


def key_of(description: Mapping[str, Any]) -> str:
    """64 hex digits that name a call: the same content, the same key, on every machine."""
    content = json.dumps([KEY_VERSION, description], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(content)


def packed(reply: Reply) -> str:
    """A reply as JSON."""
    fields = {name: getattr(reply, name) for name in Reply.__slots__ if name != "from_journal"}
    return json.dumps(fields, ensure_ascii=True)


def unpacked(text: str, *, from_journal: bool) -> Reply:
    """The reply that ``packed`` wrote."""
    return Reply(**json.loads(text), from_journal=from_journal)
