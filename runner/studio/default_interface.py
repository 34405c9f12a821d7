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
    hint = "Type a prompt, then Shift+Enter (with Auto-Annotation on, below)"
    area = {"toName": shown, "rows": "4", "editable": "true", "maxSubmissions": "1"}
    etree.SubElement(prompt, "TextArea", {"name": "prompt", **area, "showSubmitButton": "true", "placeholder": hint})
    # Not smart: a change of theirs by hand is no question to the model.
    etree.SubElement(view, "Header", value="The model's reply")
    etree.SubElement(view, "TextArea", {"name": "response", **area, "showSubmitButton": "false", "smart": "false"})
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
