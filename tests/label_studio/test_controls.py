"""Each control of a labelling interface: what it reads, it writes; what it cannot hold, it refuses by name."""

from typing import Any

import pytest
from lxml import etree
from refusals import refused

from runner.core.errors import ConfigError, DataError
from runner.core.items import Item
from runner.datasets.row_problem import RowProblem
from runner.label_studio.interface import Interface
from runner.label_studio.interface_controls import one_or_several
from runner.label_studio.interface_xml import read_interface
from verifiers.saved import as_data, of_data
from verifiers.verifier import judge

SHOWN = '<Text name="t" value="$text"/><HyperText name="h" value="$html"/><Paragraphs name="d" value="$talk"/>'
DATA = {
    "text": "  Anna 😀 lives\r\nin Bonn",
    "html": "<p>Anna 😀 <b>lives</b></p>\n<p>in Bonn</p>",
    "talk": [{"author": "A", "text": "Hi 😀 Bo"}, {"author": "B", "text": "Ada is here"}],
}
LABELS = '<Label value="PER" hint="a person"/><Label value="Place" alias="LOC"/>'
CASES: dict[str, tuple[str, Any, list[dict[str, Any]]]] = {
    "single choice": ('<Choices name="c" toName="t"><Choice value="x"/></Choices>', ["x"], [{"choices": ["x"]}]),
    "choices": (
        '<Choices name="c" toName="t" choice="multiple"><Choice value="x"/><Choice value="Y" alias="y"/></Choices>',
        ["x", "y"],
        [{"choices": ["x", "y"]}],
    ),
    "nested choices": (
        '<Choices name="c" toName="t" allowNested="true"><Choice value="a"><Choice value="b"/></Choice></Choices>',
        [["a", "b"]],
        [{"choices": [["a", "b"]]}],
    ),
    "taxonomy": (
        '<Taxonomy name="c" toName="t"><Choice value="a > b"><Choice value="x"/></Choice>'
        '<Choice value="z"/></Taxonomy>',
        [["a > b", "x"], ["z"]],
        [{"taxonomy": [["a > b", "x"], ["z"]]}],
    ),
    "rating": ('<Rating name="c" toName="t" maxRating="7"/>', 6, [{"rating": 6}]),
    "number": ('<Number name="c" toName="t"/>', 2.5, [{"number": 2.5}]),
    "text": ('<TextArea name="c" toName="t"/>', "two\nlines", [{"text": ["two\nlines"]}]),
    "parts of a text": (
        f'<Labels name="c" toName="t">{LABELS}</Labels>',
        [{"label": "PER", "start": 8, "end": 14}, {"label": "LOC", "start": 25, "end": 29}],
        [
            {"start": 2, "end": 8, "text": "Anna 😀", "labels": ["PER"]},
            {"start": 19, "end": 23, "text": "Bonn", "labels": ["LOC"]},
        ],
    ),
    "parts of a page": (
        f'<HyperTextLabels name="c" toName="h">{LABELS}</HyperTextLabels>',
        [{"label": "LOC", "start": 53, "end": 57}],
        [
            {
                **{"start": "", "startOffset": 0, "end": "", "endOffset": 0},
                **{"globalOffsets": {"start": 16, "end": 20}, "text": "Bonn", "hypertextlabels": ["LOC"]},
            }
        ],
    ),
    "parts of a dialogue": (
        f'<ParagraphLabels name="c" toName="d">{LABELS}</ParagraphLabels>',
        [{"label": "PER", "start": 73, "end": 75}, {"label": "PER", "start": 68, "end": 82}],
        [
            {
                "start": "0",
                "end": "1",
                "startOffset": 0,
                "endOffset": 3,
                "text": "Hi 😀 Bo\nAda",
                "paragraphlabels": ["PER"],
            },
            {"start": "0", "end": "0", "startOffset": 6, "endOffset": 8, "text": "Bo", "paragraphlabels": ["PER"]},
        ],
    ),
}


def of(xml: str, *named: str) -> Interface:
    return read_interface(f"<View>{SHOWN}{xml}</View>", named)


def text_of(interface: Interface) -> Item:
    return Item("1", interface.text_of(DATA))


@pytest.mark.parametrize("case", CASES)
def test_what_is_read_is_written_again(case: str) -> None:
    xml, gold, values = CASES[case]
    interface = of(xml, "c")
    written = interface.regions(interface.verifier.dump(_answer(interface, gold)), DATA)
    assert [region["value"] for region in written] == values
    assert _sorted(interface.given(written, DATA)) == _sorted(gold)
    assert interface.filled(interface.given(written, DATA)) is not None


