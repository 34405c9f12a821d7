"""What a model said of an item, as far as it could be read."""

from dataclasses import dataclass
from typing import Any

from runner.core.calls import Reply
from runner.core.items import Item
from verifiers.verifier import Verifier


@dataclass(frozen=True, slots=True)
class Said:
    """An item, the reply to it, and the answer that the verifier read in it."""

    item: Item
    reply: Reply
    answer: Any
    verifier: Verifier
