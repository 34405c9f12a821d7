"""What is read of a labelling interface that is not ours, and when two are the same."""

import pytest
from refusals import refused

from runner.core.errors import DataError, StudioError
from runner.core.prompt import complete
from runner.label_studio.interface_xml import read_interface, same_interface
from verifiers.choice import Choice
from verifiers.label_set import LabelSet
from verifiers.labels import Labels

CHOICES = '<Choices name="c" toName="t"><Choice value="x"/></Choices>'


def interface(inside: str) -> str:
    return f"<View>{inside}{CHOICES}</View>"


@pytest.mark.parametrize("name", ["response", "reply", "answer", "Response_2", "answers"])
def test_the_models_reply_goes_into_an_area_with_its_name(name: str) -> None:
    xml = interface(
        f'<Text name="t" value="$t"/><TextArea name="notes" toName="t"/><TextArea name="{name}" toName="t"/>'
    )
    response = read_interface(xml).response
    assert response and response.name == name


def test_an_area_of_the_annotators_own_is_not_the_models() -> None:
    xml = interface(
        '<Text name="t" value="$t"/><TextArea name="notes" toName="t"/><TextArea name="prompt" toName="t"/>'
    )
    read = read_interface(xml)
    assert read.response is None and read.prompt and read.prompt.name == "prompt"
    assert len(read.regions(["x"], prompt="p", response="r")) == 2


@pytest.mark.parametrize("of_a_part", ['perRegion="true"', 'perItem="True"'])
def test_choices_for_parts_of_a_task_are_no_labels_of_it(of_a_part: str) -> None:
    part = f'<Choices name="p" toName="t" {of_a_part}><Choice value="y"/></Choices>'
    xml = interface(f'<Text name="t" value="$t"/>{part}')
    assert list(read_interface(xml).labels) == ["x"]
    for control, without in (("p", xml), (None, xml.replace(CHOICES, ""))):
        with refused(DataError, "control-missing", key="p"):
            read_interface(without, control)


def test_choices_within_choices_are_paths() -> None:
    nested = CHOICES.replace("toName", 'allowNested="true" toName')
    nested = nested.replace('<Choice value="x"/>', '<Choice value="x"><Choice value="y"/></Choice>')
    read = read_interface(interface('<Text name="t" value="$t"/>').replace(CHOICES, nested))
    [region] = read.regions([["x", "y"]])
    assert region["value"] == {"choices": [["x", "y"]]} and read.given([region]) == [["x", "y"]]
    assert list(read.labels) == ["x", "x > y"]
    with refused(StudioError, "prediction-unfit", "c", "Taxonomy"):
        read.refuse_unsendable()  # Label Studio's own validator takes names only


def test_a_field_of_a_field_is_read_and_so_are_the_words_around_one() -> None:
    assert read_interface(interface('<Text name="t" value="$meta.text"/>')).text_of({"meta": {"text": "x"}}) == "x"
    assert read_interface(interface('<Text name="t" value="$a.b"/>')).text_of({"a.b": "x"}) == "x"
    mixed = interface('<Text name="s" value="Subject: $subject"/><Text name="t" value="$body"/>')
    both = read_interface(mixed).text_of({"subject": "s", "body": "b"})
    assert both == "subject:\nSubject: s\n\nbody:\nb"
    for odd in ("$a and $b", "Subject: $mails[0].text"):
        with refused(DataError, "fields-mixed", key=odd):
            read_interface(interface(f'<Text name="t" value="{odd}"/>'))
    words = interface('<Text name="w" value="Below $5 no approval"/><Text name="t" value="$t"/>')
    assert read_interface(words).text_of({"t": "x"}) == "x"
    both = '<Text name="w" value="$a by $b"/><Text name="t" value="$t"/>'
    assert read_interface(interface(both), fields=["t"]).text_of({"t": "x"}) == "x"
    html = interface('<HyperText name="t" value="&lt;b&gt;Subject&lt;/b&gt;&lt;br/&gt;$t"/>')
    assert read_interface(html).text_of({"t": "<i>hi</i>"}) == "Subject\nhi"
    assert read_interface(mixed, fields=["body"]).text_of({"subject": "s", "body": "b"}) == "b"


def test_blanks_around_a_choice_are_kept_where_label_studio_keeps_them() -> None:
    xml = interface('<Text name="t" value="$t"/>').replace('value="x"', 'value=" x "')
    read = read_interface(xml)
    [region] = read.regions(["x"])
    assert list(read.labels) == ["x"] and region["value"] == {"choices": [" x "]}
    assert read.labels_in([region]) == ["x"] == read.labels_in([{**region, "value": {"choices": ["x"]}}])


@pytest.mark.parametrize("tag", ["Text", "HyperText", "Paragraphs"])
def test_a_text_behind_an_address_is_refused_or_left_out(tag: str) -> None:
    behind = f'<{tag} name="t" value="$page" valueType="url"/>'
    with refused(DataError, "text-at-address", key="page"):
        read_interface(interface(behind))
    both = interface(f'{behind}<Text name="u" value="$title"/>')
    assert [shown.field for shown in read_interface(both).shown] == ["title"]
    with refused(DataError, "text-at-address", key="page"):
        read_interface(both, fields=["page"])
    with refused(DataError, "field-unknown", key="other") as told:
        read_interface(both, fields=["other"])
    assert "title" in str(told.value)


def test_the_same_interface_is_the_same_however_it_is_written() -> None:
    one = '<View><Text name="t" value="$t"/><Choices name="c" toName="t"><Choice value="Card lost"/></Choices></View>'
    other = """<?xml version="1.0" encoding="UTF-8"?>
    <View><!-- ours -->
      <Text value='$t' name='t'></Text>
      <Choices toName="t" name="c">
        <Choice value="Card lost"/>
      </Choices>
    </View>""".strip()
    assert same_interface(one, other)
    assert not same_interface(one, one.replace("Card lost", "Cardlost"))
    assert not same_interface(one, one.replace("Card lost", "Card  lost"))


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("Is it Refund, Other or Card lost? Card too.", True),
        ("refund; OTHER; card-lost; card", True),
        ("Is it Refund or Card lost or Card? Choose another one.", False),
        ("Is it Refund, Other or Card lost?", False),
        ("Refunds, Other, Card lost, Card", False),
    ],
)
def test_a_typed_prompt_names_a_label_by_its_whole_name_alone(text: str, whole: bool) -> None:
    labels = LabelSet.of(["Card", "Card lost", "Refund", "Other"])
    completed = complete(text, Labels(labels).instructions())
    assert (completed == text) is whole
    assert whole or completed.endswith("\n- Card\n- Card lost\n- Refund\n- Other")


def test_a_label_of_signs_is_found_too() -> None:
    assert complete("C++ or C#?", Choice(LabelSet.of(["C++", "C#"])).instructions()) == "C++ or C#?"
