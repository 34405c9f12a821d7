"""Says in words what a JSON schema asks for, for a prompt. Pure."""

from collections.abc import Mapping
from typing import Any

_PLAIN = {"string": "a text", "integer": "a whole number", "number": "a number", "boolean": "true or false"}


def in_words(kind: Mapping[str, Any], *, spelled: bool = True) -> str:
    """What a value of this kind is: ``a list, each entry one of "a", "b"``.

    Args:
        spelled: whether names that may be chosen are listed; else they are "the labels above".
    """
    for way in kind.get("anyOf", ()):
        if way.get("type") != "null":
            return f"{in_words(way, spelled=spelled)}, or null if there is none"
    if "enum" in kind:
        names = ", ".join(f'"{name}"' for name in kind["enum"])
        return f"one of {names}" if spelled else "one of the labels above"
    types = kind.get("type", "string")
    name = next((one for one in types if one != "null"), "null") if isinstance(types, list) else types
    if name == "array":
        return f"a list, each entry {in_words(kind.get('items', {}), spelled=spelled)}"
    if name == "object":
        inner = (f'"{key}": {in_words(one, spelled=spelled)}' for key, one in kind.get("properties", {}).items())
        return f"{{{', '.join(inner)}}}"
    if "description" in kind:
        return str(kind["description"])
    low, high = kind.get("minimum"), kind.get("maximum")
    within = "" if low is None or high is None else f" from {low} to {high}"
    return _PLAIN.get(name, "a value") + within
