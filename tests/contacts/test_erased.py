"""Who was erased is kept out of every door by a hash, and nobody without the pepper."""

from pathlib import Path

import pytest
from flask import Flask

from outreach.accounts.audit import CLI
from outreach.clock import FixedClock
from outreach.contacts import erased, importing, keeping, suppression
from outreach.contacts.models import Basis, Erased, Function, SuppressionReason
from outreach.contacts.names import Name
from outreach.db import db
from outreach.errors import Refused
from tests.conftest import NOON
from tests.factories import make_contact

pytestmark = pytest.mark.usefixtures("app")
EMAIL = "noor@zeist.example"


@pytest.fixture
def gone(app: Flask) -> str:
    """An address that was erased."""
    noor = ("GM0355", Function.RAADSLID, Name(first_name="Noor", last_name="Vis"))
    erased.remember([EMAIL], [noor], by=CLI, now=NOON)
    db.session.commit()
    return EMAIL


def test_an_erased_address_is_refused_by_hand(gone: str) -> None:
    contact = make_contact("Zeist")
    known = {"basis": Basis.PUBLISHED, "source": "", "by": CLI, "now": NOON}

    doors = [
        lambda: keeping.add("GM0355", Function.RAADSLID, email=gone.upper(), **known),
        lambda: keeping.add_address(contact, email=gone, **known),
        lambda: keeping.change_address(contact.addresses[0], email=gone, by=CLI, now=NOON),
        lambda: suppression.suppress(gone, SuppressionReason.ASKED, by=CLI, now=NOON),
    ]

    for door in doors:
        with pytest.raises(Refused, match="op verzoek gewist op 23-3-2026"):
            door()
    assert suppression.is_suppressed(gone)


def test_a_line_with_an_erased_address_is_refused_and_nothing_of_it_kept(gone: str) -> None:
    lines = ["gemeente;rol;achternaam;email", "Zeist;raadslid;Vis;Noor@ZEIST.example"]
    lines += ["Nergens;raadslid;Vis;<noor@zeist.example>"]

    import_ = importing.plan("l.csv", "\n".join(lines).encode(), by=CLI, now=NOON)

    told = importing.summary(import_)
    assert [row["line"] for row in told["refused"]] == [2, 3]
    assert all("op verzoek gewist" in row["reason"] for row in told["refused"])
    rows = list(importing.applied(import_, *importing.Outcome))
    assert [row.after for batch in rows for row in batch] == [{}, {}]


def test_the_register_brings_nobody_back_who_was_erased(gone: str) -> None:
    book = erased.book()

    assert book.holds_person("GM0355", Function.RAADSLID, Name(initials="N.", last_name="Vis"))
    assert not book.holds_person("GM0355", Function.RAADSLID, Name(initials="B.", last_name="Vis"))
    assert not book.holds_person("GM0344", Function.RAADSLID, Name(initials="N.", last_name="Vis"))
    assert not book.holds_person("GM0355", Function.RAADSLID, Name(last_name="Vis"))


def test_without_the_pepper_nothing_is_taken_over(gone: str) -> None:
    pepper = erased.current().path
    assert pepper.stat().st_mode & 0o777 == 0o600
    was = pepper.read_text()

    for wrong in (None, "another pepper"):
        pepper.unlink(missing_ok=True)
        if wrong:
            pepper.write_text(wrong)
        with pytest.raises(Refused, match="reservekopie"):
            keeping.add(
                "GM0355", Function.RAADSLID, email="a@b.example", basis=None, source="", by=CLI,
                now=NOON,
            )  # fmt: skip
    pepper.write_text(was)
    erased.refuse("a@b.example")


def test_the_hash_says_nothing_of_the_address(gone: str, clock: FixedClock) -> None:
    rows = db.session.query(Erased).all()

    assert len(rows) == 2
    assert not any(word in f"{vars(row)}" for row in rows for word in ("noor", "zeist", "vis"))
    assert erased.remember([gone], [], by=CLI, now=clock.now()) == [
        erased.digest(erased.current().read(), gone)
    ]
    assert db.session.query(Erased).count() == 2, "asked twice is one row"


def test_where_nobody_was_erased_no_pepper_is_needed(tmp_path: Path) -> None:
    erased.refuse("a@b.example")

    assert not erased.current().path.exists()
