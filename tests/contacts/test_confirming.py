"""The work queue of addresses: what waits, what is suggested, what a choice writes, and undo."""

import threading
from collections import Counter
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from outreach.accounts.audit import Actor
from outreach.accounts.models import AuditEntry, Coordinator
from outreach.clock import dutch_date
from outreach.contacts import channels, checklist, confirming, gemeenten, keeping, suggesting
from outreach.contacts.checklist import Gone, Item
from outreach.contacts.confirming import Doubtful
from outreach.contacts.models import (
    Address,
    AddressCheck,
    Basis,
    Channel,
    Contact,
    ContactList,
    Decision,
    Function,
    Gemeente,
    ListMember,
    SuppressionReason,
)
from outreach.contacts.suppression import suppress
from outreach.db import db
from outreach.errors import Invalid, Refused
from tests.conftest import NOON
from tests.factories import make, make_campaign, make_contact, make_coordinator, make_message

pytestmark = pytest.mark.usefixtures("app")
TODAY = dutch_date(NOON)
RIGHT, OTHER, FORM, LATER, DROP = Decision


@pytest.fixture
def marit() -> Coordinator:
    return make_coordinator(name="Marit Zuidema")


def by(person: Coordinator) -> Actor:
    return Actor(f"coordinator:{person.id}", str(person))


def take(person: Coordinator, **how) -> str | None:
    code = checklist.take(person.id, **({"today": TODAY, "at": NOON} | how))
    db.session.commit()
    return code


def choose(person: Coordinator, code: str, decision: Decision, email: str = "", **how) -> None:
    known = {"by": by(person), "now": NOON, "at": NOON, "person_id": person.id, "email": email}
    confirming.choose(code, decision, **(known | how))
    db.session.commit()


def undo(person: Coordinator) -> str:
    code = confirming.undo(person.id, by=by(person), now=NOON, at=NOON)
    db.session.commit()
    return code


def item(name: str) -> Item:
    return checklist.item(gemeenten.find(name).code, today=TODAY, at=NOON)


def code(name: str) -> str:
    return gemeenten.find(name).code


def suggested(name: str) -> list[str]:
    return [one.email for one in item(name).suggestions]


def unseen(name: str, email: str, **values) -> Contact:
    """A griffier of whom nobody confirmed the address, as a list brings one."""
    return make_contact(name, email, basis=None, **values)


def griffie(name: str) -> list[tuple[str, bool]]:
    """The addresses of the griffie, each with whether it is confirmed."""
    found = checklist.addresses(code(name), TODAY)
    return [(one.email, one.confirmed_at is not None) for one in found]


# ── what waits ──────────────────────────────────────────────────────────────────────────


def test_every_gemeente_waits_until_its_griffie_has_a_confirmed_address():
    assert checklist.count(TODAY) == 342

    make_contact("Zeist")
    unseen("Soest", "griffie@soest.nl")
    make_contact("Baarn", function=Function.RAADSLID)
    make_contact("Bunnik", term_until=date(2026, 3, 1))

    waiting = {one.name for one in checklist.waiting(TODAY)}
    assert len(waiting) == 341
    assert "Zeist" not in waiting
    assert {"Soest", "Baarn", "Bunnik"} <= waiting


def test_an_address_that_nobody_looked_at_waits_beside_a_confirmed_one():
    make_contact("Zeist")
    unseen("Zeist", "griffie@driebergen.nl")

    found = item("Zeist")

    assert found.waits
    assert found.confirmed == ["griffie@zeist.example"]
    assert [one.email for one in found.suggestions] == ["griffie@driebergen.nl"]


def test_a_gemeente_that_ended_does_not_wait():
    after = checklist.waiting(date(2027, 1, 1))

    assert "Wijdemeren" not in [one.name for one in after]
    assert len(after) == 341


def test_a_griffie_that_has_only_a_form_waits_no_more(marit):
    channels.choose(code("Zeist"), Function.GRIFFIER, Channel.POST, by=by(marit), now=NOON)

    assert not item("Zeist").waits


def test_shares_count_by_province_and_name_who_is_at_work(marit):
    make_contact("Zeist")
    take(marit, province="Utrecht")

    shares = checklist.shares(today=TODAY, at=NOON)

    utrecht = next(one for one in shares if one.name == "Utrecht")
    assert (utrecht.done, utrecht.total, utrecht.colleagues) == (1, 26, ["Marit Zuidema"])
    assert sum(one.total for one in shares) == 342
    later = checklist.shares(today=TODAY, at=NOON + timedelta(minutes=11))
    assert not any(one.colleagues for one in later)


