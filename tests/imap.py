"""A real mailbox for tests: pymap on loopback, in a thread, with the tests' certificate.

    with Mailbox() as mailbox:
        mailbox.put(b"From: …", "Sent")
        settings = mailboxes.parse(mailbox.url)

Its folders are INBOX and Sent; more are made when something is put in them.
"""

import asyncio
import imaplib
import logging
import socket
import ssl
import threading
from argparse import Namespace
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from imap_tools import BaseMailBox
from proxyprotocol.sock import SocketInfoLocal
from pymap.backend.dict import Config, Login
from pymap.exceptions import InvalidAuth
from pymap.imap import IMAPServer
from pymap.user import UserMetadata
from pysasl import SASLAuth
from pysasl.creds.external import ExternalCredentials
from pysasl.hashing import BuiltinHash

from tests.delivery.relay import AUTHORITY, TLS

logging.getLogger("asyncio").setLevel(logging.ERROR)  # a reader that is killed hangs up

USER, PASSWORD = "postbus@wijkraad.example", "ge/heim:#"


class Mailbox:
    """One account on one IMAP server, by imaps, imap+starttls or plain imap on loopback."""

    def __init__(
        self,
        scheme: str = "imaps",
        *,
        user: str = USER,
        password: str = PASSWORD,
        certificate: Path = TLS / "right.pem",
        accepts: Callable[[str], bool] | None = None,
    ) -> None:
        """:param accepts: whether an access token is good: then only XOAUTH2 is offered"""
        self.scheme, self.user, self.password = scheme, user, password
        self.port = 0
        self.sign_ins = 0
        self._accepts = accepts
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._tls.load_cert_chain(certificate)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="imap", daemon=True)
        self._ready = threading.Event()

    @property
    def url(self) -> str:
        user, password = quote(self.user, safe=""), quote(self.password, safe="")
        return f"{self.scheme}://{user}:{password}@localhost:{self.port}?cafile={AUTHORITY}"

    def put(
        self,
        raw: bytes,
        folder: str = "INBOX",
        *,
        flags: Iterable[str] = (),
        at: datetime | None = None,
    ) -> None:
        """Put a message in a folder, by APPEND."""
        with _ByPassword(self) as box:
            if not box.folder.exists(folder):
                box.folder.create(folder)
            box.append(raw, folder, dt=at or datetime.now(UTC), flag_set=list(flags))

    def messages(self, folder: str = "INBOX") -> list[Any]:
        """What is in a folder, without marking it as read."""
        with _ByPassword(self) as box:
            box.folder.set(folder)
            return list(box.fetch(mark_seen=False))

    def __enter__(self) -> "Mailbox":
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._ready.set()
        self._loop.run_forever()
        for server in self._servers:
            server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.01))
        self._loop.close()

    async def _serve(self) -> None:
        self._config = _Config(self, self._tls, tls_enabled=self.scheme == "imap+starttls")
        self._config.by_token = self._accepts is not None
        self._config.apply_context()
        login = _Login(self._config, self)
        user = UserMetadata(
            self._config, self.user, password=self._config.hash_context.hash(self.password)
        )
        await login.demo_user_identity.set(user)
        inner = _Config(self, self._tls, tls_enabled=False)
        inner.set_cache = self._config.set_cache
        inside = _Login(inner, None)
        await inside.demo_user_identity.set(user)
        self._servers = [
            await self._listen(
                IMAPServer(login, self._config), self._tls if self.scheme == "imaps" else None
            ),
            await self._listen(IMAPServer(inside, inner), None),
        ]
        self.port, self.inner_port = (
            server.sockets[0].getsockname()[1] for server in self._servers
        )

    async def _listen(self, talk: IMAPServer, tls: ssl.SSLContext | None) -> asyncio.Server:
        async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await talk(reader, writer, SocketInfoLocal(writer.transport))
            except (ConnectionError, EOFError, asyncio.CancelledError):
                pass
            finally:
                writer.close()

        return await asyncio.start_server(session, "127.0.0.1", 0, ssl=tls)


class _ByPassword(BaseMailBox):
    """The tests' own way in, which needs no TLS and no token."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._port = mailbox.inner_port
        super().__init__()
        self.login_utf8(mailbox.user, mailbox.password)

    def _get_mailbox_client(self) -> imaplib.IMAP4:
        client = imaplib.IMAP4("127.0.0.1", self._port, 10)
        # imaplib writes a literal and its end apart: do not wait for the answer to the first.
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client


class _Config(Config):
    """pymap's settings: cheap hashes, no look-ups of names, and XOAUTH2 where asked."""

    by_token = False

    def __init__(self, mailbox: Mailbox, tls: ssl.SSLContext, *, tls_enabled: bool) -> None:
        super().__init__(
            Namespace(passlib_cfg=None, proxy_protocol=None),
            host="127.0.0.1",
            port=0,
            demo_data=False,
            demo_user=mailbox.user,
            demo_password=mailbox.password,
            ssl_context=tls,
            tls_enabled=tls_enabled,
            invalid_user_sleep=0.0,
            reject_dnsbl=False,
            hash_context=BuiltinHash(rounds=1),
        )

    @property
    def tls_auth(self) -> SASLAuth:
        return SASLAuth.named([b"XOAUTH2"]) if self.by_token else SASLAuth.defaults()

    @property
    def greeting(self) -> bytes:
        return b"ready"


class _Login(Login):
    def __init__(self, config: Config, mailbox: Mailbox | None) -> None:
        super().__init__(config)
        self._mailbox = mailbox

    async def authenticate(self, credentials: Any) -> Any:
        if self._mailbox is not None:
            self._mailbox.sign_ins += 1
        if not isinstance(credentials, ExternalCredentials):
            return await super().authenticate(credentials)
        accepts = self._mailbox._accepts if self._mailbox else None
        if accepts is None or not accepts(credentials._token or ""):
            raise InvalidAuth
        identity = self.demo_user_identity
        if credentials.authzid != identity.name:
            raise InvalidAuth
        return identity
