"""CoNLL and IOB files: tags as spans, equal to seqeval's; a bad line is named by its number."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from configured import built
from hypothesis import given
from hypothesis import strategies as st
from refusals import says
from rows import refusal

from runner.config.draft_task import draft_task
from runner.core.errors import ConfigError, DataError
from runner.core.items import BadRow, Item
from runner.datasets.conll_reader import conll_rows
from runner.datasets.file import File
from runner.datasets.iob_tags import chunks, tag_in
from runner.datasets.typed_gold import typed
from verifiers.spans import Spans

MARKS = "BIESO"


def in_seqeval(tags: list[str]) -> list[tuple[str, int, int]]:
    """The chunks by the rules of seqeval's ``get_entities``, whose end and start are conditions of their own."""
    found, begins, before, before_type = [], 0, "O", ""
    for place, tag in enumerate([*tags, "O"]):
        mark, kind = tag[0], tag[2:] or "_"
        pair, differs = before + mark, before_type != kind
        if pair in {"BB", "BS", "BO", "IB", "IS", "IO"} or before in "ES" or (before != "O" and differs):
            found.append((before_type, begins, place - 1))
        if mark in "BS" or pair in {"EE", "EI", "SE", "SI", "OE", "OI"} or (mark != "O" and differs):
            begins = place
        before, before_type = mark, kind
    return found


TAGS = st.lists(
    st.tuples(st.sampled_from(MARKS), st.sampled_from(["PER", "LOC", "a-b"])).map(
        lambda pair: "O" if pair[0] == "O" else f"{pair[0]}-{pair[1]}"
    ),
    max_size=12,
)


@given(TAGS)
def test_chunks_are_those_of_seqeval(tags: list[str]) -> None:
    assert chunks([tag for tag in map(tag_in, tags) if tag]) == in_seqeval(tags)


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        pytest.param("I-P I-P O I-L", [("P", 0, 1), ("L", 3, 3)], id="IOB1"),
        pytest.param("I-P B-P I-P", [("P", 0, 0), ("P", 1, 2)], id="IOB1, one behind the other"),
        pytest.param("B-P I-P B-P O I-L", [("P", 0, 1), ("P", 2, 2), ("L", 4, 4)], id="IOB2, and an I without a B"),
        pytest.param("B-P I-L I-L", [("P", 0, 0), ("L", 1, 2)], id="another label"),
        pytest.param("B-P I-P E-P S-P B-L E-L", [("P", 0, 2), ("P", 3, 3), ("L", 4, 5)], id="BIOES"),
        pytest.param("B-P I-P L-P U-P B-L L-L", [("P", 0, 2), ("P", 3, 3), ("L", 4, 5)], id="BILOU"),
        pytest.param("E-P I-P", [("P", 0, 0), ("P", 1, 1)], id="behind an end"),
        pytest.param("", [], id="none"),
    ],
)
def test_all_schemes_are_read(tags: str, found: list[tuple[str, int, int]]) -> None:
    assert chunks([tag for tag in map(tag_in, tags.split()) if tag]) == found


@pytest.mark.parametrize("word", ["o", "0", "B", "B-", "B- ", "b-PER", "X-PER", "PER", "B_PER", "", "OO", "-"])
def test_what_is_no_tag_is_none(word: str) -> None:
    assert tag_in(word) is None


def read(folder: Path, content: str, name: str = "gold.conll", **options: Any) -> list[Item]:
    (folder / name).write_bytes(content.encode())
    file = File(str(folder / name), **options)
    file.read_cells("value")
    data, _ = typed(file.load(), Spans())
    return list(data.items)


def quoted(items: list[Item]) -> list[tuple[str, str, dict[str, list[str]]]]:
    """Id, text, and the words of each label."""
    found = []
    for item in items:
        words: dict[str, list[str]] = {}
        for one in item.gold:
            words.setdefault(one["label"], []).append(item.text[one["start"] : one["end"]])
        found.append((item.id, item.text, words))
    return found


