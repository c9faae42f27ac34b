"""A client that reads every page it gets as a strict reader would, and fills in forms."""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from html import unescape
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from flask import Flask, g
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, RequestRedirect
from werkzeug.test import TestResponse

VOID = ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr")
BLOCKS = ("td", "th", "tr", "li", "p", "h1", "h2", "h3", "dt", "dd", "caption", "div", "a", "label")
CONTROLS = ("input", "select", "textarea")
ON = re.compile(r"on[a-z]+$")
RAW = ("script", "style")
TOKEN = re.compile(
    r"""(?P<text>[^<]+) | <!--.*?--> | <![^>]*> | </(?P<closed>[a-zA-Z][^\s/>]*)[^>]*>
    | <(?P<opened>[a-zA-Z][^\s/>]*)(?P<more>(?:[^>"']++|"[^"]*"|'[^']*')*+)> | (?P<stray><)""",
    re.X | re.S,
)
ATTRIBUTE = re.compile(r"""([^\s=/"']+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")
#: How the addresses of each application's routes were found, by path and method.
_found: WeakKeyDictionary[Map, dict[tuple[str, str], str]] = WeakKeyDictionary()
REFERENCES = ("for", "aria-describedby", "aria-labelledby", "aria-controls", "form")


class Node:
    """One element; what it says is put together when it is asked for."""

    def __init__(self, tag: str, attrs: dict[str, str], said: list[str]) -> None:
        self.tag = tag
        self.attrs = attrs
        self._said = said  #: what the whole page says, piece by piece
        self._from = len(said)
        self._to: int | None = None  #: none until it is closed

    def close(self) -> None:
        self._to = len(self._said)

    @property
    def text(self) -> str:
        return "".join(self._said[self._from : self._to])


@dataclass
class Page:
    """The elements of one HTML page, in order, and what is wrong with it."""

    source: str
    nodes: list[Node] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        nodes, faults = _read(self.source)
        self.nodes += nodes
        self.faults += faults

    def all(self, *tags: str) -> list[Node]:
        return [node for node in self.nodes if node.tag in tags]

    @property
    def text(self) -> str:
        """What a reader reads, with single spaces."""
        body = next(node for node in self.nodes if node.tag == "body")
        return " ".join(body.text.split())

    @property
    def title(self) -> str:
        return self.all("title")[0].text

    @property
    def h1(self) -> str:
        return " ".join(self.all("h1")[0].text.split())

    def links(self) -> dict[str, str]:
        return {" ".join(a.text.split()): a.attrs.get("href", "") for a in self.all("a")}


@lru_cache(maxsize=4)
def _read(source: str) -> tuple[list[Node], list[str]]:
    """Read the elements of a page; the same page is often read twice in a row.

    By one pattern: `html.parser` took a third of what the tests of pages cost.
    """
    reader, at = _Reader(), 0
    while token := TOKEN.match(source, at):
        at = token.end()
        if text := token["text"] or token["stray"]:
            reader.said.append(unescape(text))
        elif token["closed"]:
            reader.end(token["closed"].lower())
        elif token["opened"]:
            tag = token["opened"].lower()
            reader.start(tag, token["more"])
            if tag in RAW and not token["more"].endswith("/"):
                at = reader.raw(source, at, tag)
    return reader.nodes, reader.faults + [f"<{n.tag}> is never closed" for n in reader.open]


class _Reader:
    """What was read so far."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.open: list[Node] = []
        self.said: list[str] = []
        self.faults: list[str] = []

    def start(self, tag: str, more: str) -> None:
        attrs = {name.lower(): unescape(a or b or c) for name, a, b, c in ATTRIBUTE.findall(more)}
        node = Node(tag, attrs, self.said)
        self.nodes.append(node)
        if tag in VOID or more.endswith("/"):
            node.close()
        else:
            self.open.append(node)

    def end(self, tag: str) -> None:
        if tag in BLOCKS:
            self.said.append(" ")
        if not self.open or self.open[-1].tag != tag:
            around = self.open[-1].tag if self.open else "nothing"
            self.faults.append(f"</{tag}> closes <{around}>")
            return
        self.open.pop().close()

    def raw(self, source: str, at: int, tag: str) -> int:
        """Take what a script holds as it is; return where it ends."""
        end = source.lower().find(f"</{tag}", at)
        end = len(source) if end < 0 else end
        self.said.append(source[at:end])
        return end


def check(page: Page, app: Flask) -> None:
    """Fail on what no page of ours may have."""
    ids = [node.attrs["id"] for node in page.nodes if "id" in node.attrs]
    faults = list(page.faults)
    faults += [f"id {name} stands twice" for name in {i for i in ids if ids.count(i) > 1}]
    faults += [f"{len(page.all('h1'))} h1" for _ in [0] if len(page.all("h1")) != 1]
    if not page.title.strip() or page.title.strip().startswith("–"):
        faults.append("no title")
    if page.all("html")[0].attrs.get("lang") not in ("nl", "en"):
        faults.append("no lang")
    known = set(ids)
    labelled = {label.attrs.get("for") for label in page.all("label")}
    for node in page.nodes:
        faults += _inline(node) + _references(node, known) + _names(node, labelled)
        faults += _links(node, known, app)
    assert not faults, "\n".join(faults)


def _inline(node: Node) -> list[str]:
    faults = [f"<{node.tag} {n}>" for n in node.attrs if n == "style" or ON.match(n)]
    data = node.attrs.get("type") == "application/ld+json"  # a data block: it does not run
    if node.tag == "style" or (node.tag == "script" and "src" not in node.attrs and not data):
        faults.append(f"inline <{node.tag}>")
    faults += [f"{v}" for v in node.attrs.values() if v.strip().lower().startswith("javascript:")]
    return faults


def _references(node: Node, ids: set[str]) -> list[str]:
    return [
        f"<{node.tag} {name}={wanted}>: no such id"
        for name in REFERENCES
        for wanted in node.attrs.get(name, "").split()
        if wanted not in ids
    ]


def _names(node: Node, labelled: set[str | None]) -> list[str]:
    named = {"aria-label", "aria-labelledby", "title"} & node.attrs.keys()
    if node.tag in ("a", "button", "summary") and not (node.text.strip() or named):
        return [f"<{node.tag} {node.attrs}> has no words"]
    if node.tag == "img" and "alt" not in node.attrs:
        return [f"img without alt: {node.attrs}"]
    unseen = node.attrs.get("type") in ("hidden", "submit") or "hidden" in node.attrs
    if node.tag not in CONTROLS or unseen:
        return []
    return (
        [] if node.attrs.get("id") in labelled or named else [f"field without label: {node.attrs}"]
    )


def _links(node: Node, ids: set[str], app: Flask) -> list[str]:
    method = "GET"
    if node.tag == "form" and "action" in node.attrs:
        target, method = node.attrs["action"], node.attrs.get("method", "get").upper()
    elif node.tag in ("a", "iframe", "img") and ({"href", "src"} & node.attrs.keys()):
        target = node.attrs.get("href") or node.attrs.get("src") or ""
    elif "hx-get" in node.attrs:
        target = node.attrs["hx-get"]
    else:
        return [f"<a> without href: {node.text}"] if node.tag == "a" else []
    parts = urlsplit(target)
    if parts.scheme in ("mailto", "tel", "https", "http", "webcal", "data"):
        return []
    if target.startswith("#"):
        return [] if target[1:] in ids else [f"{target} leads nowhere"]
    if not parts.path or parts.path.startswith("/static/"):
        return []
    seen = _found.setdefault(app.url_map, {})
    if (parts.path, method) not in seen:
        seen[parts.path, method] = _look_up(app.url_map, parts.path, method)
    fault = seen[parts.path, method]
    return [f"{method} {target}: {fault}"] if fault else []


def _look_up(routes: Map, path: str, method: str) -> str:
    """Why no page answers at a path, or nothing when one does."""
    try:
        routes.bind("localhost").match(path, method=method)
    except RequestRedirect:
        return ""
    except HTTPException as error:
        return str(error.code)
    return ""


class PageClient(FlaskClient):
    """Fails on any HTML page with a fault; fills in forms with their own token."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        # A test's pushed context is every request's: nothing of one may stay for the next.
        for name in ("_login_user", "csrf_token", "csrf_valid"):
            g.pop(name, None)
        response = super().open(*args, **({"buffered": True} | kwargs))
        ours = response.mimetype == "text/html" and not 300 <= response.status_code < 400
        if ours and response.data.startswith(b"<!doctype"):
            check(Page(response.text), self.application)
        return response

    def page(self, url: str, status: int = 200) -> Page:
        """The page at this address."""
        response = self.get(url)
        assert response.status_code == status, (response.status, response.headers)
        return Page(response.text)

    def submit(self, url: str, action: str = "", /, **values: Any) -> TestResponse:
        """Open a page, fill in the form that posts to `action` (the first POST form), send it.

        Fields that are not named keep what the page holds. None leaves a field out.
        """
        form = Form(self.page(url), action or url.split("?")[0])
        sent = {name: v for name, v in (form.values | values).items() if v is not None}
        return self.post(form.action, data=sent)


class Form:
    """What a form on a page would send as it stands."""

    def __init__(self, page: Page, action: str) -> None:
        self.values: dict[str, Any] = {}
        self.action = action
        inside, found, select = False, False, ""
        forms = [f for f in page.all("form") if f.attrs.get("method", "").lower() == "post"]
        matching = [f for f in forms if f.attrs.get("action") == action]
        assert matching, f"no form posts to {action}: {[f.attrs for f in forms]}"
        for node in page.nodes:
            if node.tag == "form":
                inside, found = node is matching[0], True
            if found and (inside or node.attrs.get("form") == matching[0].attrs.get("id", "-")):
                select = self._take(node, select)

    def _take(self, node: Node, select: str) -> str:
        name, kind = node.attrs.get("name", ""), node.attrs.get("type", "")
        if node.tag == "select":
            return name
        if node.tag == "option" and (select not in self.values or "selected" in node.attrs):
            self.values[select] = node.attrs.get("value", node.text)
        elif node.tag == "textarea":
            self.values[name] = node.text.removeprefix("\r\n").removeprefix("\n")
        elif node.tag == "input" and kind in ("checkbox", "radio"):
            if "checked" in node.attrs and kind == "radio":
                self.values[name] = node.attrs.get("value", "on")
            elif "checked" in node.attrs:
                self.values.setdefault(name, []).append(node.attrs.get("value", "on"))
        elif node.tag == "input" and kind != "file" and name:
            self.values[name] = node.attrs.get("value", "")
        return select
