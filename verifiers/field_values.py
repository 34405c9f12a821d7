"""What a verifier does where its answer is a part of a larger one: a field of an object, an entry of a list."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar, runtime_checkable

from verifiers.choice import Choice
from verifiers.reader.refusals import is_refusal
from verifiers.reply_text import answer_text, json_in
from verifiers.verdict import WHOLE, BadReply, Match
from verifiers.verifier import HasClasses, Json, Text, Verifier

Unfit = tuple[tuple[str, str], ...]
"""(reason, words) of what was given and can be right nowhere."""
Kind = TypeVar("Kind", dict[str, Any], list[Any])


@runtime_checkable
class HasParts(Protocol):
    """A verifier whose answer stands in the JSON of a reply in another form than ``dump``'s; spans without places."""

    def in_json(self, answer: Any) -> Json:
        """What ``parse`` reads as this answer."""
        ...

    def value_schema(self, item: Text) -> dict[str, Any]:
        """Its JSON schema."""
        ...


@runtime_checkable
class Compound(Protocol):
    """A verifier that is made of others, by name."""

    @property
    def fields(self) -> Mapping[str, Verifier]: ...


@dataclass(frozen=True)
class Filled:
    """What an object holds.

    Attributes:
        values: field -> its answer; None where there is none. What was not given is not there.
        unfit: field -> what was given there and can be right nowhere.
    """

    values: Mapping[str, Any]
    unfit: Mapping[str, Unfit] = field(default_factory=dict, compare=False)


class _Nowhere:
    text = ""


NOWHERE: Text = _Nowhere()
"""An item without a text, for what does not depend on one."""


def as_part(verifier: Verifier) -> Verifier:
    """A verifier within a larger answer: one name is written as a name there, and not as a list of it."""
    return replace(verifier, bare=True) if isinstance(verifier, Choice) else verifier


def said_in_json(verifier: Verifier, answer: Any) -> Json:
    """An answer as a reply gives it in JSON."""
    return verifier.in_json(answer) if isinstance(verifier, HasParts) else verifier.dump(answer)


def value_schema(verifier: Verifier, item: Text) -> dict[str, Any]:
    """The schema of a value within a larger answer: without the object that wraps it where it is the whole."""
    if isinstance(verifier, HasParts):
        return verifier.value_schema(item)
    schema = verifier.schema(item)
    properties = schema.get("properties")
    return dict(*properties.values()) if isinstance(properties, dict) and len(properties) == 1 else schema


def nothing_of(verifier: Verifier) -> Any:
    """The gold that says that there is nothing, where this type has one, as an empty list; else None."""
    try:
        gold = verifier.gold((), NOWHERE)
    except ValueError:
        return None
    return None if verifier.compare(gold, None) else gold


def uncalled_for(verifier: Verifier, answer: Any) -> list[Match]:
    """All of an answer as wrong, where nothing is due."""
    nothing = verifier.answer_of(()) if isinstance(verifier, HasClasses) else nothing_of(verifier)
    if nothing is not None:
        return list(verifier.compare(nothing, answer))
    return [Match(WHOLE, wrong=1.0, where=" ".join(verifier.show(answer)))]


def within(name: str, match: Match) -> Match:
    """A match of a field among those of the whole: its key is ``name.key``, or ``name`` where it has but one."""
    instead = None if match.instead is None else _key(name, match.instead)
    where = f"{name} {match.where}" if match.reason else match.where
    return replace(match, key=_key(name, match.key), instead=instead, where=where)


def _key(name: str, key: str) -> str:
    return name if key == WHOLE else f"{name}.{key}"


def json_of(reply: str, kind: type[Kind]) -> Kind | None:
    """The object or list that a reply is or has; None where it has none."""
    try:
        whole = json.loads(reply)  # as it is: what it quotes may look like a token or a fence
    except (ValueError, RecursionError):
        whole = json_in(answer_text(reply))
    return whole if isinstance(whole, kind) else None


def why_not(reply: str) -> BadReply:
    """Why a reply has no object and no list: it declines, ends within one, or is something else."""
    if is_refusal(reply):
        return "refused"
    text = answer_text(reply)
    return "truncated" if text[:1] in {"{", "["} and text[-1:] not in {"}", "]"} else "unreadable"
