"""The TextArea control, into which a prompt or a model's reply is written. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from runner.label_studio.controls import Region, region, values


@dataclass(frozen=True)
class TextArea:
    """The control: its own ``name``, and that of the object it belongs to."""

    name: str
    to_name: str

    def read(self, result: Sequence[Region]) -> str | None:
        """The text that was typed, the last line of them that is not blank; None if none was."""
        found = None
        for text in values(result, self.name, "text"):
            lines = text if isinstance(text, list) else [text]
            found = next((str(line).strip() for line in reversed(lines) if str(line or "").strip()), found)
        return found

    def write(self, value: str) -> dict[str, Any]:
        return region(self.name, self.to_name, "textarea", {"text": [value]})
