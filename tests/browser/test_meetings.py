"""A raadslid with a forwarded letter registers, changes a day, cancels; a griffie registers five;
two phones at the door. By thumb and by keyboard, with every press counted.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from math import ceil
from urllib.request import urlopen

import icalendar
import pytest
from playwright.sync_api import Locator
from sqlalchemy import func, select

from outreach.accounts.audit import SYSTEM
from outreach.db import db
from outreach.delivery.models import Message
from outreach.events import door_links, presence, registering
from outreach.events.models import Meeting, MeetingState, Need, PlaceState, Registration, Tap
from outreach.web.context import links
from tests.browser.conftest import PHONE, Site, Visitor, sign_in
from tests.browser.keystrokes import K_AVERAGE, Effort
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
        make_meeting("haarlem", days=[(date(2026, 6, 4), "10:00", "12:30", 7)])
        db.session.commit()
        desk = links().desk("GM1900", now=NOON).removeprefix(links().base_url)
    return ["/", ROTTERDAM, "/bijeenkomsten/assen", FORM, *found, desk]


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
    effort: Effort = field(default_factory=Effort)

    def open(self, path: str) -> None:
        self.deeds.append(path)
        self.effort.presses += 1
        self.effort.pages += 1
        self.visitor.visit(path)

    def tap(self, name: str) -> None:
        self.deeds.append(name)
        shown = self.visitor.page.locator("a, button, label, summary", has_text=name)
        control, was = self._reach(shown.locator("visible=true").first), self.visitor.page.url
        self.effort.presses += 1
        sends = control.evaluate("e => e.matches('form[method=post] button')")
        control.click()
        self.effort.pages += sends or self.visitor.page.url != was

    def fill(self, label: str, value: str) -> None:
        self.deeds.append(label)
        named = self.visitor.page.get_by_label(label, exact=True)
        control = self._reach(named.locator("visible=true").first)
        if control.evaluate("e => e.tagName") == "SELECT":
            self.effort.presses += 2
            control.select_option(label=value)
        else:
            self.effort.fields += 1
            self.effort.keys += len(value)
            control.fill(value)

    def _reach(self, control: Locator) -> Locator:
        """Swipe until it is on the screen."""
        box, screen = control.bounding_box(), PHONE["height"]
        assert box is not None
        below, above = box["y"] + box["height"] - screen, -box["y"]
        self.effort.swipes += max(0, ceil(max(below, above) / screen))
        control.scroll_into_view_if_needed()
        return control


def test_s4_from_the_forwarded_letter_to_registered_and_cancelled_elsewhere(
    visitors: Callable[..., Visitor], pages: list[str], site: Site
) -> None:
    thumb = Counted(visitors(viewport=PHONE, has_touch=True, is_mobile=True))
    thumb.open("/bijeenkomsten/haarlem")
    thumb.tap("Meld u aan")
    thumb.fill("Naam", "mevrouw D. Proefpersoon")
    thumb.fill("E-mail", "d.proefpersoon@raad.example")
    thumb.fill("Functie", "Raadslid")
    thumb.fill("Gemeente (hoeft niet)", "Den Bosch")
    plain = replace(thumb.effort)  # but for the last press
    thumb.tap("Eten of toegang")
    thumb.tap("Vegetarisch")
    thumb.tap("Ja, dit mag u bewaren")
    thumb.tap("Meld u aan")
    assert "U bent aangemeld" in thumb.visitor.page.inner_text("h1")
    assert len(thumb.deeds) <= 12, thumb.deeds
    assert plain.seconds() + Effort(presses=1, pages=1).seconds() <= 60, plain
    assert thumb.effort.seconds(K_AVERAGE) <= 60, thumb.effort

    with site.app.app_context():
        (mail,) = mails_to("d.proefpersoon@raad.example")
        assert "Geachte mevrouw Proefpersoon," in mail.content["text"]
        assert "DO 4 JUNI 2026" in mail.content["text"]
        came = db.session.scalars(
            select(Registration).where(Registration.email_key == mail.address_key)
        ).one()
        assert came.gemeente is not None
        assert came.gemeente.name == "'s-Hertogenbosch"
        for n in range(11, 18):  # six get a seat, one waits
            make_registration(came.meeting, n)
        db.session.commit()
        link = own_page(mail)

    elsewhere = visitors()
    elsewhere.visit(link)
    elsewhere.tab_to("Annuleer uw aanmelding")
    elsewhere.press("Enter")
    enter(elsewhere, "Annuleer uw aanmelding")
    assert elsewhere.page.inner_text("h1") == "U bent niet meer aangemeld"
    with site.app.app_context():
        came = db.session.scalars(
            select(Registration).where(Registration.email_key == "d.proefpersoon@raad.example")
        ).one()
        assert came.cancelled_at == NOON
        assert db.session.get(Need, came.id) is None
        subjects = [mail.content["subject"] for mail in mails_to("raadslid17@raad.example")]
        assert any("reageer vóór" in subject for subject in subjects), subjects


def test_s5_three_days_by_keyboard_a_day_that_is_full_and_a_hall_that_changes(
    visitors: Callable[..., Visitor], page: Visitor, pages: list[str], site: Site
) -> None:
    page.visit("/")
    enter(page, "Rotterdam")  # the list, narrowed to this place
    page.visit(f"{ROTTERDAM}?g=GM0355")
    enter(page, "Meld u aan")
    trap = page.page.locator("#website").bounding_box()
    assert trap is not None
    assert trap["x"] + trap["width"] < 0
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
    assert page.page.input_value("#gemeente") == "Zeist"
    page.press("Tab", "Space", "Tab", "Tab", "Space")  # the first day and the third
    enter(page, "Meld u aan")
    assert page.page.inner_text("h1") == "U bent aangemeld, Noor de Wit"
    page.check_axe()

    before = feed(site)
    assert [str(one["summary"]) for one in before].count("Drie dagen ademruimte") >= 1
    with site.app.app_context():
        link = own_page(*mails_to("n.dewit@raad.example"))
    page.visit(link)
    page.page.locator("[name=dag]").first.focus()
    page.press("Space", "Tab", "Space")  # not the first day after all, but the second
    enter(page, "Bewaar uw dagen")
    assert held(site) == [PlaceState.CANCELLED, PlaceState.WAITING, PlaceState.CONFIRMED]
    assert "op de wachtlijst" in page.page.inner_text("main")
    page.check_axe()

    office = sign_in(visitors())
    office.visit("/kantoor/bijeenkomsten/rotterdam/wijzig")
    office.page.fill("#venue", "Loods Negen")
    office.page.press("#venue", "Enter")
    office.page.get_by_role("button", name="Bewaar en mail").click()
    office.page.wait_for_url("**/rotterdam")
    after = feed(site)
    changed = [
        (str(old["summary"]), int(new["sequence"]) - int(old["sequence"]))
        for old, new in zip(before, after, strict=True)
    ]
    assert [str(one["uid"]) for one in before] == [str(one["uid"]) for one in after]
    assert {rise for title, rise in changed if title.startswith("Drie dagen")} == {1}
    assert {rise for title, rise in changed if not title.startswith("Drie dagen")} == {0}
    with site.app.app_context():
        told = [mail.content["subject"] for mail in mails_to("n.dewit@raad.example")]
        assert any(subject.startswith("Gewijzigd") for subject in told), told
        before_it = [mail.content["subject"] for mail in mails_to("raadslid1@raad.example")]
        assert not any(subject.startswith("Gewijzigd") for subject in before_it), "cancelled"

    thumb = Counted(visitors(viewport=PHONE, has_touch=True, is_mobile=True))
    thumb.open(link)  # the first day after all, and not the second
    thumb.tap("Vrijdag")
    thumb.tap("Zaterdag")
    thumb.tap("Bewaar uw dagen")
    assert held(site) == [PlaceState.CONFIRMED, PlaceState.CANCELLED, PlaceState.CONFIRMED]
    changing = replace(thumb.effort)
    thumb.open(link)
    thumb.tap("Annuleer uw aanmelding")
    thumb.tap("Annuleer alle dagen")
    assert set(held(site)) == {PlaceState.CANCELLED}
    assert len(thumb.deeds) == 7
    assert changing.seconds() <= 20, changing
    assert thumb.effort.seconds() - changing.seconds() <= 15, thumb.effort


def test_a_griffie_registers_five_keeps_seats_and_replaces_one_by_keyboard(
    visitors: Callable[..., Visitor], pages: list[str], site: Site
) -> None:
    with site.app.app_context():
        base, desk = links().base_url, links().desk("GM0355", now=NOON)
    griffie = Counted(visitors(viewport=PHONE))
    people = "\n".join(
        f"{name} <{name.split()[-1].lower()}@zeist.example>"
        for name in (
            "Fatma van der Laan",
            "Bram Oosting",
            "Noor de Wit",
            "Jelle Kok",
            "Karim Sewnath",
        )
    )

    griffie.open(desk.removeprefix(base))
    griffie.tap("Meld mensen aan")
    griffie.fill("Wie meldt u aan?", people)
    griffie.tap("Meld hen aan")
    phone = griffie.visitor
    assert "5 mensen zijn aangemeld voor Haarlem" in phone.page.inner_text("main")
    assert len(griffie.deeds) == 4, griffie.deeds
    assert griffie.effort.seconds(K_AVERAGE) <= 120, griffie.effort  # typed; pasted it is less

    phone.tab_to("Houd plaatsen vast, noem de namen later")
    phone.press("Enter")
    phone.tab_to("Hoeveel plaatsen?")
    phone.page.keyboard.type("2")
    enter(phone, "Houd deze plaatsen vast")
    assert "Wij houden 2 plaatsen vast in Haarlem" in phone.page.inner_text("main")
    phone.page.get_by_text("Noem wie er komt").first.click()
    phone.page.get_by_label("Wie komt er?", exact=True).first.fill("Bo bo@zeist.example")
    phone.page.get_by_role("button", name="Noem deze naam").first.press("Enter")
    assert "Bo komt en krijgt een eigen bevestiging" in phone.page.inner_text("main")
    phone.look_around(unfold=True)


def mails_to(address: str) -> list[Message]:
    return list(db.session.scalars(select(Message).where(Message.address == address)))


def own_page(*mails: Message) -> str:
    found = {url for mail in mails for url in re.findall(OWN_PAGE, mail.content["text"])}
    [link] = found
    return link


def held(site: Site) -> list[PlaceState]:
    """Where Noor de Wit stands, day by day."""
    with site.app.app_context():
        query = select(Registration).where(Registration.name == "Noor de Wit")
        return [place.state for place in db.session.scalars(query).one().places]


def feed(site: Site) -> list[icalendar.Event]:
    with urlopen(f"{site.url}/agenda.ics") as response:
        found = icalendar.Calendar.from_ical(response.read()).walk("VEVENT")
    return sorted(found, key=lambda event: str(event["uid"]))


def enter(visitor: Visitor, name: str) -> None:
    """Go to a link or button by Tab, press it, and wait for the next page."""
    visitor.tab_to(name)
    with visitor.page.expect_navigation():
        visitor.press("Enter")


def test_every_page_is_seen_and_read_by_everyone(page: Visitor, pages: list[str]) -> None:
    page.look_at(*pages, unfold=True)


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
    cellar.visitor.look_around()

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
    cellar.waits_for("Geen verbinding. U kunt gewoon doorgaan. 2 meldingen staan op deze telefoon")
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

    def press(self, name: str) -> None:
        self.visitor.page.get_by_role("button", name=f": {name}").press("Enter")

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
