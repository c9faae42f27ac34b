"""The demo's griffies: one mailbox for each gemeente, with invented people behind them."""

import csv
import hashlib
import io
from dataclasses import dataclass
from functools import cache

from outreach.contacts import gemeenten

HEADER = (
    "gemeente",
    "rol",
    "aanspreekvorm",
    "voorletters",
    "tussenvoegsel",
    "achternaam",
    "email",
    "grondslag",
    "bron",
)
LETTERS = "ABCDEFGHIJKLMNPRSTW"
NAMES = (
    ("van", "Houten"),
    ("", "Bakkerveld"),
    ("de", "Wit"),
    ("", "Oosterling"),
    ("ter", "Brugge"),
    ("", "Zandstra"),
    ("van der", "Laan"),
    ("", "Kuipersma"),
    ("in 't", "Woud"),
    ("", "Yildirim"),
    ("den", "Hollander"),
    ("", "El Idrissi"),
    ("", "Postmus"),
    ("van", "Ravenswaaij"),
    ("", "Tolsma-Vink"),
    ("op de", "Kamp"),
    ("", "Sewnath"),
    ("'t", "Hoen"),
    ("", "Marijnissen"),
)


@dataclass(frozen=True)
class Mailbox:
    """The griffie of one gemeente."""

    code: str
    gemeente: str
    domain: str  #: "zeist.example"
    province: str

    @property
    def griffie(self) -> str:
        return f"griffie@{self.domain}"

    @property
    def college(self) -> str:
        return f"college@{self.domain}"


@cache
def everyone() -> tuple[Mailbox, ...]:
    """Each gemeente's mailbox, in the order of the CBS codes."""
    lines = gemeenten.FILE.read_text(encoding="utf-8").splitlines()
    return tuple(
        Mailbox(row["code"], row["name"], f"{_slug(row['name'])}.example", row["province"])
        for row in sorted(csv.DictReader(lines), key=lambda row: row["code"])
    )


def of_recipient(recipient: str) -> Mailbox:
    """Whose mailbox an address is.

    :raises KeyError: nobody's
    """
    return _of_domain()[recipient.partition("@")[2]]


@cache
def _of_domain() -> dict[str, Mailbox]:
    return {box.domain: box for box in everyone()}


@cache
def drawn(occasion: str) -> tuple[Mailbox, ...]:
    """Everyone in an order by lot, always the same for one occasion."""
    return tuple(sorted(everyone(), key=lambda box: lot(f"{occasion} {box.code}")))


def lot(text: str) -> int:
    """A number that looks like chance and never changes."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def contacts_file() -> bytes:
    """The list as a coordinator would have it: a semicolon CSV with griffies and colleges."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADER)
    for box in everyone():
        site = f"https://www.{box.domain}/"
        writer.writerow(
            (box.code, "griffier", *_person(box), box.griffie, "published", f"{site}griffie")
        )
        writer.writerow((box.code, "college", "", "", "", "", box.college, "published", site))
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _person(box: Mailbox) -> tuple[str, str, str, str]:
    """Form of address, initials, prefix, last name; two of five mailboxes bear no name."""
    draw = lot(f"person {box.code}")
    if draw % 5 > 2:
        return "", "", "", ""
    form = ("mevrouw", "heer", "neutraal")[draw % 11 % 3]
    first, second = LETTERS[draw % 17], LETTERS[draw % 13]
    prefix, last = NAMES[draw % 19]
    return form, f"{first}.{second}." if draw % 2 else f"{first}.", prefix, last


def _slug(name: str) -> str:
    return gemeenten.fold(name).replace(" ", "-")