@pytest.mark.parametrize("case", CASES)
def test_the_right_reply_is_right_and_the_verifier_survives_a_run_directory(case: str) -> None:
    xml, gold, _ = CASES[case]
    interface = of(xml, "c")
    verifier = of_data(as_data(interface.verifier))
    assert as_data(verifier) == as_data(interface.verifier)
    answer = _answer(interface, gold)
    verdict = judge(
        verifier, "\n".join(verifier.show(answer)), verifier.gold(gold, text_of(interface)), text_of(interface)
    )
    assert verdict.exact and verdict.counts()[0] > 0


@pytest.mark.parametrize("case", CASES)
def test_a_control_writes_itself_as_the_interface_has_it(case: str) -> None:
    interface = of(CASES[case][0], "c")
    again = of(etree.tostring(interface.choices.xml(), encoding="unicode"), "c")
    assert as_data(again.verifier) == as_data(interface.verifier)


def _answer(interface: Interface, gold: Any) -> Any:
    return interface.verifier.example(interface.verifier.gold(gold, text_of(interface)))


def _sorted(gold: Any) -> Any:
    return sorted(gold, key=str) if isinstance(gold, list) else gold


@pytest.mark.parametrize(
    ("case", "value"),
    [
        ("single choice", {"choices": ["gone"]}),
        ("taxonomy", {"taxonomy": [["z", "x"]]}),
        ("rating", {"rating": 8}),
        ("rating", {"rating": 2.5}),
        ("number", {"number": "three"}),
        ("parts of a text", {"start": 2, "end": 8, "labels": ["ORG"]}),
        ("parts of a text", {"start": 2, "end": 8, "text": "Bonn", "labels": ["PER"]}),  # as from another unit
        ("parts of a text", {"start": 0, "end": 2, "labels": ["PER"]}),  # blanks
        ("parts of a text", {"start": None, "end": 8, "labels": ["PER"]}),
        ("parts of a page", {"start": "/p[1]/text()[1]", "text": "n", "hypertextlabels": ["PER"]}),
        ("parts of a page", {"globalOffsets": {"start": 0, "end": 4}, "text": "Bonn", "hypertextlabels": ["PER"]}),
        ("parts of a dialogue", {"start": "7", "end": "7", "paragraphlabels": ["PER"]}),
        ("parts of a dialogue", {"start": "0", "end": "0", "startOffset": 5, "endOffset": 7, "text": "Bo",
                                 "paragraphlabels": ["PER"]}),  # characters, where units of UTF-16 are meant
    ],
)  # fmt: skip
def test_what_a_control_cannot_hold_is_refused_by_its_name(case: str, value: dict[str, Any]) -> None:
    interface = of(CASES[case][0], "c")
    with pytest.raises(RowProblem) as told:
        interface.given([{"from_name": "c", "value": value}], DATA)
    assert "'c'" in str(told.value) or "(c)" in str(told.value)


def test_a_region_of_nothing_but_blanks_is_one_where_it_says_so() -> None:
    interface = of(CASES["parts of a text"][0], "c")
    value = {"start": 0, "end": 2, "text": "  ", "labels": ["PER"]}
    [span] = interface.given([{"from_name": "c", "value": value}], DATA)
    assert [region["value"] for region in interface.regions([span], DATA)] == [value]


def test_a_region_without_global_offsets_is_found_by_words_that_stand_there_once() -> None:
    interface = of(CASES["parts of a page"][0], "c")
    value = {"start": "/p[2]/text()[1]", "startOffset": 3, "text": "Bonn", "hypertextlabels": ["LOC"]}
    assert interface.given([{"from_name": "c", "value": value}], DATA) == CASES["parts of a page"][1]


def test_a_region_without_offsets_is_the_turn_as_a_whole() -> None:
    interface = of(CASES["parts of a dialogue"][0], "c")
    value = {"start": 1, "end": 1, "paragraphlabels": ["PER"]}
    [span] = interface.given([{"from_name": "c", "value": value}], DATA)
    assert interface.text_of(DATA)[span["start"] : span["end"]] == "Ada is here"


