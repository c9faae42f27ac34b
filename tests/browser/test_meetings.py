"""A raadslid with a forwarded letter reads, registers, cancels: by thumb, by keyboard, anyhow."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from outreach.accounts.audit import SYSTEM
from outreach.db import db
from outreach.delivery.models import Message
from outreach.events import door_links, presence, registering
from outreach.events.models import Meeting, MeetingState, Registration, Tap
from outreach.web.context import links
from tests.browser.conftest import PHONE, SMALL, ZOOMED, Site, Visitor
from tests.conftest import NOON
from tests.factories import MEETING_LINKS, make_meeting, make_registration, make_sender, make_wanted

pytestmark = pytest.mark.browser

ROTTERDAM = "/bijeenkomsten/rotterdam"
OWN_PAGE = r"/aanmelding/[\w-]+"
FORM = f"{ROTTERDAM}/aanmelden"
THREE_DAYS = (
    (date(2026, 9, 11), "10:00", "17:00", 120),
    (date(2026, 9, 12), "09:30", "16:30", 1),
    (date(2026, 9, 13), "11:00", "15:00", 60),
)


@pytest.fixture
def pages(site: Site) -> list[str]:
    """Every kind of page about meetings, with something on each."""
    with site.app.app_context():
        make_sender(name="Initiatief Ademruimte")
        rotterdam = make_meeting(
            "rotterdam",
            days=THREE_DAYS,
            title="Drie dagen ademruimte",
            summary="Bezoek plekken waar jongeren zo kunnen binnenlopen.",
            audience="Raadsleden, wethouders en griffiers",
            accessibility="Overal zonder drempel.",
            contact="Bel Ilse Verhagen, 030 000 00 00, of mail ilse@ademruimte.example",
            text="## Waarom\n\nLees [wat eraan voorafging](https://lees.example).\n\n- een\n- twee",
            themes=["Jongeren"],
            questions=[
                {"key": "lunch", "label": "Eet u mee?", "type": "choice", "options": ["Ja", "Nee"]}
            ],
        )
        rotterdam.days[0].title = "Kijken"
        rotterdam.days[0].programme = [{"at": "10.00", "what": "Ontvangst met koffie"}]
        off = make_meeting("assen", cancel_reason="De zaal is niet beschikbaar.")
        off.state = MeetingState.CANCELLED
        first, offered, waiting = (make_registration(rotterdam, n) for n in (1, 2, 3))
        registering.cancel(first, links=MEETING_LINKS, now=NOON)
        doubtful = make_wanted(rotterdam, 4, doubtful=True)
        held = registering.register(rotterdam, doubtful, links=MEETING_LINKS, now=NOON)
        own = [first, offered, waiting, held.registration]
        found = [f"/aanmelding/{one.secret}" for one in own]
        db.session.commit()
    return ["/", ROTTERDAM, "/bijeenkomsten/assen", FORM, *found]


def open_all(visitor: Visitor) -> None:
    visitor.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")


def refused(visitor: Visitor, *statuses: int) -> None:
    """Chromium itself reports a page with an error's status on the console; nothing else may."""
    assert [re.findall(r"status of (\d+)", line) for line in visitor.said] == [
        [str(status)] for status in statuses
    ], visitor.said
    visitor.said.clear()


@dataclass
class Counted:
    """A thumb: each press and each field that is filled in counts."""

    visitor: Visitor
    deeds: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.deeds.append(path)
        self.visitor.visit(path)

    def tap(self, name: str) -> None:
        self.deeds.append(name)
        self.visitor.page.locator("a, button, label", has_text=name).first.click()

    def fill(self, label: str, value: str) -> None:
        self.deeds.append(label)
        control = self.visitor.page.get_by_label(label, exact=True)
        if control.evaluate("e => e.tagName") == "SELECT":
            control.select_option(label=value)
        else:
            control.fill(value)


def test_from_the_forwarded_letter_to_registered_and_cancelled_elsewhere(
    visitors: Callable[..., Visitor], pages: list[str], site: Site
) -> None:
    phone = visitors(viewport=PHONE, has_touch=True, is_mobile=True, java_script_enabled=False)
    thumb = Counted(phone)

    thumb.open(f"{ROTTERDAM}?g=GM1900")
    thumb.tap("Meld u aan")
    thumb.fill("Naam", "Noor de Wit")
    thumb.fill("E-mail", "n.dewit@raad.example")
    thumb.fill("Functie", "Raadslid")
    thumb.tap("Vrijdag 11 september")
    thumb.tap("Zondag 13 september")
    assert phone.page.input_value("#gemeente") == "Súdwest-Fryslân"
    thumb.tap("Meld u aan")

    assert phone.page.inner_text("h1") == "U bent aangemeld, Noor de Wit"
    assert len(thumb.deeds) <= 12, thumb.deeds

    elsewhere = visitors()
    elsewhere.visit(link_in_the_mail(site, "n.dewit@raad.example"))
    elsewhere.page.get_by_text("Annuleer uw aanmelding").click()
    elsewhere.page.get_by_role("button", name="Annuleer alle dagen").click()
    assert elsewhere.page.inner_text("h1") == "U bent niet meer aangemeld"
    elsewhere.check_axe()
    with site.app.app_context():
        query = select(Registration).where(Registration.name == "Noor de Wit")
        assert db.session.scalars(query).one().cancelled_at == NOON


