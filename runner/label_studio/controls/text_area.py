"""The TextArea control, into which people write an answer; a prompt; or a model's reply. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from lxml import etree

from runner.label_studio.controls import Region, region, values
from runner.label_studio.controls.names import belongs_to, element
from runner.label_studio.text_places import Places
from verifiers.label_set import LabelSet
from verifiers.verifier import Verifier


@dataclass(frozen=True)
class TextArea:
    """The control: its own ``name``, and that of the object it belongs to; ``optional``: whether it may stay empty."""

    name: str
    to_name: str
    optional: bool = False

    tags: ClassVar[Sequence[str]] = ("TextArea",)
    kind: ClassVar[str] = "text"
    nothing: ClassVar[None] = None

    @classmethod
    def of(cls, tag: etree._Element) -> "TextArea":
        """The control of a tag."""
        return cls(*belongs_to(tag), tag.get("required", "").strip().lower() != "true")

    @classmethod
    def answering(cls, verifier: Verifier, name: str, to_name: str) -> "TextArea | None":
        from verifiers.text import FreeText

        return cls(name, to_name) if isinstance(verifier, FreeText) else None

    def read(self, result: Sequence[Region], text: Places) -> str | None:
        """The text that was written; what was submitted piece by piece a line each. None if none was."""
        written = [str(line or "").strip() for lines in self._held(result) for line in lines]
        return "\n".join(filter(None, written)) or None

    def last(self, result: Sequence[Region]) -> str | None:
        """The text that was typed last: of several the last one that is not blank; None if none was."""
        found = None
        for lines in self._held(result):
            found = next((str(line).strip() for line in reversed(lines) if str(line or "").strip()), found)
        return found

    def write(self, answer: str, text: Places) -> list[dict[str, Any]]:
        return [self.shown(answer)] if answer else []

    def shown(self, words: str) -> dict[str, Any]:
        """The region that shows these words."""
        return region(self.name, self.to_name, "textarea", {"text": [words]})

    def verifier(self) -> Verifier:
        from verifiers.text import FreeText

        return FreeText("tokens")

    def xml(self, vocabulary: LabelSet | None = None) -> etree._Element:
        required = {} if self.optional else {"required": "true"}
        return element("TextArea", self.name, self.to_name, rows="4", editable="true", maxSubmissions="1", **required)

    def _held(self, result: Sequence[Region]) -> list[list[Any]]:
        return [held if isinstance(held, list) else [held] for held in values(result, self.name, "text")]
