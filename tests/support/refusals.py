"""Errors for a person, asserted by kind, code and key: their words are in tests/architecture/messages.txt."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from runner.core.error_codes import Code
from runner.core.errors import BudgetSpent, GoldloopError


@contextmanager
def refused(
    kind: type[GoldloopError], code: Code, key: object = "", *shown: object
) -> Iterator[pytest.ExceptionInfo[GoldloopError]]:
    """What is done in here raises this error, whose one line shows these values, names and numbers."""
    with pytest.raises(GoldloopError) as told:
        yield told
    says(told.value, kind, code, key, *shown)


def says(error: GoldloopError, kind: type[GoldloopError], code: Code, key: object = "", *shown: object) -> None:
    """Assert that the error is of this kind, code and key, and that its one line shows these values.

    Where cases of several kinds share a test, ``kind`` is GoldloopError; where the key is a path of the test's own that
    ``shown`` has, it is None.
    """
    message = str(error)
    assert kind in {type(error), GoldloopError} and error.code == code, f"{type(error)} {error.code}: {message}"
    assert key is None or error.key == str(key), f"{error.key}: {message}"
    assert len(message.splitlines()) == 1
    assert [value for value in shown if str(value) not in message] == [], message


@contextmanager
def spent(limit: str, value: float, kind: str = "spent") -> Iterator[None]:
    """What is done in here finds this limit of the budget reached, or not to be measured."""
    with pytest.raises(BudgetSpent) as told:
        yield
    assert (told.value.limit, told.value.kind, told.value.value) == (limit, kind, value)
