"""Annotations marked as ground truth through the API, which the Community edition has no button for.

Named is what somebody has gone through: a tab, some tasks, or an annotator's work. Of tasks that were gone through all
count, those too in which the model was right and nothing was changed: else gold would be the model's mistakes.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from runner.core.errors import ConfigError, DataError, StudioError
from runner.datasets.annotation_origin import Origin, origin_of
from runner.label_studio import task_filters as filtered
from runner.label_studio.client import Studio, api_errors, expect, listed
from runner.label_studio.dataset import plain_task
from runner.label_studio.tasks import Task, annotator, sound_annotations

_PAGE = 200
_PEOPLE: frozenset[Origin] = frozenset({"marked", "checked", "own", "submitted"})
_MOST = 1000  # tasks named one by one


@dataclass
class Marked:
    """What became of the tasks that were named.

    Attributes:
        by: annotations that are marked now, by how they came about. there: tasks that had one before.
        without: tasks without an annotation. corrected: an annotator's that are no gold, since only corrections of the
            model were saved.
    """

    by: Counter[Origin] = field(default_factory=Counter)
    there: int = 0
    without: int = 0
    corrected: int = 0

    def __str__(self) -> str:
        kinds = {
            "as the model had them": self.by["machine"],
            "the model's, corrected": self.by["corrected"],
            "by people": self.by["own"] + self.by["submitted"] + self.by["checked"],
        }
        how = ", ".join(f"{count} {words}" for words, count in kinds.items() if count)
        total = self.by.total()
        parts = [f"{total} task{'' if total == 1 else 's'} marked as gold{f' ({how})' if how else ''}"]
        if self.there:
            parts.append(f"{self.there} were")
        if self.without:
            parts.append(f"{self.without} without an annotation are left out: open them and press Submit")
        if self.corrected:
            parts.append(
                f"{self.corrected} are left out that were made of the model's answers and then changed, since nothing "
                "tells which of its right ones were looked at: name a tab of all that were gone through, gold=TAB"
            )
        return "; ".join(parts)


def mark_gold(studio: Studio, project: int, named: str | int | Sequence[int], checked: str | None) -> Marked:
    """Mark an annotation of each task that is named.

    Args:
        named: a tab's title, tasks by their numbers (``[3, 7]``, ``3-40``), or an annotator by e-mail; with ``tab:``,
            ``tasks:`` or ``annotator:`` before it where that is not plain.
        checked: the control that is ticked by who has checked the labels.

    Raises:
        ConfigError, StudioError: there is no such tab, task or annotator. DataError: only answers that the model got
            wrong would be marked. Nothing is marked then.
    """
    kind, what = _kind(studio, project, named)
    if kind == "annotator":
        who = _user(studio, what)
        return _sent(studio, *_by(who, _all(studio, project), checked))
    tasks = _in_tab(studio, project, what) if kind == "tab" else _numbered(studio, project, what)
    return _sent(studio, *_gone_through(tasks, checked, str(named)))


def _gone_through(tasks: Iterable[Task], checked: str | None, named: str) -> tuple[Marked, list[int]]:
    """All tasks count, also those whose newest annotation a model made."""
    found, chosen, confirmed = Marked(), dict[object, int](), 0
    for task in tasks:
        made = [(entry, origin_of(entry, checked)) for entry in sound_annotations(task)]
        made = [(entry, origin) for entry, origin in made if origin != "skipped"]
        marked = [entry for entry, origin in made if origin == "marked"]
        if task["id"] in chosen:  # two ranges have it
            continue
        if marked:
            found.there += 1
            confirmed += any(entry.get("parent_prediction") is not None for entry in marked)
        elif not made:
            found.without += 1
        else:
            people = [pair for pair in made if pair[1] != "machine"]
            entry, origin = max(people or made, key=_touched)
            chosen[task["id"]] = int(entry["id"])
            found.by[origin] += 1
    # What was submitted under an answer proves nothing: beside corrections it needs answers that were right.
    if found.by["corrected"] and not found.by["machine"] + found.by["checked"] + confirmed:
        raise DataError(
            f"gold={named}: all {found.by['corrected']} annotations there that were made of the model's answers were "
            "changed, so it looks as if only those were kept that it got wrong, and gold must not depend on that: name "
            "a tab with the right ones too",
            code="gold-unfit",
            key=named,
        )
    return found, list(chosen.values())


def _by(who: str, tasks: Iterable[Task], checked: str | None) -> tuple[Marked, list[int]]:
    """An annotator's own work counts: what they saved whether or not the model was right."""
    found, chosen = Marked(), list[int]()
    for task in tasks:
        own = [(entry, origin_of(entry, checked)) for entry in sound_annotations(task) if _whose(entry) == who]
        kept = [pair for pair in own if pair[1] in _PEOPLE]
        if any(origin == "marked" for _, origin in kept):
            found.there += 1
        elif kept:
            entry, origin = max(kept, key=_touched)
            chosen.append(int(entry["id"]))
            found.by[origin] += 1
        else:
            found.corrected += any(origin == "corrected" for _, origin in own)
    return found, chosen


