"""The endpoint of the search benchmark: counts and limits calls by key, and remembers replies, before a real one.

    python gate.py --upstream http://127.0.0.1:9000/v1 --cache replies.sqlite

/v1/chat/completions   as OpenAI's; the key is RUN:ROLE, for example ``gepa.sample.1:labeller``
/open                  POST {key: most calls, ...}: begins to count these anew
/counts?key=K          {calls, refused, input_tokens, output_tokens, unreachable, limit}

A call is counted when it is let in, whether the reply is remembered or not, so that a tool pays for each of its calls
and the machine only once for equal ones. Greedy replies are everybody's; sampled ones belong to a run and to how
often it has asked the same, which also seeds them: a run that is begun again gets the same replies, without waiting.
A run keeps some slots of the model to itself (llama.cpp's ``id_slot``), and what begins most like the last call of
one of them comes next: a slot keeps what it has read of a prompt, and reading one of 800 tokens takes as long as 20
answers.

Beyond its limit a call is refused with 402, ``budget_spent`` and ``x-should-retry: false``, which no client tries
again.
"""

import argparse
import asyncio
import hashlib
import json
import os
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, web

Body = dict[str, Any]
UNREACHABLE = 502
KEPT = 0.75  # of what a slot has read: where a call shares less, it is another prompt's
AWAY = (502, 503, 504)  # what an endpoint says while its model is being loaded


@dataclass(frozen=True, eq=False)
class Waiting:
    """A call that nobody has asked the model yet."""

    run: str
    name: str
    body: Body
    said: str
    reply: "asyncio.Future[str]"


