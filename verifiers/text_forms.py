"""Texts as they are compared: normalised, and as the words of SQuAD's F1. Pure."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from verifiers.spelling import EDGES, UNSPACED, readable

_EDGES = EDGES + "¿¡。，、；：！？…"
_ARTICLE = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = str.maketrans(dict.fromkeys("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"))  # string.punctuation
_TOKEN = re.compile(rf"[{UNSPACED}]|[^\s{UNSPACED}]++")


def plain_form(text: str) -> str:
    """The form in which two texts are equal: NFKC, case and runs of spaces folded, no punctuation at the edges."""
    folded = " ".join(readable(unicodedata.normalize("NFKC", text)).casefold().split())
    return folded.strip(_EDGES) or folded


def tokens(text: str) -> list[str]:
    """The words of a text as SQuAD compares them: lower case, without punctuation, without ``a``, ``an`` and ``the``.

    Equals the official ``normalize_answer(text).split()`` (Rajpurkar et al. 2016), but that a character of a script
    that parts no words is a word.
    """
    return _TOKEN.findall(_ARTICLE.sub(" ", text.lower().translate(_PUNCTUATION)))


def overlap(gold: Sequence[str], given: Sequence[str]) -> tuple[float, float, float]:
    """(hit, missing, wrong), each at most 1, of which F1 = 2·hit / (2·hit + missing + wrong) is that of the words.

    They are the words in common, those only in ``gold`` and those only in ``given``, over the longer one's number. If
    either has no words, F1 is 1 where both have none, else 0, as SQuAD's is.
    """
    if not gold or not given:
        same = float(not gold and not given)
        return same, 1 - same, 1 - same
    common, most = (Counter(gold) & Counter(given)).total(), max(len(gold), len(given))
    return common / most, (len(gold) - common) / most, (len(given) - common) / most


def holds(text: str, part: str) -> bool:
    """Whether ``part`` stands in ``text`` as whole words (where words are parted); both are ``plain_form``."""
    start = text.find(part)
    while part and start >= 0:
        end = start + len(part)
        if not (_is_within(text, start) or _is_within(text, end)):
            return True
        start = text.find(part, start + 1)
    return not part and not text


def _is_within(text: str, place: int) -> bool:
    """Whether a word goes on over a place."""
    return bool(_INSIDE.match(text[max(0, place - 1) : place + 1]))


_INSIDE = re.compile(rf"[^\W_{UNSPACED}]{{2}}")
