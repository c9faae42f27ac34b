"""The forms in which a letter is written, and how they become what `campaigns.writing` takes."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import time
from typing import Any

from sqlalchemy import Select, select
from wtforms import (
    BooleanField,
    FileField,
    IntegerField,
    MultipleFileField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, HiddenInput, ListWidget

from outreach.accounts import senders
from outreach.answers import questions
from outreach.answers.questions import Question
from outreach.campaigns import conditions, files, selections, versions, windows
from outreach.campaigns.conditions import To
from outreach.campaigns.files import CampaignFile, Soft, StepPart, Text, Window
from outreach.campaigns.models import Campaign, Recipients, Step, StepDraft
from outreach.clock import to_wall
from outreach.contacts import gemeenten, regions
from outreach.contacts.models import ContactList, Function, Gemeente
from outreach.db import db
from outreach.events.models import Meeting, MeetingState
from outreach.letters import placeholders, word
from outreach.web.form import DutchTimeField, Form, required

FUNCTIONS = {
    Function.GRIFFIER: "griffies",
    Function.RAADSLID: "raadsleden",
    Function.COLLEGE: "colleges",
    Function.BURGEMEESTER: "burgemeesters",
    Function.WETHOUDER: "wethouders",
    Function.INFORMATEUR: "informateurs",
    Function.PARTNER: "partners",
}
OFFICE = Window(windows.WORKDAYS, *windows.OFFICE_HOURS, on_holidays=False)
ALWAYS = Window()
NINE = time(9, 0)
#: As inserted by the toolbar, and as people call them; the last two are for the mail alone.
BLOCKS = (
    ("{{knop}} [Meld u aan](https://)\n", "een knop"),
    ("{{bijeenkomsten}}\n", "de bijeenkomsten bij deze brief"),
    ("{{griffiekaart}}\nZet hier in twee regels waar de brief over gaat.\n", "de griffiekaart"),
    ("{{antwoordknoppen}}\n", "knoppen voor de antwoorden op uw vragen"),
    ("{{doorstuurtekst}}\n", "een tekst om door te sturen aan raadsleden"),
)
FITS = Length(max=files.LONGEST_TEXT, message=files.TOO_LONG)
OWN_SEGMENT = "="  #: an expression that stands in the file
OWN_ANSWERS = "="  #: several answers that stand in the file

FIRST_MAIL = """{{aanhef}}

Wilt u de brief in de bijlage doorsturen naar de leden van de raad van {{gemeente}}? De brief kan \
op de lijst ingekomen stukken, ter kennisname.

Laat u ons weten wat u met de brief deed? Dat kan met één klik hieronder, of door deze mail te \
beantwoorden.

Met vriendelijke groet,

{{afzender}}
"""
REMINDER_SUBJECT = "Herinnering: {{eerste_brief.onderwerp}}"
REMINDER_MAIL = """{{aanhef}}

Op {{eerste_brief.datum}} stuurden wij u een brief voor de raad van {{gemeente}}. Wij weten niet \
of de brief bij u is aangekomen. Wilt u ons dat laten weten? Dat kan met één klik hieronder.

Met vriendelijke groet,

{{afzender}}
"""
RECEIPT_MAIL = """{{aanhef}}

Op {{eerste_brief.datum}} stuurden wij u een brief voor de raad van {{gemeente}}. U bevestigde dat \
hij is ontvangen. Dank daarvoor. Uw zaaknummer: {{zaaknummer|"ons niet bekend"}}.

Wat gebeurde er daarna met de brief? Laat u ons dat weten? Dat kan met één klik hieronder.

Met vriendelijke groet,

{{afzender}}
"""
#: What who is registered already gets, as the form says it.
ANOTHER, NOTHING, WEL = "anders", "niets", "wel"
COMING = [
    SelectChoice("", "deze herinnering"),
    SelectChoice(ANOTHER, "een andere tekst, op hetzelfde moment"),
    SelectChoice(NOTHING, "niets"),
]
ONLY_THEY = SelectChoice(WEL, "deze herinnering, en anderen niet")
REGISTERED_MAIL = """{{aanhef}}

