"""Log-probabilities that are welcome and not needed: an endpoint that refuses them is asked without them."""

import logging
import re
from dataclasses import replace

from runner.core.calls import Call, Reply
from runner.core.errors import CallFailed, ProviderError
from runner.core.protocols import ChatClient

_log = logging.getLogger(__name__)
_NAMED = re.compile(r"log[_ -]?prob", re.IGNORECASE)


class WelcomeLogprobs:
    """A provider whose refusal of log-probabilities fails no call.

    A call that welcomes them and is refused is made again without, at once: where the refusal names them, and, as long
    as the endpoint has answered none with them, where it only says that the request is bad. If it is answered then,
    they are not asked for any more; if not, the refusal meant something else.
    """

    def __init__(self, provider: ChatClient) -> None:
        self._provider = provider
        self._accepted = self._refused = False
        self.model = provider.model
        self.rate_limits = provider.rate_limits

    async def complete(self, call: Call) -> Reply:
        if not call.logprobs or self._refused:
            return await self._provider.complete(replace(call, logprobs=False))
        try:
            reply = await self._provider.complete(call)
        except (CallFailed, ProviderError) as error:
            if not self._may_be_why(error):
                raise
            reply = await self._provider.complete(replace(call, logprobs=False))
            if not self._refused:
                _log.info("%s takes no requests for log-probabilities: goes on without (%s)", self.model, error)
            self._refused = True
            return reply
        self._accepted = True
        return reply

    async def close(self) -> None:
        await self._provider.close()

    def _may_be_why(self, error: CallFailed | ProviderError) -> bool:
        if _NAMED.search(error.detail if isinstance(error, CallFailed) else str(error)):
            return True
        return isinstance(error, CallFailed) and error.kind == "bad_request" and not self._accepted
