"""verifier=labels: an item has any number of labels, none included."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from verifiers.drafts import Draft, as_names
from verifiers.label_set import LabelSet, Vocabulary
from verifiers.reader.label_answer import read_labels
from verifiers.verdict import LABELS, BadReply, Match, Unusable, Verdict, Words
from verifiers.verifier import Cells, Instructions, Json, Reading, Text, verdict_on

Names = tuple[str, ...]


@dataclass(frozen=True)
class Listed:
    """Answers that are made of names of a list.

    Args:
        vocabulary: the list; None for that of the data set, which ``bind`` gives.
    """

    vocabulary: Vocabulary = None

    @property
    def _list(self) -> LabelSet:
        if self.vocabulary is None:
            raise ValueError("the verifier has no label list")
        return self.vocabulary

    def bind(self, given: LabelSet | None, names: Sequence[str]) -> Self:
        """The verifier with its own list, else the ``given`` one, else ``names``."""
        return replace(self, vocabulary=self.vocabulary or given or LabelSet.of(dict.fromkeys(names)))


@dataclass(frozen=True)
class Labels(Listed):
    """Answers that are any number of labels. Gold is in the order of its file, an answer in that of the reply."""

    version: ClassVar[int] = 2  # 1 read replies by patterns that guessed
    multiple: ClassVar[bool] = True
    cells: ClassVar[Cells] = "names"
    words: ClassVar[Words] = Words("labels", "no label", LABELS, "Labels")

    @classmethod
    def drafted(cls, values: Sequence[Json]) -> Draft | None:
        """Lists of names, or names with a mark between them."""
        return as_names(values)

    def names(self, gold: Names) -> Names:
        return gold

    def gold(self, value: Json, item: Text) -> Names:
        """Any set of labels may be gold, the empty one too."""
        names = [value] if isinstance(value, str) else value
        if not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
            raise ValueError(f"gold labels must be a list of names, found {value!r:.80}")
        if self.vocabulary is None:
            return tuple(dict.fromkeys(names))
        if strange := [name for name in names if not self.vocabulary.find(name)]:
            raise ValueError(f"gold label {strange[0]!r:.80} is not in the label list ({len(self.vocabulary)} labels)")
        return tuple(dict.fromkeys(filter(None, map(self.vocabulary.find, names))))

    def read(self, reply: str, item: Text) -> Reading | Unusable:
        read = read_labels(reply, self._list)
        return read if isinstance(read, Unusable) else _given(read.found, read.out_of_list)

    def parse(self, value: Json, item: Text) -> Reading | Unusable:
        names = [value] if isinstance(value, str) else [] if value is None else value
        if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
            return Unusable("unreadable")
        known = [(self._list.find(name), name) for name in names]
        found = dict.fromkeys(label for label, _ in known if label)
        return _given(tuple(found), [name for label, name in known if not label])

    def compare(self, gold: Names, answer: Names | None) -> Sequence[Match]:
        due = self.vocabulary.in_order(gold) if self.vocabulary else tuple(gold)
        given = [Match(label, hit=1.0) if label in due else Match(label, wrong=1.0) for label in answer or ()]
        return [*given, *(Match(label, missing=1.0) for label in due if label not in (answer or ()))]

    def example(self, gold: Names) -> Names:
        return gold

    def answer_of(self, keys: Sequence[str]) -> Names:
        return tuple(keys)

    def dump(self, answer: Names) -> Json:
        return list(answer)

    def show(self, answer: Names) -> Sequence[str]:
        """A name a line."""
        return [name.strip() for name in answer]

    def instructions(self) -> Instructions:
        return Instructions(
            "Read the text and choose the labels that apply to it.\nAnswer with the labels only, one per line.",
            self._list.definitions,
            reminder="any number of these labels, one per line",
        )

    def schema(self, item: Text) -> dict[str, object]:
        """``{"labels": [...]}`` with names from the list."""
        return closed_object("labels", {"type": "array", "items": {"type": "string", "enum": list(self._list)}})


def label_verdict(
    gold: Iterable[str], given: Iterable[str] = (), out_of_list: Iterable[str] = (), unusable: BadReply | None = None
) -> Verdict:
    """The verdict on labels that were given, whatever the list is."""
    read = Unusable(unusable) if unusable else _given(tuple(given), out_of_list)
    return verdict_on(Labels(), tuple(gold), read)


def closed_object(name: str, kind: dict[str, Any]) -> dict[str, object]:
    """The schema of an object with that one property."""
    return {"type": "object", "properties": {name: kind}, "required": [name], "additionalProperties": False}


def _given(found: Names, out_of_list: Iterable[str]) -> Reading:
    return Reading(found, tuple(("out_of_list", words) for words in out_of_list))
