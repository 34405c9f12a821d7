"""What a guard refuses before anything is asked: rewards without credits of single items, and no change."""

from collections.abc import Sequence

from runner.core.calls import Call
from runner.core.errors import ConfigError
from runner.core.gold import gold_of
from runner.core.items import Item
from runner.core.prompt import Prompt
from runner.core.protocols import Provider
from runner.providers.middleware.journal.keys import key_of
from runner.stats.non_inferiority import least_items, least_margin
from verifiers.rewards import Reward, lowest_of, refusal
from verifiers.verdict import Verdict
from verifiers.verifier import Reading, Verifier, judge, verdict_on

_TRIED = 20  # items whose credits are looked at
_CLOSE = 1e-9
_WIDE = 0.3  # a margin; nobody would call a model that is so much worse as good


def refuse_shared_credits(reward: Reward, verifier: Verifier, items: Sequence[Item]) -> None:
    """Raise ConfigError for a reward of all items together, as micro F1: its items have no credit of their own.

    It is found by what it does, so that a reward of one's own is found too: an item's credit must be from 0 to 1, and
    the same whatever stands beside it.
    """
    if why := refusal(reward, verifier):
        raise ConfigError(f"reward cannot be had for these answers: {why}", code="reward-unfit", key="reward")
    verdicts = _verdicts(verifier, items[:_TRIED])
    together = reward.credits(verdicts)
    alone = [reward.credits([verdict])[0] for verdict in verdicts]
    own = all(abs(one - other) < _CLOSE for one, other in zip(together, alone, strict=True))
    if lowest_of(reward) < 0 or not own or not all(-_CLOSE <= credit <= 1 + _CLOSE for credit in alone):
        name = type(reward).__name__
        raise ConfigError(
            f"reward {name}: it is counted over all items together, and guard compares item by item: add a reward of "
            "single items, as reward=f1 or reward=exact_match (mae or within for numbers); what the run has is judged "
            "by it without a call",
            code="no-item-credit",
            key="reward",
        )


def _verdicts(verifier: Verifier, items: Sequence[Item]) -> list[Verdict]:
    """For each item a right answer, the right answer to the next one, and no answer."""
    golds = [gold_of(verifier, item) for item in items]
    found = []
    for place, (item, gold) in enumerate(zip(items, golds, strict=True)):
        other = golds[(place + 1) % len(golds)]
        found += [verdict_on(verifier, gold, Reading(verifier.example(each))) for each in (gold, other)]
        found.append(judge(verifier, "", gold, item, "refusal"))
    return found


def too_few(items: int, margin: float, alpha: float, *, sealed_only: bool) -> str | None:
    """That so many items can never show ``no_worse``, and what would do, for people; None where they can.

    They can still show ``worse``, and so the model is asked.
    """
    least = least_items(margin, alpha)
    if least is not None and least <= items:
        return None
    smallest = least_margin(items, alpha)
    ways = [f"margin={smallest:g}"] if smallest and smallest <= _WIDE else []
    ways += ["items=all"] if sealed_only else []
    takes = "more than 20,000" if least is None else f"{least:,} at least"
    return (
        f"{items} items can show that it is worse, never that it is no worse: margin={margin:g} takes {takes} "
        f"({', '.join([*ways, 'or a run with more gold'])})"
    )


def refuse_no_change(
    items: Sequence[Item], before: tuple[Provider, Prompt], after: tuple[Provider, Prompt], verifier: Verifier
) -> None:
    """Raise ConfigError where the new calls are the run's: the journal would answer them with the old replies."""
    if all(_key(item, *before, verifier) == _key(item, *after, verifier) for item in items):
        raise ConfigError(
            "nothing is new: it is the model of the run with its prompt. Give provider.model=NEW or prompt_file=FILE; "
            "or journal.mode=refresh, which asks the same model again, to see whether it has changed",
            code="nothing-to-compare",
            key="provider.model",
        )


def _key(item: Item, provider: Provider, prompt: Prompt, verifier: Verifier) -> str:
    return key_of(provider.describe(call_about(item, prompt, verifier)))


def call_about(item: Item, prompt: Prompt, verifier: Verifier) -> Call:
    """The call that a prompt makes about an item."""
    return Call(prompt.without(item.text).messages(item.text), schema=verifier.schema(item), logprobs=True)
