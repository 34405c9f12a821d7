"""Pairs the spans of an answer with those of gold, and SemEval-2013's four figures. Pure."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from verifiers.verdict import Match

MatchMode = Literal["exact", "overlap", "type"]
"""When two spans of the same label are the same: the same characters; an overlap that is large enough; any overlap."""

_MOSTLY = 1e-6  # how much the overlap counts beside the credit: it decides only between equals


class Marked(Protocol):
    """A label on the characters from ``start`` up to ``end``."""

    @property
    def label(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def where(self) -> str: ...


def matches(gold: Sequence[Marked], given: Sequence[Marked], mode: MatchMode, iou: float) -> list[Match]:
    """What of ``given`` is right and wrong, in its order, then what of ``gold`` is missing.

    Each span is paired with one other at most, so that the credit is the largest possible. With ``overlap``, a pair
    whose characters are not the same ones has half the credit. What is right but for its label is told with both.
    """
    pairs = assigned(_edges(gold, given, mode, iou, same_label=True))
    other = [(due, said) for due, said, _ in _edges(gold, given, mode, iou, same_label=False)]
    paired = {due for due, _ in pairs}, {said for _, said in pairs}
    free = {(due, said): 1.0 for due, said in other if due not in paired[0] and said not in paired[1]}
    confused = dict(assigned([(due, said, weight) for (due, said), weight in free.items()]))
    where = {said: gold[due].where for due, said in confused.items()}
    due_of = {said: due for due, said in pairs}
    half = {said for due, said in pairs if mode == "overlap" and _overlap(gold[due], given[said]) < 1}
    found = []
    for said, span in enumerate(given):
        credit = 0.0 if said not in due_of else 0.5 if said in half else 1.0
        found.append(Match(span.label, hit=credit, wrong=1 - credit, where=where.get(said, span.where)))
    missed = {due: 1.0 for due in range(len(gold)) if due not in paired[0]} | {due_of[said]: 0.5 for said in half}
    for due in sorted(missed):
        instead = given[confused[due]].label if due in confused else None
        found.append(Match(gold[due].label, missing=missed[due], instead=instead, where=gold[due].where))
    return found


def assigned(edges: Sequence[tuple[int, int, float]]) -> list[tuple[int, int]]:
    """The pairs of (row, column, weight) with the largest sum of weights in which each row and column stands once.

    Weights are above 0. Sorted by row.
    """
    rows, columns = ({edge[side] for edge in edges} for side in (0, 1))
    if len(rows) == len(columns) == len(edges):
        return sorted((row, column) for row, column, _ in edges)
    if len(rows) == 1 or len(columns) == 1:
        row, column, _ = max(edges, key=lambda edge: edge[2])
        return [(row, column)]
    import numpy as np  # only where there is a choice: it takes a while to load
    from scipy.optimize import linear_sum_assignment

    row_of, column_of = ({one: place for place, one in enumerate(sorted(side))} for side in (rows, columns))
    weights = np.zeros((len(rows), len(columns)))
    for row, column, weight in edges:
        weights[row_of[row], column_of[column]] = weight
    chosen = zip(*linear_sum_assignment(weights, maximize=True), strict=True)
    names = sorted(rows), sorted(columns)
    return [(names[0][row], names[1][column]) for row, column in chosen if weights[row, column]]


def _edges(
    gold: Sequence[Marked], given: Sequence[Marked], mode: MatchMode, iou: float, *, same_label: bool
) -> list[tuple[int, int, float]]:
    """(gold, given, weight) of all that may be paired: with the same label, or with another one."""
    order = sorted(range(len(given)), key=lambda said: given[said].start)
    starts = [given[said].start for said in order]
    found = []
    for due, span in enumerate(gold):
        first = bisect_left(starts, span.start) if mode == "exact" else 0
        for said in order[first : bisect_left(starts, span.start + 1 if mode == "exact" else span.end)]:
            shared = _overlap(span, given[said])
            fits = shared == 1 if mode == "exact" else shared >= iou if mode == "overlap" else shared > 0
            if fits and (span.label == given[said].label) == same_label:
                credit = 0.5 if mode == "overlap" and shared < 1 else 1.0
                found.append((due, said, credit + _MOSTLY * shared))
    return found


def _overlap(one: Marked, other: Marked) -> float:
    """Shared characters / characters of both together (intersection over union)."""
    shared = min(one.end, other.end) - max(one.start, other.start)
    return shared / (max(one.end, other.end) - min(one.start, other.start)) if shared > 0 else 0.0


def semeval_figures(pairs: Sequence[tuple[Sequence[Marked], Sequence[Marked]]]) -> Mapping[str, float]:
    """Precision, recall and F1 over (gold, given) of all items, in the four ways of SemEval-2013, task 9.1.

    ``strict``: characters and label agree; ``exact``: the characters; ``partial``: the characters, half where they
    only overlap; ``type``: the label, where characters overlap. Equal to nervaluate 1.2's, whose rule is: each given
    span in turn takes the gold span that it agrees with, else the first free one that it overlaps (by 1% of it).
    """
    due, given = (sum(len(pair[side]) for pair in pairs) for side in (0, 1))
    figures = {}
    for way in ("strict", "exact", "partial", "type"):
        credit = sum(_credit(gold, said, way) for gold, said in pairs)
        figures[f"{way}.precision"] = credit / given if given else 0.0
        figures[f"{way}.recall"] = credit / due if due else 0.0
        figures[f"{way}.f1"] = 2 * credit / (due + given) if credit else 0.0
    return figures


def _credit(gold: Sequence[Marked], given: Sequence[Marked], way: str) -> float:
    free = dict(enumerate(gold))
    credit = 0.0
    for span in given:
        near = [due for due, one in free.items() if _touches(one, span)]
        taken = next((due for due in near if _agrees(free[due], span, way)), None)
        if way == "type" and taken is not None:  # of those with its label the one with the nearest bounds
            same = [due for due in near if free[due].label == span.label]
            taken = min(same, key=lambda due: abs(free[due].start - span.start) + abs(free[due].end - span.end))
        credit += 0.0 if taken is None else 1.0
        if taken is None and near:
            taken = near[0]
            credit += 0.5 if way == "partial" else 0.0
        if taken is not None:
            del free[taken]
    return credit


def _touches(gold: Marked, given: Marked) -> bool:
    shared = min(gold.end, given.end) - max(gold.start, given.start)
    return shared > 0 and shared / (gold.end - gold.start) * 100.0 >= 1.0


def _agrees(gold: Marked, given: Marked, way: str) -> bool:
    if way != "type" and (gold.start, gold.end) != (given.start, given.end):
        return False
    return way in {"exact", "partial"} or gold.label == given.label
