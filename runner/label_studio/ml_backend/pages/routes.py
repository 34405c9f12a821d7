"""The pages over HTTP, and what their buttons do. Every handler answers in HTML."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs

from aiohttp import web

from runner.core.errors import GoldloopError
from runner.core.secrets import redact
from runner.label_studio.ml_backend.adoption import PersonsChoice
from runner.label_studio.ml_backend.arriving import Arriving, TooLarge
from runner.label_studio.ml_backend.model import Model
from runner.label_studio.ml_backend.pages.guard import FormTokens, is_form, same_origin
from runner.label_studio.ml_backend.pages.project_view import REPORT, project_view
from runner.label_studio.ml_backend.pages.render import headers, render, report_headers
from runner.label_studio.ml_backend.projects import Project, Projects, project_id
from runner.label_studio.ml_backend.refusal_log import RefusalLog
from runner.label_studio.ml_backend.renewing import Renewals
from runner.label_studio.ml_backend.request_body import Refused
from runner.label_studio.ml_backend.served_prompt import Serving
from runner.runs.run_files import inside

REFRESH = 5  # seconds between two looks at what goes on
_LARGEST = 4096  # bytes of a form
_STATUS = {
    "page-refused": HTTPStatus.FORBIDDEN,
    "nothing-to-use": HTTPStatus.CONFLICT,
    "too-large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "bad-request": HTTPStatus.BAD_REQUEST,
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Pages:
    """The pages of all projects."""

    def __init__(
        self,
        projects: Projects,
        serving: Serving,
        model: Model,
        renewals: Renewals,
        choice: PersonsChoice,
        log: RefusalLog,
    ) -> None:
        self._projects = projects
        self._serving = serving
        self._model = model
        self._renewals = renewals
        self._choice = choice
        self._log = log
        self._tokens = FormTokens()
        self._arriving = Arriving(_LARGEST)

    def routes(self) -> list[web.RouteDef]:
        """What is answered below ``/projects/``."""
        return [
            web.get("/projects/{id}", self._told(self.project)),
            web.get("/projects/{id}/report", self._told(self.report)),
            web.post("/projects/{id}/{action:use|keep|renew}", self._told(self.press)),
        ]

    async def index(self, request: web.Request) -> web.StreamResponse:
        """The page of all projects."""
        views = [
            await asyncio.to_thread(project_view, one, *(await self._serving.known(one)))
            for one in self._projects.all()
        ]
        views.sort(key=lambda one: int(one.id))
        return self._page("index", projects=views, refresh=REFRESH if any(one.live for one in views) else 0)

    async def project(self, request: web.Request) -> web.StreamResponse:
        """The page of one project."""
        project = self._named(request)
        view = await asyncio.to_thread(project_view, project, *(await self._serving.known(project)))
        tokens = {action: self._token(project, action) for action in ("use", "keep", "renew")}
        renews = self._renewals.renews
        return self._page("project", project=view, tokens=tokens, renews=renews, refresh=REFRESH if view.live else 0)

    async def report(self, request: web.Request) -> web.StreamResponse:
        """The report of the last training; its path is the project's own record, and no link out of its directory."""
        training = self._named(request).training
        path = inside(Path(training.run), REPORT) if training else None
        if path is None or not path.is_file():
            raise Refused("there is no report of a training", code="file-missing", key=REPORT)
        return web.FileResponse(path, headers=report_headers())

    async def press(self, request: web.Request) -> web.StreamResponse:
        """A button was pressed; the page of the project follows."""
        if not same_origin(request.headers) or not is_form(request.headers):
            raise Refused("only the buttons of this server's own pages are answered", code="page-refused", key="Origin")
        project, action = self._named(request), request.match_info["action"]
        given = await self._given(request)
        if not self._tokens.fits(given, *self._what(project, action)):
            words = "the page is older than the server's start or than the last training: open it again"
            raise Refused(words, code="page-refused", key="token")
        if action == "use":
            await self._choice.use(project.id)
        elif action == "keep":
            await self._choice.keep(project.id)
        else:
            self._renewals.follow(project.id, again=True)
        return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": f"../{project.id}", **headers()})

    async def _given(self, request: web.Request) -> str:
        """The token that a form gives; empty where there is none."""
        try:
            async with self._arriving.body(request.content.iter_any()) as content:
                return parse_qs(content.decode("ascii", "replace"), max_num_fields=5).get("token", [""])[0]
        except TooLarge:
            words = f"the form is larger than the {_LARGEST} bytes that a button of these pages sends"
            raise Refused(words, code="too-large", key="token") from None
        except ValueError:
            raise Refused("the form has more fields than a button sends", code="bad-request", key="form") from None

    def refused(self, request: web.Request, status: HTTPStatus, words: str) -> web.StreamResponse:
        """The page that says why a browser gets nothing else."""
        opened = request.method == "GET"
        back = "/" if opened else f"../{request.match_info.get('id', '')}"
        heading = "Not found" if opened else "Not done"
        return self._page("message", status, words=redact(words), heading=heading, back=back, refresh=0)

    def _told(self, handler: Handler) -> Handler:
        """A handler whose refusals are pages too."""

        async def answered(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except (Refused, GoldloopError) as error:
                status = _STATUS.get(error.code, HTTPStatus.NOT_FOUND)
                resource = request.match_info.route.resource
                told = Refused(str(error), code=error.code, key=error.key)
                self._log.add(request.method, resource.canonical if resource else "other", status, told)
                return self.refused(request, status, str(error))

        return answered

    def _page(self, template: str, status: HTTPStatus = HTTPStatus.OK, **values: object) -> web.Response:
        text = render(template, model=self._model.name, problem=redact(self._model.away or ""), **values)
        return web.Response(text=text, content_type="text/html", charset="utf-8", status=status, headers=headers())

    def _named(self, request: web.Request) -> Project:
        name = project_id(request.match_info["id"])
        found = next((one for one in self._projects.all() if one.id == name), None)
        if found is None:
            raise Refused(f"project {name} has not asked this server yet", code="project-unknown", key=name)
        return found

    def _token(self, project: Project, action: str) -> str:
        return self._tokens.of(*self._what(project, action))

    def _what(self, project: Project, action: str) -> tuple[str, str, str]:
        """What a button is about: one that was shown for an earlier training does nothing."""
        return project.id, action, project.training.run if project.training else ""
