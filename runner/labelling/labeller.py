"""What comes of one row: labels with their score, or the name of why there are none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from runner.core.calls import Call, Reply
from runner.core.errors import CallFailed
from runner.core.items import BadRow, Item
from runner.core.prompt import Prompt
from runner.providers.middleware.client import ModelClient
from verifiers.label_set import LabelSet
from verifiers.verdict import Verdict, Verifier

_SHOWN = 200  # characters of a reply that could not be used

Row = dict[str, Any]


@dataclass(frozen=True)
class Labeller:
    """How a row is labelled.

    Attributes:
        score_of: the score of some labels; None where nobody measured any.
        version: the model version that each row carries.
        reply: whether rows keep what the model wrote.
        max_failed: the share of the last 1,000 calls that may fail for good.
    """

    client: ModelClient
    prompt: Prompt
    labels: LabelSet
    verifier: Verifier
    score_of: Callable[[Sequence[str]], float | None]
    version: str
    reply: bool
    max_failed: float

    async def row(self, item: Item | BadRow) -> Row:
        """What came of a row.

        Raises:
            BudgetSpent, ProviderError: nothing came of it, nor will of others.
        """
        if isinstance(item, BadRow):
            return self._failed(item.id, "bad_row", item.problem)
        schema = self.verifier.reply_schema(self.labels)
        try:
            reply = await self.client.complete(Call(self.prompt.messages(item.text), schema=schema))
        except CallFailed as failure:
            return self._failed(item.id, failure.kind, failure.detail)
        verdict = self.verifier.judge(reply.text, gold=(), labels=self.labels, finish=reply.finish)
        return self._judged(item.id, reply, verdict)

    def _judged(self, name: str, reply: Reply, verdict: Verdict) -> Row:
        failure: str | None = verdict.bad_reply
        if verdict.out_of_list and not verdict.predicted:
            failure = failure or "out_of_list"  # a strange name is no statement that no label applies
        if failure:
            row = self._failed(name, failure, reply.text[:_SHOWN])
        else:
            labels = list(verdict.predicted)
            row = {"id": name, "labels": labels, "score": self.score_of(labels), "failure": None}
            row["model_version"] = self.version
        if verdict.out_of_list:
            row["out_of_list"] = [label[:_SHOWN] for label in verdict.out_of_list]
        if self.reply:
            row["reply"] = reply.text
        if not reply.from_journal:
            row |= {"paid": True, "input_tokens": reply.input_tokens, "output_tokens": reply.output_tokens}
            row["cost_usd"] = reply.cost_usd
            parts = {"reasoning_tokens": reply.reasoning_tokens, "cached_tokens": reply.cached_tokens}
            row |= {name: count for name, count in parts.items() if count is not None}
        return row

    def _failed(self, name: str, kind: str, detail: str) -> Row:
        row = {"id": name, "labels": None, "score": None, "failure": kind, "model_version": self.version}
        return {**row, "detail": detail} if detail else row
