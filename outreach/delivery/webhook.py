"""Telling another program that something happened: one small POST, and no more."""

import json
from http.client import HTTPException, HTTPMessage
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from outreach.delivery.hosts import LOOPBACK

TIMEOUT = 5.0  #: seconds


class _NoRedirect(HTTPRedirectHandler):
    """What is told goes where it was meant to go, or nowhere."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        return None


def post(url: str, told: dict[str, str], *, timeout: float = TIMEOUT) -> str:
    """Send it as JSON; return what went wrong, "" when nothing did.

    :param url: https, or http on this machine: the settings see to that
    """
    body = json.dumps(told, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Outreach"}
    handlers: list[Any] = [_NoRedirect()]
    if urlsplit(url).hostname in LOOPBACK:
        handlers.append(ProxyHandler({}))
    request = Request(url, data=body, headers=headers, method="POST")  # noqa: S310 - see `url`
    try:
        with build_opener(*handlers).open(request, timeout=timeout):
            return ""
    except HTTPError as error:
        with error:
            return f"it answered {error.code}"
    except (OSError, HTTPException) as error:
        return str(error) or type(error).__name__
