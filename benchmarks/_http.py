"""Requests over raw sockets: a client that costs less than the server it measures."""

import asyncio
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    status: int
    head: bytes
    body: bytes


async def ask(port: int, request: bytes) -> Answer:
    """One request on a connection of its own, as calendars and visitors come."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        whole = await reader.read(-1)
    finally:
        writer.close()
    head, _, body = whole.partition(b"\r\n\r\n")
    return Answer(int(head[9:12]), head, body)


def get(path: str, *headers: str) -> bytes:
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


async def rate(port: int, request: bytes, status: int, *, seconds: float, clients: int) -> float:
    """Answers per second to so many clients that ask without a pause."""
    until = time.perf_counter() + seconds

    async def client() -> int:
        count = 0
        while time.perf_counter() < until:
            answer = await ask(port, request)
            assert answer.status == status, answer
            count += 1
        return count

    began = time.perf_counter()
    counts = await asyncio.gather(*(client() for _ in range(clients)))
    return sum(counts) / (time.perf_counter() - began)