# ── what is suggested ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "email"),
    [
        ("Zeist", "griffie@zeist.nl"),
        ("Groningen", "griffie@groningen.nl"),  # its site is gemeente.groningen.nl
        ("Maastricht", "griffie@maastricht.nl"),
        ("Súdwest-Fryslân", "griffie@gemeentesudwestfryslan.nl"),
        ("Nijkerk", "griffie@nijkerk.eu"),
        ("Leiden", "griffie@leiden.nl"),  # has no address of its own: by its site
        ("Zaanstad", "raadsgriffie@zaanstad.nl"),
    ],
)
def test_a_griffie_is_called_griffie_at_the_domain_of_the_gemeentes_mail(name, email):
    assert suggested(name) == [email]


def test_no_suggestion_for_a_griffie_that_has_only_a_form():
    found = item("Cranendonck")

    assert (found.suggestions, found.form_only, found.waits) == ([], True, True)


def test_no_general_address_is_suggested_for_any_gemeente():
    towns = db.session.scalars(select(Gemeente)).all()

    made = {suggesting.made_for(town) for town in towns} - {""}

    general = {town.general_email: town for town in towns if "griffie" not in town.general_email}
    assert len(made) == 341
    assert made.isdisjoint(general)
    assert [one for one in made if "griffie@" not in one] == []
    general.pop("")
    assert all(suggesting.is_general(email, town) for email, town in general.items())


@pytest.mark.parametrize(
    "email",
    ["info@zeist.nl", "GEMEENTE@zeist.nl", "postbus20@zeist.nl", "gemeente.zeist@zeist.nl",
     "woo.ondersteuning@zeist.nl", "zeist@zeist.nl"],
)  # fmt: skip
def test_a_general_address_of_a_list_is_shown_but_not_offered(email):
    unseen("Zeist", email)

    assert suggested("Zeist") == ["griffie@zeist.nl"]
    assert item("Zeist").general == [email]


def test_what_a_list_brought_comes_before_what_we_made_up():
    unseen("Zeist", "a.vandenberg@zeist.nl", last_name="Berg")
    suppress("griffie@zeist.nl", SuppressionReason.ASKED, by=Actor("cli"), now=NOON)

    found = item("Zeist").suggestions

    assert [one.email for one in found] == ["a.vandenberg@zeist.nl", "griffie@zeist.nl"]
    assert [one.no_mail for one in found] == [False, True]


# ── choosing ────────────────────────────────────────────────────────────────────────────


def test_right_makes_an_address_with_its_basis_date_and_source(marit):
    where = take(marit, province="Utrecht")

    choose(marit, where, RIGHT, "griffie@amersfoort.nl")

    address = db.session.scalars(select(Address)).one()
    assert (where, address.email) == (code("Amersfoort"), "griffie@amersfoort.nl")
    assert (address.basis, address.source) == (Basis.PUBLISHED, "https://amersfoort.nl/")
    assert (address.basis_on, address.confirmed_at) == (TODAY, NOON)
    assert address.preferred
    assert address.contact.office.function is Function.GRIFFIER
    assert checklist.count(TODAY) == 341
    audited = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "check address")).one()
    assert (audited.subject, audited.detail) == (f"gemeente:{where}", {"decision": "klopt"})


def test_right_confirms_the_row_that_a_list_brought(marit):
    contact = unseen("Zeist", "griffie@zeist.nl", last_name="Berg")

    choose(marit, code("Zeist"), RIGHT, "Griffie@zeist.nl")

    assert [one.confirmed_at for one in contact.addresses] == [NOON]
    assert db.session.scalar(select(func.count(Contact.id))) == 1


def test_another_address_goes_to_whom_the_list_knew_with_its_lists(marit):
    contact = unseen("Zeist", "oud@zeist.nl")
    members = make(ContactList(name="Mijn lijst", created_at=NOON))
    make(ListMember(list_id=members.id, contact_id=contact.id))

    choose(marit, code("Zeist"), OTHER, "raad@zeist.nl")

    assert griffie("Zeist") == [("raad@zeist.nl", True), ("oud@zeist.nl", False)]
    assert not item("Zeist").waits
    assert db.session.scalar(select(ListMember.contact_id)) == contact.id


