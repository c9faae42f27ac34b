"""The office by eye, by keyboard, on a phone, enlarged and in forced colours."""

from collections.abc import Callable

import pytest

from outreach.db import db
from tests.browser.conftest import PHONE, Site, Visitor, sign_in
from tests.factories import make_sender
from tests.letters.clipboards import WORD
from tests.web import scenes

pytestmark = pytest.mark.browser

PAGES = (
    "/kantoor/",
    "/kantoor/brieven/",
    "/kantoor/brieven/oproep",
    "/kantoor/brieven/oproep?status=doorgestuurd",
    "/kantoor/brieven/pamflet?status=onzeker",
    "/kantoor/brieven/oproep/stap/1",
    "/kantoor/brieven/oproep/stap/2?g=zeist",
    "/kantoor/brieven/oproep/stap/1/voorbeeld",
    "/kantoor/brieven/oproep/stap/1/voorbeeld?als=tekst",
    "/kantoor/brieven/deltaplan",
    "/kantoor/brieven/deltaplan/stap/1/schrijf",
    "/kantoor/brieven/deltaplan/stap/2/schrijf",
    "/kantoor/brieven/deltaplan/wijzig",
    "/kantoor/brieven/deltaplan/weg",
    "/kantoor/brieven/oproep/stop",
    "/kantoor/brieven/nieuw",
    "/kantoor/brieven/inlezen",
    "/kantoor/zoek/?q=zei",
    "/kantoor/instellingen/",
    "/kantoor/instellingen/afzender",
    "/kantoor/instellingen/account",
    "/kantoor/instellingen/account/1",
    "/kantoor/instellingen/wachtwoord",
)
#: A table of 342 rows, which axe reads for half a minute: once is enough.
LONG = ("/kantoor/brieven/oproep",)


@pytest.fixture(autouse=True)
def _story(site: Site) -> None:
    """A letter with answers, one that is leaving, and a draft."""
    with site.app.app_context():
        sender = make_sender(name="Naast Elkaar", email="post@naastelkaar.example")
        scenes.make_griffies()
        for slug, values in (("oproep", {}), ("pamflet", {"uncertain": 2, "waiting": 78})):
            campaign = scenes.make_letter(slug.capitalize(), sender=sender)
            campaign.slug = slug
            scenes.make_sent(campaign, **values)
        draft = scenes.make_draft("Deltaplan mentale gezondheid", sender=sender)
        draft.slug = "deltaplan"
        db.session.commit()


def test_every_page_is_seen_and_read_by_everyone(office: Visitor) -> None:
    office.look_at(*(path for path in PAGES if path not in LONG))
    office.look_at(*LONG, axe_at_night=False)


def test_the_frame_shows_its_focus_and_the_map_is_one_tab_stop_with_arrow_keys(
    office: Visitor,
) -> None:
    office.visit("/kantoor/brieven/oproep")
    office.tab_to("Ga naar de inhoud")
    office.press("Enter")
    office.tab_to("Brieven")
    office.tab_to("Pauzeer")
    office.tab_to("Meer")

    office.press("Tab")
    first = office.focus_name()
    office.press("ArrowDown", "ArrowRight")
    second = office.focus_name()
    office.check_focus()
    office.press("End")
    last = office.focus_name()
    office.press("Tab")

    assert first.startswith(("Schiermonnikoog: ", "Ameland: "))
    assert second not in (first, last)
    assert office.focus_name() == "Bekijk dezelfde 342 in de tabel"
    office.press("Shift+Tab")
    assert office.focus_name() == last  # it remembers where you were

    office.press("/")
    office.page.keyboard.type("zeist")
    office.press("Enter")
    office.page.wait_for_selector("main h1:has-text('Zoek')")
    assert "Zeist" in office.page.inner_text("main")


def test_on_a_phone_the_map_is_a_picture(visitors: Callable[..., Visitor]) -> None:
    office = sign_in(visitors(viewport=PHONE))
    office.visit("/kantoor/brieven/oproep")

    assert office.page.get_attribute("svg.kaart", "role") == "img"
    assert office.page.locator("svg.kaart a[tabindex='0']").count() == 0
    office.tab_to("Bekijk dezelfde 342 in de tabel")


def test_progress_renews_itself_and_the_page_when_all_have_left(
    office: Visitor, site: Site
) -> None:
    office.visit("/kantoor/brieven/pamflet")
    assert "262 van 340" in office.page.inner_text(".voortgang")

    with site.app.app_context():
        scenes.accept_waiting("pamflet", 50)
    office.page.wait_for_selector(".voortgang >> text=312 van 340", timeout=8000)

    with site.app.app_context():
        scenes.accept_waiting("pamflet", 100)
    office.page.wait_for_selector(".voortgang", state="detached", timeout=8000)


