"""Items, their gold, and what a dataset gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from runner.core.error_codes import Code
from verifiers.label_set import LabelSet
from verifiers.verifier import Verifier

Part = Literal["reflect", "select", "test"]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to label.

    Attributes:
        gold: its verified answer as its source has it: names of labels as a tuple, else a value that JSON can hold.
            ``Verifier.gold`` makes an answer of it. None if nobody verified any.
        part: the part of the split that its source puts it into; None where goldloop divides the items.
        classes: those of its gold, each once, where gold is more than names of labels.
    """

    id: str
    text: str
    gold: Any = None
    part: Part | None = None
    classes: tuple[str, ...] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The classes of its gold, for splits and counts; none where it has nothing."""
        return self.gold or () if self.classes is None else self.classes


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
        labels: the names that answers are made of; without any where the verifier has them, or none.
        unlabelled, repeated: how many rows were left out because they have no gold, or repeat an earlier row's text.
        contradicted: ids of those repeats whose gold is another than that of the first row with their text.
        notes: what else is worth saying of the source before a run, a sentence each.
        respelt: names in gold that were read as another one that looks the same, in words.
        searched: texts that the searches behind the prompt to start from have learned from, if runs of before found it.
        sha256: of ids, texts, gold, marked parts and label list: what the result depends on.
        multiple: whether an item may have any number of labels, where the source says so.
        prompt: the prompt to start from, where the source has one.
        agreement: how far annotators agree with one another, where several labelled the same items.
        rows: id -> the number of its row, where the source is a file of rows: what problems of gold are named by.
        verifier: how answers are read and compared, its vocabulary bound, where the source says so; it is taken where
            the configuration leaves that open (``verifier=auto``).
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
    respelt: Sequence[str] = ()
    searched: frozenset[str] = frozenset()
    notes: Sequence[str] = ()
    verifier: Verifier | None = None
    rows: Mapping[str, int] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Reading:
    """How tasks of a Label Studio project are read.

    Attributes:
        url, project: where from, as the configuration names them.
        exported: from a file instead, whose numbers may be any project's.
        control: the control that holds the answer, or several; None for all that can be served.
        text_fields: the task fields, None for all that are shown.
    """

    url: str | None
    project: int | str | None
    exported: bool
    control: str | Sequence[str] | None
    text_fields: Sequence[str] | None


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row of a source that cannot be used, and why in words and by code. ``id`` is its number where it has none."""

    id: str
    problem: str
    code: Code | Literal[""]
