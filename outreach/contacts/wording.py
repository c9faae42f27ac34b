"""The words that screens have for what we know of contacts (docs/woordenlijst.md)."""

from outreach.contacts.models import Basis, FormOfAddress, Function, Outcome

FUNCTIONS = {
    Function.GRIFFIER: "griffier",
    Function.PLV_GRIFFIER: "plv. griffier",
    Function.RAADSLID: "raadslid",
    Function.WETHOUDER: "wethouder",
    Function.BURGEMEESTER: "burgemeester",
    Function.SECRETARIS: "gemeentesecretaris",
    Function.COLLEGE: "college",
    Function.INFORMATEUR: "informateur",
    Function.PARTNER: "partner",
}
BASES = {
    Basis.PUBLISHED: "openbaar adres voor post aan deze functie",
    Basis.CONSENT: "gaf toestemming",
    Basis.REGISTRATION: "meldde zich bij ons aan",
    Basis.EXISTING: "wij hadden al contact",
}
#: Unknown first: a form of address is never guessed.
FORMS = {
    FormOfAddress.ONBEKEND: "onbekend",
    FormOfAddress.HEER: "de heer",
    FormOfAddress.MEVROUW: "mevrouw",
    FormOfAddress.NEUTRAAL: "alleen naam",
}
OUTCOMES = {
    Outcome.NEW: "nieuw",
    Outcome.CHANGED: "gewijzigd",
    Outcome.DOUBTFUL: "twijfel",
    Outcome.REFUSED: "geweigerd",
    Outcome.UNCHANGED: "ongewijzigd",
    Outcome.LEFT: "weggelaten",
}
#: Fields of a contact and its address, also as an import keeps them.
FIELDS = {
    "gemeente": "gemeente",
    "function": "functie",
    "form_of_address": "aanspreekvorm",
    "titles": "titel",
    "initials": "voorletters",
    "first_name": "voornaam",
    "prefix": "tussenvoegsel",
    "last_name": "achternaam",
    "name": "naam",
    "email": "adres",
    "phone": "telefoon",
    "party": "fractie",
    "portfolio": "portefeuille",
    "basis": "waarom mogen we mailen",
    "source": "bron",
    "basis_on": "sinds",
    "confirmed_at": "bevestigd",
    "attributes": "eigen veld",
    "attribute": "eigen veld",
    "skip": "niet overgenomen",
}


def with_form(form: FormOfAddress, name: str) -> str:
    """A name as people say it: "de heer M. Oosterveen"."""
    said = form in (FormOfAddress.HEER, FormOfAddress.MEVROUW)
    return f"{FORMS[form]} {name}" if name and said else name