Uit {{gemeente}} is al iemand aangemeld voor onze bijeenkomst. Daar zijn wij blij mee. Komen er \
nog meer mensen uit uw raad? Stuur onze uitnodiging dan gerust door.

Wat gebeurde er met onze brief van {{eerste_brief.datum}}? Laat u ons dat weten? Dat kan met één \
klik hieronder.

Met vriendelijke groet,

{{afzender}}
"""


class ChecksField(SelectMultipleField):
    """Several of a few, as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class CampaignForm(Form):
    """What holds for the letter as a whole."""

    name = StringField("Naam van de brief", [required("Geef de brief een naam."), Length(max=120)])
    sender = SelectField("Afzender")
    kenmerk = StringField("Ons kenmerk", [Length(max=60)])
    segment = SelectField("Selectie", validate_choice=False)  # the domain knows which there are
    functions = ChecksField("Welke functies")
    provinces = ChecksField("In welke provincies")
    regions = ChecksField("In welke regio’s")
    gemeenten = StringField("In welke gemeenten", [Length(max=4000)])
    lists = ChecksField("Van welke lijst")
    left_out = StringField("Behalve deze gemeenten", [Length(max=4000)])
    college = BooleanField("Het college krijgt een eigen tekst")
    handled_by = StringField("Behandeld door", [Length(max=120)])
    direct_phone = StringField("Telefoon", [Length(max=40)])
    cosigned = RadioField(
        "Mede namens",
        choices=[
            SelectChoice("", "wie bij de afzender staan"),
            SelectChoice("eigen", "deze organisaties"),
        ],
    )
    cosigners = TextAreaField("Organisaties", [Length(max=2000)])
    pdf_letter = BooleanField("Maak van de brief een PDF per gemeente, op briefpapier")
    hours = RadioField("Wanneer mag er post weg")
    soft_first = IntegerField(
        "Aantal gemeenten", [Optional(), NumberRange(1, 1000, "Kies 1 tot 1000 gemeenten.")]
    )
    soft_rest = SelectField("Wanneer de rest")
    soft_gemeenten = StringField("Of precies deze gemeenten eerst", [Length(max=4000)])
    kept = ChecksField("Bijlagen die erbij zitten")
    attachments = MultipleFileField("Voeg bijlagen toe")

    def __init__(self, campaign: Campaign | None = None) -> None:
        super().__init__(data=_of_campaign(campaign) if campaign else _of_new())
        self.sender.choices = [SelectChoice(s.email, s.name) for s in senders.everyone()]
        self.functions.choices = [SelectChoice(f.value, word) for f, word in FUNCTIONS.items()]
        self.segment.choices = _segments(campaign)
        self.provinces.choices = [SelectChoice(name, name) for name in _provinces()]
        self.regions.choices = [
            SelectChoice(str(one.region.id), f"{regions.KINDS[one.region.kind]} {one.region.name}")
            for one in regions.everything()
        ]
        self.lists.choices = [SelectChoice(name, name) for name in _lists()]
        self.hours.choices = _hours(campaign)
        self.soft_rest.choices = _rests(campaign)
        names = [one.filename for one in campaign.attachments] if campaign else []
        self.kept.choices = [SelectChoice(name, name) for name in names]

    def filled(self, old: CampaignFile) -> CampaignFile:
        """The campaign with what was filled in; what the form does not ask stays."""
        return replace(
            old,
            name=" ".join(self.name.data.split()),
            sender=self.sender.data,
            kenmerk=self.kenmerk.data.strip(),
            audience=self._audience(old.audience),
            attachments=(*(self.kept.data or ()), *self.new_files()),
            pdf_letter=self.pdf_letter.data,
            variants=self._variants(old.variants),
            handled_by=" ".join((self.handled_by.data or "").split()),
            direct_phone=" ".join((self.direct_phone.data or "").split()),
            cosigners=self._cosigners(),
            soft=self._soft(),
            window={"kantoor": OFFICE, "altijd": ALWAYS}.get(self.hours.data, old.window),
        )

    def new_files(self) -> dict[str, bytes]:
        """The files that were sent along, by name."""
        if not hasattr(self, "_read"):
            self._read = sent_files(self.attachments)
        return self._read

    def _cosigners(self) -> tuple[str, ...] | None:
        if self.cosigned.data != "eigen":
            return None
        lines = (" ".join(line.split()) for line in (self.cosigners.data or "").splitlines())
        return tuple(line for line in lines if line)

    def _soft(self) -> Soft | None:
        named = tuple(_names(self.soft_gemeenten.data or ""))
        if not named and not self.soft_first.data:
            return None
        hours = int(self.soft_rest.data) if self.soft_rest.data else None
        return Soft(len(named) or self.soft_first.data, named, hours)

    def _audience(self, old: Mapping[str, Any]) -> dict[str, Any]:
        left_out = dict(old.get("except", {})) | {"gemeente": _names(self.left_out.data)}
        kept = {"except": {k: v for k, v in left_out.items() if v}}
        if self.segment.data and self.segment.data == _segment(old):
            audience = dict(old) | kept
        elif self.segment.data:  # it says who: what is ticked below it does not count
            audience = {"segment": self.segment.data} | kept
        else:
            audience = self._ticked(old) | kept
        return {name: value for name, value in audience.items() if value}

    def _ticked(self, old: Mapping[str, Any]) -> dict[str, Any]:
        return dict(old) | {
            "segment": "",
            "role": self.functions.data,
            "province": self.provinces.data,
            "region": self.regions.data,
            "gemeente": _names(self.gemeenten.data),
            "list": self.lists.data,
        }

    def _variants(self, old: tuple[str, ...]) -> tuple[str, ...]:
        if self.college.data:
            return files.BODIES
        return old if len(old) == 1 else files.BODIES[:1]


