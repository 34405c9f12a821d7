"""The body of an answer, read up to a limit: an endpoint's answer may be endless, or small and unpack to gigabytes."""

import zlib
from collections.abc import AsyncIterator

from runner.core.errors import CallFailed

LARGEST = 16 * 1024 * 1024  # bytes, unpacked
_WINDOW = {"gzip": 31, "x-gzip": 31, "deflate": 15}  # of zlib, by the encoding's name


async def bounded_body(pieces: AsyncIterator[bytes], encoding: str | None) -> bytes:
    """All of a body, unpacked.

    Args:
        pieces: as they come from the network, packed. encoding: the header ``Content-Encoding``.

    Raises:
        CallFailed: it is larger than ``LARGEST``, or packed in a way that nobody asked for or that is broken.
    """
    name = (encoding or "").strip().lower()
    if name in {"", "identity"}:
        return await _joined(pieces)
    if name not in _WINDOW:
        raise CallFailed("broken_reply", f"the answer is packed as {name[:20]!r}, which was not asked for")
    unpack = zlib.decompressobj(_WINDOW[name])
    try:
        return await _joined(_unpacked(pieces, unpack))
    except zlib.error as error:
        raise CallFailed("broken_reply", f"the answer is packed as {name}, and broken ({error})") from error


async def _joined(pieces: AsyncIterator[bytes]) -> bytes:
    whole = bytearray()
    async for piece in pieces:
        whole += piece
        if len(whole) > LARGEST:
            raise too_large()
    return bytes(whole)


async def _unpacked(pieces: AsyncIterator[bytes], unpack: "zlib._Decompress") -> AsyncIterator[bytes]:
    async for piece in pieces:
        yield unpack.decompress(piece, LARGEST + 1)
        if unpack.unconsumed_tail:
            raise too_large()


def too_large() -> CallFailed:
    """Why an answer was not read to its end."""
    return CallFailed("reply_too_large", f"the answer is larger than {LARGEST // 1024**2} MB")
