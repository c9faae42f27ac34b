"""Contacts that are in the list twice: found, and made one with all that both had."""

import threading

import pytest
from flask import Flask
from sqlalchemy import func, select

from outreach.accounts.audit import SYSTEM
from outreach.accounts.models import AuditEntry
from outreach.contacts import keeping, merging, suppression
from outreach.contacts.models import (
    Address,
    Basis,
    Contact,
    ContactList,
    Function,
    ImportRow,
    ListMember,
    Outcome,
    SuppressionReason,
    Tag,
)
from outreach.db import db
from outreach.errors import Refused
from tests.conftest import NOON
from tests.factories import make, make_address, make_campaign, make_contact, make_message

pytestmark = pytest.mark.usefixtures("app")
RAAD = Function.RAADSLID


def raadslid(email: str, gemeente: str = "Zeist", **values) -> Contact:
    return make_contact(gemeente, email, function=RAAD, **values)


def found() -> list[tuple[str, str, str]]:
    db.session.expire_all()
    return [
        (pair.one.addresses[0].email[0], pair.other.addresses[0].email[0], pair.why)
        for pair in merging.likely()
    ]


def merge(keep: Contact, drop: Contact, stamp: str = "", **chosen: int) -> Contact:
    stamp = stamp or merging.pair(keep.id, drop.id).stamp
    merged = merging.merge(keep.id, drop.id, chosen, stamp=stamp, by=SYSTEM, now=NOON)
    db.session.commit()
    return merged


def test_who_looks_like_another_in_the_same_office_is_found():
    for n, (first, last) in enumerate(
        [("Anna", "Berg"), ("Anna", "berg"), ("Piet", "Berg"), ("Ans", "Bergh"), ("Jan", "Vos"),
         ("Jan", "Vis")]
    ):  # fmt: skip
        raadslid(f"{n}@zeist.example", first_name=first, last_name=last)
    raadslid("x@soest.example", "Soest", first_name="Anna", last_name="Berg")

    assert found() == [
        ("0", "1", "dezelfde naam"),
    ]


def test_near_surnames_and_shared_addresses_are_found():
    raadslid("a@zeist.example", initials="J.", last_name="Janssen", prefix="van")
    raadslid("b@zeist.example", first_name="Joop", last_name="Jansen")
    raadslid("c@zeist.example", last_name="Pietersen")
    make_contact("Zeist", "griffie@zeist.example")
    make_contact("Zeist", "griffie@zeist.example", last_name="Vos")
    make_contact("Zeist", "griffie@zeist.example", function=Function.COLLEGE)
    make_contact("Soest", "griffie@soest.example", last_name="Kok")
    make_contact("Soest", "griffie@soest.example", last_name="Vos")  # two behind one mailbox

    assert found() == [
        ("a", "b", "een naam die erop lijkt"),
        ("g", "g", "hetzelfde adres"),
    ]


def test_who_was_told_apart_is_not_shown_again():
    one = raadslid("a@zeist.example", last_name="Berg")
    other = raadslid("b@zeist.example", last_name="Berg")
    for _ in range(2):
        merging.say_not_same(merging.pair(other.id, one.id), by=SYSTEM, now=NOON)
    db.session.commit()

    assert found() == []
    db.session.delete(other)
    db.session.commit()


