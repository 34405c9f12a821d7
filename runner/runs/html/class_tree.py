"""The classes of a run as a tree, where they are paths of one, and where gold and answer part on the way. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from runner.core.run_rows import PredictionRow
from runner.runs.html.answer_parts import BETWEEN, Names
from runner.runs.html.confusion import confused_keys

Paths = Mapping[str, Sequence[str]]
"""Class -> its names from the top of the tree."""

_DEEPEST = 20  # levels that are drawn; names below them stand together in one node


@dataclass(frozen=True)
class Parting:
    """Where an answer leaves the path of gold: the names that both have, then those of each; empty where it ends."""

    shared: Names
    gold: Names
    given: Names


@dataclass(frozen=True)
class Node:
    """A node that occurs in gold or in an answer.

    Attributes:
        gold, given, right: items whose gold, answer, or both have a path through it.
        below: the nodes below, most frequent first.
        parted: where answers leave gold right below this node -> the ids of those items, most frequent first.
    """

    name: str
    gold: int
    given: int
    right: int
    below: Sequence["Node"]
    parted: Mapping[Parting, Sequence[str]]

    @property
    def f1(self) -> float:
        """2TP / (2TP + FP + FN) over the items."""
        return 2 * self.right / (self.gold + self.given)


@dataclass
class _Count:
    gold: int = 0
    given: int = 0
    right: int = 0
    parted: dict[Parting, list[str]] = field(default_factory=dict)


def class_tree(rows: Iterable[PredictionRow], paths: Paths) -> Node | None:
    """The tree of the judged items, as a node without a name above all; None where no class is a node.

    Its figures: items with any path in gold, with any in the answer, and with any in common.
    """
    counts: dict[Names, _Count] = {}
    for row in rows:
        if not row.judged:
            continue
        gold, given = (_nodes(keys, paths) for keys in (row.due_keys, row.given_keys))
        for node in dict.fromkeys([*gold, *given]):
            count = counts.setdefault(node, _Count())
            count.gold += node in gold
            count.given += node in given
            count.right += node in gold and node in given
        for parting in partings(row, paths):
            counts[_drawn(parting.shared)].parted.setdefault(parting, []).append(row.id)
    return _node((), counts, _children(counts)) if counts else None


def partings(row: PredictionRow, paths: Paths) -> list[Parting]:
    """Where the answers of an item leave the paths of gold for which they were given, each once."""
    ways = ((paths.get(gold or ""), paths.get(given or "")) for gold, given in confused_keys(row))
    return list(dict.fromkeys(_parting(tuple(gold), tuple(given)) for gold, given in ways if gold and given))


def _parting(gold: Names, given: Names) -> Parting:
    shared = 0
    while shared < min(len(gold), len(given)) and gold[shared] == given[shared]:
        shared += 1
    return Parting(gold[:shared], gold[shared:], given[shared:])


def _nodes(keys: Iterable[str], paths: Paths) -> dict[Names, None]:
    """The nodes on the way to the classes, and the top; none where no class is a path."""
    found = [_drawn(paths[key]) for key in keys if key in paths]
    return dict.fromkeys(path[:length] for path in found for length in range(len(path) + 1))


def _drawn(path: Sequence[str]) -> Names:
    """A path of as many names as are drawn."""
    return (*path[:_DEEPEST], BETWEEN.join(path[_DEEPEST:])) if len(path) > _DEEPEST else tuple(path)


def _children(counts: Iterable[Names]) -> dict[Names, list[Names]]:
    children: dict[Names, list[Names]] = {}
    for path in counts:
        if path:
            children.setdefault(path[:-1], []).append(path)
    return children


def _node(path: Names, counts: Mapping[Names, _Count], children: Mapping[Names, Sequence[Names]]) -> Node:
    own = counts[path]
    below = [_node(child, counts, children) for child in children.get(path, ())]
    below.sort(key=lambda node: (-node.gold, -node.given))  # stable: of equals the one that came first
    parted = dict(sorted(own.parted.items(), key=lambda entry: -len(entry[1])))
    return Node(path[-1] if path else "", own.gold, own.given, own.right, below, parted)
