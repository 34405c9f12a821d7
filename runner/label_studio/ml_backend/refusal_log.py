"""Refusals in the server's log: each kind once a minute, so that one that comes again and again fills no disk."""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from http import HTTPStatus

from runner.core.secrets import redact
from runner.label_studio.ml_backend.request_body import Refused

_AGAIN = 60.0  # seconds
_WEBHOOK = (
    "; the webhook lacks it, so that submitted prompts do not arrive: with the same user and password in the "
    "environment, goldloop studio studio.project=ID step=backend studio.backend=ADDRESS gives it to both"
)
_log = logging.getLogger(__name__)


class RefusalLog:
    """Writes down what was refused.

    Args:
        clock: seconds. most: kinds that are remembered.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = 500) -> None:
        self._clock = clock
        self._most = most
        self._told: OrderedDict[tuple[str, str], float] = OrderedDict()

    def add(self, method: str, where: str, status: HTTPStatus, refused: Refused) -> None:
        """A request was refused.

        Args:
            where: what it asked for, as the server knows it: no words of the one who asked.
        """
        kind, now = (where, str(refused.code)), self._clock()  # not the key: it may be a word of the one who asked
        if now - self._told.get(kind, -_AGAIN) < _AGAIN:
            return
        self._told[kind] = now
        self._told.move_to_end(kind)
        if len(self._told) > self._most:
            self._told.popitem(last=False)
        more = _WEBHOOK if status is HTTPStatus.UNAUTHORIZED and where == "/webhook" else ""
        _log.warning("%s %s was refused (%s): %s%s", method, where, int(status), redact(str(refused)), more)
