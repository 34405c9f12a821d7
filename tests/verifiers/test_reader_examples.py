"""The table of examples beside the grammar, row by row."""

from typing import get_args

import pytest

from verifiers.label_set import LabelSet
from verifiers.reader.examples import KINDS, Example
from verifiers.reader.label_answer import read_labels
from verifiers.reader.outcome import NamesRead
from verifiers.verdict import BadReply, Unusable

ROWS = [pytest.param(row, id=f"{kind}: {row.id}") for kind, rows in KINDS.items() for row in rows]


@pytest.mark.parametrize("row", ROWS)
def test_a_reply_is_read_as_the_table_says(row: Example) -> None:
    expected = Unusable(row.read) if isinstance(row.read, str) else NamesRead(row.read, ())
    assert read_labels(row.reply, LabelSet.of(row.labels)) == expected


def test_no_row_is_there_twice_and_every_name_is_on_its_list() -> None:
    rows = [row for rows in KINDS.values() for row in rows]
    assert len({(row.labels, row.reply) for row in rows}) == len(rows) >= 120
    assert len({param.id for param in ROWS}) == len(ROWS)
    assert all(set(row.read) <= set(row.labels) or row.read in get_args(BadReply) for row in rows)
