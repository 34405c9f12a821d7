import json
from collections.abc import Callable, Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from verifiers.label_set import LabelSet
from verifiers.reader.label_answer import read_labels
from verifiers.reader.outcome import NamesRead
from verifiers.reader.refusals import is_refusal
from verifiers.verdict import Unusable

SHOP = LabelSet.of(["refund", "late delivery", "damaged_item", "Wrong-Size", "other"])
# Names in the manner of NLU++, where one name is often a word of another.
BANK = LabelSet.of([
    "affirm", "deny", "dont_know", "acknowledge", "greet", "end_call", "handoff", "thank", "repeat",
    "cancel_close_leave_freeze", "change", "make_open_apply_setup_get_activate", "request_info", "how", "why", "when",
    "how_much", "how_long", "not_working", "lost_stolen", "more_higher_after", "less_lower_before", "new", "existing",
    "limits", "savings", "current", "business", "credit", "debit", "contactless", "international", "account",
    "transfer_payment_deposit", "appointment", "arrival", "balance", "card", "cheque", "direct_debit",
    "standing_order", "fees_interests", "loan", "mortgage", "overdraft", "pin", "refund", "withdrawal",
])  # fmt: skip
FALLBACKS = LabelSet.of(["billing", "None", "Other"])


def found(reply: str, labels: LabelSet = SHOP) -> tuple[str, ...] | None:
    """The labels read, where the reply holds nothing that is out of list; None if it is unreadable."""
    reading = read_labels(reply, labels)
    assert isinstance(reading, Unusable) or reading.out_of_list == ()
    return None if isinstance(reading, Unusable) else reading.found


