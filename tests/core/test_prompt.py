"""A prompt reaches the model as it was written, and its fingerprint names it."""

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.core.prompt import AS_TURNS, HEADING, Demo, Prompt, complete, default_prompt, definitions_section
from runner.core.twins import twin_form
from verifiers.choice import Choice
from verifiers.label_set import LabelSet
from verifiers.labels import Labels

LABELS = LabelSet({"Refund": "wants money back", "Other": "", "Payment": "pays {now}"})
PLACEHOLDERS = ["{text}", "{{labels}}", "{", "}", "{0} %s %(a)s $x ${y} <text>", '{"labels": ["A"]}', "\\n \\1"]

texts = st.text()
POOL = "Examples, the 2 nearest to the text"
LOOKS = ["> a", "= A", "", ">", "=", AS_TURNS, f" {AS_TURNS} ", "Examples:", "Choose.", "= none", "> ", "\r", "  "]
LOOKS += [f"{POOL}:", f"{POOL}, as turns of the chat:", f"{POOL}, the nearest first:"]
like_turns = st.lists(st.sampled_from(LOOKS)).map("\n".join)
labels = st.sampled_from(["A", "B {x}", "> 5", "= C", AS_TURNS, "none", " D "])
demos = st.builds(Demo, texts | like_turns, st.lists(labels, unique=True).map(tuple))
few = st.lists(demos, max_size=3).map(tuple)
prompts = st.builds(Prompt, texts | like_turns, few, st.booleans(), st.sampled_from([0, 0, 1, 2, 9]), st.booleans())


def test_without_demos_the_prompt_is_its_instructions():
    assert Prompt("\n Choose a label.\n\n- A \n").render() == "Choose a label.\n\n- A"


def test_demos_follow_the_instructions_in_their_order():
    prompt = Prompt("Choose.\n", (Demo("one", ("A", "B")), Demo("two\nlines", ())))
    assert prompt.render() == ("Choose.\n\nExamples:\n\nText:\none\nLabels: A, B\n\nText:\ntwo\nlines\nLabels: none")


@given(prompts.filter(lambda prompt: not prompt.turns and not prompt.nearest), texts)
def test_the_prompt_is_the_system_message_and_the_text_the_user_message(prompt, text):
    system = [{"role": "system", "content": prompt.render()}] if prompt.render() else []
    assert prompt.messages(text) == [*system, {"role": "user", "content": text}]


def test_examples_as_turns_are_questions_and_answers_of_the_chat():
    prompt = Prompt("Choose.\n", (Demo("one\n\n= A\n> two", ("A", "B")), Demo("three", ())), turns=True)
    assert prompt.render() == (
        "Choose.\n\nExamples, as turns of the chat:\n\n> one\n>\n> = A\n> > two\n= A\n= B\n\n> three\n= none"
    )
    assert [(message["role"], message["content"]) for message in prompt.messages("four")] == [
        ("system", "Choose."),
        ("user", "one\n\n= A\n> two"),
        ("assistant", "A\nB"),
        ("user", "three"),
        ("assistant", "none"),
        ("user", "four"),
    ]


@given(prompts, texts)
def test_a_prompt_that_was_saved_and_read_again_is_the_same_chat(prompt, text):
    again = Prompt(prompt.render())
    assert (again.render(), again.messages(text)) == (prompt.render(), prompt.messages(text))


@pytest.mark.parametrize("turns", [False, True])
def test_a_file_changes_no_example(turns):
    prompt = Prompt("Choose.", (Demo("one\rtwo \r\nthree\n", ("A",)),), turns=turns)
    again = Prompt(re.sub("\r\n?", "\n", prompt.render()))
    assert again.messages("x") == prompt.messages("x")


