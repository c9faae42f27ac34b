"""Who someone is, by address and password."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import select

from outreach.accounts.models import Coordinator
from outreach.db import db
from outreach.errors import Invalid
from outreach.wording import N_

#: One sentence whether the address is unknown, the password is wrong or the account is closed.
WRONG = Invalid(N_("Dit e-mailadres en wachtwoord horen niet bij elkaar."))
_hasher = PasswordHasher()
#: Checked when nobody has the address, so that the answer takes as long.
_NOBODY = (
    "$argon2id$v=19$m=65536,t=3,p=4$LYUQImQModRaa6219p4TYg"
    "$hACMutshtAA1UOvjNjIheQbbcVEyvPqmrmZQhKhoj10"
)


def recognise(email: str, password: str) -> Coordinator | None:
    """The active coordinator with this address and password, or None."""
    found = select(Coordinator).where(Coordinator.email == email.strip().lower())
    person: Coordinator | None = db.session.scalar(found)
    right = _matches((person and person.password) or _NOBODY, password)
    if person is None or not person.active or not right:
        return None
    if _hasher.check_needs_rehash(str(person.password)):
        person.password = _hasher.hash(password)
    return person


def _matches(hashed: str, password: str) -> bool:
    try:
        return _hasher.verify(hashed, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
