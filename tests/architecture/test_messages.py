"""What goldloop says when it refuses: every message of an error in one file, and every error with a code.

Tests elsewhere assert codes and keys. Whoever changes words on purpose accepts them here, and reads the difference:
``GOLDLOOP_ACCEPT=1 python -m pytest tests/architecture/test_messages.py``.
"""

import ast
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
from paths import ROOT

from runner.core.error_codes import Code

MESSAGES = Path(__file__).with_name("messages.txt")

# What is no GoldloopError: a row's problem and the row with it (an id, words, a code), and the class a caller chooses.
ALSO = {"RowProblem", "BadRow", "Refused", "wrong"}


@dataclass(frozen=True)
class Construction:
    """A place that makes an error: ``message`` with {} for each value, ``code`` as it is written (None: left out)."""

    place: str
    room: str
    message: str
    code: ast.expr | None

    @property
    def codes(self) -> list[str | None]:
        """The codes it may have; None for what is no literal. One that is handed on from another error is left out."""
        chosen = [self.code.body, self.code.orelse] if isinstance(self.code, ast.IfExp) else [self.code]
        return [
            code.value if isinstance(code, ast.Constant) else None
            for code in chosen
            if not (isinstance(code, ast.Attribute) and code.attr == "code")
        ]

    @property
    def line(self) -> str:
        return f"{self.room} {'|'.join(map(str, self.codes)) or '(as before)'}: {self.message}"


def modules() -> dict[Path, ast.Module]:
    return {
        path: ast.parse(path.read_text("utf-8"))
        for folder in ("runner", "verifiers")
        for path in sorted((ROOT / folder).rglob("*.py"))
    }


def errors_in(trees: dict[Path, ast.Module]) -> set[str]:
    """The names of GoldloopError and of all classes below it."""
    classes = [node for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    found, before = {"GoldloopError"}, 0
    while len(found) > before:
        before = len(found)
        found |= {one.name for one in classes if found & {ast.unparse(base) for base in one.bases}}
    return found


def room_of(path: Path) -> str:
    parts = path.relative_to(ROOT).parts
    return parts[1] if parts[0] == "runner" else parts[0]


def template(node: ast.expr | None, assigned: dict[str, ast.expr]) -> str:
    """A text as it is written, with {} for each value in it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(template(part, assigned) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return template(node.left, assigned) + template(node.right, assigned)
    return template(assigned[node.id], {}) if isinstance(node, ast.Name) and node.id in assigned else "{}"


def constructions_in(tree: ast.Module, path: Path, errors: set[str]) -> Iterator[Construction]:
    """In the order of the file, so that a name holds what was last assigned to it above."""
    raised = {id(node.exc) for node in ast.walk(tree) if isinstance(node, ast.Raise)}
    assigned: dict[str, ast.expr] = {}
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Assign | ast.Call)]
    for node in sorted(nodes, key=lambda node: (node.lineno, node.col_offset)):
        if isinstance(node, ast.Assign):
            assigned |= {target.id: node.value for target in node.targets if isinstance(target, ast.Name)}
            continue
        named = isinstance(node.func, ast.Name) and node.func.id in errors | ALSO
        copied = id(node) in raised and isinstance(node.func, ast.Call)  # raise type(error)(...)
        if named or copied:
            words, *after = node.args[isinstance(node.func, ast.Name) and node.func.id == "BadRow" :]
            code = next((keyword.value for keyword in node.keywords if keyword.arg == "code"), next(iter(after), None))
            message = template(words, assigned)
            yield Construction(f"{path.relative_to(ROOT)}:{node.lineno}", room_of(path), message, code)


@cache
def constructions() -> list[Construction]:
    """All of them."""
    trees = modules()
    errors = errors_in(trees)
    return [one for path, tree in trees.items() for one in constructions_in(tree, path, errors)]


def test_every_message_is_the_one_accepted() -> None:
    found = "".join(sorted(f"{one.line.replace(chr(10), ' ')}\n" for one in constructions()))
    if os.environ.get("GOLDLOOP_ACCEPT"):
        MESSAGES.write_text(found, "utf-8")
    accepted = MESSAGES.read_text("utf-8")
    changes = list(unified_diff(accepted.splitlines(), found.splitlines(), "accepted", "now", lineterm="", n=0))
    if changes:
        how = "if that is meant: GOLDLOOP_ACCEPT=1 python -m pytest tests/architecture/test_messages.py"
        pytest.fail("\n".join(["messages have changed;", how, *changes]), pytrace=False)


def test_every_error_has_a_code() -> None:
    without = [one.place for one in constructions() if any(code not in get_args(Code) for code in one.codes)]
    assert without == []


def test_every_code_is_in_use_and_in_kebab_case() -> None:
    codes = get_args(Code)
    assert [code for code in codes if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)] == []
    assert list(codes) == sorted(set(codes))
    listed = ROOT / "runner/core/error_codes.py"
    written = {
        node.value
        for path, tree in modules().items()
        for node in ast.walk(tree)
        if path != listed and isinstance(node, ast.Constant)
    }
    assert [code for code in codes if code not in written] == []


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ('raise DataError(f"{a}: no {b!r}" "x", code="file-missing")', "core file-missing: {}: no {}x"),
        ('words = f"no {a}"\nproblem = DataError(words, code="file-missing")', "core file-missing: no {}"),
        ('raise DataError(f"at {a}: {error}", code=error.code)', "core (as before): at {}: {}"),
        ('raise DataError("x", code="not-json" if a else "not-yaml")', "core not-json|not-yaml: x"),
        ('yield BadRow(row.id, "x", "id-repeated")', "core id-repeated: x"),
        ('raise type(error)("x")', "core None: x"),
        ('raise wrong("x")', "core None: x"),
        ('raise DataError("x", code=a)', "core None: x"),
    ],
)
def test_constructions_are_found(source: str, line: str) -> None:
    [found] = constructions_in(ast.parse(source), ROOT / "runner/core/x.py", {"DataError"})
    assert found.line == line
