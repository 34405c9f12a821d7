"""What is written down of a call: its key, which is its content, and its reply."""

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from runner.core.calls import Reply
from runner.core.errors import JournalError
from runner.core.surrogates import sha256

KEY_VERSION = 1  # part of every key; raised when the meaning of a call's description changes


def key_of(description: Mapping[str, Any]) -> str:
    """64 hex digits that name a call: the same content, the same key, on every machine."""
    content = json.dumps([KEY_VERSION, description], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(content)


_ALWAYS = ("text", "finish", "input_tokens", "output_tokens", "cost_usd", "seconds")
_DEFAULTS = {field.name: field.default for field in fields(Reply) if field.name not in {*_ALWAYS, "from_journal"}}


def packed(reply: Reply) -> str:
    """A reply as JSON; what an endpoint did not say is left out."""
    told = {name: getattr(reply, name) for name in _DEFAULTS if getattr(reply, name) != _DEFAULTS[name]}
    return json.dumps({name: getattr(reply, name) for name in _ALWAYS} | told, ensure_ascii=True)


def unpacked(text: str, *, from_journal: bool) -> Reply:
    """The reply that ``packed`` wrote, of this version or of an earlier one.

    Raises:
        JournalError: it is none.
    """
    try:
        written = json.loads(text)
        if pairs := written.get("logprobs"):
            written["logprobs"] = tuple((str(token), float(value)) for token, value in pairs)
        return Reply(**written, from_journal=from_journal)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        told = f"the journal holds {text[:60]!r}, which is no reply: give another journal.path, or start a new run"
        raise JournalError(told, code="damaged-file", key="journal.path") from error
