"""Which controls of a labelling interface hold the answer, and which are for a prompt, a reply, or a tick. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from runner.core.errors import ConfigError, DataError
from runner.datasets.annotation_origin import checked_control
from runner.label_studio.controls import Control
from runner.label_studio.controls.served import is_control, made, why_not
from runner.label_studio.controls.text_area import TextArea

_PROMPT = ("prompt",)  # how the name of a text area begins that is for it
_REPLY = ("response", "reply", "answer")  # any other area is the annotators' own: notes, a correction
_FREE_TEXT = (
    'is for free text, which is answered where it is required (required="true"), is named, studio.controls=[NAME], or '
    "is all there is"
)

Named = str | Sequence[str] | None
"""The control that holds the answer, by name, or several; None: all that can be served."""


def one_or_several(control: str | None, controls: Sequence[str] | None, where: str) -> Named:
    """What ``control`` and ``controls`` name. Raises ConfigError: both do, or ``controls`` names none."""
    if controls is None:
        return control
    if control is not None:
        raise ConfigError(
            f"{where}.control and {where}.controls are both given: give one of them",
            code="both-given",
            key=f"{where}.controls",
        )
    if not controls:
        raise ConfigError(
            f"{where}.controls=[] names none: give names, or leave it out", code="bad-value", key=f"{where}.controls"
        )
    return tuple(controls)


@dataclass(frozen=True)
class Chosen:
    """The controls by what they are for; ``left_out``: those that are not answered, and why."""

    controls: Sequence[Control]
    prompt: TextArea | None
    response: TextArea | None
    checked: str | None
    left_out: Mapping[str, str]


def chosen_controls(tags: Sequence[etree._Element], named: Named, texts: Mapping[str, str]) -> Chosen:
    """The controls of an interface.

    Args:
        tags: all tags of the XML. texts: the objects that show a text of the task, each with its tag.

    Raises:
        DataError: a control that is named is not there, or nothing can be answered; says what there is.
    """
    wanted = [named] if isinstance(named, str) else list(named or ())
    checked = _checked(tags, wanted)
    found = {_name(tag): tag for tag in tags if is_control(tag) and _name(tag) not in ("", checked)}
    left_out = {name: why for name, tag in found.items() if (why := why_not(tag, texts))}
    controls = [_wanted(name, found, left_out) for name in wanted] or list(_all(found, left_out))
    names = {control.name for control in controls}
    left = {name: left_out.get(name, _FREE_TEXT) for name in found if name not in names}
    areas = [tag for name, tag in found.items() if _is_area(tag) and tag.get("toName") and name not in names]
    prompt, response = _area(areas, _PROMPT), _area(areas, _REPLY)
    own = {area.name for area in (prompt, response) if area}
    return Chosen(controls, prompt, response, checked, {name: why for name, why in left.items() if name not in own})


def _name(tag: etree._Element) -> str:
    return tag.get("name", "") or (str(tag.tag) if tag.tag == "Relations" else "")


def _checked(tags: Sequence[etree._Element], wanted: Sequence[str]) -> str | None:
    """The name of the control with one choice that says that somebody checked the labels; never the only control."""
    every = [tag for tag in tags if is_control(tag) and tag.get("name")]
    controls = [tag for tag in every if not _is_area(tag) or _must_be_written(tag)]
    found = checked_control(list(dict.fromkeys([*(tag.get("name", "") for tag in controls), *wanted])))
    boxes = [tag for tag in controls if tag.tag == "Choices" and len(list(tag.iter("Choice"))) == 1]
    return found if found not in wanted and any(tag.get("name") == found for tag in boxes) else None


def _wanted(name: str, found: Mapping[str, etree._Element], left_out: Mapping[str, str]) -> Control:
    if name not in found:
        raise DataError(
            f"the labelling interface has no control named {name!r} (there is {', '.join(found) or 'none'})",
            code="control-unknown",
            key=name,
        )
    if name in left_out:
        raise DataError(
            f"the labelling interface: {name} {left_out[name]}, so goldloop cannot answer it ({found[name].tag!s})",
            code="control-missing",
            key=name,
        )
    return made(found[name])


def _all(found: Mapping[str, etree._Element], left_out: dict[str, str]) -> Iterator[Control]:
    """All controls that can be served. What takes its choices from tasks is left out beside others.

    Raises:
        DataError: nothing can be served, or what a control lists cannot be a list of labels.
    """
    served = {name: tag for name, tag in found.items() if name not in left_out}
    several = [name for name, tag in served.items() if not _is_area(tag) or _must_be_written(tag)]
    several = several or _lone_areas(served)
    controls, loaded = list[Control](), None
    for name in several:
        try:
            controls.append(made(served[name]))
        except DataError as error:
            if error.code != "labels-in-tasks":
                raise
            left_out[name], loaded = "takes its choices from the tasks, or from an address", error
    if controls:
        return iter(controls)
    if loaded is not None:
        raise loaded
    there = "; ".join(f"{name} ({found[name].tag!s}) {why}" for name, why in left_out.items())
    raise DataError(
        f"the labelling interface has no control that goldloop can answer{f': {there}' if there else ''}",
        code="control-missing",
        key=next(iter(left_out), ""),
    )


def _lone_areas(served: Mapping[str, etree._Element]) -> list[str]:
    """The text areas that are the answer where nothing else is: beside one for a prompt, a reply's is the model's."""
    prompted = any(name.lower().startswith(_PROMPT) for name in served)
    kept = [name for name in served if not name.lower().startswith(_PROMPT)]
    return [name for name in kept if not (prompted and name.lower().startswith(_REPLY))]


def _is_area(tag: etree._Element) -> bool:
    return bool(tag.tag == "TextArea")


def _must_be_written(area: etree._Element) -> bool:
    """Whether people write into a text area in every task, so that it is part of the answer, and no note."""
    return not _name(area).lower().startswith(_PROMPT) and not TextArea.of(area).optional


def _area(areas: Sequence[etree._Element], begins: tuple[str, ...]) -> TextArea | None:
    """The first text area whose name begins so."""
    tag = next((tag for tag in areas if tag.get("name", "").lower().startswith(begins)), None)
    return None if tag is None else TextArea.of(tag)
