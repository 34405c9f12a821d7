"""What comes out of reading a reply: an answer, or the name of why there is none."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NamesRead:
    """The names a reply gives: on the list and not on it, each once, in reply order.

    Both empty means that the reply says, in words or as an empty list, that no label applies.
    """

    found: tuple[str, ...]
    out_of_list: tuple[str, ...]
