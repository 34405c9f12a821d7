"""What was given where something else was right."""

from collections.abc import Sequence


def confused(missing: Sequence[str], given: Sequence[str]) -> list[tuple[str | None, str | None]]:
    """(right, given): each missing label with each that was wrongly given, in order; None for "nothing".

    Where nothing is missing and nothing was wrongly given there are none.
    """
    if not missing and not given:
        return []
    return [(right, wrong) for right in missing or (None,) for wrong in given or (None,)]
