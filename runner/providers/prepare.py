"""Finds out, before anything is asked or written, whether a provider could answer at all."""

from runner.core.protocols import Preparing, Provider


def prepare(*providers: Provider) -> None:
    """Raise what is known to be wrong with any of them.

    Raises:
        ProviderError: no call can succeed.
    """
    for provider in providers:
        if isinstance(provider, Preparing):
            provider.prepare()
