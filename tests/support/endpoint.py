"""A local endpoint that speaks OpenAI's chat completions: a model that gets better with a better prompt.

As labeller it knows the gold answers and spoils them at a rate that the prompt decides: definitions, worked examples
and rules each make it err less. As rewriter it writes rules. Everything follows from the messages alone.
"""

import asyncio
import hashlib
import json
import random
import re
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Body = dict[str, Any]
Fault = Callable[[Body, int], Any]  # None, (status, content, headers), "hang", "cut", or ("usage", what it says)


def spoiled(text: str, gold: list[str], labels: list[str], system: str) -> list[str]:
    """Gold, or something near it: the worse the prompt, the more often."""
    rate = 0.75
    rate -= 0.2 if "What the labels mean" in system else 0
    rate -= 0.08 * system.count("\nLabels: ")
    rate -= 0.12 * system.count("\n- When ")
    draw = int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)
    if draw % 1000 / 1000 >= rate:
        return gold
    other = labels[draw % len(labels)]
    return [*gold[1:], *([other] if other not in gold else [])]


@dataclass
class Endpoint:
    """The endpoint while it is up.

    Attributes:
        answers: item text -> gold labels.
        requests: every request body that arrived, in order.
        fault: decides by (body, number of the request) whether to answer something else instead.
        key: what the Authorization header must carry, if anything.
        delay: seconds before each answer.
        logprobs: makes the log-probabilities of a reply to a body that asks for them, as a choice holds them.
    """

    answers: Mapping[str, list[str]] = field(default_factory=dict)
    requests: list[Body] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    fault: Fault | None = None
    key: str | None = None
    delay: float = 0.0
    logprobs: Callable[[Body, str], Any] | None = None
    model: str = "fake-model"
    any_model: bool = False
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body: Body = await request.json()
        self.requests.append(body)
        sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.keys.add(sent)
        await asyncio.sleep(self.delay)
        if self.key and sent != self.key:
            return _error(401, f"Incorrect API key provided: {sent}", "invalid_api_key")
        if not self.any_model and str(body.get("model", "")).removeprefix("openai/") != self.model:
            return _error(404, f"The model `{body['model']}` does not exist", "model_not_found")
        if self.fault and (wrong := self.fault(body, len(self.requests))):
            return await self._wrong(request, body, wrong)
        text = self.reply(body)
        answer = completion(text)
        if self.logprobs and body.get("logprobs"):
            answer["choices"][0]["logprobs"] = self.logprobs(body, text)
        return web.json_response(answer)

    async def _wrong(self, request: web.Request, body: Body, wrong: Any) -> web.StreamResponse:
        if wrong == "hang":
            await asyncio.sleep(30)
            return web.Response(status=503)
        if wrong == "cut":
            return await _cut(request, completion(self.reply(body)))
        if wrong[0] == "usage":
            return web.json_response({**completion(self.reply(body)), "usage": wrong[1]})
        status, content, headers = wrong
        text = content if isinstance(content, str | bytes) else json.dumps(content)
        sent_back = text if isinstance(text, bytes) else text.encode()
        return web.Response(status=status, body=sent_back, content_type="application/json", headers=headers)

    def reply(self, body: Body) -> str:
        messages = body["messages"]
        system, user = messages[0]["content"], messages[-1]["content"]
        if user not in self.answers:
            return self.rewrite(user)
        labels = re.findall(r"^- (\w+)(?::|$)", system, re.MULTILINE) or ["Unknown"]
        return "\n".join(spoiled(user, list(self.answers[user]), labels, system)) or "none"

    def rewrite(self, user: str) -> str:
        number = len(re.findall(r"^- reward", user, re.MULTILINE))
        if "<rules>" in user:
            return f"<rules>\n- When a case is like number {number}, choose the label that fits best.\n</rules>"
        if "<prompt>" in user:
            old = user.partition("<current_prompt>\n")[2].partition("\n</current_prompt>")[0]  # some show none
            return f"<prompt>\n{old}\n- When in doubt ({number}), read the text again.\n</prompt>"
        old = user.partition("Current prompt:\n")[2].partition("\n\nMean reward")[0]
        return f"Be careful.\n{old}\n- When unsure, think."


def faults(chance: random.Random) -> Fault:
    """20% of requests get 429, 500 or 503, 5% broken JSON, 5% an error with status 200, 3% an answer that says odd
    things of its tokens, 2% no answer, 2% half of one."""
    odd = ["12", [1], {"prompt_tokens": float("nan")}, {"prompt_tokens": -(10**9), "completion_tokens": 1}]
    inside = [
        {"error": {"message": "upstream", "code": 502}},
        completion("", "error"),
        {"error": "Model is overloaded"},
    ]

    def fault(body: Body, number: int) -> Any:
        draw = chance.random()
        if draw < 0.20:
            return chance.choice([429, 500, 503]), {"error": {"message": "try later"}}, {}
        if draw < 0.25:
            return 200, '{"choices": [{"mess', {}
        if draw < 0.30:
            return 200, chance.choice(inside), {}
        if draw < 0.33:
            return "usage", chance.choice(odd)
        if draw < 0.35:
            return "hang"
        return "cut" if draw < 0.37 else None

    return fault


def completion(text: str, finish: str = "stop") -> Body:
    message = {"role": "assistant", "content": text}
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    return {
        "id": "x", "object": "chat.completion", "created": 1, "model": "fake-model", "usage": usage,
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
    }  # fmt: skip


def tokens_of(text: str, logprob: float, size: int = 4) -> Body:
    """Log-probabilities of a text in OpenAI's shape: tokens of so many bytes, which may split names and characters."""
    whole = text.encode()
    parts = [whole[start : start + size] for start in range(0, len(whole), size)]
    content = [
        {"token": part.decode("utf-8", "backslashreplace"), "bytes": list(part), "logprob": logprob, "top_logprobs": []}
        for part in parts
    ]
    return {"content": content, "refusal": None}


async def _cut(request: web.Request, body: Body) -> web.StreamResponse:
    """Half of an answer, and the connection closed."""
    whole = json.dumps(body).encode()
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(whole))})
    await response.prepare(request)
    await response.write(whole[: len(whole) // 2])
    if request.transport:
        request.transport.close()
    return response


def _error(status: int, message: str, code: str) -> web.Response:
    return web.json_response(
        {"error": {"message": message, "code": code, "type": "invalid_request_error"}}, status=status
    )


class Running:
    """Runs an endpoint in a thread of its own, so that processes and event loops of the tests can call it."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._ready = threading.Event()

    def __enter__(self) -> Endpoint:
        self._thread.start()
        assert self._ready.wait(10)
        return self.endpoint

    def __exit__(self, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        runner = self._loop.run_until_complete(self._start())
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()

    async def _start(self) -> web.AppRunner:
        app = web.Application()
        app.router.add_post("/{any:.*}", self.endpoint.answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        listening = socket.create_server(("127.0.0.1", 0))
        await web.SockSite(runner, listening).start()
        self.endpoint.port = listening.getsockname()[1]
        return runner
