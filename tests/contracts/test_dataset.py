"""What the runner relies on, whatever the data set: each file in conf/dataset is one, here with the sample's items."""

from pathlib import Path
from typing import Any

import pytest
from options import lacking, made, needed, options

from runner.core.items import BadRow, Item
from runner.core.protocols import Dataset, HasColumns, Source


@pytest.fixture
def dataset(option: str, tmp_path: Path) -> Any:
    return made(option, *needed(option, tmp_path))


@pytest.mark.parametrize("option", options("dataset"))
class TestContract:
    def test_it_has_all_of_its_protocol(self, option: str, dataset: Any) -> None:
        assert lacking(dataset, Dataset) == []
        assert isinstance(dataset, Source)

    def test_its_items_have_an_id_a_text_and_gold_of_the_label_list(self, option: str, dataset: Dataset) -> None:
        data = dataset.load()
        items = data.items
        assert len(items) == len({item.id for item in items}) == len({item.text for item in items}) >= 60
        assert all(item.text.strip() and item.gold for item in items)
        assert all(isinstance(item.gold, dict) or set(item.gold) <= set(data.labels) for item in items)

    def test_it_loads_the_same_twice(self, option: str, dataset: Dataset) -> None:
        first, second = dataset.load(), dataset.load()
        assert first == second and len(first.sha256) == 64

    def test_its_rows_come_in_an_order_that_stays_each_with_an_id_of_its_own(self, option: str, dataset: Any) -> None:
        rows = list(dataset.stream())
        assert rows and rows == list(dataset.stream())
        assert all(isinstance(row, Item | BadRow) for row in rows)
        assert len({row.id for row in rows}) == len(rows)

    def test_its_columns_are_those_of_its_rows(self, option: str, dataset: Any) -> None:
        if not isinstance(dataset, HasColumns):
            assert lacking(dataset, HasColumns) == ["digest", "inputs"]  # all of it, or nothing
            return
        assert [name for name, _ in dataset.inputs()] == [row.id for row in dataset.stream()]
        assert all(fields for _, fields in dataset.inputs())
        assert dataset.digest() == dataset.digest() != ""
