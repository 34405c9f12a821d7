"""Finds out, before anything is asked or written, whether a provider could answer at all."""

from typing import Protocol, runtime_checkable

from runner.core.protocols import Provider


@runtime_checkable
class Preparing(Protocol):
    """A provider that knows something before its first call; one of your own need not."""

    def prepare(self) -> None:
        """Load what can be loaded without asking the model. Needs no event loop; a second time does no harm.

        Raises:
            ProviderError: no call can succeed: no key, no model file, a proxy that cannot be used.
        """
        ...


def prepare(*providers: Provider) -> None:
    """Raise what is known to be wrong with any of them.

    Raises:
        ProviderError: no call can succeed.
    """
    for provider in providers:
        if isinstance(provider, Preparing):
            provider.prepare()
