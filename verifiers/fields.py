"""verifier=fields: several answers at once, as one JSON object; each field is verified by a verifier of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import fsum, inf
from typing import Any, ClassVar, Self

from verifiers.asked import in_words
from verifiers.field_matches import compared, f1_of, scaled
from verifiers.field_values import (
    NOWHERE,
    Compound,
    Filled,
    Unfit,
    as_part,
    json_of,
    nothing_of,
    said_in_json,
    value_schema,
    why_not,
)
from verifiers.label_set import LabelSet
from verifiers.one_line import one_line
from verifiers.rewards.constant import constant_answer
from verifiers.rewards.per_item import FBeta
from verifiers.spelling import normalise
from verifiers.verdict import Match, Unusable, Words
from verifiers.verifier import (
    Cells,
    HasFigures,
    HasTree,
    Instructions,
    Json,
    NeedsVocabulary,
    Reading,
    Text,
    Verifier,
    is_empty,
    vocabulary_of,
)

_LONGEST = 80  # characters of a value that are told


@dataclass(frozen=True)
class Fields:
    """Answers that are one JSON object. Gold is field -> its gold; None says that there is none.

    A field that gold does not have was verified by nobody and is left out of the comparison. An item's F1 is the
    weighted mean of its fields' F1.

    Args:
        fields: name -> how it is verified, in the order in which they are asked for.
        weights: how much a field counts beside the others, 1 where nothing is said.
        optional: the fields that a text may be without: then gold and answer are null, and a reply may leave them
            out. Fields that are lists need not stand here: they are empty.

    Raises:
        ValueError: no fields, a name with a dot or without anything, a weight that is not above 0, or unknown names.
    """

    fields: Mapping[str, Verifier]
    weights: Mapping[str, float] | None = None
    optional: Sequence[str] = ()

    version: ClassVar[int] = 2  # 1: worked examples had the number of each span's place, null where there is none
    words: ClassVar[Words] = Words("fields")

    def __post_init__(self) -> None:
        if not self.fields:
            raise ValueError("there are no fields: give each a name and a verifier")
        if odd := [name for name in self.fields if not name.strip() or "." in name]:
            raise ValueError(f"{odd[0]!r} cannot be a field's name: it needs a letter and must not have a dot")
        for what, names in (("weights", self.weights or {}), ("optional", self.optional)):
            if strange := [name for name in names if name not in self.fields]:
                raise ValueError(f"{what} names {strange[0]!r}; the fields are {', '.join(self.fields)}")
        if odd := [name for name, weight in (self.weights or {}).items() if not 0 < weight < inf]:
            raise ValueError(f"the weight of {odd[0]!r} must be above 0 and finite")
        object.__setattr__(self, "fields", {name: as_part(inner) for name, inner in self.fields.items()})

    @property
    def cells(self) -> Cells:
        """What a cell holds, of each field that has a column of its own."""
        kinds = ((name, inner.cells) for name, inner in self.fields.items())
        return {name: kind if isinstance(kind, str) else "value" for name, kind in kinds}

    @property
    def vocabulary(self) -> LabelSet | None:
        """The names of all fields in one list, each with the first definition that it has; None if there are none."""
        merged: dict[str, str] = {}
        for inner in self.fields.values():
            for name, meaning in vocabulary_of(inner).definitions.items():
                merged[name] = merged.get(name) or meaning
        return LabelSet(merged, recorded=True) if merged else None

    def bind(self, given: LabelSet | None, names: Sequence[str]) -> Self:
        """Each field that needs a list and has none gets one: ``given``, else of ``names`` those of its own gold."""
        bound = dict(self.fields)
        for name, inner in self.fields.items():
            if isinstance(inner, NeedsVocabulary) and (inner.vocabulary is None or isinstance(inner, Compound)):
                own = [one.removeprefix(f"{name}.") for one in names if one.startswith(f"{name}.")]
                if not (given or own or isinstance(inner, Compound)):
                    raise ValueError(f"no gold has a label for the field {name!r}: give it a vocabulary")
                bound[name] = inner.bind(given, own)
        return replace(self, fields=bound)

    def names(self, gold: Mapping[str, Any]) -> Sequence[str]:
        """The names in each field's gold, as ``field.name``."""
        return [
            f"{name}.{one}"
            for name, due in gold.items()
            if due is not None and isinstance(inner := self.fields[name], NeedsVocabulary)
            for one in inner.names(due)
        ]

    def gold(self, value: Json, item: Text) -> dict[str, Any]:
        """The gold of each field that the object has; null is a verified "there is none".

        Raises:
            ValueError: it is no object, has other fields, or the gold of a field cannot be one.
        """
        if not isinstance(value, Mapping):
            raise ValueError(f"gold must be an object with the fields {', '.join(self.fields)}, found {value!r:.80}")
        if strange := [name for name in value if name not in self.fields]:
            raise ValueError(f"gold has the field {strange[0]!r:.80}; the fields are {', '.join(self.fields)}")
        if not value:
            raise ValueError("gold has no field: leave the row without gold where nobody verified any")
        return {name: self._gold_of(name, value[name], item) for name in self.fields if name in value}

    def _gold_of(self, name: str, value: Json, item: Text) -> Any:
        if value is None:
            nothing = nothing_of(self.fields[name])
            if nothing is None and name not in self.optional:
                raise ValueError(
                    f"field {name!r}: gold is null, which says that there is none. Add {name} to the verifier's "
                    f"optional fields, or leave the field out where nobody verified it"
                )
            return nothing
        try:
            return self.fields[name].gold(value, item)
        except ValueError as error:
            raise ValueError(f"field {name!r}: {error}") from error

    def read(self, reply: str, item: Text) -> Reading | Unusable:
        value = json_of(reply, dict)
        if value is None:
            return Unusable(why_not(reply))
        return self.parse(value, item)

    def parse(self, value: Json, item: Text) -> Reading | Unusable:
        """The fields of an object; unreadable where it has none of them."""
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if not isinstance(value, Mapping):
            return Unusable("unreadable")
        if len(value) == 1 and isinstance(inner := next(iter(value.values())), Mapping) and not self._known(value):
            value = inner  # {"answer": {...}}
        known = self._known(value)
        if value and not known:
            return Unusable("unreadable")
        values: dict[str, Any] = {}
        unfit: dict[str, Unfit] = {}
        for key, name in known.items():
            read = self._read_field(name, value[key], item)
            if isinstance(read, Unusable):
                unfit[name] = (("unreadable", one_line(value[key])[:_LONGEST]),)
            else:
                values[name], unfit[name] = read.answer, read.unfit
        strange = [str(key) for key in value if key not in known]
        return Reading(Filled(values, unfit), tuple(("unknown_field", key) for key in strange))

    def _known(self, value: Mapping[str, Json]) -> dict[str, str]:
        """Key -> the field that it spells, each field once."""
        exact = {key: key for key in value if key in self.fields}
        spelt: dict[str, list[str]] = {}
        for name in self.fields:
            spelt.setdefault(normalise(name), []).append(name)
        for key in value:
            names = spelt.get(normalise(str(key)), [])
            if key not in exact and len(names) == 1 and names[0] not in exact.values():
                exact[key] = names[0]
        return exact

    def _read_field(self, name: str, value: Json, item: Text) -> Reading | Unusable:
        read = self.fields[name].parse(value, item)
        if value is None:
            empty = isinstance(read, Reading) and is_empty(self.fields[name].dump(read.answer))
            return read if empty else Reading(None)
        return Reading(None) if read == Unusable("no_label") else read

    def compare(self, gold: Mapping[str, Any], answer: Filled | None) -> Sequence[Match]:
        """The fields' own matches, with keys as ``field.key``.

        Weighted so that 2TP + FP + FN of a field is twice its weight: then F1 of all is the weighted mean of theirs.
        """
        found = [match for name, due in gold.items() for match in self.of_field(name, due, answer)]
        return sorted(found, key=lambda match: not (match.hit or match.wrong))  # what is missing comes last

    def of_field(self, name: str, due: Any, answer: Filled | None) -> list[Match]:
        """The matches of one field, weighted as ``compare`` has them."""
        return scaled(self._compared(name, due, answer), 2 * self.weight(name))

    def _compared(self, name: str, due: Any, answer: Filled | None) -> list[Match]:
        return compared(name, self.fields[name], due, answer, optional=name in self.optional)

    def weight(self, name: str) -> float:
        """How much a field counts."""
        return (self.weights or {}).get(name, 1.0)

    def path(self, key: str) -> Sequence[str]:
        """The names on the way to a class of a field that has a tree, below the name of the field."""
        name, _, own = key.partition(".")
        inner = self.fields.get(name)
        found = inner.path(own) if isinstance(inner, HasTree) else ()
        return (name, *found) if found else ()

    def example(self, gold: Mapping[str, Any]) -> Filled:
        return Filled({name: due if due is None else self.fields[name].example(due) for name, due in gold.items()})

    def constants(self, golds: Sequence[Mapping[str, Any]]) -> Sequence[Filled]:
        """Nothing in any field, and in each field the constant with its best mean F1."""
        nothing = {name: nothing_of(inner) for name, inner in self.fields.items()}
        best = {}
        for name, inner in self.fields.items():
            dues = [gold[name] for gold in golds if name in gold]
            held = [due for due in dues if due is not None]
            best[name] = nothing[name]
            if held:
                said = constant_answer(inner, held, FBeta())[0]
                one, other = (fsum(self._f1(name, due, value) for due in dues) for value in (nothing[name], said))
                best[name] = said if other > one else nothing[name]
        return [Filled(nothing), Filled(best)]

    def _f1(self, name: str, due: Any, said: Any) -> float:
        return f1_of(self._compared(name, due, Filled({name: said})))

    def dump(self, answer: Filled) -> Json:
        """Field -> its answer as data; null where there is none."""
        return {name: said if said is None else self.fields[name].dump(said) for name, said in answer.values.items()}

    def in_json(self, answer: Filled) -> Json:
        """As ``dump``, but as a reply gives it."""
        return {
            name: said if said is None else said_in_json(self.fields[name], said)
            for name, said in answer.values.items()
        }

    def show(self, answer: Filled) -> Sequence[str]:
        """The JSON object on one line."""
        return [one_line(self.in_json(answer))]

    def figures(self, pairs: Sequence[tuple[Mapping[str, Any], Filled | None]]) -> Mapping[str, float]:
        """``field.f1``, its mean F1 over the items whose gold has it, and ``field.figure`` of its own figures."""
        figures: dict[str, float] = {}
        for name, inner in self.fields.items():
            own = [(gold[name], answer) for gold, answer in pairs if name in gold]
            if own:
                figures[f"{name}.f1"] = fsum(f1_of(self._compared(name, due, answer)) for due, answer in own) / len(own)
            held = [(due, answer.values.get(name) if answer else None) for due, answer in own if due is not None]
            if held and isinstance(inner, HasFigures):
                figures |= {f"{name}.{figure}": value for figure, value in inner.figures(held).items()}
        return figures

    def instructions(self) -> Instructions:
        return Instructions(
            "Read the text and fill in the fields.",
            {} if self._spelled else vocabulary_of(self).definitions,
            answer="\n".join(["Answer with one JSON object, and nothing else. Its fields:", *self.asked()]),
            reminder=f"one JSON object with the fields {', '.join(self.fields)}",
        )

    def asked(self) -> list[str]:
        """A line on each field."""
        kinds = self._properties(NOWHERE)
        return [f'- "{name}": {in_words(kind, spelled=self._spelled)}' for name, kind in kinds.items()]

    @property
    def _spelled(self) -> bool:
        """Whether each field lists its own names; where one field alone has names, they are listed above all."""
        return sum(bool(vocabulary_of(inner)) for inner in self.fields.values()) > 1

    def schema(self, item: Text) -> dict[str, object]:
        """One object with all of the fields; those that are optional and no list may be null."""
        return self.value_schema(item)

    def value_schema(self, item: Text) -> dict[str, Any]:
        properties = self._properties(item)
        names = list(properties)
        return {"type": "object", "properties": properties, "required": names, "additionalProperties": False}

    def _properties(self, item: Text) -> dict[str, Any]:
        kinds = {name: value_schema(inner, item) for name, inner in self.fields.items()}
        for name in self.optional:
            if kinds[name].get("type") != "array":
                kinds[name] = {"anyOf": [kinds[name], {"type": "null"}]}
        return kinds
