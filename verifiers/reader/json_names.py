"""Reads names in a JSON value, or in records that were written as a table or as YAML. Pure.

Where an object has an answer and more beside it, only the answer counts: a reason may mention any label.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from verifiers.label_set import LabelSet
from verifiers.reader.judgement import Held, chosen, held, held_in
from verifiers.reader.json_values import find_json
from verifiers.reader.keys import HOLDS, SCORE, stem_of, role_of, words_of
from verifiers.reader.outcome import NamesRead, Unusable
from verifiers.reader.names import name_of, says_none

Said: TypeAlias = "Given | None"
"""What a value gives; None where it says nothing of labels."""
ReadText: TypeAlias = Callable[[str], NamesRead | Unusable]
_CALLS = ("arguments", "parameters", "args", "params", "kwargs", "function", "tool_calls", "tool_input", "action_input")
_WRAPPERS = ("message", "messages", "content", "choices", "data", "body", "items", "text")
_PREFIXES = ("is ", "has ")
_TRUE, _FALSE = ("true", "yes", "1", "y"), ("false", "no", "0", "n")
_DEEPEST = 12  # values in one another


class NotCertain(Exception):
    """A value that may be read in more than one way."""


class Refused(Exception):
    """A value that says that the model declines."""


@dataclass(slots=True)
class Given:
    """Names on the list, in order, and others; both empty says that there are none."""

    found: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def __add__(self, other: "Given") -> "Given":
        return Given([*self.found, *other.found], [*self.strangers, *other.strangers])


@dataclass(frozen=True)
class JsonNames:
    """Reads values over one list.

    Args:
        labels: the list.
        read_text: reads a text that stands where an answer should be.
    """

    labels: LabelSet
    read_text: ReadText

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
        if isinstance(value, int | float):
            return self._of_figure(value)
        if isinstance(value, list):
            return self._of_list(value, depth)
        return self._of_object(value, depth) if isinstance(value, dict) else None

    def _of_text(self, text: str, depth: int) -> Said:
        """A name, several with commas, JSON in quotes, or a sentence."""
        if name := name_of(text, self.labels):
            return Given([name])
        if not text.strip() or says_none(text, self.labels):
            return Given()
        inner = find_json(text) if text.lstrip()[:1] in {"[", "{"} else None
        if inner and inner.state in {"whole", "repaired"} and isinstance(inner.value, list | dict):
            return self._of(inner.value, depth + 1)
        read = self.read_text(text)
        if isinstance(read, Unusable):
            if read.name == "ambiguous":
                raise NotCertain
            return None
        return Given([*read.found], [*read.out_of_list])

    def _of_truth(self, value: bool) -> Said:
        names = self._truth(value)
        if len(names) != 1:
            raise NotCertain
        return Given(names)

    def _truth(self, value: bool) -> list[str]:
        return [name for word in (_TRUE if value else _FALSE) if (name := self.labels.find(word))]

    def _of_figure(self, value: float) -> Said:
        whole = int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value
        name = self.labels.find(str(value)[:400]) if value != whole else self.labels.find(_figure(whole))
        return Given([name]) if name else Given([], [_figure(whole)])

    def _of_list(self, values: Sequence[object], depth: int) -> Said:
        if values and all(isinstance(one, dict) for one in values):
            return self._of_records(values, depth)  # type: ignore[arg-type]
        if values and all(_is_pair(one) and name_of(str(one[0]), self.labels) for one in values):  # type: ignore[index]
            return self._of_map({str(one[0]): one[1] for one in values}, depth)  # type: ignore[index]
        if any(isinstance(one, bool) for one in values) and len(values) > 1:
            raise NotCertain
        said = [one for one in (self._of(value, depth + 1) for value in values) if one is not None]
        return sum(said, Given()) if said or not values else None

    def _of_records(self, records: Sequence[Mapping[str, object]], depth: int) -> Said:
        """Objects, each of which gives names, and may say whether they apply."""
        said = [(self._of_object(record, depth + 1), held_in(record)) for record in records]  # type: ignore[arg-type]
        said = [(given, holds) for given, holds in said if given is not None]
        single = {given.found[0]: holds for given, holds in said if len(given.found) == 1}  # type: ignore[union-attr]
        judged = {name: holds for name, holds in single.items() if holds is not None}
        if not judged or len(records) == 1:
            return sum((given for given, _ in said), Given()) if said else None  # type: ignore[misc]
        holds = chosen(judged | {name: True for name, one in single.items() if one is None and name not in judged})
        if holds is None:
            raise NotCertain
        return Given([name for name, one in holds.items() if one])

    def _of_object(self, value: Mapping[str, object], depth: int) -> Said:
        if not value:
            return Given()
        if _is_schema(value):
            raise NotCertain
        if isinstance(value.get("refusal"), str) and value["refusal"]:
            raise Refused
        on_list = [key for key in value if self._key(key)]
        if on_list and not self._is_keyed(value, on_list) and not self._answers(value):
            return self._of_map(value, depth)
        called = next((part for key, part in value.items() if _is_call(key, part)), None)
        if isinstance(called, str | dict | list):
            return self._of(called, depth + 1)
        return self._of_keys(value, depth)

    def _key(self, key: str) -> str | None:
        """The label that a key spells, also as ``is_refund``."""
        words = " ".join(words_of(key))
        name = name_of(key, self.labels)
        return name or next(
            (name_of(words[len(one) :], self.labels) for one in _PREFIXES if words.startswith(one)), None
        )

    def _is_keyed(self, value: Mapping[str, object], on_list: Sequence[str]) -> bool:
        """Whether a key that is a label is meant as a key: it is a word for an answer, and a label is its value."""
        return all(
            role_of(key) and isinstance(value[key], str) and name_of(str(value[key]), self.labels) for key in on_list
        )

    def _answers(self, value: Mapping[str, object]) -> bool:
        """Whether a key that is no label has a name as its answer."""
        return any(
            isinstance(part, str) and role_of(key) in {"final", "answer"} and name_of(part, self.labels)
            for key, part in value.items()
            if not self._key(key)
        )

    def _of_map(self, value: Mapping[str, object], depth: int) -> Said:
        """Labels with what is said of each; of other keys those count that are said to hold."""
        said: dict[str, Held] = {}
        strangers: list[str] = []
        for key, part in value.items():
            name, holds = self._key(key), held(part)
            if name:
                said[name] = True if holds is None and part else holds
            elif holds is True and isinstance(part, bool) and not role_of(key):
                strangers.append(key)
        holds_by_name = chosen(said)
        if holds_by_name is None:
            raise NotCertain
        return Given([name for name, one in holds_by_name.items() if one], strangers)

    def _of_keys(self, value: Mapping[str, object], depth: int) -> Said:
        """By what the keys say: the final answer, else an answer, else a word for one, else the only list or name."""
        for role in ("final", "answer", "result"):
            keys = [key for key in value if role_of(key) == role]
            said = {key: given for key in keys if (given := self._of_key(value, key, depth)) is not None}
            if said:
                return self._agreed(said, value)
        rates = [key for key in value if set(words_of(key)) & SCORE]
        if len(rates) == 1 and isinstance(value[rates[0]], dict | list):
            return self._of(value[rates[0]], depth + 1)
        if len(rates) == 1 and not isinstance(value[rates[0]], bool) and name_of(_shown(value[rates[0]]), self.labels):
            return Given([name_of(_shown(value[rates[0]]), self.labels) or ""])
        truths = [part for part in value.values() if isinstance(part, bool)]
        if len(truths) == 1 and self._truth(truths[0]):  # {"spam": false}, where labels are yes and no
            return Given(self._truth(truths[0]))
        return self._of_unknown({key: part for key, part in value.items() if _is_open(key)}, depth)

    def _of_key(self, value: Mapping[str, object], key: str, depth: int) -> Said:
        part = value[key]
        if part is None:
            return Given()
        if set(words_of(key)) <= HOLDS and not isinstance(part, str | list | dict):
            return None  # {"label": "refund", "value": true}
        return self._of(part, depth + 1)

    def _agreed(self, said: Mapping[str, Given], value: Mapping[str, object]) -> Given:
        """The one answer of several keys of a kind: parts of it, or the same; what names nothing on the list yields."""
        named = {key: given for key, given in said.items() if given.found} or dict(said)
        if len({stem_of(key) for key in named}) > 1 and len({tuple(sorted(one.found)) for one in named.values()}) > 1:
            raise NotCertain
        given = sum(named.values(), Given())
        if held_in(value, (HOLDS,)) is False and len(given.found) == 1:  # {"label": "...", "applies": false}
            return Given()
        return given

    def _of_unknown(self, value: Mapping[str, object], depth: int) -> Said:
        numbered = value and all(not stem_of(key).strip("#. ") for key in value)
        said = []
        for part in value.values():
            if isinstance(part, list | dict) or (isinstance(part, str) and name_of(part, self.labels)):
                given = self._of(part, depth + 1)
                said += [] if given is None else [given]
        if len([one for one in said if one.found]) > 1 and not numbered:
            raise NotCertain
        return (
            next((one for one in said if one.found), said[0] if said else None) if not numbered else sum(said, Given())
        )


def _is_open(key: str) -> bool:
    return role_of(key) is None or key.casefold() in _WRAPPERS


def _is_call(key: str, part: object) -> bool:
    return key.casefold() in _CALLS or (key.casefold() == "input" and isinstance(part, dict))


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and not isinstance(value[1], str)


def _is_schema(value: Mapping[str, object]) -> bool:
    return "enum" in value or "$schema" in value or (isinstance(value.get("properties"), dict) and "type" in value)


def _figure(value: float) -> str:
    try:
        return str(value)[:400]
    except ValueError:  # more digits than Python writes
        return "a number"


def _shown(value: object) -> str:
    return _figure(value) if isinstance(value, int | float) else str(value)
