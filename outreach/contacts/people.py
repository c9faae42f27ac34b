"""Who someone is: what a letter and a screen need to name them."""

from typing import NamedTuple

from outreach.contacts.models import Contact, FormOfAddress, Function


class Addressee(NamedTuple):
    """A person, or an office without a name, as a salutation needs it.

    `function` is None for a body that is addressed as a whole.
    """

    form: FormOfAddress = FormOfAddress.ONBEKEND
    function: Function | None = None
    titles: str = ""
    first_name: str = ""
    initials: str = ""
    prefix: str = ""
    last_name: str = ""


def addressee(contact: Contact) -> Addressee:
    """The contact as letters address it."""
    return Addressee(
        form=contact.form_of_address,
        function=contact.office.function,
        titles=contact.titles,
        first_name=contact.first_name,
        initials=contact.initials,
        prefix=contact.prefix,
        last_name=contact.last_name,
    )


def full_name(contact: Contact | Addressee) -> str:
    """The person's name, e.g. "Anna van den Berg"; empty for an office's own mailbox."""
    given = contact.first_name or contact.initials
    return " ".join(part for part in (given, contact.prefix, contact.last_name) if part)


def display_name(contact: Contact) -> str:
    """The person's name, or that of the office: "Anna van den Berg", "Griffie Zeist"."""
    if name := full_name(contact):
        return name
    gemeente = contact.office.gemeente
    return f"{OFFICE_NAMES[contact.office.function]} {gemeente.name if gemeente else ''}".strip()


#: What an office is called when nobody is named.
OFFICE_NAMES = {
    Function.GRIFFIER: "Griffie",
    Function.PLV_GRIFFIER: "Plaatsvervangend griffier",
    Function.RAADSLID: "Raadslid",
    Function.WETHOUDER: "Wethouder",
    Function.BURGEMEESTER: "Burgemeester",
    Function.SECRETARIS: "Gemeentesecretaris",
    Function.COLLEGE: "College",
    Function.INFORMATEUR: "Informateur",
    Function.PARTNER: "Partner",
}