TWO = ("refund", "late delivery")


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param("refund\nlate delivery", id="one a line"),
        pytest.param("\r\nrefund\r\n\r\nlate delivery\r\n", id="blank lines and CRLF"),
        pytest.param("refund, late delivery", id="commas"),
        pytest.param("refund,late delivery", id="commas without spaces"),
        pytest.param("refund; late delivery", id="semicolons"),
        pytest.param("refund | late delivery", id="pipes"),
        pytest.param("refund and late delivery", id="and"),
        pytest.param("refund, and late delivery.", id="comma and"),
        pytest.param("refund & late delivery", id="ampersand"),
        pytest.param("- refund\n- late delivery", id="hyphen bullets"),
        pytest.param("* refund\n* late delivery", id="star bullets"),
        pytest.param("• refund\n• late delivery", id="round bullets"),
        pytest.param("- refund, late delivery", id="a bullet with commas"),
        pytest.param("1. refund\n2. late delivery", id="numbers with dots"),
        pytest.param("1) refund\n2) late delivery", id="numbers with brackets"),
        pytest.param("(1) refund\n(2) late delivery", id="numbers in brackets"),
        pytest.param("1. **refund**\n2. **late delivery**", id="bold and numbered"),
        pytest.param('"refund", "late delivery"', id="double quotes"),
        pytest.param("'refund'\n'late delivery'", id="single quotes"),
        pytest.param("“refund”, “late delivery”", id="typographic quotes"),
        pytest.param("`refund` `late delivery`", id="code marks"),
        pytest.param("REFUND, Late Delivery", id="case"),
        pytest.param("refund, late_delivery", id="underscores for spaces"),
        pytest.param("refund, late-delivery", id="hyphens for spaces"),
        pytest.param("refund, late delivery, Refund", id="repeated"),
        pytest.param('["refund", "late delivery"]', id="JSON list"),
        pytest.param("['refund', 'late delivery']", id="Python list"),
        pytest.param('["refund", "late delivery",]', id="list with a trailing comma"),
        pytest.param('"refund, late delivery"', id="JSON string"),
        pytest.param('{"labels": ["refund", "late delivery"]}', id="labels key"),
        pytest.param('{"Intents": ["refund", "late delivery"]}', id="intents key"),
        pytest.param('{"categories": "refund, late delivery"}', id="labels in one string"),
        pytest.param('{"anything": ["refund", "late delivery"]}', id="the only key"),
        pytest.param('{"why": "not other", "labels": ["refund", "late delivery"]}', id="reason and labels"),
        pytest.param('{"answer": {"labels": ["refund", "late delivery"]}}', id="nested objects"),
        pytest.param('{"refund": true, "late delivery": true, "other": false}', id="truth map"),
        pytest.param('{"refund": "yes", "late_delivery": "Y", "other": "no"}', id="yes-no map"),
        pytest.param('{"refund": 0.9, "late delivery": 1, "other": 0.2, "Wrong-Size": null}', id="score map"),
        pytest.param('{"labels": {"refund": true, "late delivery": true, "other": false}}', id="truth map in labels"),
        pytest.param('[{"label": "refund", "score": 1}, {"label": "late delivery"}]', id="list of objects"),
        pytest.param('{"labels": [{"name": "refund"}, {"name": "late delivery"}]}', id="objects in labels"),
        pytest.param('```json\n["refund", "late delivery"]\n```', id="JSON in a fence"),
        pytest.param('```json\n["refund", "late delivery"]', id="fence without its end"),
        pytest.param("```\nrefund\nlate delivery\n```", id="lines in a fence"),
        pytest.param("It is:\n```text\nrefund\nlate delivery\n```\nNot other.", id="text around a fence"),
        pytest.param("<think>other? no</think>\nrefund, late delivery", id="thinking"),
        pytest.param("<Reasoning>\nother\n</Reasoning>refund, late delivery", id="reasoning tag"),
        pytest.param('Sure: {"labels": ["refund", "late delivery"]} as asked.', id="JSON in text"),
        pytest.param('Item [1] says so: ["refund", "late delivery"]', id="JSON after a number in brackets"),
        pytest.param("Sure! Here are the labels:\n- refund\n- late delivery", id="introduced"),
        pytest.param("- refund\n- late delivery\n\nLet me know if you need more.", id="closing words"),
        pytest.param("Labels: refund, late delivery", id="Labels:"),
        pytest.param("**Labels:** refund, late delivery", id="bold Labels:"),
        pytest.param("Labels:\nrefund\nlate delivery", id="Labels: on its own line"),
        pytest.param("Labels: [refund, late delivery]", id="bare words in brackets"),
        pytest.param("The labels are: refund, late delivery.", id="the labels are:"),
        pytest.param("It may be other.\nFinal answer: refund, late delivery", id="answer after reasoning"),
        pytest.param("Answer: other\nWait.\nAnswer: refund, late delivery", id="the last answer counts"),
        pytest.param("refund, late delivery\nLabels:", id="an empty Labels: at the end"),
        pytest.param("refund: they want money\nlate delivery: a week", id="explained after a colon"),
        pytest.param("refund (wants money), late delivery (a week)", id="explained in brackets"),
        pytest.param("- refund - wants money\n- late delivery — a week", id="explained after a dash"),
        pytest.param("I'm sorry to hear it: refund, late delivery", id="sorry but answered"),
        pytest.param("Refund, late delivery, because it came late.", id="a reason at the end"),
        pytest.param("Refund, late delivery, the parcel was late, other", id="a reason that goes on"),
        pytest.param("refund, 0.9, late delivery, 80%", id="how sure"),
    ],
)
def test_both_labels_are_read(reply: str) -> None:
    assert found(reply) == TWO


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param("```refund, late delivery```", id="fence on one line"),
        pytest.param("[x] refund\n[x] late delivery\n[ ] other", id="ticked boxes"),
        pytest.param("- [x] refund\n- [x] late delivery\n- [ ] other", id="ticked boxes in bullets"),
        pytest.param("refund: yes\nlate delivery: yes\nother: no", id="yes-no lines"),
        pytest.param("refund: true\nlate delivery: true\nother: false", id="true-false lines"),
        pytest.param('{"label": "refund"}\n{"label": "late delivery"}', id="JSON lines"),
        pytest.param("Label: refund\nLabel: late delivery", id="Label: on each line"),
        pytest.param('{"selected": ["refund", "late delivery"], "why": "both said"}', id="an unknown key and a reason"),
        pytest.param(
            '[{"label": "refund", "applies": true}, {"label": "late delivery", "applies": true},'
            ' {"label": "other", "applies": false}]',
            id="objects that say whether they apply",
        ),
        pytest.param('Draft: ["other"]. Final: ["refund", "late delivery"]', id="the last JSON counts"),
        pytest.param("Other? No, refund and late delivery.", id="No as an answer"),
        pytest.param("## Labels\nrefund\nlate delivery", id="heading"),
    ],
)
def test_both_labels_are_read_in_rarer_shapes(reply: str) -> None:
    assert found(reply) == TWO


