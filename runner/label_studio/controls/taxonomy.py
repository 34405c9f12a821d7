"""The Taxonomy control, and Choices within choices (allowNested): paths through a tree of names. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from lxml import etree

from runner.core.errors import DataError
from runner.datasets.row_problem import RowProblem
from runner.label_studio.controls import Region, region, values
from runner.label_studio.controls.names import belongs_to, element, listed_by, meaning_of, name_of, unlisted
from runner.label_studio.text_places import Places
from verifiers.label_set import LabelSet
from verifiers.verifier import Verifier

_SEPARATORS = (" > ", " / ", " | ", " >> ", " :: ")

Path = tuple[str, ...]


@dataclass(frozen=True)
class Taxonomy:
    """The control.

    Attributes:
        kind: the key of its values: ``taxonomy``, or ``choices`` for Choices within choices.
        multiple: whether a task may have any number of paths.
        labels: the paths, their names joined by ``separator``, with the hints of their last names.
        paths: the same in pieces. written: each as results hold it.
    """

    name: str
    to_name: str
    kind: str
    multiple: bool
    labels: LabelSet
    separator: str
    written: Mapping[Path, Sequence[str]] = field(default_factory=dict)

    tags: ClassVar[Sequence[str]] = ("Taxonomy",)

    @classmethod
    def of(cls, tag: etree._Element) -> "Taxonomy":
        """The control of a tag. Raises DataError: it lists no choices, or some that cannot be told apart."""
        name, to_name = belongs_to(tag)
        nodes = {tuple(step.strip() for step in path): (path, meaning) for path, meaning in _nodes(tag, ())}
        if not nodes:
            raise unlisted(tag, "Choice")
        if tag.get("leafsOnly", "").strip().lower() == "true":
            nodes = {path: kept for path, kept in nodes.items() if not any(_within(other, path) for other in nodes)}
        free = [mark for mark in _SEPARATORS if not any(mark in step for path in nodes for step in path)]
        try:
            if not free:
                raise ValueError(f"its names hold all of {', '.join(map(repr, _SEPARATORS))}, so none can part a path")
            labels = LabelSet({free[0].join(path): meaning for path, (_, meaning) in nodes.items()})
        except ValueError as error:
            raise DataError(f"the labelling interface: {name}: {error}", code="bad-label-list", key=name) from error
        nested = tag.tag == "Choices"
        many = tag.get("choice", "").startswith("multiple") if nested else tag.get("maxUsages") != "1"
        written = {path: held for path, (held, _) in nodes.items()}
        return cls(name, to_name, "choices" if nested else "taxonomy", many, labels, free[0], written)

    @classmethod
    def answering(cls, verifier: Verifier, name: str, to_name: str) -> "Taxonomy | None":
        from verifiers.taxonomy import Taxonomy as Tree

        if not isinstance(verifier, Tree):
            return None
        if verifier.tree is None and not verifier.vocabulary:
            raise ValueError("it has no paths: write its tree, tree: {banking: {transfer: moves money}}")
        tree = verifier.bind(None, ())
        return cls(name, to_name, "taxonomy", tree.multiple, listed_by(tree), tree.separator)

    @property
    def unsendable(self) -> str | None:
        """Why Label Studio takes no predictions for it; None if it does."""
        words = "has choices within choices (allowNested), for which Label Studio refuses predictions"
        return f"{words}: use a Taxonomy" if self.kind == "choices" else None

    @property
    def nothing(self) -> list[list[str]] | None:
        return [] if self.multiple else None

    def read(self, result: Sequence[Region], text: Places) -> list[list[str]] | None:
        """The paths that a result chose, in the interface's order; None if it chose none.

        Raises:
            RowProblem: a path that the interface does not have.
        """
        lists = values(result, self.name, self.kind)
        chosen = [_path(held) for held_list in lists if isinstance(held_list, list) for held in held_list]
        strange = next((path for path in chosen if path not in self.written), None)
        if strange is not None:
            raise RowProblem(
                f"the choice {self.separator.join(strange)!r} is not in the labelling interface ({self.name}): if it "
                f'was renamed, give its Choice alias="{strange[-1] if strange else ""}"',
                code="label-unknown",
            )
        return [list(path) for path in self.written if path in chosen] or None

    def write(self, answer: Any, text: Places) -> list[dict[str, Any]]:
        """The region with these paths; without any it shows none."""
        paths = [answer] if answer and isinstance(answer[0], str) else answer or ()
        held = [list(self.written.get(tuple(path), path)) for path in paths]
        return [region(self.name, self.to_name, self.kind, {self.kind: held})]

    def verifier(self) -> Verifier:
        from verifiers.taxonomy import Taxonomy as Tree

        tree = Tree(separator=self.separator, multiple=self.multiple, optional=self.multiple)
        bound: Verifier = tree.bind(self.labels, ())
        return bound

    def xml(self, vocabulary: LabelSet | None = None) -> etree._Element:
        tag = element("Taxonomy", self.name, self.to_name, **({} if self.multiple else {"maxUsages": "1"}))
        made: dict[Path, etree._Element] = {(): tag}
        listed = (vocabulary or self.labels).definitions.items()
        paths = {tuple(joined.split(self.separator)): meaning for joined, meaning in listed}
        for path, meaning in paths.items():
            for depth, step in enumerate(path):
                if path[: depth + 1] not in made:
                    made[path[: depth + 1]] = etree.SubElement(made[path[:depth]], "Choice", value=step)
            if meaning:
                made[path].set("hint", meaning)
        above = made.keys() - paths.keys() - {()}
        if above and not any(_within(other, path) for path in paths for other in paths):
            tag.set("leafsOnly", "true")
        return tag


def _nodes(tag: etree._Element, above: Path) -> Iterator[tuple[Path, str]]:
    """The paths below a tag as results hold them, each with its meaning; a View between them is no step."""
    for child in tag:
        if child.tag == "Choice" and name_of(child).strip():
            path = (*above, name_of(child))
            yield path, meaning_of(child)
            yield from _nodes(child, path)
        elif isinstance(child.tag, str) and child.tag != "Choice":
            yield from _nodes(child, above)


def _within(path: Path, other: Path) -> bool:
    """Whether a path goes on from another."""
    return len(path) > len(other) and path[: len(other)] == other


def _path(held: Any) -> Path:
    """A path as a result holds it; one name alone is one too."""
    return tuple(str(step).strip() for step in (held if isinstance(held, list) else [held]))
