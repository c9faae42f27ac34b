"""Bewaartermijnen: what goes by itself, and when. Counts stay; only what is of people goes.

Each rule is done over again without harm and says beforehand how much it would take.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, delete, exists, func, or_, select, update

from outreach.accounts import choices
from outreach.accounts.choices import Periods
from outreach.accounts.models import AuditEntry
from outreach.answers.models import Document
from outreach.campaigns.models import Campaign, CampaignState, Step, StepText
from outreach.clock import dutch_date, to_wall
from outreach.contacts.models import Contact
from outreach.db import db
from outreach.delivery.arrivals import Incoming, IncomingLink
from outreach.delivery.arrivals import Place as MailState
from outreach.delivery.models import FINAL, GONE, Alert, Evidence, Kind, Look, Message
from outreach.events import needs
from outreach.events.models import Need, Registration
from outreach.ledger import erasing
from outreach.ledger.person import Person

#: Of the night, in the Netherlands: by then backups are made.
HOUR = 3
RUN = "retention-run"
BATCH = 500
SOON = timedelta(days=30)


@dataclass
class Taken:
    """What one rule took."""

    count: int = 0
    files: list[str] = field(default_factory=list)  #: SHA-256 of what no row names any more


@dataclass(frozen=True)
class Rule:
    """One kind of data and how long it stays."""

    name: str  #: of `Periods`
    title: str
    after: str  #: Dutch: from when the days count
    becomes: str  #: Dutch: what is left
    count: Callable[[datetime], int]  #: of what is older than a moment
    take: Callable[[datetime], Taken]


@dataclass(frozen=True)
class Line:
    """A rule as it stands now."""

    rule: Rule
    days: int
    due: int  #: what goes now
    soon: int  #: what goes within 30 days after


def lines(*, now: datetime) -> list[Line]:
    """Every rule, with what goes now and what goes soon."""
    return list(_lines(choices.read(Periods), now))


def take(rule: Rule, *, now: datetime) -> Taken:
    """Do one rule, in the caller's transaction."""
    days = getattr(choices.read(Periods), rule.name)
    taken = rule.take(now - timedelta(days=days))
    db.session.flush()
    db.session.expire_all()  # rows went and changed beside the session
    return taken


def is_due(*, now: datetime) -> bool:
    """Whether this night's turn is still to come."""
    wall = to_wall(now)
    return wall.hour >= HOUR and choices.noted(RUN).get("day", "") < wall.date().isoformat()


def done(*, now: datetime) -> None:
    choices.note(RUN, {"day": dutch_date(now).isoformat()})


def _lines(periods: Periods, now: datetime) -> Iterator[Line]:
    for rule in RULES:
        days = getattr(periods, rule.name)
        before = now - timedelta(days=days)
        due = rule.count(before)
        yield Line(rule, days, due, rule.count(before + SOON) - due)


def _count(*conditions: ColumnElement[bool]) -> Callable[[type[Any]], int]:
    return lambda model: (
        db.session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0
    )


# ── registrations ───────────────────────────────────────────────────────────────────────────


def _with_needs(before: datetime) -> ColumnElement[bool]:
    return exists().where(Registration.id == Need.registration_id, needs.is_over(before))


def _take_needs(before: datetime) -> Taken:
    return Taken(needs.forget(now=before, kept=timedelta()))


def _named(before: datetime) -> ColumnElement[bool]:
    return and_(Registration.name.not_in(("", GONE)), needs.is_over(before))


def _take_registrations(before: datetime) -> Taken:
    taken = Taken()
    wanted = select(Registration.id).where(_named(before)).limit(BATCH)
    while ids := db.session.scalars(wanted).all():
        erasing.take(Person(frozenset(), registration_ids=frozenset(ids)))
        taken.count += len(ids)
    return taken


# ── letters ─────────────────────────────────────────────────────────────────────────────────


def _left(before: datetime, *kinds: ColumnElement[bool]) -> ColumnElement[bool]:
    at = func.coalesce(Message.accepted_at, Message.created_at)
    return and_(Message.address != GONE, Message.state.in_(FINAL), at < before, *kinds)


def _old_letters(before: datetime) -> ColumnElement[bool]:
    return _left(before, Message.kind == Kind.LETTER)


def _old_notices(before: datetime) -> ColumnElement[bool]:
    return _left(before, Message.kind != Kind.LETTER)


def _take_letters(before: datetime) -> Taken:
    old = _old_letters(before)
    files = {name for name in db.session.scalars(select(Message.pdf_sha256).where(old)) if name}
    number = cast(Message.id, String)
    values = {"dedupe_key": "gewist:" + number, "pdf_sha256": None, "pdf_name": None}
    count = _blank_messages(old, values)
    _take_texts(before)
    return Taken(count, erasing.unnamed(files))


