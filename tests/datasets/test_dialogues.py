"""Chats as people have them become lines of author and text; what is no text is left out and counted."""

import json

import pytest
from refusals import says
from rows import load, load_row, refusal, write

from runner.core.errors import DataError

CALL = {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "f"}}]}
PARTS = [
    {"type": "text", "text": "hi"},
    {"type": "image_url", "image_url": {"url": "u"}},
    {"type": "input_text", "text": "ho"},
]
RESULT = {"type": "tool_result", "content": [{"type": "text", "text": "42"}]}


@pytest.mark.parametrize(
    ("turns", "text", "notes"),
    [
        pytest.param([{"role": "user", "content": "hi"}, CALL, {"role": "tool", "content": "ok"}],
                     "user: hi\ntool: ok", ["1 tool calls"], id="calls of tools"),
        pytest.param([{"role": "user", "content": PARTS}], "user: hi\nho", ["1 images"], id="parts"),
        pytest.param([{"role": "developer", "content": "be"}, {"role": "user", "parts": [{"text": "hi"}]}],
                     "developer: be\nuser: hi", [], id="developer, and parts of Gemini"),
        pytest.param([{"from": "human", "value": "hi"}, {"from": "gpt", "value": "yes"}],
                     "human: hi\ngpt: yes", [], id="ShareGPT"),
        pytest.param([{"role": "user", "content": [RESULT]},
                      {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm"},
                                                        {"type": "tool_use", "name": "f", "input": {}}]}],
                     "user: 42", ["1 thoughts", "1 tool calls"], id="Anthropic"),
        pytest.param([{"role": "assistant", "content": None, "refusal": "I cannot."}],
                     "assistant: I cannot.", [], id="refusal"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("field", ["dialogue", "messages", "conversations"])
@pytest.mark.parametrize("how", ["json", "jsonl", "csv", "python", "object"])
def test_chats_are_read_wherever_they_stand(tmp_path, turns, text, notes, field, how):
    value = {"python": repr(turns), "object": json.dumps({"messages": turns})}.get(how, turns)
    ending = how if how in ("json", "jsonl") else "csv"
    data = load(write(tmp_path / f"r.{ending}", [{field: value, "labels": ["A"]}]))
    assert data.items[0].text == text
    assert [note for note in notes if note not in "; ".join(data.notes)] == [] and len(data.notes) == bool(notes)


def test_objects_that_numpy_printed_without_commas_are_turns(tmp_path):
    printed = "[{'from': 'human', 'value': 'it} {is'}\n {'from': 'gpt', 'value': 'yes'}]"
    [item] = load(write(tmp_path / "r.csv", [{"text": printed, "labels": "A"}])).items
    assert item.text == "human: it} {is\ngpt: yes"


@pytest.mark.parametrize("cell", ['[{"role": "user", "content": "cut', "[{'role': f()}]", '[{"size": 3}]'])
def test_a_dialogue_that_cannot_be_read_is_a_bad_row_and_a_text_stays(tmp_path, cell):
    error = refusal(write(tmp_path / "r.csv", [{"dialogue": cell, "labels": "A"}]))
    says(error, DataError, "wrong-shape" if "size" in cell else "not-json", "row 2", "'dialogue'")
    assert load_row(tmp_path, {"text": cell, "labels": "A"}).text == cell
