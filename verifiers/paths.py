"""Paths through a tree of names: of a taxonomy, and how they are found in what people and models write. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from verifiers.label_set import LabelSet
from verifiers.spelling import Form

Tree = Mapping[str, object] | Sequence[object]
"""Name -> what is below it (a tree, or a text that says what the name means, or null); or a list of names and trees."""

_ARROWS = re.compile(r"->|=>|→|⇒|»|›|>|/|\\|\||::")
_WRAPS = " \t*`\"'“”"


def in_tree(tree: object, separator: str, *, inner: bool) -> dict[str, str]:
    """The path texts of a tree -> what each means, in its order.

    Args:
        inner: whether a path may end above a leaf.

    Raises:
        ValueError: a name that is blank or holds the separator, or a tree of something else.
    """
    return {join(path, separator): meaning for path, meaning, is_leaf in _walk(tree, ()) if path and (inner or is_leaf)}


def _walk(tree: object, above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str, bool]]:
    """(path, what it means, whether it is a leaf) of each node below ``above``."""
    if isinstance(tree, Mapping):
        for name, below in tree.items():
            path = (*above, str(name))
            meaning = below if isinstance(below, str) else ""
            yield path, meaning, meaning != "" or not below
            if not meaning and below:
                yield from _walk(below, path)
    elif isinstance(tree, Sequence) and not isinstance(tree, str):
        for part in tree:
            if isinstance(part, Mapping):
                yield from _walk(part, above)
            elif isinstance(part, str | int):
                yield (*above, str(part)), "", True
            else:
                raise ValueError(f"a tree is made of names, lists and mappings, found {part!r:.80}")
    else:
        raise ValueError(f"a tree is a mapping or a list, found {tree!r:.80}")


def join(path: Sequence[str], separator: str) -> str:
    """The text of a path. Raises ValueError: it is empty, or a name in it is blank or holds the separator."""
    names = [name.strip() for name in path]
    if not all(names) or not names:
        raise ValueError(f"a path is made of names, found {list(path)!r:.80}")
    if holding := [name for name in names if separator in f" {name} "]:
        raise ValueError(f"the name {holding[0]!r:.80} holds the separator {separator!r}: choose another one")
    return separator.join(names)


@dataclass(frozen=True)
class Paths:
    """The paths of a taxonomy, found by what is written for them."""

    listed: LabelSet
    separator: str

    def find(self, text: str) -> str | None:
        """The path that ``text`` spells, whatever its case and spacing; None if it is none, or not for certain one.

        Its parts may be separated by arrows and slashes too. The end of a path is taken for it (``transfer`` for
        ``banking > transfer``) where exactly one name in the tree has that place, on a path or above it.
        """
        text = text.strip()
        if not text or len(text) > self._longest:
            return None
        for parts in (text.split(self.separator), text.split(self.separator.strip()), _ARROWS.split(text)):
            spelt = self.separator.join(part.strip(_WRAPS) for part in parts)
            if found := self.listed.find(spelt) or self._by_end(spelt):
                return found
        return None

    @cached_property
    def _longest(self) -> int:
        """Characters of a text that may be a path, with twice as many for marks around its names."""
        return 2 * max(map(len, self.listed), default=0) + 40

    def _by_end(self, text: str) -> str | None:
        name = self._ends.find(text)
        ending = self._nodes_by_end.get(Form.of(name), ()) if name else ()
        return ending[0] if len(ending) == 1 and ending[0] in self.listed else None

    @cached_property
    def _nodes_by_end(self) -> Mapping[Form, Sequence[str]]:
        """The nodes of the tree, inner ones too, by each of their ends."""
        nodes = dict.fromkeys(node for path in self.listed for node in ancestors(path, self.separator))
        found: dict[Form, list[str]] = {}
        for node in nodes:
            parts = node.split(self.separator)
            for place in range(len(parts)):
                found.setdefault(Form.of(self.separator.join(parts[place:])), []).append(node)
        return found

    @cached_property
    def _ends(self) -> LabelSet:
        """The ends of paths; ends that look alike are two, and then neither is found."""
        parted = (path.split(self.separator) for path in self.listed)
        ends = dict.fromkeys(self.separator.join(parts[place:]) for parts in parted for place in range(1, len(parts)))
        return LabelSet(dict.fromkeys(ends, ""), recorded=True)


def ancestors(path: str, separator: str) -> list[str]:
    """A path text and all above it, from the top: ``a > b`` is below ``a``."""
    parts = path.split(separator)
    return [separator.join(parts[:length]) for length in range(1, len(parts) + 1)]