def test_one_gets_all_that_the_other_had():
    keep = raadslid("a@zeist.example", first_name="Anna", last_name="Berg", notes="belt graag",
                    attributes={"kleur": "rood"})  # fmt: skip
    drop = raadslid("b@zeist.example", initials="A.", last_name="van den Berg", phone="030 1",
                    notes="mailt graag", attributes={"kleur": "blauw", "maat": "L"})  # fmt: skip
    shared = [make_address(one, "g@zeist.example", preferred=False) for one in (keep, drop)]
    shared[0].confirmed_at = shared[0].basis = None
    both, theirs = (make(ContactList(name=name, created_at=NOON)) for name in ("Een", "Twee"))
    for list_, contact in ((both, keep), (both, drop), (theirs, drop)):
        make(ListMember(list_id=list_.id, contact_id=contact.id))
    make(Tag(contact_id=drop.id, name="pilot"))
    letter = make_message(make_campaign(), drop)
    line = make(ImportRow(import_id=make_import(), line=2, outcome=Outcome.NEW,
                          contact_id=drop.id, address_id=shared[1].id))  # fmt: skip
    suppression.suppress("b@zeist.example", SuppressionReason.ASKED, by=SYSTEM, now=NOON)
    db.session.commit()
    ids = keep.id, drop.id, shared[0].id

    merged = merge(keep, drop, name=drop.id, phone=drop.id, address=drop.id)

    assert db.session.scalars(select(Contact.id)).all() == [ids[0]]
    assert (merged.initials, merged.first_name, merged.last_name) == ("A.", "", "van den Berg")
    assert merged.phone == "030 1"
    assert merged.notes == "belt graag\n\nmailt graag"
    assert merged.attributes == {"kleur": "rood", "maat": "L"}
    assert {one.email: one.preferred for one in merged.addresses} == {
        "a@zeist.example": False,
        "b@zeist.example": True,
        "g@zeist.example": False,
    }
    assert [one.basis for one in merged.addresses] == [Basis.PUBLISHED] * 3
    members = db.session.scalars(select(ListMember.list_id).order_by(ListMember.list_id)).all()
    assert members == [both.id, theirs.id]
    assert db.session.scalars(select(Tag.contact_id)).all() == [ids[0]]
    db.session.expire_all()
    assert (letter.contact_id, line.contact_id, line.address_id) == (ids[0], ids[0], ids[2])
    assert suppression.is_suppressed("b@zeist.example")
    audited = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "merge contacts")).one()
    assert (audited.subject, audited.detail) == (f"contact:{ids[0]}", {"merged": ids[1]})


def make_import() -> int:
    from outreach.contacts.models import Import  # noqa: PLC0415

    return make(Import(actor="cli", filename="x.csv", read_at=NOON)).id


def test_what_changed_since_it_was_looked_at_is_not_merged():
    one = raadslid("a@zeist.example", last_name="Berg")
    other = raadslid("b@zeist.example", last_name="Berg")
    stamp = merging.pair(one.id, other.id).stamp
    keeping.change(other, by=SYSTEM, now=NOON.replace(hour=9), phone="030 2")
    db.session.commit()

    with pytest.raises(Refused, match="intussen"):
        merge(one, other, stamp=stamp)


def test_only_who_holds_one_office_can_be_one():
    one = raadslid("a@zeist.example", last_name="Berg")
    other = raadslid("b@soest.example", "Soest", last_name="Berg")

    for pair in ((one.id, other.id), (one.id, one.id)):
        with pytest.raises(Refused):
            merging.pair(*pair)


def test_of_two_who_merge_at_once_one_is_told(app: Flask):
    ids = [raadslid(f"{n}@zeist.example", last_name="Berg").id for n in range(2)]
    stamp = merging.pair(*ids).stamp
    db.session.commit()
    start, ends = threading.Barrier(2, timeout=20), []

    def work(keep: int, drop: int) -> None:
        with app.app_context():
            start.wait()
            try:
                merging.merge(keep, drop, {}, stamp=stamp, by=SYSTEM, now=NOON)
                db.session.commit()
                ends.append("merged")
            except Refused:
                db.session.rollback()
                ends.append("told")
            db.session.remove()

    threads = [threading.Thread(target=work, args=pair) for pair in (ids, ids[::-1])]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert sorted(ends) == ["merged", "told"]
    assert db.session.scalar(select(func.count(Contact.id))) == 1
    assert db.session.scalar(select(func.count(Address.id))) == 2
