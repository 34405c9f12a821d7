"""verifier=text: an item has a text; gold may name several that are right."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from verifiers.labels import closed_object
from verifiers.one_value import NOTHING, one_value
from verifiers.reply_text import answer_text, json_in
from verifiers.text_forms import holds, overlap, plain_form, tokens
from verifiers.verdict import WHOLE, Match, Unusable, Words
from verifiers.verifier import Cells, Instructions, Json, Reading, Text

Texts = tuple[str, ...]

_CANNOT = r"(?:can(?:['’]?t|not| not)|unable|not able|won['’]t|must decline)"
_REFUSAL = re.compile(
    rf"as an ai\b|(?:i['’]m|i am) (?:sorry|afraid)\b[^\n]{{0,80}}\b{_CANNOT}\b|(?:i['’]m|i am) (?:unable|not able) to\b"
    rf"|i {_CANNOT} (?:to )?(?:assist|help|answer|comply|provide|do that|fulfil|determine|label|extract)\b",
    re.IGNORECASE,
)
_SHOWN = 200  # characters of a text in feedback


@dataclass(frozen=True)
class FreeText:
    """Answers that are one text. Gold is a tuple of texts, each of which is right; the first is the example.

    Args:
        match: what is right. ``exact``: the same text, whatever its case, spaces, form of Unicode and punctuation at
            its ends. ``tokens``: the F1 of the words in common, of the best of gold's texts (SQuAD). ``contains``: a
            text in which one of gold's stands as whole words; it pays to say much, so keep answers short.

    Raises:
        ValueError: another ``match``.
    """

    match: Literal["exact", "tokens", "contains"] = "exact"

    version: ClassVar[int] = 1
    cells: ClassVar[Cells] = "value"
    words: ClassVar[Words] = Words("text", "no text")

    def __post_init__(self) -> None:
        if self.match not in ("exact", "tokens", "contains"):
            raise ValueError(f"match must be exact, tokens or contains, not {self.match!r}")

    def gold(self, value: Json, item: Text) -> Texts:
        """A text, or a list of texts that are right; a whole number is its digits."""
        listed = value if isinstance(value, list | tuple) else [value]
        texts = [str(one) if isinstance(one, int) and not isinstance(one, bool) else one for one in listed]
        if not texts or not all(isinstance(text, str) and text.strip() for text in texts):
            raise ValueError(f"gold must be a text, or a list of texts that are right, found {value!r:.80}")
        return tuple(dict.fromkeys(text.strip() for text in texts))

    def read(self, reply: str, item: Text) -> Reading | Unusable:
        """All of the reply but what wraps it; of a text in JSON, or of a JSON object, the text that it holds."""
        bare = answer_text(reply)
        for text in (reply.strip(), bare):  # in JSON what wraps an answer elsewhere is a part of it
            if (value := _json(text)) is not None:
                return self.parse(value, item)
        if bare.startswith("{") and (within := json_in(bare)) is not None:
            return self.parse(within, item)
        return Unusable("refused") if _REFUSAL.match(bare) else self.parse(bare, item)

    def parse(self, value: Json, item: Text) -> Reading | Unusable:
        held = one_value(value, "text")
        if held is NOTHING:
            return Unusable("ambiguous" if value else "unreadable")
        text = str(held) if isinstance(held, int) and not isinstance(held, bool) else held
        if not isinstance(text, str):
            return Unusable("unreadable")
        return Reading(text.strip()) if text.strip() else Unusable("empty")

    def compare(self, gold: Texts, answer: str | None) -> Sequence[Match]:
        missed = Match(WHOLE, missing=1.0, where=_shown(gold[0]))
        if answer is None:
            return [missed]
        # Of equals the first.
        hit, missing, wrong, best = max((self._of_one(one, answer) for one in gold), key=_f1)
        if not (missing or wrong):
            return [Match(WHOLE, hit=1.0, where=_shown(answer))]
        given = Match(WHOLE, hit=hit, wrong=wrong, where=_shown(answer))
        return [given, Match(WHOLE, missing=missing, where=_shown(best))] if missing else [given]

    def _of_one(self, gold: str, answer: str) -> tuple[float, float, float, str]:
        """(hit, missing, wrong) against one of gold's texts, and that text."""
        if self.match == "tokens":
            return *overlap(tokens(gold), tokens(answer)), gold
        due, given = plain_form(gold), plain_form(answer)
        right = float(holds(given, due) if self.match == "contains" else due == given)
        return right, 1 - right, 1 - right, gold

    def example(self, gold: Texts) -> str:
        return gold[0]

    def dump(self, answer: str | None) -> Json:
        return answer

    def show(self, answer: str | None) -> Sequence[str]:
        """The text; one that would not be read back as it is, as one with line breaks, as JSON."""
        if answer is None:
            return []
        alone = len(answer.splitlines()) == 1 and self.read(answer, _NO_ITEM) == Reading(answer)
        return [answer if alone else _in_json(answer)]

    def instructions(self) -> Instructions:
        return Instructions(
            "Read the text and answer what is asked for.",
            answer="Answer with the text that is asked for only, without an explanation and without quotes around it.",
            reminder="the text that is asked for, and nothing else",
        )

    def schema(self, item: Text) -> dict[str, object]:
        """``{"text": "..."}``."""
        return closed_object("text", {"type": "string"})


@dataclass(frozen=True)
class _NoItem:
    text: str = ""


_NO_ITEM = _NoItem()


def _f1(counts: tuple[float, float, float, str]) -> float:
    hit, missing, wrong, _ = counts
    return 2 * hit / (2 * hit + missing + wrong)


def _json(text: str) -> object | None:
    """A text that is one JSON string, list or object, as that; else None."""
    if text[:1] + text[-1:] not in {'""', "[]", "{}"}:
        return None
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value


def _in_json(text: str) -> str:
    plain = json.dumps(text, ensure_ascii=False)
    whole = len(plain.splitlines()) == 1 and not any("\ud800" <= sign <= "\udfff" for sign in plain)
    return plain if whole else json.dumps(text)


def _shown(text: str) -> str:
    """A text in feedback: on one line, and not too long."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]} ..."
