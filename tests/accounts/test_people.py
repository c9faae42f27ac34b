import pytest
from flask import Flask
from sqlalchemy import select

from outreach.accounts import people, signing_in
from outreach.accounts.audit import CLI
from outreach.accounts.models import AuditEntry, Coordinator, Role
from outreach.db import db
from outreach.errors import Invalid, Refused, Unknown
from tests.conftest import NOON
from tests.factories import PASSWORD, make_coordinator

LONG = "vier woorden op een rij"


def add(email: str = "marit@ademruimte.example", role: Role = Role.OWNER) -> Coordinator:
    return people.add(email, role, password=LONG, by=CLI, now=NOON, name="Marit Zuidema")


def test_who_is_added_can_sign_in(app: Flask) -> None:
    person = add("Marit@Ademruimte.example ")

    assert signing_in.recognise("MARIT@ademruimte.example", LONG) is person
    assert person.password is not None
    assert person.password.startswith("$argon2id$")


def test_an_address_has_one_account(app: Flask) -> None:
    add()

    with pytest.raises(Refused, match=r"marit@ademruimte\.example heeft al een account"):
        add("MARIT@ademruimte.example")


@pytest.mark.parametrize("email", ["marit", "marit@", "@ademruimte.example", "a b@c.example"])
def test_an_account_needs_an_address(app: Flask, email: str) -> None:
    with pytest.raises(Invalid, match="is geen e-mailadres"):
        add(email)


def test_a_short_password_is_refused(app: Flask) -> None:
    person = add()

    with pytest.raises(Invalid, match="Een wachtwoord heeft 10 tot 200 tekens"):
        people.set_password(person, "kort", by=CLI, now=NOON)


@pytest.mark.parametrize("password", ["", "een ander wachtwoord", PASSWORD.upper()])
def test_a_wrong_password_recognises_nobody(app: Flask, password: str) -> None:
    make_coordinator(email="joost@ademruimte.example")

    assert signing_in.recognise("joost@ademruimte.example", password) is None


def test_a_disabled_account_recognises_nobody_and_ends_its_sessions(app: Flask) -> None:
    person = make_coordinator()
    session = person.fs_uniquifier

    people.disable(person, by=CLI, now=NOON)

    assert signing_in.recognise(person.email, PASSWORD) is None
    assert person.fs_uniquifier != session


def test_a_new_password_ends_the_sessions_and_is_the_only_one(app: Flask) -> None:
    person = make_coordinator()
    session = person.fs_uniquifier

    people.set_password(person, LONG, by=CLI, now=NOON)

    assert person.fs_uniquifier != session
    assert signing_in.recognise(person.email, LONG) is person
    assert signing_in.recognise(person.email, PASSWORD) is None


def test_an_old_hash_is_renewed_when_someone_signs_in(app: Flask) -> None:
    person = make_coordinator()
    old = person.password

    signing_in.recognise(person.email, PASSWORD)

    assert person.password != old
    assert "m=65536,t=3,p=4" in str(person.password)


def test_the_last_owner_stays(app: Flask) -> None:
    person = make_coordinator(role=Role.OWNER, name="Marit Zuidema")

    with pytest.raises(people.LastOwner, match="Marit Zuidema is de enige beheerder"):
        people.disable(person, by=CLI, now=NOON)
    with pytest.raises(people.LastOwner):
        people.change(person, by=CLI, now=NOON, name="Marit", role=Role.COORDINATOR, active=True)


def test_an_owner_can_go_when_another_stays(app: Flask) -> None:
    person, _other = make_coordinator(role=Role.OWNER), make_coordinator(role=Role.OWNER)

    people.change(person, by=CLI, now=NOON, name="Joost", role=Role.READER, active=True)
    people.disable(person, by=CLI, now=NOON)

    assert (person.name, person.role, person.active) == ("Joost", Role.READER, False)


def test_a_disabled_account_can_come_back(app: Flask) -> None:
    person = make_coordinator(active=False)

    people.change(person, by=CLI, now=NOON, name="", role=Role.COORDINATOR, active=True)

    assert signing_in.recognise(person.email, PASSWORD) is person


def test_every_change_leaves_its_row(app: Flask) -> None:
    person = add()
    other = add("joost@ademruimte.example")

    people.set_password(person, "nog vier woorden erbij", by=CLI, now=NOON)
    people.disable(other, by=CLI, now=NOON)

    acts = db.session.execute(select(AuditEntry.act, AuditEntry.subject, AuditEntry.actor)).all()
    assert [tuple(row) for row in acts] == [
        ("add coordinator", f"coordinator:{person.id}", "cli"),
        ("add coordinator", f"coordinator:{other.id}", "cli"),
        ("change password", f"coordinator:{person.id}", "cli"),
        ("disable coordinator", f"coordinator:{other.id}", "cli"),
    ]


def test_an_unknown_address_is_said(app: Flask) -> None:
    with pytest.raises(Unknown, match=r"Er is niemand met het adres wie@ademruimte\.example"):
        people.find("wie@ademruimte.example")


def test_a_made_password_is_long_enough_and_never_the_same(app: Flask) -> None:
    made = {people.new_password() for _ in range(50)}

    assert len(made) == 50
    assert all(len(password) >= people.SHORTEST for password in made)
