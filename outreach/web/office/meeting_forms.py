"""The forms in which meetings are written, and who comes to them."""

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import time
from typing import Any

from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms import Form as WTForm
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, NumberRange, Optional, StopValidation

from outreach.accounts import senders
from outreach.contacts import gemeenten
from outreach.events import changing, keeping, needs, parts, registering
from outreach.events.keeping import DayFacts, Facts, PartFacts
from outreach.events.models import Meeting, MeetingDay, OpenTo, Registration, VisitorRole
from outreach.events.needs import Needs, Wish
from outreach.events.registering import Wanted
from outreach.ledger.meetings import ROLES
from outreach.letters import dutch
from outreach.web.form import DutchTimeField, Form, required
from outreach.web.office import row_keys
from outreach.web.office.letter_forms import ChecksField

EMPTY_DAYS = 2  #: rows to fill in below those that are there
MOST_SEATS = f"Kies een getal van 1 tot {keeping.MOST_SEATS}."
#: "10.00 Ontvangst", "10.00–10.30 Ontvangst"
_TIMED = re.compile(r"(\d{1,2}[.:]\d{2}(?:\s?[-–]\s?\d{1,2}[.:]\d{2})?)(?:\s*uur)?[:,]?\s+(.+)")
#: "13.00-14.30 Wonen; zaal 2; 20 plaatsen; https://…"; all but the hours and the name may lack.
_PART = re.compile(
    r"(\d{1,2})[.:](\d{2})(?:\s?[-–]\s?|\s+tot\s+)(\d{1,2})[.:](\d{2})(?:\s*uur)?[:,]?\s+(.+)"
)
OFF = "gaat niet door"  #: of a part, behind the rest
_SEATS = re.compile(r"(\d{1,6})(?:\s+plaats(?:en)?)?")
QUESTION_TYPES = [
    SelectChoice("text", "in eigen woorden"),
    SelectChoice("choice", "één antwoord kiezen"),
    SelectChoice("choices", "meer antwoorden kiezen"),
]
OPEN_TO = [
    SelectChoice("everyone", "iedereen"),
    SelectChoice("councils", "alleen wie voor een gemeenteraad werkt"),
    SelectChoice("invited", "alleen wie de link in de uitnodiging heeft"),
]
SAID_BY_PHONE = "Gezegd aan de telefoon: dit mag worden bewaard tot na de bijeenkomst."
SHORT = [Length(max=300, message="Kort dit in tot 300 tekens.")]


class DayRow(WTForm):
    """One day; a row that is left empty does not count."""

    class Meta:
        locales = ("nl",)

    id = HiddenField()
    date = DateField("Datum", [Optional()])
    opens = TimeField("Van", [Optional()])
    closes = TimeField("Tot", [Optional()])
    capacity = IntegerField(
        "Plaatsen", [Optional(), NumberRange(1, keeping.MOST_SEATS, MOST_SEATS)]
    )
    title = StringField("Waarover deze dag gaat (hoeft niet)", SHORT)
    programme = TextAreaField("Programma (hoeft niet)")
    parts = TextAreaField("Onderdelen om uit te kiezen (hoeft niet)")
    gone = BooleanField("Haal deze dag weg")

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        if self.gone.data or self.empty:
            return True
        right: bool = super().validate(extra_validators)
        for name, sentence in _NEEDED.items():
            if self[name].data is None and not self[name].errors:
                self[name].errors = [sentence]
                right = False
        return right

    @property
    def empty(self) -> bool:
        """Whether nothing was filled in."""
        return not any((self[name].raw_data or [""])[0].strip() for name in _FILLED)

    @property
    def facts(self) -> DayFacts:
        return DayFacts(
            date=self.date.data,
            opens=self.opens.data,
            closes=self.closes.data,
            capacity=self.capacity.data,
            title=self.title.data or "",
            programme=tuple(_programme(self.programme.data or "")),
            id=int(self.id.data) if (self.id.data or "").isdecimal() else None,
            parts=tuple(_part(line) for line in _lines(self.parts.data)),
        )

    def validate_parts(self, field: TextAreaField) -> None:
        for number, line in enumerate(_lines(field.data), 1):
            try:
                _part(line)
            except ValueError:
                raise StopValidation(
                    f"Regel {number}: begin met de tijden en zet dan de naam, zoals 13.00-14.30"
                    " Wonen; zaal 2; 20 plaatsen."
                ) from None


