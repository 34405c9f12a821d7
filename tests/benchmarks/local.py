"""The embedded model on 40 sample items: ``python local.py direct`` drives the library, ``goldloop`` the provider."""

import asyncio
import hashlib
import json
import os
import sys
import time

from runner.core.calls import Call
from runner.core.prompt import default_prompt
from runner.datasets.sample import Sample
from runner.providers.embedded_weights import QWEN_CODER_1_5B, joined
from runner.providers.local import Local
from verifiers.labels import Labels

ITEMS = 40
MOST_TOKENS = 64
DATA = Sample().load()
PROMPT = default_prompt(Labels(DATA.labels).instructions())


def direct() -> None:
    """The library by itself: one slot, the prompt's prefix kept."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(joined(QWEN_CODER_1_5B))
    params.n_ctx, params.n_parallel, params.n_gpu_layers, params.verbosity = 4096, 1, 0, 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = os.cpu_count() or 1
    server = xllamacpp.Server(params)

    def ask(text: str) -> tuple[str, int]:
        body = {"temperature": 0, "max_tokens": MOST_TOKENS, "cache_prompt": True, "messages": PROMPT.messages(text)}
        answer = server.handle_chat_completions(body)
        answer = json.loads(answer) if isinstance(answer, str | bytes) else answer
        return answer["choices"][0]["message"]["content"], answer["usage"]["total_tokens"]

    ask("warm up")
    started = time.perf_counter()
    found = [ask(item.text) for item in DATA.items[:ITEMS]]
    report(found, time.perf_counter() - started)


async def goldloop() -> None:
    """The same through the provider."""
    local = Local(QWEN_CODER_1_5B.name, max_tokens=MOST_TOKENS)
    await local.complete(Call(PROMPT.messages("warm up")))
    started = time.perf_counter()
    replies = [await local.complete(Call(PROMPT.messages(item.text))) for item in DATA.items[:ITEMS]]
    took = time.perf_counter() - started
    report([(reply.text, reply.input_tokens + reply.output_tokens) for reply in replies], took)
    await local.close()


def report(found: list[tuple[str, int]], seconds: float) -> None:
    texts = hashlib.sha256(json.dumps([text for text, _ in found]).encode()).hexdigest()[:12]
    print(json.dumps({"rate": sum(tokens for _, tokens in found) / seconds, "seconds": seconds, "texts": texts}))


if __name__ == "__main__":
    if sys.argv[1] == "direct":
        direct()
    else:
        asyncio.run(goldloop())
