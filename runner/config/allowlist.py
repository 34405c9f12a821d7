"""Which code a configuration may name. Checked before anything is imported, since importing runs code.

Hydra's own blocklist lets too much through (``builtins.open``, ``shutil.copy``), so this is an allow list:
goldloop's own components, each in its group, and the modules that the person running names in ``GOLDLOOP_TRUST`` or
``--trust``. The configuration that is being run has no say in it: it may be a stranger's.
"""

import importlib
import inspect
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from runner.core.errors import ConfigError

COMPONENTS: Mapping[str, Collection[str]] = {
    "provider": {"runner.providers.local.Local", "runner.providers.openai.OpenAI", "runner.providers.litellm.LiteLLM"},
    "dataset": {
        "runner.datasets.file.File",
        "runner.datasets.sample.Sample",
        "runner.runs.snapshot.Snapshot",
        "runner.label_studio.dataset.LabelStudio",
    },
    "verifier": {"verifiers.auto.auto", "verifiers.choice.Choice", "verifiers.labels.Labels"},
    "reward": {
        "verifiers.rewards.corpus.MacroF1",
        "verifiers.rewards.corpus.MicroF1",
        "verifiers.rewards.per_item.ExactMatch",
        "verifiers.rewards.per_item.FBeta",
        "verifiers.rewards.per_item.Jaccard",
        "verifiers.rewards.per_item.Precision",
        "verifiers.rewards.per_item.Recall",
        "verifiers.rewards.weighted.Weighted",
    },
    "optimizer": {
        "runner.optimizers.capo.Capo",
        "runner.optimizers.chain.Chain",
        "runner.optimizers.demos.Demos",
        "runner.optimizers.failure_modes.FailureModes",
        "runner.optimizers.gepa.Gepa",
        "runner.optimizers.gepa_official.GepaOfficial",
        "runner.optimizers.mipro.Mipro",
        "runner.optimizers.none.NoOp",
        "runner.optimizers.opro.Opro",
        "runner.optimizers.protegi.Protegi",
        "runner.optimizers.rewrite.Rewrite",
        "runner.optimizers.tutorial.Tutorial",
    },
    "tracker": {
        "runner.trackers.none.NoTracker",
        "runner.trackers.tutorial.TutorialLines",
        "runner.trackers.wandb.WandB",
    },
    "sink": {"runner.labelling.sinks.file.FileSink", "runner.label_studio.sink.LabelStudioSink"},
}
"""Group -> what may be named in it. A room would be too wide: it has functions that write and connect."""
_HYDRA = ("hydra", "hydra_plugins")
_HYDRAS_OWN = re.compile(
    r"logging(?:\.handlers)?\.\w+(?:Handler|Formatter|Filter)|colorlog\.\w+Formatter"
    r"|runner\.core\.secrets\.RedactingFilter|runner\.trackers\.sweep_summary\.SweepSummary"
)


def _named() -> tuple[str, ...]:
    """The modules in ``GOLDLOOP_TRUST`` (comma-separated)."""
    return tuple(name.strip() for name in os.environ.get("GOLDLOOP_TRUST", "").split(",") if name.strip())


def check_targets(config: Any) -> None:
    """Raise ConfigError for the first ``_target_`` whose name is not trusted. Imports nothing."""
    for path, target in _targets(config):
        _check_target(target, path)


def _check_target(target: Any, path: str) -> None:
    group, *inner = re.split(r"[.\[]", path.removesuffix("._target_"))
    # Within another component any of ours may stand (a judge of one's own asks a provider): to make one asks nothing.
    own = _owned() if inner else COMPONENTS.get("provider" if group == "rewriter" else group, ())
    if not isinstance(target, str) or not (target in own or _within(target, _named())):
        raise ConfigError(
            f"{path}: {target!r} is not in a trusted module. If it is yours and you trust it, "
            f"run with --trust {str(target).partition('.')[0]} (or GOLDLOOP_TRUST in the environment)"
        )


def check_hydra(hydra: Any) -> None:
    """Raise ConfigError if Hydra's own part of a configuration names code outside Hydra, its plugins and logging."""
    for path, target in _targets(hydra, "hydra", ("_target_", "()", "class")):
        known = isinstance(target, str) and (_HYDRAS_OWN.fullmatch(target) or _within(target, (*_HYDRA, *_named())))
        if not known:
            raise ConfigError(
                f"{path}: {target!r} is not part of Hydra. If it is yours and you trust it, "
                f"run with --trust {str(target).partition('.')[0]}"
            )


def resolve(target: str, path: str) -> Callable[..., Any]:
    """The class or function that ``_target_`` names at ``path``, if it may; checked before it is imported.

    A trusted module's name alone is not enough: ``mine.shutil.copy`` would reach through an import.
    """
    _check_target(target, path)
    module_name, _, name = target.rpartition(".")
    try:
        found: Any = getattr(importlib.import_module(module_name), name)
    except ModuleNotFoundError as error:
        raise ConfigError(f"{path}: there is no module {error.name!r} for {target!r}") from error
    except (AttributeError, ValueError) as error:
        raise ConfigError(f"{path}: there is no {target!r}") from error
    home = getattr(found, "__module__", None)
    homes = (*_named(), module_name) if target in _owned() else _named()
    if not callable(found) or not isinstance(home, str) or not _within(f"{home}.", homes):
        raise ConfigError(f"{path}: {target!r} is not a component: it lives in {home}")
    if not (inspect.isclass(found) or inspect.isfunction(found)):
        raise ConfigError(f"{path}: {target!r} is neither a class nor a function")
    return found


def _owned() -> set[str]:
    return {target for targets in COMPONENTS.values() for target in targets}


def _within(name: str, modules: Sequence[str]) -> bool:
    return any(name.startswith(f"{module}.") for module in modules)


def _targets(node: Any, path: str = "", keys: Sequence[str] = ("_target_",)) -> Iterator[tuple[str, Any]]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            here = f"{path}.{key}" if path else str(key)
            if key in keys:
                yield here, value
            else:
                yield from _targets(value, here, keys)
    elif isinstance(node, list | tuple):
        for number, value in enumerate(node):
            yield from _targets(value, f"{path}[{number}]", keys)
