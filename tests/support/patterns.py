"""Every regular expression of the project, found in its source, and texts that are hard for each."""

import ast
import importlib
import re
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import Any

from paths import ROOT

USES = ("match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer")
LIMITS = {1_000: 0.05, 10_000: 0.1, 100_000: 0.5, 1_000_000: 2.5}  # characters -> seconds of the processor
TEXTS = 20  # a pattern
_HARDEST = 1  # of these in the largest size too
_MANY = 8  # a repetition of so many can be long
_TRIED = " \n\ta0A_-.,:'\"\\([{<*#`é退\r;|=/$+"
_ENDS = ("\x00", "", "\n\x00", "a")
_CATEGORIES: Mapping[str, Callable[[str], bool]] = {
    "SPACE": str.isspace,
    "DIGIT": str.isdigit,
    "WORD": lambda one: one.isalnum() or one == "_",
}
_parser = importlib.import_module("re._parser")


@dataclass(frozen=True)
class Found:
    """A regular expression where it stands.

    Attributes:
        place: the file and the line.
        pattern: compiled.
        ways: how it is used: with match and fullmatch a text is tried from its beginning only.
    """

    place: str
    pattern: "re.Pattern[str]"
    ways: frozenset[str]

    def run(self, text: str) -> None:
        """Use it in each of its ways, to the end of the text."""
        if isinstance(self.pattern.pattern, bytes):
            text = text.encode("utf-8", "replace")  # type: ignore[assignment]
        if self.ways & {"match", "fullmatch"}:
            self.pattern.match(text)
            self.pattern.fullmatch(text)
        if "search" in self.ways:
            self.pattern.search(text)
        if self.ways - {"match", "fullmatch", "search"}:
            self.pattern.findall(text)


class _Names(dict[str, Any]):
    """A module's names; what is known only while it runs stands for a word."""

    def __missing__(self, name: str) -> Any:
        builtins = importlib.import_module("builtins")
        return getattr(builtins, name) if hasattr(builtins, name) else "word"


def in_project(folders: Sequence[str] = ("runner", "verifiers")) -> list[Found]:
    """All of the project, in order."""
    found = []
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            source = path.read_text("utf-8")
            if "re." in source or "import re" in source or "pattern" in source:
                parts = path.relative_to(ROOT).with_suffix("").parts
                module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
                found += in_source(source, path.relative_to(ROOT), vars(importlib.import_module(module)))
    return found


def in_source(source: str, path: Path, names: dict[str, Any]) -> list[Found]:
    """Those of one module.

    Args:
        names: what its names stand for.
    """
    tree, known = ast.parse(source), _Names(names)
    found: dict[str, Found] = {}
    for node in ast.walk(tree):
        expressions = list(_expressions(node))
        for use, expression, flags in expressions:
            pattern = eval(_code(expression), known)  # noqa: S307 - of our own source
            flag = eval(_code(flags), known) if flags else 0  # noqa: S307
            compiled = pattern if isinstance(pattern, re.Pattern) else re.compile(pattern, flag)
            ways = {use} if use != "compile" else _ways(tree, expression)
            place = f"{path}:{expression.lineno}"
            place += "" if place not in found else f":{expression.col_offset}"
            found[place] = Found(place, compiled, frozenset(ways))
    return list(found.values())


def _code(expression: ast.expr) -> Any:
    return compile(ast.Expression(expression), "pattern", "eval")


def _expressions(node: ast.AST) -> Iterator[tuple[str, ast.expr, ast.expr | None]]:
    """(how it is used, the pattern, its flags) of a call of ``re``, and of ``pattern=`` in other calls."""
    if not isinstance(node, ast.Call):
        return
    keywords = {keyword.arg: keyword.value for keyword in node.keywords}
    if isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "re":
        use = node.func.attr
        if use in {"compile", *USES}:
            places = {"compile": 1, "sub": 4, "subn": 4, "split": 3}
            place = places.get(use, 2)
            given = node.args[place] if len(node.args) > place else keywords.get("flags")
            yield use, node.args[0] if node.args else keywords["pattern"], given
    elif "pattern" in keywords and isinstance(keywords["pattern"], ast.Constant):
        yield "search", keywords["pattern"], None


