"""The labels in the annotations of tasks that Label Studio exported, without the labelling interface."""

from collections.abc import Mapping, Sequence, Set
from typing import Any

from runner.datasets.annotation_origin import by_a_person, checked_control, corrected, origin_of
from runner.datasets.gold_cells import distinct
from runner.datasets.row_problem import RowProblem

Controls = Mapping[str, Set[str]]
"""The controls of a file that have choices or labels, each with the other controls that annotations have beside it."""

_NAMES = ("choices", "labels")
_TYPES = {"taxonomy": "taxonomy", "rating": "rating", "number": "number", "textarea": "text",
          "hypertextlabels": "spans", "paragraphlabels": "spans"}  # fmt: skip


def add_controls(annotations: Any, controls: dict[str, set[str]], chosen: dict[str, set[str]]) -> None:
    """Add the controls with choices of one task's annotations; what cannot be read is told later.

    Args:
        chosen: to it is added what was chosen of each, up to two things.
    """
    for entry in counted(annotations, strict=False):
        lists, others = _read(entry)
        for name, held in lists.items():
            controls.setdefault(name, set()).update((lists.keys() | others.keys()) - {name})
            there = chosen.setdefault(name, set())
            there.update([str(one) for names in held if isinstance(names, list) for one in names][: 2 - len(there)])


def box_in(controls: Controls, chosen: Mapping[str, Set[str]], control: str | None) -> str | None:
    """The control that people tick who have checked the labels: one of which nothing but one thing was ever chosen.

    Args:
        control: the name of the labelling control, which it is not.
    """
    found = checked_control(controls)
    return found if found and found != control and len(chosen.get(found, ())) == 1 else None


def chosen_in(
    annotations: Any, control: str | None, controls: Controls, checked: str | None = None
) -> list[str] | None:
    """The choices of an exported task: of what is marked or ticked as right, else of its first annotation with any.

    One that only says where a model was wrong is left out (``corrected`` in annotation_origin.py).

    Args:
        control: the name of the labelling control; needed where a file has choices of several.
        checked: that of the one which people tick who have checked the labels, ``box_in``.

    Returns:
        [] if the annotation chose none, None if nobody annotated the task, or wrote only texts.

    Raises:
        RowProblem: the annotations are not what Label Studio exports, or are of other controls.
    """
    controls = _without(checked, controls)
    kept = taken(annotations, checked)
    marked = any(is_marked(entry, checked) for entry in kept)
    read = [_read(entry, checked) for entry in kept]
    said = [names for chosen, others in read if (names := _said(chosen, others, control, controls)) is not None]
    if said or not read:
        return said[0] if said else None
    if not marked and _known(control, controls) and all(set(others.values()) == {"textarea"} for _, others in read):
        return None
    there = [pair for chosen, others in read for pair in {**dict.fromkeys(chosen, "choices"), **others}.items()]
    listed = ", ".join(f"{kind} of {name!r}" for name, kind in dict(there).items())
    wanted = f"no choices of {control!r}" if control else "no choices"
    raise RowProblem(
        f"its annotation has {wanted}, it has {listed}: name the control whose choices are the labels "
        f"({', '.join(map(repr, controls)) or 'the file has none'}), dataset.labels_field=NAME, or give the type of "
        f"answer that it is, verifier={_TYPES.get(next(iter(dict(there).values()), ''), 'TYPE')}",
        code="control-missing",
    )


def differ(annotations: Any, control: str | None, controls: Controls, checked: str | None = None) -> bool:
    """Whether annotators chose different labels for a task and none of them is marked as ground truth."""
    kept, controls = taken(annotations, checked), _without(checked, controls)
    if any(is_marked(entry, checked) for entry in kept):
        return False
    said = [_said(*_read(entry, checked), control, controls) for entry in kept]
    return len({frozenset(names) for names in said if names is not None}) > 1


def is_correction(annotations: Any, checked: str | None = None) -> bool:
    """Whether a task has no other annotations than those that only say where a model was wrong."""
    people = counted(annotations, checked, strict=False)
    return bool(people) and all(corrected(entry, checked) for entry in people)