_FILLED = ("date", "opens", "closes", "capacity", "title", "programme", "parts")
_NEEDED = {
    "date": "Kies de datum van deze dag.",
    "opens": "Vul in hoe laat deze dag begint, zoals 13:30.",
    "closes": "Vul in hoe laat deze dag eindigt, zoals 17:00.",
    "capacity": "Vul in hoeveel plaatsen er deze dag zijn.",
}


class QuestionRow(WTForm):
    """One question to who registers; without words it does not count."""

    class Meta:
        locales = ("nl",)

    key = HiddenField()
    label = StringField("Vraag", SHORT)
    type = SelectField("Antwoord", choices=QUESTION_TYPES, default="text")
    options = StringField("Antwoorden om uit te kiezen", SHORT)

    @property
    def asked(self) -> dict[str, Any]:
        options = [one.strip() for one in (self.options.data or "").split(";") if one.strip()]
        return row_keys.named(self) | {"type": self.type.data, "options": options}


class MeetingForm(Form):
    """Everything about a meeting that people read and calendars show."""

    title = StringField("Titel", [required("Geef de bijeenkomst een titel.")])
    city = StringField("Plaats", [required("Vul in in welke plaats het is.")])
    venue = StringField("Locatie (hoeft niet)")
    address = StringField("Adres (hoeft niet)")
    online_url = StringField("Online meedoen (hoeft niet)")
    days = FieldList(FormField(DayRow))
    summary = TextAreaField("In één of twee zinnen (hoeft niet)")
    text = TextAreaField("Verdere tekst (hoeft niet)")
    audience = StringField("Voor wie (hoeft niet)")
    costs = StringField("Kosten (hoeft niet)")
    accessibility = TextAreaField("Toegankelijkheid (hoeft niet)")
    parking = TextAreaField("Bereikbaarheid en parkeren (hoeft niet)")
    language = StringField("Taal (hoeft niet)")
    contact = StringField("Vragen aan (hoeft niet)")
    region = StringField("Regio (hoeft niet)")
    themes = StringField("Thema’s (hoeft niet)")
    register_from = DutchTimeField("Aanmelden kan vanaf (hoeft niet)", [Optional()])
    register_until = DutchTimeField("Aanmelden kan tot (hoeft niet)", [Optional()])
    questions = FieldList(FormField(QuestionRow))
    transport = TextAreaField("Openbaar vervoer (hoeft niet)")
    hearing_loop = StringField("Ringleiding (hoeft niet)")
    speakers = TextAreaField("Sprekers (hoeft niet)")
    open_to = SelectField("Wie zich kan aanmelden", choices=OPEN_TO, default="everyone")
    most_per_gemeente = IntegerField("Ten hoogste per gemeente (hoeft niet)", [Optional()])
    spread_until = DateField("Tot en met (hoeft niet)", [Optional()])
    reminders = StringField("Herinneringen (hoeft niet)", default="7, 1")
    report = TextAreaField("Verslag (hoeft niet)")
    materials = TextAreaField("Om na te lezen (hoeft niet)")
    slug = StringField("Webadres (hoeft niet)")
    sender_id = SelectField("Wie nodigt uit")

    def __init__(self, meeting: Meeting | None = None) -> None:
        super().__init__(data=_of_facts(keeping.facts_of(meeting)) if meeting else _of_new())
        self.sender_id.choices = [
            SelectChoice("", "onze eerste afzender"),
            *(SelectChoice(str(one.id), one.name) for one in senders.everyone()),
        ]
        if meeting is not None:
            del self.slug  # calendars and letters hold the address: it stays
        self._slug = meeting.slug if meeting else ""

    def validate_days(self, field: FieldList) -> None:
        if not self.rows:
            field.entries[0].form.date.errors = [_NEEDED["date"]]
            raise StopValidation("Een bijeenkomst heeft ten minste één dag nodig.")

    def validate_reminders(self, field: StringField) -> None:
        days = _parts(field.data or "", ",")
        if not all(one.isdecimal() for one in days):
            raise StopValidation("Schrijf hoeveel dagen van tevoren, met een komma ertussen: 7, 1.")

    def validate_materials(self, field: TextAreaField) -> None:
        if any(not url for _, url in _materials(field.data or "")):
            raise StopValidation("Zet op elke regel een naam en een link die met https:// begint.")

    @property
    def rows(self) -> list[DayRow]:
        """The days that count."""
        forms = [entry.form for entry in self.days]
        return [row for row in forms if not row.gone.data and not row.empty]

    @property
    def facts(self) -> Facts:
        """What was filled in, as the domain takes it."""
        worded = {name: self[name].data or "" for name in keeping.WORDS}
        return Facts(
            slug=self._slug or (self.slug.data or "").strip(),
            days=tuple(row.facts for row in self.rows),
            themes=tuple(_parts(self.themes.data or "", ",")),
            questions=row_keys.told_apart(entry.form.asked for entry in self.questions),
            register_from=self.register_from.data,
            register_until=self.register_until.data,
            sender_id=int(self.sender_id.data) if self.sender_id.data else None,
            open_to=OpenTo(self.open_to.data),
            most_per_gemeente=self.most_per_gemeente.data,
            spread_until=self.spread_until.data,
            reminders=tuple(int(one) for one in _parts(self.reminders.data or "", ",")),
            materials=tuple(_materials(self.materials.data or "")),
            **worded,
        )

    def add_days(self) -> None:
        """More empty rows, for a meeting of many days."""
        for _ in range(EMPTY_DAYS):
            self.days.append_entry()


