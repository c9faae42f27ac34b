"""What the columns of a list mean, and what their cells say. CONTRACT and docs name them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from outreach.contacts.gemeenten import fold
from outreach.contacts.models import Basis, FormOfAddress, Function
from outreach.errors import Invalid


class Field(StrEnum):
    """What a column can be; named as the contact's own field where there is one."""

    GEMEENTE = "gemeente"
    FUNCTION = "function"
    FORM = "form_of_address"
    TITLES = "titles"
    INITIALS = "initials"
    FIRST_NAME = "first_name"
    PREFIX = "prefix"
    LAST_NAME = "last_name"
    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    PARTY = "party"
    BASIS = "basis"
    SOURCE = "source"


#: The first name is the one that an export writes.
HEADERS: dict[Field, tuple[str, ...]] = {
    Field.GEMEENTE: ("gemeente", "municipality"),
    Field.FUNCTION: ("rol", "role"),
    Field.FORM: ("aanspreekvorm", "form_of_address"),
    Field.TITLES: ("titel",),
    Field.INITIALS: ("voorletters", "initials"),
    Field.FIRST_NAME: ("voornaam", "first_name"),
    Field.PREFIX: ("tussenvoegsel", "prefix"),
    Field.LAST_NAME: ("achternaam", "last_name"),
    Field.NAME: ("naam", "name"),
    Field.EMAIL: ("email", "e-mail"),
    Field.PHONE: ("telefoon", "phone"),
    Field.PARTY: ("fractie", "party"),
    Field.BASIS: ("grondslag", "basis"),
    Field.SOURCE: ("bron", "source"),
}
#: Understood too, when no column has a name from above.
_ALSO: dict[Field, tuple[str, ...]] = {
    Field.FUNCTION: ("functie", "function"),
    Field.TITLES: ("titels", "titles", "title"),
    Field.EMAIL: ("e-mailadres", "mail", "mailadres"),
    Field.PHONE: ("telefoonnummer",),
}
REQUIRED = (Field.GEMEENTE, Field.FUNCTION, Field.EMAIL)

_FUNCTIONS = {
    Function.GRIFFIER: "griffier, griffie, raadsgriffier, raadsgriffie, clerk",
    Function.PLV_GRIFFIER: "plv griffier, plaatsvervangend griffier, plaatsvervangend raadsgriffier"
    ", deputy clerk",
    Function.RAADSLID: "raadslid, gemeenteraadslid, councillor",
    Function.WETHOUDER: "wethouder, alderman",
    Function.BURGEMEESTER: "burgemeester, mayor",
    Function.SECRETARIS: "gemeentesecretaris, secretaris, town clerk",
    Function.COLLEGE: "college, college van b en w, college van b w"
    ", college van burgemeester en wethouders",
    Function.INFORMATEUR: "informateur",
    Function.PARTNER: "partner",
}
_FORMS = {
    FormOfAddress.HEER: "heer, de heer, dhr, hr, man, m",
    FormOfAddress.MEVROUW: "mevrouw, mevr, mw, vrouw, v",
    FormOfAddress.NEUTRAAL: "neutraal, alleen naam, neutral, x",
    FormOfAddress.ONBEKEND: "onbekend, unknown",
}
_BASES = {
    Basis.PUBLISHED: "published, gepubliceerd, openbaar, openbaar adres",
    Basis.CONSENT: "consent, toestemming",
    Basis.REGISTRATION: "registration, aangemeld, aanmelding, registratie",
    Basis.EXISTING: "existing, bestaand, bestaand contact",
}


T = TypeVar("T")


@dataclass(frozen=True)
class Columns:
    """Where each field stands in a row, and what becomes an attribute."""

    header: list[str]
    fields: dict[Field, int]
    attributes: dict[str, int]

    def as_shown(self) -> dict[str, str]:
        """Column → field, as an import remembers and a screen shows it."""
        known = {self.header[index]: field.value for field, index in self.fields.items()}
        return known | dict.fromkeys(self.attributes, "attribute")


