"""Where the characters of a HyperText stand in Label Studio's page, which counts characters of text nodes. Pure.

Label Studio shows the page in a frame: what a browser puts into its head is not counted, a ``<br>`` counts as one, a
style within the body counts though nobody sees it, and ``\\r\\n`` is one character.
"""

import re
from html.parser import HTMLParser
from typing import Any

_HEAD = frozenset({"html", "head", "style", "script", "title", "meta", "link", "base", "template", "noscript"})
_UNSEEN = frozenset({"script", "style", "head", "title", "template", "noscript"})
_SKIPS_A_LINE = frozenset({"pre", "textarea", "listing"})  # a line break right behind the tag is none

Place = tuple[int, int]
"""Where a character begins and ends."""


def places_in_page(source: str, text: str, *, inline: bool = False) -> list[Place] | None:
    """The place of each character of ``text``, which is that of ``source``; None where they do not agree for certain.

    Args:
        inline: whether the HTML stands in Label Studio's own page, where nothing is put into a head.
    """
    page = _Page(inline)
    page.feed(re.sub(r"\r\n?", "\n", source))
    page.close()
    seen = [(char, place) for char, place in page.characters if not char.isspace()]
    if [char for char, _ in seen] != [char for char in text if not char.isspace()]:
        return None
    places, behind, left = list[Place](), 0, iter(seen)
    for char in text:
        if char.isspace():  # of which the text has fewer than the page: it stands behind the word before it
            places.append((behind, behind))
        else:
            _, begins = next(left)
            behind = begins + 1
            places.append((begins, behind))
    return places


class _Page(HTMLParser):
    """Counts what a browser has in the body. ``characters``: those that are seen, each with its place."""

    def __init__(self, inline: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.characters: list[tuple[str, int]] = []
        self._in_body = inline
        self._inline = inline
        self._hidden: list[str] = []
        self._place = 0
        self._line_skipped = False

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if not self._in_body and (tag == "body" or tag not in _HEAD):
            self._begin_body()
        if tag in _UNSEEN and not (tag == "head" and self._in_body):
            self._hidden.append(tag)
        if tag == "br":
            self._place += 1
        self._line_skipped = tag in _SKIPS_A_LINE

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        if tag not in _UNSEEN:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._hidden:
            del self._hidden[self._hidden.index(tag) :]
        self._line_skipped = False

    def handle_data(self, data: str) -> None:
        if self._line_skipped:
            data, self._line_skipped = data.removeprefix("\n"), False
        if not self._in_body:
            data = "" if set(self._hidden) - {"head"} else data.lstrip(" \t\n\f")
            if not data:
                return
            self._begin_body()
        if "script" in self._hidden:  # Label Studio takes scripts out
            return
        if not self._hidden:
            self.characters += [(char, place) for place, char in enumerate(data, self._place)]
        self._place += len(data)

    def _begin_body(self) -> None:
        self._in_body = True
        self._hidden.clear()
