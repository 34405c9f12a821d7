"""What a command on a run takes from it: which run is named, and its model, with the keys of it that are typed."""

from collections.abc import Sequence

from omegaconf import DictConfig, OmegaConf
from yaml import YAMLError

from runner.core.errors import ConfigError


def provider_keys(words: Sequence[str]) -> list[str]:
    """The words that change only keys of the run's own provider: none where another one is chosen."""
    if any(word.startswith("provider=") for word in words):
        return []
    return [word for word in words if word.lstrip("+").startswith("provider.")]


def name_one_run(config: DictConfig) -> None:
    """Make ``run`` a text. Raises ConfigError: not one run is named."""
    named = config.run
    if isinstance(named, str):
        return
    if named is None or len(named) != 1:
        told = f"name one run directory ({'none' if not named else len(named)} given)"
        raise ConfigError(told, code="one-run-directory", key="run")
    config.run = str(named[0])


def with_provider(config: DictConfig, own: DictConfig, changed: Sequence[str]) -> DictConfig:
    """The configuration with the provider that it chooses, else the run's own with the keys of ``changed``.

    Args:
        own: the configuration of the run.

    Raises:
        ConfigError: neither has a provider, or a word cannot be read.
    """
    if config.get("provider") is not None:
        return config
    if own.get("provider") is None:
        told = f"{config.run}: its configuration has no provider: give provider=OPTION"
        raise ConfigError(told, code="option-missing", key="provider")
    config.provider = own.provider
    if config.provider.get("logprobs") is False:  # as runs of before said it that never asked
        config.provider.logprobs = "auto"
    return DictConfig(OmegaConf.merge(config, dotted(changed)))


def dotted(words: Sequence[str]) -> DictConfig:
    """``KEY=VALUE`` words as a part of a configuration. Raises ConfigError: one cannot be read."""
    try:
        return OmegaConf.from_dotlist([word.lstrip("+") for word in words])
    except (ValueError, YAMLError) as error:
        told = f"cannot read {' '.join(words)}: {' '.join(str(error).split())}"
        raise ConfigError(told, code="word-unreadable") from error
