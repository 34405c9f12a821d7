"""Reads names in a JSON value, or in records that were written as a table or as YAML. Pure.

Where an object has an answer and more beside it, only the answer counts: a reason may mention any label.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from verifiers.label_set import LabelSet
from verifiers.reader.json_shapes import (
    Given,
    NotCertain,
    Refused,
    figure,
    is_call,
    is_error,
    is_open,
    is_schema,
    pairs_in,
    shown,
)
from verifiers.reader.json_values import find_json
from verifiers.reader.judgement import Held, chosen, held, held_in
from verifiers.reader.keys import ANSWERS, HOLDS, SCORE, role_of, stem_of, words_of
from verifiers.reader.markup import is_unfilled
from verifiers.reader.names import name_of, says_none
from verifiers.reader.outcome import NamesRead
from verifiers.verdict import Unusable

Said: TypeAlias = Given | None
"""What a value gives; None where it says nothing of labels."""
_PREFIXES = ("is ", "has ")
_TRUE, _FALSE = ("true", "yes", "1", "y"), ("false", "no", "0", "n")
_DEEPEST = 12  # values in one another


@dataclass(frozen=True)
class JsonNames:
    """Reads values over one list.

    Args:
        labels: the list.
        read_text: reads a text that stands where an answer should be.
    """

    labels: LabelSet
    read_text: Callable[[str], NamesRead | Unusable]

    def read(self, value: object) -> NamesRead | Unusable | None:
        """The names that a value gives; None if it says nothing of them."""
        try:
            given = self._of(value, 0)
        except NotCertain:
            return Unusable("ambiguous")
        except Refused:
            return Unusable("refused")
        if given is None:
            return None
        return NamesRead(tuple(dict.fromkeys(given.found)), tuple(dict.fromkeys(given.strangers)))

    def _of(self, value: object, depth: int) -> Said:
        if depth > _DEEPEST:
            raise NotCertain
        if isinstance(value, str):
            return self._of_text(value, depth)
        if isinstance(value, bool):
            return self._of_truth(value)
        if isinstance(value, list):
            return self._of_list(value, depth)
        if isinstance(value, dict):
            return self._of_object(value, depth)
        return self._of_figure(value) if isinstance(value, int | float) else None

    def _of_text(self, text: str, depth: int) -> Said:
        """A name, several with commas, JSON in quotes, or a sentence."""
        if text not in self.labels and text.strip() and is_unfilled(text[:200]):
            raise NotCertain
        if name := name_of(text, self.labels):
            return Given([name])
        if not text.strip() or says_none(text, self.labels):
            return Given()
        inner = find_json(text) if text.lstrip()[:1] in {"[", "{"} else None
        if inner and inner.state in {"whole", "repaired"} and isinstance(inner.value, list | dict):
            return self._of(inner.value, depth + 1)
        read = self.read_text(text)
        if read == Unusable("ambiguous"):
            raise NotCertain
        return Given([*read.found], [*read.out_of_list]) if isinstance(read, NamesRead) else None

    def _of_truth(self, value: bool) -> Given:
        names = self._truths(value)
        if len(names) != 1:
            raise NotCertain
        return Given(names)

    def _truths(self, value: bool) -> list[str]:
        """The labels that a truth value may mean: of yes and no, of 1 and 0."""
        return [name for word in (_TRUE if value else _FALSE) if (name := self.labels.find(word))]

    def _of_figure(self, value: float) -> Given:
        name = self.labels.find(figure(value))
        return Given([name]) if name else Given([], [figure(value)])

    def _of_list(self, values: Sequence[object], depth: int) -> Said:
        records = [one for one in values if isinstance(one, dict)]
        if records and len(records) == len(values):
            return self._of_records(records, depth)
        pairs = pairs_in(values)
        if pairs and all(name_of(key, self.labels) for key in pairs):
            return self._of_map(pairs)
        if len(values) > 1 and any(isinstance(one, bool) for one in values):
            raise NotCertain
        said = [given for value in values if (given := self._of(value, depth + 1)) is not None]
        return Given.all_of(said) if said or not values else None

    def _of_records(self, records: Sequence[Mapping[str, object]], depth: int) -> Said:
        """Objects, each of which gives names, and may say whether they apply."""
        read = [(self._of_object(record, depth + 1), held_in(record)) for record in records]
        said = [(given, holds) for given, holds in read if given is not None]
        if len(records) == 1 or all(holds is None for _, holds in said):
            return Given.all_of(given for given, _ in said) if said else None
        judged = {name: True if holds is None else holds for given, holds in said for name in given.found}
        strangers = [name for given, holds in said if holds is None or holds is True for name in given.strangers]
        return Given(self._holding(judged), strangers)

    def _holding(self, said: Mapping[str, Held]) -> list[str]:
        holds = chosen(said)
        if holds is None:
            raise NotCertain
        return [name for name, one in holds.items() if one]

    def _of_object(self, value: Mapping[str, object], depth: int) -> Said:
        if is_schema(value):
            raise NotCertain
        if isinstance(value.get("refusal"), str) and value["refusal"]:
            raise Refused
        if is_error(value):
            return None
        on_list = [key for key in value if self._key(key)]
        if on_list and not self._is_keyed(value, on_list) and not self._answers(value):
            return self._of_map(value)
        called = next((part for key, part in value.items() if is_call(key, part)), None)
        if called is not None:
            return self._of(called, depth + 1)
        return self._of_keys(value, depth) if value else Given()

    def _key(self, key: str) -> str | None:
        """The label that a key spells, also as ``is_refund``."""
        words = " ".join(words_of(key))
        bare = [words.removeprefix(prefix) for prefix in _PREFIXES if words.startswith(prefix)]
        return next((name for one in (key, *bare) if (name := name_of(one, self.labels))), None)

    def _is_keyed(self, value: Mapping[str, object], on_list: Sequence[str]) -> bool:
        """Whether keys that are labels are meant as keys: they are words for an answer, and a label is their value."""
        return all(
            role_of(key)
            and isinstance(part := value[key], str)
            and (name_of(part, self.labels) or is_unfilled(part[:200]))
            for key in on_list
        )

    def _answers(self, value: Mapping[str, object]) -> bool:
        """Whether a key that is no label has a name as its answer."""
        keys = [key for key, part in value.items() if isinstance(part, str) and name_of(part, self.labels)]
        return any(role_of(key) in {"final", "answer"} and not self._key(key) for key in keys)

    def _of_map(self, value: Mapping[str, object]) -> Given:
        """Labels with what is said of each; of other keys those count that are said to hold."""
        named = {key: name for key in value if (name := self._key(key))}
        said = {
            name: True if value[key] and held(value[key]) is None else held(value[key]) for key, name in named.items()
        }
        others = [key for key, part in value.items() if part is True and key not in named and not role_of(key)]
        return Given(self._holding(said), others)

    def _of_keys(self, value: Mapping[str, object], depth: int) -> Said:
        """By what the keys say: the final answer, else an answer, else a word for one, else the only list or name."""
        for role in ANSWERS:
            keys = [key for key in value if role_of(key) == role]
            said = {key: given for key in keys if (given := self._of_key(key, value[key], depth)) is not None}
            if said:
                return self._agreed(said, value)
        return self._of_score(value, depth) or self._of_unknown(value, depth)

    def _of_key(self, key: str, part: object, depth: int) -> Said:
        if part is None:
            return Given()
        beside = set(words_of(key)) <= HOLDS and not isinstance(part, str | list | dict)
        return None if beside else self._of(part, depth + 1)  # beside: {"label": "refund", "value": true}

    def _agreed(self, said: Mapping[str, Given], value: Mapping[str, object]) -> Given:
        """The one answer of several keys of a kind: parts of it, or the same; what names nothing on the list yields."""
        named = {key: given for key, given in said.items() if given.found} or dict(said)
        if len({stem_of(key) for key in named}) > 1 and len({tuple(sorted(one.found)) for one in named.values()}) > 1:
            raise NotCertain
        given = Given.all_of(named.values())
        denied = len(given.found) == 1 and held_in(value, (HOLDS,)) is False  # {"label": "...", "applies": false}
        return Given() if denied else given

    def _of_score(self, value: Mapping[str, object], depth: int) -> Said:
        """A score that is the answer itself, scores of labels, or the one truth value where labels are yes and no."""
        scores = [part for key, part in value.items() if set(words_of(key)) & SCORE and not isinstance(part, bool)]
        if len(scores) == 1 and isinstance(scores[0], dict | list):
            return self._of(scores[0], depth + 1)
        if len(scores) == 1 and (name := name_of(shown(scores[0]), self.labels)):
            return Given([name])
        truths = [part for part in value.values() if isinstance(part, bool)]
        names = self._truths(truths[0]) if len(truths) == 1 else []
        return Given(names) if names else None

    def _of_unknown(self, value: Mapping[str, object], depth: int) -> Said:
        """The only list, object or name under keys that say nothing; all of them where the keys only count."""
        parts = [part for key, part in value.items() if is_open(key)]
        nested = [part for part in parts if isinstance(part, list | dict) or self._is_name(part)]
        said = [given for part in nested if (given := self._of(part, depth + 1)) is not None]
        if said and all(not stem_of(key).strip("#. ") for key in value if is_open(key)):
            return Given.all_of(said)
        named = [one for one in said if one.found]
        if len(named) > 1:
            raise NotCertain
        return next(iter([*named, *said]), None)

    def _is_name(self, part: object) -> bool:
        return isinstance(part, str) and name_of(part, self.labels) is not None
