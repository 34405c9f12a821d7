"""Tests test what is public: none imports another test's module, none reaches for a private name of ours."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from paths import ROOT

TESTS = ROOT / "tests"
FILES = sorted(path for path in TESTS.rglob("*.py") if "benchmarks" not in path.parts and path.name != "conftest.py")
PUBLIC = {"os._exit"}


def name(path: Path) -> str:
    return path.relative_to(TESTS).as_posix()


def private(word: str) -> bool:
    return word.startswith("_") and not word.startswith("__")


def imports_of_tests(tree: ast.AST) -> Iterator[str]:
    modules = {path.stem for path in FILES if path.stem.startswith("test_")}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            imported = [node.module or "", *(alias.name for alias in node.names)]
        else:
            continue
        yield from (each for each in imported if modules & set(each.split(".")))


def private_names(tree: ast.AST) -> Iterator[str]:
    """Attributes of anything but ``self``, ``cls`` and ``super()``, imported names, and what is patched by its path."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and private(node.attr):
            whole = ast.unparse(node)
            if whole not in PUBLIC and ast.unparse(node.value) not in {"self", "cls", "super()"}:
                yield whole
        elif isinstance(node, ast.ImportFrom):
            parts = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
            yield from (part for part in parts if private(part))
        elif isinstance(node, ast.Import):
            yield from (part for alias in node.names for part in alias.name.split(".") if private(part))
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("setattr", "delattr", "getattr", "patch")):
            words = [given.value for given in node.args[:2] if isinstance(given, ast.Constant)]
            yield from (
                word for word in words if isinstance(word, str) and (private(word) or word.startswith("runner."))
            )


@pytest.mark.parametrize("path", FILES, ids=name)
def test_no_test_imports_another_and_none_touches_private_names(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert list(imports_of_tests(tree)) == []
    assert list(private_names(tree)) == []


@pytest.mark.parametrize(
    "code",
    [
        "loop._best = 1",
        "from runner.cli.serve import _configured",
        "from runner.cli._serve import configured",
        "import runner._cli",
        "monkeypatch.setattr('runner.cli.serve.MOST', 1)",
        "monkeypatch.setattr(serve, '_MOST', 1)",
        "getattr(loop, '_best')",
        "self.loop._best()",
    ],
)
def test_what_is_private_is_found(code: str) -> None:
    assert list(private_names(ast.parse(code)))


def test_what_is_public_is_not_found() -> None:
    own = "self._x\ncls._x\nsuper()._x\nos._exit(0)\n"
    assert list(private_names(ast.parse(f"{own}loop.best\nloop.__class__\npatch.setattr(sqlite3, 'connect', f)"))) == []
    assert list(imports_of_tests(ast.parse("from test_layers import imports\nimport test_tests"))) == [
        "test_layers",
        "test_tests",
    ]
