"""The nouns that the rooms of the runner hand to one another."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from runner.prompt import Message, Prompt
from verifiers.label_set import LabelSet
from verifiers.verdict import Finish, Verdict

Part = Literal["reflect", "select", "test"]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to label.

    Attributes:
        gold: its verified labels; None if nobody verified any.
        part: the part of the split that its source puts it into; None where goldloop divides the items.
    """

    id: str
    text: str
    gold: tuple[str, ...] | None = None
    part: Part | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far annotators agree: what a prompt can reach at most, about.

    Attributes:
        items: those that two or more annotators labelled.
        exact: the share of them on which all gave the same labels.
        f1: the mean F1 of one annotator's labels against another's, over all pairs.
    """

    items: int
    exact: float
    f1: float


@dataclass(frozen=True)
class Data:
    """What a dataset gives.

    Attributes:
        items: the items with gold, in file order.
        labels: the label list.
        unlabelled, repeated: how many rows were left out because they have no gold, or repeat an earlier row's text.
        contradicted: ids of those repeats whose gold is another than that of the first row with their text.
        searched: texts that the searches behind the prompt to start from have learned from, if runs of before found it.
        sha256: of ids, texts, gold, marked parts and label list: what the result depends on.
        multiple: whether an item may have any number of labels, where the source says so.
        prompt: the prompt to start from, where the source has one.
        agreement: how far annotators agree with one another, where several labelled the same items.
    """

    items: Sequence[Item]
    labels: LabelSet
    sha256: str
    unlabelled: int = 0
    repeated: int = 0
    multiple: bool | None = None
    prompt: str | None = None
    agreement: Agreement | None = None
    contradicted: Sequence[str] = ()
    searched: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row of a source that cannot be labelled, and why in words. ``id`` is its number where it has none."""

    id: str
    problem: str


@dataclass(frozen=True)
class Call:
    """One question to a model.

    Attributes:
        messages: the chat.
        sample: 0, 1, 2 ... for independent answers to the same messages.
        temperature, max_tokens: instead of the provider's own, where not None.
        schema: a JSON schema for the reply, used if the provider was told to constrain replies.
    """

    messages: Sequence[Message]
    sample: int = 0
    temperature: float | None = None
    max_tokens: int | None = None
    schema: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model wrote, and what it took. ``cost_usd`` is None where the price is unknown, never 0.

    Half of a character (a lone surrogate, which JSON can carry and no file can) is replaced in ``text``.
    """

    text: str
    finish: Finish = "stop"
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    seconds: float = 0.0
    from_journal: bool = False

    def __post_init__(self) -> None:
        try:
            self.text.encode()
        except UnicodeEncodeError:
            whole = self.text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            object.__setattr__(self, "text", whole)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a provider is asked.

    Attributes:
        concurrency: calls at once, at most.
        timeout: seconds for one call.
        requests_per_minute, tokens_per_minute: None is without limit.
    """

    concurrency: int
    timeout: float
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one item: a reply and its verdict, or the name and the words of why the call failed for good."""

    item: Item
    reply: Reply | None = None
    verdict: Verdict | None = None
    failure: str | None = None
    detail: str = ""


@dataclass(frozen=True)
class Evaluation:
    """A prompt measured on items.

    Attributes:
        reward: over the items that have a verdict: those whose call did not fail, or failed by the prompt's doing.
        credits: item id -> its credit, for the same items.
    """

    prompt: Prompt
    outcomes: Sequence[Outcome]
    reward: float
    credits: Mapping[str, float]

    @property
    def verdicts(self) -> list[Verdict]:
        return [outcome.verdict for outcome in self.outcomes if outcome.verdict is not None]

    @property
    def exact(self) -> bool:
        """Whether every answer is right: nothing is left to gain."""
        return all(verdict.exact for verdict in self.verdicts)


@dataclass(frozen=True)
class RunInfo:
    """What a tracker is told when a run starts.

    Attributes:
        config: the saved configuration, secrets never in it.
        plan: sizes, models, calls at most (``runner.plan``).
        remarks: what the person may want to know or mend first, a sentence each.
    """

    directory: Path
    sweep: Path | None
    config: Mapping[str, Any]
    plan: Mapping[str, Any]
    remarks: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an evaluation is; ``number`` tells it from others at the same time, ``done`` is 0 when it begins.

    ``reward`` computes the reward of the items done so far.
    """

    stage: str
    number: int
    done: int
    total: int
    reward: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Usage:
    """What the run has taken so far, labeller and rewriter together."""

    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
