"""One HTML file: style and script inlined and named by hash, everything else escaped and forbidden to run.

The content of a page comes from data sets and models, so it may be hostile. Jinja2 escapes it, and the page's own
policy lets nothing run or load but the style and the script whose SHA-256 it names.
"""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from runner.core.surrogates import question_marks
from runner.runs.html import phrasing as words

_PARTS = re.compile(r"\s+|[^\s_=/.:]{1,18}[_=/.:]*|[_=/.:]+")
_TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **values: Any) -> str:
    """The page ``<template>.html.jinja`` with ``values``.

    Half of a surrogate pair, which JSON can carry and UTF-8 cannot, becomes a question mark.
    """
    style, script = _asset("page.css"), _asset("page.js")
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    page = _environment().get_template(f"{template}.html.jinja")
    text = page.render(values, policy=policy, style=Markup(style), script=Markup(script))  # noqa: S704 - our own files
    return question_marks(text)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        number=words.number, signed=words.signed, interval=words.interval, count=words.count, p=words.p_value
    )
    environment.filters.update(dollars=words.dollars, duration=words.duration, plain=words.plain)
    environment.filters["breakable"] = breakable
    return environment


def breakable(name: str) -> Markup:
    """A name that may be broken where its parts meet, and within a part that is very long."""
    return Markup("<wbr>").join(_PARTS.findall(name))


@cache
def _asset(name: str) -> str:
    return (_TEMPLATES / name).read_text("utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
