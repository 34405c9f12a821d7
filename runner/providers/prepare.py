"""Finds out, before anything is asked or written, whether a provider could answer at all."""

from runner.core.protocols import Preparing, Provider


def prepare(*wires: Provider) -> None:
    """Raise what is known to be wrong with any of them.

    Raises:
        ProviderError: no call can succeed.
    """
    for wire in wires:
        if isinstance(wire, Preparing):
            wire.prepare()
