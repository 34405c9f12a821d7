"""Where in a reply its answer stands, part by part. Pure.

Nothing is guessed: a part of a reply holds the answer if the verifier reads the same answer in that part alone.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from verifiers.verifier import Reading, Text, Verifier

_LINE = re.compile(r"[^\r\n]+")
_WORD = re.compile(r"\S+")
_OPENS = re.compile(r"[\[{]")
_JSON = re.compile(r'"(?:[^"\\]|\\.)*+"|[{}\[\],:]|[^\s{}\[\],:"]++', re.DOTALL)
_MOST = 64  # lines of a reply, words of a line, brackets, fields: more are not tried one after the other
_decoder = json.JSONDecoder(strict=False)

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Place:
    """A part of the answer: the characters ``start`` to ``end`` of the reply.

    Attributes:
        name: which part, where the reply is JSON: ``topic``, ``lines.0.amount``; else empty.
    """

    start: int
    end: int
    name: str = ""


def places(verifier: Verifier, reply: str, answer: Any, item: Text) -> list[Place]:
    """Where the parts of ``answer`` stand in ``reply``, in its order; none where that cannot be said for certain.

    Of JSON the parts are its values: those that the verifier asks for, and others only if they decide the answer. Else
    they are the lines that hold the answer, without words around it. What says that there is nothing is a part too.

    Args:
        answer: what the verifier read in the reply.
    """
    dumped = verifier.dump(answer)

    def same(text: str) -> bool:
        read = verifier.read(text, item)
        return isinstance(read, Reading) and bool(verifier.dump(read.answer) == dumped)

    return _in_json(reply, same, _asked(verifier, item)) or _in_lines(reply, same, verifier.show(answer))


def _asked(verifier: Verifier, item: Text) -> frozenset[str]:
    """The keys of the object that the verifier's schema describes."""
    properties = verifier.schema(item).get("properties")
    return frozenset(map(str, properties)) if isinstance(properties, dict) else frozenset()


def _in_json(reply: str, same: Callable[[str], bool], asked: frozenset[str]) -> list[Place]:
    """The values of the last JSON in a reply that alone gives the answer."""
    for start, end, value in reversed(list(_values(reply))):
        if same(reply[start:end]):
            needed = _needed(value, same, asked) if isinstance(value, dict) else None
            found = [Place(start + one, start + other, ".".join(path))
                     for path, one, other in _leaves(reply[start:end])
                     if needed is None or path[:1] == () or path[0] in needed]  # fmt: skip
            return found
    return []


def _values(reply: str) -> Iterator[tuple[int, int, Any]]:
    """(start, end, value) of the objects and lists that stand in a text, outermost."""
    behind = 0
    for tried, opens in enumerate(_OPENS.finditer(reply)):
        if tried >= _MOST:
            return
        if opens.start() < behind:
            continue
        try:
            value, behind = _decoder.raw_decode(reply, opens.start())
        except (ValueError, RecursionError):
            continue
        yield opens.start(), behind, value


def _needed(value: dict[str, Any], same: Callable[[str], bool], asked: frozenset[str]) -> set[str]:
    """The keys of an object whose values are of the answer: an explanation beside it is none."""
    kept = dict(value)
    for key in [key for key in value if key not in asked][:_MOST]:
        rest = {name: inner for name, inner in kept.items() if name != key}
        if rest and same(json.dumps(rest, ensure_ascii=False)):
            kept = rest
    return set(kept)


@dataclass(slots=True)
class _Open:
    """An object or a list while its values are gone through; ``key`` is that of the value that comes next."""

    start: int
    listed: bool
    key: str = ""
    number: int = 0
    keyed: bool = field(default=False)

    @property
    def step(self) -> str:
        return str(self.number) if self.listed else self.key


def _leaves(text: str) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """(path, start, end) of each value of a JSON text that holds no others: of a string what is between the quotes."""
    stack: list[_Open] = []
    before = ""
    for token in _JSON.finditer(text):
        sign, top = token[0], stack[-1] if stack else None
        if sign in "{[":
            stack.append(_Open(token.start(), sign == "["))
        elif sign in "}]":
            closed = stack.pop()
            if before in {"{", "["}:
                yield tuple(one.step for one in stack), closed.start, token.end()
        elif sign == ",":
            if top:
                top.number, top.keyed = top.number + 1, False
        elif sign == ":":
            if top:
                top.keyed = True
        elif top and not top.listed and not top.keyed:
            top.key = str(_decoder.decode(sign))
        else:
            inner = 1 if len(sign) > 2 and sign[0] == '"' else 0
            yield tuple(one.step for one in stack), token.start() + inner, token.end() - inner
        before = sign


def _in_lines(reply: str, same: Callable[[str], bool], shown: Sequence[str]) -> list[Place]:
    """The lines that hold the answer, each without the words around it."""
    lines = [found for found in (_bare(reply, *match.span()) for match in _LINE.finditer(reply)) if found]
    plain = [line for line in lines if reply[slice(*line)] in shown]
    if not plain or len(plain) != len(shown) or (len(plain) < len(lines) and not same(_text(reply, plain))):
        if not lines or len(lines) > _MOST or not same(_text(reply, lines)):
            return []
        plain = _fewest(lines, lambda kept: same(_text(reply, kept)))
    return [Place(*_words(reply, plain, number, same, shown)) for number in range(len(plain))]


def _words(reply: str, lines: Sequence[Range], number: int, same: Callable[[str], bool], shown: Sequence[str]) -> Range:
    """The words of one of the lines that hold the answer together with the other lines."""
    start, end = lines[number]
    if reply[start:end] in shown:
        return start, end
    words = [match.span() for match in _WORD.finditer(reply, start, end)]
    if len(words) > _MOST:
        return start, end

    def holds(kept: Sequence[Range]) -> bool:
        instead = [*lines[:number], (kept[0][0], kept[-1][1]), *lines[number + 1 :]]
        return same(_text(reply, instead))

    kept = _ends(words, holds)
    return kept[0][0], kept[-1][1]


def _fewest(ranges: Sequence[Range], holds: Callable[[Sequence[Range]], bool]) -> list[Range]:
    """The ranges without those at the ends, and then those between, that change nothing."""
    kept = _ends(ranges, holds)
    for one in kept[1:-1]:
        without = [other for other in kept if other != one]
        kept = without if holds(without) else kept
    return kept


def _ends(ranges: Sequence[Range], holds: Callable[[Sequence[Range]], bool]) -> list[Range]:
    """The shortest run of ranges to the last one that holds the answer, and of it the shortest from its first."""
    first = next((n for n in range(len(ranges) - 1, 0, -1) if holds(ranges[n:])), 0)
    kept = list(ranges[first:])
    last = next((n for n in range(1, len(kept)) if holds(kept[:n])), len(kept))
    return kept[:last]


def _bare(text: str, start: int, end: int) -> Range | None:
    """The range without blanks at its ends; None where nothing else is in it."""
    inner = text[start:end]
    left = start + len(inner) - len(inner.lstrip())
    return (left, left + len(inner.strip())) if inner.strip() else None


def _text(text: str, ranges: Sequence[Range]) -> str:
    return "\n".join(text[start:end] for start, end in ranges)
