"""JSON read in pieces: the same values, however the pieces fall."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.core.json_stream import JsonStream

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def read(stream: JsonStream) -> list[Any]:
    stream.expect("[")
    found = [stream.value() for _ in stream.entries("]")]
    assert stream.peek() == ""
    return found


@given(st.lists(VALUES), st.integers(1, 7), st.sampled_from([None, 1]))
def test_a_list_is_read_as_the_parser_reads_it(values: list[Any], size: int, indent: int | None) -> None:
    text = json.dumps(values, indent=indent)
    file = io.StringIO(text)
    assert read(JsonStream(text)) == read(JsonStream(read=lambda most: file.read(size))) == values


@pytest.mark.parametrize(
    ("text", "place"),
    [("", 0), ("{}", 0), ("[1, 2", 5), ("[1 2]", 3), ("[1,]", 3), ("[,1]", 1), ('["a', 1), ("[nope]", 1)],
)
def test_what_is_no_list_is_refused_where_it_stops(text: str, place: int) -> None:
    with pytest.raises(json.JSONDecodeError) as refused:
        read(JsonStream(text))
    assert refused.value.pos == place
    file = io.StringIO(text)
    with pytest.raises(json.JSONDecodeError):
        read(JsonStream(read=lambda most: file.read(1)))
