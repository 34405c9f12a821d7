"""Where goldloop's text stands in Label Studio: positions there and back. The units are proved in a browser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.datasets.row_problem import RowProblem
from runner.label_studio.html_places import places_in_page
from runner.label_studio.html_text import text_in
from runner.label_studio.shown_text import TextObject
from runner.label_studio.text_places import Places, places_of

TEXT, PAGE, TALK = (
    TextObject("t", "Text", "text"),
    TextObject("h", "HyperText", "html"),
    TextObject("d", "Paragraphs", "d"),
)
ODD = "a 😀é́\r\n\tشש-�𝔘ß"
words = st.text(st.sampled_from(ODD), max_size=40)


def whole(places: Places) -> None:
    """Every range of the text that Label Studio shows comes back as it was."""
    for piece in places.pieces:
        for start in range(piece.start, piece.end):
            for end in range(start + 1, piece.end + 1):
                if not places.text[start].isspace() and not places.text[end - 1].isspace():
                    there = piece.outward(start, end)
                    assert there is not None and piece.inward(*there) == (start, end)


@given(words)
def test_a_plain_text_is_counted_in_characters_from_its_first_on(text: str) -> None:
    if text.strip():
        places = places_of([TEXT], {"text": text})
        whole(places)
        [piece] = places.of("t")
        start, end = piece.outward(0, len(places.text)) or (0, 0)
        assert text[start:end] == places.text == TEXT.text_of(text)


@given(st.lists(st.tuples(words, words), min_size=1, max_size=4))
def test_a_dialogue_is_counted_in_utf16_within_each_turn(turns: list[tuple[str, str]]) -> None:
    data = {"d": [{"author": author, "text": said} for author, said in turns]}
    try:
        places = places_of([TALK], data)
    except RowProblem:
        return  # blank
    whole(places)
    for piece in places.pieces:
        for at in range(piece.start, piece.end):
            start, end = piece.outward(at, at + 1) or (0, 0)
            said = turns[piece.turn or 0][1].encode("utf-16-le")
            assert said[2 * start : 2 * end].decode("utf-16-le") == places.text[at]


@given(
    st.lists(
        st.sampled_from(["<p>", "</p>", "<br>", "<b>", "</b>", " ", "\r\n", "&amp;", "😀", "a", "é", "\n"]), max_size=25
    )
)
def test_a_page_is_counted_in_characters_of_its_text_nodes(parts: list[str]) -> None:
    source = "".join(parts)
    text = text_in(source).strip()
    if text:
        places = places_of([PAGE], {"html": source})
        assert places.text == text
        whole(places)


@pytest.mark.parametrize(
    ("source", "word", "at"),
    [
        ("<p>one</p>\n<p>two</p>", "two", 4),  # the line break between them is a text node
        ("  <p>one</p>", "one", 0),  # before the body
        ("<html><head><title>T</title><style>x{}</style></head><body> <i>one</i></body></html>", "one", 1),
        ("<div>a<style>x{}</style>one</div>", "one", 4),  # nobody sees it, and it is counted
        ("<div>a<script>evil()</script>one</div>", "one", 1),  # which Label Studio takes out
        ("a<br>b<br/>one", "one", 4),
        ("<pre>\none</pre>", "one", 0),
        ("a\r\none", "one", 2),
        ("&lt;😀&gt;one", "one", 3),
    ],
)
def test_where_a_word_of_a_page_stands(source: str, word: str, at: int) -> None:
    [piece] = places_of([PAGE], {"html": source}).of("h")
    start = text_in(source).index(word)
    assert piece.outward(start, start + len(word)) == (at, at + len(word))
    inline = places_in_page("  <p>one</p>", "one", inline=True)
    assert inline and inline[0] == (2, 3)  # in Label Studio's own page the blanks before it stay


def test_of_several_texts_each_has_its_own_places() -> None:
    places = places_of([TEXT, TALK], {"text": " hi", "d": [{"author": "A", "text": "😀 yes"}]})
    assert places.text == "text:\n hi\n\nd:\nA: 😀 yes"
    assert [places.text[piece.start : piece.end] for piece in places.pieces] == [" hi", "😀 yes"]
    assert places.of("d")[0].outward(0, len(places.text)) == (0, 6)  # what is of others is cut off
    assert places.of("t")[0].inward(1, 3) == (7, 9)


def test_what_stands_nowhere_for_certain_is_refused() -> None:
    unsure = [(TEXT, '[{"author": "A", "text": "x"}]'), (PAGE, "a<plaintext>b</plaintext>")]
    for shown, value in unsure:
        places = places_of([shown], {shown.field: value})
        with pytest.raises(RowProblem) as told:
            places.of(shown.name)
        assert told.value.code == "region-unplaced"
