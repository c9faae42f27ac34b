"""Someone at a browser: opens the link in a mail, fills in, presses the button.

The same doors as real ones, over HTTP: a GET and a POST of the form that the page holds.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from html.parser import HTMLParser
from http.client import HTTPConnection, HTTPException
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urljoin, urlsplit

from outreach.engine.demo import coordinators, raadsleden, replies, roster
from outreach.engine.demo.griffies import ONE_CLICK
from outreach.engine.demo.inbox import Inbox, Visit, parse
from outreach.engine.demo.raadsleden import Guest

SECONDS = 30  #: before a page counts as not answering
_ONE_CLICK = re.compile(rb"^List-Unsubscribe:\s*<([^>]+)>", re.IGNORECASE | re.MULTILINE)
_MEETING = r"https?://[^\s<>\"]+/bijeenkomsten/{}\?g=\w+"
_OWN_PAGE = re.compile(r"https?://[^\s<>\"]+/aanmelding/[^\s<>\"#]+")
_ANSWER = re.compile(r"https?://[^\s<>\"]+/antwoord/[^\s<>\"?]+")


class VisitFailed(Exception):
    """A page did not do what its griffie asked."""


@dataclass(frozen=True)
class Door:
    """Where the running server listens, whatever BASE_URL says."""

    host: str
    port: int


def visit(door: Door, inbox: Inbox, visit: Visit) -> None:
    """Do what this griffie or raadslid was going to do.

    :raises VisitFailed: a page refused, or there is no link in the mail
    """
    act, *rest = visit.act.split()
    raw = inbox.raw(visit.mail) if visit.mail else b""
    try:
        match act:
            case coordinators.MOVE:
                _move(door)
            case _ if act.startswith(replies.PREFIX):
                _write_back(door, inbox, visit)
            case _ if act == ONE_CLICK:
                _unsubscribe(door, raw)
            case raadsleden.REGISTER:
                _register(door, raw, raadsleden.find(rest[0], int(rest[1])))
            case raadsleden.CANCEL | raadsleden.ACCEPT:
                _on_own_page(door, raw, act)
            case _:
                _answer(door, raw, act)
    except (OSError, HTTPException) as error:
        raise VisitFailed(f"mail {visit.mail}: {error}") from error


def _unsubscribe(door: Door, raw: bytes) -> None:
    """What a mail program does at its own button (RFC 8058)."""
    match = _ONE_CLICK.search(raw)
    if match is None:
        raise VisitFailed("no List-Unsubscribe in the mail")
    Browser(door).post(match[1].decode("ascii"), {"List-Unsubscribe": "One-Click"})


def _answer(door: Door, raw: bytes, act: str) -> None:
    browser = Browser(door)
    url = f"{_link(raw, _ANSWER)}?k={act}"
    form = FirstForm(browser.get(url), action=urlsplit(url).path)
    browser.post(urljoin(url, form.action), form.fields)


def _write_back(door: Door, inbox: Inbox, visit: Visit) -> None:
    """A mail comes in; the demo has no mailbox, so that its coordinator reads it in as a file."""
    recipient = inbox.find(visit.mail).recipient
    place = roster.of_recipient(recipient).gemeente
    raw = replies.write(visit.act, inbox.raw(visit.mail), recipient, place, at=visit.due)
    try:
        _read_in(_at_work(door), raw)
    except VisitFailed:  # signed in too long ago, or at another server
        _at_work.cache_clear()
        _read_in(_at_work(door), raw)


def _read_in(browser: "Browser", raw: bytes) -> None:
    path = "/kantoor/reacties/inlezen"
    url = f"http://{browser.door.host}:{browser.door.port}{path}"
    form = FirstForm(browser.get(url), action=path)
    browser.send(url, {"csrf_token": form.fields["csrf_token"]}, "bestanden", raw)


@lru_cache(maxsize=1)
def _at_work(door: Door) -> "Browser":
    """The demo's coordinator, signed in."""
    browser, url = Browser(door), f"http://{door.host}:{door.port}/inloggen"
    form = FirstForm(browser.get(url), action="/inloggen")
    who = {"email": coordinators.EMAIL, "password": coordinators.PASSWORD}
    browser.post(url, form.fields | who)
    return browser


def _register(door: Door, raw: bytes, guest: Guest) -> None:
    """Follow the forwarded letter's link to the meeting, and on to its form."""
    browser = Browser(door)
    page = _link(raw, re.compile(_MEETING.format(guest.meeting)))
    parts = urlsplit(page)
    url = urljoin(page, f"{parts.path}/aanmelden?{parts.query}")
    browser.get(page)
    shown = browser.get(url)
    form = FirstForm(shown, action=urlsplit(url).path)
    fields: dict[str, str | list[str]] = dict(form.fields)
    fields |= {"naam": guest.name, "email": guest.email, "functie": guest.role}
    days = form.choices.get("dag", [])
    if days:
        fields["dag"] = [value for n, value in enumerate(days) if guest.comes_on(n)]
    fields["onderdeel"] = guest.chooses(form.choices.get("onderdeel", ()))
    browser.post(urljoin(url, form.action), fields)


