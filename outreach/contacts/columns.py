"""What the columns of a list mean, and what their cells say. CONTRACT and docs name them."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
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
    PORTFOLIO = "portfolio"
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
    Field.PORTFOLIO: ("portefeuille", "portfolio"),
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
#: What these may well be: proposed to a person, never taken by itself.
_MAYBE: dict[Field, tuple[str, ...]] = {
    Field.GEMEENTE: ("gem", "gemeentenaam", "gemeentecode", "plaats", "raad", "organisatie"),
    Field.FUNCTION: ("rollen", "functienaam", "hoedanigheid", "soort"),
    Field.FORM: ("aanhef", "geslacht", "m/v", "dhr/mw", "dhr/mevr", "aanspreektitel"),
    Field.INITIALS: ("voorl", "initialen"),
    Field.FIRST_NAME: ("roepnaam",),
    Field.PREFIX: ("tussenv", "tv", "voorvoegsel", "voorvoegsels", "tussenvoegsels"),
    Field.LAST_NAME: ("familienaam", "geslachtsnaam"),
    Field.NAME: ("naam griffier", "griffier", "volledige naam", "contactpersoon", "persoon"),
    Field.EMAIL: (
        "emailadres griffie",
        "e-mail griffie",
        "email griffier",
        "mail griffie",
        "mail raad",
        "e-mail raad",
        "postbus",
        "contact",
    ),
    Field.PHONE: ("tel", "telefoonnr", "telnr", "mobiel", "telefoon griffie"),
    Field.PARTY: ("partij", "fractienaam"),
    Field.SOURCE: ("herkomst", "website", "url"),
}
REQUIRED = (Field.GEMEENTE, Field.FUNCTION, Field.EMAIL)
#: What a person may say of a column that is no field.
ATTRIBUTE, SKIP = "attribute", "skip"
_PROVINCE = ("provincie", "province", "prov")

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
Test = Callable[[str], bool]  #: whether a cell looks like something


@dataclass(frozen=True)
class Columns:
    """Where each field stands in a row, and what becomes an attribute."""

    header: list[str]
    fields: dict[Field, int]
    attributes: dict[str, int]
    function: Function | None = None  #: of everyone, when there is no column for it
    province: int | None = None  #: which "Bergen" is meant; an attribute as well
    names: list[str] = field(default_factory=list)  #: of all columns, each another

    def as_shown(self) -> dict[str, str]:
        """Column → field, as an import remembers and a screen shows it."""
        known = {index: field.value for field, index in self.fields.items()}
        known |= dict.fromkeys(self.attributes.values(), ATTRIBUTE)
        return {name: known.get(index, SKIP) for index, name in enumerate(self.names)}


def recognise(
    header: Sequence[str],
    mapping: Mapping[str, str] | None = None,
    *,
    function: Function | None = None,
) -> Columns:
    """What each column of a header row is: by hand where `mapping` says so, else by its name.

    :param mapping: column → field, both as anyone would type them
    :param function: of everyone in the list, when it has no column for it
    :raises Invalid: a required column is missing, or a field has two columns; names them
    """
    fields = _by_hand(header, mapping or {})
    for names in (HEADERS, _ALSO):
        for field_, known in names.items():
            if field_ not in fields and (found := _named(header, known, fields)) is not None:
                fields[field_] = found
    if missing := _missing(fields, function):
        kind = "De kolom ontbreekt" if len(missing) == 1 else "De kolommen ontbreken"
        raise Invalid(
            f"{kind}: {', '.join(missing)}. De eerste regel moet de namen van de kolommen geven."
        )
    return _columns(header, fields, _attributes(header, fields), function)


def arrange(
    header: Sequence[str], chosen: Mapping[int, str], *, function: Function | None = None
) -> Columns:
    """What each column is, as a person chose it: a field's own name, ATTRIBUTE or SKIP.

    :raises Invalid: a required column is missing, or a field has two columns; names them
    """
    fields: dict[Field, int] = {}
    for index, word in sorted(chosen.items()):
        if word in (ATTRIBUTE, SKIP) or not 0 <= index < len(header):
            continue
        one = Field(word)
        if one in fields:
            pair = f"“{_title(header, fields[one])}” en “{_title(header, index)}”"
            raise Invalid(f"De kolommen {pair} zijn allebei {HEADERS[one][0]}. Kies er één.")
        fields[one] = index
    if missing := _missing(fields, function):
        raise Invalid(f"Wijs nog aan: {', '.join(missing)}.")
    kept = {
        name: index
        for name, index in _attributes(header, fields).items()
        if chosen.get(index, ATTRIBUTE) != SKIP
    }
    return _columns(header, fields, kept, function)


def propose(
    header: Sequence[str], samples: Sequence[Sequence[str]], is_gemeente: Test
) -> dict[int, str]:
    """What each column may be, by its name and by what stands in it, for a person to judge.

    :param samples: the first cells of each column
    """
    fields: dict[Field, int] = {}
    for names in (HEADERS, _ALSO, _MAYBE):
        for field_, known in names.items():
            wanted = {_plain(name) for name in known}
            places = [i for i, name in enumerate(header) if _plain(name) in wanted]
            free = [i for i in places if i not in fields.values()]
            if field_ not in fields and free:
                fields[field_] = free[0]
    looks: tuple[tuple[Field, Test], ...] = (
        (Field.EMAIL, lambda cell: "@" in cell),
        (Field.FUNCTION, lambda cell: fold(cell) in _FUNCTIONS_BY_WORD),
        (Field.GEMEENTE, is_gemeente),
    )
    for field_, looks_so in looks:
        now = fields.get(field_)
        if now is not None and _mostly(looks_so, samples[now]):
            continue
        free = [
            index
            for index, cells in enumerate(samples)
            if index not in fields.values() and _mostly(looks_so, cells)
        ]
        if free:
            fields[field_] = free[0]
    by_index = {index: field_.value for field_, index in fields.items()}
    return {index: by_index.get(index, ATTRIBUTE) for index in range(len(header))}


def likeness(cells: Sequence[str]) -> int:
    """How many different fields the cells of a row name: a header row names most."""
    return len({found for cell in cells if (found := _FIELDS_BY_WORD.get(_plain(cell)))})


def fingerprint(header: Sequence[str]) -> str:
    """What two lists with the same header row share."""
    plain = "\x1f".join(_plain(name) for name in header)
    return hashlib.sha256(plain.encode()).hexdigest()[:32]


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


def _columns(
    header: Sequence[str],
    fields: dict[Field, int],
    attributes: dict[str, int],
    function: Function | None,
) -> Columns:
    by_index = {index: name for name, index in attributes.items()}
    names: list[str] = []
    for index in range(len(header)):
        name = by_index.get(index) or _title(header, index)
        names.append(name if name not in names else f"{name} ({index + 1})")
    place = [index for index, name in enumerate(header) if _plain(name) in _PROVINCE]
    return Columns(
        list(header),
        fields,
        attributes,
        None if Field.FUNCTION in fields else function,
        place[0] if place else None,
        names,
    )


def _missing(fields: Mapping[Field, int], function: Function | None) -> list[str]:
    given = {*fields, Field.FUNCTION} if function else {*fields}
    return [HEADERS[field_][0] for field_ in REQUIRED if field_ not in given]


def _title(header: Sequence[str], index: int) -> str:
    return header[index][:100] or f"kolom {index + 1}"


def _mostly(test: Test, cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell]
    return bool(filled) and sum(map(test, filled)) * 2 > len(filled)


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
        name = _title(header, index)
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