def taken(annotations: Any, checked: str | None) -> list[Mapping[str, Any]]:
    """The annotations that may be gold: the first that is marked or ticked as right, else all by people, in order.

    Raises:
        RowProblem: the annotations are not what Label Studio exports.
    """
    kept = [entry for entry in counted(annotations, checked) if not corrected(entry, checked)]
    return [entry for entry in kept if is_marked(entry, checked)][:1] or kept


def is_marked(entry: Mapping[str, Any], checked: str | None) -> bool:
    """Whether somebody said of an annotation that it is right."""
    return origin_of(entry, checked) in {"marked", "checked"}


def _without(checked: str | None, controls: Controls) -> Controls:
    """The controls without the one that says that the labels were checked."""
    return {name: others - {checked} for name, others in controls.items() if name != checked}


def counted(annotations: Any, checked: str | None = None, *, strict: bool = True) -> list[Mapping[str, Any]]:
    """The annotations by people that were not skipped, in their order.

    Raises:
        RowProblem: they are not what Label Studio exports; where not ``strict`` there are none then.
    """
    given = annotations or []
    if not isinstance(given, list) or not all(isinstance(entry, Mapping) for entry in given):
        if not strict:
            return []
        raise RowProblem(f"annotations must be a list of objects, found {given!r:.60}", code="wrong-shape")
    kept = [entry for entry in given if not entry.get("was_cancelled") and by_a_person(entry, checked)]
    for entry in kept if strict else ():
        if not isinstance(entry.get("result") or [], list):
            raise RowProblem(
                f"the result of an annotation must be a list, found {entry['result']!r:.60}", code="wrong-shape"
            )
    return kept


def _read(entry: Mapping[str, Any], without: str | None = None) -> tuple[dict[str, list[Any]], dict[str, str]]:
    """What an annotation has: by control the lists of its choices, and the kinds of the other controls."""
    result = entry.get("result") or []
    chosen: dict[str, list[Any]] = {}
    others: dict[str, str] = {}
    for region in result if isinstance(result, list) else ():
        value = region.get("value") if isinstance(region, Mapping) else None
        if not isinstance(value, Mapping) or not value:
            continue
        name = str(region.get("from_name"))
        if name == without:
            continue
        kind = next((key for key in _NAMES if key in value), None)
        if kind is None:
            told = region.get("type")
            others[name] = (
                "textarea" if "text" in value and told in (None, "textarea") else str(told or next(iter(value)))
            )
        else:
            names = chosen.setdefault(name, [])
            names += [value[key] for key in _NAMES if value.get(key)][:1]
    return chosen, others


def _said(
    chosen: Mapping[str, Sequence[Any]], others: Mapping[str, str], control: str | None, controls: Controls
) -> list[str] | None:
    """What an annotation says of the labels; None if nothing."""
    several = controls if control is None and len(controls) > 1 else [name for name in chosen if chosen[name]]
    if control is None and len(several) > 1:
        raise RowProblem(
            f"choices of several controls ({', '.join(several)}): say which, dataset.labels_field=NAME",
            code="choices-ambiguous",
        )
    lists = chosen.get(control, []) if control else [names for held in chosen.values() for names in held]
    if any(not isinstance(names, list) or any(not isinstance(name, str) for name in names) for names in lists):
        raise RowProblem(
            f"the choices of an annotation must be a list of names, found {lists!r:.60}", code="wrong-shape"
        )
    rest = (chosen.keys() | others.keys()) - {control}
    there = control in chosen if control else bool(chosen)
    if there or not (chosen or others):
        return distinct(name for names in lists for name in names)
    known = _known(control, controls)
    return [] if known and control not in others and rest <= controls[known] else None


def _known(control: str | None, controls: Controls) -> str | None:
    """The control that is looked for, where the file has it."""
    name = control or next(iter(controls), None)
    return name if name in controls else None
