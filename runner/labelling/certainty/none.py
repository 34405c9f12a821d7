"""certainty=none: rows without a certainty."""

from runner.core.protocols import AskAgain
from runner.core.said import Said


class NoCertainty:
    """Asks nothing and knows nothing; files have no columns for it."""

    kind = "none"
    calls = 0
    welcomes_logprobs = False

    async def of(self, said: Said, again: AskAgain) -> float | None:
        """None."""
        return None
