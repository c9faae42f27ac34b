"""Everything that happened with one gemeente, on one line in time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import case, exists, or_, select, union

from outreach.accounts import audit
from outreach.answers import contradicting, documents
from outreach.answers.models import Answer, Document, Source
from outreach.campaigns.models import Campaign, Correction, Step, StepText
from outreach.clock import at_wall, dutch_date
from outreach.contacts import suppression
from outreach.contacts.models import Address, Contact, Gemeente, Office, Suppression
from outreach.contacts.suppression import domain_of
from outreach.db import db
from outreach.delivery import verdicts
from outreach.delivery.arrivals import Incoming
from outreach.delivery.models import Message, State
from outreach.events.models import Meeting, Registration
from outreach.ledger import doubts, incoming, meetings, sheet, standing
from outreach.ledger.standing import Standing
from outreach.letters import dutch


@dataclass(frozen=True)
class Happening:
    """One thing that happened."""

    at: datetime
    title: str  #: Dutch
    detail: str  #: Dutch
    standing: Standing | None  #: None for what is no status, e.g. a note
    campaign: Campaign | None
    answer: Answer | None = None
    message: Message | None = None
    meeting: Meeting | None = None
    mail: Incoming | None = None
    document: Document | None = None

    @property
    def timed(self) -> bool:
        """Whether the hour is known; of a document only the day is."""
        return self.document is None


@dataclass(frozen=True)
class History:
    """What we hold of one gemeente's letters: what a timeline and a standing are made of."""

    code: str
    #: Whatever became of them; with the version of the text, where that was corrected.
    letters: Sequence[tuple[Message, Step, Campaign, int | None]]
    answers: Sequence[tuple[Answer, Campaign]]
    #: Who registered, each with the letters that it answers.
    visits: Sequence[tuple[Registration, Meeting, list[Campaign]]]

    @classmethod
    def of(cls, code: str) -> "History":
        corrected = exists().where(Correction.step_id == Step.id).correlate(Step)
        letters = db.session.execute(
            select(Message, Step, Campaign, case((corrected, StepText.number)))
            .join(Step, Step.id == Message.step_id)
            .join(Campaign, Campaign.id == Step.campaign_id)
            .outerjoin(StepText, StepText.id == Message.text_id)
            .where(Message.gemeente_code == code)
        )
        answers = db.session.execute(
            select(Answer, Campaign)
            .join(Campaign, Campaign.id == Answer.campaign_id)
            .where(Answer.gemeente_code == code)
        )
        return cls(code, letters.all(), answers.all(), meetings.of_gemeente(code))


def of_gemeente(code: str) -> list[Happening]:
    """What happened with a gemeente, newest first."""
    return happenings(History.of(code))


def happenings(history: History) -> list[Happening]:
    """Likewise, of what is read already."""
    code = history.code
    found = [
        *(_letter(*row) for row in history.letters if row[0].state in _LETTER_TITLES),
        *(of_answer(answer, campaign) for answer, campaign in history.answers),
        *_mails(code),
        *_objections(code),
        *_registrations(history),
        *_documents(code),
    ]
    return sorted(found, key=lambda happening: happening.at, reverse=True)


def sentence(name: str, happenings: list[Happening]) -> str:
    """How it stands with a gemeente, in one sentence for the top of its page."""
    standing_ = [h for h in happenings if h.standing is not None and not h.meeting]
    if not standing_:
        return f"{name} kreeg nog geen brief van ons."
    telling = [h for h in standing_ if h.standing is not Standing.VERSTUURD]
    came = [h for h in happenings if h.standing is not None and h.meeting]
    latest = (telling or came or standing_)[0]
    day = dutch.day_date(dutch_date(latest.at))
    letter = f"“{latest.campaign.name}”" if latest.campaign else "onze brief"
    if latest.meeting:
        return f"Uit {name} meldde zich op {day} iemand aan: dat telt als antwoord op {letter}."
    said = _SENTENCES.get(latest.standing or Standing.VERSTUURD, _SENTENCES[Standing.ANTWOORD])
    on = ""
    if latest.answer and latest.answer.on_date:
        on = f" van {dutch.day_date(latest.answer.on_date)}"
    return said.format(name=name, day=day, letter=letter, on=on)


