"""What an answer type is: reads gold, reads a reply, compares. One class of its own is one in ``conf/verifier/``."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

from verifiers.drafts import Draft
from verifiers.label_set import NO_NAMES, LabelSet
from verifiers.verdict import EMPTY, Finish, Match, Unusable, Verdict, Words, unfit_match

Cell = Literal["names", "name", "value"]
"""What a cell of gold holds: any number of names, one name, or a value as it is."""

Cells = Cell | Mapping[str, Cell]
"""The same, where an answer has fields of its own for each of them."""

Json = Any
"""A value that JSON can hold."""


class Text(Protocol):
    """What a verifier is told of an item: spans are found in its text."""

    @property
    def text(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reply says.

    Attributes:
        answer: what may be right.
        unfit: (reason, words) of what was given and can be right nowhere.
    """

    answer: Any
    unfit: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Instructions:
    """What the plain prompt says: the task, the vocabulary, how to answer.

    Attributes:
        task: the first lines, what to do and, where it needs no section of its own, how to answer.
        vocabulary: name -> what it means, in the order of the list; empty where there is none.
        heading: of the vocabulary.
        answer: how to answer, where that takes a section of its own.
        reminder: how to answer, as ``Answer with ...``, for a prompt that somebody typed without it.
    """

    task: str
    vocabulary: Mapping[str, str] = field(default_factory=dict)
    heading: str = "Labels:"
    answer: str = ""
    reminder: str = ""


@runtime_checkable
class Verifier(Protocol):
    """One type of answer. Deterministic: the same reply and gold always give the same verdict.

    ``version`` changes when replies are read or compared, or worked examples written, in another way, and is saved with
    a run.
    """

    @property
    def version(self) -> int: ...

    @property
    def cells(self) -> Cells: ...

    @property
    def words(self) -> Words: ...

    def gold(self, value: Json, item: Text) -> Any:
        """The gold answer that a cell of a file holds. Raises ValueError that says why it cannot be one."""
        ...

    def read(self, reply: str, item: Text) -> Reading | Unusable:
        """What a reply says; never guessed. Never raises for a bad reply: that is data."""
        ...

    def parse(self, value: Json, item: Text) -> Reading | Unusable:
        """What a JSON value says: a field of a larger answer."""
        ...

    def compare(self, gold: Any, answer: Any) -> Sequence[Match]:
        """What is right and wrong, in the order of ``answer``, then what is missing, in that of ``gold``.

        Args:
            answer: None where nothing could be read: then all of gold is missing.
        """
        ...

    def example(self, gold: Any) -> Any:
        """An answer that is right."""
        ...

    def dump(self, answer: Any) -> Json:
        """The answer as data, as predictions and label files hold it; ``gold`` and ``parse`` read it back."""
        ...

    def show(self, answer: Any) -> Sequence[str]:
        """The lines of a reply that gives ``answer``; none where there is nothing. ``read`` reads them back."""
        ...

    def instructions(self) -> Instructions: ...

    def schema(self, item: Text) -> dict[str, object]:
        """A JSON schema (draft 2020-12, the subset providers support) that only good replies satisfy."""
        ...


@runtime_checkable
class NeedsVocabulary(Protocol):
    """A verifier whose answers are made of names of a list."""

    @property
    def vocabulary(self) -> LabelSet | None: ...

    def bind(self, given: LabelSet | None, names: Sequence[str]) -> Any:
        """The verifier with a list: its own, else the ``given`` one, else ``names``, those that occur in gold."""
        ...

    def names(self, gold: Any) -> Sequence[str]:
        """The names in gold."""
        ...


@runtime_checkable
class HasClasses(Protocol):
    """A verifier whose answer is nothing but its keys: a classifier can make one."""

    @property
    def multiple(self) -> bool:
        """Whether an item may have any number of keys (True) or has exactly one (False)."""
        ...

    def answer_of(self, keys: Sequence[str]) -> Any: ...


@runtime_checkable
class HasConstants(Protocol):
    """A verifier that knows which constant answers may be the best."""

    def constants(self, golds: Sequence[Any]) -> Sequence[Any]: ...


