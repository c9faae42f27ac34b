"""The demo's relay: a real SMTP server on loopback that delivers to the local inbox."""

import asyncio
import socket
from types import TracebackType
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from outreach.clock import Clock
from outreach.engine.demo import griffies, raadsleden
from outreach.engine.demo.inbox import Inbox

LARGEST = 35 * 1024 * 1024  #: bytes of a mail


class Capture(Controller):  # type: ignore[misc]
    """Listens while it is entered: `with Capture(inbox, clock) as relay: relay.url`."""

    def __init__(self, inbox: Inbox, clock: Clock) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        super().__init__(
            _Delivery(inbox, clock),
            hostname="127.0.0.1",
            port=self._socket.getsockname()[1],
            data_size_limit=LARGEST,
            ident="Outreach demo",
        )

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def _create_server(self) -> Any:
        """On the socket we hold, so that nobody takes the port in between."""
        return self.loop.create_server(self._factory_invoker, sock=self._socket)

    def __enter__(self) -> "Capture":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop(no_assert=True)


class _Delivery:
    """What the receiving servers say; see RFC 5321 and, for 4.7.1, RFC 6647."""

    def __init__(self, inbox: Inbox, clock: Clock) -> None:
        self._inbox, self._clock = inbox, clock

    async def handle_RCPT(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        recipient = address.lower()
        if griffies.is_dead(recipient):
            return f"550 5.1.1 <{address}>: no such mailbox here"
        if griffies.greylists(recipient):
            now = self._clock.now()
            if now - self._inbox.greylisted_since(recipient, now=now) < griffies.GREY_FOR:
                return "451 4.7.1 Greylisted, please come back later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        raw = bytes(envelope.content or b"")
        for recipient in envelope.rcpt_tos:
            await asyncio.to_thread(self._deliver, raw, recipient.lower())
        return "250 2.0.0 Kept in the local inbox"

    def _deliver(self, raw: bytes, recipient: str) -> None:
        mail = self._inbox.keep(raw, recipient, now=self._clock.now())
        # A letter to a body can be answered; a notice ("uw antwoord is genoteerd") cannot.
        if b"\r\nList-Unsubscribe:" in raw:
            answer = griffies.plan(mail)
            visits = [*([answer] if answer else []), *raadsleden.after_letter(mail)]
        else:
            visits = raadsleden.after_notice(mail)
        for visit in visits:
            self._inbox.expect(visit)