class Gate:
    """Counts, limits and remembers.

    Args:
        upstream: the address of the endpoint that answers, with /v1.
        cache: a file for replies, or ``:memory:``.
        at_once: calls that the upstream gets at a time, each of another run.
        slots: of the upstream, shared out to the runs.
        tries: how often it is asked again, a second apart, when it cannot be reached.
    """

    def __init__(self, upstream: str, cache: str, at_once: int, slots: int, tries: int = 600) -> None:
        self._upstream = upstream.rstrip("/")
        self._cache = sqlite3.connect(cache, isolation_level=None)
        self._cache.execute("create table if not exists replies (key text primary key, reply text)")
        self._slots = [range(first, first + slots // at_once) for first in range(0, slots, slots // at_once)][:at_once]
        self._tries = tries
        self._waiting: list[Waiting] = []
        self._more = asyncio.Condition()
        self._runs: dict[range, str] = {}  # slots -> the run that has them
        self._under_way: dict[str, asyncio.Future[str]] = {}
        self._rows: dict[str, dict[str, Any]] = {}
        self._asked: Counter[tuple[str, str]] = Counter()
        self._session: ClientSession | None = None

    def app(self) -> web.Application:
        app = web.Application(client_max_size=64 * 2**20)
        app.add_routes(
            [
                web.post("/v1/chat/completions", self._complete),
                web.get("/v1/models", self._models),
                web.post("/open", self._open),
                web.get("/counts", self._counts),
            ]
        )
        app.cleanup_ctx.append(self._connected)
        return app

    async def _connected(self, app: web.Application) -> Any:
        self._session = ClientSession(timeout=ClientTimeout(total=3600))
        workers = [asyncio.create_task(self._work(slots)) for slots in self._slots]
        yield
        for worker in workers:
            worker.cancel()
        await self._session.close()

    async def _complete(self, request: web.Request) -> web.Response:
        key = request.headers.get("Authorization", "").removeprefix("Bearer ").strip() or "nobody"
        row = self._row(key)
        body: Body = await request.json()
        if row["limit"] is not None and row["calls"] >= row["limit"]:
            row["refused"] += 1
            return refusal(f"budget spent: {row['calls']} of {row['limit']} calls by {key}")
        row["calls"] += 1
        status, reply = await self._reply(body, key)
        row["unreachable"] += status == UNREACHABLE
        if status == 200:
            usage = json.loads(reply).get("usage") or {}
            row["input_tokens"] += usage.get("prompt_tokens", 0)
            row["output_tokens"] += usage.get("completion_tokens", 0)
        return web.Response(text=reply, status=status, content_type="application/json")

    async def _reply(self, body: Body, key: str) -> tuple[int, str]:
        asked = {name: value for name, value in body.items() if name not in ("model", "user", "seed", "stream")}
        if asked.get("temperature") != 0:
            said = json.dumps(asked, sort_keys=True)
            number = self._asked[key, said]
            self._asked[key, said] += 1
            asked["seed"] = int(digest(f"{key} {number} {said}")[:7], 16)
        name = digest(json.dumps(asked, sort_keys=True))
        known = self._cache.execute("select reply from replies where key = ?", [name]).fetchone()
        if known:
            return 200, known[0]
        if name not in self._under_way:
            self._under_way[name] = asyncio.get_running_loop().create_future()
            run = key.rpartition(":")[0]
            whole, said = {**asked, "model": body.get("model")}, json.dumps(asked["messages"])
            self._waiting.append(Waiting(run, name, whole, said, self._under_way[name]))
            async with self._more:
                self._more.notify_all()
        status, _, reply = (await asyncio.shield(self._under_way[name])).partition(" ")
        return int(status), reply

    async def _work(self, slots: range) -> None:
        """Ask for what waits, in the slots of one run."""
        read = dict.fromkeys(slots, "")  # slot -> its last call; the one that was used longest ago comes first
        while True:
            async with self._more:
                await self._more.wait_for(lambda: self._eligible(slots))
                slot, call = nearest(read, self._eligible(slots))
                self._waiting.remove(call)
                self._runs[slots] = call.run
            del read[slot]
            read[slot] = call.said
            try:
                call.reply.set_result(await self._patient({**call.body, "id_slot": slot}, call.name))
            except (OSError, ClientError) as error:
                call.reply.set_result(
                    f"{UNREACHABLE} {json.dumps({'error': {'message': str(error), 'code': 'upstream'}})}"
                )
            del self._under_way[call.name]

    def _eligible(self, slots: range) -> "list[Waiting]":
        """The calls of the slots' run; where none waits, those of runs that have no slots."""
        own = [one for one in self._waiting if one.run == self._runs.get(slots)]
        return own or [one for one in self._waiting if one.run not in self._runs.values()]

    async def _patient(self, body: Body, name: str) -> str:
        """Wait for a model that is being started, or started again: hours of runs are not to fail for that."""
        for _ in range(self._tries):
            try:
                return await self._forward(body, name)
            except (OSError, ClientError):
                await asyncio.sleep(1)
        return await self._forward(body, name)

    async def _forward(self, body: Body, name: str) -> str:
        assert self._session
        async with self._session.post(f"{self._upstream}/chat/completions", json=body) as answer:
            reply = await answer.text()
            if answer.status in AWAY:
                raise ClientError(f"the model is not there: {answer.status} {reply:.200}")
            if answer.status == 200:
                self._cache.execute("insert or replace into replies values (?, ?)", [name, reply])
            return f"{answer.status} {reply}"

    async def _models(self, request: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": "local", "object": "model", "owned_by": "me"}]})

    async def _open(self, request: web.Request) -> web.Response:
        limits: dict[str, int | None] = await request.json()
        for key, limit in limits.items():
            self._rows.pop(key, None)
            self._row(key)["limit"] = limit
            for pair in [pair for pair in self._asked if pair[0] == key]:
                del self._asked[pair]
        return web.json_response({})

    async def _counts(self, request: web.Request) -> web.Response:
        return web.json_response(self._row(request.query["key"]))

    def _row(self, key: str) -> dict[str, Any]:
        blank = {"calls": 0, "refused": 0, "input_tokens": 0, "output_tokens": 0, "unreachable": 0, "limit": None}
        return self._rows.setdefault(key, blank)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def refusal(message: str) -> web.Response:
    error = {"error": {"message": message, "type": "budget_spent", "param": None, "code": "budget_spent"}}
    return web.json_response(error, status=402, headers={"x-should-retry": "false"})


def nearest(read: Mapping[int, str], waiting: Sequence[Waiting]) -> tuple[int, Waiting]:
    """The slot and the call that share most; a slot that would have to read much of the call keeps what it has."""

    def shared(slot: int, call: Waiting) -> int:
        return len(os.path.commonprefix([read[slot], call.said]))  # noqa: RUF071 - of strings

    slot, call = max(((slot, call) for slot in read for call in waiting), key=lambda pair: shared(*pair))
    return (slot if shared(slot, call) > KEPT * len(read[slot]) else next(iter(read))), call


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--upstream", required=True)
    parser.add_argument("--cache", required=True)
    parser.add_argument("--at-once", type=int, default=1)
    parser.add_argument("--slots", type=int, default=1)
    parser.add_argument("--port", type=int, default=0)
    args = parser.parse_args()

    async def serve() -> None:
        runner = web.AppRunner(Gate(args.upstream, args.cache, args.at_once, max(args.slots, args.at_once)).app())
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", args.port)
        await site.start()
        print(runner.addresses[0][1], flush=True)
        await asyncio.Event().wait()

    asyncio.run(serve())


if __name__ == "__main__":
    main()
