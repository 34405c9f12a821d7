"""verifier=taxonomy: an item has one path through a tree of names, or any number of them."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Literal, Self

from verifiers.drafts import Draft, as_paths
from verifiers.label_set import LabelSet, Vocabulary
from verifiers.labels import closed_object
from verifiers.levels import level_figures, matches_of_ancestors
from verifiers.one_value import holds_json
from verifiers.path_reading import paths_in_json, paths_in_text
from verifiers.paths import Paths, in_tree, join
from verifiers.reader.refusals import is_refusal
from verifiers.reply_text import answer_text, json_in
from verifiers.verdict import Match, Unusable, Words
from verifiers.verifier import Cells, Instructions, Json, Reading, Text

Names = tuple[str, ...]


@dataclass(frozen=True)
class Taxonomy:
    """Answers that are paths, each written as its names with ``separator`` between them: ``banking > transfer``.

    Args:
        tree: name -> what is below it: a tree, a text that says what the name means, or null; lists are trees too.
            None: the paths of the label list, else those that occur in gold.
        multiple: whether an item may have any number of paths. optional: whether it may have none.
        match: what a path earns. ``exact``: all or nothing. ``ancestors``: the F1 of the names on the way to it
            (hierarchical F1, Kiritchenko et al. 2006): ``banking > balance`` for ``banking > transfer`` is half right.
        separator: between the names of a path; no name may hold it.
        inner: whether a path may end above a leaf of ``tree``.
        vocabulary: the paths as texts, or each with what it means; None for those of the data set.

    Raises:
        ValueError: another ``match``, or a separator that is blank or has a line break.
    """

    tree: Mapping[str, object] | Sequence[object] | None = None
    multiple: bool = False
    optional: bool = True
    match: Literal["exact", "ancestors"] = "exact"
    separator: str = " > "
    inner: bool = False
    vocabulary: Vocabulary = None

    version: ClassVar[int] = 1
    cells: ClassVar[Cells] = "value"
    words: ClassVar[Words] = Words("paths", "no path")

    def __post_init__(self) -> None:
        if self.match not in ("exact", "ancestors"):
            raise ValueError(f"match must be exact or ancestors, not {self.match!r}")
        if not self.separator.strip() or len(self.separator.splitlines()) > 1:
            raise ValueError(f"the separator {self.separator!r} has nothing to see, or a line break")

    @cached_property
    def _paths(self) -> Paths:
        if self.vocabulary is None:
            raise ValueError("the verifier has no paths")
        return Paths(self.vocabulary, self.separator)

    def bind(self, given: LabelSet | None, names: Sequence[str]) -> Self:
        """With the paths of ``tree``; else its own, else those of the ``given`` list; else ``names``.

        Raises:
            ValueError: a name is blank or holds the separator; two paths look alike; a list that is not the tree's.
        """
        given = self.vocabulary or given
        if self.tree is not None:
            paths = in_tree(self.tree, self.separator, inner=self.inner)
            if given is not None and set(given) != set(paths):
                raise ValueError("the label list has other paths than verifier.tree: give one of the two")
        else:
            paths = dict(given.definitions) if given is not None else dict.fromkeys(names, "")
        paths = {join(path.split(self.separator), self.separator): meaning for path, meaning in paths.items()}
        return replace(self, vocabulary=LabelSet(paths))

    @classmethod
    def drafted(cls, values: Sequence[Json]) -> Draft | None:
        """Paths."""
        return as_paths(values)

    def names(self, gold: Names) -> Names:
        return gold

    def gold(self, value: Json, item: Text) -> Names:
        """``["banking", "transfer"]``, its text, or a list of such lists or one text a line where there are several."""
        paths = tuple(dict.fromkeys(self._known(path) for path in _listed(value, self.separator)))
        if len(paths) > 1 and not self.multiple:
            raise ValueError(f"an item has one path, found {len(paths)}: for several set verifier.multiple=true")
        if not (paths or self.multiple or self.optional):
            raise ValueError("gold has no path: where that means that none applies, set verifier.optional=true")
        return paths

    def _known(self, path: Sequence[str]) -> str:
        text = join(path, self.separator)
        if self.vocabulary is None:
            return text
        found = self._paths.find(text)
        if found is None:
            above = any(listed.startswith(text + self.separator) for listed in self.vocabulary)
            why = "ends above a leaf: allow that with verifier.inner=true" if above else "is not in the taxonomy"
            raise ValueError(f"the gold path {text!r:.80} {why} ({len(self.vocabulary)} paths)")
        return found

    def read(self, reply: str, item: Text) -> Reading | Unusable:
        """A path a line, or JSON; the end of a path where only one path ends so."""
        text = answer_text(reply)
        if holds_json(text) and (value := json_in(text)) is not None:
            return self.parse(value, item)
        reading = paths_in_text(text, self._paths, one=not self.multiple)
        if isinstance(reading, Unusable):
            return Unusable("refused") if is_refusal(reply) else reading
        return self._as_many(*reading)

    def parse(self, value: Json, item: Text) -> Reading | Unusable:
        try:
            found = paths_in_json(value, self._paths)
        except RecursionError:  # nested deeper than any answer is
            found = None
        return Unusable("unreadable") if found is None else self._as_many(*found)

    def _as_many(self, found: Iterable[str], strange: Iterable[str]) -> Reading | Unusable:
        """What was read, if it is as many paths as there may be."""
        read = Reading(tuple(dict.fromkeys(found)), tuple(("out_of_list", words) for words in dict.fromkeys(strange)))
        given = len(read.answer) + len(read.unfit)
        if given > 1 and not self.multiple:
            return Unusable("several")
        return read if given or self.multiple or self.optional else Unusable("no_label")

    def compare(self, gold: Names, answer: Names | None) -> Sequence[Match]:
        due = self.vocabulary.in_order(gold) if self.vocabulary else gold
        if self.match == "ancestors":
            return matches_of_ancestors(due, answer or (), self.separator)
        given = [Match(path, hit=1.0) if path in due else Match(path, wrong=1.0) for path in answer or ()]
        return [*given, *(Match(path, missing=1.0) for path in due if path not in (answer or ()))]

    def example(self, gold: Names) -> Names:
        return gold

    def path(self, key: str) -> Sequence[str]:
        """The names of a path."""
        return key.split(self.separator) if self.vocabulary is not None and key in self.vocabulary else ()

    def answer_of(self, keys: Sequence[str]) -> Names:
        return tuple(keys)

    def dump(self, answer: Names) -> Json:
        """A list of names; where there may be several, a list of such lists. Nothing is an empty list."""
        paths = [path.split(self.separator) for path in answer]
        return paths if self.multiple else paths[0] if paths else []

    def show(self, answer: Names) -> Sequence[str]:
        """A path a line."""
        return list(answer)

    def instructions(self) -> Instructions:
        what = (
            "all paths of the list that apply to it" if self.multiple else "the one path of the list that fits it best"
        )
        lines = "one path a line" if self.multiple else "one line"
        none = ' If none of them applies, answer "none".' if self.multiple or self.optional else ""
        # Of names alone it is not said: small models then write the sign for ever.
        deep = any(self.separator in path for path in self._paths.listed)
        spelt = f', with "{self.separator}" between the names' if deep else ""
        return Instructions(
            f"Read the text and choose {what}.",
            self._paths.listed.definitions,
            heading="Paths:",
            answer=f"Answer with {lines}, written as in the list{spelt}.{none}",
            reminder=f"{'any number' if self.multiple else 'one'} of these paths, {lines}, and nothing else",
        )

    def schema(self, item: Text) -> dict[str, object]:
        """``{"path": "banking > transfer"}``, with null where there may be none; or ``{"paths": [...]}``."""
        listed: list[str | None] = list(self._paths.listed)
        if self.multiple:
            return closed_object("paths", {"type": "array", "items": {"type": "string", "enum": listed}})
        if self.optional:
            return closed_object("path", {"type": ["string", "null"], "enum": [*listed, None]})
        return closed_object("path", {"type": "string", "enum": listed})

    def in_json(self, answer: Names) -> Json:
        """The path as the schema has it, null for none; a list of paths where there may be several."""
        return list(answer) if self.multiple else answer[0] if answer else None

    def value_schema(self, item: Text) -> dict[str, object]:
        """The schema of such a value."""
        ((_, kind),) = self.schema(item)["properties"].items()  # type: ignore[attr-defined]
        return dict(kind)

    def constants(self, golds: Sequence[Names]) -> Sequence[Names]:
        """Each path that occurs, the most frequent first; where there may be none, none; the first two, three ..."""
        by_count = [path for path, _ in Counter(path for gold in golds for path in gold).most_common()]
        answers: list[Names] = [(path,) for path in by_count]
        if self.multiple or self.optional or not answers:
            answers.append(())
        return answers + [tuple(by_count[:size]) for size in range(2, len(by_count) + 1) if self.multiple]

    def figures(self, pairs: Sequence[tuple[Names, Names | None]]) -> Mapping[str, float]:
        """Accuracy and F1 of each level of the tree: ``level_figures``."""
        return level_figures(pairs, self.separator)


def _listed(value: Json, separator: str) -> list[list[str]]:
    """The paths that a cell of gold holds. Raises ValueError: it holds something else."""
    if isinstance(value, str):
        lines = [line for line in value.splitlines() if line.strip()]
        return [re.split(re.escape(separator), line.strip()) for line in lines]
    if isinstance(value, list | tuple) and all(isinstance(name, str) for name in value):
        return [list(value)] if value else []
    if isinstance(value, list | tuple) and all(isinstance(path, str | list | tuple) for path in value):
        return [path for one in value for path in _listed(one, separator)]
    raise ValueError(f"gold must be a path such as ['banking', 'transfer'] or a list of paths, found {value!r:.80}")