#: What a first letter has not: nothing to count from, and nobody to have answered.
_OF_REMINDER = (
    "when",
    "council_days",
    "after_days",
    "after_working",
    "after_at",
    "before",
    "recipients",
)


class StepForm(Form):
    """The words of one step for one body, and when it leaves."""

    version = IntegerField("Versie", widget=HiddenInput())  #: that was opened
    subject = StringField("Onderwerp", [required("Vul een onderwerp in."), Length(max=200)])
    mail = TextAreaField("Tekst van de mail", [required("Schrijf de mail."), FITS])
    letter = TextAreaField("Tekst van de brief", [FITS])
    word_file = FileField("Word-bestand (.docx)")
    word_is = RadioField(
        "Wat staat erin",
        choices=[
            SelectChoice("letter", "de brief aan de raad of het college"),
            SelectChoice("mail", "de mail aan de griffier"),
        ],
        default="letter",
    )
    when = RadioField(
        "Wanneer gaat deze stap weg",
        choices=[
            SelectChoice("op", "op een vast moment"),
            SelectChoice("na", "een aantal dagen na de eerste brief"),
            SelectChoice("raad", "een aantal werkdagen na de volgende raadsvergadering"),
            SelectChoice("voor", "een aantal dagen vóór een bijeenkomst"),
        ],
    )
    send_at = DutchTimeField("Moment", [Optional()])
    council_days = IntegerField(
        "Werkdagen na de raadsvergadering",
        [
            Optional(),
            NumberRange(1, files.MOST_AFTER_COUNCIL, "Kies 1 tot 60 werkdagen."),
        ],
    )
    after_days = IntegerField("Dagen", [Optional(), NumberRange(1, 365, "Kies 1 tot 365 dagen.")])
    after_working = BooleanField("Tel alleen werkdagen")
    after_at = TimeField("Tijd", [Optional()])
    before = SelectField("Vóór welke bijeenkomst", validate_choice=False)
    not_in_recess = BooleanField("Niet in het reces")
    recipients = RadioField(
        "Aan wie",
        choices=[
            SelectChoice(Recipients.NOT_ANSWERED.value, "aan wie nog niet antwoordde"),
            SelectChoice(
                Recipients.RECEIPT.value,
                "alleen aan wie de ontvangst bevestigde en nog niet antwoordde",
            ),
            SelectChoice(
                Recipients.SILENT.value,
                "alleen aan wie niets liet horen: geen antwoord en geen ontvangstbevestiging",
            ),
            SelectChoice(Recipients.ALL.value, "aan iedereen, ook wie al antwoordde"),
        ],
    )
    question = SelectField("En daarvan alleen: bij een vraag")
    coming = RadioField("Wie zich al aanmeldde voor een bijeenkomst krijgt")
    meeting = SelectField("Voor welke bijeenkomst")

    def __init__(
        self,
        part: StepPart,
        variant: str,
        *,
        first: bool,
        version: int,
        asked: Iterable[Mapping[str, Any]] = (),
        draft: StepDraft | None = None,
        meetings: Sequence[str] = (),
        of_two: bool = False,
    ) -> None:
        """
        :param meetings: slugs of those that the letter is about
        :param of_two: who registered gets this reminder in another text, at the same moment
        """
        text = part.texts.get(variant) or next(iter(part.texts.values()), Text(""))
        super().__init__(
            data={
                "version": draft.based_on if draft else version,
                "subject": draft.subject if draft else part.subject,
                "mail": draft.mail if draft else text.mail,
                "letter": draft.letter if draft else text.letter,
                "when": _when(part),
                "before": part.before,
                "send_at": part.send_at,
                "council_days": part.council_days or 3,
                "after_days": part.after_days or 18,
                "after_working": part.after_working,
                "after_at": part.after_at or NINE,
                "not_in_recess": part.not_in_recess,
                "recipients": part.to.recipients.value,
                "question": _question(part.to),
                "coming": _coming(part.to, of_two=of_two),
                "meeting": part.to.meeting or next(iter(meetings), ""),
            }
        )
        self._first = first
        self.question.choices = _questions(part.to, questions.of(asked))
        there = _known_meetings(part.to.meeting)
        self.meeting.choices = [SelectChoice(slug, title) for slug, title in there.items()]
        own = part.to.meeting and part.to.registered
        self.coming.choices = [*COMING, ONLY_THEY] if own else COMING
        self.left_out: tuple[str, ...] = ()  #: of the Word file: "2 afbeeldingen"
        if first:
            for name in _OF_REMINDER:
                del self[name]
        if not first:
            known = _known_meetings(part.before)
            self.before.choices = [SelectChoice(slug, title) for slug, title in known.items()]
            if not known:
                del self["before"]
                self.when.choices = self.when.choices[:3]
        if first or len(self.question.choices) == 1:  # nothing to choose from
            del self["question"]
        if first or not there or (of_two and part.to.registered):
            del self["coming"], self["meeting"]

    def filled(self, old: StepPart, variant: str) -> StepPart:
        text = Text(lines(self.mail.data), lines(self.letter.data))
        part = replace(
            old,
            subject=" ".join(self.subject.data.split()),
            texts=old.texts | {variant: text},
            to=old.to if self._first else self._to(old.to),
            not_in_recess=self.not_in_recess.data,
        )
        if self._first or self.when.data == "op":
            at = self.send_at.data
            wall = to_wall(at).isoformat("T", "minutes") if at else ""
            return replace(
                part,
                send_at=at,
                send_at_wall=wall,
                after_days=None,
                after_at=None,
                after_working=False,
                before="",
                council_days=None,
            )
        return replace(
            part,
            send_at=None,
            send_at_wall="",
            council_days=(self.council_days.data or 3) if self.when.data == "raad" else None,
            before=self.before.data if self.when.data == "voor" else "",
            after_days=self.after_days.data or 18,
            after_working=self.after_working.data,
            after_at=self.after_at.data or NINE,
        )

    def _to(self, old: To) -> To:
        to = replace(old, recipients=Recipients(self.recipients.data))
        if "question" in self and self.question.data != OWN_ANSWERS:
            how, _, rest = self.question.data.partition(":")
            key, _, answer = rest.partition("=")
            to = replace(to, question=key, answers=(answer,) if how == "wel" else ())
        if "coming" in self:
            chosen = self.coming.data
            to = replace(to, meeting=self.meeting.data if chosen else "", registered=chosen == WEL)
        return to

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        unread = self._take_over()
        right = super().validate(extra_validators)
        if unread is not None:
            self.refuse("word_file", unread)
            return False
        fixed = not self._first and self.when.data == "op"
        if fixed and self.send_at.data is None and not self.send_at.errors:
            self.refuse("send_at", ValueError("Kies het moment waarop deze stap weggaat."))
            return False
        return right

    def expects(self, step: Step, variant: str) -> bool:
        """Whether the text is still the version that was opened; says who wrote another."""
        try:
            versions.expect(step, variant, self.version.data or 0)
        except versions.WrittenMeanwhile as error:
            self.refuse("mail", error)
            self.version.data = versions.newest(step, variant)
            self.version.raw_data = None  # shown is what it is now
            return False
        return True

    def _take_over(self) -> word.BadDocument | None:
        """Put the text of a Word file in its field, or say what is wrong with the file."""
        if not getattr(self.word_file.data, "filename", ""):
            return None
        try:
            written = word.read_docx(self.word_file.data.read(word.LARGEST_FILE + 1))
        except word.BadDocument as error:
            return error
        of_mail = self.word_is.data == "mail"
        self["mail" if of_mail else "letter"].data = (
            word.as_mail(written.text) if of_mail else written.text
        )
        self.left_out = written.left_out
        return None