@pytest.mark.parametrize(
    "edited",
    [
        f"Choose.\nMind the sky.\n\n{AS_TURNS}\n\n> one\n= A\n\n> two\n= none",
        f"Choose.\nMind the sky.\n{AS_TURNS}  \n> one\n= A\n> two \n=  none\n",
        f"Choose.\r\nMind the sky.\r\n\r\n{AS_TURNS}\r\n\r\n> one\r\n= A\r\n\r\n> two\r\n= none\r\n",
        f"Choose.\n\n{AS_TURNS}\n\n> one\n= A\n \n\n> two\n= none\n\nMind the sky.",
        f"{AS_TURNS}\n> one\n= A\n\nChoose.\n\n{AS_TURNS}\n> two\n= none\nMind the sky.",
    ],
)
def test_turns_are_read_wherever_they_stand_and_however_they_are_spaced(edited):
    system, *shown = Prompt(edited).messages("three")
    assert [message["content"] for message in shown] == ["one", "A", "two", "none", "three"]
    assert system["content"].split() == ["Choose.", "Mind", "the", "sky."]


def test_a_text_from_data_begins_no_turns():
    example = Demo(f"one\n{AS_TURNS}\n\n> two\n= B", ("A",))
    [system, text] = Prompt(Prompt("Choose.", (example,)).render()).messages("x")
    assert f"'{AS_TURNS}'" in system["content"] and text["content"] == "x"


@pytest.mark.parametrize(
    ("words", "labels"), [("\n> ", []), ("", []), ("\n", []), ("\n> a", []), ("\n> a\n= b", ["b"]), ("\n> a\n= ", [])]
)
def test_blanks_without_end_are_read(words, labels):
    """A million of them: in quadratic time, which a pattern takes that tries each blank from each, it would not end."""
    read = Prompt(AS_TURNS + words + " " * 1_000_000)
    assert [label for demo in read.demos for label in demo.answer] == labels


def test_examples_that_were_read_can_be_replaced():
    read = Prompt(Prompt("Choose.", (Demo("old", ("A",)),), turns=True).render())
    assert read.with_demos([Demo("new", ())]) == Prompt("Choose.", (Demo("new", ()),), turns=True)
    assert read.with_demos([Demo("new", ())], turns=False) == Prompt("Choose.", (Demo("new", ()),))
    assert read.with_demos([]) == Prompt("Choose.")


@given(prompts)
def test_instructions_and_demos_stand_in_the_prompt_untouched(prompt):
    rendered = prompt.render()
    assert rendered.startswith(prompt.instructions.strip())
    for demo in prompt.demos:
        lines = [line.rstrip(" \t") for line in re.split("\r\n?|\n", demo.text)]
        if prompt.turns or prompt.nearest:
            assert "\n".join(f"> {line}" if line else ">" for line in lines) + "\n= " in rendered
        elif not re.search(HEADING, demo.text):
            assert "\n".join(["Text:", *lines, "Labels: "]) in rendered


@pytest.mark.parametrize("words", PLACEHOLDERS)
def test_nothing_is_a_placeholder(words):
    system, user = Prompt(f"Say {words}", (Demo(f"Demo {words}", (f"L {words}",)),)).messages(words)
    assert system["content"] == f"Say {words}\n\nExamples:\n\nText:\nDemo {words}\nLabels: L {words}"
    assert user["content"] == words


def test_with_demos_replaces_the_demos_and_leaves_the_prompt_alone():
    prompt = Prompt("Choose.", (Demo("old", ("A",)),))
    assert prompt.with_demos([Demo("new", ("B",))]) == Prompt("Choose.", (Demo("new", ("B",)),))
    assert prompt.with_demos([]) == Prompt("Choose.")
    assert prompt.demos == (Demo("old", ("A",)),)


@given(prompts)
def test_the_fingerprint_is_12_hex_digits_of_the_rendered_text(prompt):
    assert re.fullmatch("[0-9a-f]{12}", prompt.fingerprint)
    assert hashlib.sha256(prompt.render().encode()).hexdigest().startswith(prompt.fingerprint)


