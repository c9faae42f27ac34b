"""The aanhef above a letter and the name in its address, by the rules of Dutch.

Two sources differ nowhere that matters here: taaladvies.net for names, the Leidraad
(woordenlijst.org, 16.Q and 16.R) for lower-case titles. `tests/letters/aanhef_cases.csv` has
the cases. Nothing is guessed: who did not say how to be addressed gets "heer of mevrouw".
"""

from outreach.contacts.models import FormOfAddress, Function
from outreach.contacts.people import Addressee

#: Bodies and groups that a letter addresses as a whole: (aanhef, address).
GROUPS: dict[str, tuple[str, str]] = {
    "raad": ("Geachte leden van de raad,", "De gemeenteraad"),
    "college": ("Geacht college,", "Het college van burgemeester en wethouders"),
    "informateurs": ("Geachte informateurs,", "De informateurs"),
    "raadsleden": ("Geachte raadsleden,", "De raadsleden"),
    "fractie": ("Geachte fractie,", "De fractie"),
    "gemeentebestuur": (
        "Geachte burgemeester, wethouders, raadsgriffier en raadsleden,",
        "Het gemeentebestuur",
    ),
}
#: An office's mailbox that stands for a group.
_GROUP_OF = {Function.COLLEGE: "college", Function.INFORMATEUR: "informateurs"}
_NOUNS = {
    Function.GRIFFIER: "griffier",
    Function.PLV_GRIFFIER: "plaatsvervangend griffier",
    Function.RAADSLID: "raadslid",
    Function.WETHOUDER: "wethouder",
    Function.BURGEMEESTER: "burgemeester",
    Function.SECRETARIS: "gemeentesecretaris",
}
#: Het-words: "Geacht raadslid", not "Geachte".
_NEUTER = frozenset({"raadslid"})
#: Functions that stand before a name as a title does: "wethouder De Vries".
_TITLE_LIKE = frozenset({Function.RAADSLID, Function.WETHOUDER, Function.BURGEMEESTER})
_GENDERED = (FormOfAddress.HEER, FormOfAddress.MEVROUW)
_APOSTROPHES = ("'", "’")


def salutation(addressee: Addressee, *, body: str = "") -> str:
    """The first line of a letter, with its comma.

    `body` is a key of `GROUPS` and is addressed where the addressee is nobody in particular:
    no office and no name, as in the letter to the raad that a griffier passes on.
    """
    group = _group(addressee, body)
    if group:
        return GROUPS[group][0]
    noun = _NOUNS.get(addressee.function) if addressee.function else None
    named = bool(addressee.last_name.strip())
    if addressee.form in _GENDERED and (named or not noun):
        # No titles and no initials beside heer or mevrouw.
        return f"Geachte {_words(addressee.form, _surname(addressee))},"
    if noun and (not named or addressee.function in _TITLE_LIKE):
        return f"{_dear(noun)} {_words(noun, _surname(addressee))},"
    if addressee.form is FormOfAddress.NEUTRAAL and named:
        given = addressee.initials or addressee.first_name
        return f"Geachte {_named(addressee, given, noun or '')},"
    return f"Geachte {_words('heer of mevrouw', _surname(addressee))},"


def address_line(addressee: Addressee, *, body: str = "") -> str:
    """The name above an address, with a capital; empty for someone without name or office."""
    group = _group(addressee, body)
    if group:
        return GROUPS[group][1]
    noun = _NOUNS.get(addressee.function) if addressee.function else None
    if not addressee.last_name.strip():
        return f"{'Het' if noun in _NEUTER else 'De'} {noun}" if noun else ""
    given = addressee.initials or addressee.first_name
    if addressee.form in _GENDERED:
        before = "De heer" if addressee.form is FormOfAddress.HEER else "Mevrouw"
        return _words(before, addressee.titles, _named(addressee, given))
    if addressee.form is FormOfAddress.NEUTRAAL:
        own = _named(addressee, addressee.first_name or addressee.initials)
        return _capital(_words(addressee.titles, own))
    before = noun or "" if addressee.function in _TITLE_LIKE else ""
    return _capital(_words(before, addressee.titles, _named(addressee, given)))


def last_name(addressee: Addressee) -> str:
    """The surname as it stands by itself: "De Vries", "d’Ancona"; empty without one."""
    return _surname(addressee)


def _group(addressee: Addressee, body: str) -> str:
    if addressee.last_name.strip():
        return ""
    return _GROUP_OF.get(addressee.function, "") if addressee.function else body


def _dear(noun: str) -> str:
    return "Geacht" if noun in _NEUTER else "Geachte"


def _named(addressee: Addressee, given: str, otherwise: str = "") -> str:
    """Given name and surname; only after a given name does the prefix keep its small letter."""
    if given.strip():
        return _words(given, _joined(addressee.prefix, addressee.last_name))
    return _words(otherwise, _surname(addressee))


def _surname(addressee: Addressee) -> str:
    prefix = _words(addressee.prefix)
    # d’ stays small before a name, and ’t has no letter to make a capital of.
    if not (len(prefix) > 1 and prefix[1] in _APOSTROPHES):
        prefix = _capital(prefix)
    return _joined(prefix, addressee.last_name)


def _joined(prefix: str, name: str) -> str:
    prefix, name = _words(prefix), _words(name)
    return prefix + name if prefix.endswith(_APOSTROPHES) else _words(prefix, name)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _words(*parts: str) -> str:
    """The parts in one line with single spaces: a name from a file may hold anything."""
    return " ".join(" ".join(parts).split())