def offered(campaign: Campaign, *, first: bool) -> list[tuple[str, str]]:
    """The fields that make sense in a step's text, as written and as people call them."""
    left_out = ["eerste_brief.", "zaaknummer"] if first else []
    left_out += [] if campaign.meetings else ["bijeenkomst."]
    return [
        (f"{{{{{name}}}}}", placeholders.called(name))
        for name in sorted(placeholders.KNOWN, key=lambda one: one.startswith("regiopartner"))
        if not name.startswith(tuple(left_out))
    ]


def first_step(now_wall: str = "") -> StepPart:
    """A first letter to begin with."""
    return StepPart(
        subject="",
        texts={files.BODIES[0]: Text(FIRST_MAIL)},
    )


def reminder(variants: Iterable[str]) -> StepPart:
    """A reminder to begin with."""
    return StepPart(
        subject=REMINDER_SUBJECT,
        after_days=30,
        after_working=True,
        after_at=NINE,
        not_in_recess=True,
        to=To(Recipients.NOT_ANSWERED),
        texts={variant: Text(REMINDER_MAIL) for variant in variants},
    )


def other_text(steps: Sequence[StepPart], position: int) -> int | None:
    """The position of the reminder that goes out at the same moment, for who confirmed receipt, or
    for who was silent."""
    return next(_like(steps, position, conditions.differ_by_receipt), None)