@pytest.mark.parametrize(
    ("reply", "expected", "strangers"),
    [
        pytest.param("refund, shipping", ("refund",), ("shipping",), id="commas"),
        pytest.param("- refund\n- shipping fee", ("refund",), ("shipping fee",), id="bullets"),
        pytest.param("shipping", (), ("shipping",), id="alone"),
        pytest.param("Answer: shipping", (), ("shipping",), id="after Answer:"),
        pytest.param("shipping\nprice", (), ("shipping", "price"), id="one a line"),
        pytest.param('["refund", "shipping"]', ("refund",), ("shipping",), id="JSON list"),
        pytest.param("refund, IT support", ("refund",), ("IT support",), id="a stranger that is no reason"),
        pytest.param("refund, 7", ("refund",), ("7",), id="a number that is no share"),
        pytest.param("refund, 0.9, cancellation", ("refund",), ("cancellation",), id="a stranger behind how sure"),
        pytest.param("Refund, As Is Sale", ("refund",), ("As Is Sale",), id="a stranger that begins like a reason"),
        pytest.param("Refund, Account is locked", ("refund",), ("Account is locked",), id="a stranger with a verb"),
        pytest.param("because it was late", (), ("because it was late",), id="a reason for nothing"),
        pytest.param('{"label": "shipping"}', (), ("shipping",), id="JSON object"),
        pytest.param("shipping, Shipping, `shipping`", (), ("shipping",), id="counted once"),
        pytest.param("**shipping**, refund", ("refund",), ("shipping",), id="marks taken off"),
        pytest.param('["refund_request"]', (), ("refund_request",), id="longer name in JSON"),
        pytest.param("refund_request", (), ("refund_request",), id="longer name alone"),
        pytest.param("- refund_request\n- other", ("other",), ("refund_request",), id="longer name in bullets"),
        pytest.param('{"refund": true, "shipping": true}', ("refund",), ("shipping",), id="truth map"),
    ],
)
def test_what_is_not_on_the_list_is_kept(reply: str, expected: tuple[str, ...], strangers: tuple[str, ...]) -> None:
    assert read_labels(reply, SHOP) == NamesRead(expected, strangers)


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param("none", id="none"),
        pytest.param("**None.**", id="bold None"),
        pytest.param("(none)", id="none in brackets"),
        pytest.param("- none", id="none as a bullet"),
        pytest.param("N/A", id="N/A"),
        pytest.param("null", id="null"),
        pytest.param("-", id="dash"),
        pytest.param("No labels apply.", id="no labels apply"),
        pytest.param("None of the labels apply.", id="none of the labels"),
        pytest.param("None of the above", id="none of the above"),
        pytest.param("Not applicable.", id="not applicable"),
        pytest.param("Labels: none", id="Labels: none"),
        pytest.param("They greet us.\nAnswer: no labels", id="none after reasoning"),
        pytest.param("Labels: []", id="Labels: []"),
        pytest.param("[]", id="empty list"),
        pytest.param("{}", id="empty object"),
        pytest.param('{"labels": []}', id="empty labels"),
        pytest.param('{"labels": null}', id="null labels"),
        pytest.param('["none"]', id="none in a list"),
        pytest.param('{"labels": "none"}', id="none in an object"),
        pytest.param('{"refund": false, "other": "no"}', id="truth map with nothing true"),
        pytest.param("```json\n[]\n```", id="empty list in a fence"),
        pytest.param("<think>refund?</think>none", id="none after thinking"),
        pytest.param("No intents apply.", id="no intents apply"),
        pytest.param("None of the listed labels apply.", id="none of the listed labels"),
        pytest.param("There are no labels that apply.", id="no labels that apply"),
        pytest.param("1. None", id="none as a numbered item"),
        pytest.param("None, because it is small talk.", id="none with a reason"),
        pytest.param("Labels: none\nExplanation: they do not ask for a refund", id="none with an explanation"),
    ],
)
def test_an_explicit_none_is_an_empty_prediction(reply: str) -> None:
    assert read_labels(reply, SHOP) == NamesRead((), ())


