"""No regular expression takes longer for a text than in proportion to its length: they all read texts from outside.

The patterns are found in the source; for each, 20 texts are made from what it repeats, from 1 kB to 1 MB.
``tests/benchmarks/patterns.py`` prints the figures.
"""

import re
from pathlib import Path

import pytest
from patterns import LIMITS, TEXTS, Found, TooSlow, hard_units, hardest, in_project, in_source

FOUND = in_project()
MOST = max(LIMITS)


@pytest.mark.parametrize("found", FOUND, ids=lambda found: found.place)
def test_a_pattern_is_linear(found: Found) -> None:
    assert len([*zip(range(TEXTS), hard_units(found.pattern), strict=False)]) == TEXTS
    assert hardest(found, MOST) <= LIMITS[MOST]


def of(pattern: str, *ways: str) -> Found:
    return Found("here", re.compile(pattern), frozenset(ways or ["search"]))


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+)+$",
        r"(?:a|a)*b",
        r"(\w+\s?)*:$",
        r"^(?:\r\n|\r|\n)*(?:[ \t]*(?:\r\n|\r|\n))+x",
        r"\s+\s*$",
        r"\s+$",
        r"x*y",
        r"[^(]*\)",
        r"```\w*\n?(.*?)```",
        r"^\s*(?:[-*]\s+)?\[x\]",
        r"<tag>(.*?)</tag>",
        r"label\W*?(?:[:=]|\W*$)",
        r",(?![^(]*\))",
        r"(?:the\s+)*label\s*\s*:",
    ],
)
def test_a_pattern_that_is_not_linear_is_found(pattern: str) -> None:
    flags = "(?m)" if pattern.startswith("^") else "(?s)"
    with pytest.raises(TooSlow) as told:
        hardest(of(flags + pattern), MOST)
    assert str(told.value).startswith("here")


@pytest.mark.parametrize("pattern", [r"(?:a|b)*+c", r"\s++x", r"^\s*+x", r"[^\n]+", r"(?>\r\n|\r|\n)"])
def test_a_pattern_that_is_linear_is_not(pattern: str) -> None:
    assert hardest(of(pattern, "match"), MOST) < LIMITS[MOST]


def test_patterns_are_found_in_every_way_that_they_are_written() -> None:
    source = """
_LINE = re.compile(r"a+b")
_ANCHORED = re.compile(r"c+d", re.MULTILINE)
GIVEN = re.compile(r"g+h")
begins = re.compile(r"k+l").match
def f(text, tag):
    _ANCHORED.match(text)
    _LINE.sub("", text)
    re.sub(rf"<{tag}>" + "e+f", "", text, flags=re.DOTALL)
    re.split(pattern="i+", string=text)
    Field(pattern="^j+$")
"""
    found = in_source(source, Path("made.py"), {"re": re})
    assert [(one.place, one.pattern.pattern) for one in found] == [
        ("made.py:2", "a+b"), ("made.py:3", "c+d"), ("made.py:4", "g+h"), ("made.py:5", "k+l"),
        ("made.py:9", "<word>e+f"), ("made.py:10", "i+"), ("made.py:11", "^j+$"),
    ]  # fmt: skip
    assert [sorted(one.ways)[:2] for one in found[:2]] == [["sub"], ["match"]]
    assert found[1].pattern.flags & re.MULTILINE and found[4].pattern.flags & re.DOTALL
    assert len(found[2].ways) == 8  # others may use it in any way
    assert found[3].ways == {"match"}


def test_no_pattern_of_the_project_escapes() -> None:
    """What makes patterns by other names than ``re.`` would not be found."""
    root = Path(__file__).parents[2]
    for path in [*(root / "runner").rglob("*.py"), *(root / "verifiers").rglob("*.py")]:
        text = path.read_text("utf-8")
        assert not re.search(r"^\s*(?:from re import|import re as|import regex)", text, re.MULTILINE), path
    assert len(FOUND) >= 100
