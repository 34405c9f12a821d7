"""Lists and objects in a text, in JSON or as Python prints them. Nothing is run; size and depth have limits."""

import ast
import json
import re
import warnings
from collections.abc import Callable
from itertools import pairwise
from typing import Any

_LONGEST, _DEEPEST = 4_000_000, 50  # characters, and brackets within brackets, of what Python printed
# One that is not closed goes to the end, or each quote within it would look for the end again.
_STRINGS = r"""'(?:[^'\\]|\\.)*+(?:'|\\?\Z)|"(?:[^"\\]|\\.)*+(?:"|\\?\Z)"""
_STRING = re.compile(_STRINGS, re.DOTALL)
_GAP = re.compile(rf"(?:{_STRINGS})|\}}(?P<gap>\s++)(?=\{{)", re.DOTALL)  # NumPy prints no commas between objects
_LISTS = frozenset({"array", "deque", "dict_keys", "frozenset", "Index", "list", "set", "tuple"})
_BEGINS = re.compile(rf"[\[{{(]|(?:{'|'.join(sorted(_LISTS))})\(")
_NOT_A_NUMBER = frozenset({"nan", "NaN", "NaT", "NA"})


def begins_like_one(text: str) -> bool:
    """Whether ``text`` may be a list or an object: most texts are not, and are not looked at further."""
    return _BEGINS.match(text) is not None


def literal(text: str) -> Any:
    """The list or object that ``text`` writes; tuples, sets and arrays are lists in their order. None if it is neither.

    Strings side by side are none, as NumPy writes them: Python would make them one.
    """
    if not begins_like_one(text):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    if len(text) > _LONGEST or _too_deep(text) or _side_by_side(text):
        return None
    try:
        with warnings.catch_warnings(action="ignore"):  # of escapes that Python does not know
            value = _value(ast.parse(_with_commas(text), mode="eval").body)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    return value if isinstance(value, list | dict) else None


def _value(node: ast.expr) -> Any:
    """What an expression of nothing but values is. Raises ValueError for any other."""
    match node:
        case ast.Constant(value=str() | int() | float() | None as value):
            made: Any = value
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            made = [_value(part) for part in parts]
        case ast.Dict(keys=keys, values=values):
            made = {_name(key): _value(value) for key, value in zip(keys, values, strict=True)}
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            made = -value
        case ast.Name(id=name) if name in _NOT_A_NUMBER:
            made = None
        case ast.Call(func=ast.Name(id=name), args=[*listed]) if name in _LISTS:
            made = _value(listed[0]) if listed else []
        case _:
            raise ValueError(ast.dump(node)[:80])
    return made


def _name(key: ast.expr | None) -> str:
    if isinstance(key, ast.Constant) and isinstance(key.value, str):
        return key.value
    raise ValueError("a key that is no text")


def _too_deep(text: str) -> bool:
    depth = 0
    for mark in re.findall(r"[\[\](){}]", _STRING.sub("", text)):
        depth += 1 if mark in "[({" else -1
        if depth > _DEEPEST:
            return True
    return False


def _side_by_side(text: str) -> bool:
    return any(not text[one.end() : other.start()].strip() for one, other in pairwise(_STRING.finditer(text)))


def _with_commas(text: str) -> str:
    comma: Callable[[re.Match[str]], str] = lambda found: "}, " if found["gap"] else found[0]  # noqa: E731
    return _GAP.sub(comma, text)
