"""Whether every part answers, from the server to the webhook. A line each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from runner.core.error_codes import Code
from runner.core.errors import GoldloopError
from runner.label_studio import task_filters as filtered
from runner.label_studio.backend_connection import Credentials, backend_state, backends, webhook_state
from runner.label_studio.client import Studio, api_errors, connect, expect
from runner.label_studio.gold_notes import how_to_mark
from runner.label_studio.interface import Interface
from runner.label_studio.interface_controls import Named
from runner.label_studio.interface_xml import read_interface
from runner.label_studio.renamed_labels import labels_state


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one part; ``problem`` says what to do, ``code`` names it; None and "" where all is well.

    Attributes:
        is_next: nothing is wrong: it is what comes next in a project that was only just made.
    """

    part: str
    words: str
    problem: str | None = None
    code: Code | Literal[""] = ""
    is_next: bool = False

    @classmethod
    def of(cls, part: str, error: GoldloopError) -> "Finding":
        """What is wrong with a part."""
        return cls(part, "", str(error), error.code)


def check(
    url: str | None,
    token_env: str,
    project: int | str | None,
    backend: str | None,
    credentials: Credentials,
    control: Named = None,
    *,
    annotations: bool = True,
) -> Iterator[Finding]:
    """Look at each part in turn; what depends on a part that does not answer is not looked at.

    Args:
        backend: its address; None looks at the one that Label Studio asks, if one is connected.
        annotations: whether to read what people chose, which takes seconds for a thousand tasks.
    """
    try:
        studio = connect(url, token_env)
    except GoldloopError as error:
        yield Finding.of("server", error)
        return
    with studio:
        server = _version(studio)
        yield server
        if server.problem is not None:
            return
        try:
            found = studio.project(project)
            yield Finding("project", f"{found.id} {found.title!r}")
        except GoldloopError as error:
            yield Finding.of("project", error)
            return
        yield from _interface(studio, found, control, annotations)
        yield _part_of_gold(studio, found, control)
        yield from _predictions(studio, found.id, str(found.model_version or ""))
        yield from _backend(studio, found.id, backend, credentials)


def _interface(studio: Studio, found: Any, control: Named, annotations: bool) -> Iterator[Finding]:
    try:
        interface = read_interface(found.label_config or "", control)
        areas = [name for name, area in (("prompt", interface.prompt), ("reply", interface.response)) if area]
        shown = ", ".join(one.field for one in interface.shown)
        has = f"areas for {' and '.join(areas)}" if areas else "no area for a prompt"
        yield Finding("interface", f"{_answered(interface)} on {shown}; {has}{_left_out(interface)}")
    except GoldloopError as error:
        yield Finding.of("interface", error)
        return
    if annotations:
        said = "the interface has all that people chose"
        yield _part("labels", said, lambda: labels_state(studio, found.id, interface))


def _answered(interface: Interface) -> str:
    """What goldloop answers, in words."""
    if not interface.has_labels:
        return interface.named
    return f"{'any number of' if interface.multiple else 'one of'} {len(interface.labels)} labels"


def _left_out(interface: Interface) -> str:
    """The controls that it does not answer, and why, in words."""
    words = "; ".join(f"{name} {why}" for name, why in interface.left_out.items())
    return f"; not answered: {words}" if words else ""


def _backend(studio: Studio, project: int, url: str | None, credentials: Credentials) -> Iterator[Finding]:
    try:
        url = url or next((str(one.url) for one in backends(studio, project)), None)
    except GoldloopError as error:
        yield Finding.of("backend", error)
        return
    if url is not None:
        yield _part("backend", f"{url} is connected", lambda: backend_state(studio, project, url))
        yield _part("webhook", f"{url} is told", lambda: webhook_state(studio, project, url, credentials))


def _part_of_gold(studio: Studio, found: Any, control: Named) -> Finding:
    """How many tasks there are, and how many of them somebody said to be right."""
    tasks, gold = found.task_number or 0, found.ground_truth_number or 0
    try:
        checked = read_interface(found.label_config or "", control).checked
        ticked = filtered.count(studio, found.id, filtered.ticked(checked)) if checked and tasks else 0
    except GoldloopError:
        checked, ticked = None, 0  # which is told of the interface
    return _tasks(tasks, gold, ticked, checked)


def _tasks(tasks: int, gold: int, ticked: int, checked: str | None) -> Finding:
    if not tasks:
        words = "the project has no tasks: goldloop studio studio.tasks=FILE imports some"
        return Finding("tasks", "", words, "tasks-missing", is_next=True)
    if not gold + ticked:
        words = (
            f"{tasks} tasks, and nobody said of any that its labels are right: {how_to_mark(checked)}, or take all "
            "that people labelled: dataset.gold=all"
        )
        return Finding("tasks", "", words, "gold-missing", is_next=True)
    box = f", the box ticked in {ticked}" if ticked else ""
    return Finding("tasks", f"{tasks}, {gold} of them marked as ground truth{box}")


def _predictions(studio: Studio, project: int, version: str) -> Iterator[Finding]:
    """Where there are predictions, but none of the version that Label Studio's dialogue offers."""
    try:
        predicted = filtered.count(studio, project, filtered.PREDICTED)
        if not predicted:
            return
        if version and filtered.count(studio, project, filtered.of_version(version)):
            yield Finding("predictions", f"{predicted} tasks have some; annotators see those of {version}")
            return
    except GoldloopError as error:
        yield Finding.of("predictions", error)
        return
    words = f"{predicted} tasks have some, but none is of {version!r}, with which Create Annotations From Predictions"
    yield Finding("predictions", "", f"{words} opens: choose another version in its list", is_next=True)


def _part(part: str, words: str, state: Callable[[], GoldloopError | None]) -> Finding:
    try:
        problem = state()
    except GoldloopError as error:
        problem = error
    return Finding(part, words) if problem is None else Finding.of(part, problem)


def _version(studio: Studio) -> Finding:
    try:
        with api_errors(studio, "asking for its version"):
            answer = studio.client.versions.get()
            expect(answer, release=str)
    except GoldloopError as error:
        return Finding.of("server", error)
    return Finding("server", f"Label Studio {answer.release} at {studio.url} takes the token in {studio.token_env}")
