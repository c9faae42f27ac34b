"""Taking an import back: what still stands as it was written, and nothing else."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from outreach.accounts.audit import Actor
from outreach.accounts.models import AuditEntry
from outreach.clock import FixedClock
from outreach.contacts import exporting, importing, keeping, suppression, undoing
from outreach.contacts.models import (
    Basis,
    Contact,
    ContactList,
    Import,
    ImportState,
    ListMember,
    SuppressionReason,
    Tag,
)
from outreach.contacts.undoing import Undone
from outreach.db import db
from outreach.delivery.models import Kind, Message, State
from outreach.errors import Refused
from tests.factories import make_contact, make_sender

pytestmark = pytest.mark.usefixtures("app")
MARIT = Actor("coordinator:1", "Marit")
HEADER = "gemeente;rol;voorletters;achternaam;email;telefoon"
Take = Callable[..., Import]
Undo = Callable[[Import], Undone]


@pytest.fixture
def take(clock: FixedClock) -> Take:
    """Take over these lines; a minute passes."""

    def take(*lines: str, header: str = HEADER, **options: Any) -> Import:
        data = "\n".join([header, *lines]).encode()
        import_ = importing.plan("lijst.csv", data, by=MARIT, now=clock.now(), **options)
        importing.apply(import_, by=MARIT, now=clock.now())
        clock.forward(timedelta(minutes=1))
        return import_

    return take


@pytest.fixture
def undo(clock: FixedClock) -> Undo:
    return lambda import_: undoing.undo(import_, by=MARIT, now=clock.now())


def someone(email: str) -> Contact:
    return db.session.scalars(
        select(Contact).join(Contact.addresses).where(Contact.addresses.any(address_key=email))
    ).one()


def count(model: type[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_undo_gives_back_the_same_export_byte_for_byte(take: Take, undo: Undo) -> None:
    make_contact("Baarn", email="a@baarn.example", attributes={"oud": "1"}, phone="1")
    make_contact("Soest", email="a@soest.example", basis=None)
    make_contact("Zeist", email="a@zeist.example", initials="P.", last_name="Dorp")
    before = exporting.to_csv()
    import_ = take(
        "Baarn;griffier;;;a@baarn.example;2;3;4",
        "Soest;griffier;;;a@soest.example;;;",
        "Zeist;griffier;M.;Oosterveen;a@zeist.example;;;",
        "Leusden;griffier;;;a@leusden.example;;;",
        header=f"{HEADER};oud;nieuw",
        basis=Basis.EXISTING,
        list_name="Griffies",
    )
    assert importing.summary(import_)["changed"] == 3

    undone = undo(import_)

    assert undone == Undone(reversed=4, kept=[])
    assert exporting.to_csv() == before
    assert import_.state is ImportState.UNDONE
    assert count(ListMember) == 0


def test_an_import_is_undone_once_and_only_after_it_was_applied(
    take: Take, undo: Undo, clock: FixedClock
) -> None:
    import_ = take("Zeist;griffier;;;a@zeist.example;")
    undo(import_)
    shown = importing.plan("l.csv", f"{HEADER}\n".encode() + b"x", by=MARIT, now=clock.now())

    with pytest.raises(Refused, match="al ongedaan gemaakt"):
        undo(import_)
    with pytest.raises(Refused, match="nog niet overgenomen"):
        undo(shown)


def test_a_contact_that_someone_changed_stays_and_is_listed(
    take: Take, undo: Undo, clock: FixedClock
) -> None:
    import_ = take("Zeist;griffier;;;a@zeist.example;", "Soest;griffier;;;a@soest.example;")
    keeping.change(someone("a@zeist.example"), by=MARIT, now=clock.now(), phone="030 1")

    undone = undo(import_)

    assert undone.reversed == 1
    assert [(kept.line, kept.reason) for kept in undone.kept] == [(2, undoing.USED)]
    assert count(Contact) == 1


def tagged(contact: Contact, _clock: FixedClock) -> None:
    db.session.add(Tag(contact_id=contact.id, name="bellen"))


def noted(contact: Contact, clock: FixedClock) -> None:
    keeping.change(contact, by=MARIT, now=clock.now(), notes="liever dinsdag")


def given_another_address(contact: Contact, clock: FixedClock) -> None:
    keeping.add_address(
        contact, email="b@zeist.example", basis=None, source="", by=MARIT, now=clock.now()
    )


def moved_to_another_address(contact: Contact, clock: FixedClock) -> None:
    keeping.change_address(contact.addresses[0], email="b@zeist.example", by=MARIT, now=clock.now())


def confirmed_by_hand(contact: Contact, clock: FixedClock) -> None:
    keeping.confirm(
        contact.addresses[0], basis=Basis.CONSENT, source="telefoon", by=MARIT, now=clock.now()
    )


def put_on_a_list(contact: Contact, clock: FixedClock) -> None:
    named = ContactList(name="Bellen", created_at=clock.now())
    db.session.add(named)
    db.session.flush()
    db.session.add(ListMember(list_id=named.id, contact_id=contact.id))


@pytest.mark.parametrize(
    "use",
    [
        tagged,
        noted,
        given_another_address,
        moved_to_another_address,
        confirmed_by_hand,
        put_on_a_list,
    ],
)
def test_a_contact_that_someone_uses_stays(
    take: Take, undo: Undo, clock: FixedClock, use: Callable[[Contact, FixedClock], None]
) -> None:
    import_ = take("Zeist;griffier;;;a@zeist.example;")
    use(someone("a@zeist.example"), clock)
    db.session.flush()

    undone = undo(import_)

    assert undone == Undone(0, [undoing.Kept(2, undoing.USED)])
    assert count(Contact) == 1


def test_a_contact_with_a_letter_stays_with_that_reason(
    take: Take, undo: Undo, clock: FixedClock
) -> None:
    import_ = take("Zeist;griffier;;;a@zeist.example;")
    db.session.add(
        Message(
            kind=Kind.LETTER,
            dedupe_key="step:1",
            sender_id=make_sender().id,
            contact_id=someone("a@zeist.example").id,
            address="a@zeist.example",
            address_key="a@zeist.example",
            message_id="<1@zeist.example>",
            state=State.ACCEPTED,
            not_before=clock.now(),
            created_at=clock.now(),
        )
    )
    db.session.flush()

    assert undo(import_).kept == [undoing.Kept(2, undoing.LETTER)]


def test_a_contact_that_is_gone_is_listed(take: Take, undo: Undo, clock: FixedClock) -> None:
    import_ = take("Zeist;griffier;;;a@zeist.example;")
    keeping.remove(someone("a@zeist.example"), by=MARIT, now=clock.now())

    assert undo(import_) == Undone(0, [undoing.Kept(2, undoing.GONE)])


def test_fields_that_changed_again_stay_and_the_others_come_back(
    take: Take, undo: Undo, clock: FixedClock
) -> None:
    make_contact("Zeist", email="a@zeist.example", phone="1", attributes={"noot": "x"})
    import_ = take("Zeist;griffier;J.;Vos;a@zeist.example;2;y;z", header=f"{HEADER};noot;ander")
    contact = someone("a@zeist.example")
    keeping.change(
        contact, by=MARIT, now=clock.now(), phone="3", attributes={"noot": "w", "ander": "z"}
    )

    undone = undo(import_)

    assert undone.reversed == 1
    assert undone.kept == [undoing.Kept(2, "Is daarna gewijzigd en blijft staan: telefoon, noot.")]
    assert (contact.last_name, contact.phone, contact.attributes) == ("", "3", {"noot": "w"})


def test_a_name_comes_back_whole_or_not_at_all(take: Take, undo: Undo, clock: FixedClock) -> None:
    make_contact("Zeist", email="a@zeist.example", initials="P.", last_name="Dorp")
    import_ = take("Zeist;griffier;M.;Oosterveen;a@zeist.example;")
    contact = someone("a@zeist.example")
    keeping.change(contact, by=MARIT, now=clock.now(), initials="M.J.")

    undone = undo(import_)

    assert undone == Undone(0, [undoing.Kept(2, "Is daarna gewijzigd en blijft staan: naam.")])
    assert (contact.initials, contact.last_name) == ("M.J.", "Oosterveen")


def test_the_later_of_two_imports_keeps_what_the_first_added(take: Take, undo: Undo) -> None:
    first = take("Zeist;griffier;;;a@zeist.example;1")
    second = take("Zeist;griffier;;;a@zeist.example;2")

    assert undo(first).kept == [undoing.Kept(2, undoing.USED)]
    assert undo(second) == Undone(1, [])
    assert someone("a@zeist.example").phone == "1"


def test_a_list_keeps_who_was_on_it_before(take: Take, undo: Undo) -> None:
    take("Zeist;griffier;;;a@zeist.example;", list_name="Griffies")
    second = take(
        "Zeist;griffier;;;a@zeist.example;",
        "Soest;griffier;;;a@soest.example;",
        list_name="Griffies",
    )

    undo(second)

    members = db.session.scalars(select(ListMember.contact_id)).all()
    assert members == [someone("a@zeist.example").id]


def test_the_geen_postlijst_stays(take: Take, undo: Undo, clock: FixedClock) -> None:
    import_ = take("Zeist;griffier;;;a@zeist.example;")
    asked = SuppressionReason.ASKED
    suppression.suppress("a@zeist.example", asked, by=MARIT, now=clock.now())

    undo(import_)

    assert suppression.is_suppressed("a@zeist.example")


def test_the_audit_has_the_numbers(take: Take, undo: Undo) -> None:
    undo(take("Zeist;griffier;;;a@zeist.example;"))

    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.act, entry.detail) == ("undo import", {"reversed": 1, "kept": 0})


def test_a_thousand_lines_are_undone_in_as_many_statements_as_ten(
    take: Take, undo: Undo, statements: Callable[[], int]
) -> None:
    few = take(*(f"Zeist;raadslid;J.;Naam{n};z{n}@zeist.example;" for n in range(10)))
    many = take(*(f"Soest;raadslid;J.;Naam{n};s{n}@soest.example;" for n in range(1_000)))
    start = statements()
    undo(few)
    used = statements() - start

    assert undo(many).reversed == 1_000

    assert statements() - start - used <= used
