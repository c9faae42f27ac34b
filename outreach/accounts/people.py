"""Coordinators: who may sign in, and as what."""

import secrets
from datetime import datetime

from argon2 import PasswordHasher
from sqlalchemy import select

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.accounts.models import Coordinator, Role
from outreach.db import db
from outreach.errors import Invalid, Refused, Unknown

SHORTEST = 10  #: characters of a password


def add(
    email: str, role: Role, *, password: str, by: Actor, now: datetime, name: str = ""
) -> Coordinator:
    """Let someone sign in.

    :raises Refused: someone with this address may sign in already
    """
    key = email.strip().lower()
    if "@" not in key:
        raise Invalid(f"“{email}” is geen e-mailadres.")
    if db.session.scalar(select(Coordinator.id).where(Coordinator.email == key)):
        raise Refused(f"{key} kan al inloggen.")
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


def disable(person: Coordinator, *, by: Actor, now: datetime) -> None:
    """Let someone sign in no more, and end their sessions."""
    person.active = False
    person.fs_uniquifier = secrets.token_hex(32)
    audit.record("disable coordinator", f"coordinator:{person.id}", by=by, now=now)


def set_password(person: Coordinator, password: str, *, by: Actor, now: datetime) -> None:
    """Give someone a new password, and end their sessions."""
    person.password = _hash(password)
    person.fs_uniquifier = secrets.token_hex(32)
    audit.record("change password", f"coordinator:{person.id}", by=by, now=now)


def _hash(password: str) -> str:
    if len(password) < SHORTEST:
        raise Invalid(f"Een wachtwoord heeft ten minste {SHORTEST} tekens.")
    return PasswordHasher().hash(password)