def _whose(annotation: Task) -> str | None:
    """Who labelled: of an annotation that was made of a prediction not who made it, but who saved it."""
    saved = annotation.get("updated_by")
    of_model = annotation.get("parent_prediction") is not None and annotation.get("lead_time") is not None
    return str(saved) if of_model and isinstance(saved, int) else annotator(annotation)


def _sent(studio: Studio, found: Marked, annotations: Sequence[int]) -> Marked:
    for number in annotations:
        with api_errors(studio, "marking an annotation as ground truth"):
            answer = studio.client.annotations.update(id=number, ground_truth=True)
            expect(answer, ground_truth=bool)
    return found


def _touched(pair: tuple[Task, Origin]) -> str:
    return str(pair[0].get("updated_at") or pair[0].get("created_at") or "")


def _kind(studio: Studio, project: int, named: str | int | Sequence[int]) -> tuple[str, Any]:
    """(tab, annotator or tasks, which)."""
    if not isinstance(named, str):
        return "tasks", [(number, number) for number in ([named] if isinstance(named, int) else named)]
    kind, colon, rest = named.partition(":")
    if not colon or kind not in {"tab", "annotator", "tasks"}:
        numbers = all(mark in "0123456789,- " for mark in named)
        kind, rest = ("annotator" if "@" in named else "tasks" if numbers else "tab"), named
        kind = "tab" if named in dict(_tabs(studio, project)) else kind
    return kind, _ranges(rest) if kind == "tasks" else rest


def _ranges(words: str) -> list[tuple[int, int]]:
    """First and last number of each part of ``3,7,12-40``."""
    try:
        ends = [[int(end) for end in part.split("-")] for part in words.split(",")]
        if any(len(pair) > 2 or pair[0] > pair[-1] for pair in ends):
            raise ValueError(words)
    except ValueError:
        raise ConfigError(
            f"gold={words}: numbers of tasks are written 3-40, or [3,7,12]", code="bad-value", key="gold"
        ) from None
    return [(pair[0], pair[-1]) for pair in ends]


def _tabs(studio: Studio, project: int) -> list[tuple[str, int]]:
    with api_errors(studio, "listing tabs"):
        views = listed(studio.client.views.list(project=project))
        return [(str(view.data.get("title")), int(view.id)) for view in views if isinstance(view.data, Mapping)]


def _in_tab(studio: Studio, project: int, title: str) -> Iterator[Task]:
    tabs = _tabs(studio, project)
    found = [number for name, number in tabs if name == title]
    if len(found) != 1:
        there = ", ".join(repr(name) for name, _ in tabs) or "none"
        which = "several tabs with this title: give one of them another" if found else f"no such tab (there is {there})"
        raise StudioError(f"gold={title}: project {project} has {which}", code="tab-unknown", key=title)
    with api_errors(studio, "reading the tab"):
        pages = studio.client.tasks.list(project=project, view=found[0], fields="all", page_size=_PAGE)
        yield from map(plain_task, listed(pages))


def _numbered(studio: Studio, project: int, ranges: Sequence[tuple[int, int]]) -> Iterator[Task]:
    """The tasks with these numbers. Raises StudioError where one that was named alone is not there."""
    if len(ranges) > _MOST:
        raise ConfigError(
            f"gold: {len(ranges)} tasks are named one by one, {_MOST} can be: make a tab of them, gold=TAB",
            code="bad-value",
            key="gold",
        )
    whole = [filtered.read(studio, project, filtered.numbered(*ends), page=_PAGE, fields="all") for ends in ranges]
    for (first, last), read in zip(ranges, whole, strict=True):
        found = [plain_task(task) for task in read]
        if not found and first == last:
            raise StudioError(f"gold: project {project} has no task {first}", code="task-unknown", key=str(first))
        yield from found


def _all(studio: Studio, project: int) -> Iterator[Task]:
    return map(plain_task, filtered.read(studio, project, page=_PAGE, fields="all"))


def _user(studio: Studio, email: str) -> str:
    with api_errors(studio, "listing users"):
        users = {str(user.email): str(user.id) for user in listed(studio.client.users.list())}
    if email not in users:
        there = ", ".join(users) or "nobody"
        raise StudioError(
            f"gold={email}: {studio.url} has no such user (there is {there})", code="user-unknown", key=email
        )
    return users[email]