@runtime_checkable
class HasFigures(Protocol):
    """A verifier with figures of its own beside the reward."""

    def figures(self, pairs: Sequence[tuple[Any, Any]]) -> Mapping[str, float]:
        """Name -> figure over (gold, answer) of the items; an answer is None where the reply was unusable."""
        ...


@runtime_checkable
class HasTree(Protocol):
    """A verifier whose classes, or some of them, are paths through a tree."""

    def path(self, key: str) -> Sequence[str]:
        """The names on the way to a class, from the top; none where it is no path."""
        ...


@runtime_checkable
class Drafts(Protocol):
    """A class of verifiers that knows a column of gold by its values. Asked of the class."""

    @classmethod
    def drafted(cls, values: Sequence[Json]) -> Draft | None:
        """How surely it could hold the values, which are of one column and not empty; None where it could not."""
        ...


def vocabulary_of(verifier: Verifier) -> LabelSet:
    """The names that answers are made of; without any where there are none."""
    return (verifier.vocabulary if isinstance(verifier, NeedsVocabulary) else None) or NO_NAMES


def keys(verifier: Verifier, gold: Any) -> tuple[str, ...]:
    """The classes of gold, each as often as it occurs."""
    return tuple(match.key for match in verifier.compare(gold, None))


def classes_of(verifier: Verifier, gold: Any) -> tuple[str, ...]:
    """The same, each once; ``EMPTY`` where gold has nothing."""
    return tuple(dict.fromkeys(keys(verifier, gold))) or (EMPTY,)


def class_names(verifier: Verifier, found: Iterable[str]) -> list[str]:
    """The classes of a table: the vocabulary, or those that were ``found`` where they are more than its names."""
    own = [key for key in dict.fromkeys(found) if not key.rpartition(".")[2].startswith("(")]
    listed = vocabulary_of(verifier)
    return list(listed) if listed and all(key in listed for key in own) else sorted(own)


def paths_of(verifier: Verifier, found: Iterable[str]) -> dict[str, list[str]]:
    """Class -> the names on the way to it from the top of its tree, of those that are paths of one."""
    if not isinstance(verifier, HasTree):
        return {}
    return {key: list(path) for key in dict.fromkeys(found) if (path := verifier.path(key))}


def is_empty(dumped: Json) -> bool:
    """Whether an answer, as data, has nothing in it."""
    return dumped is None or (isinstance(dumped, list | dict) and not dumped)


def keys_of_answer(verifier: Verifier, answer: Any, item: Text) -> tuple[str, ...]:
    """The classes of an answer, each as often as it occurs."""
    return keys(verifier, verifier.gold(verifier.dump(answer), item))


def read_reply(verifier: Verifier, reply: str, item: Text, finish: Finish = "stop") -> Reading | Unusable:
    """What a reply says, with how the model ended: what was cut off or refused is no answer."""
    if finish == "empty" or not reply.strip():
        return Unusable("refused" if finish == "refusal" else "empty")
    if finish != "stop":
        return Unusable("truncated" if finish == "length" else "refused")
    return verifier.read(reply, item)


def judge(verifier: Verifier, reply: str, gold: Any, item: Text, finish: Finish = "stop") -> Verdict:
    """The verdict on a reply."""
    return verdict_on(verifier, gold, read_reply(verifier, reply, item, finish))


def verdict_on(verifier: Verifier, gold: Any, read: Reading | Unusable) -> Verdict:
    """The verdict on what was read."""
    missed = tuple(verifier.compare(gold, None))
    if isinstance(read, Unusable):
        return Verdict(gold, None, missed, read.name, missed, verifier.words)
    found = list(verifier.compare(gold, read.answer))
    # What is unfit stands with what was given, before what is missing.
    place = next((n for n, match in enumerate(found) if match.missing and not (match.hit or match.wrong)), len(found))
    found[place:place] = [unfit_match(reason, words) for reason, words in read.unfit]
    return Verdict(gold, read.answer, tuple(found), None, missed, verifier.words)
