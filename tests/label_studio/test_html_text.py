"""The text in HTML, however odd the HTML is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.label_studio.html_text import text_in

TAGS = ["<p>", "</p>", "<div>", "</div>", "<br>", "<script>", "</script>", "<td>", "<html>", "<head>", "</head>"]
ODD = ["\x00", "\x0b", "\ud800", "&#11;", "&#0;", "&#xFFFFFFFF;", "<![X[", "<!--", "<", "&", "word "]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("a\x00b<p>c\x0bd</p>", "a\ufffdb\nc d"),
        ("<p>one&#11;two</p>", "one two"),
        ("<p>one</p>" + "<div>" * 5000 + "deep" + "</div>" * 5000 + "<p>two</p>", "one\ndeep\ntwo"),
        ("<b>" * 100_000 + "deep", "deep"),
        ("<table><tr><th>Item<th>Price<tr><td>Tea</td><td>2.50</td></tr></table>", "Item Price\nTea 2.50"),
        ("<html>", ""),
        ("<!DOCTYPE html><html><head><title>T</title><style>s</style></head><body>Hi<p>there</html>", "Hi\nthere"),
        ("half \ud800 <p>a character", "half \ud800 <p>a character"),
        ("1 < 2 & 3 &amp; &nbsp;4", "1 < 2 & 3 & 4"),
        ("seen<template>un<p>seen</template><noscript>unseen</noscript>", "seen"),
    ],
)
def test_html_reads_as_a_reader_sees_it(source: str, text: str) -> None:
    assert text_in(source) == text


@given(st.lists(st.sampled_from(TAGS + ODD)).map("".join))
def test_no_html_is_too_odd(source: str) -> None:
    assert isinstance(text_in(source), str)
