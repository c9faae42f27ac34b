"""Who was erased on request is kept out: by a hash, since nothing else of them is left.

The hash is HMAC-SHA256 with a pepper that stands in a file beside the database, so that a copy
of the database alone tells nobody who asked. Lose the file and nobody can be recognised any
more: then nothing is taken over until it is back, rather than someone written to again.
"""

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from sqlalchemy import func, insert, select

from outreach.accounts.audit import Actor
from outreach.clock import dutch_date
from outreach.contacts import names
from outreach.contacts.addresses import BadAddress, address_key
from outreach.contacts.models import Erased, Function
from outreach.contacts.names import Name
from outreach.db import db
from outreach.errors import Refused
from outreach.keyfiles import Keyfile

_ADDRESS = re.compile(r"[^\s<>()\[\]\"',;|/]+@[^\s<>()\[\]\"',;|/]+")
#: Under this name the engine of an installation knows its pepper (an execution option).
OPTION = "outreach_pepper"
FILE = "pepper"
LOST = (
    "Er zijn mensen op verzoek gewist, en de sleutel waarmee wij hen herkennen ontbreekt of is een"
    " andere. Zet het bestand “pepper” terug uit een reservekopie; tot dan nemen wij niets over."
)


class Pepper(Keyfile):
    """The secret in INSTANCE that makes the hashes ours."""


@dataclass(frozen=True)
class Book:
    """Everyone who was erased, to ask many times."""

    pepper: str = field(repr=False)
    days: dict[str, datetime] = field(repr=False)  #: by hash

    def refusal(self, key: str) -> str:
        """Why this address may not come in, as a sentence; "" when it may."""
        at = self.days.get(digest(self.pepper, key)) if self.days else None
        return sentence(at) if at else ""

    def refusal_among(self, cells: Iterable[str]) -> str:
        """Likewise of a line of a list, whatever else is wrong with it."""
        if not self.days:
            return ""
        found = (match[0] for cell in cells if "@" in cell for match in _ADDRESS.finditer(cell))
        return next(filter(None, (self._of_text(text) for text in found)), "")

    def _of_text(self, text: str) -> str:
        try:
            return self.refusal(address_key(text))
        except BadAddress:
            return ""

    def holds_person(self, code: str | None, function: Function, name: Name) -> bool:
        """Whether someone of this name in this office was erased."""
        words = _person(code, function, name)
        return bool(self.days and words) and digest(self.pepper, words) in self.days


def book() -> Book:
    """
    :raises Refused: people were erased, and the pepper is lost
    """
    rows = db.session.execute(select(Erased.hash, Erased.at, Erased.pepper_id)).all()
    if not rows:
        return Book("", {})
    pepper = current().read()
    if not pepper or any(row.pepper_id != pepper_id(pepper) for row in rows):
        raise Refused(LOST)
    return Book(pepper, {row.hash: row.at for row in rows})


def count() -> int:
    """How many times someone was erased; each leaves a hash or more."""
    return db.session.scalar(select(func.count(Erased.at.distinct()))) or 0


def refuse(email: str) -> None:
    """
    :raises Refused: this address was erased on request
    """
    if reason := book().refusal(address_key(email)):
        raise Refused(reason)


def remember(
    keys: Iterable[str],
    people: Iterable[tuple[str | None, Function, Name]],
    *,
    by: Actor,
    now: datetime,
) -> list[str]:
    """Keep the hashes of addresses, and of names in their offices; return them.

    :raises Refused: hashes of before were made with another pepper
    """
    known = book().days
    pepper = current().ensure()
    words = [*keys, *(_person(*one) for one in people)]
    hashes = list(dict.fromkeys(digest(pepper, one) for one in words if one))
    row = {"pepper_id": pepper_id(pepper), "actor": by.key, "at": now}
    if fresh := [one for one in hashes if one not in known]:
        db.session.execute(insert(Erased), [row | {"hash": one} for one in fresh])
    return hashes


def current() -> Pepper:
    """The pepper of the installation that this session works on."""
    pepper = db.session.get_bind().get_execution_options().get(OPTION)
    if not isinstance(pepper, Pepper):
        raise Refused(LOST)
    return pepper


def sentence(at: datetime) -> str:
    day = dutch_date(at)
    return (
        f"Dit adres is op verzoek gewist op {day.day}-{day.month}-{day.year}."
        " Wij mogen het niet opnieuw bewaren."
    )


def digest(pepper: str, words: str) -> str:
    return hmac.digest(pepper.encode(), words.encode(), "sha256").hex()


def pepper_id(pepper: str) -> str:
    """Which pepper it is, without saying it."""
    return sha256(f"outreach pepper: {pepper}".encode()).hexdigest()[:16]


def _person(code: str | None, function: Function, name: Name) -> str:
    """What a register knows someone by who gives no address; nothing of who has no full name."""
    given = (name.initials or name.first_name)[:1].casefold()
    surname = names.key(name) if name.last_name else ""
    return f"{code}:{function.value}:{surname}:{given}" if surname and given else ""