@pytest.mark.parametrize("email", ["info@zeist.nl", "griffie@soest.nl", "raad@groningen.nl"])
def test_an_address_that_is_probably_wrong_needs_a_second_word(marit, email):
    with pytest.raises(Doubtful, match="nog een keer"):
        choose(marit, code("Zeist"), OTHER, email)
    db.session.rollback()
    assert griffie("Zeist") == []

    choose(marit, code("Zeist"), OTHER, email, sure=True)

    assert griffie("Zeist") == [(email, True)]


@pytest.mark.parametrize("email", ["", "griffie", "griffie@zeist", "a@b.nl, c@d.nl"])
def test_what_is_no_address_is_refused(marit, email):
    with pytest.raises(Invalid):
        choose(marit, code("Zeist"), OTHER, email)


def test_only_a_form_is_kept_with_its_address(marit):
    choose(marit, code("Zeist"), FORM, url="www.zeist.nl/contact ")

    office = channels.office_of(code("Zeist"))
    assert (office.channel, office.form_url) == (Channel.FORM, "https://www.zeist.nl/contact")
    assert office.channel_since == TODAY
    assert not item("Zeist").waits


@pytest.mark.parametrize("url", ["zeist", "javascript:alert(1)", "https://a b.nl", "x@zeist.nl"])
def test_what_is_no_web_address_is_refused(marit, url):
    with pytest.raises(Invalid, match="webadres"):
        choose(marit, code("Zeist"), FORM, url=url)


def test_later_comes_again_when_the_others_are_done(marit):
    first = take(marit, province="Flevoland")
    choose(marit, first, LATER)

    order = []
    while (next_ := take(marit, province="Flevoland")) not in (None, first):
        order.append(next_)
        choose(marit, next_, RIGHT, f"griffie@{next_}.example", sure=True)

    assert len(order) == 5
    assert next_ == first
    assert take(marit, province="Flevoland", but=first) is None


def test_an_address_too_many_is_dropped_and_the_good_one_stays(marit):
    make_contact("Zeist")
    unseen("Zeist", "griffie@driebergen.nl")

    choose(marit, code("Zeist"), DROP)

    assert not item("Zeist").waits
    assert griffie("Zeist") == [
        ("griffie@zeist.example", True),
        ("griffie@driebergen.nl", False),
    ]


def test_nothing_is_dropped_while_there_is_no_good_address(marit):
    unseen("Zeist", "oud@zeist.nl")

    with pytest.raises(Invalid, match="nog geen goed adres"):
        choose(marit, code("Zeist"), DROP)


def test_a_changed_address_that_lost_its_basis_comes_back(marit):
    contact = make_contact("Zeist")

    keeping.change_address(contact.addresses[0], email="x@zeist.nl", by=by(marit), now=NOON)

    assert suggested("Zeist") == ["x@zeist.nl", "griffie@zeist.nl"]
    assert item("Zeist").waits


# ── taking it back ──────────────────────────────────────────────────────────────────────


def state_of_everything() -> list:
    db.session.expire_all()
    columns = [*Address.__table__.c]
    rows = db.session.execute(select(*columns).order_by(Address.id)).all()
    contacts = db.session.scalars(select(Contact.id).order_by(Contact.id)).all()
    later = db.session.execute(select(AddressCheck.gemeente_code, AddressCheck.later_at)).all()
    office = channels.office_of(code("Zeist"))
    way = (office.channel, office.form_url, office.channel_since) if office else (Channel.EMAIL,)
    return [rows, contacts, [one for one in later if one.later_at], way[:1]]


@pytest.mark.parametrize(
    ("decision", "more"),
    [
        (RIGHT, {"email": "griffie@zeist.nl"}),
        (OTHER, {"email": "raad@zeist.nl"}),
        (FORM, {"url": "https://zeist.nl/contact"}),
        (LATER, {}),
    ],
)
@pytest.mark.parametrize("known", [[], ["griffie@zeist.nl", "a.berg@zeist.nl"]])
def test_undo_gives_back_what_was(marit, decision, more, known):
    for email in known:
        unseen("Zeist", email)
    take(marit)
    before = state_of_everything()
    choose(marit, code("Zeist"), decision, **more)
    assert state_of_everything() != before

    assert undo(marit) == code("Zeist")

    assert state_of_everything() == before
    assert item("Zeist").holder == marit
    with pytest.raises(Refused, match="niets ongedaan"):
        undo(marit)


