"""Reads CoNLL-2003 and IOB files: a token a line, its tag in the last column, a blank line after each sentence.

A sentence becomes a row with ``id``, ``text`` and, as ``labels``, the spans of its tags in characters of that text.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

from runner.datasets.iob_tags import EXPECTED, Tag, chunks, tag_in
from runner.datasets.row_problem import RowProblem

_DOCUMENT = "-DOCSTART-"
_KEY_AND_VALUE = re.compile(r"#\s++[\w.]++\s*+=")
_TEXT = re.compile(r"#\s*+text\s*+=(.*)")
_SENT_ID = re.compile(r"#\s*+sent_id\s*+=\s*+(\S++)")
_ID = re.compile(r"#\s++id(?:\s*+[=:]|\s)\s*+(\S++)")
_KNOWN = (_KEY_AND_VALUE, _TEXT, _SENT_ID, _ID)
_INDEX = re.compile(r"[0-9]{1,9}+(?:-([0-9]{1,9}+)|\.[0-9]{1,9}+)?+")
_UNSET = ("", "_", "-")  # columns behind the tag that have nothing
_GLUED = "SpaceAfter=No"
_NUMBERED_WIDTH = 3  # a number, a token and a tag

Line = tuple[int, str]


def conll_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | RowProblem]]:
    """The sentences of a file, each with the number of its first token's line; a bad one with that of its bad line.

    The id is that of a comment ``# sent_id = ...`` or ``# id ...``, else which sentence of the file it is, from 1 on.
    The text is that of ``# text = ...``, else the tokens with a blank between them, but where a column has
    ``SpaceAfter=No``. Files whose lines begin with the number of the token (CoNLL-U) are known by that.
    """
    numbered = _is_numbered(path)
    sentences = 0
    for lines in _blocks(path):
        comments = _comments(lines, numbered=numbered)
        if len(comments) < len(lines):
            sentences += 1
            yield _row(comments, lines[len(comments) :], sentences, numbered=numbered)


def _blocks(path: Path) -> Iterator[list[Line]]:
    """The lines between blank ones, with their numbers, without those that begin a document."""
    block = list[Line]()
    with path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                if not line.startswith(_DOCUMENT):
                    block.append((number, line.rstrip("\n")))
            elif block:
                yield block
                block = []
    if block:
        yield block


def _is_numbered(path: Path) -> bool:
    """Whether in all sentences, of which one has two tokens, the first column counts from 1 on."""
    longest = 0
    for block in _blocks(path):
        rows = [_columns(line) for _, line in block if not line.startswith("#")]
        found = [_INDEX.fullmatch(row[0]) for row in rows if len(row) >= _NUMBERED_WIDTH]
        counted = [index[0] for index in found if index and index[0].isdigit()]
        if len(found) < len(rows) or None in found or counted != [str(place + 1) for place in range(len(counted))]:
            return False
        longest = max(longest, len(counted))
    return longest > 1


def _columns(line: str) -> list[str]:
    """Between tabs, where there are any, a token may hold blanks."""
    if "\t" in line:
        return [column.strip(" ") for column in line.split("\t")]
    return [column for column in line.split(" ") if column]


def _comments(lines: Sequence[Line], *, numbered: bool) -> list[str]:
    """The lines before the first token. A token that begins with # has a tag, and as many columns as the others."""
    others = (len(_columns(line)) for _, line in lines if not line.startswith("#"))
    width = next(others, len(_columns(lines[-1][1])))

    def is_comment(line: str) -> bool:
        if not line.startswith("#") or numbered or any(known.match(line) for known in _KNOWN):
            return line.startswith("#")
        columns = _columns(line)
        return line[1:2] in ("", " ", "\t") and not (len(columns) == width > 1 and tag_in(columns[-1]))

    return list(takewhile(is_comment, (line for _, line in lines)))


def _row(
    comments: Sequence[str], lines: Sequence[Line], ordinal: int, *, numbered: bool
) -> tuple[int, Mapping[str, Any] | RowProblem]:
    sentence = _Sentence(_said(_TEXT, comments), numbered=numbered)
    for number, line in lines:
        try:
            sentence.add(line)
        except RowProblem as problem:
            return number, problem
    try:
        text = sentence.whole()
    except RowProblem as problem:
        return lines[-1][0], problem
    named = _said(_SENT_ID, comments) or _said(_ID, comments) or str(ordinal)
    return lines[0][0], {"id": named, "text": text, "labels": sentence.spans}


