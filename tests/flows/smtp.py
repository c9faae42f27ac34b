"""A mail server that is not ours: aiosmtpd on loopback, keeping what it accepted."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class Received:
    """One message as it came over the wire."""

    to: str
    raw: bytes

    @property
    def mail(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=default)  # type: ignore[return-value]

    def header(self, name: str) -> str:
        """A header's value by regex on the raw bytes: unfolded, not decoded."""
        head = self.raw.split(b"\r\n\r\n", 1)[0] + b"\r\n"
        found = re.findall(
            rb"^" + name.encode() + rb":[ \t]*((?:.*\r\n)(?:[ \t]+.*\r\n)*)", head, re.M | re.I
        )
        assert len(found) <= 1, f"{name} stands there {len(found)} times"
        return re.sub(rb"\r\n[ \t]+", b" ", found[0]).strip().decode("ascii") if found else ""

    def part(self, content_type: str) -> str:
        """The decoded text of the first part of a type."""
        for part in self.mail.walk():
            if part.get_content_type() == content_type:
                return str(part.get_content())
        raise AssertionError(f"no {content_type}")

    def files(self) -> dict[str, bytes]:
        return {
            str(part.get_filename()): part.get_payload(decode=True)
            for part in self.mail.iter_attachments()
        }

    @property
    def calendars(self) -> list[str]:
        """The calendar parts, decoded."""
        parts = [part for part in self.mail.walk() if part.get_content_type() == "text/calendar"]
        return [part.get_payload(decode=True).decode() for part in parts]

    @property
    def links(self) -> list[str]:
        """Every URL in both parts."""
        found = re.findall(r"https?://[^\s\"'<>)]+", self.part("text/plain"))
        found += re.findall(r'href="(https?://[^"]+)"', self.part("text/html"))
        return sorted({url.replace("&amp;", "&").rstrip(".,") for url in found})


@dataclass
class Mailroom:
    """What the server accepted, in order; addresses it refuses."""

    received: list[Received] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    port: int = 0

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        if answer := self.refuses.get(address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        raw = envelope.original_content or envelope.content
        self.received += [Received(to, raw) for to in envelope.rcpt_tos]
        return "250 2.0.0 queued"

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def to(self, address: str) -> list[Received]:
        return [one for one in self.received if one.to == address]

    def take(self) -> list[Received]:
        """What came since the last time."""
        taken, self.received = self.received, []
        return taken


@contextmanager
def mailroom() -> Iterator[Mailroom]:
    room = Mailroom()
    with socket.create_server(("127.0.0.1", 0)) as free:
        room.port = free.getsockname()[1]
    controller = Controller(room, hostname="127.0.0.1", port=room.port)
    controller.start()
    try:
        yield room
    finally:
        controller.stop()