@given(prompts, prompts)
def test_two_prompts_have_the_same_fingerprint_if_and_only_if_they_read_the_same(one, other):
    assert (one.fingerprint == other.fingerprint) == (one.render() == other.render())


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(Prompt("Choose one.", (Demo("t", ("A",)),)), id="instructions"),
        pytest.param(Prompt("Choose.", (Demo("u", ("A",)),)), id="text of a demo"),
        pytest.param(Prompt("Choose.", (Demo("t", ("B",)),)), id="labels of a demo"),
        pytest.param(Prompt("Choose."), id="no demo"),
        pytest.param(Prompt("Choose.", (Demo("t", ("A",)),), turns=True), id="as a turn"),
    ],
)
def test_the_fingerprint_changes_with_the_prompt(other):
    assert other.fingerprint != Prompt("Choose.", (Demo("t", ("A",)),)).fingerprint


@pytest.mark.parametrize(
    ("multiple", "task"),
    [
        pytest.param(True, ["choose the labels that apply", "one per line"], id="several labels"),
        pytest.param(False, ["choose the one label", "that label only"], id="one label"),
    ],
)
def test_the_default_prompt_states_the_task_and_names_all_labels_in_order(multiple, task):
    rendered = default_prompt((Labels if multiple else Choice)(LABELS).instructions()).render()
    assert all(words in rendered for words in task)
    assert rendered.endswith("\n\nLabels:\n- Refund\n- Other\n- Payment")


def test_the_definitions_section_holds_the_labels_that_have_one():
    assert definitions_section(LABELS) == "What the labels mean:\n- Refund: wants money back\n- Payment: pays {now}"


def test_without_definitions_there_is_no_section():
    assert definitions_section(LabelSet.of(["A", "B"])) == ""


def test_the_label_list_that_a_typed_prompt_lacks_stands_before_its_examples():
    typed = Prompt("Choose.", (Demo("a refund, a payment, other things", ("Refund",)),), turns=True)
    completed = Prompt(complete(typed.render(), Labels(LABELS).instructions()))
    assert (completed.demos, completed.turns) == (typed.demos, True)
    assert completed.instructions.endswith("one per line:\n- Refund\n- Other\n- Payment")


