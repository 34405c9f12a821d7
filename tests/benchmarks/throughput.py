"""Calls a second of one client at one concurrency: ``python throughput.py CLIENT CONCURRENCY PORT SECONDS``."""

import asyncio
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

Ask = Callable[[int], Awaitable[object]]
SYSTEM = "Read the text and choose the labels that apply to it. " * 8


def messages(number: int) -> list[dict[str, str]]:
    return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": f"text number {number}"}]


def aiohttp_raw(url: str, at_once: int) -> Ask:
    import aiohttp

    session: list[aiohttp.ClientSession] = []

    async def ask(number: int) -> object:
        if not session:
            session.append(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=at_once)))
        body = {"model": "m", "messages": messages(number), "temperature": 0}
        async with session[0].post(f"{url}/chat/completions", json=body) as answer:
            return (await answer.json())["choices"][0]["message"]["content"]

    return ask


def openai_bare(url: str, at_once: int) -> Ask:
    from openai import AsyncOpenAI, DefaultAioHttpClient

    client = AsyncOpenAI(api_key="x", base_url=url, max_retries=0, http_client=DefaultAioHttpClient())
    return lambda number: client.chat.completions.create(model="m", messages=messages(number), temperature=0)


def litellm_bare(url: str, at_once: int) -> Ask:
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    import litellm

    return lambda number: litellm.acompletion(
        model="openai/m", api_base=url, api_key="x", messages=messages(number), temperature=0, num_retries=0
    )


def goldloop(url: str, at_once: int, kind: str, journal: bool) -> Ask:
    """The whole client: meter, journal, throttle, budget, provider."""
    from runner.core.calls import Call
    from runner.providers.litellm import LiteLLM
    from runner.providers.middleware.budget import Budget
    from runner.providers.middleware.client import ModelClient
    from runner.providers.middleware.journal import JournalFiles
    from runner.providers.middleware.limits import Limits
    from runner.providers.openai import OpenAI

    folder = Path(tempfile.mkdtemp())
    os.environ["BENCH_KEY"] = "x"
    provider = (
        OpenAI("m", url, concurrency=at_once)
        if kind == "openai"
        else LiteLLM("openai/m", url, api_key_env="BENCH_KEY", concurrency=at_once)
    )
    client: list[ModelClient] = []

    async def ask(number: int) -> object:
        if not client:
            files = JournalFiles("use" if journal else "off", folder / "journal.sqlite", folder / "journal.jsonl")
            client.append(ModelClient(provider, Budget(Limits()), files))
        return await client[0].complete(Call(messages(number)))  # type: ignore[arg-type]

    return ask


CLIENTS: dict[str, Callable[[str, int], Ask]] = {
    "raw aiohttp": aiohttp_raw,
    "openai over aiohttp": openai_bare,
    "goldloop provider=openai": lambda url, n: goldloop(url, n, "openai", True),
    "goldloop provider=openai journal.mode=off": lambda url, n: goldloop(url, n, "openai", False),
    "litellm.acompletion": litellm_bare,
    "goldloop provider=litellm journal.mode=off": lambda url, n: goldloop(url, n, "litellm", False),
    "goldloop provider=litellm": lambda url, n: goldloop(url, n, "litellm", True),
}


async def measure(ask: Ask, waiting: int, seconds: float) -> float:
    """Calls a second with so many waiting for an answer all the time, after a warm-up."""
    number = 0
    done = 0
    counting = False
    stop = False

    async def worker() -> None:
        nonlocal number, done
        while not stop:
            number += 1
            await ask(number)
            done += counting

    await ask(-1)  # imports and connections are not what is measured, and block the loop while the clock runs
    workers = [asyncio.create_task(worker()) for _ in range(waiting)]
    await asyncio.sleep(2)
    counting = True
    started = time.perf_counter()
    await asyncio.sleep(seconds)
    rate = done / (time.perf_counter() - started)
    stop = True
    await asyncio.gather(*workers)
    return rate


if __name__ == "__main__":
    name, at_once, port, seconds = sys.argv[1], int(sys.argv[2]), sys.argv[3], float(sys.argv[4])
    asked = CLIENTS[name](f"http://127.0.0.1:{port}/v1", at_once)
    # An evaluation has all its items waiting; goldloop's throttle lets so many of them through at once.
    rate = asyncio.run(measure(asked, 3 * at_once if name.startswith("goldloop") else at_once, seconds))
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"rate": rate, "megabytes": usage.ru_maxrss / 1024}))
