"""The labelling interface that goldloop gives a project: the text, the labels, a box to say that they are right; below
them the model's reply and a prompt area, so that a long prompt stands between nobody and the choices."""

from lxml import etree

from verifiers.label_set import LabelSet

# Label Studio marks the view while a typed prompt is being answered.
_STYLE = ".lsf-main-content.lsf-requesting .prompt::before { content: 'asking the model ...'; color: #808080; }"

CHECKED = "checked"
"""The control that is ticked by who has checked the labels."""
_RIGHT = "I have checked this task: the labels are right"


def interface_for(labels: LabelSet, *, multiple: bool, dialogue: bool) -> str:
    """The XML of an interface as the tutorial has it.

    Args:
        labels: the choices; a definition becomes the hint that is shown over its choice.
        dialogue: whether tasks hold a ``dialogue`` (turns with author and text) instead of a ``text``.
    """
    view = etree.Element("View")
    etree.SubElement(view, "Style").text = _STYLE
    shown = "dialogue" if dialogue else "text"
    if dialogue:
        etree.SubElement(
            view, "Paragraphs", name=shown, value="$dialogue", layout="dialogue", nameKey="author", textKey="text"
        )
    else:
        etree.SubElement(view, "Text", name=shown, value="$text")
    etree.SubElement(view, "Header", value="Labels")
    choices = _choices(view, "labels", shown, "multiple" if multiple else "single")
    for name, meaning in labels.definitions.items():
        entry = etree.SubElement(choices, "Choice", value=name)
        if meaning:
            entry.set("hint", meaning)
    # The Community edition has no star for ground truth, and no Update where nothing was changed: this is a change.
    box = etree.SubElement(_choices(view, CHECKED, shown, "multiple"), "Choice", value=_RIGHT, alias="yes", hotkey="c")
    box.set("hint", "Tick it in every task you have looked at, also where nothing was wrong, then Submit or Update")
    etree.SubElement(view, "Header", value="The model's reply")
    reply = _area(view, "response", shown)
    # Not smart: a change by hand, here or in the choices, is no question to the model.
    reply.set("showSubmitButton", "false")
    reply.set("smart", "false")
    panel = etree.SubElement(etree.SubElement(view, "Collapse", open="true"), "Panel", value="Prompt")
    typed = _area(etree.SubElement(panel, "View", className="prompt"), "prompt", shown)
    typed.set("showSubmitButton", "true")
    typed.set("placeholder", "Type a prompt, then Shift+Enter (with Auto-Annotation on, below)")
    etree.indent(view)
    return etree.tostring(view, encoding="unicode")


def _choices(parent: etree._Element, name: str, shown: str, choice: str) -> etree._Element:
    return etree.SubElement(parent, "Choices", name=name, toName=shown, choice=choice, showInline="true", smart="false")


def _area(parent: etree._Element, name: str, shown: str) -> etree._Element:
    return etree.SubElement(parent, "TextArea", name=name, toName=shown, rows="4", editable="true", maxSubmissions="1")
