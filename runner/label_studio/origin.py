"""What a run read of Label Studio, as its files say: its ids are task numbers of that project only."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from runner.core.errors import DataError
from runner.core.files import atomic_write
from runner.core.items import Reading
from runner.label_studio.client import Studio, connect, refuse_truth_value, url_of
from runner.runs.bounded import json_in

FILE = "label_studio.json"


@dataclass(frozen=True)
class PinnedProject:
    """A project whatever its title is, on a server whatever the environment names: its address, and its number."""

    url: str
    project: int


def origin_of(studio: Studio, project: Any) -> PinnedProject:
    """The origin of what is read from ``project``, as the SDK gives it."""
    return PinnedProject(studio.url, int(project.id))


def read_origin(directory: Path) -> PinnedProject | None:
    """What ``write_origin`` left in a run directory, which may be a stranger's; None if it is not there.

    Raises:
        DataError: it is damaged.
    """
    path = directory / FILE
    try:
        content = json_in(path)
        url, project = content["url"], content["project"]
        if not isinstance(url, str) or type(project) is not int:
            raise TypeError("url must be an address, project a number")
        return PinnedProject(url, project)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise DataError(f"{path} is damaged ({error}): label again", code="damaged-file", key=str(path)) from error


def write_origin(directory: Path, origin: PinnedProject) -> None:
    """Keep it beside what was made of its tasks."""
    directory.mkdir(parents=True, exist_ok=True)
    atomic_write(directory / FILE, json.dumps(asdict(origin), indent=2) + "\n")


def at_origin(
    dataset: Mapping[str, Any], reading: Reading | None, directory: Path | None
) -> tuple[Mapping[str, Any], PinnedProject | None]:
    """A dataset, to be read from where it is now, or from where the run in ``directory`` has begun to read; and that.

    The title and the environment may name another project tomorrow, so both are taken down as address and number.
    It is None for what is not read from a server, and for a run that an older goldloop began.

    Args:
        reading: what the dataset reads of Label Studio; None where it is another.

    Raises:
        DataError: another server is named now. StudioError: the project is not there.
    """
    if reading is None or reading.exported:
        return dataset, None
    if directory is not None:
        origin = read_origin(directory)
        if origin is None:
            return dataset, None
        if url_of(reading.url) != origin.url:
            raise DataError(
                f"{directory} reads from {origin.url}, but studio.url or LABEL_STUDIO_URL names {url_of(reading.url)} "
                f"now: set LABEL_STUDIO_URL={origin.url}",
                code="other-server",
                key=origin.url,
            )
    else:
        refuse_truth_value(reading.project, "dataset.project")
        with connect(reading.url, str(dataset.get("token_env") or "LABEL_STUDIO_API_KEY")) as studio:
            origin = origin_of(studio, studio.project(reading.project))
    return {**dataset, "url": origin.url, "project": origin.project}, origin


def refuse_other_tasks(
    reading: Reading | None, studio: Studio, project: Any, origin: PinnedProject | None = None
) -> None:
    """Raise DataError unless the ids of what was read are the numbers of this project's tasks.

    Args:
        project: where predictions are to go, as the SDK gives it.
        origin: where the tasks were read; None if nobody kept that, so that the configuration must tell.
    """
    how = f"label with dataset=label_studio studio.project={project.id} (answers in the journal cost nothing)"
    if reading is None or reading.exported:
        raise DataError(
            f"the texts are not read from project {project.id}, whose tasks have other ids: {how}",
            code="not-of-project",
            key=str(project.id),
        )
    url = origin.url if origin else url_of(reading.url) if reading.url else studio.url
    if url != studio.url:
        raise DataError(
            f"the texts are those of a project at {url}, not at {studio.url}: give studio.url={url} if that is the "
            f"same server, else {how}",
            code="other-server",
            key=url,
        )
    same = str(reading.project) == str(project.id)
    there = origin.project if origin else project.id if same else studio.project(reading.project).id
    if there != project.id:
        raise DataError(
            f"the texts are those of project {there}, and not of project {project.id}: {how}",
            code="other-project",
            key=str(there),
        )