CONLL_2003 = """-DOCSTART- -X- -X- O

EU NNP B-NP B-ORG
rejects VBZ B-VP O
German JJ B-NP B-MISC
call NN I-NP O
. . O O

Peter NNP B-NP B-PER
Blackburn NNP I-NP I-PER
"""
CONLL_U = """# newdoc id = d1
# sent_id = d1-s1
# text = Ana vive aquí, del Sur.
1\tAna\tB-PER\t_
2\tvive\tO\t_
3\taquí\tO\tSpaceAfter=No
4\t,\tO\t_
5-6\tdel\t_\t_
5\tde\tO\t_
6\tel\tB-LOC\t_
6.1\telided\t_\t_
7\tSur\tI-LOC\tSpaceAfter=No
8\t.\tO\t_
"""


@pytest.mark.parametrize(
    ("content", "found"),
    [
        pytest.param(
            CONLL_2003,
            [
                ("1", "EU rejects German call .", {"ORG": ["EU"], "MISC": ["German"]}),
                ("2", "Peter Blackburn", {"PER": ["Peter Blackburn"]}),
            ],
            id="CoNLL-2003",
        ),
        pytest.param(
            CONLL_U, [("d1-s1", "Ana vive aquí, del Sur.", {"PER": ["Ana"], "LOC": ["del Sur"]})], id="CoNLL-U"
        ),
        pytest.param(
            re.sub("(?m)^# text.*\n", "", CONLL_U),
            [("d1-s1", "Ana vive aquí, del Sur.", {"PER": ["Ana"], "LOC": ["del Sur"]})],
            id="CoNLL-U without its text",
        ),
        pytest.param(
            "# id 52-a\tdomain=en\n# a note\nit _ _ O\nis _ _ B-X\n",
            [("52-a", "it is", {"X": ["is"]})],
            id="MultiCoNER",
        ),
        pytest.param(
            "-DOCSTART- -X- O\nMy -X- _ O\nUSB-C -X- _ B-Thing\n\n", [("1", "My USB-C", {"Thing": ["USB-C"]})],
            id="as Label Studio exports it",
        ),
        pytest.param(
            "New York\tB-first place\n#1\tO\n", [("1", "New York #1", {"first place": ["New York"]})], id="tabs"
        ),
        pytest.param(
            "# O\n#yes B-TAG\n\n#no B-TAG\n", [("1", "# #yes", {"TAG": ["#yes"]}), ("2", "#no", {"TAG": ["#no"]})],
            id="hashtags are tokens",
        ),
        pytest.param("\r\na O\r\nb B-X\r\n \r\n\t\r\nc O", [("1", "a b", {"X": ["b"]}), ("2", "c", {})], id="Windows"),
        pytest.param("\ufeff😀 B-X\ne\u0301 I-X\n", [("1", "😀 e\u0301", {"X": ["😀 e\u0301"]})], id="more than ASCII"),
        pytest.param("\u00a0 O\nb B-X\n", [("1", "\u00a0 b", {"X": ["b"]})], id="a token that is a blank"),
        pytest.param("1 CD B-X\n2 CD I-X\n\n7 CD O\n", [("1", "1 2", {"X": ["1 2"]}), ("2", "7", {})], id="numbers"),
        pytest.param("a X SpaceAfter=No B-X\nb X _ O\n", [("1", "ab", {"X": ["a"]})], id="no blank before the next"),
    ],
)  # fmt: skip
def test_a_file_is_read_as_texts_with_spans(
    tmp_path: Path, content: str, found: list[tuple[str, str, dict[str, list[str]]]]
) -> None:
    assert quoted(read(tmp_path, content)) == found


@pytest.mark.parametrize(
    ("name", "options"), [("a.iob", {}), ("a.bio", {}), ("a.IOB2", {}), ("a.txt", {"format": "conll"})]
)
def test_the_ending_or_the_option_names_the_format(tmp_path: Path, name: str, options: dict[str, str]) -> None:
    assert len(read(tmp_path, "a B-X\n", name, **options)) == 1


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=6)


@given(st.lists(st.tuples(WORDS.filter(lambda word: not word.startswith(("#", "-DOC"))), TAGS), min_size=1, max_size=5))
def test_spans_are_where_their_tokens_stand(tmp_path_factory: pytest.TempPathFactory, pairs: Any) -> None:
    path = tmp_path_factory.mktemp("conll") / "a.conll"
    sentences = [[(f"{word}{place}", tag) for place, tag in enumerate(tags)] for word, tags in pairs if tags]
    path.write_text("\n".join("".join(f"{word} {tag}\n" for word, tag in one) for one in sentences), "utf-8")
    rows = [row for _, row in conll_rows(path)]
    assert len(rows) == len(sentences)
    for row, sentence in zip(rows, sentences, strict=True):
        assert not isinstance(row, Exception)
        words, tags = zip(*sentence, strict=True)
        assert row["text"] == " ".join(words)
        assert [(one["label"], row["text"][one["start"] : one["end"]]) for one in row["labels"]] == [
            (label, " ".join(words[first : last + 1])) for label, first, last in in_seqeval(list(tags))
        ]


