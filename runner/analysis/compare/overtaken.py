"""Whether the prompt of a compared run lost against the one that it began with."""

from collections.abc import Mapping
from typing import Any


def overtaken(run: Mapping[str, Any]) -> bool:
    """Whether a run's own sealed test proved its prompt worse than the one that it began with."""
    decision = run.get("decision")
    return decision is not None and decision["verdict"] == "worse"