_SENTENCES = {
    Standing.NIET_BENADEREN: "{name} wil sinds {day} geen post meer.",
    Standing.GEWEIGERD: "{name} liet op {day} weten dat {letter} niet op de lijst komt.",
    Standing.ANTWOORD: "{name} antwoordde op {day} op {letter}.",
    Standing.BESPROKEN: "{name} besprak {letter}; dat hoorden wij op {day}.",
    Standing.OP_LIJST: "{name} zet {letter} op de lijst van de raadsvergadering{on}.",
    Standing.DOORGESTUURD: "{name} stuurde {letter} op {day} door naar de raad.",
    Standing.NAAR_COLLEGE: "{name} stuurde {letter} op {day} naar het college.",
    Standing.GESPREK: "{name} wil een gesprek over {letter}; dat vroeg de griffie op {day}.",
    Standing.IN_BEHANDELING: "{name} heeft {letter} sinds {day} in behandeling.",
    Standing.ONTVANGEN: "{name} bevestigde op {day} de ontvangst van {letter}.",
    Standing.ONZEKER: "Of {name} {letter} kreeg, is niet zeker: de verbinding brak op {day}.",
    Standing.ONBESTELBAAR: "{letter} kwam op {day} niet aan bij {name}.",
    Standing.VERSTUURD: "{name} kreeg {letter} op {day} en reageerde nog niet.",
}


def _letter(
    message: Message, step: Step, campaign: Campaign, version: int | None = None
) -> Happening:
    """
    :param version: of its text, where that was corrected while its letters left
    """
    what = "Brief" if step.position == 1 else sheet.title(step)
    if message.variant != "raad":
        what = f"{what} aan het {message.variant}"
    title, standing_ = _LETTER_TITLES[message.state]
    if message.bounced_at:
        title, standing_ = _LETTER_TITLES[State.REFUSED]
    at = message.bounced_at or message.accepted_at or message.submitting_at or message.not_before
    detail = f"Aan {message.address}."
    if version is not None:
        detail = f"{detail} Versie {version} van de tekst."
    if why := verdicts.REASONS.get(message.reason):
        detail = f"{detail} {why[:1].upper()}{why[1:]}."
    if standing_ in (Standing.ONBESTELBAAR, Standing.ONZEKER) and message.reply:
        detail = f"{detail} De mailserver zei: {message.reply.splitlines()[0][:200]}"
    if settled := doubts.decided(message):
        detail = f"{detail} {settled}"
    return Happening(at, f"{what} {title}", detail, standing_, campaign, message=message)


_LETTER_TITLES = {
    State.ACCEPTED: ("verstuurd", Standing.VERSTUURD),
    State.REFUSED: ("niet aangekomen", Standing.ONBESTELBAAR),
    State.EXPIRED: ("niet aangekomen", Standing.ONBESTELBAAR),
    State.FAILED: ("niet verstuurd door een fout bij ons", Standing.ONBESTELBAAR),
    State.UNCERTAIN: ("misschien verstuurd", Standing.ONZEKER),
}


def contradicting_in(happenings: Iterable[Happening]) -> list[list[Happening]]:
    """Answers of one gemeente that contradict one another and wait for a person, per letter, the
    oldest first.
    """
    per_letter: dict[int, list[Happening]] = {}
    for one in sorted(happenings, key=lambda one: one.at):
        if one.answer is not None and one.campaign is not None:
            per_letter.setdefault(one.campaign.id, []).append(one)
    found = []
    for those in per_letter.values():
        answers = [one.answer for one in those if one.answer is not None]
        if contradicting.waits(answers):
            parties = {one.id for one in contradicting.among(answers)}
            found.append([one for one in those if one.answer and one.answer.id in parties])
    return found


def contradictions() -> list[tuple[Gemeente, list[Happening]]]:
    """The same over all gemeenten, in the order of their names."""
    groups = contradicting.waiting()
    codes = {one.gemeente_code for group in groups for one in group}
    ids = {one.campaign_id for group in groups for one in group}
    places = {
        one.code: one
        for one in db.session.scalars(select(Gemeente).where(Gemeente.code.in_(codes)))
    }
    letters = {
        one.id: one for one in db.session.scalars(select(Campaign).where(Campaign.id.in_(ids)))
    }
    found = [
        (
            places[group[0].gemeente_code],
            [of_answer(one, letters[one.campaign_id]) for one in group],
        )
        for group in groups
    ]
    return sorted(found, key=lambda pair: pair[0].sort_key)


