"""The single values of a configuration, each with where it stands."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def leaves(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(path, value) of every value that is neither a mapping nor a list, as ``provider.params.stop[0]``."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from leaves(value, f"{path}.{key}" if path else str(key))
    elif isinstance(node, Sequence) and not isinstance(node, str | bytes):
        for number, value in enumerate(node):
            yield from leaves(value, f"{path}[{number}]")
    else:
        yield path, node
