"""What is being measured now: a prompt, or several at once."""

import time

from runner.core.evaluation import Progress


class EvaluationsUnderWay:
    """The evaluations that began together, as one. May be read in another thread than it is added to."""

    def __init__(self) -> None:
        self._each: dict[int, Progress] = {}
        self.started = time.monotonic()

    def add(self, progress: Progress) -> None:
        """Take note; where all that began before are at their end, or of another stage, others begin."""
        if all(one.done == one.total or one.stage != progress.stage for one in self._each.values()):
            self._each, self.started = {progress.number: progress}, time.monotonic()
        else:
            self._each = {**self._each, progress.number: progress}

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
        """The reward so far, of several prompts the lowest and the highest; blank before anything is known."""
        found = sorted({f"{one.reward():.3f}" for one in self._each.values() if one.done})
        return " to ".join(dict.fromkeys([*found[:1], *found[-1:]]))
