"""Which kind of certainty tells right answers from wrong ones best, on items with gold that were asked about before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan

from runner.core.errors import CallFailed, ConfigError, JournalError
from runner.core.gold import gold_of
from runner.core.items import Item
from runner.core.prompt import Prompt
from runner.core.protocols import Certainty, ChatClient
from runner.core.said import Said
from runner.labelling.row_calls import RowCalls
from runner.stats.risk_coverage import area_under_risk_coverage
from verifiers.verdict import Unusable
from verifiers.verifier import Reading, Verifier, judge, read_reply

_DIGITS = 4


@dataclass(frozen=True)
class CertaintyChoice:
    """What was chosen, and by what.

    Attributes:
        kind: the chosen one. items: on how many answered select items.
        wrong: how many of those answers are not exactly right.
        areas: kind -> the area under its risk-coverage curve, lower is better.
        left_out: kind -> why it could not be compared.
    """

    kind: str
    items: int
    wrong: int
    areas: Mapping[str, float]
    left_out: Mapping[str, str]

    @property
    def words(self) -> str:
        """For people, in a line."""
        areas = ", ".join(f"{kind} {value:.4f}" for kind, value in self.areas.items())
        left = "".join(f"; {kind} not compared: {why}" for kind, why in self.left_out.items())
        of = f"on {self.items} select items with {self.wrong} wrong answers"
        return f"certainty {self.kind}: the smallest area under the risk-coverage curve {of} ({areas}{left})"


@dataclass(frozen=True)
class _Recorded:
    """Asks what was asked before, as it was asked on the select items: without examples of the item itself."""

    client: ChatClient
    prompt: Prompt
    verifier: Verifier
    item: Item

    def calls(self) -> RowCalls:
        prompt = self.prompt.without(self.item.text)
        return RowCalls(self.client, prompt, self.verifier, self.item, logprobs=True)

    async def said(self) -> Said | None:
        """None where the call failed, was not made, or its reply has no answer."""
        try:
            reply = await self.calls().first()
        except (CallFailed, JournalError):
            return None
        read = read_reply(self.verifier, reply.text, self.item, reply.finish)
        return Said(self.item, reply, read.answer, self.verifier) if isinstance(read, Reading) else None

    async def again(
        self, prompt: Prompt | None = None, *, sample: int = 0, temperature: float | None = None
    ) -> Reading | Unusable | None:
        other = prompt and prompt.without(self.item.text)
        return await self.calls().again(other, sample=sample, temperature=temperature)


async def choose(
    kinds: Sequence[Certainty], client: ChatClient, prompt: Prompt, verifier: Verifier, items: Sequence[Item]
) -> CertaintyChoice:
    """The kind with the smallest area under the risk-coverage curve; of equals the first.

    Args:
        client: answers what was asked before, and raises JournalError for all else: nothing is paid to choose.
        items: with gold; those whose answer could be read are counted.

    Raises:
        ConfigError: no kind can be compared.
    """
    recorded = [_Recorded(client, prompt, verifier, item) for item in items]
    answered = [(one, said) for one in recorded if (said := await one.said())]
    losses = [float(not _right(said)) for _, said in answered]
    areas: dict[str, float] = {}
    left_out: dict[str, str] = {}
    for certainty in kinds:
        try:
            found = [await certainty.of(said, one.again) for one, said in answered]
        except JournalError:
            left_out[certainty.kind] = "the search did not ask for it"
            continue
        values = [nan if value is None else value for value in found]
        if all(map(isnan, values)):
            left_out[certainty.kind] = "nothing of it is in the search's replies"
        else:
            areas[certainty.kind] = round(area_under_risk_coverage(values, losses), _DIGITS)
    if not areas:
        why = "; ".join(f"{kind}: {words}" for kind, words in left_out.items())
        raise ConfigError(
            f"certainty=auto has nothing to choose by: {len(answered)} select items have an answer of this model in "
            f"the search ({why}): name a kind, as certainty=logprobs or certainty=samples",
            code="certainty-not-measured",
            key="certainty",
        )
    kind = min(areas, key=lambda name: areas[name])
    return CertaintyChoice(kind, len(answered), int(sum(losses)), areas, left_out)


def _right(said: Said) -> bool:
    gold = gold_of(said.verifier, said.item)
    return judge(said.verifier, said.reply.text, gold, said.item, said.reply.finish).exact
