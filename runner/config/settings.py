"""The scalars of a run: what stands in the primary configuration beside the groups."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from runner.core.errors import ConfigError, DataError
from runner.core.items import Data
from runner.core.names import FolderName, Text
from runner.core.prompt import Prompt, complete, default_prompt
from runner.providers.middleware.journal import JournalSettings
from runner.providers.middleware.limits import Limits
from verifiers.verifier import Instructions


class StudioSettings(BaseModel):
    """Where Label Studio is, and whether a run's labels go back to it.

    Attributes:
        control: the control of the labelling interface that holds the answer, where it is one of several.
        controls: the controls that hold the answer, where they are not all that can be served.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str | None
    token_env: str
    project: StrictInt | str | None
    control: str | None = None  # runs of an older goldloop saved none
    controls: list[str] | None = None
    push: bool
    annotations: bool

    @property
    def named(self) -> str | Sequence[str] | None:
        """The control or controls that are named; None where all that can be served are meant."""
        return self.control if self.controls is None else self.controls


class RunSettings(BaseModel):
    """The scalars, checked.

    Attributes:
        task: a file that says what is asked of a text, on one page; None once the configuration has what it says.
        study: names the directory below ``outputs/`` that runs of one question share.
        seed: of everything drawn at random.
        epochs: how many at most; 0 measures the initial prompt only.
        patience: stop after so many epochs without a better prompt.
        prompt, prompt_file: the initial prompt as text or as a file; else the data set's, if it has one (a project of
            Label Studio), else a plain one with the bare label list.
        follows: the run directory whose prompt this one goes on from: what its search has seen is not sealed again as
            far as there are other items. A prompt that runs below ``outputs/`` found implies it: its text is looked up.
        split: counts or fractions of reflect, select and test, or ``none``.
        budget: what may be spent at most; null is without limit.
        journal: ``use``, ``replay``, ``refresh`` or ``off``, and the file that all runs of a project share.
        parent: the run directory that this experiment was made from (``goldloop reproduce``), if any.
        max_failed: the share of an evaluation's calls that may fail for good.
        controls: also measure a constant answer, no prompt at all, and what is reached without a model.
        repeats: answers to each sealed item, over which credits are averaged.
        studio: Label Studio, for datasets that come from there and labels that go back.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    task: Text | None = None
    study: FolderName
    seed: int
    epochs: Annotated[int, Field(ge=0)]
    patience: Annotated[int, Field(ge=1)] | None
    prompt: Text | None
    prompt_file: Text | None
    follows: Text | None = None
    split: Mapping[str, float] | Literal["none"]
    parent: Text | None = None
    max_failed: Annotated[float, Field(ge=0, le=1)]
    budget: Limits
    journal: JournalSettings
    controls: bool = False  # runs of an older goldloop had none, and replay without
    repeats: Annotated[int, Field(ge=1, le=20)] = 1
    studio: StudioSettings | None = None

    def initial_prompt(self, data: Data, plain: Instructions) -> Prompt:
        """The prompt to start from.

        Args:
            plain: what the plain prompt says, where nobody gave one.

        Raises:
            ConfigError: both ``prompt`` and ``prompt_file``. DataError: the file is not there, empty or not UTF-8.
        """
        if self.prompt is not None and self.prompt_file is not None:
            told = "prompt and prompt_file are both given: give one of them"
            raise ConfigError(told, code="both-given", key="prompt_file")
        if self.prompt_file is not None:
            return Prompt(read_prompt(Path(self.prompt_file).expanduser()))
        if self.prompt is not None and not self.prompt.strip():
            raise ConfigError("prompt is empty: give a text, or leave it out", code="prompt-empty", key="prompt")
        if self.prompt:
            return Prompt(self.prompt.strip())
        # A prompt that a person typed in a project may leave out what the project says already.
        return Prompt(complete(data.prompt, plain)) if data.prompt else default_prompt(plain)


def read_prompt(path: Path) -> str:
    """The text of a prompt file. Raises DataError: it is not there, empty or not UTF-8."""
    try:
        text = path.read_text("utf-8-sig").strip()
    except FileNotFoundError:
        told = f"prompt_file: no file {path} (looked in {Path.cwd()})"
        raise DataError(told, code="file-missing", key="prompt_file") from None
    except UnicodeDecodeError as error:
        told = f"prompt_file: {path} is not UTF-8 (byte {error.start}): save it as UTF-8"
        raise DataError(told, code="not-utf8", key="prompt_file") from error
    except OSError as error:
        told = f"prompt_file: {path} cannot be read ({error.strerror})"
        raise DataError(told, code="unreadable", key="prompt_file") from error
    if not text:
        raise DataError(f"prompt_file: {path} is empty", code="prompt-empty", key="prompt_file")
    return text
