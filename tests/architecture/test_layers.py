"""The house keeps its plan: imports run one way, down one table, and nothing slow is loaded for help."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from paths import ROOT

HEAVY = ("litellm", "wandb", "openai", "label_studio_sdk")
HYDRA = ("hydra", "omegaconf")
STOREYS = (  # from the ground up: a module may import its own room and the rooms of lines before its own
    ("verifiers",),
    ("core",),
    ("stats",),
    ("providers", "datasets"),
    ("runs",),
    ("experiment", "trackers", "labelling"),
    ("optimizers", "label_studio", "config"),
    ("analysis",),
    ("view",),
    ("cli",),
    ("__main__",),
)
LEVEL = {room: number for number, storey in enumerate(STOREYS) for room in storey}


def modules() -> dict[str, Path]:
    """``runner.room.module`` -> its file; a package is named as its folder."""
    found = {}
    for folder in ("runner", "verifiers"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(module: str) -> str:
    """The room of a dotted name; empty for ``runner`` itself."""
    top, _, rest = module.partition(".")
    return top if top == "verifiers" else rest.partition(".")[0]


def against_the_order(importer: str, imported: str) -> bool:
    here, there = room(importer), room(imported)
    ours = imported.split(".", maxsplit=1)[0] in {"runner", "verifiers"} and there in LEVEL
    return ours and here != there and LEVEL[here] <= LEVEL[there]


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_module_stands_in_a_room_and_imports_only_what_is_below(module: str) -> None:
    if module != "runner":
        assert room(module) in LEVEL
        assert [name for name in imports(MODULES[module]) if against_the_order(module, name)] == []
    if room(module) not in {"config", "cli"}:  # they alone know Hydra
        assert [name for name in imports(MODULES[module]) if name.split(".")[0] in HYDRA] == []


@pytest.mark.parametrize("package", sorted(name for name, path in MODULES.items() if path.name == "__init__.py"))
def test_a_package_says_in_one_to_three_lines_what_it_is_for(package: str) -> None:
    said = ast.get_docstring(ast.parse(MODULES[package].read_text())) or ""
    assert 1 <= len([line for line in said.splitlines() if line]) <= 3


def test_the_order_is_held() -> None:
    assert against_the_order("runner.core.items", "runner.cli.main")
    assert against_the_order("runner.providers.openai", "runner.datasets.file.File")
    assert not against_the_order("runner.cli.main", "runner.core.items")
    assert not against_the_order("runner.core.items", "json")


@pytest.mark.parametrize("module", sorted(name for name in MODULES if room(name) == "verifiers"))
def test_verifiers_know_nothing_of_the_world(module: str) -> None:
    world = {"runner", "asyncio", "pathlib", "os", "openai", "logging"}
    assert world.isdisjoint(name.split(".")[0] for name in imports(MODULES[module]))


def test_a_strategy_and_its_workbench_cannot_reach_the_sealed_items() -> None:
    closed = ("runner.datasets.split", "runner.experiment.spec", "runner.experiment.loop")
    for module in ["runner.experiment.workbench", *(name for name in MODULES if room(name) == "optimizers")]:
        assert not [name for name in imports(MODULES[module]) if name.startswith(closed)], module


@pytest.mark.parametrize("word", ["--help", "--version", "--cfg=job"])
def test_help_loads_nothing_slow(word: str) -> None:
    code = f"""
import sys
sys.argv = ["goldloop", *{word!r}.split("=")]
from runner.cli.main import main
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
