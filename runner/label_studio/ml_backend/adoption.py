"""A prompt that a training found is adopted: by its verdict, or because a person chose it on the training's page."""

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

from runner.label_studio.ml_backend.projects import ADOPTED, Chosen, Project, Projects, Renewal, now
from runner.label_studio.ml_backend.renewing import Renewals
from runner.label_studio.ml_backend.request_body import Refused
from runner.label_studio.ml_backend.served_prompt import Serving, verdict_of
from runner.label_studio.ml_backend.training_progress import proved
from runner.runs.reader import read_run
from runner.runs.run_files import result_of

USED, KEPT = "served, chosen by a person", "not served, by a person's choice"
"""What came of a training, where a person decided on its page."""

UNSERVED = "not served"
"""What came of a training whose prompt is not served; where it could not be, a colon and the reason follow."""

_log = logging.getLogger(__name__)


async def adoption(serving: Serving, project: Project, prompt: str, run: Path, verdict: str) -> dict[str, Any]:
    """What changes of a project when the prompt of a run is adopted; its predictions are renewed then.

    Raises:
        GoldloopError: the prompt cannot be read. Refused: the project's interface cannot, as it is configured now.
    """
    adopted = Chosen(prompt, now(), ADOPTED, str(run), verdict)
    await serving.would_serve(project, adopted)
    shown = project.renewal.shown_version if project.renewal else ""
    return {"adopted": adopted, "renewal": Renewal("", shown_version=shown)}


class PersonsChoice:
    """What a person chooses after a training whose prompt is not served."""

    def __init__(self, projects: Projects, serving: Serving, renewals: Renewals) -> None:
        self._projects = projects
        self._serving = serving
        self._renewals = renewals

    async def use(self, name: str) -> None:
        """Serve the best prompt of the training that ended last, whatever was decided of it.

        Raises:
            Refused: there is none, it is the one that it began with, or the project's interface cannot be used.
            GoldloopError: it cannot be read.
        """
        project = self._projects.get(name)
        training = project.training
        result = result_of(Path(training.run)) if training and training.status == "finished" else None
        if training is None or result is None or not proved(result):
            raise Refused("there is no prompt of a training to use", code="nothing-to-use", key=name)
        best, verdict = read_run(Path(training.run)).prompt("best"), verdict_of(result)
        changes = await adoption(self._serving, project, best, Path(training.run), verdict)
        project = await self._projects.change(name, training=replace(training, words=USED), **changes)
        await self._serving.now(project)
        _log.info("project %s: the prompt of %s was chosen on the page, and is served", name, training.run)
        self._renewals.follow(name)

    async def keep(self, name: str) -> None:
        """Keep the prompt in use after a training whose best prompt is not served.

        Raises:
            Refused: no training has ended, or its prompt was served already.
        """
        project = self._projects.get(name)
        training = project.training
        if training is None or training.status != "finished":
            raise Refused("there is no training that has ended", code="nothing-to-use", key=name)
        if project.adopted is not None and project.adopted.run == training.run:
            words = "the prompt of this training was served already; another is served once it is submitted"
            raise Refused(words, code="nothing-to-use", key=name)
        await self._projects.change(name, training=replace(training, words=KEPT))
        _log.info("project %s: the prompt in use was kept on the page", name)