def test_a_letter_is_written_and_planned_by_keyboard(office: Visitor, site: Site) -> None:
    office.visit("/kantoor/")
    office.tab_to("Schrijf een brief")
    office.press("Enter")
    office.page.wait_for_url("**/nieuw")
    office.tab_to("Naam van de brief")
    office.page.keyboard.type("Ademruimte voor jongeren")
    office.tab_to("Bewaar en schrijf de tekst")
    office.press("Enter")
    office.page.wait_for_url("**/stap/1/schrijf")
    office.tab_to("Onderwerp")
    office.page.keyboard.type("Oproep aan de raad van {{gemeente}}")
    _write_with_buttons(office)
    office.page.fill("#send_at", "2026-03-24T09:00")
    office.page.focus("#subject")
    office.press("Enter")
    office.page.wait_for_url("**#controle")
    office.visit("/kantoor/brieven/ademruimte-voor-jongeren")
    boxes = office.page.locator("input[name=gezien]").all()
    for box in boxes:
        box.focus()
        office.press("Space")
    office.tab_to("Plan de brief")
    office.press("Enter")
    office.page.wait_for_url("**/ademruimte-voor-jongeren")

    assert boxes, "a letter without a kenmerk has a point to tick off"
    assert "loopt sinds ma 23 maart" in office.page.inner_text("main")
    assert "di 24 maart, 9.00 uur" in office.page.inner_text("main")


def _write_with_buttons(office: Visitor) -> None:
    """The mail, with the toolbar by keyboard and a piece pasted from Word; all of it undone."""
    page, before = office.page, office.page.input_value("#mail")
    page.fill("#letter", "Geachte raad,\n\n")
    page.focus("#mail")
    office.press("Shift+Tab")
    assert office.focus_name() == "Vet"  # one tab stop
    office.press("End", "ArrowRight", "ArrowRight", "ArrowRight")
    assert office.focus_name() == "• Lijst"
    office.check_focus()
    page.focus("#letter")
    office.press("Control+End", "Control+b")
    page.keyboard.type("Let op")
    assert page.input_value("#letter") == "Geachte raad,\n\n**Let op**"
    office.press("Control+End", "Enter", "Enter")
    page.evaluate(
        """(html) => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text/html", html);
          clipboardData.setData("text/plain", "gewone tekst");
          const paste = new ClipboardEvent("paste", { clipboardData, cancelable: true });
          document.getElementById("letter").dispatchEvent(paste);
        }""",
        WORD,
    )
    page.wait_for_selector("[data-voor=letter] [role=status] >> text=1 afbeelding")
    assert "1. Noem een **bedrag**.\n   - per wijk" in page.input_value("#letter")
    office.press("Control+z")
    assert page.input_value("#letter").rstrip() == "Geachte raad,\n\n**Let op**"
    page.fill("#letter", "")
    page.fill("#mail", "Dit is half af")
    page.wait_for_selector("#klad >> text=Klad bewaard", timeout=8000)
    page.reload()
    assert page.input_value("#mail") == "Dit is half af"
    page.route("**/klad?*", lambda route: route.abort())
    page.fill("#mail", before)
    page.wait_for_selector("#klad >> text=geen verbinding", timeout=8000)
    page.unroute("**/klad?*")
    office.said.clear()  # that the connection was lost
    page.reload()
    assert page.input_value("#mail") == before  # out of this browser
    page.wait_for_selector("#klad >> text=typte")
    page.focus("#subject")


def test_forced_colours_keep_borders_and_signs(visitors: Callable[..., Visitor]) -> None:
    office = sign_in(visitors(forced_colors="active"))
    office.visit("/kantoor/brieven/oproep?status=doorgestuurd")

    seen = office.page.evaluate(
        """() => {
          const style = (q) => getComputedStyle(document.querySelector(q));
          const sign = style(".kasboek .tg use"), tile = style(".kasboek .tg");
          return {
            button: style(".daden .btn").borderTopStyle,
            tile: tile.borderTopStyle,
            apart: sign.color !== tile.backgroundColor,
            field: style("#q").borderTopStyle,
          };
        }"""
    )

    assert seen == {"button": "solid", "tile": "solid", "apart": True, "field": "solid"}
    office.check_axe()


def test_the_office_works_without_script(visitors: Callable[..., Visitor]) -> None:
    office = sign_in(visitors(java_script_enabled=False))

    office.visit("/kantoor/brieven/oproep")
    office.page.click("main summary:has-text('Meer')")
    office.page.click("text=Lees de brief")
    office.page.select_option("#wie", index=5)
    office.page.click("button:has-text('Laat zien')")

    assert office.page.inner_text("h1") == "Lees de brief"
    assert office.page.locator("iframe").count() == 1
