"""What is being measured now: a prompt, or several at once."""

import time

from runner.types import Progress


class UnderWay:
    """The evaluations that began together, as one. May be read in another thread than it is added to."""

    def __init__(self) -> None:
        self._each: dict[str, Progress] = {}
        self.started = time.monotonic()

    def add(self, progress: Progress) -> None:
        """Take note; where all that began before are at their end, or of another stage, others begin."""
        if all(one.done == one.total or one.stage != progress.stage for one in self._each.values()):
            self._each, self.started = {progress.prompt: progress}, time.monotonic()
        else:
            self._each = {**self._each, progress.prompt: progress}

    def __bool__(self) -> bool:
        return bool(self._each)

    @property
    def stage(self) -> str:
        """With the number of prompts, where there are several."""
        stage = next(iter(self._each.values())).stage
        return stage if len(self._each) == 1 else f"{stage}, {len(self._each)} prompts"

    @property
    def done(self) -> int:
        return sum(one.done for one in self._each.values())

    @property
    def total(self) -> int:
        return sum(one.total for one in self._each.values())

    @property
    def rewards(self) -> str:
        """The reward so far; of several prompts the lowest and the highest."""
        found = sorted({f"{one.reward():.3f}" for one in self._each.values()})
        return found[0] if len(found) == 1 else f"{found[0]} to {found[-1]}"
