"""Contacts by hand: added, changed, removed, one at a time."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from outreach.accounts.audit import Actor
from outreach.accounts.models import AuditEntry
from outreach.clock import FixedClock
from outreach.contacts import directory, keeping, people
from outreach.contacts.addresses import BadAddress
from outreach.contacts.finding import Sought
from outreach.contacts.models import (
    Address,
    Basis,
    Contact,
    ContactList,
    FormOfAddress,
    Function,
    ListMember,
    Office,
    Tag,
)
from outreach.db import db
from outreach.delivery.models import Kind, Message, State
from outreach.errors import Invalid, Refused
from tests.factories import make_contact, make_sender

pytestmark = pytest.mark.usefixtures("app")
MARIT = Actor("coordinator:1", "Marit")
ZEIST = "GM0355"
Add = Callable[..., Contact]


@pytest.fixture
def add(clock: FixedClock) -> Add:
    def add(email: str = "griffie@zeist.example", **values: Any) -> Contact:
        given = {"basis": Basis.PUBLISHED, "source": "", "by": MARIT, "now": clock.now()}
        code = values.pop("code", ZEIST)
        function = values.pop("function", Function.GRIFFIER)
        return keeping.add(code, function, email=email, **given | values)

    return add


def test_a_contact_with_a_basis_has_a_confirmed_preferred_address(add: Add) -> None:
    contact = add(
        source="zeist.example/griffie",
        last_name="Berg",
        prefix="van  den",
        form_of_address=FormOfAddress.MEVROUW,
    )

    (address,) = contact.addresses
    assert people.display_name(contact) == "van den Berg"
    assert people.addressee(contact).form is FormOfAddress.MEVROUW
    assert address.basis is Basis.PUBLISHED
    assert address.source == "zeist.example/griffie"
    assert address.basis_on == date(2026, 3, 23)
    assert address.confirmed_at is not None
    assert address.preferred


def test_without_a_basis_an_address_is_not_confirmed(add: Add) -> None:
    (address,) = add(basis=None).addresses

    assert address.confirmed_at is None
    assert address.basis_on is None


def test_an_office_without_a_name_is_called_by_its_function(add: Add) -> None:
    assert people.display_name(add()) == "Griffie Zeist"


def test_two_persons_behind_one_mailbox_are_two_contacts(add: Add) -> None:
    one, other = add(last_name="Vos"), add(last_name="Kok")

    assert one.office_id == other.office_id
    assert db.session.scalar(select(func.count()).select_from(Office)) == 1


def test_one_mailbox_of_two_gemeenten_is_two_contacts(add: Add) -> None:
    assert add().id != add(code="GM0342").id


def test_the_same_person_twice_is_refused(add: Add) -> None:
    add(last_name="Vos", initials="J.")

    with pytest.raises(Refused, match="staat al in deze functie"):
        add("GRIFFIE@zeist.example", last_name="Vos", first_name="Jan")


def test_a_partner_has_no_gemeente_and_everyone_else_has_one(add: Add) -> None:
    add(code=None, function=Function.PARTNER)
    add("b@b.example", code=None, function=Function.PARTNER)

    assert db.session.scalar(select(func.count()).select_from(Office)) == 1
    with pytest.raises(Invalid, match="Kies een gemeente"):
        add(code=None)
    with pytest.raises(Invalid, match="GM9999"):
        add(code="GM9999")


def test_a_term_has_a_beginning_and_an_end(add: Add, clock: FixedClock) -> None:
    contact = add(function=Function.WETHOUDER, portfolio="zorg en jeugd")

    keeping.end_with_raad(contact, by=MARIT, now=clock.now())
    assert str(contact.term_until) == "2030-03-31"
    keeping.end(contact, by=MARIT, now=clock.now())
    assert str(contact.term_until) == "2026-03-22"
    with pytest.raises(keeping.BadTerm, match="voor de eerste"):
        keeping.change(contact, by=MARIT, now=clock.now(), term_from=date(2026, 4, 1))
    assert directory.search(Sought(text="jeugd")).total == 1


def test_a_bad_address_and_a_party_of_someone_else_are_refused(add: Add) -> None:
    with pytest.raises(BadAddress):
        add("zeist.example")
    with pytest.raises(Invalid, match="alleen van raadsleden"):
        add(party="Lokaal Zeist")
    assert add(function=Function.RAADSLID, party="Lokaal Zeist").party == "Lokaal Zeist"


def test_a_change_is_kept_with_who_did_it_and_no_name_in_the_audit(
    add: Add, clock: FixedClock
) -> None:
    contact = add(last_name="Vos")
    clock.forward(timedelta(days=1))

    keeping.change(contact, by=MARIT, now=clock.now(), last_name="Kok", phone=" 030\t123 ")

    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (contact.last_name, contact.phone) == ("Kok", "030 123")
    assert contact.changed_at == clock.now()
    assert (entry.act, entry.actor) == ("change contact", "coordinator:1")
    assert entry.detail == {"fields": ["last_name", "phone"]}


def test_a_field_that_contacts_do_not_have_is_a_mistake_of_ours(
    add: Add, clock: FixedClock
) -> None:
    with pytest.raises(TypeError, match="colour"):
        keeping.change(add(), by=MARIT, now=clock.now(), colour="blue")


def test_removing_takes_addresses_lists_and_tags_along(add: Add, clock: FixedClock) -> None:
    contact = add()
    named = ContactList(name="griffies", created_at=clock.now())
    db.session.add_all([named, Tag(contact_id=contact.id, name="bellen")])
    db.session.flush()
    db.session.add(ListMember(list_id=named.id, contact_id=contact.id))

    keeping.remove(contact, by=MARIT, now=clock.now())

    for model in (Contact, Address, ListMember, Tag):
        assert db.session.scalar(select(func.count()).select_from(model)) == 0


def test_a_contact_for_whom_a_letter_was_made_is_not_removed(clock: FixedClock) -> None:
    contact = make_contact("Zeist")
    db.session.add(
        Message(
            kind=Kind.LETTER,
            dedupe_key="step:1",
            sender_id=make_sender().id,
            contact_id=contact.id,
            address="griffie@zeist.example",
            address_key="griffie@zeist.example",
            message_id="<1@zeist.example>",
            state=State.QUEUED,
            not_before=clock.now(),
            created_at=clock.now(),
        )
    )
    db.session.flush()

    with pytest.raises(Refused, match="al een brief gemaakt"):
        keeping.remove(contact, by=MARIT, now=clock.now())


def test_a_further_address_leaves_the_preferred_one(add: Add, clock: FixedClock) -> None:
    contact = add()

    second = keeping.add_address(
        contact, email="raad@zeist.example", basis=None, source="", by=MARIT, now=clock.now()
    )
    assert not second.preferred

    keeping.prefer(second, by=MARIT, now=clock.now())
    db.session.expire_all()
    assert [address.preferred for address in contact.addresses] == [False, True]


def test_an_address_twice_at_one_contact_is_refused(add: Add, clock: FixedClock) -> None:
    with pytest.raises(Refused, match="staat al bij dit contact"):
        keeping.add_address(
            add(), email="Griffie@zeist.example", basis=None, source="", by=MARIT, now=clock.now()
        )


def test_another_address_is_not_mailed_until_someone_says_why_we_may(
    add: Add, clock: FixedClock
) -> None:
    (address,) = add().addresses

    keeping.change_address(address, email="raad@zeist.example", by=MARIT, now=clock.now())

    assert (address.address_key, address.basis) == ("raad@zeist.example", None)
    assert address.confirmed_at is None

    keeping.confirm(address, basis=Basis.EXISTING, source="telefoon", by=MARIT, now=clock.now())
    assert (address.basis, address.source) == (Basis.EXISTING, "telefoon")
    assert address.confirmed_at == clock.now()


def test_another_address_that_the_office_confirmed_keeps_the_basis(
    add: Add, clock: FixedClock
) -> None:
    (address,) = add().addresses

    keeping.change_address(
        address,
        email="raad@zeist.example",
        confirmed=True,
        source="de griffie zelf",
        by=MARIT,
        now=clock.now(),
    )

    assert (address.basis, address.source) == (Basis.PUBLISHED, "de griffie zelf")
    assert address.confirmed_at == clock.now()


def test_other_capitals_are_the_same_address(add: Add, clock: FixedClock) -> None:
    (address,) = add().addresses

    keeping.change_address(address, email="Griffie@Zeist.example", by=MARIT, now=clock.now())

    assert address.email == "Griffie@zeist.example"
    assert address.confirmed_at is not None
