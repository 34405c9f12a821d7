"""Listens until it is told to stop, then stops in good order: answers, journal, trainings, each within seconds."""

import asyncio
import errno
import ipaddress
import logging
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from runner.core.errors import ConfigError
from runner.core.secrets import RedactingFilter
from runner.core.terminal import one_line, printable

_FINISH = 10  # seconds for requests under way
_LET_GO = 25.0  # seconds for what is still under way after that, trainings too


async def listen(app: web.Application, host: str, port: int, said: Callable[[str], None]) -> bool:
    """Serve ``app``; returns whether it was stopped by Ctrl-C (True) or by a signal to end (False).

    Args:
        said: told the address once it answers.

    Raises:
        ConfigError: it cannot listen there.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_FINISH)
    stopped: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    try:
        # Another server on the same port is found out before any training goes on.
        port = await _refuse_taken(host, port)
        _on_signals(stopped)
        await runner.setup()
        await _started(web.TCPSite(runner, host, port), host, port)
        said(f"http://{f'[{host}]' if ':' in host else host}:{port}")
        return await stopped
    finally:
        try:
            async with asyncio.timeout(_FINISH + _LET_GO):
                await runner.cleanup()
        except TimeoutError:
            logging.getLogger(__name__).warning("some calls did not end in time and are given up")


def loopback(host: str) -> bool:
    """Whether only this machine can reach ``host``."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@contextmanager
def log_to_terminal() -> Iterator[None]:
    """Lines with a time, secrets blotted out; of a request that is no HTTP nothing."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    handler.addFilter(RedactingFilter())
    handler.addFilter(_without_content)
    handler.addFilter(_on_one_line)
    root = logging.getLogger()
    root.addHandler(handler)
    logging.getLogger("runner.label_studio.ml_backend").setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)


def _without_content(record: logging.LogRecord) -> bool:
    """A request that cannot be parsed would be quoted in the log, its Authorization too."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError)


def _on_one_line(record: logging.LogRecord) -> bool:
    """What came from elsewhere makes no line of its own, and steers no terminal."""
    record.msg, record.args = one_line(record.getMessage()), None
    if record.exc_text:
        record.exc_text = printable(record.exc_text)
    return True


def _on_signals(stopped: "asyncio.Future[bool]") -> None:
    loop = asyncio.get_running_loop()

    def stop(number: int) -> None:
        if stopped.done():  # a second one: at once, as a kill would, which nothing is lost by
            os._exit(128 + number)
        stopped.set_result(number == signal.SIGINT)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop, number)


async def _refuse_taken(host: str, port: int) -> int:
    """Raise ConfigError if nobody could listen there; returns the port, a free one for 0."""

    async def nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    try:
        probe = await asyncio.start_server(nothing, host, port)
    except OSError as error:
        raise _cannot(host, port, error) from error
    found = int(probe.sockets[0].getsockname()[1])
    probe.close()
    await probe.wait_closed()
    return found


async def _started(site: web.TCPSite, host: str, port: int) -> None:
    try:
        await site.start()
    except OSError as error:
        raise _cannot(host, port, error) from error


def _cannot(host: str, port: int, error: OSError) -> ConfigError:
    if error.errno == errno.EADDRINUSE:
        return ConfigError(
            f"serve.port={port} is taken: another server listens there; give another serve.port",
            code="port-taken",
            key="serve.port",
        )
    return ConfigError(
        f"serve.host={host} serve.port={port}: cannot listen there ({error.strerror or error})",
        code="address-unusable",
        key="serve.host",
    )
