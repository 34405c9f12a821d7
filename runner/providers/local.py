"""provider=local: an embedded model (llama.cpp) in this process. No server, no key, no network."""

import asyncio
import hashlib
import json
import os
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from runner.core.calls import Call, RateLimits, Reply
from runner.core.errors import CallFailed, ConfigError, ProviderError
from runner.core.numbers import Count, Seconds, Share, Temperature
from runner.providers.embedded_weights import EMBEDDED, joined, refuse_missing
from runner.providers.meaning.errors import Endpoint
from runner.providers.meaning.reply import reply_from
from runner.providers.prices import Price
from runner.providers.sampling import Logprobs, with_logprobs

_BLOCK = 1 << 16  # bytes
_FREE = Price(0.0, 0.0)  # a model on one's own machine costs no dollars


class Local:
    """A GGUF model loaded at the first call.

    Args:
        model: the name of an embedded model; with ``model_path`` only a name for the record.
        model_path: any GGUF file instead of the embedded weights.
        concurrency: slots that work at once. More than the cores can feed makes each slower.
        context: tokens of prompt and reply together, for each slot.
        threads: processor threads; null for all cores.
        temperature, top_p, max_tokens, seed: sampling; temperature 0 repeats exactly.
        structured_output: constrain replies to a JSON schema made from the label list.
        logprobs: write the log-probabilities of the answer's tokens down with it: true, false, or ``auto``: with those
            of the texts that are labelled.
        timeout: seconds for one call.
        params: further keys of the chat request, passed through as they are.
        file_digest: what ``digest_of`` said of the file at ``model_path``; written down by a run, so that it can be
            replayed where the file is not.
    """

    def __init__(
        self,
        model: str,
        model_path: str | None = None,
        concurrency: Count = 1,
        context: Count = 4096,
        threads: Count | None = None,
        temperature: Temperature = 0.0,
        top_p: Share = 1.0,
        max_tokens: Count = 64,
        seed: int = 0,
        structured_output: bool = False,
        logprobs: Logprobs = "auto",
        timeout: Seconds = 300.0,
        params: Mapping[str, Any] | None = None,
        file_digest: str | None = None,
    ) -> None:
        if model_path is None and model not in EMBEDDED:
            raise ConfigError(
                f"provider.model: no embedded model {model!r} (there is {', '.join(EMBEDDED)})",
                code="model-unknown",
                key=model,
            )
        self.model = model
        self.rate_limits = RateLimits(concurrency, timeout)
        self._path = model_path
        self._digest = file_digest
        self._context = context
        self._threads = threads or os.cpu_count() or 1
        self._sampling = {"temperature": temperature, "top_p": top_p, "max_tokens": max_tokens, "seed": seed}
        self._structured = structured_output
        self._logprobs = logprobs
        self._params = dict(params or {})
        self._server: Any = None
        self._loading = asyncio.Lock()
        self._pool = ThreadPoolExecutor(concurrency, thread_name_prefix="local-model")

    async def complete(self, call: Call) -> Reply:
        request = with_logprobs(self._request(call), call, self._logprobs)
        loop = asyncio.get_running_loop()
        async with self._loading:
            if self._server is None:
                self._server = await loop.run_in_executor(self._pool, self._load)
        started = time.perf_counter()
        answer = loop.run_in_executor(self._pool, self._server.handle_chat_completions, request)
        body = await answer
        return _reply(body, self.model, time.perf_counter() - started)

    def prepare(self) -> None:
        if self._path is None:
            refuse_missing(EMBEDDED[self.model])
        elif not Path(self._path).is_file():
            raise ProviderError(f"provider.model_path: no file {self._path}", code="file-missing", key=str(self._path))
        elif self._digest and digest_of(Path(self._path)) != self._digest:
            raise ProviderError(
                f"provider.model_path: {self._path} is another file than that which the run was begun with "
                "(provider.file_digest=null takes it all the same)",
                code="file-changed",
                key=str(self._path),
            )
        try:
            import xllamacpp  # noqa: F401
        except ImportError:
            raise ProviderError(
                "provider=local needs the embedded runtime: pip install 'goldloop[local]'",
                code="package-missing",
                key="goldloop[local]",
            ) from None

    def describe(self, call: Call) -> dict[str, Any]:
        size = Path(self._path).stat().st_size if self._path and Path(self._path).is_file() else None
        which = {"file": self._digest} if self._digest else {"bytes": size}  # embedded models are known by their names
        return {
            "provider": "local",
            "model": self.model,
            **which,
            "context": self._context,
            **self._request(call),
        }

    def cost_at_most(self, call: Call) -> float | None:
        return 0.0

    async def close(self) -> None:
        """Give the model's memory back once the calls under way have ended."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._server = None

    def _request(self, call: Call) -> dict[str, Any]:
        request = {**self._sampling, "cache_prompt": True, "messages": list(call.messages), **self._params}
        if call.temperature is not None:
            request["temperature"] = call.temperature
        if call.max_tokens is not None:
            request["max_tokens"] = call.max_tokens
        if self._structured and call.schema is not None:
            request["json_schema"] = dict(call.schema)
        if self._logprobs is True:
            request["logprobs"] = True
        request["seed"] = int(request["seed"]) + call.sample
        return request

    def _load(self) -> Any:
        self.prepare()
        import xllamacpp

        path = Path(self._path) if self._path else joined(EMBEDDED[self.model])
        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.n_ctx = self._context * self.rate_limits.concurrency
        params.n_parallel = self.rate_limits.concurrency
        params.n_gpu_layers = 0
        params.verbosity = 0
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = self._threads
        try:
            return xllamacpp.Server(params)
        except RuntimeError as error:
            raise ProviderError(
                f"provider.model_path: {path} could not be loaded as a GGUF model ({error})",
                code="damaged-file",
                key=str(path),
            ) from error


def _reply(body: Any, model: str, seconds: float) -> Reply:
    answer = json.loads(body) if isinstance(body, str | bytes) else body
    if "error" in answer:
        problem = answer["error"]
        detail = str(problem.get("message", problem)) if isinstance(problem, Mapping) else str(problem)
        if "context" in detail.lower():
            raise CallFailed("context_too_long", detail)
        raise ProviderError(f"the local model refused the request: {detail}", code="bad-request")
    reply = reply_from(answer, Endpoint("the local model", model, None), _FREE, seconds)
    return replace(reply, cost_usd=0.0)  # known here, not assumed


def digest_of(path: Path) -> str | None:
    """16 hex digits that tell a model file from others: its size, and a block at each of 64 places. None if it is away.

    All of several gigabytes would take minutes.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            found = hashlib.sha256(str(size).encode())
            for place in range(64):
                file.seek(max(0, size - _BLOCK) * place // 63)
                found.update(file.read(_BLOCK))
    except OSError:
        return None
    return found.hexdigest()[:16]
