"""Coordinators: who may sign in, and as what."""

import secrets
from datetime import datetime

from argon2 import PasswordHasher
from email_validator import EmailNotValidError, validate_email
from sqlalchemy import func, select

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.accounts.models import Coordinator, Role
from outreach.db import db
from outreach.errors import Invalid, Refused, Unknown

SHORTEST = 10  #: characters of a password
LONGEST = 200


class LastOwner(Refused):
    """Without an owner nobody can let anyone in."""


def add(
    email: str, role: Role, *, password: str, by: Actor, now: datetime, name: str = ""
) -> Coordinator:
    """Let someone sign in.

    :raises Refused: someone with this address may sign in already
    """
    key = check_email(email).lower()
    if db.session.scalar(select(Coordinator.id).where(Coordinator.email == key)):
        raise Refused(f"{key} heeft al een account.")
    person = Coordinator(
        email=key,
        name=name.strip(),
        role=role,
        password=_hash(password),
        active=True,
        fs_uniquifier=secrets.token_hex(32),
        created_at=now,
    )
    db.session.add(person)
    db.session.flush()
    audit.record("add coordinator", f"coordinator:{person.id}", by=by, now=now, role=role.value)
    return person


def everyone() -> list[Coordinator]:
    """Who may or could sign in, by address."""
    return list(db.session.scalars(select(Coordinator).order_by(Coordinator.email)))


def find(email: str) -> Coordinator:
    """The coordinator with this address.

    :raises Unknown: there is none
    """
    key = email.strip().lower()
    found = select(Coordinator).where(Coordinator.email == key)
    person: Coordinator | None = db.session.scalar(found)
    if person is None:
        raise Unknown(f"Er is niemand met het adres {key}.")
    return person


def change(
    person: Coordinator, *, by: Actor, now: datetime, name: str, role: Role, active: bool
) -> None:
    """Change how someone is named, what they may do, and whether they may sign in.

    :raises LastOwner: nobody would be left who may do this
    """
    if active and not person.active:
        person.active = True
        audit.record("enable coordinator", f"coordinator:{person.id}", by=by, now=now)
    elif person.active and not active:
        disable(person, by=by, now=now)
    if role is not person.role:
        _keep_an_owner(person)
        person.role = role
        audit.record("change role", f"coordinator:{person.id}", by=by, now=now, role=role.value)
    person.name = name.strip()


def disable(person: Coordinator, *, by: Actor, now: datetime) -> None:
    """Let someone sign in no more, and end their sessions.

    :raises LastOwner: nobody would be left who may let others in
    """
    _keep_an_owner(person)
    person.active = False
    person.fs_uniquifier = secrets.token_hex(32)
    audit.record("disable coordinator", f"coordinator:{person.id}", by=by, now=now)


def set_password(person: Coordinator, password: str, *, by: Actor, now: datetime) -> None:
    """Give someone a new password, and end their sessions."""
    person.password = _hash(password)
    person.fs_uniquifier = secrets.token_hex(32)
    audit.record("change password", f"coordinator:{person.id}", by=by, now=now)


def new_password() -> str:
    """A password that nobody chose: 96 random bits, to hand over once."""
    return secrets.token_urlsafe(12)


def check_email(text: str) -> str:
    """The address as it was typed, without spaces around it.

    :raises Invalid: not an e-mail address
    """
    try:
        parts = validate_email(
            text.strip(), check_deliverability=False, allow_smtputf8=False, test_environment=True
        )
    except EmailNotValidError:
        raise Invalid(f"“{text.strip()[:80]}” is geen e-mailadres.") from None
    return parts.normalized


def _keep_an_owner(person: Coordinator) -> None:
    if person.role is not Role.OWNER or not person.active:
        return
    others = select(func.count()).where(
        Coordinator.role == Role.OWNER, Coordinator.active.is_(True), Coordinator.id != person.id
    )
    if not db.session.scalar(others):
        raise LastOwner(f"{person} is de enige beheerder. Maak eerst iemand anders beheerder.")


def _hash(password: str) -> str:
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(f"Een wachtwoord heeft {SHORTEST} tot {LONGEST} tekens.")
    return PasswordHasher().hash(password)
