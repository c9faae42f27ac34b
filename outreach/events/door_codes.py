"""The code that someone shows at the door."""

import hashlib

from outreach.events.models import Registration

#: No letter or digit that is read for another (Crockford's base 32).
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans("ILO", "110")


def code(registration: Registration) -> str:
    """What someone shows at the door: "7K3M-9QPT". It opens nothing and tells nothing.

    Made of the secret of the own page, from which there is no way back to that secret.
    """
    return of_secret(registration.secret)


def of_secret(secret: str) -> str:
    """The code of who has this own page."""
    number = int.from_bytes(hashlib.sha256(f"deur:{secret}".encode()).digest()[:5])
    letters = "".join(_ALPHABET[number >> shift & 31] for shift in range(35, -1, -5))
    return f"{letters[:4]}-{letters[4:]}"


def as_code(typed: str) -> str:
    """A code as someone typed it, as `code` writes it; "" when it can be none.

    >>> as_code(" 7k3m 9qpt "), as_code("Noor de Wit")
    ('7K3M-9QPT', '')
    """
    plain = "".join(c for c in typed.upper() if c.isalnum()).translate(_READ_AS)
    good = len(plain) == 8 and all(c in _ALPHABET for c in plain)
    return f"{plain[:4]}-{plain[4:]}" if good else ""