def _ways(tree: ast.Module, expression: ast.expr) -> set[str]:
    """How a compiled pattern is used in its module: all ways if it has no name there, or leaves the module whole."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in USES and expression in ast.iter_child_nodes(node.value):
            return {node.attr}  # `re.compile(...).match`
    holder = next(
        (
            node.targets[0].id
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
            if any(inner is expression for inner in ast.walk(node.value))
        ),
        None,
    )
    if holder is None or not holder.startswith("_"):
        return set(USES)
    calls = {node.func.attr: node for node in ast.walk(tree) if _is_use(node, holder)}
    loads = sum(isinstance(node, ast.Name) and node.id == holder for node in ast.walk(tree)) - 1
    uses = sum(_is_use(node, holder) for node in ast.walk(tree))
    return set(calls) if calls and uses == loads else set(USES)


def _is_use(node: ast.AST, holder: str) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == holder
    )


class TooSlow(Exception):
    """A pattern takes longer for a text than in proportion to its length."""


def hardest(found: Found, size: int, sizes: Sequence[int] = tuple(LIMITS), *, all_largest: bool = False) -> float:
    """The longest that ``found`` takes for one of its hard texts of ``size`` characters, in seconds.

    Raises:
        TooSlow: for one of the texts it takes longer than LIMITS allows, in a small size already if it does there.
    """
    units = list(islice(hard_units(found.pattern), TEXTS))
    steps = [step for step in sizes if step <= size]
    for step in steps:
        spent = [(_seconds(found, unit, step), unit) for unit in units]
        spent.sort(key=lambda one: one[0], reverse=True)
        following = steps.index(step) + 1
        if following < len(steps) and steps[following] == max(LIMITS) and not all_largest:
            units = [unit for _, unit in spent[:_HARDEST]]
    return spent[0][0]


def _seconds(found: Found, unit: tuple[str, str, str], size: int) -> float:
    before, pump, end = unit
    text = before + pump * (size // len(pump)) + end
    begun = time.process_time()
    with _given(LIMITS[size], found.place, unit, size):
        found.run(text)
    spent = time.process_time() - begun
    if spent > LIMITS[size]:
        raise TooSlow(_words(found.place, unit, size, spent))
    return spent


def _words(place: str, unit: tuple[str, str, str], size: int, spent: float) -> str:
    before, pump, end = unit
    return f"{place}: {spent:.2f} s or more for {size} characters: {before!r:.60} + {pump!r:.60} * n + {end!r}"


@contextmanager
def _given(seconds: float, place: str, unit: tuple[str, str, str], size: int) -> Iterator[None]:
    """Ends what runs within by TooSlow, by the time of the processor; ``re`` looks for signals while it goes back."""

    def late(number: int, frame: FrameType | None) -> None:
        raise TooSlow(_words(place, unit, size, seconds))

    before = signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, 2 * seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def hard_units(pattern: "re.Pattern[str]") -> Iterator[tuple[str, str, str]]:
    """(beginning, what is repeated, end), each once: what the pattern repeats, behind what stands before it.

    The ends are such that a match fails there if it can. Then all that stands in the pattern, over and over.
    """
    source = pattern.pattern.decode("latin-1") if isinstance(pattern.pattern, bytes) else pattern.pattern
    tree = _parser.parse(source, pattern.flags)
    seen: dict[tuple[str, str, str], None] = {}
    repeats = list(_repeats(list(tree), ""))
    tries = [("", before, body) for before, body in _denied(list(tree), "")]
    for end in _ENDS[:2]:
        for before, pumps in repeats:
            tries += [(before, pump, end) for pump in pumps[:2]]
    for before, pumps in repeats:
        tries += [("", before + pump, _ENDS[0]) for pump in pumps[:1]]
        tries += [("", pump, _ENDS[0]) for pump in pumps[:2]]
        tries += [("", before, _ENDS[0])]
    for before, pumps in repeats:
        tries += [(before, pump, end) for pump in pumps[2:] for end in _ENDS]
    whole = _shortest(list(tree))
    tries += [("", one, _ENDS[0]) for one in _each(list(tree))[:3]]
    tries += [("", whole, _ENDS[0]), ("", whole[:-1], _ENDS[0]), ("", whole + " ", "")]
    tries += [("", sign, end) for end in _ENDS for sign in ("\n", " ", "a", "a ", "\r\n", "0", "(", '"', "- ")]
    for unit in tries:
        if unit[1] and unit not in seen:
            seen[unit] = None
            yield unit


def _denied(nodes: list[Any], before: str) -> Iterator[tuple[str, str]]:
    """(the shortest text that comes before it, the shortest that it denies) of every negative look-ahead."""
    for place, (kind, value) in enumerate(nodes):
        lead = before + _shortest(nodes[:place])
        if str(kind) == "ASSERT_NOT" and value[0] > 0:
            yield lead, _shortest(list(value[1]))
        elif str(kind) in {"SUBPATTERN", "ATOMIC_GROUP"}:
            yield from _denied(list(value[-1] if isinstance(value, tuple) else value), lead)


def _repeats(nodes: list[Any], before: str) -> Iterator[tuple[str, list[str]]]:
    """(the shortest text that comes before it, texts of one turn of it) of every repetition that can be long."""
    for place, (kind, value) in enumerate(nodes):
        lead = before + _shortest(nodes[:place])
        name = str(kind)
        if name in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
            _, most, body = value
            if most == _parser.MAXREPEAT or most >= _MANY:
                pumps = dict.fromkeys(_each(list(body)))
                follower = _shortest(nodes[place + 1 : place + 2])
                yield lead, [*pumps, *([next(iter(pumps)) + follower] if follower and pumps else [])]
            yield from _repeats(list(body), lead)
        elif name == "BRANCH":
            for branch in value[1]:
                yield from _repeats(list(branch), lead)
        elif name in {"SUBPATTERN", "ATOMIC_GROUP", "ASSERT", "ASSERT_NOT"}:
            yield from _repeats(list(value[-1] if isinstance(value, tuple) else value), lead)


def _shortest(nodes: Sequence[Any]) -> str:
    return next(iter(_each(nodes)), "")


def _each(nodes: Sequence[Any]) -> list[str]:
    """Short texts that the nodes match one after the other; the first is made of the first choice everywhere."""
    made = [""]
    for kind, value in nodes:
        options = _options(str(kind), value) or [""]
        first = [text + options[0] for text in made]
        made = [*first, *(made[0] + option for option in options[1:3])][:5]
    return [text for text in made if text]


def _options(kind: str, value: Any) -> list[str]:
    if kind in {"LITERAL", "ANY"}:
        return [chr(value)] if kind == "LITERAL" else ["a", " "]
    if kind in {"IN", "NOT_LITERAL"}:
        return [sign for sign in _TRIED if _is_in(kind, value, sign)][:4] or _first_of(value)
    if kind in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
        least, _, body = value
        return [text * max(1, least) for text in _each(list(body))] if least else [""]
    if kind == "BRANCH":
        return [text for branch in value[1] for text in _each(list(branch))[:1]]
    if kind in {"SUBPATTERN", "ATOMIC_GROUP"}:
        return _each(list(value[-1] if isinstance(value, tuple) else value))
    return [""]


def _is_in(kind: str, value: Any, sign: str) -> bool:
    if kind == "NOT_LITERAL":
        return ord(sign) != value
    negated = bool(value) and str(value[0][0]) == "NEGATE"
    return negated != any(_is_part(str(part), inner, sign) for part, inner in value)


def _is_part(kind: str, value: Any, sign: str) -> bool:
    if kind == "RANGE":
        return bool(value[0] <= ord(sign) <= value[1])
    if kind == "CATEGORY":
        word = str(value).removeprefix("CATEGORY_")
        return word.startswith("NOT_") != _CATEGORIES[word.removeprefix("NOT_")](sign)
    return kind == "LITERAL" and ord(sign) == value


def _first_of(value: Any) -> list[str]:
    for kind, inner in value:
        if str(kind) == "LITERAL":
            return [chr(inner)]
        if str(kind) == "RANGE":
            return [chr(inner[0])]
    return [""]
