"""What a dataset of a configuration reads of Label Studio: its class is asked, and no dataset is made."""

from collections.abc import Mapping
from typing import Any

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from runner.config.allowlist import Trusted, resolve
from runner.config.past_run import refuse_resolvers
from runner.core.errors import ConfigError
from runner.core.items import Reading
from runner.core.protocols import HasProject
from runner.runs.moved_targets import with_moved_targets


def reading_in(dataset: Mapping[str, Any], trusted: Trusted) -> Reading | None:
    """What a dataset reads of Label Studio, its interpolations resolved; None where it reads another source."""
    try:
        kind: object = resolve(str(dataset.get("_target_")), "dataset._target_", trusted)
    except ConfigError:  # a stranger's, or none
        return None
    return kind.reading(dataset) if isinstance(kind, type) and issubclass(kind, HasProject) else None


def reading_of(config: Mapping[str, Any], trusted: Trusted) -> Reading | None:
    """What a saved configuration says was read of Label Studio; None where its dataset is another.

    It may be a stranger's: it is read, and nothing in it is made or asked.

    Raises:
        ConfigError: it reads the environment, or refers to what is not there.
    """
    if not isinstance(config.get("dataset"), Mapping):
        return None
    whole = OmegaConf.create({"dataset": dict(config["dataset"]), "studio": dict(config.get("studio") or {})})
    refuse_resolvers(OmegaConf.to_container(whole, resolve=False), "the run's dataset")
    try:
        return reading_in(with_moved_targets(OmegaConf.to_container(whole.dataset, resolve=True)), trusted)
    except OmegaConfBaseException as error:
        raise ConfigError(
            f"the run's dataset: {' '.join(str(error).split())}", code="bad-value", key="dataset"
        ) from error
