"""The jobs of a sweep, as far as the command line and its file say them: which there are, how many, in which words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from pathlib import Path

from hydra.core.override_parser.types import Glob, IntervalSweep, Override
from omegaconf import DictConfig

from runner.config.shipped import CONF
from runner.core.errors import ConfigError

_MOST = 200  # jobs that are gone through one by one


@dataclass(frozen=True)
class Sweep:
    """The overrides of a sweep, those of its file among them, and the options of Hydra's sweeper.

    Attributes:
        combines: whether the sweeper runs all combinations of values; another one chooses its jobs itself.
        folders: of configuration files, in which a group's options are.

    Raises:
        ConfigError: an interval has no list of values, and only a sweeper that searches can take it.
    """

    overrides: Sequence[Override]
    sweeper: DictConfig
    combines: bool
    folders: Sequence[Path] = (CONF,)

    def __post_init__(self) -> None:
        intervals = [override.input_line for override in self.overrides if override.is_interval_sweep()]
        if intervals and self.combines:
            words = f"{intervals[0]}: add hydra/sweeper=optuna to search it, or give values with commas"
            raise ConfigError(words, code="interval-without-sweeper", key=(intervals[0] or "").partition("=")[0])

    @property
    def count(self) -> int | None:
        """How many jobs it has: all combinations, or as many as the sweeper was told to try; None if it was not."""
        if self.combines:
            return prod(len(_values(override, self.folders)) for override in self.overrides)
        trials = self.sweeper.get("n_trials")
        return trials if isinstance(trials, int) else None

    def jobs(self, *, every: bool) -> Iterator[Sequence[str]]:
        """The words of jobs: the first values of all sweeps, then each other value once.

        Args:
            every: of all jobs instead, where they are combinations of values and not too many.
        """
        values = [_values(override, self.folders) for override in self.overrides]
        if every and self.combines and (self.count or 0) <= _MOST:
            yield from product(*values)
            return
        first = [options[0] for options in values]
        yield first
        for place, options in enumerate(values):
            for other in options[1:]:
                yield [*first[:place], other, *first[place + 1 :]]


def late(override: Override, swept: Sequence[Override]) -> str:
    """The override as Hydra takes it when its group is swept.

    Hydra first composes a sweep without its swept groups, where a key that only the chosen option has
    (``-m provider=openai,anthropic provider.base_url=...``) would be refused. As a sweep of one value it is
    applied in each job instead.
    """
    line, key = override.input_line or "", override.get_key_element()
    groups = {one.package or one.key_or_group for one in swept}
    if override.is_sweep_override() or "." not in key or key.lstrip("+").split(".")[0] not in groups:
        return line
    value = line.partition("=")[2]
    if override.value() is None:  # which cannot be chosen
        return f"++{key.lstrip('+')}={value}"
    if isinstance(override.value(), str) and value[:1] not in "'\"":
        value = "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return f"{key}=choice({value})"


def _values(override: Override, folders: Sequence[Path]) -> list[str]:
    value = override.value()
    if isinstance(value, Glob):
        return _matching(override, value, folders)
    if isinstance(value, IntervalSweep):
        start, end = value.start or 0, value.end or 0
        between = [] if isinstance(start, int) and isinstance(end, int) else [start + (end - start) * 0.382]
        return [f"{override.get_key_element()}={number}" for number in (*between, start, end)]
    if not override.is_sweep_override() or not override.is_discrete_sweep():
        return [override.input_line or ""]
    key = override.get_key_element()
    return [f"{key}={value}" for value in override.sweep_string_iterator()]


def _matching(override: Override, glob: Glob, folders: Sequence[Path]) -> list[str]:
    """The options of a group that ``glob`` names. Raises ConfigError: there is none."""
    key = override.get_key_element()
    group = key.partition("@")[0]
    there = sorted({path.stem for folder in folders for path in (folder / group).glob("*.yaml")})
    if found := glob.filter(there):
        return [f"{key}={name}" for name in found]
    words = f"{key} has {', '.join(there)}" if there else f"{key} is no group of options"
    raise ConfigError(f"{override.input_line}: nothing matches, {words}", code="choice-unknown", key=key)