def _on_own_page(door: Door, raw: bytes, act: str) -> None:
    """Open one's own page, and press one of its buttons."""
    browser = Browser(door)
    url = _link(raw, _OWN_PAGE)
    shown = browser.get(url)
    fields = {"doe": act}
    if act == raadsleden.ACCEPT:  # the offer names its day, and stands first
        fields = FirstForm(shown, action=urlsplit(url).path).fields
        if fields.get("doe") != act:
            raise VisitFailed("no offer on the page")
    browser.post(url, fields)


def _move(door: Door) -> None:
    """Sign in at the office, give Haarlem another hall, and agree to the mails it sends."""
    browser, office = Browser(door), f"http://{door.host}:{door.port}"
    signing_in = f"{office}/inloggen"
    form = FirstForm(browser.get(signing_in), action="/inloggen")
    who = {"email": coordinators.EMAIL, "password": coordinators.PASSWORD}
    browser.post(signing_in, form.fields | who)
    path = "/kantoor/bijeenkomsten/haarlem/wijzig"
    form = FirstForm(browser.get(office + path), action=path)
    shown = browser.post(office + path, form.fields | coordinators.NEW_HALL)
    if "gezien" in shown:  # who gets a mail: agreed
        browser.post(office + path, FirstForm(shown, action=path).fields)


def _link(raw: bytes, wanted: re.Pattern[str]) -> str:
    """The first such link in the text of a mail; a reader's program joins nothing here."""
    part = parse(raw).get_body(("plain",))
    match = wanted.search(part.get_content() if part else "")
    if match is None:
        raise VisitFailed(f"no link like {wanted.pattern} in the mail")
    return match[0]


@dataclass
class Browser:
    """As much of one as a form needs: cookies, and the address it came from."""

    door: Door
    cookies: SimpleCookie = field(default_factory=SimpleCookie)
    patience: float = SECONDS

    def get(self, url: str) -> str:
        return self._ask("GET", url, b"")

    def post(self, url: str, fields: Mapping[str, str | list[str]]) -> str:
        return self._ask("POST", url, urlencode(fields, doseq=True).encode())

    def send(self, url: str, fields: Mapping[str, str], name: str, file: bytes) -> str:
        """Send a form with one file (RFC 7578)."""
        edge = "outreach-demo-8f2c1d"
        head = 'Content-Disposition: form-data; name="{}"'
        parts = [f"--{edge}\r\n{head.format(one)}\r\n\r\n{v}\r\n" for one, v in fields.items()]
        last = f'--{edge}\r\n{head.format(name)}; filename="mail.eml"\r\n\r\n'
        body = "".join([*parts, last]).encode() + file + f"\r\n--{edge}--\r\n".encode()
        return self._ask("POST", url, body, f"multipart/form-data; boundary={edge}")

    def _ask(self, method: str, url: str, body: bytes, kind: str = "") -> str:
        parts = urlsplit(url)
        headers = {"Host": parts.netloc, "Accept": "text/html", "Referer": url}
        if self.cookies:
            pairs = (f"{name}={morsel.value}" for name, morsel in self.cookies.items())
            headers["Cookie"] = "; ".join(pairs)
        if body:
            headers["Content-Type"] = kind or "application/x-www-form-urlencoded"
        connection = HTTPConnection(self.door.host, self.door.port, timeout=self.patience)
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
        self.choices: dict[str, list[str]] = {}  #: boxes that are not ticked, by name
        self._buttons: list[tuple[str, str]] = []
        self._inside = self._found = False
        self._list = self._text = ""  #: the name of the list, or the large field, that is open
        self.feed(page)
        if not self._found:
            raise VisitFailed("no form on the page")
        if self._buttons and all(name for name, _ in self._buttons):
            self.fields |= dict(self._buttons[:1])  # only one button is pressed

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        posts = given.get("method", "").lower() == "post" and given.get("action") == self.action
        if tag == "form" and not self._found and posts:
            self._inside = self._found = True
        elif self._inside:
            self._take(tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "textarea":
            self._text = ""
        elif tag == "select":
            self._list = ""

    def handle_data(self, data: str) -> None:
        if self._text:
            self.fields[self._text] += data

    def _take(self, tag: str, given: dict[str, str]) -> None:
        name, value = given.get("name", ""), given.get("value", "")
        match tag, given.get("type", "submit" if tag == "button" else "text"):
            case "select", _:
                self._list = name
            case "option", _ if self._list and (
                "selected" in given or self._list not in self.fields
            ):
                self.fields[self._list] = value
            case "textarea", _:
                self._text, self.fields[name] = name, ""
            case (("input" | "button"), "submit"):
                self._buttons.append((name, value))
            case "input", _ if "disabled" in given:
                pass
            case "input", ("checkbox" | "radio") if "checked" not in given:
                self.choices.setdefault(name, []).append(given.get("value", "on"))
            case "input", _ if name:
                self.fields[name] = given.get("value", "on" if "checked" in given else "")
