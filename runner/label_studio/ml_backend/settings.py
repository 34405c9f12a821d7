"""What stands below ``serve`` in the configuration, checked."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from runner.label_studio.ml_backend.project_options import OneProject, PromptFrom
from runner.label_studio.ml_backend.training import Adopt
from runner.providers.middleware.limits import Limits
from runner.runs.prompt_to_use import Choice


class ServingLimits(Limits):
    """What serving may spend from one start to the next; trainings have ``budget``. Time alone spends nothing."""

    seconds: None = None


def _several(value: Any) -> Any:
    """One name stands for a list of it; so do several with commas between them."""
    return [name.strip() for name in value.split(",")] if isinstance(value, str) else value


def _numbered(value: Any) -> Any:
    """A project's number as text, however it is written."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Number = Annotated[str, BeforeValidator(_numbered), Field(pattern=r"^[1-9][0-9]{0,17}$")]


class ProjectSettings(BaseModel):
    """What stands below ``serve.projects.ID``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    control: str | None = None
    controls: list[str] | None = None
    prompt_from: PromptFrom | None = None

    def made(self) -> OneProject:
        """The same without pydantic."""
        return OneProject(self.control if self.controls is None else tuple(self.controls), self.prompt_from)


class ServeSettings(BaseModel):
    """What stands below ``serve``, checked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str
    allowed_hosts: Annotated[tuple[str, ...], BeforeValidator(_several)] = ()
    port: Annotated[int, Field(ge=0, le=65535)]
    run: str | None
    which: Choice
    prompt_from: PromptFrom
    projects: Mapping[Number, ProjectSettings] = Field(default_factory=dict)
    adopt: Adopt
    renew: bool = True
    page_url: str | None = None
    deadline: Annotated[float, Field(gt=0, le=3600)]
    max_megabytes: Annotated[int, Field(ge=1, le=2000)]
    user_env: str
    password_env: str
    state: str
    budget: ServingLimits
