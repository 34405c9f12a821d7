"""Where a prompt comes from: its lines that are new, what an edit fixed and broke, by item and by label pair. Pure."""

from collections import Counter
from collections.abc import Collection
from typing import TypedDict

from runner.core.evaluation import Evaluation
from verifiers.confusions import confused_in
from verifiers.verdict import UNFIT_WORDS, Verdict

NOTHING = "nothing"


def confusions(verdict: Verdict) -> list[str]:
    """What went wrong, as ``"right → given"``: each missing key with each wrong one, or with nothing.

    What is unfit goes by ``UNFIT_WORDS``; a reply without an answer goes by its name, as in ``"A → refused"``.
    """
    pairs = confused_in(verdict, unfit_words(verdict) + ([verdict.unusable] if verdict.unusable else []))
    return [f"{NOTHING if right is None else right} → {NOTHING if wrong is None else wrong}" for right, wrong in pairs]


def unfit_words(verdict: Verdict) -> list[str]:
    """What a verdict has that is unfit, each kind once: not the words themselves, which can be an item's."""
    return list(dict.fromkeys(UNFIT_WORDS[match.reason] for match in verdict.unfit if match.reason))


class EditEffect(TypedDict):
    """What an edit changed, as ``CandidateRecord`` has it."""

    fixed: list[str] | None
    broken: list[str] | None
    fixed_pairs: dict[str, int] | None
    broken_pairs: dict[str, int] | None


def fixed_and_broken(parent: Evaluation | None, child: Evaluation) -> EditEffect:
    """What ``child`` does otherwise than its parent, over the items both have a verdict on.

    Returns:
        ``fixed``, ``broken``: ids of items that were wrong and are right, and the other way round;
        ``fixed_pairs``, ``broken_pairs``: the confusions that went with those items, and that came, each with a count,
        the most frequent first. All None without a parent.
    """
    if parent is None:
        return {"fixed": None, "broken": None, "fixed_pairs": None, "broken_pairs": None}
    before, after = _verdicts(parent), _verdicts(child)
    both = before.keys() & after.keys()
    fixed = sorted(item for item in both if after[item].exact and not before[item].exact)
    broken = sorted(item for item in both if before[item].exact and not after[item].exact)
    return {
        "fixed": fixed,
        "broken": broken,
        "fixed_pairs": _counted(before, fixed),
        "broken_pairs": _counted(after, broken),
    }


def _verdicts(evaluation: Evaluation) -> dict[str, Verdict]:
    return {outcome.item.id: outcome.verdict for outcome in evaluation.outcomes if outcome.verdict is not None}


def _counted(verdicts: dict[str, Verdict], items: Collection[str]) -> dict[str, int]:
    pairs = Counter(pair for item in items for pair in confusions(verdicts[item]))
    return dict(sorted(pairs.items(), key=lambda entry: (-entry[1], entry[0])))
