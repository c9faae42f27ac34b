"""A mail server of our own, which does at each phase what a test tells it.

It notes every message on disk (fsync) before it says 250, so that its log is the truth about
what was taken, whoever is killed. It runs in a thread, or as a process of its own:

    python -m tests.delivery.relay --log FILE [--delay SECONDS] [--rules JSON]
"""

import argparse
import asyncio
import base64
import contextlib
import json
import os
import random
import re
import ssl
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

TLS = Path(__file__).parent / "tls"  #: an authority of the tests and what it signed; worthless
AUTHORITY = TLS / "authority.pem"
MESSAGE_ID = re.compile(rb"^message-id:\s*(<[^>\r\n]+>)", re.I | re.M)


@dataclass
class Rule:
    """What to do at one phase, for one recipient or for all, so many times."""

    phase: str  #: connect, ehlo, auth, mail, rcpt, data, body, dot, rset, quit
    reply: str = ""  #: said instead of the usual; 421 also hangs up
    drop: bool = False  #: hang up; at the dot before anything is noted, unless `keep`
    keep: bool = False  #: at the dot: note the message, then hang up without a word
    cut: bool = False  #: say the reply without the end of its line, and hang up
    delay: float = 0.0  #: seconds before the usual, or before the above
    to: str = ""  #: only for this recipient (not at connect, ehlo and mail)
    sender: str = ""  #: only for this envelope sender
    times: int = -1  #: so often, then never; -1 is always
    after: int = 0  #: only from the so-many-th time on


@dataclass(frozen=True)
class Taken:
    """One message that was taken."""

    session: int
    sender: str
    to: str
    message_id: str
    raw: bytes


class Relay:
    """A scripted SMTP server. Use it as a context manager; `rules` may change meanwhile."""

    def __init__(
        self,
        *rules: Rule,
        log: Path | None = None,
        delay: float = 0.0,
        extensions: str = "SIZE PIPELINING",
        certificate: Path | None = None,
        accepts: Callable[[str], bool] | None = None,
        renames: bool = False,
        asks_nothing: bool = False,  # says 354 also without a recipient, as RFC 2920 allows
    ) -> None:
        """:param accepts: whether an access token is good, at AUTH and at each MAIL; then TLS
            begins with STARTTLS, and nothing is taken of who did not sign in with XOAUTH2
        :param renames: give each message a Message-ID of our own, as Exchange Online does
        """
        self.accepts, self.renames = accepts, renames
        self.expired = (
            "421 4.7.66 Access token has expired"  #: said at MAIL to a token that was good
        )
        self.offers = "LOGIN XOAUTH2"
        self.rules = list(rules)
        self.asks_nothing = asks_nothing
        self.taken: list[Taken] = []
        self.said: list[tuple[int, str]] = []  #: (session, command) as it came
        self.sessions = 0
        self.port = 0
        self.bodies_begun = 0
        self._log = log.open("ab") if log else None
        self._delay = delay
        self._extensions = extensions.split()
        self._tls: ssl.SSLContext | None = None
        if certificate is None and accepts:
            certificate = TLS / "right.pem"
        if certificate:
            self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self._tls.load_cert_chain(certificate)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)
        self._ready = threading.Event()
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        if self.accepts:
            return f"smtp+starttls://localhost:{self.port}?cafile={AUTHORITY}"
        if self._tls:
            return f"smtps://localhost:{self.port}?cafile={AUTHORITY}"
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def recipients(self) -> list[str]:
        return [one.to for one in self.taken]

    def __enter__(self) -> "Relay":
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        if self._log:
            self._log.close()

    async def serve(self) -> asyncio.Server:
        server = await asyncio.start_server(
            self._session,
            "127.0.0.1",
            self.port,
            limit=2**20,
            ssl=None if self.accepts else self._tls,
        )
        self.port = server.sockets[0].getsockname()[1]
        return server

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(self.serve())
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for writer in self._writers:
            writer.transport.abort()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.01))
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.sessions += 1
        self._writers.add(writer)
        with contextlib.suppress(
            ConnectionError, asyncio.IncompleteReadError, _HungUp, asyncio.CancelledError
        ):
            await _Session(self, self.sessions, reader, writer).run()
        self._writers.discard(writer)
        writer.close()

    def rule_for(self, phase: str, sender: str, to: str) -> Rule | None:
        for rule in self.rules:
            if rule.phase != phase or rule.times == 0:
                continue
            if (rule.to and rule.to != to) or (rule.sender and rule.sender != sender):
                continue
            if rule.after > 0:
                rule.after -= 1
                continue
            rule.times -= 1
            return rule
        return None

    def note(self, one: Taken) -> None:
        """Write a message down for good, before anyone is told that it was taken."""
        if self._log:
            line = asdict(one) | {"raw": one.raw.decode("latin-1")}
            self._log.write(json.dumps(line).encode() + b"\n")
            self._log.flush()
            os.fsync(self._log.fileno())
        self.taken.append(one)


class _HungUp(Exception):
    """The rule was to hang up."""