def _said(pattern: re.Pattern[str], comments: Sequence[str]) -> str | None:
    found = next(filter(None, map(pattern.match, comments)), None)
    return found[1].strip() if found else None


class _Sentence:
    """Puts a sentence together, line by line.

    Args:
        said: the text that a comment gives. numbered: whether the first column is the number of the token.
    """

    def __init__(self, said: str | None, *, numbered: bool) -> None:
        self._said = said or None
        self._pieces = list[str]()  # of the text, where no comment gives it
        self._end = 0  # of the last token
        self._glued = True
        self._numbered = numbered
        self._width = 0
        self._word, self._word_to = (0, 0), 0  # where a word stands that is several tokens, and the number of the last
        self._places = list[tuple[int, int]]()
        self._tags = list[Tag]()

    @property
    def spans(self) -> list[dict[str, Any]]:
        """``{"label", "start", "end"}`` of each chunk."""
        return [
            {"label": label, "start": self._places[first][0], "end": self._places[last][1]}
            for label, first, last in chunks(self._tags)
        ]

    def whole(self) -> str:
        """The text. Raises RowProblem: the text that a comment gives goes on behind the last token."""
        if self._said is not None and (rest := self._said[self._end :].strip()):
            raise RowProblem(
                f"the sentence ends here, and '# text' goes on with {rest!r:.60}: expected a line for each word of it",
                code="gold-unreadable",
            )
        return "".join(self._pieces) if self._said is None else self._said

    def add(self, line: str) -> None:
        """Take the next line. Raises RowProblem: it is no token with a tag, or its token is not the text's next one."""
        columns = _columns(line)
        self._width = self._width or len(columns)
        if len(columns) == 1:
            raise RowProblem(
                f"one column, {columns[0]!r:.60}: expected a token and, in the last column, its tag",
                code="gold-unreadable",
            )
        if len(columns) != self._width:
            raise RowProblem(
                f"{len(columns)} columns ({line!r:.60}), where the sentence begins with {self._width}: expected as "
                "many in each line (tabs between them, where a token or a label holds a blank)",
                code="gold-unreadable",
            )
        index = _INDEX.fullmatch(columns.pop(0)) if self._numbered else None
        if index and not index[0].isdigit():
            self._add_word(index, columns)
            return
        tag = self._tag(columns)
        is_shared = index is not None and int(index[0]) <= self._word_to
        self._places.append(self._word if is_shared else self._placed(columns))
        self._tags.append(tag)

    def _add_word(self, index: re.Match[str], columns: Sequence[str]) -> None:
        """Take a word of the text that is several tokens (``3-4``); one that is only understood (``3.1``) is left."""
        if index[1]:
            self._word, self._word_to = self._placed(columns), int(index[1])

    @staticmethod
    def _tag(columns: Sequence[str]) -> Tag:
        """The tag in the last column; what has nothing or features (``SpaceAfter=No``) behind it is passed over."""
        last = len(columns) - 1
        while last > 0 and (columns[last] in _UNSET or ("=" in columns[last] and tag_in(columns[last]) is None)):
            last -= 1
        found = tag_in(columns[last]) if last > 0 else None
        if found is None:
            word = columns[last if last > 0 else -1]
            raise RowProblem(
                f"the last column of the token {columns[0]!r:.40} is {word!r:.60}, which is no IOB tag: expected "
                f"{EXPECTED}",
                code="gold-unreadable",
            )
        return found

    def _placed(self, columns: Sequence[str]) -> tuple[int, int]:
        """Where the token of a line stands in the text, to which it is added."""
        token = columns[0]
        if not token:
            raise RowProblem("no token in the first column: expected a token and its tag", code="gold-unreadable")
        if self._said is None:
            self._pieces += [token] if self._glued else [" ", token]
            start = self._end + (not self._glued)
            self._glued = any(_GLUED in column.split("|") for column in columns[1:])
        else:
            start = self._start_of(token, self._said)
        self._end = start + len(token)
        return start, self._end

    def _start_of(self, token: str, said: str) -> int:
        """Where the next token begins in a given text. Raises RowProblem: the text has another there."""
        start = self._end
        while said[start : start + 1].isspace():
            start += 1
        if not said.startswith(token, start):
            there = said[start : start + len(token)]
            raise RowProblem(
                f"the token {token!r:.60} is not what '# text' has next, {there!r:.60}: expected the same characters",
                code="gold-unreadable",
            )
        return start
