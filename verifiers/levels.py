"""How paths through a tree compare name by name: hierarchical F1, and figures of each level. Pure."""

from collections.abc import Mapping, Sequence

from verifiers.paths import ancestors
from verifiers.verdict import Match


def matches_of_ancestors(gold: Sequence[str], given: Sequence[str], separator: str) -> list[Match]:
    """The matches of which F1 = 2TP / (2TP + FP + FN) is hierarchical F1 (Kiritchenko et al. 2006).

    Compared are all names on the way to the paths, each with those above it, once. A name that is on
    several counts for the longest of them, of equals the first; so a path that is on the way to another has no match.
    Weights make the item's counts the numbers of names: in common, given only, in gold only.
    """
    due = [(path, ancestors(path, separator)) for path in gold]
    said = [(path, ancestors(path, separator)) for path in given]
    right = {name for _, names in due for name in names}
    found = [
        Match(path, hit=hits / len(own), wrong=1 - hits / len(own), weight=float(len(own)))
        for path, own in _own(said, set())
        for hits in [len(right.intersection(own))]
    ]
    lengths = {path: len(names) for path, names in due}
    missed = [
        Match(path, missing=len(own) / lengths[path], weight=float(lengths[path]))
        for path, own in _own(due, {name for _, names in said for name in names})
    ]
    if len(gold) == 1 == len(given) and missed:
        missed = [Match(gold[0], missing=missed[0].missing, instead=given[0], weight=missed[0].weight)]
    return [*found, *missed]


def _own(paths: Sequence[tuple[str, Sequence[str]]], seen: set[str]) -> list[tuple[str, list[str]]]:
    """Each path with its names that are not in ``seen`` and on no path before it; without those that have none."""
    found = []
    for path, names in sorted(paths, key=lambda pair: -len(pair[1])):
        if own := [name for name in names if name not in seen]:
            seen.update(own)
            found.append((path, own))
    order = {path: place for place, (path, _) in enumerate(paths)}
    return sorted(found, key=lambda pair: order[pair[0]])


def level_figures(pairs: Sequence[tuple[Sequence[str], Sequence[str] | None]], separator: str) -> Mapping[str, float]:
    """``level_1_accuracy``, ``level_1_f1``, ``level_2_accuracy`` ... and ``hierarchical_f1`` over all items.

    A level of an item is what its paths have there, with all above it. Accuracy is the share of items of which that is
    the same in gold and answer; of level 2 and below, of the items whose gold or answer goes so deep. F1 is
    2TP / (2TP + FP + FN) over all items. An unusable reply (None) is right nowhere and gives nothing.
    """
    figures: dict[str, float] = {}
    levels = [
        (_by_level(gold, separator), _by_level(answer or (), separator), answer is not None) for gold, answer in pairs
    ]
    deepest = max((level for gold, answer, _ in levels for level in (*gold, *answer)), default=0)
    all_counts = [0, 0]
    for level in range(1, deepest + 1):
        compared = [(gold.get(level, set()), answer.get(level, set()), read) for gold, answer, read in levels]
        reached = [(due, given, read) for due, given, read in compared if level == 1 or due or given]
        hits = 2 * sum(len(due & given) for due, given, _ in reached)
        whole = sum(len(due) + len(given) for due, given, _ in reached)
        all_counts = [all_counts[0] + hits, all_counts[1] + whole]
        figures[f"level_{level}_accuracy"] = sum(read and due == given for due, given, read in reached) / len(reached)
        figures[f"level_{level}_f1"] = hits / whole
    return figures | ({"hierarchical_f1": all_counts[0] / all_counts[1]} if all_counts[1] else {})


def _by_level(paths: Sequence[str], separator: str) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for path in paths:
        for level, name in enumerate(ancestors(path, separator), 1):
            found.setdefault(level, set()).add(name)
    return found