class _Session:
    def __init__(
        self,
        relay: Relay,
        number: int,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.relay, self.number, self.reader, self.writer = relay, number, reader, writer
        self.sender = self.to = self.token = ""
        self.encrypted = self.has_recipient = False

    async def run(self) -> None:
        await self._answer("connect", "220 relay.example ESMTP")
        while True:
            line = (await self.reader.readuntil(b"\r\n")).decode("latin-1").strip()
            self.relay.said.append((self.number, line))
            verb = line.split()[0].lower() if line else ""
            if verb in ("ehlo", "helo"):
                await self._greet()
            elif verb == "mail":
                self.sender, self.has_recipient = line.partition("<")[2].partition(">")[0], False
                await self._mail()
            elif verb in ("starttls", "auth") and self.relay.accepts:
                await self._sign_in(line)
            elif verb == "rcpt":
                self.to = line.partition("<")[2].partition(">")[0]
                self.has_recipient = await self._answer("rcpt", "250 2.1.5 Ok")
            elif verb == "data":
                await self._data()
            elif verb == "rset":
                await self._answer("rset", "250 2.0.0 Ok")
            elif verb == "quit":
                await self._answer("quit", "221 2.0.0 Bye")
                return
            else:
                await self._say("500 5.5.1 No such command")

    async def _greet(self) -> None:
        lines = ["relay.example", *self.relay._extensions, *self._of_signing_in()]
        parts = [f"250-{one}" for one in lines[:-1]] + [f"250 {lines[-1]}"]
        await self._answer("ehlo", "\r\n".join(parts))

    def _of_signing_in(self) -> list[str]:
        if self.relay.accepts is None:
            return []
        return [f"AUTH {self.relay.offers}"] if self.encrypted else ["STARTTLS"]

    async def _sign_in(self, line: str) -> None:
        """STARTTLS, then XOAUTH2: a refusal is a 334 with its reason, an empty line, and 535."""
        if not self.encrypted:
            assert line == "STARTTLS"
            await self._say("220 2.0.0 Ready")
            await self.writer.start_tls(self.relay._tls)
            self.encrypted = True
            return
        _verb, mechanism, said = line.split(" ")
        parts = base64.b64decode(said).decode().split("\x01")
        user, token = parts[0].removeprefix("user="), parts[1].removeprefix("auth=Bearer ")
        assert mechanism == "XOAUTH2"
        assert user
        if rule := self.relay.rule_for("auth", user, ""):
            await self._obey(rule, "235 2.7.0 Accepted")
        elif self.relay.accepts and self.relay.accepts(token):
            self.token = token
            await self._say("235 2.7.0 Accepted")
        else:
            reason = base64.b64encode(b'{"status":"401","schemes":"bearer"}').decode()
            await self._say(f"334 {reason}")
            assert await self.reader.readuntil(b"\r\n") == b"\r\n"
            await self._say("535 5.7.3 Authentication unsuccessful")

    async def _mail(self) -> None:
        """Refused of who is not signed in, or was with a token that is good no more."""
        if self.relay.accepts is None or (self.token and self.relay.accepts(self.token)):
            await self._answer("mail", "250 2.1.0 Ok")
            return
        was, self.token = self.token, ""
        refused = self.relay.expired if was else "530 5.7.57 Client not authenticated to send mail"
        await self._obey(Rule("mail", refused), "")

    async def _data(self) -> None:
        if not (self.has_recipient or self.relay.asks_nothing):
            await self._say("554 5.5.1 No valid recipients")
            return
        if not await self._answer("data", "354 End with a dot"):
            return
        self.relay.bodies_begun += 1
        rule = self.relay.rule_for("body", self.sender, self.to)
        lines: list[bytes] = []
        while (line := await self.reader.readuntil(b"\n")) != b".\r\n":
            lines.append(line[1:] if line.startswith(b".") else line)
            if rule and len(lines) >= 3:
                await asyncio.sleep(rule.delay)
                if rule.reply:
                    await self._say(rule.reply)
                raise _HungUp
        raw = b"".join(lines)
        found = MESSAGE_ID.search(raw)
        message_id = found.group(1).decode() if found else ""
        said = ""
        if self.relay.renames:
            own = f"<{self.number:04X}.{len(self.relay.taken):08X}@prod.relay.example>"
            raw, message_id = raw.replace(message_id.encode(), own.encode(), 1), own
            said = f"250 2.0.0 OK {own} [Hostname=relay.example] Queued mail for delivery"
        taken = Taken(self.number, self.sender, self.to, message_id, raw)
        rule = self.relay.rule_for("dot", self.sender, self.to)
        if self.relay._delay:
            await asyncio.sleep(random.uniform(0.5, 1.5) * self.relay._delay)
        if rule is None or rule.keep or not (rule.reply or rule.drop):
            self.relay.note(taken)
        await self._obey(rule, said or f"250 2.0.0 Ok: queued as {len(self.relay.taken):08X}")

    async def _answer(self, phase: str, usual: str) -> bool:
        rule = self.relay.rule_for(phase, self.sender, self.to)
        return await self._obey(rule, usual)

    async def _obey(self, rule: Rule | None, usual: str) -> bool:
        """Do what the rule says; True when that was the usual."""
        if rule is None:
            await self._say(usual)
            return True
        await asyncio.sleep(rule.delay)
        if rule.drop or rule.keep:
            raise _HungUp
        if rule.cut:
            self.writer.write(rule.reply.encode())
            await self.writer.drain()
            raise _HungUp
        await self._say(rule.reply or usual)
        if rule.reply.startswith("421"):
            raise _HungUp
        return not rule.reply

    async def _say(self, text: str) -> None:
        self.writer.write(text.encode("latin-1") + b"\r\n")
        await self.writer.drain()


def read_log(path: Path) -> list[dict[str, str]]:
    """What a relay noted; a line that is not whole is not noted."""
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return [json.loads(line) for line in lines]


def main(arguments: Iterable[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--extensions", default="SIZE PIPELINING")
    parser.add_argument("--rules", default="[]")
    given = parser.parse_args(arguments)
    rules = [Rule(**rule) for rule in json.loads(given.rules)]

    async def forever() -> None:
        relay = Relay(*rules, log=given.log, delay=given.delay, extensions=given.extensions)
        async with await relay.serve() as server:
            print(relay.port, flush=True)
            await server.start_serving()
            # Ends when whoever started it closes our standard input, or ends.
            await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)

    asyncio.run(forever())


if __name__ == "__main__":
    main()
