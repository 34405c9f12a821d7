"""What serving took so far: over all the doors that were opened, one after the other."""

from runner.budget import Budget
from runner.door import Door
from runner.meter import Meter

_NAMES = ("calls", "journal", "input_tokens", "output_tokens", "usd")


class Spent:
    """Sums over the doors that are closed and those that are not."""

    def __init__(self) -> None:
        self._past = [0.0] * len(_NAMES)
        self._open: list[Door] = []
        self._last: Budget | None = None

    def charge(self, door: Door) -> None:
        """Let a new door's budget know what was spent before it."""
        taken = self.totals()
        tokens = int(taken["input_tokens"] + taken["output_tokens"])
        door.budget.spent_before(calls=self._last.begun if self._last else 0, tokens=tokens, usd=taken["usd"])
        self._last = door.budget
        self._open.append(door)

    async def closed(self, door: Door) -> None:
        """Close a door once what is under way is written down, and keep what went through it."""
        await door.close()
        self._open.remove(door)
        self._past = [sum(pair) for pair in zip(self._past, _figures(door.meter), strict=True)]

    def totals(self) -> dict[str, float]:
        """Calls that were paid for, calls that the journal answered, tokens, and dollars where the price is known."""
        figures = [self._past, *(_figures(door.meter) for door in self._open)]
        return dict(zip(_NAMES, map(sum, zip(*figures, strict=True)), strict=True))


def _figures(meter: Meter) -> list[float]:
    paid = meter.calls - meter.hits - meter.failed
    return [paid, meter.hits, meter.input_tokens, meter.output_tokens, meter.cost_usd or 0.0]
