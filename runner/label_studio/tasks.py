"""Tasks of Label Studio as goldloop's items: text, gold by a rule, the newest typed prompt. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from runner.core.errors import DataError
from runner.core.items import Agreement, Item
from runner.datasets.annotation_origin import Origin, origin_of
from runner.datasets.row_problem import RowProblem
from runner.label_studio.agreement import compared
from runner.label_studio.controls import Region
from runner.label_studio.interface import Interface
from runner.label_studio.text_places import Places
from verifiers.verifier import Json

Task = Mapping[str, Any]
Gold = Literal["ground_truth", "all", "agreed"]
"""Which annotations are gold: those marked as ground truth, or ticked as checked; every task's (of these, else the
newest by a person); or those of tasks that two or more annotators label alike. Never one that was made of a model's
answer and then changed: it is there because the model was wrong (``annotation_origin``)."""


@dataclass
class Reader:
    """Reads tasks one by one, and keeps what only all of them together tell.

    Attributes:
        strict: whether annotations of controls that the interface lacks are refused, where they would be gold.
        prompt: the prompt of the annotation that was touched last of all that have one.
        others: what annotations hold instead of an answer in the control, and how many do.
        left_out: how many annotations by people are not gold, by how they came about.
    """

    interface: Interface
    gold: Gold
    strict: bool = True
    prompt: str | None = None
    _typed_at: str = ""
    others: Counter[str] = field(default_factory=Counter)
    left_out: Counter[Origin] = field(default_factory=Counter)
    _said: bool = False
    _data: Mapping[str, Any] | None = None
    _places: Places = field(default_factory=lambda: Places(""))
    _pairs: list[tuple[bool, list[float]]] = field(default_factory=list)

    def item(self, task: Task) -> Item:
        """The item of a task; its gold is None where the rule gives none.

        Raises:
            RowProblem: the task has no text to read, or an annotation names a choice that the interface lacks, is of
                controls that it lacks, or labels a part that has no place in the text.
        """
        checked, data = self.interface.checked, task.get("data") or {}
        item = Item(str(task.get("id")), self.interface.text_of(data))
        every = {id(entry): origin_of(entry, checked) for entry in annotations_of(task)}
        annotations = [entry for entry in annotations_of(task) if every[id(entry)] not in ("skipped", "machine")]
        for entry in annotations:
            self._read_prompt(entry, task.get("predictions") or ())
            self._count_others(entry)
        whole = [entry for entry in annotations if every[id(entry)] != "corrected"]
        given = self._of_each(whole, data)
        pairs = compared(given, self.interface.verifier, item) if len(given) > 1 else None
        if pairs:
            self._pairs.append(pairs)
        gold = self._gold(whole, data, given[0] if pairs and pairs[0] else None)
        if gold is None:
            self.left_out.update(every[id(entry)] for entry in annotations if self._said_in(entry, data) is not None)
            self.left_out["machine"] += sum(origin == "machine" for origin in every.values())
        if gold is None and self.strict:
            self._refuse_strange(whole)
        if gold is None:
            return item
        return replace(item, gold=tuple(gold) if self.interface.has_labels else gold)

    def _gold(self, annotations: Sequence[Task], data: Mapping[str, Any], agreed: Json | None) -> Json | None:
        marked = self._marked(annotations)
        if self.gold == "agreed":
            return agreed
        if marked:
            return self._said_in(_newest(marked), data)
        if self.gold == "ground_truth":
            return None
        labelled = [entry for entry in annotations if self._said_in(entry, data) is not None]
        return self._said_in(_newest(labelled), data) if labelled else None

    def _marked(self, annotations: Sequence[Task]) -> list[Task]:
        """Those that somebody said are right."""
        return [entry for entry in annotations if origin_of(entry, self.interface.checked) in ("marked", "checked")]

    def labelled(self, task: Task) -> bool:
        """Whether a person answered a task, be it gold or not.

        Raises:
            RowProblem: as ``item``.
        """
        made = [(entry, origin_of(entry, self.interface.checked)) for entry in annotations_of(task)]
        own = [entry for entry, origin in made if origin not in ("machine", "skipped")]
        return any(self._said_in(entry, task.get("data") or {}) is not None for entry in own)

    def _of_each(self, annotations: Sequence[Task], data: Mapping[str, Any]) -> list[Json]:
        """What each annotator said, once: the newest of those who labelled a task more than once."""
        given: dict[str, Json] = {}
        for number, entry in enumerate(sorted(annotations, key=_touched)):
            said = self._said_in(entry, data)
            if said is not None:
                given[annotator(entry) or f"unknown {number}"] = said
        return list(given.values())

    def _said_in(self, annotation: Task, data: Mapping[str, Any]) -> Json | None:
        """What an annotator said, as raw gold; None if they said nothing that the answer is made of.

        An annotation without a choice says "none of them" where any number may be chosen, and one without a labelled
        part "there is none", unless all it holds is a prompt or a reply, or it is of controls that the interface does
        not have.
        """
        result = annotation.get("result") or []
        if self._data is not data:  # which are read for each annotation, and more than once
            self._data, self._places = data, self.interface.places(data)
        said = self.interface.given_at(result, self._places)
        self._said = self._said or said is not None or self._sets(result)
        if self._strange(annotation):
            return said
        areas = {area.name for area in (self.interface.prompt, self.interface.response) if area}
        only_areas = bool(result) and all(region.get("from_name") in areas for region in result)
        return None if only_areas and not annotation.get("ground_truth") else self.interface.filled(said)

    def _sets(self, result: Sequence[Region]) -> bool:
        """Whether a result has an answer in it, be it an empty one."""
        kinds = {control.name: control.kind for control in self.interface.answered}
        return any(kinds.get(str(region.get("from_name")), "") in _value_of(region) for region in result)

    def _strange(self, annotation: Task) -> list[str]:
        """What an annotation has of controls that the interface lacks, or of another kind than its own."""
        result = annotation.get("result") or []
        if self._sets(result):
            return []
        others = self.interface.controls - set(self.interface.names)
        regions = [region for region in result if region.get("from_name") and _value_of(region)]
        strange = [region for region in regions if region["from_name"] not in others]
        return list(dict.fromkeys(f"{_kind(region)} of {region['from_name']!r}" for region in strange))

    def _refuse_strange(self, annotations: Sequence[Task]) -> None:
        """Raise RowProblem where the annotations that were looked at are of other controls only."""
        marked = self._marked(annotations)
        looked_at = [_newest(marked)] if marked else list(annotations)
        strange = [self._strange(entry) for entry in looked_at]
        if strange and all(strange) and (marked or self.gold == "all"):
            raise RowProblem(
                f"its annotation has no {self.interface.named}, it has {', '.join(strange[0])}, "
                "which the labelling interface does not have: give the interface of this project, or studio.control",
                code="control-missing",
            )

    def _count_others(self, annotation: Task) -> None:
        result = annotation.get("result") or []
        if not self._sets(result):
            named = [region for region in result if region.get("from_name") and _value_of(region)]
            self.others.update({f"{_kind(region)} of {region['from_name']!r}" for region in named})

    @property
    def missed(self) -> str:
        """What annotations hold, where not one of them has an answer in the control; empty where some have."""
        return "" if self._said else ", ".join(f"{kind} ({count} annotations)" for kind, count in self.others.items())

    def _read_prompt(self, annotation: Task, predictions: Sequence[Any]) -> None:
        typed = self.interface.prompt_in(typed_regions(annotation, predictions))
        when = _touched(annotation)
        if typed and when >= self._typed_at:
            self.prompt, self._typed_at = typed, when

    @property
    def agreement(self) -> Agreement | None:
        """Over the tasks read so far; None where no two annotators labelled the same one."""
        if not self._pairs:
            return None
        scores = [score for _, pairs in self._pairs for score in pairs]
        exact = sum(alike for alike, _ in self._pairs) / len(self._pairs)
        return Agreement(len(self._pairs), exact, sum(scores) / len(scores))


def annotations_of(task: Task) -> list[Task]:
    """The annotations of a task. Raises RowProblem if they are not what Label Studio exports."""
    given = task.get("annotations") or []
    if not isinstance(given, list) or not all(isinstance(entry, Mapping) for entry in given):
        raise RowProblem(f"annotations must be a list of objects, found {given!r:.60}", code="wrong-shape")
    for entry in given:
        result = entry.get("result") or []
        if not isinstance(result, list) or not all(isinstance(region, Mapping) for region in result):
            raise RowProblem(
                f"the result of an annotation must be a list of objects, found {result!r:.60}", code="wrong-shape"
            )
    return given


def sound_annotations(task: Task) -> list[Task]:
    """``annotations_of``, where a task that is not what Label Studio sends ends all. Raises DataError."""
    try:
        return annotations_of(task)
    except RowProblem as problem:
        raise DataError(f"task {task.get('id')}: {problem}", code=problem.code, key=str(task.get("id"))) from problem


def by_people(result: Sequence[Region], *, copied: bool = False) -> list[Region]:
    """Those regions that a person made or changed. What a prediction filled in was typed by nobody.

    Args:
        copied: the annotation was made of a prediction, so that regions without an origin are the prediction's.
    """
    unmarked = (None,) if copied else ()
    return [region for region in result if region.get("origin") not in ("prediction", *unmarked)]


def typed_regions(annotation: Task, predictions: Sequence[Any] = ()) -> list[Region]:
    """Those regions of an annotation that a person made or changed, also where it was made of a prediction.

    Label Studio calls all regions of such an annotation a person's as soon as one of them was changed.

    Args:
        predictions: those of the task, as far as they are known.
    """
    parent = annotation.get("parent_prediction")
    own = by_people(annotation.get("result") or [], copied=parent is not None)
    if parent is None or any(str(region.get("origin")).startswith("prediction") for region in annotation["result"]):
        return own
    made_of = [one.get("result") or [] for one in predictions if isinstance(one, Mapping) and one.get("id") == parent]
    if not made_of:
        return []
    there = [(region.get("from_name"), region.get("value")) for region in made_of[0]]
    return [region for region in own if (region.get("from_name"), region.get("value")) not in there]


def _value_of(region: Region) -> Mapping[str, Any]:
    value = region.get("value")
    return value if isinstance(value, Mapping) else {}


def _kind(region: Region) -> str:
    return str(region.get("type") or next(iter(_value_of(region)), "something"))


def unprompted(task: Task) -> Task:
    """The task with only those annotations that began without a model's answer in them."""
    kept = [entry for entry in annotations_of(task) if not _began_with_a_prediction(entry)]
    return {**task, "annotations": kept}


def _began_with_a_prediction(annotation: Task) -> bool:
    origins = [str(region.get("origin") or "") for region in annotation.get("result") or []]
    return annotation.get("parent_prediction") is not None or any(name.startswith("prediction") for name in origins)


def _newest(annotations: Sequence[Task]) -> Task:
    return max(annotations, key=_touched)


def _touched(annotation: Task) -> str:
    return str(annotation.get("updated_at") or annotation.get("created_at") or "")


def annotator(annotation: Task) -> str | None:
    """Who labelled: a number in an export, an object with one in the server's answers."""
    who = annotation.get("completed_by")
    who = who.get("id") if isinstance(who, Mapping) else who
    return None if who is None else str(who)
