"""A mail server that takes everything, as far away as one likes.

    python -m benchmarks._sink --delay 0.010

The delay is of the line, not of the work: whatever comes together is answered together, so a
client that sends three commands at once waits one round trip for the three answers.
"""

import argparse
import asyncio
import sys

GREETING = b"220 sink.example ESMTP\r\n"
EHLO = b"250-sink.example\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250 8BITMIME\r\n"
SAID = {b"EHLO": EHLO, b"DATA": b"354 End with a dot\r\n", b"QUIT": b"221 Bye\r\n"}


class Sink(asyncio.Protocol):
    def __init__(self, delay: float) -> None:
        self._delay, self._unread, self._in_data = delay, b"", False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._answer(GREETING)

    def data_received(self, data: bytes) -> None:
        self._unread += data
        answers = b"".join(iter(self._next, b""))
        if answers:
            self._answer(answers)

    def _next(self) -> bytes:
        """The answer to what stands first in what came, or b"" when that is not whole."""
        end = b"\r\n.\r\n" if self._in_data else b"\r\n"
        taken, found, rest = self._unread.partition(end)
        if not found:
            return b""
        self._unread = rest
        if self._in_data:
            self._in_data = False
            return b"250 Taken\r\n"
        verb = taken[:4].upper()
        self._in_data = verb == b"DATA"
        return SAID.get(verb, b"250 Ok\r\n")

    def _answer(self, answer: bytes) -> None:
        asyncio.get_running_loop().call_later(self._delay, self._transport.write, answer)


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay", type=float, default=0.0)
    delay = parser.parse_args().delay
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Sink(delay), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    # Ends when whoever started it closes our standard input, or ends.
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
