"""The text in HTML, as a reader sees it: blocks on lines of their own, no scripts, no styles. Pure."""

import re
from typing import Any

from lxml import etree

_UNSEEN = frozenset({"script", "style", "head", "title", "template", "noscript"})
_BLOCKS = frozenset(
    {"p", "div", "br", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6", "section", "article"}
    | {"blockquote", "pre", "dt", "dd", "hr", "header", "footer"}
)
_CELLS = frozenset({"td", "th"})


def text_in(source: str) -> str:
    """``source`` without its tags; text that is no HTML comes back as it is, but for runs of blanks."""
    if not source.strip():
        return ""
    # A tree would be cut off below 2,048 levels and takes no control characters; a target is given all of it.
    target: Any = _Seen()  # the stubs ask for methods that lxml does without
    parser = etree.HTMLParser(target=target, huge_tree=True, encoding="utf-8")
    try:
        text: str = etree.fromstring(f"<html><body>{source}</body></html>".encode(), parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return source
    lines = (re.sub(r"[^\S\n]+", " ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


class _Seen:
    """Told of tags and texts as lxml's parser finds them; gathers what is seen."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._hidden = 0  # how many elements that nobody sees are open

    def start(self, tag: str, attributes: Any) -> None:
        self._hidden += tag in _UNSEEN
        self._part(tag)

    def end(self, tag: str) -> None:
        self._hidden -= tag in _UNSEEN
        self._part(tag)

    def data(self, text: str) -> None:
        if not self._hidden:
            self._parts.append(text)

    def close(self) -> str:
        return "".join(self._parts)

    def _part(self, tag: str) -> None:
        self._parts.append("\n" if tag in _BLOCKS else " " if tag in _CELLS else "")
