"""verifier=choice: an item has exactly one label."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from verifiers.drafts import Draft, as_name
from verifiers.labels import Labels, Names, closed_object
from verifiers.verdict import Unusable
from verifiers.verifier import Cells, Instructions, Json, Reading, Text


@dataclass(frozen=True)
class Choice(Labels):
    """Answers that are exactly one label; naming several is a failure, not a hedge that pays.

    Args:
        bare: whether the answer is written as the name, and not as a list of it.
    """

    bare: bool = False

    multiple: ClassVar[bool] = False
    cells: ClassVar[Cells] = "name"

    @classmethod
    def drafted(cls, values: Sequence[Json]) -> Draft | None:
        """Names that come again."""
        return as_name(values)

    def gold(self, value: Json, item: Text) -> Names:
        gold = super().gold(value, item)
        if len(gold) != 1:
            raise ValueError(f"verifier=choice needs exactly one gold label, found {len(gold)}")
        return gold

    def read(self, reply: str, item: Text) -> Reading | Unusable:
        """As ``Labels.read``, but more than one label counts as ``several``, and a "none" as ``no_label``."""
        return _one(super().read(reply, item))

    def parse(self, value: Json, item: Text) -> Reading | Unusable:
        return _one(super().parse(value, item))

    def dump(self, answer: Names) -> Json:
        """A list of the name; within a larger answer the name, null where what was given is not on the list."""
        if self.bare:
            return answer[0] if answer else None
        return list(answer)

    def instructions(self) -> Instructions:
        return Instructions(
            "Read the text and choose the one label that fits it best.\nAnswer with that label only.",
            self._list.definitions,
            reminder="one of these labels, and nothing else",
        )

    def schema(self, item: Text) -> dict[str, object]:
        """``{"label": "..."}`` with a name from the list."""
        return closed_object("label", {"type": "string", "enum": list(self._list)})


def _one(read: Reading | Unusable) -> Reading | Unusable:
    if isinstance(read, Unusable):
        return read
    given: Sequence[object] = [*read.answer, *read.unfit]
    if len(given) == 1:
        return read
    return Unusable("several" if given else "no_label")
