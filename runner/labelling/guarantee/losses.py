"""Each gold item's loss: what a certificate is about."""

from collections.abc import Sequence

from runner.core.errors import ConfigError
from runner.core.gold import gold_of
from runner.core.items import Item
from runner.labelling.guarantee.wish import Wish
from runner.labelling.labeller import Row
from verifiers.rewards import Reward
from verifiers.verdict import Unusable, Verdict
from verifiers.verifier import Reading, Verifier, judge, verdict_on


def losses(wish: Wish, verifier: Verifier, items: Sequence[Item], rows: Sequence[Row]) -> list[float]:
    """From 0 (right) to 1; a row that failed has 1.

    Args:
        rows: what the items got, in their order, with the reply.
    """
    verdicts = [_verdict(verifier, item, row) for item, row in zip(items, rows, strict=True)]
    if not wish.by_reward:
        return [float(not verdict.exact) for verdict in verdicts]
    return [1 - credit for credit in wish.reward.credits(verdicts)]


def refuse_unfit(wish: Wish, verifier: Verifier) -> None:
    """Raise ConfigError if the losses are to be those of a reward that has none for a single item."""
    if wish.by_reward and not _of_single_items(wish.reward, verifier, wish.sealed):
        raise ConfigError(
            "loss=reward needs a reward of single items, from 0 to 1, as f1 or jaccard, and the run's is one of all "
            "items together: leave loss= out, so that an answer is right or wrong",
            code="reward-unfit",
            key="loss",
        )


def _of_single_items(reward: Reward, verifier: Verifier, items: Sequence[Item]) -> bool:
    """Whether credits are the same alone and among others: tried on right answers, and one that says nothing."""
    verdicts = [
        verdict_on(verifier, gold, Reading(verifier.example(gold)) if number else Unusable("unreadable"))
        for number, gold in enumerate(gold_of(verifier, item) for item in items)
    ]
    alone = [reward.credits([verdict])[0] for verdict in verdicts]
    return all(
        abs(one - other) < 1e-9 and 0 <= one <= 1 for one, other in zip(reward.credits(verdicts), alone, strict=True)
    )


def _verdict(verifier: Verifier, item: Item, row: Row) -> Verdict:
    gold = gold_of(verifier, item)
    if row["failure"]:
        return verdict_on(verifier, gold, Unusable("unreadable"))
    return judge(verifier, row["reply"], gold, item)
