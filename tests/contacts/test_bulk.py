"""One act on many addresses, and taking it back."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from outreach.accounts.audit import SYSTEM
from outreach.accounts.models import AuditEntry
from outreach.contacts import bulk, directory, exporting
from outreach.contacts.finding import Sought
from outreach.contacts.models import (
    Address,
    BulkAct,
    BulkKind,
    BulkRow,
    Contact,
    ContactList,
    Function,
    ListMember,
    Suppression,
    SuppressionReason,
    Tag,
)
from outreach.contacts.suppression import is_suppressed, suppress
from outreach.db import db
from outreach.errors import Invalid, Refused
from tests.conftest import NOON
from tests.factories import make, make_address, make_campaign, make_contact, make_message

pytestmark = pytest.mark.usefixtures("app")
LATER = NOON + timedelta(minutes=1)


@pytest.fixture
def people() -> list[Contact]:
    """Two griffies and a raadslid, who has two addresses, a label and is on a list."""
    found = [make_contact("Assen"), make_contact("Zeist")]
    kok = make_contact(
        "Zeist", "kok@zeist.example", function=Function.RAADSLID, last_name="Kok",
        phone="0301234567", attributes={"zaak": "1"},
    )  # fmt: skip
    make_address(kok, "kok@thuis.example", preferred=False, confirmed_at=None, basis=None)
    make(Tag(contact_id=kok.id, name="pilot"))
    known = make(ContactList(name="Koplopers", created_at=NOON))
    make(ListMember(list_id=known.id, contact_id=kok.id))
    return [*found, kok]


def do(kind: BulkKind, name: str = "", **asked: object) -> BulkAct:
    conditions = directory.conditions(Sought(**asked))  # type: ignore[arg-type]
    done = bulk.act(kind, conditions, name=name, by=SYSTEM, now=NOON)
    db.session.commit()
    return done


def world() -> dict[str, object]:
    """All that an act may touch."""
    return {
        "file": exporting.to_csv(),
        "tags": sorted((t.contact_id, t.name) for t in db.session.scalars(select(Tag))),
        "lists": sorted(
            (m.list_id, m.contact_id, m.import_id) for m in db.session.scalars(select(ListMember))
        ),
        "contacts": sorted(
            (c.id, c.search_key, c.notes, c.created_at, str(c.attributes))
            for c in db.session.scalars(select(Contact))
        ),
        "addresses": sorted(
            (a.id, a.contact_id, a.email, a.preferred, str(a.confirmed_at), str(a.basis_on))
            for a in db.session.scalars(select(Address))
        ),
        "no mail": sorted(
            s.address_key for s in db.session.scalars(select(Suppression)) if not s.lifted_at
        ),
    }


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (BulkKind.TAG, "pilot"),
        (BulkKind.UNTAG, "pilot"),
        (BulkKind.LIST, "Koplopers"),
        (BulkKind.UNLIST, "Koplopers"),
        (BulkKind.NO_MAIL, ""),
        (BulkKind.REMOVE, ""),
    ],
)
def test_taking_it_back_gives_the_same_world(
    people: list[Contact], kind: BulkKind, name: str
) -> None:
    suppress("griffie@assen.example", SuppressionReason.ASKED, by=SYSTEM, now=NOON)
    db.session.commit()
    before = world()

    done = do(kind, name)
    assert world() != before
    undone = bulk.undo(done, by=SYSTEM, now=LATER)
    db.session.commit()

    assert world() == before
    assert (undone.kept, undone.back) == (0, done.count)
    acts = list(db.session.scalars(select(AuditEntry.act).order_by(AuditEntry.id)))[-2:]
    assert acts == [f"{kind.value} many", f"undo {kind.value} many"]
    with pytest.raises(Refused, match="al ongedaan gemaakt"):
        bulk.undo(done, by=SYSTEM, now=LATER)


def test_who_had_it_before_keeps_it(people: list[Contact]) -> None:
    done = do(BulkKind.TAG, "pilot")
    assert done.count == 2

    bulk.undo(done, by=SYSTEM, now=LATER)

    assert db.session.scalars(select(Tag.contact_id)).all() == [people[2].id]


def test_what_someone_changed_since_is_left_alone(people: list[Contact]) -> None:
    done = do(BulkKind.TAG, "nieuw")
    db.session.delete(db.session.get(Tag, (people[0].id, "nieuw")))
    db.session.flush()

    undone = bulk.undo(done, by=SYSTEM, now=LATER)

    assert (undone.back, undone.kept) == (2, 1)


def test_an_address_taken_off_the_list_by_hand_stays_off(people: list[Contact]) -> None:
    done = do(BulkKind.NO_MAIL, text="zeist")
    assert is_suppressed("kok@thuis.example")
    for row in db.session.scalars(select(Suppression)):
        row.lifted_at = LATER
    db.session.flush()

    assert bulk.undo(done, by=SYSTEM, now=LATER).back == 0


def test_who_got_a_letter_is_not_removed(people: list[Contact]) -> None:
    make_message(make_campaign(), people[0])

    done = do(BulkKind.REMOVE)

    assert done.count == 2
    assert db.session.scalars(select(Contact.id)).all() == [people[0].id]
    assert db.session.scalar(select(func.count()).select_from(Address)) == 1


def test_someone_with_a_number_that_is_taken_comes_back_with_another(
    people: list[Contact],
) -> None:
    old = people[2].id
    done = do(BulkKind.REMOVE, function=Function.RAADSLID)
    new = make_contact("Emmen")  # SQLite gives it the number that fell free
    taken = new.id == old

    bulk.undo(done, by=SYSTEM, now=LATER)
    db.session.commit()

    kok = db.session.scalars(select(Contact).where(Contact.last_name == "Kok")).one()
    assert (kok.id != old) == taken
    assert sorted(one.email for one in kok.addresses) == ["kok@thuis.example", "kok@zeist.example"]
    assert db.session.scalars(select(Tag.contact_id)).all() == [kok.id]
    assert [one.before for one in db.session.scalars(select(BulkRow))] == [{}]


def test_a_list_that_changed_since_it_was_seen_is_not_touched(people: list[Contact]) -> None:
    conditions = directory.conditions(Sought())

    with pytest.raises(Refused, match="u zag 3, het zijn er nu 4"):
        bulk.act(BulkKind.REMOVE, conditions, expected=3, by=SYSTEM, now=NOON)


@pytest.mark.parametrize(
    ("kind", "name", "asked", "says"),
    [
        (BulkKind.TAG, " ", {}, "Vul in welk label"),
        (BulkKind.TAG, "x" * 101, {}, "Kort de naam in"),
        (BulkKind.UNLIST, "Weg", {}, "geen lijst"),
        (BulkKind.NO_MAIL, "", {"text": "nergens"}, "Vink eerst"),
    ],
)
def test_what_cannot_be_done_is_said(
    people: list[Contact], kind: BulkKind, name: str, asked: dict[str, object], says: str
) -> None:
    with pytest.raises(Invalid, match=says):
        do(kind, name, **asked)
