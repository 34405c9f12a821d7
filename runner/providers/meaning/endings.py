"""Why an answer ended: from the words of many endpoints to the kinds that goldloop knows."""

import re
from typing import Literal

Ending = Literal["stop", "length", "refusal", "content_filter", "interrupted", "unknown_ending"]

_BY_NAME: dict[str, Ending] = {
    # by itself
    "": "stop",
    "stop": "stop",
    "stop_sequence": "stop",
    "stop_string": "stop",
    "end_turn": "stop",
    "pause_turn": "stop",
    "eos": "stop",
    "eos_token": "stop",
    "complete": "stop",
    "completed": "stop",
    "finish": "stop",
    "finished": "stop",
    "done": "stop",
    "success": "stop",
    "normal": "stop",
    "tool_calls": "stop",
    "tool_call": "stop",
    "tool_use": "stop",
    "function_call": "stop",
    # at the token limit
    "length": "length",
    "max_length": "length",
    "max_tokens": "length",
    "max_new_tokens": "length",
    "max_output_tokens": "length",
    "max_completion_tokens": "length",
    "max_tokens_reached": "length",
    "token_limit": "length",
    "model_length": "length",
    "model_context_window_exceeded": "length",
    "truncated": "length",
    # the model declined
    "refusal": "refusal",
    "refused": "refusal",
    # a filter
    "content_filter": "content_filter",
    "content_filtered": "content_filter",
    "content_filter_error": "content_filter",
    "sensitive": "content_filter",
    "safety": "content_filter",
    "image_safety": "content_filter",
    "recitation": "content_filter",
    "language": "content_filter",
    "blocklist": "content_filter",
    "blocked": "content_filter",
    "prohibited_content": "content_filter",
    "spii": "content_filter",
    "model_armor": "content_filter",
    "guardrail_intervened": "content_filter",
    "error_toxic": "content_filter",
    "moderation": "content_filter",
    "jailbreak": "content_filter",
    # broken off
    "error": "interrupted",
    "network_error": "interrupted",
    "insufficient_system_resource": "interrupted",
    "abort": "interrupted",
    "aborted": "interrupted",
    "cancel": "interrupted",
    "cancelled": "interrupted",
    "canceled": "interrupted",
    "timeout": "interrupted",
    "time_out": "interrupted",
    "malformed_function_call": "interrupted",
    "unexpected_tool_call": "interrupted",
    "incomplete": "interrupted",
    "failed": "interrupted",
    "user_cancelled": "interrupted",
}
_BY_WORD: list[tuple[Ending, frozenset[str]]] = [
    (
        "content_filter",
        frozenset(
            [
                "blocked",
                "censored",
                "filter",
                "filtered",
                "guardrail",
                "guardrails",
                "harm",
                "harmful",
                "jailbreak",
                "moderated",
                "moderation",
                "policy",
                "prohibited",
                "safety",
                "sensitive",
                "toxic",
                "unsafe",
            ]
        ),
    ),
    (
        "interrupted",
        frozenset(
            [
                "abort",
                "aborted",
                "cancel",
                "canceled",
                "cancelled",
                "connection",
                "crash",
                "crashed",
                "disconnect",
                "disconnected",
                "error",
                "errors",
                "evicted",
                "exception",
                "fail",
                "failed",
                "failure",
                "internal",
                "interrupt",
                "interrupted",
                "killed",
                "network",
                "overload",
                "overloaded",
                "preempted",
                "quota",
                "rate",
                "resource",
                "resources",
                "server",
                "shutdown",
                "throttled",
                "throttling",
                "timed",
                "timeout",
                "unavailable",
                "upstream",
            ]
        ),
    ),
    (
        "length",
        frozenset(
            [
                "budget",
                "length",
                "limit",
                "limited",
                "max",
                "maximum",
                "token",
                "tokens",
                "truncate",
                "truncated",
                "truncation",
            ]
        ),
    ),
    (
        "stop",
        frozenset(
            [
                "complete",
                "completed",
                "done",
                "end",
                "ended",
                "eos",
                "finish",
                "finished",
                "function",
                "stop",
                "stopped",
                "tool",
                "tools",
            ]
        ),
    ),
]
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_BETWEEN = re.compile(r"[^a-z0-9]+")
_PREFIX = "finish_reason_"


def ending_of(reason: object) -> Ending:
    """The kind of a ``finish_reason`` (or ``stop_reason``, ``block_reason``): by its name, else by the words in it.

    What nobody knows is ``unknown_ending``: it is told, and neither scored nor taken for an answer.
    """
    if reason is None:
        return "stop"
    name = _BETWEEN.sub("_", _CAMEL.sub("_", str(reason)[:200].rpartition(".")[2].strip()).lower()).strip("_")
    name = name.removeprefix(_PREFIX)
    if name in _BY_NAME:
        return _BY_NAME[name]
    words = set(name.split("_"))
    return next((ending for ending, known in _BY_WORD if words & known), "unknown_ending")