@pytest.mark.parametrize(
    "reply", ["None", "none.", "Answer: None", '["None"]', '{"labels": ["none"]}', '{"None": true}']
)
def test_none_is_a_label_where_the_list_has_it(reply: str) -> None:
    assert found(reply, FALLBACKS) == ("None",)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        pytest.param("billing, None", ("billing", "None"), id="beside another"),
        pytest.param("Other", ("Other",), id="Other"),
        pytest.param("The label is Other.", ("Other",), id="Other in a sentence"),
        pytest.param("The other customer mentions Other.", ("Other",), id="the word and the label"),
        pytest.param("no label", (), id="still an empty prediction"),
        pytest.param("[]", (), id="still an empty list"),
    ],
)
def test_labels_that_are_common_words(reply: str, expected: tuple[str, ...]) -> None:
    assert found(reply, FALLBACKS) == expected


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param("The customer wants a refund after a late delivery.", id="sentence"),
        pytest.param("I read refund here. There is late delivery too.", id="two sentences"),
        pytest.param("This is about Refund as well as LATE delivery.", id="sentence in another case"),
        pytest.param("A refund for late delivery, not other.", id="negated at the end"),
        pytest.param("It is a refund and late delivery rather than other.", id="rather than"),
        pytest.param("It isn't other: this is refund with late delivery.", id="isn't"),
        pytest.param("There is no refund in this message.", id="only negated"),
    ],
)
def test_several_names_in_sentences_or_none_that_is_asserted_are_ambiguous(reply: str) -> None:
    assert read_labels(reply, SHOP) == Unusable("ambiguous")


def test_a_list_that_is_cut_is_truncated() -> None:
    assert read_labels('["refund", "late delivery"', SHOP) == Unusable("truncated")


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param("", id="empty"),
        pytest.param(" \n ", id="blank"),
        pytest.param("<think>refund</think>", id="only thinking"),
        pytest.param("Labels:", id="only a lead-in"),
        pytest.param("The customer writes about something that happened today.", id="prose"),
        pytest.param("There is no refund in this message.", id="only negated"),
        pytest.param("I cannot help with that.", id="refusal"),
        pytest.param("I'm sorry", id="short refusal"),
        pytest.param("???", id="only punctuation"),
        pytest.param("...", id="only dots"),
    ],
)
def test_a_reply_without_an_answer_is_unreadable(reply: str) -> None:
    assert isinstance(read_labels(reply, SHOP), Unusable)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("I'm sorry, I can't do that.", True),
        ("I’m unable to label this.", True),
        ("I am not able to say.", True),
        ("I won't answer.", True),
        ("As an AI I have no view.", True),
        ("This text is a can of worms.", False),
        ("I see the customer is upset.", False),
        ("x" * 200 + " I cannot answer.", False),
    ],
)
def test_a_refusal_is_known_by_its_opening(reply: str, expected: bool) -> None:
    assert is_refusal(reply) is expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        pytest.param("how_much, direct_debit", ("how_much", "direct_debit"), id="longer names win"),
        pytest.param("How much\nDirect debit", ("how_much", "direct_debit"), id="with spaces"),
        pytest.param("It is about direct debit.", ("direct_debit",), id="in a sentence"),
        pytest.param("This is about `not_working`.", ("not_working",), id="as spelt"),
        pytest.param("not_working", ("not_working",), id="a name that opens with not"),
    ],
)
def test_names_within_names(reply: str, expected: tuple[str, ...]) -> None:
    reading = read_labels(reply, BANK)
    assert isinstance(reading, NamesRead)
    assert set(reading.found) == set(expected)


