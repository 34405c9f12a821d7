"""The labelling interface that goldloop gives a project: the text, a prompt area, the model's reply, the labels."""

from lxml import etree

from verifiers.label_set import LabelSet


def interface_for(labels: LabelSet, *, multiple: bool, dialogue: bool) -> str:
    """The XML of an interface as the tutorial has it.

    Args:
        labels: the choices; a definition becomes the hint that is shown over its choice.
        dialogue: whether tasks hold a ``dialogue`` (turns with author and text) instead of a ``text``.
    """
    view = etree.Element("View")
    shown = "dialogue" if dialogue else "text"
    if dialogue:
        etree.SubElement(
            view, "Paragraphs", name=shown, value="$dialogue", layout="dialogue", nameKey="author", textKey="text"
        )
    else:
        etree.SubElement(view, "Text", name=shown, value="$text")
    etree.SubElement(view, "Header", value="Labels")
    choices = etree.SubElement(
        view, "Choices", name="labels", toName=shown, choice="multiple" if multiple else "single", showInline="true"
    )
    for name, meaning in labels.definitions.items():
        etree.SubElement(choices, "Choice", {"value": name, **({"hint": meaning} if meaning else {})})
    etree.SubElement(view, "Header", value="Prompt")
    etree.SubElement(view, "TextArea", name="prompt", toName=shown, rows="4", editable="true", maxSubmissions="1")
    etree.SubElement(view, "Header", value="The model's reply")
    etree.SubElement(view, "TextArea", name="response", toName=shown, rows="2", editable="true", maxSubmissions="1")
    etree.indent(view)
    return etree.tostring(view, encoding="unicode")
