"""The forms in which contacts, addresses and the geen-postlijst are kept."""

from typing import Any

from wtforms import DateField, EmailField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional

from outreach.accounts import senders
from outreach.contacts import gemeenten, wording
from outreach.contacts.models import Basis, FormOfAddress, Function
from outreach.web.form import Form, required

TEXT = [Length(max=200, message="Kort dit in tot 200 tekens.")]
LONG = [Length(max=2000, message="Kort dit in tot 2000 tekens.")]
NO_BASIS = SelectChoice("", "weten we nog niet: er gaat geen brief heen")
BASES = [NO_BASIS, *(SelectChoice(one.value, word) for one, word in wording.BASES.items())]
FUNCTIONS = [SelectChoice(one.value, word) for one, word in wording.FUNCTIONS.items()]
FORMS = [SelectChoice(one.value, word) for one, word in wording.FORMS.items()]


class PersonForm(Form):
    """Who it is; all of it may be empty, for an office's own mailbox."""

    form_of_address = SelectField("Aanspreekvorm", choices=FORMS)
    titles = StringField("Titel", TEXT)
    initials = StringField("Voorletters", TEXT)
    first_name = StringField("Voornaam", TEXT)
    prefix = StringField("Tussenvoegsel", TEXT)
    last_name = StringField("Achternaam", TEXT)
    phone = StringField("Telefoon", TEXT)
    party = StringField("Fractie", TEXT)
    portfolio = StringField("Portefeuille", TEXT)
    term_from = DateField("Eerste dag in deze functie (hoeft niet)", [Optional()])
    term_until = DateField("Laatste dag in deze functie (hoeft niet)", [Optional()])
    notes = TextAreaField("Notitie", LONG)

    @property
    def person(self) -> dict[str, Any]:
        """What `keeping.add` and `keeping.change` take."""
        return {
            "form_of_address": FormOfAddress(self.form_of_address.data),
            **{name: self[name].data or "" for name in _WORDS},
            "term_from": self.term_from.data,
            "term_until": self.term_until.data,
        }


_WORDS = (
    *("titles", "initials", "first_name", "prefix", "last_name"),
    *("phone", "party", "portfolio", "notes"),
)


class AddressForm(Form):
    """One address, and why it may be mailed."""

    email = EmailField("E-mailadres", [required("Vul het e-mailadres in.")])
    basis = SelectField("Waarom mogen we mailen?", choices=BASES)
    source = StringField("Waar staat dat? (hoeft niet)", LONG)

    @property
    def grounds(self) -> Basis | None:
        return Basis(self.basis.data) if self.basis.data else None


class ContactForm(AddressForm, PersonForm):
    """Someone new, with an address."""

    gemeente = StringField("Gemeente", TEXT)
    function = SelectField("Functie", choices=FUNCTIONS)

    @property
    def code(self) -> str | None:
        """
        :raises Invalid: no such gemeente, or two
        """
        typed = (self.gemeente.data or "").strip()
        if not typed and self.function.data == Function.PARTNER:
            return None
        return gemeenten.find(typed).code


class ConfirmForm(Form):
    """An address is right, and this is why we may mail it."""

    basis = RadioField(
        "Waarom mogen we mailen?",
        choices=BASES[1:],
        default=Basis.PUBLISHED.value,
    )
    source = StringField("Waar staat dat? (hoeft niet)", LONG)


class NoMailForm(Form):
    """An address, a domain or a gemeente that asked for no more mail."""

    email = StringField(
        "E-mailadres, domein of gemeente", [required("Vul een adres, domein of gemeente in.")]
    )
    sender = SelectField("Van wie geen post meer?")
    note = StringField("Hoe weten we dit? (hoeft niet)", TEXT)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        known = senders.everyone()
        self.sender.choices = [
            *(SelectChoice(str(one.id), f"alleen van {one.name}") for one in known),
            SelectChoice("", "van alle afzenders hier"),
        ]

    @property
    def sender_id(self) -> int | None:
        return int(self.sender.data) if self.sender.data else None
