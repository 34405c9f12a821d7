"""The calls about one row, and what they took."""

from collections.abc import Iterable, Mapping
from typing import Any

from runner.core.calls import Call, Reply
from runner.core.errors import CallFailed
from runner.core.items import Item
from runner.core.prompt import Prompt
from runner.core.protocols import ChatClient
from verifiers.verdict import Unusable
from verifiers.verifier import Reading, Verifier, read_reply


class RowCalls:
    """Asks about an item: once for its answer, and again where its certainty needs it.

    Args:
        logprobs: whether the first reply is to come with log-probabilities.
    """

    def __init__(self, client: ChatClient, prompt: Prompt, verifier: Verifier, item: Item, logprobs: bool) -> None:
        self._client, self._prompt, self._verifier, self._item = client, prompt, verifier, item
        self._logprobs = logprobs
        self._first: Reply | None = None
        self._further: list[Reply] = []
        self._failed = 0

    async def first(self) -> Reply:
        """The reply to the prompt that labels. Raises as the client does."""
        call = Call(self._prompt.messages(self._item.text), schema=self._schema(), logprobs=self._logprobs)
        self._first = await self._client.complete(call)
        return self._first

    async def again(
        self, prompt: Prompt | None = None, *, sample: int = 0, temperature: float | None = None
    ) -> Reading | Unusable | None:
        """As ``AskAgain`` has it."""
        messages = (prompt or self._prompt).messages(self._item.text)
        try:
            reply = await self._client.complete(Call(messages, sample, temperature, schema=self._schema()))
        except CallFailed:
            self._failed += 1
            return None
        self._further.append(reply)
        return read_reply(self._verifier, reply.text, self._item, reply.finish)

    def taken(self) -> dict[str, Any]:
        """What the calls took, as a row has it; nothing where the journal answered the only one."""
        row: dict[str, Any] = {} if self._first is None or self._first.from_journal else {"paid": True}
        replies = [*([self._first] if self._first else []), *self._further]
        if paid := [reply for reply in replies if not reply.from_journal]:
            row |= _summed(paid)
        if self._further or self._failed:
            row["further_calls"] = {
                "paid": sum(not reply.from_journal for reply in self._further),
                "journal": sum(reply.from_journal for reply in self._further),
                "failed": self._failed,
            }
        return row

    def _schema(self) -> Mapping[str, object]:
        return self._verifier.schema(self._item)


def _summed(replies: Iterable[Reply]) -> dict[str, Any]:
    """Tokens and dollars of replies that were paid for; dollars are None where one's are not known."""
    each = list(replies)
    costs = [reply.cost_usd for reply in each]
    row: dict[str, Any] = {
        "input_tokens": sum(reply.input_tokens for reply in each),
        "output_tokens": sum(reply.output_tokens for reply in each),
        "cost_usd": None if None in costs else sum(cost for cost in costs if cost is not None),
    }
    for name in ("reasoning_tokens", "cached_tokens"):
        known = [count for reply in each if (count := getattr(reply, name)) is not None]
        row |= {name: sum(known)} if known else {}
    return row