@pytest.mark.parametrize(
    ("names", "reply", "expected"),
    [
        pytest.param(["Food and Drink", "refund"], "Food and Drink", ("Food and Drink",), id="and, alone"),
        pytest.param(
            ["Food and Drink", "refund"], "Food and Drink, refund", ("Food and Drink", "refund"), id="and, commas"
        ),
        pytest.param(["Arts & Crafts", "refund"], "refund; Arts & Crafts", ("refund", "Arts & Crafts"), id="ampersand"),
        pytest.param(["card", "card (physical)"], "card (physical)", ("card (physical)",), id="brackets, alone"),
        pytest.param(
            ["card", "card (physical)", "pin"], "card (physical), pin", ("card (physical)", "pin"), id="brackets"
        ),
        pytest.param(
            ["bills: gas", "bills: water"], "bills: gas\nbills: water", ("bills: gas", "bills: water"), id="colon"
        ),
        pytest.param(["1", "2", "3"], "3", ("3",), id="number"),
        pytest.param(["1", "2", "3"], "Answer: 3", ("3",), id="number after Answer:"),
        pytest.param(["1", "2", "3"], '{"label": 3}', ("3",), id="number in a JSON object"),
        pytest.param(["1", "2", "3"], "[1, 3]", ("1", "3"), id="numbers in a JSON list"),
        pytest.param(["true", "false"], '{"label": true}', ("true",), id="truth value in a JSON object"),
        pytest.param(["yes", "no"], "No.", ("no",), id="no"),
        pytest.param(["yes", "no"], '{"answer": "no"}', ("no",), id="no in a JSON object"),
        pytest.param(
            ["Name", "Topic"], '{"Topic": true, "Name": false}', ("Topic",), id="named as JSON keys often are"
        ),
        pytest.param(["退款", "换货"], "退款，换货", ("退款", "换货"), id="Chinese, with its comma"),
    ],
)
def test_unusual_label_names(names: list[str], reply: str, expected: tuple[str, ...]) -> None:
    assert found(reply, LabelSet.of(names)) == expected


def lines(opening: str) -> Callable[[Sequence[str]], str]:
    return lambda names: "\n".join(f"{opening}{name}" for name in names) or "none"


RENDERINGS: dict[str, Callable[[Sequence[str]], str]] = {
    "newlines": lines(""),
    "bullets": lines("- "),
    "stars": lines("* "),
    "numbers": lambda names: "\n".join(f"{n}. {name}" for n, name in enumerate(names, 1)) or "None.",
    "commas": lambda names: ", ".join(names) or "no labels",
    "answer": lambda names: f"Some thoughts first.\nAnswer: {', '.join(names) or 'none'}",
    "quotes": lambda names: ", ".join(f'"{name}"' for name in names) or "N/A",
    "JSON list": json.dumps,
    "JSON object": lambda names: json.dumps({"labels": names}),
    "JSON objects": lambda names: json.dumps([{"label": name} for name in names]),
    "JSON truth map": lambda names: json.dumps({"labels": dict.fromkeys(names, True)}),
    "fence": lambda names: f"```json\n{json.dumps(names, indent=2)}\n```",
    "thinking": lambda names: f"<think>pin? {names}</think>\n{json.dumps(names)}",
}


