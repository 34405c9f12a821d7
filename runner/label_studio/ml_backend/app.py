"""The backend over HTTP: Label Studio's endpoints, what may be asked by whom, and errors as one sentence."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any

from aiohttp import web

from runner import __version__
from runner.core.secrets import redact
from runner.label_studio.ml_backend.adoption import PersonsChoice
from runner.label_studio.ml_backend.allowed_hosts import AllowedHosts
from runner.label_studio.ml_backend.arriving import GRACE, Arriving, TooLarge, TooSlow
from runner.label_studio.ml_backend.basic_auth import BasicAuth
from runner.label_studio.ml_backend.metrics import exposition, versions
from runner.label_studio.ml_backend.model import Model
from runner.label_studio.ml_backend.pages.guard import admitted, is_page, wants_page
from runner.label_studio.ml_backend.pages.routes import Pages
from runner.label_studio.ml_backend.predicting import AllFailed, Predicting, only_data
from runner.label_studio.ml_backend.projects import Projects, project_id
from runner.label_studio.ml_backend.refusal_log import RefusalLog
from runner.label_studio.ml_backend.renewing import Renewals
from runner.label_studio.ml_backend.request_body import Refused, read_object
from runner.label_studio.ml_backend.served_prompt import Serving
from runner.label_studio.ml_backend.training import Trainings
from runner.label_studio.ml_backend.webhooks import Full, Webhooks

_BODIES = 2  # large requests that are parsed at the same time; each takes several times the memory of its text
_LARGE = 1 << 20  # bytes
_LONGEST = 300  # characters of a sentence


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Parts:
    """What answers."""

    projects: Projects
    serving: Serving
    model: Model
    predicting: Predicting
    renewals: Renewals
    choice: PersonsChoice
    trainings: Trainings
    events: Webhooks


def application(
    parts: Parts, login: BasicAuth, max_megabytes: int, hosts: AllowedHosts | None = None
) -> web.Application:
    """The application; when it starts, trainings that were cut off go on."""
    routes = Routes(parts, login, max_megabytes, hosts or AllowedHosts())
    app = web.Application(client_max_size=max_megabytes << 20, middlewares=[routes.guarded])
    app.add_routes(
        [
            web.get("/", routes.root),
            web.get("/health", routes.health),
            web.post("/setup", routes.setup),
            web.post("/predict", routes.predict),
            web.post("/webhook", routes.webhook),
            web.get("/versions", routes.versions),
            web.get("/metrics", routes.metrics),
            *routes.pages.routes(),
        ]
    )
    app.on_startup.append(routes.begin)
    app.on_shutdown.append(routes.stop)
    app.on_cleanup.append(routes.end)
    return app


class Routes:
    """One method an endpoint, and what stands before all of them."""

    def __init__(self, parts: Parts, login: BasicAuth, max_megabytes: int, hosts: AllowedHosts) -> None:
        self._parts = parts
        self._login = login
        self._hosts = hosts
        self._max_megabytes = max_megabytes
        self._log = RefusalLog()
        self._arriving = Arriving(max_megabytes << 20)
        self._requests: Counter[tuple[str, int]] = Counter()
        self._parsing = asyncio.Semaphore(_BODIES)
        self._following: asyncio.Task[None] | None = None
        self.pages = Pages(parts.projects, parts.serving, parts.model, parts.renewals, parts.choice, self._log)

    async def begin(self, app: web.Application) -> None:
        await self._parts.trainings.go_on()
        await self._parts.renewals.go_on()
        self._following = asyncio.ensure_future(self._parts.events.follow())

    async def stop(self, app: web.Application) -> None:
        await self._parts.renewals.close()
        self._parts.model.stop()

    async def end(self, app: web.Application) -> None:
        if self._following:
            self._following.cancel()
        await asyncio.gather(self._parts.trainings.close(), self._parts.model.close())

    async def health(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "UP", "model_class": "goldloop", "version": __version__})

    async def root(self, request: web.Request) -> web.StreamResponse:
        """For a browser the page of all projects; else what Label Studio asks for."""
        return await (self.pages.index(request) if wants_page(request.headers) else self.health(request))

    async def setup(self, request: web.Request) -> web.Response:
        body = await self._body(request)
        name = project_id(body.get("project"))
        await self._parts.serving.interface(name, body.get("schema"))
        served = await self._parts.serving.now(self._parts.projects.get(name))
        return web.json_response({"model_version": served.version})

    async def predict(self, request: web.Request) -> web.Response:
        started = time.monotonic()
        results = await self._parts.predicting.predict(await self._body(request), started)
        return web.Response(text=await asyncio.to_thread(_written, results), content_type="application/json")

    async def webhook(self, request: web.Request) -> web.Response:
        """Answered at once, since Label Studio waits for a second; what follows from it is done afterwards."""
        self._parts.events.take(await self._body(request))
        return web.json_response({"status": "received"}, status=HTTPStatus.CREATED)

    async def versions(self, request: web.Request) -> web.Response:
        named = request.query.get("project")
        only = project_id(named) if named else None
        return web.json_response(await versions(self._parts.projects, self._parts.serving, self._parts.model, only))

    async def metrics(self, request: web.Request) -> web.Response:
        parts = self._parts
        text = await asyncio.to_thread(
            exposition, parts.projects, parts.predicting, parts.model, parts.events, dict(self._requests)
        )
        return web.Response(body=text.encode(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    @web.middleware
    async def guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Who may ask, and what is said where a question cannot be answered."""
        resource = request.match_info.route.resource  # not the path: there are as many as anybody asks for
        where = resource.canonical if resource else "other"
        answer = await self._answered(request, handler, where)
        self._requests[where, answer.status] += 1
        return answer

    async def _answered(self, request: web.Request, handler: Handler, where: str) -> web.StreamResponse:
        refuse = partial(self._refused, request.method, where)
        named = request.headers.getall("Host", [])
        if request.path != "/health" and (strange := [host for host in named if not self._hosts.allow(host)]):
            name = strange[0].rpartition(":")[0] or strange[0]
            words = f"this server is not known as {name!r}: if it is yours, start it with serve.allowed_hosts=[{name}]"
            return refuse(HTTPStatus.FORBIDDEN, Refused(words, code="host-refused", key="Host"))
        if request.path != "/health" and not self._login.allows(request.headers.get("Authorization", "")):
            words = "user or password is missing or wrong: give the backend's basic authentication in Label Studio"
            refusal = Refused(words, code="key-refused", key="Authorization")
            return refuse(HTTPStatus.UNAUTHORIZED, refusal, {"WWW-Authenticate": 'Basic realm="goldloop"'})
        site = request.headers.get("Sec-Fetch-Site", "none")  # none: typed into the address bar, or no browser
        of_page = "Origin" in request.headers or site != "none"  # Label Studio's server sends neither; a page does
        if of_page and not admitted(request.method, request.path, request.headers):
            words = "web pages are not answered, only Label Studio's server is"
            answer = refuse(HTTPStatus.FORBIDDEN, Refused(words, code="page-refused", key="Origin"))
            to_person = is_page(request.path) and wants_page(request.headers)
            return self.pages.refused(request, HTTPStatus.FORBIDDEN, words) if to_person else answer
        try:
            return await handler(request)
        except (Refused, AllFailed, Full, TooSlow, TooLarge, web.RequestPayloadError, web.HTTPException) as error:
            return refuse(*self._told(request, error))

    def _refused(
        self, method: str, where: str, status: HTTPStatus, refused: Refused, headers: Mapping[str, str] | None = None
    ) -> web.Response:
        self._log.add(method, where, status, refused)
        return _error(status, refused, headers)

    def _told(self, request: web.Request, error: Exception) -> tuple[HTTPStatus, Refused, Mapping[str, str] | None]:
        """What is wrong with a request, in one sentence."""
        headers = None
        match error:
            case Refused():
                status, told = HTTPStatus.BAD_REQUEST, error
            case AllFailed():
                status, told = HTTPStatus.SERVICE_UNAVAILABLE, Refused(str(error), code="all-failed", key=error.failure)
            case Full():
                words = "too many webhooks wait: this one is not taken"
                status, told = HTTPStatus.SERVICE_UNAVAILABLE, Refused(words, code="too-many-webhooks")
            case TooLarge():
                words = f"the request is larger than {self._max_megabytes} MB: select fewer tasks (serve.max_megabytes)"
                told = Refused(words, code="too-large", key="serve.max_megabytes")
                status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            case TooSlow():
                words = f"the request came too slowly: it has {GRACE:g} s, and more as long as much of it comes"
                status, told = HTTPStatus.REQUEST_TIMEOUT, Refused(words, code="too-slow")
            case web.HTTPException():
                words = f"{request.method} of this address is not answered"
                status, told = HTTPStatus(error.status), Refused(words, code="no-such-address", key=request.method)
                headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
            case _:
                words = "the request is broken off, or not coded as it says"
                status, told = HTTPStatus.BAD_REQUEST, Refused(words, code="broken-off")
        return status, told, headers

    async def _body(self, request: web.Request) -> Mapping[str, Any]:
        length = request.content_length
        if length is not None and length > self._max_megabytes << 20:
            raise TooLarge
        async with self._arriving.body(request.content.iter_any()) as content:
            if len(content) <= _LARGE:
                return await _parsed(content)
            async with self._parsing:
                return await _parsed(content)


async def _parsed(content: bytes) -> Mapping[str, Any]:
    return await asyncio.to_thread(read_object, content, {"tasks": only_data})


def _written(results: list[Any]) -> str:
    """The answer as JSON, piece by piece, so that a long one keeps nobody else waiting."""
    return f'{{"results": [{", ".join([json.dumps(one) for one in results])}]}}'


def _error(status: HTTPStatus, refused: Refused, headers: Mapping[str, str] | None = None) -> web.Response:
    """One sentence, also as the reason beside the status, which is what Label Studio shows; and its code and key."""
    words = redact(" ".join(str(refused).split()))[:_LONGEST]
    reason = words.encode("ascii", "replace").decode()
    reason = "".join(mark if mark.isprintable() else "?" for mark in reason)
    content = {"error": words, "code": refused.code, "key": redact(refused.key)[:_LONGEST]}
    return web.json_response(content, status=status, reason=reason, headers=headers)
