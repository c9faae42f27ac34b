"""Exports of the register as tests need them: small, of invented people, in both spellings."""

from collections.abc import Sequence

OLD = {"type": "type", "street": "straat", "place": "plaats"}
NEW = {"type": "adresType", "street": "openbareRuimte", "place": "woonplaats"}
NAMESPACE = "https://organisaties.overheid.nl/static/schema/oo/export/"


def export(
    *organisations: str, version: str = "2.6.13", day: str = "2026-03-20", root: str = ""
) -> bytes:
    """A whole file."""
    root = root or "overheidsorganisaties"
    return (
        f"<?xml version='1.0' encoding='UTF-8'?>"
        f'<p:{root} xmlns:p="{NAMESPACE}{version}" p:timestamp="{day}T03:00:00">'
        f"<p:organisaties>{''.join(organisations)}</p:organisaties></p:{root}>"
    ).encode()


def gemeente(
    code: str,
    name: str,
    *,
    spelling: dict[str, str] | None = None,
    email: str = "",
    website: str = "",
    street: str = "",
    inhabitants: int = 0,
    ends: str = "",
    begins: str = "",
    people: Sequence[str] = (),
    kind: str = "Gemeente",
    more: str = "",
) -> str:
    """One organisation."""
    words = spelling or NEW
    tooi = f"https://identifier.overheid.nl/tooi/id/gemeente/{code.lower()}"
    province = "<p:provincie>https://identifier.overheid.nl/tooi/id/provincie/pv26</p:provincie>"
    return (
        f'<p:organisatie p:systeemId="1" p:resourceIdentifierTOOI="{tooi}">'
        f"<p:naam>Gemeente {name}</p:naam><p:types><p:type>{kind}</p:type></p:types>"
        f"<p:adressen><p:adres><p:{words['type']}>Bezoekadres</p:{words['type']}>"
        f"<p:{words['street']}>{street}</p:{words['street']}><p:huisnummer>1</p:huisnummer>"
        f"<p:postcode>3700 AA</p:postcode><p:{words['place']}>DORP</p:{words['place']}>"
        f"{province if words is NEW else ''}</p:adres></p:adressen>"
        f"<p:contact><p:emailadressen><p:emailadres><p:email>{email}</p:email>"
        f"<p:label>Algemeen</p:label></p:emailadres></p:emailadressen>"
        f"<p:internetadressen><p:internetadres><p:url>{website}</p:url></p:internetadres>"
        f"</p:internetadressen></p:contact>"
        f"{_element('startDatum', begins)}{_element('eindDatum', ends)}{more}"
        f"<p:geografie>{_element('aantalInwoners', str(inhabitants or ''))}</p:geografie>"
        f"<p:functies>{''.join(people)}</p:functies></p:organisatie>"
    )


def person(
    function: str,
    name: str,
    *,
    key: str = "",
    email: str = "",
    party: str = "",
    phone: str = "",
    since: str = "2026-03-26",
    until: str = "",
) -> str:
    """Someone in a function, as the organisation has it."""
    return (
        f"<p:functie><p:naam>{function}</p:naam><p:medewerkers>"
        f'<p:medewerker p:systeemId="{key or name}"><p:naam>{name}</p:naam>'
        f"{_element('partijLidmaatschap', party)}<p:contact><p:telefoonnummers>"
        f"<p:telefoonnummer>{_element('nummer', phone)}</p:telefoonnummer></p:telefoonnummers>"
        f"<p:emailadressen><p:emailadres>{_element('email', email)}</p:emailadres>"
        f"</p:emailadressen></p:contact>{_element('startDatum', since)}"
        f"{_element('eindDatum', until)}</p:medewerker></p:medewerkers></p:functie>"
    )


def _element(name: str, text: str) -> str:
    return f"<p:{name}>{text}</p:{name}>" if text else ""
