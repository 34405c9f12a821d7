"""Classes that stood elsewhere are found under the names that old run directories have."""

from importlib import import_module

from runner.runs.moved_targets import MOVED, with_moved_targets


def test_each_class_is_where_the_table_says_and_no_more_where_it_was() -> None:
    for before, now in MOVED.items():
        module, _, name = now.rpartition(".")
        assert isinstance(getattr(import_module(module), name), type)
        assert before not in MOVED.values()


def test_a_configuration_is_changed_at_its_targets_only() -> None:
    old = {"optimizer": {"_target_": "runner.optimizers.none.Keep", "note": "runner.optimizers.none.Keep"}}
    new = with_moved_targets({**old, "list": [old["optimizer"]], "study": "x"})
    moved = {"_target_": "runner.optimizers.none.NoOp", "note": "runner.optimizers.none.Keep"}
    assert new == {"optimizer": moved, "list": [moved], "study": "x"}
