"""A fast endpoint in a process of its own: answers every chat completion after a fixed time, and does nothing else.

Who asks for log-probabilities gets them.
"""

import asyncio
import sys

LOGPROBS = b',"logprobs":{"content":[{"token":"Pay","logprob":-0.1},{"token":"ment","logprob":-0.01}]}'


def answer(more: bytes) -> bytes:
    """A whole response, with ``more`` in its choice."""
    body = (
        b'{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop",'
        b'"message":{"role":"assistant","content":"Payment"}%s}],'
        b'"usage":{"prompt_tokens":100,"completion_tokens":10,"total_tokens":110}}'
    ) % more
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


ANSWERS = {False: answer(b""), True: answer(LOGPROBS)}


class Endpoint(asyncio.Protocol):
    """HTTP/1.1 with keep-alive, as little of it as clients need."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            start = head.find(b"content-length:")
            length = int(head[start + 15 :].split(b"\r\n", 1)[0]) if start >= 0 else 0
            if len(self.buffer) < end + 4 + length:
                return
            wanted = b'"logprobs"' in self.buffer[end + 4 : end + 4 + length]
            self.buffer = self.buffer[end + 4 + length :]
            asyncio.get_running_loop().call_later(self.delay, self._answer, ANSWERS[wanted])

    def _answer(self, whole: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(whole)  # type: ignore[attr-defined]


async def serve(delay: float) -> None:
    """Serve until killed; the port is the first line printed."""
    server = await asyncio.get_running_loop().create_server(lambda: Endpoint(delay), "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))