def text_of_registered(steps: Sequence[StepPart], position: int) -> int | None:
    """The position of the reminder that goes out at the same moment, to who is registered, or to
    who is not."""
    return next(_like(steps, position, conditions.differ_by_registration), None)


def _like(
    steps: Sequence[StepPart], position: int, alike: Callable[[StepPart, StepPart], bool]
) -> Iterator[int]:
    one = steps[position - 1]
    return (n for n, other in enumerate(steps, 1) if alike(one, other))


def may_split(steps: Sequence[StepPart], position: int) -> bool:
    """Whether it goes to all who did not answer, or has lost the text for who confirmed receipt."""
    whom = steps[position - 1].to.recipients
    return whom is Recipients.NOT_ANSWERED or (
        whom is Recipients.SILENT and other_text(steps, position) is None
    )


def with_receipt(steps: tuple[StepPart, ...], position: int) -> tuple[StepPart, ...]:
    """The reminder at `position` for who was silent, and behind it one for who confirmed."""
    one = steps[position - 1]
    own = replace(
        one,
        to=replace(one.to, recipients=Recipients.RECEIPT),
        texts={variant: Text(RECEIPT_MAIL, text.letter) for variant, text in one.texts.items()},
    )
    silent = replace(one, to=replace(one.to, recipients=Recipients.SILENT))
    return (*steps[: position - 1], silent, own, *steps[position:])


