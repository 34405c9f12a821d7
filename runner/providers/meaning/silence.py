"""A model that never speaks: replies without a word, which no prompt mends."""

from collections.abc import Sequence
from typing import NoReturn

from runner.core.calls import Reply
from runner.core.errors import ProviderError


def refuse_silent(empty: int, of: int, replies: Sequence[Reply] = ()) -> NoReturn:
    """Raise that nothing was read in any reply."""
    all_ = "all" if empty == of else f"{empty} of"
    raise ProviderError(
        f"nothing could be read: {all_} {of} replies are empty{'' if empty == of else ', the others are cut off'}. "
        f"{remedy(replies)}",
        code="nothing-read",
        key="provider.max_tokens",
    )


def remedy(replies: Sequence[Reply]) -> str:
    """What to do about empty replies."""
    thought = max((reply.reasoning_tokens or 0 for reply in replies), default=0)
    seen = f" (one took {thought} tokens for thinking)" if thought else ""
    return (
        f"a model that thinks first needs room for its answer{seen}: raise provider.max_tokens "
        "(provider.max_tokens=2000), or have it think less (provider.params.reasoning_effort=low)"
    )
