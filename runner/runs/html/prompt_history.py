"""The versions that a prompt went through: each accepted edit, what it changed, and what that fixed and broke. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from runner.core.run_rows import EpochRecord
from runner.runs.html.word_diff import Piece, sides


@dataclass(frozen=True)
class Version:
    """An edit that became the best prompt.

    Attributes:
        epoch: when. parent_epoch: the epoch that its parent was proposed in, 0 for the initial prompt.
        change: what the strategy calls it.
        select: its reward on the select items, and ``before`` the best one's till then.
        fixed, broken: ids of select items that it answers rightly and its parent does not, and the other way round.
        fixed_pairs, broken_pairs: the confusions ("right → given") that went with them, and that came, with counts.
        calls, usd: made since the edit before, and what they cost when they were asked; None where it is not known.
        old, new: both texts in pieces.
    """

    epoch: int
    parent_epoch: int
    change: str
    before: float
    select: float
    fixed: Sequence[str]
    broken: Sequence[str]
    fixed_pairs: Mapping[str, int]
    broken_pairs: Mapping[str, int]
    calls: int | None
    usd: float | None
    old: Sequence[Piece]
    new: Sequence[Piece]


def versions(initial: str, epochs: Sequence[EpochRecord]) -> list[Version]:
    """The accepted edits in order; where there are several, the first of the list is all of them as one."""
    found: list[Version] = []
    if not epochs:
        return found
    known = {epochs[0].best.prompt: (0, initial)}  # fingerprint -> epoch and text
    held, text, made = epochs[0].best, initial, epochs[0]
    for row in epochs:
        for candidate in row.candidates:
            known.setdefault(candidate.prompt, (row.epoch, candidate.text))
        best = row.best
        chosen = next((one for one in row.candidates if one.prompt == best.prompt), None)
        if best.prompt == held.prompt or chosen is None:
            continue
        parent_epoch, parent = known.get(chosen.parent, (0, text))
        found.append(
            Version(
                row.epoch, parent_epoch, chosen.change, held.select, best.select,
                chosen.fixed or [], chosen.broken or [],
                chosen.fixed_pairs or {}, chosen.broken_pairs or {},
                *_since(made, row), *sides(parent, chosen.text),
            )
        )  # fmt: skip
        held, text, made = best, chosen.text, row
    if len(found) < 2:
        return found
    first, last = epochs[0].best.select, found[-1]
    took = _since(epochs[0], made)
    whole = Version(last.epoch, 0, "all edits", first, last.select, [], [], {}, {}, *took, *sides(initial, text))
    return [whole, *found]


def _since(before: EpochRecord, now: EpochRecord) -> tuple[int | None, float | None]:
    """Calls and dollars between two records."""
    calls = None if before.calls is None or now.calls is None else now.calls - before.calls
    known = before.worth_usd is not None and now.worth_usd is not None
    return calls, now.worth_usd - before.worth_usd if known else None  # type: ignore[operator]
