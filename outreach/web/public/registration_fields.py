"""What people fill in when they register, and what each field may hold."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any

from flask import request
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from outreach.accounts import choices
from outreach.accounts.choices import Periods
from outreach.contacts import addresses, gemeenten
from outreach.contacts.models import Gemeente
from outreach.db import db
from outreach.errors import Invalid
from outreach.events import hosts, needs, parts, registering
from outreach.events.models import Meeting, VisitorRole
from outreach.events.needs import Needs, Wish
from outreach.events.registering import Wanted
from outreach.events.showing import Shown
from outreach.letters import said
from outreach.web.form import Form, required
from outreach.wording import N_, _

ROLES = {
    VisitorRole.RAADSLID: N_("Raadslid"),
    VisitorRole.COMMISSIELID: N_("Commissielid"),
    VisitorRole.FRACTIEMEDEWERKER: N_("Fractiemedewerker"),
    VisitorRole.WETHOUDER: N_("Wethouder"),
    VisitorRole.BURGEMEESTER: N_("Burgemeester"),
    VisitorRole.GRIFFIER: N_("Griffier of medewerker van de griffie"),
    VisitorRole.AMBTENAAR: N_("Ambtenaar"),
    VisitorRole.ORGANISATIE: N_("Zorg- of welzijnsorganisatie"),
    VisitorRole.ERVARINGSDESKUNDIGE: N_("Ervaringsdeskundige"),
    VisitorRole.ANDERS: N_("Anders"),
}
NO_DAY = N_("U hebt nog geen dag gekozen. Kies ten minste één dag.")
OLD_DAY = N_("Een dag die u koos, kunt u niet meer kiezen. Kies uit de dagen hieronder.")
NOT_ALLOWED = N_(
    "U vulde een wens in, maar wij mogen die nog niet bewaren. Kruis dat aan, of maak het veld"
    " leeg."
)
OLD_PART = N_("Een onderdeel dat u koos, kunt u niet meer kiezen. Kies uit de lijst hieronder.")
OTHER_ANSWER = N_("Kies een antwoord dat in de lijst staat.")


#: Where fields stand on the page; a subclass of WTForms puts its own behind those it inherits.
FIRST, LAST = ("naam", "email"), ("dieet", "wens", "toegang", "hulp", "mag")


class PersonFields(Form):
    """Who comes, as both the form and the own page ask it."""

    naam = StringField(N_("Naam"), [required(N_("Vul uw naam in."))])
    functie = SelectField(
        N_("Functie"),
        [required(N_("Kies uw functie."))],
        choices=[
            SelectChoice("", N_("Kies uw functie")),
            *(SelectChoice(role.value, word) for role, word in ROLES.items()),
        ],
        validate_choice=False,
    )
    gemeente = StringField(N_("Gemeente"))
    dieet = SelectMultipleField(
        N_("Eten"),
        choices=[SelectChoice(kind, word) for kind, word in needs.DIET.items()],
        description=N_("Eten"),
        validate_choice=False,
    )
    wens = StringField(N_("Iets anders over eten"), description=N_("Eten"))
    toegang = SelectMultipleField(
        N_("Toegang"),
        choices=[SelectChoice(kind, word) for kind, word in needs.ACCESS.items()],
        description=N_("Toegang"),
        validate_choice=False,
    )
    hulp = StringField(N_("Iets anders over toegang"), description=N_("Toegang"))
    mag = BooleanField("", description=N_("Toestemming"))
    #: The sentence beside the box; the page of a meeting says who it is that keeps it.
    consent: str = ""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.gemeente_code: str | None = None

    def validate_naam(self, field: Field) -> None:
        held(registering.checked_name, field.data)

    def validate_functie(self, field: Field) -> None:
        if field.data not in ROLES:
            raise ValidationError(_("Kies een functie uit de lijst."))

    def validate_gemeente(self, field: Field) -> None:
        self.gemeente_code = gemeente_code(field.data or "")

    def validate_wens(self, field: Field) -> None:
        _short(field)

    def validate_hulp(self, field: Field) -> None:
        _short(field)

    def validate_dieet(self, field: Field) -> None:
        _known(field)

    def validate_toegang(self, field: Field) -> None:
        _known(field)

    def validate_mag(self, field: Field) -> None:
        if self.needs and not field.data:
            raise ValidationError(NOT_ALLOWED)

    @property
    def wrong(self) -> list[Field]:
        """The fields with an error, in the order of the page."""
        found = [field for field in self if field.errors]
        return sorted(found, key=lambda field: (field.name in LAST, field.name not in FIRST))

    @property
    def needs(self) -> Needs:
        """What the meeting is to reckon with, apart for the kitchen and for the door."""
        if self.dieet is None:  # left out: nothing was filled in
            return Needs()
        return Needs(
            Wish(tuple(self.dieet.data or ()), registering.tidy(self.wens.data or "")),
            Wish(tuple(self.toegang.data or ()), registering.tidy(self.hulp.data or "")),
        )

    @property
    def role(self) -> VisitorRole:
        return VisitorRole(self.functie.data)


class RegistrationForm(PersonFields):
    """The questions of every meeting; `form_for` adds its own."""

    email = StringField(N_("E-mail"), [required(N_("Vul uw e-mailadres in."))])
    dag = SelectMultipleField(
        N_("Op welke dagen komt u?"), description=N_("Dagen"), validate_choice=False
    )
    onderdeel = SelectMultipleField(
        N_("Wat kiest u?"), description=N_("Onderdelen"), validate_choice=False
    )
    sleutel = HiddenField()
    u = HiddenField()  #: the code of who is invited
    website = StringField(N_("Laat dit veld leeg"))  #: a trap: people do not see it

    def __init__(self, shown: Shown, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.choosable = {str(day.id): day for day in shown.coming}
        days = self.choosable.values()
        self.parts = {str(part.id): part for day in days for part in parts.of_day(day)}
        self._meeting = shown.meeting

    @cached_property
    def consent(self) -> str:  # type: ignore[override]
        """The sentence beside the box; asked for by the page, and by who ticks it."""
        return consent_of(self._meeting)

    def validate_email(self, field: Field) -> None:
        held(checked_address, field.data)

    def validate_dag(self, field: Field) -> None:
        if not field.data and len(self.choosable) == 1:
            field.data = list(self.choosable)
        # Who chooses a part comes on its day.
        asked = (self.parts.get(key) for key in self.onderdeel.data or ())
        implied = {str(part.day_id) for part in asked if part}
        field.data = [*(field.data or ()), *sorted(implied.difference(field.data or ()))]
        if not field.data:
            raise ValidationError(NO_DAY)
        if not set(field.data) <= set(self.choosable):
            raise ValidationError(OLD_DAY)

    def validate_onderdeel(self, field: Field) -> None:
        if not set(field.data or ()) <= set(self.parts):
            raise ValidationError(OLD_PART)

    @property
    def trapped(self) -> bool:
        return bool(self.website.data)

    @property
    def questions(self) -> list[Field]:
        return [field for field in self if field.name.startswith("vraag-")]

    def wanted(self) -> Wanted:
        """What was filled in, as the domain takes it."""
        agreed = self.mag is not None and self.mag.data
        return Wanted(
            name=self.naam.data,
            email=self.email.data,
            role=self.role,
            day_ids=tuple(self.choosable[key].id for key in self.dag.data),
            gemeente_code=self.gemeente_code,
            answers=self._answers(),
            needs=self.needs if agreed else Needs(),
            consented=self.consent if agreed else "",
            form_key=_form_key(
                self.sleutel.data or "",
                addresses.address_key(self.email.data),
                self.dag.data,
                self.onderdeel.data or (),
            ),
            code=self.u.data or "",
            part_ids=tuple(self.parts[key].id for key in self.onderdeel.data or ()),
        )

    def _answers(self) -> dict[str, Any]:
        given = {field.name.removeprefix("vraag-"): field.data for field in self.questions}
        tidy = {
            key: registering.tidy(value) if isinstance(value, str) else value
            for key, value in given.items()
        }
        return {key: value for key, value in tidy.items() if value}


def read_plain(shown: Shown, sent: MultiDict[str, str]) -> Wanted | None:
    """What `RegistrationForm` reads of a form that most people send, without making its fields.

    None when there is anything in it to look at twice: something wrong or missing, a question,
    a part, food or access, the trap. The form itself then says what.
    """
    meeting, days = shown.meeting, shown.coming
    parts_ = "onderdeel" in sent or any(day.has_parts for day in days)
    if meeting.questions or parts_ or any(map(sent.get, (*LAST, "website"))):
        return None
    name, email, role = (sent.get(key, "") for key in ("naam", "email", "functie"))
    chosen = sent.getlist("dag") or ([str(days[0].id)] if len(days) == 1 else [])
    choosable = {str(day.id): day.id for day in days}
    if not chosen or not set(chosen) <= set(choosable) or role not in ROLES:
        return None
    try:
        registering.checked_name(name)
        address = addresses.address_key(email)
        code = gemeente_code(sent.get("gemeente", ""))
    except (Invalid, ValidationError):
        return None
    return Wanted(
        name=name,
        email=email,
        role=VisitorRole(role),
        day_ids=tuple(choosable[one] for one in chosen),
        gemeente_code=code,
        form_key=_form_key(sent.get("sleutel", ""), address, chosen, ()),
        code=sent.get("u", ""),
    )


def _form_key(
    key: str, address: str, days: Sequence[str], chosen_parts: Sequence[str]
) -> str | None:
    """One per form and what makes it another: who mends a typing error sends a new one."""
    if not key:
        return None
    chosen = sorted(f"o{part}" for part in chosen_parts)
    same = "|".join([key, address, *sorted(days), *chosen])
    return hashlib.sha256(same.encode()).hexdigest()


class QuestionText(StringField):
    def pre_validate(self, form: Any) -> None:
        if len(self.data or "") > registering.LONGEST_TEXT:
            raise ValidationError(
                _("Kort dit in tot %(value)s tekens.", value=registering.LONGEST_TEXT)
            )


class QuestionChoice(RadioField):
    def pre_validate(self, form: Any) -> None:
        if self.data and self.data not in _values(self):
            raise ValidationError(OTHER_ANSWER)


class QuestionChoices(SelectMultipleField):
    def pre_validate(self, form: Any) -> None:
        if not set(self.data or []) <= _values(self):
            raise ValidationError(OTHER_ANSWER)


def form_for(shown: Shown, *, brief: bool = False, **data: Any) -> RegistrationForm:
    """The form of one meeting, with its own questions.

    :param brief: without the fields for food and access when nothing was filled in there: to
        read what most people send, not to show it
    """
    brief = brief and not any(map(request.form.get, LAST))
    return _form_of(json.dumps(shown.meeting.questions), brief)(shown, data=data)


@lru_cache(maxsize=256)
def _form_of(questions: str, brief: bool) -> type[RegistrationForm]:
    """Made once: WTForms looks through a class anew for each that is made."""
    own = {f"vraag-{asked['key']}": _question(asked) for asked in json.loads(questions)}
    left_out = dict.fromkeys(LAST) if brief else {}
    return type("MeetingForm", (RegistrationForm,), own | left_out)


def consent_of(meeting: Meeting) -> str:
    """What someone agrees to who says what they eat, or how they get in."""
    host = hosts.of(meeting)
    kept = timedelta(days=choices.read(Periods).needs)
    return needs.consent(host.name if host else "", kept)


def gemeente_names(moment: datetime) -> Sequence[str]:
    """The names to choose from, in the order of a list."""
    exists = Gemeente.valid_until.is_(None) | (Gemeente.valid_until > moment.date())
    return db.session.scalars(select(Gemeente.name).where(exists).order_by(Gemeente.sort_key)).all()


def gemeente_code(typed: str) -> str | None:
    if not typed.strip():
        return None
    try:
        return gemeenten.find(typed).code
    except gemeenten.AmbiguousGemeente:
        names = said.enumeration(sorted(one.name for one in gemeenten.candidates(typed)), "of")
        raise ValidationError(
            _(
                "“%(typed)s” kan %(names)s zijn. Kies de naam uit de lijst.",
                typed=typed[:80],
                names=names,
            )
        ) from None
    except Invalid:
        near = said.enumeration([one.name for one in gemeenten.suggestions(typed)], "of")
        hint = _(" Bedoelt u %(near)s?", near=near) if near else ""
        raise ValidationError(
            _(
                "Wij kennen geen gemeente “%(typed)s”.%(hint)s Kies de naam uit de lijst of"
                " laat het veld leeg.",
                typed=typed[:80],
                hint=hint,
            )
        ) from None


def checked_address(typed: str) -> None:
    try:
        addresses.check(typed)
    except Invalid:
        local, at, domain = typed.strip().rpartition("@")
        if local and domain and "." not in domain and " " not in typed.strip():
            raise Invalid(
                _(
                    "Dit adres is niet compleet: na “%(domain)s” ontbreekt een deel, zoals .nl."
                    " Vul het aan.",
                    domain=domain[:80],
                )
            ) from None
        if not at:
            raise Invalid(_("In dit adres ontbreekt het apenstaartje (@). Vul het aan.")) from None
        raise Invalid(
            _("Dit is geen e-mailadres. Kijk of er een teken te veel of te weinig staat.")
        ) from None


def held(check: Callable[[str], object], typed: str | None) -> None:
    """Show the domain's own sentence beside the field."""
    try:
        check(typed or "")
    except Invalid as error:
        raise ValidationError(str(error)) from None


def _short(field: Field) -> None:
    if len(field.data or "") > registering.LONGEST_TEXT:
        raise ValidationError(
            _("Kort dit in tot %(value)s tekens.", value=registering.LONGEST_TEXT)
        )


def _known(field: Any) -> None:
    if not set(field.data or ()) <= _values(field):
        raise ValidationError(OTHER_ANSWER)


def _values(field: Any) -> set[str]:
    return {choice.value for choice in field.choices}


def _question(asked: Mapping[str, Any]) -> Any:
    choices = [SelectChoice(option, option) for option in asked.get("options", [])]
    match asked["type"]:
        case "choice":
            return QuestionChoice(asked["label"], choices=choices, validate_choice=False)
        case "choices":
            return QuestionChoices(asked["label"], choices=choices, validate_choice=False)
        case _:
            return QuestionText(asked["label"])
