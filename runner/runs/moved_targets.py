"""Classes that stood elsewhere when a run was made: its saved configuration names them as they were."""

from collections.abc import Mapping
from typing import Any

MOVED: Mapping[str, str] = {
    "runner.datasets.snapshot.Snapshot": "runner.runs.snapshot.Snapshot",
    "runner.optimizers.none.Keep": "runner.optimizers.none.NoOp",
    "runner.sinks.file.File": "runner.labelling.sinks.file.FileSink",
    "runner.studio.dataset.LabelStudio": "runner.label_studio.dataset.LabelStudio",
    "runner.studio.sink.LabelStudio": "runner.label_studio.sink.LabelStudioSink",
    "runner.trackers.none.Silent": "runner.trackers.none.NoTracker",
}
"""``_target_`` then -> ``_target_`` now."""


def with_moved_targets(node: Any) -> Any:
    """A configuration as plain values, with each class under its present name."""
    if isinstance(node, Mapping):
        return {
            key: MOVED.get(value, value) if key == "_target_" and isinstance(value, str) else with_moved_targets(value)
            for key, value in node.items()
        }
    return [with_moved_targets(part) for part in node] if isinstance(node, list) else node
