"""Texts that look like something else: taken where a text is wanted, or the words to type are said."""

from pathlib import Path

import pytest
from configured import invoked, single
from refusals import refused

from runner.config.instantiate import validate
from runner.core.errors import ConfigError
from runner.core.names import in_quotes

FILE = ["dataset=file", "dataset.path=gold.csv"]


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("35", "35"), ("-1", "-1"), ("007", "007"), ("Customer message", "Customer message"), ("yes", "yes"),
        ("no", "no"), ("on", "on"), ("off", "off"), ("a: b", "a: b"), ("'true'", "true"), ("2026-11-30", "2026-11-30"),
        ('"4.10"', "4.10"), ('"Größe"', "Größe"), ("a/b", "a/b"), ("50%", "50%"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("key", ["dataset.text_field", "provider.model"])
def test_a_text_is_taken_as_it_was_typed(key: str, typed: str, text: str) -> None:
    content = single(*FILE, "provider=openai", f"{key}={typed}").job.config.components
    group, _, name = key.partition(".")
    assert content[group].arguments[name] == text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("true", "'KEY=\"true\"'"), ("4.10", "'KEY=\"4.1\"'"), ("1e3", "'KEY=\"1000.0\"'"),
        ("[a]", "'KEY=[\"a\"]'"), ("{a: 1}", "'KEY=\"TEXT\"'"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("key", ["dataset.id_field", "provider.model"])
def test_what_may_have_been_typed_otherwise_is_not_guessed(key: str, typed: str, words: str) -> None:
    with refused(ConfigError, "bad-value", key, words.replace("KEY", key)):
        invoked(*FILE, "provider=openai", f"{key}={typed}")


@pytest.mark.parametrize(
    ("typed", "labels"),
    [("[0,1]", ["0", "1"]), ("[-1,0,A]", ["-1", "0", "A"]), ("[yes,no]", ["yes", "no"]), ("[007]", ["007"])],
)
def test_numbers_are_labels(typed: str, labels: list[str]) -> None:
    assert single(*FILE, f"dataset.labels={typed}").job.config.components["dataset"].arguments["labels"] == labels


def test_labels_that_may_have_been_typed_otherwise_are_told_with_the_words_to_type() -> None:
    with refused(ConfigError, "bad-value", "dataset.labels", """'dataset.labels=["true","1.5","2"]'"""):
        invoked(*FILE, "dataset.labels=[true,1.50,2]")


def test_a_number_stays_a_number_where_one_is_wanted() -> None:
    assert validate(35, int, "x") == 35
    assert validate(35, int | str, "x") == 35
    assert validate([1, 2], list[int], "x") == [1, 2]
    assert in_quotes("x", [True, 1]) == """'x=["true","1"]'"""


@pytest.mark.parametrize(("typed", "name"), [("2026", "2026"), ("007", "007"), ("on", "on"), ("a.b-c_d", "a.b-c_d")])
def test_a_study_is_named_as_it_was_typed(typed: str, name: str) -> None:
    assert single(f"study={typed}").job.config.settings.study == name


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("2026.10", "'study=\"2026.1\"'"),
        ("true", "'study=\"true\"'"),
        ("..", "'..'"),
        ("s" * 300, "300"),
        ('"' + "ü" * 120 + '"', "120"),
    ],
    ids=["float", "bool", "dots", "long", "long in bytes"],
)
def test_a_study_that_is_no_folders_name_is_refused(typed: str, shown: str) -> None:
    with refused(ConfigError, "bad-value", "study", shown):
        invoked(f"study={typed}")


def test_words_that_belong_together_are_told_as_one() -> None:
    with refused(ConfigError, "word-unreadable", "message", """'dataset.text_field="Customer message (EN)"'"""):
        invoked(*FILE, "dataset.text_field=Customer", "message", "(EN)", "epochs=2")
    with refused(ConfigError, "word-unreadable", "gold.csv", "KEY=VALUE"):
        invoked("gold.csv", "epochs=2")
    with refused(ConfigError, "word-unreadable", "dataset.text_field", """'dataset.text_field="Größe"'"""):
        invoked(*FILE, "dataset.text_field=Größe")


def test_a_user_who_is_not_there_is_told_for_every_path() -> None:
    for words in (
        ['prompt_file="~nosuch/x"'], ['follows="~nosuch/x"'], ['journal.path="~nosuch/x"'],
        ["dataset=file", 'dataset.path="~nosuch"'],
        ["dataset=file", "dataset.path=x.csv", 'dataset.labels_file="~nosuch/x"'],
    ):  # fmt: skip
        with refused(ConfigError, "folder-missing", None, "'nosuch'"):
            invoked(*words)
    assert single('prompt="~nosuch/x is a text"').job.config.settings.prompt == "~nosuch/x is a text"
    single('prompt_file="~/x"')


def test_a_file_that_is_nested_too_deeply_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment/deep.yaml").write_text("# @package _global_\nprompt: " + "[" * 20_000)
    with refused(ConfigError, "too-deep", "optimize"):
        single("--config-dir", str(tmp_path), "experiment=deep")