plain_words = st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=7).filter(
    lambda word: word not in {"and", "no", "not", "nor"}
)
label_lists = st.lists(
    st.tuples(st.lists(plain_words, min_size=1, max_size=3), st.sampled_from([" ", "_", "-"])),
    min_size=1,
    max_size=8,
    unique_by=lambda label: tuple(label[0]),
).map(lambda made: [separator.join(words).capitalize() for words, separator in made])


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("| Label | Applies |\n|---|---|\n| refund | yes |\n| late delivery | no |", ("refund",)),
        ('{"refund": {"applies": false}, "late delivery": {"applies": true}}', ("late delivery",)),
        ('{"labels": {"refund": {"applies": true, "why": "paid twice"}, "other": {"applies": false}}}', ("refund",)),
        ('{"refund": "n/a", "late delivery": "yes"}', ("late delivery",)),
        ('{"refund": "No money came back.", "other": "Not what was ordered."}', ("refund", "other")),  # reasons
        ("- refund: not mentioned\n- late delivery: mentioned twice", ("late delivery",)),
        ("- **refund**: No - nothing is said\n- **late delivery**: Yes – it came late", ("late delivery",)),
        ("- refund: ❌\n- other: ✅", ("other",)),
        ("- refund (no)\n- other (yes)", ("other",)),
        ("The answer is refund. Late delivery does not apply.", ("refund",)),
        ("- refund: no\n- other: no", ()),
        ("Refund: no\nThe text is about a late delivery, as it came late.", ("late delivery",)),
        ("Refund: no-show fee of ten dollars", ("refund",)),
        ("Refund (no-show fee)", ("refund",)),
        ("| refund | no |\n| other | no |", ()),
    ],
)
def test_what_is_said_beside_a_label_counts(reply: str, expected: tuple[str, ...]) -> None:
    assert found(reply) == expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("这条消息属于退款。", ("退款",)),
        ("标签：退款", ("退款",)),
        ("これは返金です。", ("返金",)),
        ("Der Text passt zu Größe hier am besten.", ("Größe",)),
        ("It is about a cafe\u0301, I would say here.", ("café",)),
    ],
)
def test_names_in_sentences_of_other_scripts(reply: str, expected: tuple[str, ...]) -> None:
    assert found(reply, LabelSet.of(["退款", "Größe", "café", "返金"])) == expected


@pytest.mark.parametrize("render", RENDERINGS.values(), ids=RENDERINGS.keys())
class TestWhatIsWrittenIsReadBack:
    @given(names=st.lists(st.sampled_from(BANK.names), unique=True))
    @example(names=list(BANK))
    def test_any_subset_of_48_labels(self, render: Callable[[Sequence[str]], str], names: list[str]) -> None:
        assert read_labels(render(names), BANK) == NamesRead(tuple(names), ())

    @given(
        listed=label_lists,
        data=st.data(),
    )
    def test_any_subset_of_any_list(
        self, render: Callable[[Sequence[str]], str], listed: list[str], data: st.DataObject
    ) -> None:
        names = data.draw(st.lists(st.sampled_from(listed), min_size=1, unique=True))
        assert read_labels(render(names), LabelSet.of(listed)) == NamesRead(tuple(names), ())


FRAGMENTS = (
    *SHOP.names, "none", "shipping", "Answer:", "labels", "not ", "no ", " and ", ", ", ": ", "\n", "- ", "1. ", "[ ] ",
    "[", "]", "{", "}", '"', "'", "```", "<think>", "</think>", "null", "true", "NaN", "1e999", " ", ".", "_", "**",
)  # fmt: skip
any_reply = st.text() | st.lists(st.sampled_from(FRAGMENTS)).map("".join)