def test_a_griffie_registers_five_keeps_seats_and_replaces_one_by_keyboard(
    visitors: Callable[..., Visitor], pages: list[str], site: Site
) -> None:
    with site.app.app_context():
        base, desk = links().base_url, links().desk("GM0355", now=NOON)
        make_meeting("haarlem")
        db.session.commit()
    phone = visitors(viewport=PHONE)
    phone.visit(desk.removeprefix(base))
    people = "\n".join(f"Raadslid {n} <r{n}@zeist.example>" for n in range(1, 6))

    phone.page.locator("section", has_text="Haarlem").first.get_by_text("Meld mensen aan").click()
    phone.page.get_by_label("Wie meldt u aan?").first.fill(people)
    phone.page.get_by_role("button", name="Meld hen aan").first.press("Enter")
    assert "5 mensen zijn aangemeld voor Haarlem" in phone.page.inner_text("main")
    open_all(phone)
    phone.check_fits()
    phone.page.get_by_label("Hoeveel plaatsen?").first.fill("2")
    phone.page.get_by_role("button", name="Houd deze plaatsen vast").first.press("Enter")
    assert "Wij houden 2 plaatsen vast in Haarlem" in phone.page.inner_text("main")
    phone.page.get_by_text("Noem wie er komt").first.click()
    phone.page.get_by_label("Wie komt er?", exact=True).first.fill("Bo bo@zeist.example")
    phone.page.get_by_role("button", name="Noem deze naam").first.press("Enter")
    assert "Bo komt en krijgt een eigen bevestiging" in phone.page.inner_text("main")
    open_all(phone)
    phone.check_axe()


def link_in_the_mail(site: Site, address: str) -> str:
    with site.app.app_context():
        mails = db.session.scalars(select(Message).where(Message.address == address))
        found = {url for mail in mails for url in re.findall(OWN_PAGE, mail.content["text"])}
    [link] = found
    return link


def enter(visitor: Visitor, name: str) -> None:
    """Go to a link or button by Tab, press it, and wait for the next page."""
    visitor.tab_to(name)
    with visitor.page.expect_navigation():
        visitor.press("Enter")


def test_by_keyboard_alone_with_a_mistake_on_the_way(page: Visitor, pages: list[str]) -> None:
    page.visit("/")
    enter(page, "Rotterdam")  # the list, narrowed to this place
    page.visit(ROTTERDAM)
    enter(page, "Meld u aan")
    enter(page, "Meld u aan")
    refused(page, 422)
    assert page.page.evaluate("document.activeElement.className") == "mis"
    page.check_axe()
    page.press("Tab")
    assert page.focus_name() == "Naam: vul uw naam in"
    page.press("Enter")
    assert page.focus_name() == "Naam"
    page.page.keyboard.type("Noor de Wit")
    page.tab_to("E-mail")
    page.page.keyboard.type("n.dewit@raad.example")
    page.tab_to("Functie")
    page.page.keyboard.type("Wethouder")
    page.tab_to("Gemeente (hoeft niet)")
    page.page.keyboard.type("Zeist")
    page.press("Escape", "Tab", "Space")
    page.check_focus()
    enter(page, "Meld u aan")

    assert page.page.inner_text("h1") == "U bent aangemeld, Noor de Wit"
    page.check_axe()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(visitors: Callable[..., Visitor], pages: list[str], scheme: str) -> None:
    visitor = visitors(viewport=PHONE if scheme == "dark" else None, color_scheme=scheme)

    for path in pages:
        visitor.visit(path)
        open_all(visitor)
        visitor.check_axe()


def test_nothing_sticks_out(page: Visitor, pages: list[str]) -> None:
    for path in pages:
        page.visit(path)
        open_all(page)
        for viewport in (SMALL, PHONE, ZOOMED):
            page.page.set_viewport_size(viewport)  # type: ignore[arg-type]
            page.check_fits()


