"""The page of one person: what we hold, why, since when, and everything that went there."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from flask import Flask

from outreach.contacts.models import Contact, ContactList, ListMember, Tag
from outreach.db import db
from outreach.delivery.models import State
from tests.conftest import NOON, Counted
from tests.factories import (
    make,
    make_campaign,
    make_contact,
    make_meeting,
    make_message,
    make_registration,
    make_sender,
)
from tests.web.page import PageClient


@pytest.fixture
def griffier(app: Flask) -> Contact:
    make_sender()
    contact = make_contact("Zeist", "griffie@zeist.example", last_name="Terpstra")
    make_message(make_campaign(name="Oproep eenzaamheid"), contact)
    late = {"bounced_at": NOON + timedelta(days=1)}
    make_message(make_campaign(name="Plan Ademruimte"), contact, **late)
    make_message(make_campaign(name="Nooit weg"), contact, state=State.CANCELLED)
    return contact


def test_the_page_tells_everything_that_went_there(
    coordinator: PageClient, griffier: Contact
) -> None:
    page = coordinator.page(f"/kantoor/adressen/{griffier.id}")

    assert "Plan Ademruimte stap 1" in page.text
    assert "niet aangekomen" in page.text
    assert "verstuurd, nog geen reactie" in page.text
    assert "Nooit weg stap 1" in page.text
    assert "niet verstuurd" in page.text
    assert page.links()["versie 1"].endswith("/stap/1/versies?tekst=raad")


def test_lists_labels_and_registrations_stand_there_too(
    coordinator: PageClient, griffier: Contact
) -> None:
    listed = make(ContactList(name="Griffies 2026", created_at=NOON))
    make(ListMember(list_id=listed.id, contact_id=griffier.id))
    make(Tag(contact_id=griffier.id, name="belangrijk"))
    make_registration(make_meeting(), email="griffie@zeist.example")
    make_registration(make_meeting("zeist"), 2)
    db.session.commit()

    page = coordinator.page(f"/kantoor/adressen/{griffier.id}")

    assert "Griffies 2026" in page.text
    assert "belangrijk" in page.text
    assert page.text.count("Een inloop voor jongeren") == 1


def test_someone_who_got_nothing_is_told_so(coordinator: PageClient, app: Flask) -> None:
    contact = make_contact("Goes")

    page = coordinator.page(f"/kantoor/adressen/{contact.id}")

    assert "Wij stuurden nog geen brief." in page.text
    assert "Labels geen" in page.text


def test_the_page_asks_as_much_of_one_letter_as_of_many(
    coordinator: PageClient,
    griffier: Contact,
    query_count: Callable[[], AbstractContextManager[Counted]],
) -> None:
    with query_count() as few:
        coordinator.page(f"/kantoor/adressen/{griffier.id}")
    for _ in range(5):
        make_message(make_campaign(), griffier)

    with query_count() as many:
        coordinator.page(f"/kantoor/adressen/{griffier.id}")

    assert many.count == few.count <= 16
