"""What the register says of a gemeente and of who works there, in both of its spellings.

From 2.6.9 on a street is `openbareRuimte`, a town `woonplaats`, a kind of address `adresType`.
The export has no element for a successor; where a later version names one it is read.
"""

import re
from dataclasses import dataclass, field
from datetime import date

from outreach.contacts import names
from outreach.contacts.addresses import BadAddress, check
from outreach.contacts.models import Function
from outreach.contacts.names import Name
from outreach.contacts.register_file import Node, day
from outreach.contacts.spreadsheets import clean

PROVINCES = {
    "PV20": "Groningen",
    "PV21": "Fryslân",
    "PV22": "Drenthe",
    "PV23": "Overijssel",
    "PV24": "Flevoland",
    "PV25": "Gelderland",
    "PV26": "Utrecht",
    "PV27": "Noord-Holland",
    "PV28": "Zuid-Holland",
    "PV29": "Zeeland",
    "PV30": "Noord-Brabant",
    "PV31": "Limburg",
}
_LONGEST = 200
_PROVINCE = re.compile(r"/provincie/(pv\d\d)\b", re.IGNORECASE)
_HOST = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}(?:/[\w./-]*)?", re.IGNORECASE)
_SUCCESSOR = re.compile(r"(?:rechts)?opvolg|volgendeversie|gaatopin", re.IGNORECASE)
#: Names of the mailbox of a whole organisation; it is nobody's in particular.
_GENERAL = re.compile(
    r"(?:info|informatie|algemeen|contact|post|postbus|postkamer|mail|email|gemeente|gemeentehuis"
    r"|stadhuis|stad|antwoord|balie|kcc|klantcontact\w*|publiekszaken|receptie|webmaster|dienstverlening)"
    r"\d*",
    re.IGNORECASE,
)
#: The first that the name of a function matches. Committees have clerks too: those are no griffier.
_FUNCTIONS = (
    (Function.PLV_GRIFFIER, r"(?:plv\.?|plaatsvervangend|loco-?)\s*(?:raads)?griffier\b.*"),
    (Function.GRIFFIER, r"(?:(?:waarnemend|wnd\.?|interim)\s+)?(?:raads)?griffier\b.*"),
    (Function.BURGEMEESTER, r"(?:(?:waarnemend|wnd\.?)\s+)?burgemeester\b.*"),
    (Function.SECRETARIS, r"(?:(?:waarnemend|wnd\.?|interim)\s+)?(?:gemeente)?secretaris\b.*"),
    (Function.WETHOUDER, r"wethouders?\b.*"),
    (Function.RAADSLID, r"(?:gemeente)?raads(?:lid|leden)\b.*"),
)


@dataclass(slots=True)
class Person:
    """Someone in a function, as the register has it."""

    key: str  #: the register's own number of this person in this function
    function: Function
    name: Name
    phone: str = ""
    party: str = ""  #: only of raadsleden
    email: str = ""
    remark: str = ""  #: Dutch: why its address is left out
    since: date | None = None
    until: date | None = None


@dataclass(slots=True)
class Facts:
    """A gemeente, as the register has it; empty is unknown."""

    code: str  #: empty where the file identifies it by name only
    name: str
    inhabitants: int = 0
    seats: int = 0
    province_code: str = ""
    postal_address: str = ""
    visiting_address: str = ""
    website: str = ""
    general_email: str = ""
    faults: list[str] = field(default_factory=list)  #: Dutch: what is left out, and why
    valid_from: date | None = None
    valid_until: date | None = None
    successor: str = ""
    people: list[Person] = field(default_factory=list)


def read(node: Node) -> Facts | None:
    """What an organisation's record says; None when it is no gemeente."""
    code = node.code or next((one.code for one in _identifiers(node) if one.code), "")
    kinds = {kind.text.casefold() for kind in node.all("types", "type")}
    if not code and node.name != "gemeente" and "gemeente" not in kinds:
        return None
    if kinds and "gemeente" not in kinds:
        return None
    facts = Facts(code=code, name=_name(node))
    facts.inhabitants = _number(
        node.value("geografie", "aantalInwoners|inwoners") or node.value("aantalInwoners")
    )
    facts.seats = _number(node.value("raad", "totaalZetels"))
    facts.valid_from, facts.valid_until = (
        day(node.value("startDatum")),
        day(node.value("eindDatum")),
    )
    facts.successor = _successor(node, code)
    _read_addresses(node, facts)
    _read_contact(node, facts)
    facts.people = _people(node, facts)
    return facts


def is_general(email: str, general: str = "") -> bool:
    """Whether this is the mailbox of a whole gemeente: never to be taken for the griffie's."""
    return email.lower() == general.lower() or bool(_GENERAL.fullmatch(email.partition("@")[0]))


def _identifiers(node: Node) -> list[Node]:
    return node.all("identificatiecodes", "resourceIdentifier") + node.all("resourceIdentifier")


def _name(node: Node) -> str:
    return re.sub(r"^gemeente\s+", "", _text(node.value("naam")), flags=re.IGNORECASE)