class CapacityForm(Form):
    """How many seats a day has."""

    capacity = IntegerField(
        "Aantal plaatsen",
        [
            required("Vul het aantal plaatsen in."),
            NumberRange(1, keeping.MOST_SEATS, MOST_SEATS),
        ],
    )
    version = IntegerField("Versie", [required("Laad de bladzijde opnieuw.")])


class NoteForm(Form):
    """What the office keeps for itself."""

    note = TextAreaField(
        "Notitie",
        [
            Length(
                max=registering.LONGEST_TEXT,
                message=f"Kort dit in tot {registering.LONGEST_TEXT} tekens.",
            )
        ],
    )


class ReasonForm(Form):
    """Why something does not take place, in words that people read in their mail."""

    reason = TextAreaField(
        "Waarom gaat het niet door?",
        [
            required("Schrijf in een of twee zinnen waarom het niet doorgaat."),
            Length(
                max=changing.LONGEST_REASON,
                message=f"Kort de reden in tot {changing.LONGEST_REASON} tekens.",
            ),
        ],
    )


def _kinds(known: Mapping[str, str]) -> list[SelectChoice]:
    return [SelectChoice(kind, word) for kind, word in known.items()]


class CallerForm(Form):
    """Someone who calls and wants to come."""

    name = StringField("Naam", [required("Vul de naam in.")])
    email = EmailField("E-mailadres", [required("Vul het e-mailadres in.")])
    role = SelectField(
        "Functie", choices=[SelectChoice(one.value, words[0]) for one, words in ROLES.items()]
    )
    gemeente = StringField("Gemeente (hoeft niet)")
    day_ids = ChecksField("Dagen")
    diet = ChecksField("Eten (hoeft niet)", choices=_kinds(needs.DIET))
    diet_words = StringField("Iets anders over eten (hoeft niet)", SHORT)
    access = ChecksField("Toegang (hoeft niet)", choices=_kinds(needs.ACCESS))
    access_words = StringField("Iets anders over toegang (hoeft niet)", SHORT)
    agreed = BooleanField("De beller vindt goed dat wij dit bewaren")
    part_ids = ChecksField("Onderdelen (hoeft niet)")
    note = TextAreaField("Notitie voor uzelf (hoeft niet)")
    form_key = HiddenField()

    def __init__(self, days: Sequence[tuple[MeetingDay, str]]) -> None:
        choices = [SelectChoice(str(day.id), word) for day, word in days]
        chosen = [choices[0].value] if len(choices) == 1 else []
        super().__init__(data={"form_key": secrets.token_urlsafe(24), "day_ids": chosen})
        self.day_ids.choices = choices
        self.part_ids.choices = part_choices(day for day, _ in days)

    @property
    def asked(self) -> Needs:
        """What the meeting is to reckon with."""
        return Needs(
            Wish(tuple(self.diet.data or ()), self.diet_words.data or ""),
            Wish(tuple(self.access.data or ()), self.access_words.data or ""),
        )

    def validate_agreed(self, field: BooleanField) -> None:
        if self.asked and not field.data:
            raise StopValidation("Vraag of de beller dit goedvindt, en kruis dat aan.")

    def wanted(self) -> Wanted:
        """
        :raises Invalid: no such gemeente
        """
        typed = (self.gemeente.data or "").strip()
        return Wanted(
            name=self.name.data,
            email=self.email.data,
            role=VisitorRole(self.role.data),
            day_ids=tuple(int(one) for one in self.day_ids.data or ()),
            gemeente_code=gemeenten.find(typed).code if typed else None,
            needs=self.asked,
            consented=SAID_BY_PHONE if self.agreed.data else "",
            form_key=self.form_key.data or None,
            part_ids=tuple(int(one) for one in self.part_ids.data or ()),
        )


