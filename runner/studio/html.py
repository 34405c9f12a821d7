"""The text in HTML, as a reader sees it: blocks on lines of their own, no scripts, no styles. Pure."""

import re

from lxml import etree
from lxml import html as lxml_html

_UNSEEN = ("script", "style", "head", "template", "noscript")
_BLOCKS = frozenset(
    {"p", "div", "br", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6", "section", "article"}
    | {"blockquote", "pre", "dt", "dd", "hr", "header", "footer"}
)


def text_in(source: str) -> str:
    """``source`` without its tags; text that is no HTML comes back as it is, but for runs of blanks."""
    if not source.strip():
        return ""
    try:
        root = lxml_html.fragment_fromstring(source, create_parent="div")
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return source
    for element in list(root.iter(*_UNSEEN, etree.Comment)):
        element.drop_tree()
    for element in root.iter():
        if element.tag in _BLOCKS:
            element.tail = "\n" + (element.tail or "")
            if element.tag != "br":
                element.text = "\n" + (element.text or "")
    lines = (re.sub(r"[^\S\n]+", " ", line).strip() for line in root.text_content().split("\n"))
    return "\n".join(line for line in lines if line)
