"""verifier=items: a list of objects, such as the lines of an invoice; each object is verified field by field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Self

from verifiers.field_matches import scaled, too_many
from verifiers.field_values import Filled, json_of, why_not
from verifiers.fields import Fields
from verifiers.label_set import LabelSet
from verifiers.labels import closed_object
from verifiers.object_pairs import pair_credits
from verifiers.one_line import one_line
from verifiers.span_matching import assigned
from verifiers.verdict import Match, Unusable, Words
from verifiers.verifier import Cells, Instructions, Json, Reading, Text, Verifier

_LONGEST = 80  # characters of an entry that are told


@dataclass(frozen=True)
class Items:
    """Answers that are any number of objects with the same fields.

    Each object of gold is paired with one that was given at most, so that the sum of the pairs' F1 is the largest
    possible. A pair counts as ``Fields`` count it; an object without a partner counts half of that, as missing or
    wrong, by the fields that it has. Where all have all fields, F1 is 2 * (sum of the pairs' F1) / (objects in gold +
    objects given).

    Args:
        fields, weights, optional: of each object, as ``Fields`` takes them.
    """

    fields: Mapping[str, Verifier]
    weights: Mapping[str, float] | None = None
    optional: Sequence[str] = ()

    version: ClassVar[int] = 2  # 1: worked examples had the number of each span's place, null where there is none
    cells: ClassVar[Cells] = "value"
    words: ClassVar[Words] = Words("objects", "nothing")

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", self.one.fields)

    @cached_property
    def one(self) -> Fields:
        """What verifies one of the objects."""
        return Fields(self.fields, self.weights, self.optional)

    @property
    def vocabulary(self) -> LabelSet | None:
        return self.one.vocabulary

    def bind(self, given: LabelSet | None, names: Sequence[str]) -> Self:
        return replace(self, fields=self.one.bind(given, names).fields)

    def names(self, gold: Sequence[Mapping[str, Any]]) -> Sequence[str]:
        return [name for one in gold for name in self.one.names(one)]

    def gold(self, value: Json, item: Text) -> tuple[dict[str, Any], ...]:
        """The gold of each object.

        Raises:
            ValueError: it is no list of objects, or one of them cannot be gold; says which one.
        """
        if not isinstance(value, list | tuple):
            raise ValueError(f"gold must be a list of objects, found {value!r:.80}")
        golds = []
        for place, one in enumerate(value, 1):
            try:
                golds.append(self.one.gold(one, item))
            except ValueError as error:
                raise ValueError(f"object {place}: {error}") from error
        return tuple(golds)

    def read(self, reply: str, item: Text) -> Reading | Unusable:
        value: Json = json_of(reply, list)
        value = json_of(reply, dict) if value is None else value
        if value is None:
            nothing = reply.strip().strip(".").casefold() == "none"
            return Reading(()) if nothing else Unusable(why_not(reply))
        return self.parse(value, item)

    def parse(self, value: Json, item: Text) -> Reading | Unusable:
        """The objects of a list; one object that has the fields is a list of it."""
        listed = self._listed(value)
        if listed is None:
            return Unusable("unreadable")
        found: list[Filled] = []
        unfit: list[tuple[str, str]] = []
        for one in listed:
            read = self.one.parse(one, item) if isinstance(one, Mapping) else Unusable("unreadable")
            if isinstance(read, Unusable):
                unfit.append(("unreadable", one_line(one)[:_LONGEST]))
            else:
                found.append(read.answer)
                unfit += read.unfit
        return Reading(tuple(found), tuple(unfit)) if found or not listed else Unusable("unreadable")

    def _listed(self, value: Json) -> list[Json] | None:
        if value is None:
            return []
        if isinstance(value, list):
            return value
        lists = [inner for inner in value.values() if isinstance(inner, list)] if isinstance(value, Mapping) else []
        if isinstance(value, Mapping) and not set(value) & set(self.fields):
            return lists[0] if len(lists) == 1 else None
        return [value] if isinstance(value, Mapping) else None

    def compare(self, gold: Sequence[Mapping[str, Any]], answer: Sequence[Filled] | None) -> Sequence[Match]:
        given = answer or ()
        partner = dict(assigned(pair_credits(self.one, gold, given)))
        pairs = {said: due for due, said in partner.items()}
        found: list[Match] = []
        for said, other in enumerate(given):
            found += self.one.compare(gold[pairs[said]], other) if said in pairs else self._too_many(other)
        for due, one in enumerate(gold):
            if due not in partner:
                found += [replace(match, weight=match.weight / 2) for match in self.one.compare(one, None)]
        return sorted(found, key=lambda match: not (match.hit or match.wrong))  # what is missing comes last

    def _too_many(self, answer: Filled) -> list[Match]:
        found = [(name, too_many(name, inner, answer)) for name, inner in self.fields.items()]
        return [match for name, wrong in found if wrong for match in scaled(wrong, self.one.weight(name))]

    def path(self, key: str) -> Sequence[str]:
        return self.one.path(key)

    def example(self, gold: Sequence[Mapping[str, Any]]) -> tuple[Filled, ...]:
        return tuple(self.one.example(one) for one in gold)

    def constants(self, golds: Sequence[Sequence[Mapping[str, Any]]]) -> Sequence[tuple[Filled, ...]]:
        """None, and one object that has in each field the constant with its best mean F1."""
        best = self.one.constants([one for gold in golds for one in gold])[-1]
        return [(), (best,)]

    def dump(self, answer: Sequence[Filled]) -> Json:
        return [self.one.dump(one) for one in answer]

    def in_json(self, answer: Sequence[Filled]) -> Json:
        return [self.one.in_json(one) for one in answer]

    def show(self, answer: Sequence[Filled]) -> Sequence[str]:
        """The JSON list on one line."""
        return [one_line(self.in_json(answer))]

    def instructions(self) -> Instructions:
        how = (
            "Answer with one JSON list of objects, and nothing else; [] if there are none.",
            "Each object has these fields:",
            *self.one.asked(),
        )
        return Instructions(
            "Read the text and list all objects in it, each with its fields.",
            self.one.instructions().vocabulary,
            answer="\n".join(how),
            reminder=f"a JSON list of objects with the fields {', '.join(self.fields)}",
        )

    def schema(self, item: Text) -> dict[str, object]:
        """``{"items": [...]}`` with an object as ``Fields`` asks for."""
        return closed_object("items", self.value_schema(item))

    def value_schema(self, item: Text) -> dict[str, Any]:
        return {"type": "array", "items": self.one.schema(item)}