class PartsForm(Form):
    """What someone comes to, as they say by telephone."""

    part_ids = ChecksField("Onderdelen")

    def __init__(self, registration: Registration) -> None:
        chosen = parts.of(registration)
        super().__init__(data={"part_ids": [str(one.id) for one in chosen]})
        days = [one.day for one in registration.places if one.state in parts.CHOOSES]
        self.part_ids.choices = part_choices(days)


def part_choices(days: Iterable[MeetingDay]) -> list[SelectChoice]:
    """What there is to choose on these days, with its hours and its room."""
    return [
        SelectChoice(
            str(part.id),
            f"{dutch.day_date(day.date)}, {parts.line(part)}"
            + (f" ({parts.room(part).lower()})" if parts.room(part) else ""),
        )
        for day in days
        for part in parts.of_day(day)
        if part.cancelled_at is None
    ]


def _of_new() -> dict[str, Any]:
    return {"days": [{} for _ in range(1 + EMPTY_DAYS)], "questions": [{}]}


def _of_facts(facts: Facts) -> dict[str, Any]:
    worded = {name: getattr(facts, name) for name in keeping.WORDS}
    return worded | {
        "days": [_of_day(day) for day in facts.days] + [{} for _ in range(EMPTY_DAYS)],
        "themes": ", ".join(facts.themes),
        "questions": [
            one | {"options": "; ".join(one.get("options", ()))} for one in facts.questions
        ]
        + [{}],
        "register_from": facts.register_from,
        "register_until": facts.register_until,
        "sender_id": str(facts.sender_id or ""),
        "open_to": facts.open_to.value,
        "most_per_gemeente": facts.most_per_gemeente,
        "spread_until": facts.spread_until,
        "reminders": ", ".join(map(str, facts.reminders)),
        "materials": "\n".join(f"{label} {url}" for label, url in facts.materials),
    }


def _of_day(day: DayFacts) -> dict[str, Any]:
    lines = [f"{at} {what}".strip() for at, what in day.programme]
    return {
        "id": day.id,
        "date": day.date,
        "opens": day.opens,
        "closes": day.closes,
        "capacity": day.capacity,
        "title": day.title,
        "programme": "\n".join(lines),
        "parts": "\n".join(map(_part_line, day.parts)),
    }


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def _part(line: str) -> PartFacts:
    """
    :raises ValueError: no hours, or no name
    """
    match = _PART.fullmatch(line)
    if match is None:
        raise ValueError(line)
    opens, closes = (time(int(match[n]), int(match[n + 1])) for n in (1, 3))
    title, *more = [one.strip() for one in match[5].split(";")]
    seats = [int(one[1]) for one in map(_SEATS.fullmatch, more) if one]
    links = [one for one in more if one.startswith("https://")]
    off = [one for one in more if one.casefold() == OFF]
    rest = [one for one in more if one and one not in links and one not in off]
    return PartFacts(
        title=title,
        opens=opens,
        closes=closes,
        place=", ".join(one for one in rest if not _SEATS.fullmatch(one)),
        capacity=seats[0] if seats else None,
        online_url=links[0] if links else "",
        off=bool(off),
    )


def _part_line(part: PartFacts) -> str:
    hours = f"{part.opens.hour}.{part.opens:%M}-{part.closes.hour}.{part.closes:%M} {part.title}"
    seats = f"{part.capacity} plaatsen" if part.capacity else ""
    off = OFF if part.off else ""
    return "; ".join(filter(None, (hours, part.place, seats, part.online_url, off)))


def _programme(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        if match := _TIMED.fullmatch(line.strip()):
            yield match[1].replace(":", "."), match[2]
        elif line.strip():
            yield "", line.strip()


def _materials(text: str) -> Iterator[tuple[str, str]]:
    """A line each: what it is called, then its link."""
    for line in filter(str.strip, text.splitlines()):
        label, link, rest = line.strip().rpartition("https://")
        yield (label.strip(" :-\t") or rest[:150], link + rest) if link else (line.strip(), "")


def _parts(text: str, sign: str) -> list[str]:
    return [part.strip() for part in text.split(sign) if part.strip()]