def test_words_that_label_studio_noted_of_the_turn_as_a_browser_shows_it_are_taken() -> None:
    interface = of(CASES["parts of a dialogue"][0], "c")
    data = {**DATA, "talk": [{"author": "A", "text": "😀 one\r\ntwo behind"}]}
    value = {"start": "0", "end": "0", "startOffset": 12, "endOffset": 18, "text": "ehind", "paragraphlabels": ["PER"]}
    [span] = interface.given([{"from_name": "c", "value": value}], data)
    assert interface.text_of(data)[span["start"] : span["end"]] == "behind"


def test_what_cannot_be_shown_is_left_out() -> None:
    interface = of(CASES["parts of a text"][0], "c")
    assert interface.regions([{"label": "PER", "start": 0, "end": 5}], DATA) == []  # the name of the field
    assert of(CASES["rating"][0], "c").regions(None) == []
    with pytest.raises(RowProblem) as told:
        interface.regions([{"label": "PER", "start": 8, "end": 12, "text": "Anne"}], DATA)  # of a text that was changed
    assert told.value.code == "region-unplaced" and "'Anne'" in str(told.value) and "'Anna'" in str(told.value)


ALL = "".join(
    f'<{tag} name="{name}" toName="{to}"{more}/>'
    for tag, name, to, more in [
        ("Rating", "stars", "t", ""), ("Number", "n", "t", ""), ("Rating", "of_parts", "t", ' perRegion="true"'),
        ("Pairwise", "pair", "t,h", ""), ("Ranker", "rank", "t", ""), ("DateTime", "when", "t", ""),
        ("RectangleLabels", "boxes", "i", ""), ("TextArea", "notes", "t", ""), ("TextArea", "prompt", "t", ""),
        ("Labels", "on_audio", "a", ""), ("Choices", "loaded", "t", ' value="$options"'),
    ]
)  # fmt: skip


def test_all_that_can_be_served_is_and_the_rest_is_named_with_why() -> None:
    interface = of(ALL)
    assert interface.names == ("stars", "n") and interface.prompt and interface.prompt.name == "prompt"
    assert set(interface.left_out) == {"of_parts", "pair", "rank", "when", "boxes", "notes", "on_audio", "loaded"}
    assert of(ALL, "notes", "n").names == ("notes", "n")
    assert of(ALL, "n").named == "number of 'n'"
    for name in ("of_parts", "pair", "rank", "when", "boxes", "on_audio"):
        with refused(DataError, "control-missing", name, name):
            of(ALL, name)
    with refused(DataError, "labels-in-tasks", "loaded"):
        of(ALL, "loaded")
    with refused(DataError, "control-unknown", "moon", "stars"):
        of(ALL, "moon")


@pytest.mark.parametrize(
    ("areas", "answered"),
    [
        ("response", "response"), ("answer", "answer"), ("notes", "notes"), ("name value", "name value"),
        ("prompt notes", "notes"), ("prompt response", ""), ("prompt", ""), ("prompt response note", "note"),
    ],
)  # fmt: skip
def test_free_text_is_the_answer_where_nothing_else_is(areas: str, answered: str) -> None:
    xml = "".join(f'<TextArea name="{name}" toName="t"/>' for name in areas.split())
    if not answered:
        with refused(DataError, "control-missing"):
            of(xml)
        return
    interface = of(xml)
    assert " ".join(interface.names) == answered
    areas_left = {area.name for area in (interface.prompt, interface.response) if area}
    assert areas_left == set(areas.split()) - set(answered.split())


def test_several_controls_are_the_fields_of_one_answer() -> None:
    interface = of(CASES["choices"][0] + '<Rating name="stars" toName="t"/>')
    half = [{"from_name": "stars", "value": {"rating": 3}}]
    assert interface.given(half, DATA) == {"stars": 3}
    assert interface.filled(interface.given(half, DATA)) == {"c": [], "stars": 3}  # nothing ticked says "none"
    assert interface.filled(None) == {"c": []}  # nobody rated
    assert [one["from_name"] for one in interface.answer(None, "away")] == ["c"]  # which unticks all
    with refused(DataError, "bad-value", key="c, a.b"):
        of(CASES["choices"][0] + '<Rating name="a.b" toName="t"/>')


def test_controls_are_named_one_way() -> None:
    assert one_or_several("a", None, "studio") == "a" and one_or_several(None, ["a", "b"], "studio") == ("a", "b")
    with refused(ConfigError, "both-given", key="studio.controls"):
        one_or_several("a", ["b"], "studio")
    with refused(ConfigError, "bad-value", key="studio.controls"):
        one_or_several(None, [], "studio")