def _take_notices(before: datetime) -> Taken:
    return Taken(_blank_messages(_old_notices(before), {}))


def _blank_messages(which: ColumnElement[bool], values: dict[str, Any]) -> int:
    nothing = {"address": GONE, "address_key": "", "content": {}, "reply": "", "transcript": ""}
    changed = db.session.execute(
        update(Message).where(which).values(nothing | values).returning(Message.id),
        execution_options={"synchronize_session": False},
    )
    return len(changed.all())


def _take_texts(before: datetime) -> None:
    """The words of letters of which nobody has one of later."""
    ended = (CampaignState.FINISHED, CampaignState.CANCELLED)
    last = (
        select(func.max(func.coalesce(Message.accepted_at, Message.created_at)))
        .join(Step, Step.id == Message.step_id)
        .where(Step.campaign_id == Campaign.id)
        .scalar_subquery()
    )
    old = select(Campaign.id).where(Campaign.state.in_(ended), last < before)
    steps = select(Step.id).where(Step.campaign_id.in_(old))
    outside = {"synchronize_session": False}
    db.session.execute(
        update(StepText).where(StepText.step_id.in_(steps)).values(mail="", letter=""),
        execution_options=outside,
    )
    db.session.execute(
        update(Campaign).where(Campaign.id.in_(old)).values(source=""), execution_options=outside
    )


def _talks(before: datetime) -> ColumnElement[bool]:
    at = func.coalesce(Message.accepted_at, Message.created_at)
    return and_(Message.transcript != "", Message.state.in_(FINAL), at < before)


def _count_talks(before: datetime) -> int:
    quotes = _count(Evidence.what != "", Evidence.at < before)(Evidence)
    found = _count(Look.found != "", Look.at < before)(Look)
    return _count(_talks(before))(Message) + quotes + found


def _take_talks(before: datetime) -> Taken:
    count = _count_talks(before)
    outside = {"synchronize_session": False}
    for statement in (
        update(Message).where(_talks(before)).values(transcript="", reply=""),
        update(Evidence).where(Evidence.what != "", Evidence.at < before).values(what=""),
        update(Look).where(Look.found != "", Look.at < before).values(found=""),
    ):
        db.session.execute(statement, execution_options=outside)
    return Taken(count)


# ── mail that came in ───────────────────────────────────────────────────────────────────────

_LINKED = select(IncomingLink.incoming_id)


def _old_replies(before: datetime) -> ColumnElement[bool]:
    held = or_(Incoming.text != "", Incoming.raw_sha256.is_not(None))
    return and_(Incoming.received_at < before, held, Incoming.id.in_(_LINKED))


def _old_mail(before: datetime) -> ColumnElement[bool]:
    """Whatever is of no gemeente; also what nobody looked at."""
    kept = Incoming.state != MailState.REMOVED
    return and_(Incoming.received_at < before, kept, Incoming.id.not_in(_LINKED))


def _take_replies(before: datetime) -> Taken:
    return _taken_mail(_old_replies(before), {})


def _take_mail(before: datetime) -> Taken:
    words = ("message_id", "from_name", "from_email", "subject", "case_number")
    nothing: dict[str, Any] = dict.fromkeys(words, "")
    nothing |= {"reasons": [], "details": {}, "proposals": [], "state": MailState.REMOVED}
    return _taken_mail(_old_mail(before), nothing)


def _taken_mail(which: ColumnElement[bool], values: dict[str, Any]) -> Taken:
    files = {name for name in db.session.scalars(select(Incoming.raw_sha256).where(which)) if name}
    changed = db.session.execute(
        update(Incoming)
        .where(which)
        .values({"text": "", "raw_sha256": None} | values)
        .returning(Incoming.id),
        execution_options={"synchronize_session": False},
    )
    return Taken(len(changed.all()), erasing.unnamed(files))


# ── documents ───────────────────────────────────────────────────────────────────────────────


def _old_documents(before: datetime) -> ColumnElement[bool]:
    held = or_(Document.text != "", Document.sha256.is_not(None), Document.handled_by != "")
    return and_(Document.created_at < before, held)


def _removed_documents(before: datetime) -> ColumnElement[bool]:
    return and_(Document.removed_at.is_not(None), Document.removed_at < before)


def _take_documents(before: datetime) -> Taken:
    nothing: dict[str, Any] = dict.fromkeys(("text", "handled_by", "note", "filename"), "")
    nothing |= {"sha256": None, "signatories": [], "size": 0, "pages": 0}
    return _taken_documents(_old_documents(before), update(Document).values(nothing))


