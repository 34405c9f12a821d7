"""The labelling interface that goldloop gives a project: the text, the labels, a box to say that they are right; below
them the model's reply and a prompt area, so that a long prompt stands between nobody and the choices."""

from collections.abc import Sequence
from itertools import cycle

from lxml import etree

from runner.label_studio.controls import Control
from runner.label_studio.controls.choices import Choices
from verifiers.label_set import LabelSet

# Label Studio marks the view while a typed prompt is being answered.
_STYLE = ".lsf-main-content.lsf-requesting .prompt::before { content: 'asking the model ...'; color: #808080; }"

CHECKED = "checked"
"""The control that is ticked by who has checked the labels."""
_RIGHT = "I have checked this task: the labels are right"
_ALL_RIGHT = "I have checked this task: all of it is right"
_COLOURS = ("#FFA39E", "#91CAFF", "#B7EB8F", "#FFD591", "#D3ADF7", "#87E8DE", "#FFADD2", "#D9D9D9")
"""Of the labels for words, in their order, so that parts of a text can be told apart."""


def interface_for(labels: LabelSet, *, multiple: bool, dialogue: bool) -> str:
    """The XML of an interface as the tutorial has it.

    Args:
        labels: the choices; a definition becomes the hint that is shown over its choice.
        dialogue: whether tasks hold a ``dialogue`` (turns with author and text) instead of a ``text``.
    """
    shown = "dialogue" if dialogue else "text"
    return interface_with([Choices("labels", shown, multiple, labels)], [shown], dialogue=dialogue)


def interface_with(controls: Sequence[Control], shown: Sequence[str], *, dialogue: bool) -> str:
    """The XML of an interface with these controls.

    Args:
        shown: the task fields with a text each; the controls belong to the object with the first one's name.
        dialogue: whether the text is a list of turns with author and text.
    """
    view = etree.Element("View")
    etree.SubElement(view, "Style").text = _STYLE
    marking = [control for control in controls if hasattr(control, "shown_by")]
    for control in marking:  # labels for words stand above them
        _add(view, control)
    for field in shown:
        if len(shown) > 1:
            etree.SubElement(view, "Header", value=field)
        if dialogue:
            turns = {"name": field, "value": f"${field}", "layout": "dialogue", "nameKey": "author", "textKey": "text"}
            etree.SubElement(view, "Paragraphs", turns)
        else:
            etree.SubElement(view, "Text", name=field, value=f"${field}")
    for control in controls:
        if control not in marking:
            _add(view, control)
    # The Community edition has no star for ground truth, and no Update where nothing was changed: this is a change.
    right = _RIGHT if [control.name for control in controls] == ["labels"] else _ALL_RIGHT
    box = etree.SubElement(
        _choices(view, CHECKED, shown[0], "multiple"), "Choice", value=right, alias="yes", hotkey="c"
    )
    box.set("hint", "Tick it in every task you have looked at, also where nothing was wrong, then Submit or Update")
    _add_model_areas(view, shown[0])
    etree.indent(view)
    return etree.tostring(view, encoding="unicode")


def _add(view: etree._Element, control: Control) -> None:
    """A control under its name. Nothing that people do to it is a question to the model."""
    etree.SubElement(view, "Header", value="Labels" if control.name == "labels" else control.name)
    tag = control.xml()
    if tag.tag == "Choices":
        tag.set("showInline", "true")
    for label, colour in zip(tag.iter("Label"), cycle(_COLOURS), strict=False):
        label.set("background", colour)
    tag.set("smart", "false")
    view.append(tag)


def _add_model_areas(view: etree._Element, shown: str) -> None:
    """The model's reply, and a place to type a prompt."""
    etree.SubElement(view, "Header", value="The model's reply")
    reply = _area(view, "response", shown)
    # Not smart: a change by hand, here or in the choices, is no question to the model.
    reply.set("showSubmitButton", "false")
    reply.set("smart", "false")
    panel = etree.SubElement(etree.SubElement(view, "Collapse", open="true"), "Panel", value="Prompt")
    typed = _area(etree.SubElement(panel, "View", className="prompt"), "prompt", shown)
    typed.set("showSubmitButton", "true")
    typed.set("placeholder", "Type a prompt, then Shift+Enter (with Auto-Annotation on, below)")


def _choices(parent: etree._Element, name: str, shown: str, choice: str) -> etree._Element:
    return etree.SubElement(parent, "Choices", name=name, toName=shown, choice=choice, showInline="true", smart="false")


def _area(parent: etree._Element, name: str, shown: str) -> etree._Element:
    return etree.SubElement(parent, "TextArea", name=name, toName=shown, rows="4", editable="true", maxSubmissions="1")
