"""A token server of our own: device code, authorization code with PKCE, refresh with rotation.

    with TokenServer() as server:
        provider = server.provider("microsoft")
        server.approve()                      # what a person does in a browser
        server.accepts(token)                 # what a mail server asks of it

It answers as RFC 6749, 7636 and 8628 say, and as a test tells it: `server.errors` are said
once each, in order, instead of what it would say; (0, "") lets one pass.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from outreach.delivery import providers
from outreach.delivery.providers import Provider

CLIENT, SECRET = "app-van-de-wijkraad", "het geheim van de app"


@dataclass
class Access:
    """An access token: how often it was shown to a mail server, and how long it lasts."""

    ends_at: float
    shown: int = 0


class TokenServer:
    """One app at one provider with one mailbox, on loopback."""

    def __init__(self, *, lasts: float = 3600, uses: int | None = None, rotates: bool = True):
        self.lasts = lasts  #: seconds of an access token
        self.uses = uses  #: sign-ins that an access token is good for
        self.rotates = rotates  #: a refresh token is good once
        self.delay = 0.0  #: seconds before an answer to a renewal
        self.renewing = threading.Event()  #: a renewal was asked for
        self.interval = 0  #: seconds between two questions about a device code
        self.errors: list[tuple[int, str]] = []  #: (status, error) said instead, once each
        self.asked: list[dict[str, str]] = []  #: every form that came, with its path
        self.renewals = 0
        self.access: dict[str, Access] = {}
        self.refresh: set[str] = set()
        self.at_once = False  #: whoever gets a code to type in does so at once
        self._device = ""
        self._approved = False
        self._codes: dict[str, dict[str, str]] = {}
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def provider(self, name: str = "microsoft", *, smtp: str = "", imap: str = "") -> Provider:
        """The provider that this server stands in for."""
        make = {"microsoft": providers.microsoft, "google": providers.google}[name]
        return providers.moved(make(CLIENT, SECRET), self.url, smtp, imap)

    def settings(self, *, smtp: str = "", imap: str = "") -> dict[str, str]:
        """Values for `Settings`, for both providers."""
        return {
            "microsoft_client_id": CLIENT,
            "microsoft_client_secret": SECRET,
            "google_client_id": CLIENT,
            "google_client_secret": SECRET,
            "oauth_url": self.url,
            "oauth_smtp_url": smtp,
            "oauth_imap_url": imap,
        }

    def approve(self) -> None:
        """Type the code in and say yes."""
        self._approved = True

    def consent(self, address: str) -> str:
        """Open the address that asks for consent, say yes; return where the browser is sent."""
        asked = dict(parse_qsl(urlsplit(address).query))
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(12)
        self._codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def accepts(self, token: str) -> bool:
        """Whether a mail server may let this token in, now and once more."""
        with self._lock:
            known = self.access.get(token)
            if known is None or time.time() > known.ends_at:
                return False
            known.shown += 1
            return self.uses is None or known.shown <= self.uses

    def revoke(self) -> None:
        """The owner of the mailbox, or an administrator, ends it all."""
        self.access.clear()
        self.refresh.clear()

    def give(self) -> dict[str, Any]:
        """Tokens, as they are given out."""
        access, refresh = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self.access[access] = Access(time.time() + self.lasts)
        self.refresh.add(refresh)
        return {
            "token_type": "Bearer",
            "access_token": access,
            "refresh_token": refresh,
            "expires_in": self.lasts,
            "scope": "https://mail.google.com/",
        }

    def __enter__(self) -> "TokenServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(5)

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        with self._lock:
            self.asked.append({"path": path, **form})
            status, error = self.errors.pop(0) if self.errors else (0, "")
            if status:
                said = {"error": error, "error_description": f"AADSTS1: {error}\r\nTrace ID: 1"}
                return status, said
            if (form.get("client_id"), form.get("client_secret", SECRET)) != (CLIENT, SECRET):
                return 401, {"error": "invalid_client"}
            if path == "/devicecode":
                return self._begin()
            granted = form.get("grant_type", "")
            if granted == "refresh_token":
                return self._renew(form)
            if granted == "authorization_code":
                return self._redeem(form)
            return self._poll(form)

    def _begin(self) -> tuple[int, dict[str, Any]]:
        self._device, self._approved = secrets.token_urlsafe(12), self.at_once
        return 200, {
            "device_code": self._device,
            "user_code": "KLM-42",
            "verification_uri": "https://login.voorbeeld.example/apparaat",
            "expires_in": 900,
            "interval": self.interval,
        }

    def _poll(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if form.get("grant_type") != "urn:ietf:params:oauth:grant-type:device_code":
            return 400, {"error": "unsupported_grant_type"}
        if form["device_code"] != self._device:
            return 400, {"error": "bad_verification_code"}
        return (200, self.give()) if self._approved else (400, {"error": "authorization_pending"})

    def _redeem(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        asked = self._codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or asked["redirect_uri"] != form["redirect_uri"]
            or asked["code_challenge"] != challenge
        ):
            return 400, {"error": "invalid_grant"}
        return 200, self.give()

    def _renew(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        old = form["refresh_token"]
        self.renewing.set()
        time.sleep(self.delay)
        if old not in self.refresh:
            return 400, {"error": "invalid_grant", "error_description": "AADSTS70008: expired"}
        self.renewals += 1
        given = self.give()
        if self.rotates:
            self.refresh.discard(old)
        else:
            self.refresh.discard(given.pop("refresh_token"))
        return 200, given


def _handler(server: TokenServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Nobody asks so, unless sent here."""
            self._say(200, server.give())

        def do_POST(self) -> None:
            if self.path == "/moved":
                self.send_response(302)
                self.send_header("Location", f"{server.url}/token")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            length = int(self.headers.get("Content-Length", 0))
            form = parse_qs(self.rfile.read(length).decode(), keep_blank_values=True)
            status, said = server.answer(
                urlsplit(self.path).path, {name: values[0] for name, values in form.items()}
            )
            self._say(status, said)

        def _say(self, status: int, said: dict[str, Any]) -> None:
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def at(provider: Provider, url: str) -> Provider:
    """The same provider with its token server elsewhere."""
    return replace(provider, exchange_url=f"{url}/token")
