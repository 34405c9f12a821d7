"""certainty=auto: the kind that tells right from wrong best on the select items of the run, as its search left them."""

from collections.abc import Sequence

from runner.core.protocols import AskAgain, Certainty
from runner.core.said import Said


class Auto:
    """Kinds to choose from; ``goldloop label`` takes the chosen one in its place before it begins.

    Args:
        kinds: the kinds, of equals the first is taken.
    """

    kind = "auto"
    calls = 0
    welcomes_logprobs = False

    def __init__(self, kinds: Sequence[Certainty]) -> None:
        self.kinds = list(kinds)
        names = [one.kind for one in self.kinds]
        if not names or len(set(names)) < len(names):
            raise ValueError(f"kinds must be one or more, each of another kind, found {', '.join(names) or 'none'}")

    async def of(self, said: Said, again: AskAgain) -> float | None:
        """None: nothing is chosen yet."""
        return None
