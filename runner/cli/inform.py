"""What Hydra tells of a configuration without running it: --help with options, --cfg, --info, completion."""

import sys

import hydra
from omegaconf import DictConfig

from runner.config.command_line import CommandLine
from runner.config.shipped import CONF


def inform(words: CommandLine) -> None:
    """Let Hydra answer. ``check`` has the configuration of ``optimize``."""
    name = "optimize" if words.command == "check" else words.command
    sys.argv = [sys.argv[0], *words.rest]
    hydra.main(version_base="1.3", config_path=str(CONF), config_name=name)(_nothing)()


def _nothing(config: DictConfig) -> None:
    """Hydra ends before it would run this."""
