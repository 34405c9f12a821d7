"""Calls that wait for a network, in a thread, which come to their end."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

_T = TypeVar("_T")


async def in_thread(call: Callable[..., _T], *args: Any) -> _T:
    """``asyncio.to_thread`` whose call comes to its end when this is cancelled: nothing is half sent."""
    running = asyncio.ensure_future(asyncio.to_thread(call, *args))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise
