"""References in a saved configuration: a few lines of them may stand for more than a machine holds."""

import time
from typing import Any

import pytest
from refusals import refused

from runner.config.references import refuse_growth
from runner.core.error_codes import Code
from runner.core.errors import ConfigError


def doubled(first: Any, form: Any, many: int = 60) -> dict[str, Any]:
    return {"a0": first, **{f"a{n}": form(f"${{a{n - 1}}}") for n in range(1, many)}}


@pytest.mark.parametrize(
    ("config", "code"),
    [
        (doubled("x", lambda one: f"{one}{one}"), "too-large"),
        (doubled(["x"], lambda one: [one, one]), "too-large"),
        (doubled({"b": "x"}, lambda one: {"c": one, "d": one}), "too-large"),
        ({"a": "x" * 1_000_000, "b": "${a}" * 100}, "too-large"),
        (doubled("x", lambda one: one, 50_000), "too-large"),
        ({"a": "${b}", "b": "${a}"}, "value-unresolved"),
        ({"a": {"b": "${a}"}}, "value-unresolved"),
        ({"a": {"b": "x", "c": ["${.0}"]}}, "value-unresolved"),
        ({"a": {"b": "${.c}", "c": "${..a.b}"}}, "value-unresolved"),
    ],
)
def test_a_flood_or_a_circle_is_refused_at_once(config: dict[str, Any], code: Code) -> None:
    began = time.process_time()
    with refused(ConfigError, code, "RUN", "RUN"):
        refuse_growth(config, "RUN")
    assert time.process_time() - began < 2


def test_what_goldloop_saves_passes() -> None:
    studio = {"url": None, "project": 3, "labels": {"0": "no", "1": "yes"}}
    refuse_growth({"studio": studio, "dataset": {"url": "${studio.url}", "project": "${studio.project}"}}, "RUN")
    refuse_growth({"a": [{"b": 1}, "${a[0].b}", "${.0}", "${nowhere.at[3].all}", "a ${ and } $"]}, "RUN")
    refuse_growth({"prompt": r"Fill in \${prompt}, \\\${prompt}.", "other": r"\\${prompt}"}, "RUN")
    refuse_growth({"labels": {str(n): "What it means." for n in range(10_000)}, "many": ["x"] * 10_000}, "RUN")
