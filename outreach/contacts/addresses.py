"""What an e-mail address is, and when two are the same."""

from email_validator import EmailNotValidError, validate_email

from outreach.errors import Invalid


class BadAddress(Invalid):
    """Text that is no e-mail address."""


def check(text: str) -> str:
    """The address as it is written in a header, or a refusal. Nothing is looked up.

    :raises BadAddress: not an address; the sentence says what is wrong with it
    """
    email = text.strip().strip("<>").removeprefix("mailto:")
    try:
        parts = validate_email(
            email, check_deliverability=False, allow_smtputf8=False, test_environment=True
        )
    except EmailNotValidError:
        raise BadAddress(f"“{email[:80]}” is geen e-mailadres.") from None
    return parts.ascii_email or parts.normalized


def address_key(email: str) -> str:
    """What makes two addresses the same: lower case, IDNA domain. No tricks with dots or plus."""
    return check(email).lower()
