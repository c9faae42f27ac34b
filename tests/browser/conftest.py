"""A real browser on a real server. Every page must load without a word on the console.

`page` is someone without an account, `office` a coordinator who is signed in; both have the
methods of `Visitor`. `site.app` is the application, to put things in its database first.
"""

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, Response, sync_playwright
from waitress.server import create_server

from config import Settings
from outreach.accounts.models import Role
from outreach.app import create_app
from outreach.clock import FixedClock
from outreach.db import db
from tests.browser import chromium
from tests.conftest import NOON
from tests.factories import PASSWORD, make_coordinator

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE = {"runOnly": RULES, "resultTypes": ["violations"]}
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
SMALL = {"width": 320, "height": 568}
ZOOMED = {"width": 640, "height": 450}  #: a desk of 1280 at 200 %
EMAIL = "marit@ademruimte.example"
#: Without these a page for the address bar, which nobody sees, is made for each window.
FLAGS = ["--no-sandbox", "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup"]


@dataclass
class Site:
    """A running copy of the product, with a database of its own."""

    app: Flask
    url: str
    clock: FixedClock


@dataclass
class Visitor:
    """Someone with a browser. What the console says is kept; the test fails on it."""

    page: Page
    site: Site
    said: list[str] = field(default_factory=list)

    def visit(self, path: str, status: int = 200) -> Response:
        """Go to a page of the site."""
        response = self.page.goto(self.site.url + path)
        assert response is not None
        assert response.status == status, f"{path}: {response.status}"
        return response

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def tab_to(self, name: str, limit: int = 80) -> None:
        """Go to the link, button or field with this name by the Tab key alone."""
        for _ in range(limit):
            self.page.keyboard.press("Tab")
            if self.focus_name() == name:
                self.check_focus()
                return
        raise AssertionError(f"Tab does not reach “{name}”")

    def focus_name(self) -> str:
        """What a screen reader calls the element with the focus, near enough."""
        return str(
            self.page.evaluate(
                """() => {
                  const e = document.activeElement;
                  const label = e.labels && e.labels.length ? e.labels[0].textContent : "";
                  const name = e.getAttribute("aria-label") || label || e.textContent || "";
                  return name.replace(/\\s+/g, " ").trim();
                }"""
            )
        )

    def check_focus(self) -> None:
        """The element with the focus shows it, and is in sight."""
        found = self.page.evaluate(
            """() => {
              const e = document.activeElement, s = getComputedStyle(e);
              const r = e.getBoundingClientRect();
              return {
                ring: parseFloat(s.outlineWidth) >= 2 && s.outlineStyle !== "none",
                seen: r.bottom > 0 && r.top < innerHeight && r.right > 0 && r.left < innerWidth,
                what: e.outerHTML.slice(0, 120),
              };
            }"""
        )
        assert found["ring"], f"no focus ring: {found['what']}"
        assert found["seen"], f"focus out of sight: {found['what']}"

    def check_axe(self) -> None:
        """axe finds nothing on the page as it is now."""
        found = Axe().run(self.page, options=AXE).response["violations"]
        told = [
            f"{one['id']}: {one['help']}: {node['html'][:160]} {node.get('failureSummary', '')}"
            for one in found
            for node in one["nodes"][:3]
        ]
        assert not told, "\n".join(told)

    def look_at(self, *paths: str, **how: bool) -> None:
        """Visit each page once, and look at it in every way: see `look_around`."""
        for path in paths:
            self.visit(path)
            try:
                self.look_around(**how)
            except AssertionError as error:
                raise AssertionError(f"{path}: {error}") from None

    def look_around(self, *, unfold: bool = False, axe_at_night: bool = True) -> None:
        """The page as it is now: by day at a desk, in forced colours, then in the dark at 320, at
        200 % and on a phone.

        :param unfold: also what stands behind a line that one presses
        """
        if unfold:
            self.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        self.check_axe()
        self.page.emulate_media(forced_colors="active")
        self.check_forced_colours()
        self.page.emulate_media(forced_colors="none", color_scheme="dark")
        for viewport in (SMALL, ZOOMED, PHONE):
            self.page.set_viewport_size(viewport)  # type: ignore[arg-type]
            self.check_fits()
        if axe_at_night:
            self.check_axe()
        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size(DESK)  # type: ignore[arg-type]

    def check_forced_colours(self) -> None:
        """Buttons keep an edge and boxes to tick their own look, where colours are taken away."""
        lost = self.page.evaluate(
            """() => [...document.querySelectorAll("main .btn, [type=checkbox], [type=radio]")]
              .filter((e) => e.checkVisibility())
              .filter((e) => {
                const s = getComputedStyle(e);
                return e.matches(".btn") ? s.borderTopStyle !== "solid" : s.appearance === "none";
              }).map((e) => e.outerHTML.slice(0, 100))"""
        )
        assert not lost, "\n".join(lost)

    def check_fits(self) -> None:
        """Nothing sticks out sideways (a table may scroll within its own frame)."""
        wide = self.page.evaluate(
            """() => {
              const width = document.documentElement.clientWidth;
              if (document.documentElement.scrollWidth <= width) return [];
              return [...document.querySelectorAll("body *")]
                .filter((e) => e.getBoundingClientRect().right > width + 1)
                .map((e) => e.outerHTML.slice(0, 100)).slice(-5);
            }"""
        )
        assert not wide, "\n".join(wide)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium.get()
    if path is None:
        pytest.fail(chromium.MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def site(tmp_path: Path, sqlite_template: Path) -> Iterator[Site]:
    """The product on a free port, with the 342 gemeenten and one coordinator, an owner."""
    database = tmp_path / "outreach.db"
    shutil.copyfile(sqlite_template, database)
    with serving(tmp_path, f"sqlite:///{database}") as site:
        yield site


class serving:
    """`with serving(folder, url) as site:` runs the product until the block ends."""

    def __init__(self, folder: Path, url: str, smtp_url: str = "") -> None:
        self.clock = FixedClock(NOON)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.settings = Settings(
            instance=folder / "instance",
            database_url=url,
            base_url=self.url,
            secret_key="a secret of the tests, long enough",
            env="test",
            rate_limits="off",
            smtp_url=smtp_url,
        )
        self.app = create_app(self.settings, clock=self.clock)

    def __enter__(self) -> Site:
        with self.app.app_context():
            make_coordinator(email=EMAIL, name="Marit Zuidema", role=Role.OWNER)
        self.server = create_server(self.app, sockets=[self.listener], threads=4)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        return Site(self.app, self.url, self.clock)

    def __exit__(self, *_error: object) -> None:
        self.server.close()
        self.thread.join(timeout=10)
        with self.app.app_context():
            db.engine.dispose()


@pytest.fixture
def visitors(browser: Browser, site: Site) -> Iterator[Callable[..., Visitor]]:
    """Make visitors: `visitors(viewport=PHONE, color_scheme="dark")`. Their consoles are read."""
    made: list[tuple[BrowserContext, Visitor]] = []

    def make(**options: Any) -> Visitor:
        context = browser.new_context(
            locale="nl-NL", reduced_motion="reduce", **({"viewport": DESK} | options)
        )
        visitor = Visitor(context.new_page(), site)
        visitor.page.on("console", lambda message: visitor.said.append(message.text))
        visitor.page.on("pageerror", lambda error: visitor.said.append(str(error)))
        made.append((context, visitor))
        return visitor

    yield make
    for context, visitor in made:
        context.close()
        assert visitor.said == [], visitor.said


@pytest.fixture
def page(visitors: Callable[..., Visitor]) -> Visitor:
    """Someone without an account, at a desk."""
    return visitors()


@pytest.fixture
def office(visitors: Callable[..., Visitor]) -> Visitor:
    """Marit, signed in, at a desk."""
    return sign_in(visitors())


def sign_in(visitor: Visitor, email: str = EMAIL) -> Visitor:
    """Sign in by the form, as people do."""
    visitor.visit("/inloggen")
    visitor.page.fill("#email", email)
    visitor.page.fill("#password", PASSWORD)
    visitor.page.press("#password", "Enter")
    visitor.page.wait_for_url("**/kantoor/")
    return visitor
