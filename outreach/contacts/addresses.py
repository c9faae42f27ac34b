"""What an e-mail address is, and when two are the same."""

import re
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from outreach.errors import Invalid

#: Local parts that need no second thought; the rest goes through the validator.
_PLAIN = re.compile(r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*")
_MAILTO = re.compile(r"mailto:", re.IGNORECASE)


class BadAddress(Invalid):
    """Text that is no e-mail address."""


def check(text: str) -> str:
    """The address as it is written in a header, or a refusal. Nothing is looked up.

    :raises BadAddress: not an address
    """
    email = _MAILTO.sub("", text.strip().strip("<>"), count=1).strip()
    local, _, domain = email.rpartition("@")
    if len(email) <= 254 and len(local) <= 64 and _PLAIN.fullmatch(local):
        checked = _domain(domain)
        if checked is not None and len(local) + 1 + len(checked) <= 254:
            return f"{local}@{checked}"
    try:
        return _validate(email)
    except EmailNotValidError:
        raise BadAddress(f"“{email[:80]}” is geen e-mailadres.") from None


def address_key(email: str) -> str:
    """What makes two addresses the same: lower case, IDNA domain. No tricks with dots or plus."""
    return check(email).lower()


@lru_cache(maxsize=10_000)
def _domain(domain: str) -> str | None:
    """The domain as a header writes it. Of a list of addresses most share theirs with others."""
    try:
        return _validate(f"x@{domain}").rpartition("@")[2]
    except EmailNotValidError:
        return None


def _validate(email: str) -> str:
    parts = validate_email(
        email, check_deliverability=False, allow_smtputf8=False, strict=True, test_environment=True
    )
    return parts.ascii_email or parts.normalized


def masked(email: str) -> str:
    """An address as a page may show it that anyone with the link can open: "g•••@zeist.example"."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}•••@{domain}"
