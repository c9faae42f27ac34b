"""Which address a griffie probably has; and which it has not: the one of the whole gemeente."""

from dataclasses import dataclass

from outreach.contacts.gemeenten import fold
from outreach.contacts.models import Address, Gemeente

_GENERAL = (
    "algemeen antwoord communicatie contact gemeente gemeentehuis gemeentewinkel info informatie"
    " informatiebeheer kcc klantcontact klantencontact mail omgevingsloket post postbus receptie"
    " stadhuis stadskantoor vergunningen webmaster welkom woo"
)
#: What stands before the @ of addresses that a whole town hall reads.
GENERAL = frozenset(_GENERAL.split())
#: Griffies that are not called griffie@, or that have no address at all; seen on their sites.
RAADSGRIFFIE = frozenset(["GM0479"])  # Zaanstad
FORM_ONLY = frozenset(["GM1706"])  # Cranendonck


@dataclass(frozen=True)
class Suggestion:
    """An address that may be the griffie's, and how we came by it."""

    email: str
    why: str  #: Dutch
    address: Address | None = None  #: when it is in the list already
    no_mail: bool = False  #: it is on the geen-postlijst


def is_general(email: str, gemeente: Gemeente) -> bool:
    """Whether an address is of the gemeente as a whole, not of its griffie.

    >>> zeist = Gemeente(name="Zeist", search_key="zeist", general_email="loket@zeist.nl")
    >>> [is_general(f"{one}@zeist.nl", zeist) for one in ("info", "loket", "zeist", "griffie")]
    [True, True, True, False]
    """
    local = email.lower().partition("@")[0]
    if "griffi" in local:
        return False
    bare = fold(local).rstrip("0123456789 ").removeprefix("gemeente ")
    town = gemeente.search_key
    return (
        bare in GENERAL
        or bare.split(" ")[0] == "woo"
        or bare.replace(" ", "") in (town.replace(" ", ""), f"gemeente{town.replace(' ', '')}")
        or email.lower() == gemeente.general_email.lower()
    )


def made_for(gemeente: Gemeente) -> str:
    """What its griffie is probably called; empty when we know no domain of the gemeente.

    The domain is that of its mail, which is not always that of its site (Maastricht).
    """
    domain = gemeente.general_email.rpartition("@")[2] or gemeente.website.removeprefix("www.")
    if not domain or gemeente.code in FORM_ONLY:
        return ""
    local = "raadsgriffie" if gemeente.code in RAADSGRIFFIE else "griffie"
    return f"{local}@{domain.lower()}"


def domains(gemeente: Gemeente) -> set[str]:
    """Where its mail may end: that of its site and of its own address."""
    found = {gemeente.website.removeprefix("www."), gemeente.general_email.rpartition("@")[2]}
    return {one.lower() for one in found if one}