@given(any_reply)
def test_any_text_gives_labels_on_the_list_each_once(reply: str) -> None:
    reading = read_labels(reply, SHOP)
    if isinstance(reading, Unusable):
        return
    assert set(reading.found) <= set(SHOP)
    assert len(set(reading.found)) == len(reading.found)
    assert not [name for name in reading.out_of_list if not name or SHOP.find(name)]


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param("[" * 100_000, id="deep list"),
        pytest.param('{"a":' * 100_000, id="deep object"),
        pytest.param("[" * 5_000 + "]" * 5_000, id="deep list with its end"),
        pytest.param('{"refund": ' + "1" * 400 + "}", id="number beyond a float"),
        pytest.param('{"refund": ' + "1" * 5_000 + "}", id="number beyond an int"),
        pytest.param("refund " + " " * 2_000 + "now", id="run of spaces"),
        pytest.param("the customer wants their money back. " * 500, id="long prose"),
    ],
)
def test_hostile_text_is_data_not_a_crash(reply: str) -> None:
    reading = read_labels(reply, SHOP)
    if isinstance(reading, Unusable):
        return
    assert set(reading.found) <= {"refund"}


def test_a_long_reply_over_many_labels_is_read() -> None:
    reply = "The customer talks about many things at length, as customers do.\n" * 200 + "Answer: " + ", ".join(BANK)
    assert found(reply, BANK) == BANK.names


@pytest.mark.parametrize(
    ("names", "reply", "expected"),
    [
        (["-1", "0", "1"], "-1", ("-1",)),
        (["-1", "0", "1"], "1", ("1",)),
        (["-1", "0", "1"], "-1, 1", ("-1", "1")),
        (["-1", "0", "1"], "- -1\n- 0", ("-1", "0")),
        (["-1", "0", "1"], "Answer: **-1**", ("-1",)),
        (["-1", "0", "1"], '{"label": -1}', ("-1",)),
        (["-1", "0", "1"], "[-1, 1]", ("-1", "1")),
        (["-1", "0", "1"], "It is -1, I would say.", ("-1",)),
        (["-1", "0", "1"], "I would say that it is 1 here.", ("1",)),
        (["<18", "18-64", ">64", ">18"], "> 64", (">64",)),
        (["<18", "18-64", ">64", ">18"], "Answer: <18", ("<18",)),
        (["<18", "18-64", ">64", ">18"], "- >18", (">18",)),
        (["<18", "18-64", ">64", ">18"], "18–64", ("18-64",)),
        (["<18", "18-64", ">64", ">18"], "The age is >64, as far as I see.", (">64",)),
        (["A", "A-", "A+"], "Grade: A-", ("A-",)),
        (["A", "A-", "A+"], "A - good work", ("A",)),
        (["A", "A-", "A+"], "A-: good work", ("A-",)),
        (["A", "A-", "A+"], "I'd say A+ for this one.", ("A+",)),
        (["+", "-"], "-", ("-",)),
        (["+", "-"], "Answer: -", ("-",)),
        (["+", "-"], "- +", ("+",)),
        (["+", "-"], "none", ()),
        (["C", "C++", "C#"], "It is written in C# here.", ("C#",)),
        (["C", "C++", "C#"], "C++, C", ("C++", "C")),
        (["!", "?"], "?", ("?",)),
        (["👍", "👎"], "👍\ufe0f", ("👍",)),
        (["Don't know", "Refund"], "The customer does not say, so don’t know.", ("Don't know",)),
        (["Don't know", "Refund"], "re\u00adfund", ("Refund",)),
    ],
)
def test_labels_with_signs_are_read_as_they_are_written(
    names: list[str], reply: str, expected: tuple[str, ...]
) -> None:
    assert found(reply, LabelSet.of(names)) == expected


@pytest.mark.parametrize(
    ("names", "reply"),
    [
        (["-1", "0"], "1"),
        (["-1", "0"], "- 1"),
        (["-1", "0"], "I think that it is 1 of these."),
        (["0", "1"], "-1"),
        (["<18", ">18"], "18"),
        (["18", "64"], "<18"),
        (["A-", "B"], "A"),
        (["A", "B"], "A-"),
        (["A", "B"], "I would say A- for this one."),
        (["C", "Java"], "It is written in C++ here."),
        (["yes!", "yes?"], "yes"),
    ],
)
def test_a_label_without_its_sign_is_no_label(names: list[str], reply: str) -> None:
    reading = read_labels(reply, LabelSet.of(names))
    assert isinstance(reading, Unusable) or reading.found == ()
