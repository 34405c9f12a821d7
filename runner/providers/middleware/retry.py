"""How often a failed call is made again, and after how long."""

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Retry:
    """Exponential backoff with full jitter (Brooker, "Exponential Backoff And Jitter", AWS 2015).

    Attributes:
        tries: how often one call is made at most; first_tries: the same at an endpoint that never answered.
        base, cap: seconds; try n waits a random time below min(cap, base * 2**n).
        patience: seconds; a provider that asks to wait longer (a daily quota) ends the run.
    """

    tries: int = 8
    first_tries: int = 3
    base: float = 0.25
    cap: float = 20.0
    patience: float = 300.0

    def wait(self, attempt: int, asked: float | None) -> float:
        """Seconds before the next try; what the provider asked for is the least."""
        drawn = random.uniform(0, min(self.cap, self.base * 2**attempt))
        return max(drawn, asked or 0.0)