def _successor(node: Node, code: str) -> str:
    named = [child for child in node.children if _SUCCESSOR.match(child.name)]
    codes = (inner.code for child in named for inner in child.within())
    return next((found for found in codes if found and found != code), "")


def _read_addresses(node: Node, facts: Facts) -> None:
    for one in node.all("adressen", "adres"):
        _take_address(facts, one.value("type|adresType"), one)
        if found := _PROVINCE.search(one.value("provincie")):
            facts.province_code = facts.province_code or found[1].upper()
    for kind in ("postAdres", "bezoekAdres"):  # as versions before 2.6.1 have it
        for one in node.all("contact", kind, "adres"):
            _take_address(facts, kind, one)
    if facts.province_code not in PROVINCES:
        facts.province_code = ""


def _take_address(facts: Facts, kind: str, node: Node) -> None:
    line = _address(node)
    if kind.casefold().startswith("post"):
        facts.postal_address = facts.postal_address or line
    elif kind.casefold().startswith("bezoek"):
        facts.visiting_address = facts.visiting_address or line


def _address(node: Node) -> str:
    box = _text(node.value("postbus"))
    street = (node.value("straat|openbareRuimte"), node.value("huisnummer"))
    where = f"Postbus {box}" if box else " ".join(_text(part) for part in street if part)
    place = _text(f"{node.value('postcode')} {node.value('plaats|woonplaats')}")
    return ", ".join(part for part in (where, place) if part) if where and place else ""


def _read_contact(node: Node, facts: Facts) -> None:
    for email in _labelled(node, "email|emailadres", desks=True):
        try:
            check(email)
        except BadAddress as fault:
            facts.faults.append(f"In het register staat als e-mailadres: {fault!s}")
    valid = (email for email in _labelled(node, "email|emailadres") if _is_address(email))
    facts.general_email = next(map(check, valid), "")
    for url in _labelled(node, "url|internetadres|webadres|internetAdres"):
        if host := website(url):
            facts.website = host
            break
        facts.faults.append(f"In het register staat als website: “{url[:80]}” is er geen.")


def _is_address(text: str) -> bool:
    try:
        check(text)
    except BadAddress:
        return False
    return True


def _labelled(node: Node, spelling: str, *, desks: bool = False) -> list[str]:
    """Values of one kind in someone's own contact: the general first, no desk's unless asked."""
    names_ = spelling.split("|")
    found: list[tuple[bool, str]] = []
    for part in (inner for contact in node.all("contact") for inner in contact.within()):
        for value in part.children:
            if value.name in names_ and value.text and not value.children:
                label = (part.value("label") or value.attributes.get("label", "")).casefold()
                if desks or label in ("", "algemeen"):
                    found.append((not label, _text(value.text)))
    return [text for _, text in sorted(found, key=lambda one: one[0])]


def website(url: str) -> str:
    """A website as we keep it, without "https://www."; empty for what is none."""
    host = re.sub(r"^(?:https?://)?(?:www\.)?", "", url.strip(), flags=re.IGNORECASE).rstrip("/")
    return host if _HOST.fullmatch(host) else ""


def _people(node: Node, facts: Facts) -> list[Person]:
    offices = node.all("functies", "functie")
    for inner in node.all("organisaties", "organisatie"):  # a griffie as a part of its own
        if "griffie" in inner.value("naam").casefold():
            offices += inner.all("functies", "functie")
    return [
        person
        for office in offices
        if (function := function_of(office.value("naam")))
        for holder in office.all("medewerkers", "medewerker")
        if (person := _person(holder, function, facts)) is not None
    ]


def function_of(text: str) -> Function | None:
    """The function that the register's name for it means; None for one that we do not keep."""
    text = _text(text)
    matches = (f for f, pattern in _FUNCTIONS if re.fullmatch(pattern, text, re.IGNORECASE))
    return next(matches, None)


def _person(node: Node, function: Function, facts: Facts) -> Person | None:
    name = names.split(_text(node.value("naam")))
    if not name.last_name:
        return None  # a vacancy, or the name of the office
    person = Person(_text(node.attributes.get("systeemId", "")), function, name)
    person.since, person.until = day(node.value("startDatum")), day(node.value("eindDatum"))
    person.phone = _text(node.value("contact", "telefoonnummers", "telefoonnummer", "nummer"))
    if function is Function.RAADSLID:  # of others it is a belief, and nobody's business
        party = _text(node.value("partijLidmaatschap"))
        person.party = "" if party.casefold() in ("geen", "onbekend") else party
    for email in _labelled(node, "email|emailadres"):
        _offer(person, email, facts)
    return person


def _offer(person: Person, email: str, facts: Facts) -> None:
    try:
        checked = check(email)
    except BadAddress as fault:
        person.remark = str(fault)
        return
    if is_general(checked, facts.general_email):
        person.remark = f"{checked} is het adres van de hele gemeente; dat nemen wij hier niet."
    elif not person.email:
        person.email = checked


def _text(text: str) -> str:
    return clean(text)[:_LONGEST].strip()


def _number(text: str) -> int:
    digits = re.sub(r"[.\s]", "", text)
    return int(digits) if digits.isdecimal() and len(digits) < 9 else 0
