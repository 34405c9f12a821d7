"""The label list: names in the user's order, what each means, and how text is matched to a name."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

_SEPARATORS = re.compile(r"[\s_\-–/]+")
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
"""Scripts that part no words, as Thai, Lao, Burmese, Khmer, kana and Han, for a class of a regular expression."""
EDGES = " \t\r\n\"'`*.,;:!?()[]{}<>“”‘’«»•"
LETTER = rf"[^\W{UNSPACED}]"
"""A character of a word, in scripts that part words."""


def normalise(text: str) -> str:
    """The form in which two spellings of a label are equal.

    Unicode is folded (NFKC), case is folded, runs of spaces, underscores, hyphens and slashes
    become one space, and punctuation at the edges goes: ``"**refund-request**"`` and
    ``Refund_Request`` are equal.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    while True:
        stripped = _SEPARATORS.sub(" ", folded.strip(EDGES))
        if stripped == folded:
            return folded
        folded = stripped


@cache
def _any_of(forms: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?<!{LETTER})(?:{'|'.join(map(re.escape, forms))})(?!{LETTER})")


class OddNames(ValueError):
    """Names that cannot stand on a label list."""

    def __init__(self, words: str, *names: str) -> None:
        super().__init__(words)
        self.names = names


@dataclass(frozen=True)
class LabelSet:
    """The labels a prediction may use.

    Args:
        definitions: label name -> what it means (``""`` where nobody said). The order is kept.

    Raises:
        ValueError: the list is empty.
        OddNames: a name is blank or has a line break, or two names differ only in case or spacing.
    """

    definitions: Mapping[str, str]

    def __post_init__(self) -> None:
        if not self.definitions:
            raise ValueError("the label list is empty")
        by_form: dict[str, str] = {}
        for name in self.definitions:
            form = normalise(name)
            if not form:
                raise OddNames(f"the label {name!r:.80} has no letters or digits", name)
            if len(name.splitlines()) > 1:
                raise OddNames(f"the label {name!r:.80} has a line break", name)
            if form in by_form:
                words = f"the labels {by_form[form]!r} and {name!r} differ only in case or spacing"
                raise OddNames(words, by_form[form], name)
            by_form[form] = name

    @cached_property
    def _by_form(self) -> Mapping[str, str]:
        """Each name by the form in which it is looked up."""
        return {normalise(name): name for name in self.definitions}

    @classmethod
    def of(cls, names: Iterable[str]) -> "LabelSet":
        """A list without definitions."""
        return cls(dict.fromkeys(names, ""))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.definitions)

    def find(self, text: str) -> str | None:
        """The label that ``text`` spells, whatever its case, spacing and quotes; else None."""
        return self._by_form.get(normalise(text))

    def named_in(self, text: str) -> set[str]:
        """The labels whose name stands in ``text``, in any case and spacing.

        A name counts as a whole word (where words are parted), and not as a part of a longer name.
        """
        forms = sorted(self._by_form, key=len, reverse=True)  # of several that begin at one place the longest counts
        return {self._by_form[found] for found in _any_of(tuple(forms)).findall(normalise(text))}

    def __contains__(self, name: object) -> bool:
        return name in self.definitions

    def __iter__(self) -> Iterator[str]:
        return iter(self.definitions)

    def __len__(self) -> int:
        return len(self.definitions)
