"""certainty=samples: how far further answers of the model, drawn at a temperature, agree with its answer."""

from runner.core.concurrency import gather_or_cancel
from runner.core.numbers import Count, Temperature
from runner.core.protocols import AskAgain
from runner.core.said import Said
from runner.labelling.certainty.agreement import agreement


class Samples:
    """Several calls more for each row, at another temperature and each with a seed of its own.

    Args:
        count: further answers. temperature: at which they are drawn; at 0 they would all be the same.
    """

    kind = "samples"
    welcomes_logprobs = False

    def __init__(self, count: Count = 5, temperature: Temperature = 0.7) -> None:
        if temperature == 0:
            raise ValueError("temperature=0 gives the same answer again and again: give one above 0, as 0.7")
        self._temperature = temperature
        self.calls = count

    async def of(self, said: Said, again: AskAgain) -> float | None:
        """From 0 to 1; None where all further calls failed."""
        samples = range(1, self.calls + 1)
        others = await gather_or_cancel(again(None, sample=one, temperature=self._temperature) for one in samples)
        return agreement(said, others)
