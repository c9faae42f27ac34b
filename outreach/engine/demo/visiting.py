"""A griffie at its browser: opens the link in its mail, ticks, presses the button.

The same doors as real ones, over HTTP: a GET and a POST of the form that the page holds.
"""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPConnection, HTTPException
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urljoin, urlsplit

from outreach.engine.demo.griffies import ONE_CLICK
from outreach.engine.demo.inbox import Inbox, Visit, parse

SECONDS = 30  #: before a page counts as not answering
_ONE_CLICK = re.compile(rb"^List-Unsubscribe:\s*<([^>]+)>", re.IGNORECASE | re.MULTILINE)
_ANSWER = re.compile(r"https?://[^\s<>\"]+/antwoord/[^\s<>\"?]+")


class VisitFailed(Exception):
    """A page did not do what its griffie asked."""


@dataclass(frozen=True)
class Door:
    """Where the running server listens, whatever BASE_URL says."""

    host: str
    port: int


def visit(door: Door, inbox: Inbox, visit: Visit) -> None:
    """Do what this griffie was going to do.

    :raises VisitFailed: a page refused, or there is no link in the mail
    """
    raw = inbox.raw(visit.mail)
    try:
        if visit.act == ONE_CLICK:
            _unsubscribe(door, raw)
        else:
            _answer(door, raw, visit.act)
    except (OSError, HTTPException) as error:
        raise VisitFailed(f"mail {visit.mail}: {error}") from error


def _unsubscribe(door: Door, raw: bytes) -> None:
    """What a mail program does at its own button (RFC 8058)."""
    match = _ONE_CLICK.search(raw)
    if match is None:
        raise VisitFailed("no List-Unsubscribe in the mail")
    Browser(door).post(match[1].decode("ascii"), {"List-Unsubscribe": "One-Click"})


def _answer(door: Door, raw: bytes, act: str) -> None:
    part = parse(raw).get_body(("plain",))
    match = _ANSWER.search(part.get_content() if part else "")
    if match is None:
        raise VisitFailed("no answer link in the mail")
    browser = Browser(door)
    url = f"{match[0]}?k={act}"
    form = FirstForm(browser.get(url), action=urlsplit(url).path)
    browser.post(urljoin(url, form.action), form.fields)


@dataclass
class Browser:
    """As much of one as a form needs: cookies, and the address it came from."""

    door: Door
    cookies: SimpleCookie = field(default_factory=SimpleCookie)

    def get(self, url: str) -> str:
        return self._ask("GET", url, b"")

    def post(self, url: str, fields: dict[str, str]) -> str:
        return self._ask("POST", url, urlencode(fields).encode())

    def _ask(self, method: str, url: str, body: bytes) -> str:
        parts = urlsplit(url)
        headers = {"Host": parts.netloc, "Accept": "text/html", "Referer": url}
        if self.cookies:
            pairs = (f"{name}={morsel.value}" for name, morsel in self.cookies.items())
            headers["Cookie"] = "; ".join(pairs)
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = HTTPConnection(self.door.host, self.door.port, timeout=SECONDS)
        try:
            connection.request(
                method, parts.path + (f"?{parts.query}" if parts.query else ""), body, headers
            )
            response = connection.getresponse()
            text = response.read().decode("utf-8")
        finally:
            connection.close()
        for cookie in response.headers.get_all("Set-Cookie", []):
            self.cookies.load(cookie)
        if response.status >= 400:
            raise VisitFailed(f"{method} {parts.path[:40]}: {response.status}")
        return text


class FirstForm(HTMLParser):
    """The first form of a page that posts to `action`, filled in as the page came.

    The demo's bar has forms too, and stands above every page.
    """

    def __init__(self, page: str, *, action: str) -> None:
        super().__init__()
        self.action = action
        self.fields: dict[str, str] = {}
        self._inside = self._found = False
        self.feed(page)
        if not self._found:
            raise VisitFailed("no form on the page")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        posts = given.get("method", "").lower() == "post" and given.get("action") == self.action
        if tag == "form" and not self._found and posts:
            self._inside = self._found = True
        elif self._inside and tag in ("input", "button") and given.get("name"):
            self._take(tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False

    def _take(self, tag: str, given: dict[str, str]) -> None:
        kind = given.get("type", "submit" if tag == "button" else "text")
        if kind in ("checkbox", "radio") and "checked" not in given:
            return
        if kind == "submit" and any(name == given["name"] for name in self.fields):
            return  # only the first button is pressed
        self.fields[given["name"]] = given.get("value", "on" if kind == "checkbox" else "")
