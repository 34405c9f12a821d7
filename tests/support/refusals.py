"""That something is refused for the right reason, whatever the words are."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from runner.core.errors import GoldloopError


@contextmanager
def refused(kind: type[GoldloopError], code: str, key: str | None = None, *named: str) -> Iterator[None]:
    """The body raises ``kind`` with this code, about ``key``, on one line that names all of ``named``."""
    with pytest.raises(kind) as told:
        yield
    error = told.value
    assert error.code == code, f"{error.code}: {error}"
    if key is not None:
        assert error.key == key, f"{error.key}: {error}"
    assert "\n" not in str(error)
    for name in named:
        assert name in str(error)
