"""Calls a second of a peer, in its own environment: ``python peers.py PEER CONCURRENCY PORT SECONDS``."""

import asyncio
import inspect
import json
import resource
import sys
import time

SYSTEM = "Read the text and choose the labels that apply to it. " * 8


def dspy(url: str, at_once: int, seconds: float) -> float:
    """Its language model by itself, asynchronously, cache off."""
    import dspy as peer

    model = peer.LM("openai/m", api_base=url, api_key="x", cache=False, num_retries=0)
    done = number = 0
    counting = stop = False

    async def worker() -> None:
        nonlocal done, number
        while not stop:
            number += 1
            system = {"role": "system", "content": SYSTEM}
            await model.acall(messages=[system, {"role": "user", "content": f"text number {number}"}])
            done += counting

    async def run() -> float:
        nonlocal counting, stop
        workers = [asyncio.create_task(worker()) for _ in range(at_once)]
        await asyncio.sleep(4)
        counting, started = True, time.perf_counter()
        await asyncio.sleep(seconds)
        rate = done / (time.perf_counter() - started)
        stop = True
        await asyncio.gather(*workers)
        return rate

    return asyncio.run(run())


def promptolution(url: str, at_once: int, seconds: float) -> float:
    """Its API model, which takes a batch of prompts."""
    from promptolution.llms.api_llm import APILLM

    known = inspect.signature(APILLM.__init__).parameters
    limit = next(name for name in known if "concurren" in name)
    model = APILLM(api_url=url, model_id="m", api_key="x", **{limit: at_once})
    model.get_response([f"warm up {number}" for number in range(at_once)])
    count = int(80 * seconds)
    started = time.perf_counter()
    model.get_response([f"text number {number}" for number in range(count)], system_prompts=[SYSTEM] * count)
    return count / (time.perf_counter() - started)


if __name__ == "__main__":
    peer, at_once, port, seconds = sys.argv[1], int(sys.argv[2]), sys.argv[3], float(sys.argv[4])
    rate = {"dspy": dspy, "promptolution": promptolution}[peer](f"http://127.0.0.1:{port}/v1", at_once, seconds)
    print(json.dumps({"rate": rate, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
