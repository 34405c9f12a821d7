"""The labelling interface that goldloop gives a project: the text, a prompt area, the model's reply, the labels."""

from lxml import etree

from verifiers.label_set import LabelSet

# Label Studio marks the view while a typed prompt is being answered.
_STYLE = ".lsf-main-content.lsf-requesting .prompt::before { content: 'asking the model ...'; color: #808080; }"


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
    etree.SubElement(view, "Header", value="Prompt")
    prompt = etree.SubElement(view, "View", className="prompt")
    typed = _area(prompt, "prompt", shown)
    typed.set("showSubmitButton", "true")
    typed.set("placeholder", "Type a prompt, then Shift+Enter (with Auto-Annotation on, below)")
    etree.SubElement(view, "Header", value="The model's reply")
    reply = _area(view, "response", shown)
    # Not smart: a change by hand, here or in the choices, is no question to the model.
    reply.set("showSubmitButton", "false")
    reply.set("smart", "false")
    etree.SubElement(view, "Header", value="Labels")
    many = "multiple" if multiple else "single"
    choices = etree.SubElement(
        view, "Choices", name="labels", toName=shown, choice=many, showInline="true", smart="false"
    )
    for name, meaning in labels.definitions.items():
        entry = etree.SubElement(choices, "Choice", value=name)
        if meaning:
            entry.set("hint", meaning)
    etree.indent(view)
    return etree.tostring(view, encoding="unicode")


def _area(parent: etree._Element, name: str, shown: str) -> etree._Element:
    return etree.SubElement(parent, "TextArea", name=name, toName=shown, rows="4", editable="true", maxSubmissions="1")
