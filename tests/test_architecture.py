"""The house keeps its plan: dependencies run one way, and nothing slow is loaded for help."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

HEAVY = ("litellm", "wandb", "openai", "label_studio_sdk")
ROOMS = ("providers", "datasets", "optimizers", "trackers")


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update({node.module, *(f"{node.module}.{alias.name}" for alias in node.names)})
    return found


def within(names: set[str], *packages: str) -> set[str]:
    return {name for name in names for package in packages if name == package or name.startswith(f"{package}.")}


@pytest.mark.parametrize("path", modules("verifiers"), ids=lambda path: path.stem)
def test_verifiers_know_neither_runner_nor_the_world(path: Path) -> None:
    assert not within(imports(path), "runner", "hydra", "omegaconf", "asyncio", "pathlib", "os", "openai", "logging")


@pytest.mark.parametrize("path", modules("runner"), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_only_build_and_the_entry_know_hydra(path: Path) -> None:
    allowed = {
        "__main__", "begun", "build", "precheck", "refusals", "rehearsal", "reproduction", "resume", "saved", "single",
    }  # fmt: skip
    name = path.relative_to(ROOT / "runner").with_suffix("").as_posix()
    assert (
        name in allowed
        or name.startswith(("launchers/", "commands/"))
        or not within(imports(path), "hydra", "omegaconf")
    )


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_do_not_know_one_another_or_the_loop(room: str) -> None:
    others = [f"runner.{other}" for other in ROOMS if other != room]
    above = ["runner.loop", "runner.build", "runner.commands", "runner.experiment", "runner.precheck"]
    for path in modules(f"runner/{room}"):
        assert not within(imports(path), *others, *above), path


def test_the_loop_imports_no_implementation() -> None:
    found = within(imports(ROOT / "runner/loop.py"), *(f"runner.{room}" for room in ROOMS))
    assert {name for name in found if not name.startswith("runner.trackers.shield")} == set()


def test_a_strategy_has_no_way_to_the_sealed_items() -> None:
    for path in [*modules("runner/optimizers"), ROOT / "runner/workbench.py"]:
        assert not within(imports(path), "runner.split", "runner.experiment", "runner.loop"), path
    assert "split.test" not in (ROOT / "runner/workbench.py").read_text()


@pytest.mark.parametrize("word", ["--help", "--version", "--cfg=job"])
def test_help_loads_nothing_slow(word: str) -> None:
    code = f"""
import sys
sys.argv = ["goldloop", *{word!r}.split("=")]
from runner.__main__ import main
try:
    main()
except SystemExit:
    pass
print("LOADED", [name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "LOADED []" in done.stdout
    assert len(done.stdout.splitlines()) >= 2  # and it did show something


def test_the_names_that_help_must_not_load_are_there_to_be_loaded() -> None:
    from importlib.util import find_spec

    assert all(find_spec(name) for name in HEAVY)