def _take_removed(before: datetime) -> Taken:
    return _taken_documents(_removed_documents(before), delete(Document))


def _taken_documents(which: ColumnElement[bool], statement: Any) -> Taken:
    files = {name for name in db.session.scalars(select(Document.sha256).where(which)) if name}
    done = db.session.execute(
        statement.where(which).returning(Document.id),
        execution_options={"synchronize_session": False},
    )
    return Taken(len(done.all()), erasing.unnamed(files))


# ── the rest ────────────────────────────────────────────────────────────────────────────────


def _ended(before: datetime) -> ColumnElement[bool]:
    return Contact.term_until < dutch_date(before)


def _take_contacts(before: datetime) -> Taken:
    """Whoever left long ago. Of who wants no post the address stays on that list: it wins."""
    taken = Taken()
    wanted = select(Contact.id).where(_ended(before)).limit(BATCH)
    while ids := db.session.scalars(wanted).all():
        erasing.take(Person(frozenset(), contact_ids=frozenset(ids)))
        taken.count += len(ids)
    return taken


def _told(before: datetime) -> ColumnElement[bool]:
    return and_(Alert.next_at.is_(None), Alert.at < before)


def _deleted(model: type[Any], which: Callable[[datetime], ColumnElement[bool]]) -> Any:
    def take_them(before: datetime) -> Taken:
        key = model.__table__.primary_key.columns[0]
        gone = db.session.execute(
            delete(model).where(which(before)).returning(key),
            execution_options={"synchronize_session": False},
        )
        return Taken(len(gone.all()))

    return take_them


def _counted(
    model: type[Any], which: Callable[[datetime], ColumnElement[bool]]
) -> Callable[[datetime], int]:
    return lambda before: _count(which(before))(model)


def _audited(before: datetime) -> ColumnElement[bool]:
    return AuditEntry.at < before


RULES = (
    Rule(
        "needs",
        "Eten en toegang bij een aanmelding",
        "na de bijeenkomst",
        "aantallen, zonder wat minder dan drie mensen vroegen",
        _counted(Need, _with_needs),
        _take_needs,
    ),
    Rule(
        "registrations",
        "Aanmeldingen",
        "na de bijeenkomst",
        "aantallen blijven, zonder naam en adres",
        _counted(Registration, _named),
        _take_registrations,
    ),
    Rule(
        "letters",
        "Brieven: tekst, adres en pdf",
        "na het versturen",
        "per gemeente blijft staan dat en wanneer er een brief ging",
        _counted(Message, _old_letters),
        _take_letters,
    ),
    Rule(
        "notices",
        "Bevestigingen en berichten",
        "na het versturen",
        "aantallen blijven, zonder adres en inhoud",
        _counted(Message, _old_notices),
        _take_notices,
    ),
    Rule(
        "conversations",
        "Gesprekken met mailservers over brieven die onzeker waren",
        "daarna",
        "de uitkomst blijft",
        _count_talks,
        _take_talks,
    ),
    Rule(
        "replies",
        "Mail van gemeenten",
        "na ontvangst",
        "van wie, wanneer en wat eruit bleek; de tekst gaat weg",
        _counted(Incoming, _old_replies),
        _take_replies,
    ),
    Rule(
        "mail",
        "Andere mail, ook die nog wacht",
        "na ontvangst",
        "weg",
        _counted(Incoming, _old_mail),
        _take_mail,
    ),
    Rule(
        "documents",
        "Stukken van gemeenten: tekst, namen en pdf",
        "nadat ze in het dossier kwamen",
        "onderwerp, nummer, kenmerk en datum",
        _counted(Document, _old_documents),
        _take_documents,
    ),
    Rule(
        "removed_documents",
        "Stukken die uit het dossier zijn gehaald",
        "daarna",
        "weg; tot dan kunt u ze terugzetten",
        _counted(Document, _removed_documents),
        _take_removed,
    ),
    Rule(
        "contacts",
        "Contacten die niet meer in functie zijn",
        "na de laatste dag in functie",
        "weg; wie geen post wil, blijft op de geen-postlijst",
        _counted(Contact, _ended),
        _take_contacts,
    ),
    Rule(
        "alerts",
        "Meldingen aan de beheerder",
        "na de melding",
        "weg",
        _counted(Alert, _told),
        _deleted(Alert, _told),
    ),
    Rule(
        "audit",
        "Wie wat deed",
        "daarna",
        "weg",
        _counted(AuditEntry, _audited),
        _deleted(AuditEntry, _audited),
    ),
)
