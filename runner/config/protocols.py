"""What the component of each group must be able to do, so that all it lacks is told before anything is asked."""

from collections.abc import Mapping

from runner.core.protocols import Certainty, Provider, Sink, Tracker
from runner.experiment.strategy import Strategy
from verifiers.rewards import Reward
from verifiers.verifier import Verifier

PROTOCOLS: Mapping[str, type] = {
    "provider": Provider,
    "rewriter": Provider,
    "verifier": Verifier,
    "reward": Reward,
    "optimizer": Strategy,
    "tracker": Tracker,
    "sink": Sink,
    "certainty": Certainty,
}
"""Group -> its protocol. A dataset is read in two ways, so who makes it says which."""


def missing_members(component: object, protocol: type | None) -> list[str]:
    """The members of ``protocol`` that ``component`` does not have, by name."""
    own = [base for base in protocol.__mro__ if base.__module__ not in {"typing", "builtins"}] if protocol else []
    members = {name for base in own for name in vars(base) if not name.startswith("_")}
    return sorted(name for name in members if not hasattr(component, name))
