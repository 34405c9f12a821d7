"""Pages as HTML: everything in them is escaped, and their policy lets nothing run, load or be framed."""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from runner.core.surrogates import question_marks
from runner.label_studio.ml_backend.pages.curve import curve

_TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **values: Any) -> str:
    """The page ``<template>.html.jinja``."""
    page = _environment().get_template(f"{template}.html.jinja")
    return question_marks(page.render(values, style=Markup(_style()), curve=curve))  # noqa: S704 - our own file


def headers() -> dict[str, str]:
    """What goes with every page."""
    mark = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'sha256-{mark}'; img-src data:; form-action 'self'; base-uri 'none'; "
            "frame-ancestors 'none'"
        ),
        **_ALWAYS,
    }


def report_headers() -> dict[str, str]:
    """What goes with a run's report: its own script runs, cut off from these pages."""
    policy = (
        "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {"Content-Security-Policy": policy, "Content-Type": "text/html; charset=utf-8", **_ALWAYS}


_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # without any, a browser would not say that a form is our own
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _style() -> str:
    return (_TEMPLATES / "pages.css").read_text("utf-8")