def of_answer(answer: Answer, campaign: Campaign) -> Happening:
    """One answer as it stands on the timeline; what they said is in `answer.note`."""
    told, known = standing.told(answer, campaign), answer.evidence or standing.source(answer)
    parts = [known[:1].upper() + known[1:]]
    if answer.actor_name and answer.source is not Source.LINK:
        parts.append(f"Genoteerd door {answer.actor_name}")
    if answer.undone_at:
        parts.append(f"Ongedaan gemaakt op {dutch.day_time(answer.undone_at)}")
        told = f"{told} (ongedaan gemaakt)"
    stands = None if answer.undone_at else standing.of_status(answer.status)
    return Happening(answer.at, told, f"{'. '.join(parts)}.", stands, campaign, answer)


def _mails(code: str) -> Iterator[Happening]:
    """Mail as it came in; what it did stands on a line of its own."""
    for came in incoming.of_gemeente(code):
        mail = came.mail
        word = incoming.WORDS[mail.kind]
        parts = [f"Van {mail.from_name or mail.from_email}"] if mail.from_email else []
        if day := mail.details.get("back_on"):
            parts.append(f"Terug na {dutch.day_date(date.fromisoformat(day))}")
        if deputy := mail.details.get("deputy"):
            parts.append(f"Vervanger: {deputy}")
        if mail.case_number:
            parts.append(f"Zaaknummer {mail.case_number}")
        if mail.settled_by not in (None, "system"):
            parts.append(f"Bij deze gemeente gezet door {audit.name_of(mail.settled_by or '')}")
        title = f"Mail: {mail.subject or 'zonder onderwerp'} ({word})"
        detail = ". ".join(parts) + "." if parts else ""
        yield Happening(came.at, title, detail, None, came.campaign, mail=mail)


def _objections(code: str) -> list[Happening]:
    key, sent = Address.address_key, Message.address_key
    known = select(Contact.id).join(Office).where(Office.gemeente_code == code)
    keys = [
        select(said).where(of_code)
        for column, of_code in (
            (key, Address.contact_id.in_(known)),
            (sent, Message.gemeente_code == code),
        )
        for said in (column, domain_of(column))
    ]
    here = or_(Suppression.address_key == code, Suppression.address_key.in_(union(*keys)))
    rows = db.session.scalars(select(Suppression).where(here))
    return [
        Happening(
            row.since,
            "Wil geen post meer" if row.lifted_at is None else "Wilde geen post meer (hersteld)",
            f"{suppression.said(row.address_key)}, {standing.objected(row.reason)}.",
            Standing.NIET_BENADEREN if row.lifted_at is None else None,
            None,
        )
        for row in rows
    ]


def _documents(code: str) -> Iterator[Happening]:
    """What they sent us and what we found, on the day that they sent it."""
    for one in documents.of_gemeente(code):
        day, known = one.sent_on or one.dated, "Gevonden stuk" if one.found else "Ontvangen stuk"
        parts = [f"Van {documents.author(one)}"]
        parts += [f"nummer {one.number}"] if one.number else []
        parts += [f"kenmerk {one.kenmerk}"] if one.kenmerk else []
        parts += [f"behandeld door {one.handled_by}"] if one.handled_by else []
        at = at_wall(day, time(12))
        yield Happening(
            at, f"{known}: {one.subject}", f"{', '.join(parts)}.", None, None, document=one
        )


def _registrations(history: History) -> Iterator[Happening]:
    """Who comes from this gemeente, without a name: the timeline is for all who may look."""
    for registration, meeting, letters in history.visits:
        yield _came(registration, meeting, letters)
        if registration.cancelled_at is not None:
            yield _left(registration, registration.cancelled_at, meeting)


def _came(registration: Registration, meeting: Meeting, letters: list[Campaign]) -> Happening:
    who = meetings.ROLES[registration.role][1]
    title = f"{who} meldde zich aan voor {meeting.city}"
    at, detail = registration.registered_at, "Dit is geen antwoord van de griffie."
    if not letters:
        return Happening(at, title, detail, None, None, meeting=meeting)
    names = dutch.enumeration([f"“{one.name}”" for one in letters])
    detail = f"Dit telt als antwoord op {names}: er gaat geen herinnering."
    return Happening(at, title, detail, standing.BY_REGISTERING, letters[0], meeting=meeting)


def _left(registration: Registration, at: datetime, meeting: Meeting) -> Happening:
    who = meetings.ROLES[registration.role][1]
    title = f"{who} annuleerde de aanmelding voor {meeting.city}"
    return Happening(at, title, "", None, None, meeting=meeting)
