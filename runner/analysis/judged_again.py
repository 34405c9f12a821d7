"""Replies of a past run judged by today's verifier, where that reads or compares them in another way than then."""

from runner.core.gold import gold_of
from runner.core.items import Item
from runner.runs.reader import Run
from verifiers.verdict import Finish
from verifiers.verifier import Verifier, judge

_FINISHES: dict[str, Finish] = {"truncated": "length", "empty": "empty"}


def reader_change(run: Run, verifier: Verifier) -> str:
    """The versions of the verifier then and now, in words; empty where they are the same."""
    then = run.result.verifier_version or 1
    return "" if then == verifier.version else f"reader {then} -> {verifier.version}"


def differing_verdicts(run: Run, verifier: Verifier) -> tuple[int, int]:
    """(final replies of the best prompt whose verdict is another one now, all of them)."""
    gold = {item.id: item for item in run.data().items}
    judged = differ = 0
    for row in run.predictions:
        if row.reply is None or row.id not in gold:
            continue
        item: Item = gold[row.id]
        finish = _FINISHES.get(row.failure or "", "stop")
        verdict = judge(verifier, row.reply, gold_of(verifier, item), item, finish)
        judged += 1
        differ += verdict.feedback() != row.verdict
    return differ, judged
