"""Names that people write in an audience or a selectie, and the values the database knows."""

from sqlalchemy import select

from outreach.contacts import gemeenten
from outreach.contacts.models import ContactList, Function, Gemeente
from outreach.db import db
from outreach.errors import Invalid
from outreach.events.models import Meeting

_FUNCTIONS = {
    "griffie": Function.GRIFFIER,
    "plaatsvervangend griffier": Function.PLV_GRIFFIER,
    "plv. griffier": Function.PLV_GRIFFIER,
    "raadsleden": Function.RAADSLID,
    "wethouders": Function.WETHOUDER,
    "informateurs": Function.INFORMATEUR,
}


def function(text: str) -> str:
    """
    :raises Invalid: no such office
    """
    word = text.casefold()
    if word in _FUNCTIONS:
        return _FUNCTIONS[word].value
    try:
        return Function(word).value
    except ValueError:
        known = ", ".join(function.value for function in Function)
        raise Invalid(f"De rol “{text}” kennen wij niet; bekend zijn {known}.") from None


def province(text: str) -> str:
    """
    :raises Invalid: no such province
    """
    names = provinces()
    wanted = {"friesland": "fryslan"}.get(gemeenten.fold(text), gemeenten.fold(text))
    for name in names:
        if gemeenten.fold(name) == wanted:
            return name
    raise Invalid(f"De provincie “{text}” kennen wij niet; bekend zijn {', '.join(names)}.")


def provinces() -> list[str]:
    """The provinces by name, in the order of the alphabet."""
    names = select(Gemeente.province).distinct().order_by(Gemeente.province)
    return list(db.session.scalars(names))


def contact_list(text: str) -> str:
    """
    :raises Invalid: no such list
    """
    if db.session.scalar(select(ContactList.id).where(ContactList.name == text)) is None:
        raise Invalid(f"Er is geen lijst met adressen die “{text}” heet.")
    return text


def meeting(slug: str) -> str:
    """
    :raises Invalid: no such meeting
    """
    if db.session.scalar(select(Meeting.id).where(Meeting.slug == slug)) is None:
        raise Invalid(f"Er is geen bijeenkomst met de naam “{slug}”.")
    return slug
