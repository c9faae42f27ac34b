"""From an empty list to a griffie's address in every gemeente: one key each, two colleagues."""

import re
import threading
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable
from http.cookiejar import CookieJar

import pytest
from sqlalchemy import func, select

from outreach.contacts.models import Address, Office
from outreach.db import db
from tests.browser.conftest import EMAIL, PHONE, Site, Visitor, sign_in
from tests.factories import PASSWORD, make_contact, make_coordinator
from tests.web.page import Form, Page

pytestmark = pytest.mark.browser
QUEUE = "/kantoor/adressen/controleren"
COLLEAGUE = "joost@ademruimte.example"
BY_KEY = 12


def confirmed(site: Site) -> dict[str, int]:
    """By gemeente how many confirmed addresses its griffie has."""
    with site.app.app_context():
        rows = db.session.execute(
            select(Office.gemeente_code, func.count(Address.id))
            .join(Address.contact)
            .join(Office)
            .where(Address.confirmed_at.is_not(None))
            .group_by(Office.gemeente_code)
        ).all()
        db.session.remove()
    return dict(rows)


def colleague(site: Site) -> None:
    with site.app.app_context():
        make_coordinator(email=COLLEAGUE, name="Joost Brand")


def begin(visitor: Visitor, name: str) -> None:
    visitor.visit(QUEUE)
    visitor.page.get_by_role("button", name=name).click()
    visitor.page.wait_for_url("**/controleren/GM*")


def test_one_key_for_one_gemeente_and_the_next_comes_at_once(
    visitors: Callable[..., Visitor], site: Site
) -> None:
    colleague(site)
    people = [sign_in(visitors()), sign_in(visitors(), COLLEAGUE)]
    for one, province in zip(people, ("Begin waar", "Begin in Zeeland"), strict=True):
        begin(one, province)
        one.check_axe()
    presses = 0
    for _ in range(BY_KEY // 2):
        for one in people:
            here = one.page.url
            one.press("k")
            one.page.wait_for_url(lambda url, here=here: url != here)
            presses += 1

    assert presses == BY_KEY
    assert Counter(confirmed(site).values()) == {1: BY_KEY}


def test_the_other_choices_have_a_key_too_and_enter_takes_the_first(
    visitors: Callable[..., Visitor], site: Site
) -> None:
    office = sign_in(visitors())
    begin(office, "Begin in Flevoland")
    page = office.page
    shown = []

    def then(*keys: str, typed: str = "") -> None:
        shown.append(page.locator("h1").inner_text())
        here = page.url
        office.press(keys[0])
        if typed:
            page.keyboard.type(typed)
        office.press(*keys[1:])
        page.wait_for_url(lambda url: url != here)

    then("Enter")
    then("a", "Enter", typed="kl@dronten.nl")
    then("w")
    then("l")
    then("o")

    assert shown == ["Almere", "Dronten", "Lelystad", "Noordoostpolder", "Urk"]
    assert page.locator("h1").inner_text() == "Noordoostpolder"
    assert len(confirmed(site)) == 2


def test_the_queue_fits_a_phone_and_reads_well(
    visitors: Callable[..., Visitor], site: Site
) -> None:
    with site.app.app_context():
        make_contact("Zeist")
        make_contact(
            "Zeist", "een.heel.lang.adres.van.de.griffie@driebergen-rijsenburg.nl", basis=None
        )
    phone = sign_in(visitors(viewport=PHONE))
    for path in (QUEUE, f"{QUEUE}/GM0355"):
        phone.visit(path)
        phone.check_fits()
        phone.check_axe()


class Colleague:
    """Someone who does exactly what the page's forms say, without a screen."""

    def __init__(self, site: Site, email: str) -> None:
        self.url = site.url
        self.open = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(CookieJar())
        ).open
        self.where, self.page = "/inloggen", self.get("/inloggen")
        self.press("/inloggen", email=email, password=PASSWORD)
        self.where, self.page = QUEUE, self.get(QUEUE)

    def get(self, path: str) -> Page:
        with self.open(self.url + path) as response:
            self.where = urllib.parse.urlsplit(response.url).path
            return Page(response.read().decode())

    def press(self, action: str, **values: str) -> None:
        form = Form(self.page, action)
        data = urllib.parse.urlencode(form.values | values).encode()
        with self.open(self.url + form.action, data) as response:
            self.where = urllib.parse.urlsplit(response.url).path
            self.page = Page(response.read().decode())

    def work(self, shown: list[str]) -> None:
        self.press(QUEUE)
        while match := re.fullmatch(rf"{QUEUE}/(GM\d+)", self.where):
            shown.append(match[1])
            known = f"{self.where}/klopt" in self.page.source
            self.press(f"{self.where}/{'klopt' if known else 'webformulier'}")


def test_from_an_empty_list_to_342_griffies_by_two_colleagues_none_twice(site: Site) -> None:
    """One press per gemeente and not one more: a griffie without an address is one, too."""
    colleague(site)
    shown: list[list[str]] = [[], []]
    people = [Colleague(site, EMAIL), Colleague(site, COLLEAGUE)]
    threads = [
        threading.Thread(target=one.work, args=[seen])
        for one, seen in zip(people, shown, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(shown[0]) + len(shown[1]) == 342
    assert len({*shown[0], *shown[1]}) == 342
    assert min(map(len, shown)) > 0
    assert Counter(confirmed(site).values()) == {1: 341}  # Cranendonck has a form
    assert "Alle griffies zijn gecontroleerd" in people[0].get(QUEUE).text