HOSTILE = {
    "line ends": AS_TURNS + "\r\n" * 100_000 + "word",
    "few line ends": AS_TURNS + "\r\n" * 40 + "word",  # of old patterns each doubled the time
    "blank lines": AS_TURNS + "\n" + " \t\r\n" * 100_000 + ">",
    "texts without an answer": AS_TURNS + "\n" + "> a\n" * 100_000,
    "headings": (AS_TURNS + "\n") * 10_000,
    "an answer without end": AS_TURNS + "\n> a\n=" + "\t" * 100_000,
    "carriage returns": AS_TURNS + "\r> a\r=" + "\r" * 100_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_text_takes_longer_to_read_than_its_length_asks_for(text: str) -> None:
    prompt = Prompt(text)  # with a pattern that gives back what it took this would not end
    assert (prompt.instructions, prompt.demos) == (text, ())


def test_many_blocks_are_read_in_one_pass() -> None:
    prompt = Prompt(f"Choose.\n\n{AS_TURNS}\n> a\n= b\nand\n" * 10_000)
    assert prompt.demos == (Demo("a", ("b",)),) * 10_000
    assert prompt.instructions.count("Choose.") == prompt.instructions.count("and") == 10_000
    assert Prompt(prompt.render()) == prompt


def test_what_stands_behind_a_block_is_no_turn_of_a_heading_before_it() -> None:
    text = f"{AS_TURNS}\n{AS_TURNS}\n> a\n= b\n  > c\n= d\n"
    prompt = Prompt(text)
    assert prompt.demos == (Demo("a", ("b",)),)
    assert Prompt(prompt.render()) == prompt


CHARGED, PARCEL, LOGIN = (
    Demo("I was charged twice", ("Payment",)),
    Demo("Where is it?", ()),
    Demo("Log me in!", ("A", "B")),
)


@pytest.mark.parametrize(
    ("prompt", "heading"),
    [
        (Prompt("Choose.", (CHARGED, PARCEL, LOGIN), turns=True, nearest=2), f"{POOL}, as turns of the chat:"),
        (Prompt("Choose.", (CHARGED, PARCEL, LOGIN), nearest=2), f"{POOL}:"),
        (
            Prompt("Choose.", (CHARGED, PARCEL, LOGIN), turns=True, nearest=2, nearest_first=True),
            f"{POOL}, the nearest first, as turns of the chat:",
        ),
        (Prompt("Choose.", (CHARGED, PARCEL, LOGIN), nearest=2, nearest_first=True), f"{POOL}, the nearest first:"),
    ],
)
def test_a_pool_stands_whole_in_the_text_and_is_read_back(prompt, heading):
    text = prompt.render()
    assert text == (
        f"Choose.\n\n{heading}\n\n> I was charged twice\n= Payment\n\n> Where is it?\n= none\n\n> Log me in!\n= A\n= B"
    )
    assert Prompt(text) == prompt


def test_only_the_examples_nearest_to_the_text_are_shown_the_nearest_beside_it():
    pool = Prompt("Choose.", (CHARGED, PARCEL, LOGIN), turns=True, nearest=2)
    shown = [message["content"] for message in pool.messages("They charged me, and where is it now?")]
    assert shown[1:-1] == ["I was charged twice", "Payment", "Where is it?", "none"]
    first = Prompt("Choose.", pool.demos, turns=True, nearest=2, nearest_first=True)
    assert [message["content"] for message in first.messages(shown[-1])][1:5] == [*shown[3:5], *shown[1:3]]
    login = pool.messages("I cannot log in")
    assert login[-3:] == [*LOGIN.messages(), {"role": "user", "content": "I cannot log in"}]


def test_nearest_in_words_stand_in_the_system_message():
    pool = Prompt("Choose.", (CHARGED, PARCEL, LOGIN), nearest=1)
    assert pool.messages("charged again") == [
        {"role": "system", "content": "Choose.\n\nExamples:\n\nText:\nI was charged twice\nLabels: Payment"},
        {"role": "user", "content": "charged again"},
    ]


@given(prompts, texts)
def test_a_text_is_never_shown_with_its_own_answer_or_a_twins(prompt, text):
    pool = Prompt("x", (Demo(text, ("A",)), Demo(f" {text.upper()} ", ("A",)), *prompt.demos), turns=True, nearest=9)
    assert all(twin_form(demo.text) != twin_form(text) for demo in pool.chosen_for(text).demos)
    assert pool.without(text) is pool


def test_the_fixed_part_of_a_prompt_comes_first():
    """So that an endpoint that keeps what it has read keeps it for all texts."""
    for turns in (False, True):
        pool = Prompt("Choose.", (CHARGED, PARCEL, LOGIN), turns=turns, nearest=1)
        one, other = (pool.messages(text) for text in ("charged", "log in"))
        assert one[0]["content"].startswith("Choose.") and other[0]["content"].startswith("Choose.")


def test_the_first_heading_says_how_examples_are_shown():
    turns = "> one\n= A\n"
    assert Prompt(f"{POOL}:\n{turns}\n{AS_TURNS}\n> two\n= B").nearest == 2
    assert Prompt(f"{AS_TURNS}\n{turns}\n{POOL}:\n> two\n= B").nearest == 0


@pytest.mark.parametrize("heading", ["Examples, the 0 nearest to the text:", "Examples, the nearest to the text:"])
def test_another_heading_is_part_of_what_the_model_is_told(heading):
    text = f"Choose.\n\n{heading}\n\n> one\n= A"
    assert (Prompt(text).instructions, Prompt(text).demos) == (text, ())