def with_step(steps: tuple[StepPart, ...], position: int, part: StepPart) -> tuple[StepPart, ...]:
    """With this step there; the other texts of that reminder move along to its moment."""
    found = [*steps]
    found[position - 1] = part
    for other in _like(steps, position, conditions.is_other_text):
        found[other - 1] = replace(
            steps[other - 1],
            send_at=part.send_at,
            send_at_wall=part.send_at_wall,
            after_days=part.after_days,
            after_working=part.after_working,
            after_at=part.after_at,
            before=part.before,
            not_in_recess=part.not_in_recess,
            council_days=part.council_days,
        )
    return tuple(found)


def without(steps: tuple[StepPart, ...], position: int) -> tuple[StepPart, ...]:
    """Without this step; what was its other text is for everyone again whom it was for."""
    found = [*steps]
    if other := other_text(steps, position):
        one = steps[other - 1]
        found[other - 1] = replace(one, to=replace(one.to, recipients=Recipients.NOT_ANSWERED))
    elif other := text_of_registered(steps, position):
        one = steps[other - 1]
        found[other - 1] = replace(one, to=replace(one.to, meeting="", registered=False))
    del found[position - 1]
    return tuple(found)


def with_coming(
    steps: tuple[StepPart, ...], position: int, part: StepPart, coming: str | None
) -> tuple[StepPart, ...]:
    """With this step there, and its text for who is registered there or gone, as was chosen.

    :param coming: of `COMING`; None when there was nothing to choose
    """
    was = text_of_registered(steps, position)
    found = [*with_step(steps, position, part)]
    if coming is None:
        return tuple(found)
    if was and coming == ANOTHER:
        found[was - 1] = replace(
            found[was - 1], to=replace(found[was - 1].to, meeting=part.to.meeting)
        )
    elif was:
        del found[was - 1]
    elif coming == ANOTHER:
        own = replace(
            part,
            to=replace(part.to, registered=True),
            texts={body: Text(REGISTERED_MAIL, text.letter) for body, text in part.texts.items()},
        )
        found.insert(position, own)
    return tuple(found)


def with_texts(steps: Iterable[StepPart], variants: tuple[str, ...]) -> tuple[StepPart, ...]:
    """Each step with a text for each body: a new body begins with the words of the first."""
    found = []
    for step in steps:
        own = next(iter(step.texts.values()), Text(""))
        texts = {variant: step.texts.get(variant, own) for variant in variants}
        found.append(replace(step, texts=texts))
    return tuple(found)


def _when(part: StepPart) -> str:
    if part.before:
        return "voor"
    if part.council_days:
        return "raad"
    return "na" if part.after_days else "op"


def _question(to: To) -> str:
    if len(to.answers) > 1:
        return OWN_ANSWERS
    if not to.question:
        return ""
    return f"wel:{to.question}={to.answers[0]}" if to.answers else f"niet:{to.question}"


def _questions(to: To, asked: Iterable[Question]) -> list[SelectChoice]:
    choices = [SelectChoice("", "maakt niet uit")]
    for one in asked:
        choices.append(SelectChoice(f"niet:{one.key}", f"{one.label} Nog niet beantwoord"))
        choices += [
            SelectChoice(f"wel:{one.key}={option}", f"{one.label} Antwoordde “{option}”")
            for option in one.options
        ]
    if len(to.answers) > 1:
        choices.append(SelectChoice(OWN_ANSWERS, "zoals in het bestand staat"))
    return choices


def _coming(to: To, *, of_two: bool) -> str:
    if not to.meeting:
        return ""
    if to.registered:
        return WEL
    return ANOTHER if of_two else NOTHING


def _known_meetings(chosen: str) -> dict[str, str]:
    """Slugs and titles of the meetings there are to choose from, and of the one that was."""
    known: dict[str, str] = dict(db.session.execute(meetings_to_choose()).all())
    if chosen:
        known.setdefault(chosen, chosen)
    return known


def meetings_to_choose() -> Select[str, str]:
    """The slug and title of each meeting that people can register for."""
    return (
        select(Meeting.slug, Meeting.title)
        .where(Meeting.state == MeetingState.OPEN)
        .order_by(Meeting.id)
    )


