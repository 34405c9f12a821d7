"""What a label run is told beside its components."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from runner.core.names import FolderName
from runner.providers.middleware.journal import JournalSettings
from runner.providers.middleware.limits import Limits
from runner.runs.prompt_to_use import Choice

CONFIDENCE = 0.95


class LabelSettings(BaseModel):
    """The scalars of a label run, checked.

    Attributes:
        run: the run directory whose prompt labels. which: its best or its initial prompt; ``auto``: the one to use.
        study: names the directory below ``outputs/``.
        limit: how many rows at most. reply: whether the model's words are kept too.
        max_failed: the share of the last calls that may fail for good.
        target: the share of accepted rows that is to be right; None: no row is accepted or sent to people.
        confidence: of that claim. loss: what a wrong answer is: ``exact``, any that is not exactly right (with
            reward=within, one that is further off); or ``reward``, 1 - its reward.
        review: a file in which people answered rows of the run that is resumed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    run: str
    which: Choice
    study: FolderName
    limit: Annotated[int, Field(ge=1)] | None
    reply: bool
    max_failed: Annotated[float, Field(ge=0, le=1)]
    target: Annotated[float, Field(gt=0, lt=1)] | None = None
    confidence: Annotated[float, Field(gt=0, lt=1)] = CONFIDENCE
    loss: Literal["exact", "reward"] = "exact"
    review: str | None = None
    budget: Limits
    journal: JournalSettings