def told(folder: Path, content: str, **options: Any) -> DataError:
    with pytest.raises(DataError) as error:
        read(folder, content, **options)
    return error.value


@pytest.mark.parametrize(
    ("content", "line", "shown"),
    [
        pytest.param("a O\nb X-PER\n", 2, ["'b'", "'X-PER'", "B-PER"], id="no tag"),
        pytest.param("a O\nb o\n", 2, ["'o'", "expected O"], id="a small letter"),
        pytest.param("a B\n", 1, ["'B'"], id="a tag without a label"),
        pytest.param("a O\n\nb\nc O\n", 3, ["one column", "'b'"], id="one column"),
        pytest.param("a O\nNew York B-LOC\n", 2, ["3 columns", "with 2"], id="a blank in a token"),
        pytest.param("a O\n\tO\n", 2, ["no token"], id="no token"),
        pytest.param("# text = a c\na O\nb O\n", 3, ["'b'", "'c'"], id="not the text's token"),
        pytest.param("# text = a b c\na O\nb O\n", 3, ["'c'"], id="the text goes on"),
        pytest.param("# sent_id = x\na O\n\n# sent_id = x\nb O\n", 5, ["'x'", "row 2"], id="an id twice"),
        pytest.param('{"text": "a"}\n', 1, ["expected"], id="another format"),
        pytest.param("a B-X\0Y\nb \0\n", 2, ["\\x00"], id="control characters"),
    ],
)  # fmt: skip
def test_a_bad_line_is_named(tmp_path: Path, content: str, line: int, shown: list[str]) -> None:
    error = told(tmp_path, content)
    assert error.code in ("gold-unreadable", "id-repeated")
    says(error, DataError, error.code, f"row {line}", "gold.conll", *shown)


def test_bad_lines_of_several_sentences_are_named_together(tmp_path: Path) -> None:
    assert re.findall(r"row (\d+)", str(told(tmp_path, "a X\nb Y\n\nc O\n\nd Z\n"))) == ["1", "6"]


def test_a_label_that_is_not_on_the_list_is_named_by_its_sentence(tmp_path: Path) -> None:
    says(told(tmp_path, "a O\n\nb B-NEW\n", labels=["PER"]), DataError, "gold-unfit", "row 3 (id '2')", "'NEW'", "PER")


def test_gold_of_a_file_of_tags_is_spans_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a.conll").write_text("a B-X\n")
    says(refusal(tmp_path / "a.conll"), ConfigError, "option-missing", "verifier", "verifier=spans")


def test_sentences_can_be_labelled_with_or_without_tags_that_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.conll").write_text("a B-X\n\nb odd\n\nc O\n")
    found = list(File(str(tmp_path / "a.conll")).stream())
    assert [one.text if isinstance(one, Item) else one.code for one in found] == ["a", "gold-unreadable", "c"]
    assert isinstance(found[1], BadRow) and found[1].id == "3"


def test_a_page_is_drafted_from_a_file_of_tags_and_runs(tmp_path: Path) -> None:
    content = "\n".join(f"Anna B-PER\nsaw O\nRome{place} B-LOC\n" for place in range(40))
    (tmp_path / "gold.conll").write_text(content)
    draft = draft_task(tmp_path / "gold.conll")
    assert yaml.safe_load(draft.text) == {
        "text": "text",
        "answer": {"type": "spans", "column": "labels", "labels": {"LOC": "", "PER": ""}},
    }
    (tmp_path / "task.yaml").write_text(draft.text)
    experiment = built(tmp_path, "verifier=spans", f"task={tmp_path}/task.yaml", "dataset=file",
                       f"dataset.path={tmp_path}/gold.conll")  # fmt: skip
    assert len(experiment.data.items) == 40 and list(experiment.verifier.vocabulary) == ["LOC", "PER"]  # type: ignore[attr-defined]
