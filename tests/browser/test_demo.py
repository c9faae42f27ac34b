"""A newcomer and the demo: the clock is moved from March to November.

The map takes colour, raadsleden register, one cancels and another moves up, a hall changes.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import DESK, SMALL, Site, Visitor

pytestmark = pytest.mark.browser

#: Two letters to half the country and a reminder, on a machine that does more than this.
WALK_MS = 900_000


@pytest.fixture(scope="module")
def demo() -> Iterator[str]:
    """`outreach demo`, and the address it prints. It must end in peace and without a fault."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("OUTREACH_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "outreach.cli", "demo", "--port", "0"],
        env=kept,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    screen = "".join(iter(process.stdout.readline, "Stop with Ctrl-C.\n"))
    yield re.findall(r"^Outreach: (\S+)$", screen, re.M)[0]
    process.send_signal(signal.SIGINT)
    _, faults = process.communicate(timeout=60)
    assert (process.returncode, faults) == (0, "")


@pytest.fixture
def newcomer(browser: Browser, demo: str) -> Iterator[Visitor]:
    context = browser.new_context(locale="nl-NL", viewport=DESK)
    nobody: Any = None
    visitor = Visitor(context.new_page(), Site(nobody, demo, nobody))
    visitor.page.on("console", lambda message: visitor.said.append(message.text))
    visitor.page.on("pageerror", lambda error: visitor.said.append(str(error)))
    yield visitor
    context.close()
    assert visitor.said == []


def sign_in(newcomer: Visitor) -> None:
    """With what the front page of a demo says."""
    page = newcomer.page
    newcomer.visit("/")
    email, password = (
        page.locator(f"dt:text-is('{name}') + dd").first.inner_text()
        for name in ("E-mailadres", "Wachtwoord")
    )
    newcomer.visit("/inloggen")
    page.get_by_label("E-mailadres").fill(email)
    page.get_by_label("Wachtwoord").fill(password)
    page.get_by_role("button", name="Log in").click()


def test_the_story_from_march_to_may(newcomer: Visitor) -> None:
    page = newcomer.page
    sign_in(newcomer)
    assert "vr 20 maart 2026, 10.0" in page.inner_text(".demobalk")

    page.get_by_role("button", name="Naar de volgende gebeurtenis").click()
    page.locator(".demobalk", has_text="ma 23 maart 2026, 9.0").wait_for(timeout=WALK_MS)

    newcomer.visit("/demo/klok")
    page.get_by_label("Naar 9.00 uur op een dag").fill("2026-05-01")
    page.get_by_role("button", name="Zet de klok vooruit").click()
    page.locator(".staat.geen", has_text="vr 1 mei 2026, 9.0").wait_for(timeout=WALK_MS)

    newcomer.visit("/kantoor/brieven/oproep-eenzaamheid")
    tiles = {
        name: page.locator(f".kaart .s-{name} rect, .kaart rect.s-{name}").count()
        for name in ("niet", "doorgestuurd", "lijst", "ontvangen", "onbestelbaar", "geenpost")
    }
    assert (tiles["niet"], tiles["onbestelbaar"], tiles["geenpost"]) == (2, 5, 2)
    assert tiles["doorgestuurd"] > 20
    assert tiles["ontvangen"] > 50
    assert tiles["lijst"] > 5
    newcomer.visit("/kantoor/brieven/oproep-eenzaamheid/stap/2")
    assert re.search(r"3\d\d", page.inner_text("main"))

    newcomer.visit("/demo/post?zoek=Herinnering")
    page.get_by_role("link", name="Herinnering: oproep aan de raad").first.click()
    assert "23 maart 2026" in page.frame_locator("iframe").locator("body").inner_text()


def test_the_demos_own_pages_are_fit_to_use(newcomer: Visitor) -> None:
    page = newcomer.page
    newcomer.visit("/demo/post")
    if "nog niets verstuurd" in page.inner_text("main"):  # this test runs by itself
        page.get_by_role("button", name="Naar de volgende gebeurtenis").click()
        page.locator(".demobalk", has_text="ma 23 maart 2026, 9.0").wait_for(timeout=WALK_MS)

    for viewport in (DESK, SMALL):
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        for path in ("/demo/klok", "/demo/post", *(f"/demo/post/1?als={als}" for als in WAYS)):
            newcomer.visit(path)
            newcomer.check_axe()
            newcomer.check_fits()

    newcomer.visit("/demo/post")
    newcomer.tab_to("Een uur")
    newcomer.tab_to("Naar de volgende gebeurtenis")
    newcomer.tab_to("Zoek op adres of onderwerp")


def test_the_meetings_from_may_to_november(newcomer: Visitor) -> None:
    page = newcomer.page
    sign_in(newcomer)
    newcomer.visit("/demo/klok")
    page.get_by_label("Naar 9.00 uur op een dag").fill("2026-11-18")
    page.get_by_role("button", name="Zet de klok vooruit").click()
    page.locator(".staat.geen", has_text="wo 18 november 2026, 9.0").wait_for(timeout=WALK_MS)

    newcomer.visit("/kantoor/bijeenkomsten/haarlem")
    shown = page.inner_text("main")
    assert "25 bezet" in " ".join(shown.split())
    assert "De Oude Drukkerij" in shown
    for subject in ("Er is plaats voor u", "Gewijzigd", "Geannuleerd", "U staat op de wachtlijst"):
        newcomer.visit(f"/demo/post?zoek={subject.replace(' ', '+')}")
        assert page.get_by_role("link", name=subject).count() > 0, subject
    newcomer.visit("/")
    assert "voorbij" in page.inner_text("main")


WAYS = ("html", "tekst", "bron", "delen")
