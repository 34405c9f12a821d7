"""The label list: names in the user's order, what each means, and how text is matched to a name."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import InitVar, dataclass
from functools import cached_property
from typing import Annotated, Any

from pydantic import BeforeValidator, InstanceOf

from verifiers.name_index import NameIndex
from verifiers.spelling import SHORT, Form, difference, drawn, normalise, readable


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
        recorded: whether it was written down by an earlier version, which took names that look alike.

    Raises:
        ValueError: the list is empty, and no earlier version wrote it down.
        OddNames: a name is blank or has a line break; two names look the same, or differ only in what replies do not
            keep: case, spacing, quotes. Signs make a difference: ``-1`` and ``1``, ``A`` and ``A-``.
    """

    definitions: Mapping[str, str]
    recorded: InitVar[bool] = False

    def __post_init__(self, recorded: bool) -> None:
        if not (self.definitions or recorded):
            raise ValueError("the label list is empty")
        seen: dict[object, str] = {}
        for name, form in self._forms.items():
            if not form.core:
                raise OddNames(f"the label {name!r:.80} has nothing that can be seen", name)
            if len(name.splitlines()) > 1:
                raise OddNames(f"the label {name!r:.80} has a line break", name)
            twin = seen.setdefault(form, name)
            twin = twin if twin != name or recorded else seen.setdefault(drawn(name), name)
            if twin != name and not recorded:
                raise OddNames(f"the labels {twin!r} and {name!r} {difference(twin, name)}", twin, name)

    @cached_property
    def _forms(self) -> Mapping[str, Form]:
        return {name: Form.of(name) for name in self.definitions}

    @cached_property
    def _by_core(self) -> Mapping[str, Mapping[str, Form]]:
        """The names, with their forms, by what they are without signs."""
        found: dict[str, dict[str, Form]] = {}
        for name, form in self._forms.items():
            found.setdefault(form.core, {})[name] = form
        return found

    @cached_property
    def _by_letters(self) -> Mapping[str, str]:
        """The names of several words by their letters and digits alone, where no two have the same."""
        found: dict[str, str | None] = {}
        for name, form in self._forms.items():
            letters = "".join(filter(str.isalnum, form.core))
            found[letters] = None if letters in found else name
        return {letters: name for letters, name in found.items() if name and letters != self._forms[name].core}

    @cached_property
    def longest(self) -> int:
        """Characters beyond which no text spells a name, generously."""
        return 2 * max(map(len, self.definitions)) + 80

    @cached_property
    def most_commas(self) -> int:
        """Commas and the like in the name that has most of them."""
        return max(sum(map(name.count, ",;|，、；،")) for name in self.definitions)

    @cached_property
    def index(self) -> NameIndex:
        """Finds names within texts."""
        return NameIndex(self._forms)

    @classmethod
    def of(cls, names: Iterable[str]) -> "LabelSet":
        """A list without definitions."""
        return cls(dict.fromkeys(names, ""))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.definitions)

    def in_order(self, names: Iterable[str]) -> tuple[str, ...]:
        """``names`` of the list in its order, each once; others are left out."""
        ranks = self._ranks
        return tuple(sorted({name for name in names if name in ranks}, key=ranks.__getitem__))

    @cached_property
    def _ranks(self) -> Mapping[str, int]:
        return {name: rank for rank, name in enumerate(self.definitions)}

    def find(self, text: str) -> str | None:
        """The label that ``text`` spells, whatever its case, spacing and quotes; else None.

        A name as it stands on the list is that label. Signs that carry meaning are neither left out nor added: ``1``
        is not ``-1``. None too where several labels differ in a sign that ``text`` does not tell.
        """
        if text in self.definitions:
            return text
        if not text or text.isspace():
            return None
        core = normalise(text)
        alike = self._by_core.get(core or Form.of(text).core)
        if not alike:
            return None
        form = Form.of(text)
        same = [name for name, own in alike.items() if own == form]
        may = same or [name for name, own in alike.items() if form.may_spell(own)]
        return may[0] if len(may) == 1 else None

    def find_loosely(self, text: str) -> str | None:
        """The label of several words that ``text`` spells but for punctuation and spaces: ``Billing:refund``.

        None where ``text`` has commas that the name has not, or signs that carry meaning beside digits or at its edges.
        """
        letters = "".join(filter(str.isalnum, readable(text).casefold()))
        name = self._by_letters.get(letters) if len(letters) > SHORT else None
        if name is None or any(text.count(mark) > name.count(mark) for mark in ",;|\n，、；،"):
            return None
        form = Form.of(text)
        signs = (form.between, form.before.strip("([{"), form.after.strip(")]}"))
        own = self._forms[name]
        return name if signs == (own.between, own.before.strip("([{"), own.after.strip(")]}")) else None

    def named_in(self, text: str) -> set[str]:
        """The labels whose name stands in ``text``, in any case and spacing.

        A name counts as a whole word (where words are parted), and not as a part of a longer name.
        """
        return self.index.named_in(text)

    def __contains__(self, name: object) -> bool:
        return name in self.definitions

    def __iter__(self) -> Iterator[str]:
        return iter(self.definitions)

    def __len__(self) -> int:
        return len(self.definitions)


NO_NAMES = LabelSet({}, recorded=True)
"""Of answers that are not made of names."""


def _listed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return LabelSet({str(name): str(meaning or "") for name, meaning in value.items()})
    if isinstance(value, list | tuple):
        return LabelSet.of(map(str, value))
    return value


Vocabulary = Annotated[InstanceOf[LabelSet] | None, BeforeValidator(_listed)]
"""A list that a configuration gives: names, or a mapping from each to what it means; None where it gives none."""