def test_undo_goes_back_one_by_one_and_only_over_ones_own(marit):
    piet = make_coordinator()
    for minute, (who, name) in enumerate([(marit, "Zeist"), (piet, "Soest"), (marit, "Baarn")]):
        at = NOON + timedelta(minutes=minute)
        choose(who, code(name), RIGHT, f"griffie@{name.lower()}.nl", at=at)

    assert [undo(marit), undo(marit)] == [code("Baarn"), code("Zeist")]
    assert griffie("Soest") == [("griffie@soest.nl", True)]


def test_undo_leaves_an_address_that_was_changed_or_written_to(marit):
    choose(marit, code("Zeist"), RIGHT, "griffie@zeist.nl")
    contact = db.session.scalars(select(Contact)).one()
    make_message(make_campaign(), contact)

    with pytest.raises(Refused, match="al een brief"):
        undo(marit)
    db.session.rollback()

    keeping.change_address(contact.addresses[0], email="x@zeist.nl", by=by(marit), now=NOON)
    with pytest.raises(Refused, match="daarna gewijzigd"):
        undo(marit)


# ── two at once ─────────────────────────────────────────────────────────────────────────


def test_a_colleague_gets_another_gemeente_until_the_hold_ends(marit):
    piet = make_coordinator()
    first = take(marit, province="Utrecht")

    assert take(marit, province="Utrecht") == first  # the back button, a second window
    assert take(piet, province="Utrecht") != first
    later = NOON + timedelta(minutes=10, seconds=1)
    assert take(make_coordinator(), province="Utrecht", at=later) == first


def test_who_comes_second_is_told(marit):
    piet = make_coordinator()
    where = take(marit)

    with pytest.raises(Gone, match="Een collega heeft"):
        choose(piet, where, LATER)
    choose(marit, where, RIGHT, "griffie@a.example", sure=True)
    with pytest.raises(Gone, match="al gecontroleerd"):
        choose(marit, where, RIGHT, "griffie@a.example", sure=True)


def race(app: Flask, people: list[int], rounds: int = 1) -> list[str]:
    """Let colleagues work through the queue at the same moment; return what each was shown."""
    db.session.commit()
    shown: list[str] = []
    start = threading.Barrier(len(people), timeout=20)

    def work(person_id: int) -> None:
        with app.app_context():
            actor = Actor(f"coordinator:{person_id}")
            start.wait()
            for _ in range(rounds):
                where = checklist.take(person_id, today=TODAY, at=NOON)
                db.session.commit()
                if where is None:
                    break
                shown.append(where)
                if rounds == 1:  # all hold what they were given until everyone has one
                    break
                how = {"by": actor, "now": NOON, "at": NOON, "person_id": person_id}
                confirming.choose(where, RIGHT, email=f"griffie@{where}.example", **how)
                db.session.commit()
            db.session.remove()

    threads = [threading.Thread(target=work, args=[one]) for one in people]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return shown


def test_two_colleagues_at_once_never_get_the_same_gemeente(app: Flask):
    people = [make_coordinator().id for _ in range(3)]

    shown = race(app, people, rounds=8)

    assert len(shown) == 24
    assert max(Counter(shown).values()) == 1
    assert len(set(race(app, people))) == 3


def test_without_the_guard_they_do(app: Flask, monkeypatch):
    """What holds the test above: all who look at once see the same first gemeente."""
    people = [make_coordinator().id for _ in range(3)]
    monkeypatch.setattr(checklist, "_take", unguarded(threading.Barrier(3, timeout=20)))

    shown = race(app, people)

    assert max(Counter(shown).values()) > 1


def unguarded(meet: threading.Barrier):
    """Take a gemeente as one would who first looks, and then writes."""

    def take_unguarded(candidates, person_id, at, *, patient):
        seen = db.session.scalar(candidates)
        db.session.commit()
        meet.wait()
        return (
            checklist.update(AddressCheck)
            .where(AddressCheck.gemeente_code == seen)
            .values(held_by=person_id, held_until=at + checklist.HOLD)
            .returning(AddressCheck.gemeente_code)
        )

    return take_unguarded
