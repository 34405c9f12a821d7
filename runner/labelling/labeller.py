"""What comes of one row: an answer with its score and certainty, or the name of why there are none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from runner.core.calls import Reply
from runner.core.errors import CallFailed
from runner.core.items import BadRow, Item
from runner.core.prompt import Prompt
from runner.core.protocols import Certainty, ChatClient
from runner.core.said import Said
from runner.labelling.certainty.none import NoCertainty
from runner.labelling.guarantee.guarantee import Guarantee
from runner.labelling.row_calls import RowCalls
from runner.providers.middleware.client import ModelClient
from verifiers.verdict import LABELS, Unusable
from verifiers.verifier import Reading, Verifier, is_empty, keys_of_answer, read_reply

_SHOWN = 200  # characters of a reply that could not be used

Row = dict[str, Any]


@dataclass(frozen=True)
class Labeller:
    """How a row is labelled.

    Attributes:
        score_of: the score of an answer with these classes; None where nobody measured any.
        version: the model version that each row carries.
        reply: whether rows keep what the model wrote.
        max_failed: the share of the last 1,000 calls that may fail for good.
        certainty: how certain the model is of an answer; of kind ``none`` rows say nothing of it.
        guarantee: which rows are accepted, the others are for people; None: rows say nothing of it.
    """

    client: ModelClient
    prompt: Prompt
    verifier: Verifier
    score_of: Callable[[Sequence[str]], float | None]
    version: str
    reply: bool
    max_failed: float
    certainty: Certainty = field(default_factory=NoCertainty)
    guarantee: Guarantee | None = None

    async def row(self, item: Item | BadRow, client: ChatClient | None = None) -> Row:
        """What came of a row.

        Args:
            client: whom to ask instead of ``client``.

        Raises:
            BudgetSpent, ProviderError: nothing came of it, nor will of others.
        """
        if isinstance(item, BadRow):
            return self._failed(item.id, "bad_row", item.problem)
        asked = client or self.client
        calls = RowCalls(asked, self.prompt, self.verifier, item, self.certainty.welcomes_logprobs)
        try:
            reply = await calls.first()
        except CallFailed as failure:
            return self._failed(item.id, failure.kind, failure.detail)
        read = read_reply(self.verifier, reply.text, item, reply.finish)
        row = self._read(item, reply, read)
        if self.certainty.kind != "none" and row["failure"] is None and isinstance(read, Reading):
            row["certainty"] = await self.certainty.of(Said(item, reply, read.answer, self.verifier), calls.again)
            if self.guarantee:
                row["review"] = not self.guarantee.accepts(row)
        return row | calls.taken()

    def _read(self, item: Item, reply: Reply, read: Reading | Unusable) -> Row:
        unfit = [] if isinstance(read, Unusable) else [words[:_SHOWN] for _, words in read.unfit]
        if isinstance(read, Unusable):
            row = self._failed(item.id, read.name, reply.text[:_SHOWN])
        elif unfit and is_empty(self.verifier.dump(read.answer)):
            # A strange name is no statement that there is nothing.
            row = self._failed(item.id, read.unfit[0][0], reply.text[:_SHOWN])
        else:
            row = self._answered(item, read.answer)
        if unfit:
            row["out_of_list"] = unfit
        if self.reply:
            row["reply"] = reply.text
        return row

    def _answered(self, item: Item, answer: Any) -> Row:
        keys, column = keys_of_answer(self.verifier, answer, item), self.verifier.words.column
        row = {"id": item.id, column: self.verifier.dump(answer), "score": self.score_of(keys), **self._unknown}
        row["failure"] = None
        row["model_version"] = self.version
        return row if column == LABELS else {**row, "classes": list(keys)}

    def _failed(self, name: str, kind: str, detail: str) -> Row:
        row = {
            "id": name,
            self.verifier.words.column: None,
            "score": None,
            **self._unknown,
            "failure": kind,
            "model_version": self.version,
        }
        return {**row, "detail": detail} if detail else row

    @property
    def _unknown(self) -> Row:
        """The columns of a certainty that is not known, so that the row is for people."""
        kind = self.certainty.kind
        known = {} if kind == "none" else {"certainty": None, "certainty_kind": kind}
        return {**known, "review": True} if self.guarantee else known
