"""The backend over HTTP: Label Studio's endpoints, basic authentication, limits, and errors as one sentence."""

import asyncio
import base64
import binascii
import hmac
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aiohttp import web

from runner import __version__
from runner.errors import GoldloopError
from runner.secrets import redact
from runner.serve.backend import Backend, BadRequest
from runner.serve.training import progress

_log = logging.getLogger("goldloop.serve")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Access:
    """Basic authentication; none where no password is set."""

    user: str
    password: str

    def allows(self, header: str) -> bool:
        """Whether an Authorization header has the user and the password; takes as long for a wrong one."""
        if not self.password:
            return True
        scheme, _, coded = header.partition(" ")
        try:
            given = base64.b64decode(coded, validate=True)
        except (binascii.Error, ValueError):
            return False
        return scheme.lower() == "basic" and hmac.compare_digest(given, f"{self.user}:{self.password}".encode())


def application(backend: Backend, access: Access, max_megabytes: int) -> web.Application:
    """The application; trainings that were cut off go on when it starts."""
    app = web.Application(client_max_size=max_megabytes << 20, middlewares=[_errors(max_megabytes), _guard(access)])
    routes = Routes(backend)
    app.router.add_get("/", routes.health)
    app.router.add_get("/health", routes.health)
    app.router.add_post("/setup", routes.setup)
    app.router.add_post("/predict", routes.predict)
    app.router.add_post("/webhook", routes.webhook)
    app.router.add_get("/versions", routes.versions)
    app.router.add_get("/metrics", routes.metrics)

    async def started(app: web.Application) -> None:
        backend.trainings.go_on()

    async def ended(app: web.Application) -> None:
        await routes.settle()
        await backend.trainings.close()
        await backend.model.close()

    app.on_startup.append(started)
    app.on_cleanup.append(ended)
    return app


class Routes:
    """One method an endpoint."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._after: set[asyncio.Task[None]] = set()

    async def health(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "UP", "model_class": "goldloop", "version": __version__})

    async def setup(self, request: web.Request) -> web.Response:
        return web.json_response(self._backend.set_up(await _body(request)))

    async def predict(self, request: web.Request) -> web.Response:
        return web.json_response(await self._backend.predict(await _body(request)))

    async def webhook(self, request: web.Request) -> web.Response:
        """Answered at once, since Label Studio waits for a second; what follows is done afterwards."""
        task = asyncio.ensure_future(self._later(await _body(request)))
        self._after.add(task)
        task.add_done_callback(self._after.discard)
        return web.json_response({"status": "received"}, status=HTTPStatus.CREATED)

    async def versions(self, request: web.Request) -> web.Response:
        told = self._backend.versions()
        return web.json_response({"versions": [entry["version"] for entry in told], "projects": told})

    async def metrics(self, request: web.Request) -> web.Response:
        return web.Response(text=exposition(self._backend), content_type="text/plain")

    async def settle(self) -> None:
        await asyncio.gather(*self._after, return_exceptions=True)

    async def _later(self, body: Mapping[str, Any]) -> None:
        try:
            _log.info("%s", redact(self._backend.webhook(body)))
        except (BadRequest, GoldloopError) as problem:
            _log.warning("a webhook could not be followed: %s", redact(str(problem)))
        except Exception:
            _log.exception("a webhook could not be followed")
            raise


def exposition(backend: Backend) -> str:
    """Counts in Prometheus' text format."""
    lines = [_metric("goldloop_requests_total", {"of": name}, value) for name, value in sorted(backend.counts.items())]
    model = backend.model
    lines += [_metric("goldloop_answers_total", {}, model.answered)]
    lines += [
        _metric("goldloop_answers_missing_total", {"why": name}, count)
        for name, count in sorted(model.failures.items())
    ]
    lines += [_metric("goldloop_spent_total", {"what": name}, value) for name, value in model.totals().items()]
    lines += [_metric("goldloop_model_up", {}, 0 if model.away else 1)]
    for project in backend.projects.all():
        if project.training:
            known = progress(project.training)
            of = {"project": project.id}
            lines.append(_metric("goldloop_training_running", of, int(known["status"] == "running")))
            lines.append(_metric("goldloop_training_epoch", of, known["epoch"]))
            if known["best"] is not None:
                lines.append(_metric("goldloop_training_best_reward", of, known["best"]))
    return "\n".join(lines) + "\n"


def _metric(name: str, labels: Mapping[str, str], value: float) -> str:
    inside = ",".join(f"{key}={json.dumps(text)}" for key, text in labels.items())
    return f"{name}{{{inside}}} {value:g}" if inside else f"{name} {value:g}"


async def _body(request: web.Request) -> Mapping[str, Any]:
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError) as error:
        raise BadRequest("the request is no JSON") from error
    if not isinstance(body, dict):
        raise BadRequest("the request is no JSON object")
    return body


def _guard(access: Access) -> Any:
    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path != "/health" and not access.allows(request.headers.get("Authorization", "")):
            told = {"error": "wrong or no user and password: give the backend's basic authentication in Label Studio"}
            return web.json_response(told, status=HTTPStatus.UNAUTHORIZED, headers={"WWW-Authenticate": "Basic"})
        return await handler(request)

    return guarded


def _errors(max_megabytes: int) -> Any:
    @web.middleware
    async def told(request: web.Request, handler: Handler) -> web.StreamResponse:
        """Bad input is a sentence; a bug is a traceback in the log, and nothing of it in the answer."""
        try:
            return await handler(request)
        except BadRequest as problem:
            return web.json_response({"error": redact(str(problem))}, status=HTTPStatus.BAD_REQUEST)
        except web.HTTPRequestEntityTooLarge:
            words = f"the request is larger than {max_megabytes} MB: select fewer tasks, or raise serve.max_megabytes"
            return web.json_response({"error": words}, status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        except web.HTTPException as refused:
            return web.json_response({"error": refused.reason}, status=refused.status)
        except GoldloopError as error:
            _log.error("%s", redact(str(error)))
            return web.json_response({"error": redact(str(error))}, status=HTTPStatus.SERVICE_UNAVAILABLE)
        except Exception:
            _log.exception("a bug in answering %s", request.path)
            raise

    return told
