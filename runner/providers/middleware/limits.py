"""What may be spent at most."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Limits(BaseModel):
    """What may be spent at most; None is without limit.

    Attributes:
        usd: US dollars. calls: requests begun, retries too. tokens: in and out together. seconds: by the clock.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    usd: Annotated[float, Field(gt=0)] | None = None
    calls: Annotated[int, Field(ge=1)] | None = None
    tokens: Annotated[int, Field(ge=1)] | None = None
    seconds: Annotated[float, Field(gt=0)] | None = None

    @property
    def any(self) -> bool:
        """Whether there is one."""
        return any(limit is not None for limit in (self.usd, self.calls, self.tokens, self.seconds))