def test_forced_colours_keep_the_boxes_and_the_trap_stays_out_of_sight(
    visitors: Callable[..., Visitor], pages: list[str]
) -> None:
    visitor = visitors(forced_colors="active")
    visitor.visit(FORM)

    box = visitor.page.get_by_label(re.compile("Vrijdag 11 september"))
    box.check()

    assert box.evaluate("e => getComputedStyle(e).appearance") == "auto"
    button = visitor.page.get_by_role("button", name="Meld u aan")
    assert button.evaluate("e => getComputedStyle(e).borderTopStyle") == "solid"
    trap = visitor.page.locator("#website").bounding_box()
    assert trap is not None
    assert trap["x"] + trap["width"] < 0


def test_two_phones_at_the_door_of_which_one_is_offline_for_ten_minutes(
    visitors: Callable[..., Visitor], site: Site
) -> None:
    """Each presses what it sees; they end with the same list, and nobody is on it twice."""
    with site.app.app_context():
        meeting = make_meeting("zeist", days=[(date(2026, 3, 23), "10:00", "17:00", 3)])
        for n, name in enumerate(("Noor de Wit", "Ton Bakker", "Zoë Öz"), 1):
            make_registration(meeting, n, name=name, gemeente_code="GM0355")
        link = f"/deur/{door_links.give(meeting.days[0], by=SYSTEM, now=NOON).secret}"
        db.session.commit()
    cellar, hall = (
        AtTheDoor(visitors(viewport=PHONE, has_touch=True, is_mobile=True), site) for _ in range(2)
    )
    for phone in (cellar, hall):
        phone.open(link)
    cellar.visitor.check_axe()

    cellar.lose_connection()
    cellar.press("Noor de Wit")
    cellar.write_down("Ank Visser")
    minutes_later(site, 2, cellar, hall)
    hall.press_and_send("Noor de Wit")
    hall.press_and_send("Ton Bakker")
    minutes_later(site, 2, cellar, hall)
    hall.press_and_send("Noor de Wit")  # by mistake: taken back
    minutes_later(site, 4, cellar, hall)
    cellar.visitor.page.reload()
    cellar.waits_for("Geen verbinding. U kunt gewoon doorgaan. 2 meldingen staan")
    assert cellar.there() == ["Ank Visser", "Noor de Wit"]
    cellar.press("Ton Bakker")
    minutes_later(site, 2, cellar, hall)
    cellar.find_connection()

    expected = ["Ank Visser", "Ton Bakker"]
    for phone in (cellar, hall):
        phone.visitor.page.evaluate("send()")  # rather than wait for its next look
        phone.waits_for("Alles is verstuurd.")
        phone.visitor.page.wait_for_function(
            "() => document.querySelectorAll('[name=terug]').length === 2"
        )
        assert phone.there() == expected
        assert phone.visitor.page.inner_text("#aanwezig") == "2"
    with site.app.app_context():
        day = db.session.scalars(select(Meeting).where(Meeting.slug == "zeist")).one().days[0]
        assert [row.name for row in presence.rows(day) if row.came_at] == expected
        assert db.session.scalar(select(func.count()).select_from(Tap)) == 6


@dataclass
class AtTheDoor:
    """A helper's phone. Its clock goes with that of the site."""

    visitor: Visitor
    site: Site

    def open(self, path: str) -> None:
        self.visitor.page.clock.set_system_time(self.site.clock.at)
        self.visitor.visit(path)
        self.waits_for("Alles is verstuurd.")
        self.visitor.page.wait_for_function(
            "async (path) => Boolean(await caches.match(path))", arg=path
        )
        self.visitor.check_fits()

    def press(self, name: str) -> None:
        self.visitor.page.get_by_role("button", name=f": {name}").click()

    def press_and_send(self, name: str) -> None:
        with self.visitor.page.expect_response("**/tikken"):
            self.press(name)

    def write_down(self, name: str) -> None:
        self.visitor.page.get_by_text("Iemand staat niet op de lijst").click()
        self.visitor.page.get_by_label("Naam", exact=True).fill(name)
        self.visitor.page.get_by_role("button", name="Schrijf op en meld aanwezig").click()

    def there(self) -> list[str]:
        return sorted(self.visitor.page.locator("li:has([name=terug]) .wie > b").all_inner_texts())

    def waits_for(self, words: str) -> None:
        self.visitor.page.wait_for_function(
            "(words) => document.getElementById('verbinding').textContent.includes(words)",
            arg=words,
        )

    def lose_connection(self) -> None:
        self.visitor.page.context.set_offline(True)

    def find_connection(self) -> None:
        self.visitor.page.context.set_offline(False)
        told = "net::ERR_INTERNET_DISCONNECTED"  # by Chromium itself, of each try
        self.visitor.said[:] = [line for line in self.visitor.said if told not in line]


def minutes_later(site: Site, minutes: int, *phones: AtTheDoor) -> None:
    site.clock.forward(timedelta(minutes=minutes))
    for phone in phones:
        phone.visitor.page.clock.set_system_time(site.clock.at)