def _of_new() -> dict[str, Any]:
    return {
        "functions": [Function.GRIFFIER.value],
        "pdf_letter": True,
        "hours": "kantoor",
        "cosigned": "",
    }


def _of_campaign(campaign: Campaign) -> dict[str, Any]:
    audience = campaign.audience
    return {
        "name": campaign.name,
        "sender": campaign.sender.email,
        "kenmerk": campaign.kenmerk,
        "segment": _segment(audience),
        "functions": audience.get("role", [] if audience.get("segment") else [Function.GRIFFIER]),
        "provinces": audience.get("province", []),
        "regions": audience.get("region", []),
        "gemeenten": _gemeente_names(audience.get("gemeente", [])),
        "lists": audience.get("list", []),
        "left_out": _gemeente_names(audience.get("except", {}).get("gemeente", [])),
        "college": len(campaign.variants) > 1,
        "pdf_letter": campaign.pdf_letter,
        "handled_by": campaign.handled_by,
        "direct_phone": campaign.direct_phone,
        "cosigned": "" if campaign.cosigners is None else "eigen",
        "cosigners": "\n".join(campaign.cosigners or ()),
        "hours": _hours_of(campaign),
        "soft_first": campaign.soft_first or None,
        "soft_rest": str(campaign.soft_hours or ""),
        "soft_gemeenten": _gemeente_names(campaign.soft_gemeenten),
        "kept": [one.filename for one in campaign.attachments],
    }


def _hours_of(campaign: Campaign) -> str:
    window = Window(
        campaign.window_days, campaign.window_from, campaign.window_until, campaign.window_holidays
    )
    return {OFFICE: "kantoor", ALWAYS: "altijd"}.get(window, "zo")


def _hours(campaign: Campaign | None) -> list[SelectChoice]:
    choices = [
        SelectChoice("kantoor", "op werkdagen van 8.00 tot 18.00 uur, niet op feestdagen"),
        SelectChoice("altijd", "altijd"),
    ]
    if campaign and _hours_of(campaign) == "zo":
        choices.append(SelectChoice("zo", "zoals in het bestand staat"))
    return choices


def _rests(campaign: Campaign | None) -> list[SelectChoice]:
    """After how many hours the rest may go, with what a file chose."""
    hours = {2, 4, 24, 48} | ({campaign.soft_hours} if campaign and campaign.soft_hours else set())
    later = [SelectChoice(str(one), f"na {one} uur") for one in sorted(hours)]
    return [SelectChoice("", "de volgende werkdag"), *later]


def _segments(campaign: Campaign | None) -> list[SelectChoice]:
    choices = [SelectChoice("", "geen: kies hieronder zelf")]
    choices += [SelectChoice(name, name) for name in selections.names()]
    if campaign and isinstance(campaign.audience.get("segment"), dict):
        choices.append(SelectChoice(OWN_SEGMENT, "zoals in het bestand staat"))
    return choices


def _segment(audience: Mapping[str, Any]) -> str:
    segment = audience.get("segment", "")
    return segment if isinstance(segment, str) else OWN_SEGMENT


def _provinces() -> list[str]:
    return list(
        db.session.scalars(select(Gemeente.province).distinct().order_by(Gemeente.province))
    )


def _lists() -> list[str]:
    return list(db.session.scalars(select(ContactList.name).order_by(ContactList.name)))


def _gemeente_names(codes: Iterable[str]) -> str:
    return ", ".join(gemeenten.find(code).name for code in codes)


def _names(text: str) -> list[str]:
    return [
        name.strip()
        for name in text.replace("\n", ",").replace(";", ",").split(",")
        if name.strip()
    ]


def sent_files(field: MultipleFileField) -> dict[str, bytes]:
    """The files that were sent along, by the last part of their name."""
    sent = [one for one in field.data or [] if getattr(one, "filename", "")]
    return {one.filename.replace("\\", "/").rsplit("/", 1)[-1]: one.read() for one in sent}


def lines(text: str | None) -> str:
    """Text as it is kept: a browser sends CR LF."""
    return (text or "").replace("\r\n", "\n").strip()