def recognise(header: Sequence[str], mapping: Mapping[str, str] | None = None) -> Columns:
    """What each column of a header row is: by hand where `mapping` says so, else by its name.

    :param mapping: column → field, both as anyone would type them
    :raises Invalid: a required column is missing, or a field has two columns; names them
    """
    fields = _by_hand(header, mapping or {})
    for names in (HEADERS, _ALSO):
        for field, known in names.items():
            if field not in fields and (found := _named(header, known, fields)) is not None:
                fields[field] = found
    if missing := [HEADERS[field][0] for field in REQUIRED if field not in fields]:
        kind = "De kolom ontbreekt" if len(missing) == 1 else "De kolommen ontbreken"
        raise Invalid(
            f"{kind}: {', '.join(missing)}. De eerste regel moet de namen van de kolommen geven."
        )
    return Columns(list(header), fields, _attributes(header, fields))


def function_of(text: str) -> Function:
    """The function that a word names.

    :raises Invalid: no function we know; the sentence lists those we do
    """
    return _word(_FUNCTIONS_BY_WORD, text, "De rol", Function)


def form_of(text: str) -> FormOfAddress:
    """The form of address that a word names."""
    return _word(_FORMS_BY_WORD, text, "De aanspreekvorm", list(FormOfAddress)[:3])


def basis_of(text: str) -> Basis:
    """The basis that a word names."""
    return _word(_BASES_BY_WORD, text, "De grondslag", Basis)


def _by_hand(header: Sequence[str], mapping: Mapping[str, str]) -> dict[Field, int]:
    fields: dict[Field, int] = {}
    for column, word in mapping.items():
        places = [index for index, name in enumerate(header) if _plain(name) == _plain(column)]
        if len(places) != 1:
            known = ", ".join(name for name in header if name)
            raise Invalid(f"Er is geen kolom “{column}”, of er zijn er twee. Er zijn: {known}.")
        field = _FIELDS_BY_WORD.get(_plain(word))
        if field is None:
            known = ", ".join(names[0] for names in HEADERS.values())
            raise Invalid(f"“{word}” is geen veld. Kies uit: {known}.")
        if field in fields:
            raise Invalid(f"Voor {HEADERS[field][0]} zijn twee kolommen aangewezen.")
        fields[field] = places[0]
    return fields


def _named(header: Sequence[str], names: tuple[str, ...], taken: Mapping[Field, int]) -> int | None:
    wanted = {_plain(name) for name in names}
    places = [
        index
        for index, name in enumerate(header)
        if _plain(name) in wanted and index not in taken.values()
    ]
    if len(places) > 1:
        columns = " en ".join(f"“{header[index]}”" for index in places)
        raise Invalid(
            f"De kolommen {columns} zijn allebei {names[0]}. Verwijder er een, of geef er een een"
            " andere naam."
        )
    return places[0] if places else None


def _attributes(header: Sequence[str], fields: Mapping[Field, int]) -> dict[str, int]:
    """Every other column, by its name: one without a name by its number, a second by "(2)"."""
    reserved = {_plain(name) for names in HEADERS.values() for name in names}
    found: dict[str, int] = {}
    for index, column in enumerate(header):
        if index in fields.values():
            continue
        name = column[:100] or f"kolom {index + 1}"
        count = 1
        while name in found or _plain(name) in reserved:
            count += 1
            name = f"{column[:100]} ({count})"
        found[name] = index
    return found


def _plain(name: str) -> str:
    """A header as it is compared: "E-mail", "e_mail" and "EMAIL" are one."""
    return re.sub(r"[\s_.\-]+", "", name.casefold())


def _word(words: Mapping[str, T], text: str, what: str, known: Iterable[str]) -> T:
    found = words.get(fold(text))
    if found is None:
        choices = ", ".join(member for member in known)
        raise Invalid(f"{what} “{text[:80]}” kennen wij niet. Kies uit: {choices}.")
    return found


def _index(words: Mapping[T, str]) -> dict[str, T]:
    return {word.strip(): member for member, line in words.items() for word in line.split(",")}


_FUNCTIONS_BY_WORD = _index(_FUNCTIONS)
_FORMS_BY_WORD = _index(_FORMS)
_BASES_BY_WORD = _index(_BASES)
_FIELDS_BY_WORD = {
    _plain(name): field
    for names in (_ALSO, HEADERS)
    for field, known in names.items()
    for name in (*known, field.value)
}
