"""Talking to a token server (RFC 6749): a form goes there, JSON comes back.

By urllib with time-outs. What a library would add is little here, and what it insists on
(https also on loopback, scopes that come back as they were asked) does not fit.
"""

import json
import ssl
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener

from outreach.errors import OutreachError

LOOPBACK = ("localhost", "127.0.0.1", "::1")
TIMEOUT = 20.0  #: seconds of silence
LONGEST = 256 * 1024  #: octets of an answer
#: Said with 400 by some servers, though it is no judgement of ours.
PASSING = ("temporarily_unavailable", "server_error")


class NotAnswered(OutreachError):
    """The server is not there, is too busy, or talks nonsense: later it may do."""


class NotGranted(OutreachError):
    """The server understood and says no; `code` is its word for why."""

    def __init__(self, code: str, description: str) -> None:
        self.code = code
        super().__init__(f"{code}: {description}" if description else code)


def ask(url: str, fields: dict[str, str], *, timeout: float = TIMEOUT) -> dict[str, Any]:
    """Send a form, return what the JSON holds.

    :raises NotAnswered: nothing that can be read came back
    :raises NotGranted: the server refuses
    """
    data = urlencode(fields).encode("ascii")
    request = Request(check(url), data, {"Accept": "application/json"})  # noqa: S310 - checked
    try:
        with _opener(url).open(request, timeout=timeout) as response:
            return _read(response.read(LONGEST))
    except HTTPError as error:
        with error:
            said = _read(error.read(LONGEST))
        code = str(said.get("error", ""))
        if error.code == 429 or error.code >= 500 or not code or code in PASSING:
            raise NotAnswered(f"{error.code} {error.reason}") from None
        raise NotGranted(code[:60], _line(said.get("error_description"))) from None
    except (OSError, HTTPException) as error:
        raise NotAnswered(_line(getattr(error, "reason", "") or error)) from None


def check(url: str) -> str:
    """Return an address when what goes there cannot be read on the way.

    :raises ValueError: it is neither https nor on this machine
    """
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise ValueError(f"not an https address: {url}")
    return url


class _NoRedirect(HTTPRedirectHandler):
    """What a form holds is for the server that it was sent to."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _opener(url: str) -> Any:
    handlers: list[Any] = [_NoRedirect, HTTPSHandler(context=ssl.create_default_context())]
    if urlsplit(url).hostname in LOOPBACK:
        handlers.append(ProxyHandler({}))
    return build_opener(*handlers)


def _read(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise NotAnswered("geen leesbaar antwoord")
    return said


def _line(said: Any) -> str:
    """The first line of what a server says, as it may be shown."""
    lines = str(said or "").strip().splitlines()
    return " ".join(lines[0].split())[:200] if lines else ""
