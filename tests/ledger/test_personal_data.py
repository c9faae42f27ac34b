"""The map of personal data is whole, and an erasure leaves nothing of someone anywhere."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Column, Integer, MetaData, String, Table, Text

from outreach.accounts.audit import CLI
from outreach.answers.models import Answer
from outreach.campaigns.store import Store
from outreach.contacts import erased
from outreach.contacts.models import Address, Contact
from outreach.db import Base, db
from outreach.delivery.models import State
from outreach.errors import Refused, Unknown
from outreach.events import needs, registering
from outreach.events.models import Registration
from outreach.events.needs import Needs, Wish
from outreach.ledger import erasing, person, personal_data
from tests.conftest import NOON
from tests.factories import (
    MEETING_LINKS,
    make_address,
    make_answer,
    make_campaign,
    make_contact,
    make_coordinator,
    make_meeting,
    make_message,
    make_sender,
    make_wanted,
)


def test_every_table_and_every_column_with_words_is_declared():
    assert personal_data.undeclared() == []


def test_the_map_is_asked_of_every_table(app: Flask):
    assert {held.name for held in personal_data.MAP} == set(Base.metadata.tables)


def test_a_new_table_and_a_new_column_are_told_what_to_declare(monkeypatch: pytest.MonkeyPatch):
    metadata = MetaData()
    Table("visitor", metadata, Column("id", Integer, primary_key=True), Column("name", String))
    Table("office", metadata, Column("id", Integer, primary_key=True), Column("room", Text))
    monkeypatch.setattr(personal_data.Base, "metadata", metadata)

    faults = personal_data.undeclared()

    assert any(one.startswith("visitor: a table that") for one in faults)
    assert any(one.startswith("office.room: holds text. Say in MAP") for one in faults)


def test_a_name_is_taken_out_of_the_texts_of_others_and_of_nobody_else(app: Flask):
    wietske = make_contact("Zeist", "w@zeist.example", first_name="Wietske", last_name="Vos")
    other = make_contact("Utrecht", notes="Belt met Wietske\n  Vos, niet met Wietske Vosman")
    other.attributes = {"sinds": "2024", "voorganger": "Vos, Wietske"}
    make_answer(make_campaign(), "Zeist", "ontvangen", note="W@zeist.example vroeg het")
    db.session.commit()

    done = erasing.erase(person.of_contact(wietske), by=CLI, now=NOON)

    assert done.mentions == 3
    db.session.refresh(other)
    assert other.notes == "Belt met (gewist), niet met Wietske Vosman"
    assert other.attributes == {"sinds": "2024", "voorganger": "(gewist)"}
    assert db.session.query(Answer).one().note == "(gewist) vroeg het"


def test_a_shared_mailbox_stays_with_the_others(app: Flask):
    anna = make_contact("Zeist", "anna@zeist.example", first_name="Anna", last_name="Vis")
    make_address(anna, "griffie@zeist.example")
    bram = make_contact("Zeist", "griffie@zeist.example", first_name="Bram", last_name="Kok")

    erasing.erase(person.of_email("anna@zeist.example"), by=CLI, now=NOON)

    assert [one.email for one in db.session.query(Address)] == ["griffie@zeist.example"]
    assert db.session.query(Contact).one().id == bram.id
    erased.refuse("griffie@zeist.example")
    assert person.of_email("griffie@zeist.example").contact_ids == {bram.id}


def test_a_letter_that_leaves_this_moment_is_waited_for(app: Flask):
    contact = make_contact("Zeist")
    make_message(make_campaign(), contact, state=State.SUBMITTING)

    with pytest.raises(Refused, match="Wacht een minuut"):
        erasing.erase(person.of_contact(contact), by=CLI, now=NOON)


def test_letters_that_wait_are_cancelled_and_counted(app: Flask):
    contact, campaign = make_contact("Zeist"), make_campaign()
    waiting = make_message(campaign, contact, state=State.QUEUED, accepted_at=None)

    erasing.erase(person.of_contact(contact), by=CLI, now=NOON)

    assert (waiting.state, waiting.reason, waiting.address) == (
        State.CANCELLED,
        "erased",
        "(gewist)",
    )
    assert waiting.gemeente_code == "GM0355"


def test_the_pdf_goes_with_who_it_names_and_stays_with_the_raad(app: Flask, tmp_path: Path):
    contact, store = make_contact("Zeist"), Store(tmp_path)
    campaign = make_campaign()
    campaign.steps[0].texts[0].letter = "Aan {{naam}}"
    named = make_message(campaign, contact, pdf_sha256=store.put(b"for one"), pdf_name="a.pdf")
    raad = make_campaign()
    raad.steps[0].texts[0].letter = "{{aanhef}} Aan de raad."
    general = make_message(raad, contact, pdf_sha256=store.put(b"for all"), pdf_name="b.pdf")
    names = [named.pdf_sha256, general.pdf_sha256]
    db.session.commit()

    done = erasing.erase(person.of_contact(contact), by=CLI, now=NOON)
    erasing.remove_files(store, done.files)

    assert done.files == [names[0]]
    with pytest.raises(Unknown):
        store.get(names[0] or "")
    assert store.get(names[1] or "") == b"for all"


def test_someone_who_registered_gives_the_seat_back_and_past_ones_stay_counted(app: Flask):
    soon = make_meeting("haarlem")
    wish = Needs(Wish(("halal",)))
    wanted = make_wanted(soon, needs=wish, consented="ja")
    registering.register(soon, wanted, links=MEETING_LINKS, now=NOON)
    email = "raadslid1@raad.example"
    assert soon.days[0].taken == 1

    erasing.erase(person.of_email(email), by=CLI, now=NOON)

    registration = db.session.query(Registration).one()
    assert (soon.days[0].taken, registration.cancelled_at) == (0, NOON)
    assert (registration.name, registration.email) == ("(gewist)", "")
    assert not needs.of(registration)


def test_a_colleague_and_an_address_of_a_sender_are_refused(app: Flask):
    sender, colleague = make_sender(), make_coordinator()

    for email in (sender.email, colleague.email):
        with pytest.raises(Refused):
            erasing.erase(person.of_email(email), by=CLI, now=NOON)


def test_an_account_that_is_off_is_erased_too(app: Flask):
    colleague = make_coordinator(active=False, name="Marit Zuidema")

    erasing.erase(person.of_email(colleague.email), by=CLI, now=NOON)

    db.session.refresh(colleague)
    assert (colleague.name, colleague.password) == ("", None)
    assert colleague.email == f"gewist-{colleague.id}@invalid"
