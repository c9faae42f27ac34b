"""Taking in one mail: read it, tell what it is and whose, and do what follows from that.

One mail is one transaction of the caller's. The same mail a second time does nothing.
"""

import hashlib
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from outreach.accounts import audit
from outreach.accounts.audit import SYSTEM, Actor
from outreach.answers.models import Status
from outreach.calendars import reply
from outreach.campaigns.links import Links
from outreach.campaigns.store import Store
from outreach.clock import dutch_date
from outreach.db import db
from outreach.delivery.arrivals import Incoming, Outcome, OwnRule, Place
from outreach.delivery.incoming import outlook, parsing, quoting, telling
from outreach.delivery.incoming.parsing import Mail, Unreadable
from outreach.delivery.incoming.telling import About, Kind, Standing, Told
from outreach.events import replying
from outreach.events.links import MeetingLinks
from outreach.mailbox import belonging, effects, own_rules
from outreach.mailbox.belonging import Belonging, Candidate
from outreach.mailbox.effects import Step

log = logging.getLogger(__name__)
#: What takes nothing from anyone, so that nobody needs to look at it.
HARMLESS = (Kind.DELAY, Kind.OUT_OF_OFFICE, Kind.OWN_COPY)
MOST_PROPOSALS = 8
#: One reply that speaks for all who share its mailbox.
_FOR_MORE = re.compile(
    r"\b(?:raden|griffies|gemeenten|alle drie|beide(?: raden)?|colleges)\b", re.I
)


@dataclass(frozen=True)
class Origin:
    """Where a mail was found."""

    mailbox: str = ""  #: "user@host:port"; "" for a file
    folder: str = ""
    uid: int | None = None
    at: datetime | None = None  #: when the mailbox got it
    sender_id: int | None = None  #: whose mailbox it is, when it is one sender's own
    size: int = 0  #: octets, when not all of it is here


@dataclass(frozen=True)
class Taken:
    """A mail that was taken in, now or before."""

    mail: Incoming
    fresh: bool


@dataclass(frozen=True)
class Verdict:
    """What is done with a mail."""

    told: Told
    those: tuple[Candidate, ...] = ()  #: the gemeenten that it is of, when it is settled
    proposals: tuple[Candidate, ...] = ()
    settled: bool = False
    rule: str = ""  #: what a coordinator's own rule made of it, when one decided


def take(
    raw: bytes,
    origin: Origin,
    *,
    store: Store,
    links: Links,
    now: datetime,
    by: Actor | None = None,
) -> Taken:
    """Take in one mail, whatever it is. Only what is wrong with the database is raised.

    :param raw: as RFC 5322 has it, or a file of Outlook (`.msg`)
    :param by: who brought it as a file
    """
    seen, mail, head, fault = _read(raw, origin)
    key = dedupe_key(raw, mail)
    if (known := _known(key)) is not None:
        return Taken(known, fresh=False)
    row = _new(key, seen, head, origin, store, now)
    if row is None:  # another reader was faster
        theirs = select(Incoming).where(Incoming.dedupe_key == key)
        return Taken(db.session.scalars(theirs).one(), fresh=False)
    row.size = origin.size or len(raw)
    if mail is not None:
        fault = _handle(row, mail, origin, links, now)
    elif head is not None:
        _propose(row, head, origin, now)
    if fault:
        row.kind, row.reasons, row.state = Kind.UNRESOLVED, [fault], Place.WAITING
    if row.size > len(seen) and not raw.startswith(outlook.MAGIC):
        cut = f"het bericht is te groot ({row.size // 1_000_000} MB); wij lazen alleen het begin"
        row.reasons = [*row.reasons, cut]
    db.session.flush()
    if by is not None:
        audit.record("take in mail", f"incoming:{row.id}", by=by, now=now)
    return Taken(row, fresh=True)


def _read(raw: bytes, origin: Origin) -> tuple[bytes, Mail | None, Mail | None, str]:
    """What is kept of it, the mail, what its head says, and in Dutch what is wrong with it."""
    seen = parsing.beginning(raw)
    try:
        seen = parsing.beginning(outlook.as_mail(raw))
        mail = parsing.read(seen)
    except Unreadable as error:
        return seen, None, parsing.read_head(seen), str(error)
    except Exception as error:  # a mail that breaks us must not keep the others waiting
        log.exception("a mail of %s could not be read", origin.folder or "a file")
        return seen, None, None, f"bij het lezen ging iets mis ({type(error).__name__})"
    return seen, mail, mail, ""


def dedupe_key(raw: bytes, mail: Mail | None) -> str:
    """What makes two mails the same, so that nobody can read in it whose it was."""
    if mail is None or not mail.message_id:
        return hashlib.sha256(raw).hexdigest()
    date = mail.date.isoformat() if mail.date else ""
    return hashlib.sha256(f"{mail.message_id}\n{mail.from_email}\n{date}".encode()).hexdigest()


def _known(key: str) -> Incoming | None:
    return db.session.scalar(select(Incoming).where(Incoming.dedupe_key == key))


def _new(
    key: str, raw: bytes, mail: Mail | None, origin: Origin, store: Store, now: datetime
) -> Incoming | None:
    """A row for it, unless another reader has made one. Its file is there before its row."""
    sha256 = store.put(raw)
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    values: dict[str, Any] = {
        "dedupe_key": key,
        "sender_id": origin.sender_id,
        "mailbox": origin.mailbox,
        "folder": origin.folder,
        "uid": origin.uid,
        "received_at": _received(mail, origin, now),
        "read_at": now,
        "raw_sha256": sha256,
        "kind": Kind.UNRESOLVED,
        "state": Place.WAITING,
    }
    if mail is not None:
        values |= {
            "message_id": mail.message_id[:500],
            "from_name": mail.from_name,
            "from_email": mail.from_email,
            "subject": mail.subject,
            "text": mail.text,
        }
    new = dialect.insert(Incoming).values(values).on_conflict_do_nothing()
    made = db.session.scalar(new.returning(Incoming.id))
    return db.session.get(Incoming, made) if made is not None else None


def _received(mail: Mail | None, origin: Origin, now: datetime) -> datetime:
    """When it came in; what a mail says itself only when nobody else does, and it can be."""
    if origin.at is not None:
        return origin.at
    if mail is not None and mail.date is not None and mail.date < now + timedelta(days=1):
        return mail.date
    return now


def _handle(row: Incoming, mail: Mail, origin: Origin, links: Links, now: datetime) -> str:
    """Tell what it is and do what follows; return what went wrong, in Dutch."""
    try:
        with db.session.begin_nested():
            verdict = _judge(mail, origin, now)
            _write(row, mail, verdict)
            _act(row, mail, verdict, links, now)
    except SQLAlchemyError:
        raise
    except Exception as error:  # likewise: it waits for a person, with what is known of it
        log.exception("incoming mail %s could not be told apart", row.id)
        return f"bij het beoordelen ging iets mis ({type(error).__name__})"
    return ""


def _propose(row: Incoming, head: Mail, origin: Origin, now: datetime) -> None:
    """Say whose a mail may be of which only the head could be read."""
    found = belonging.find(head, head.answers, sender_id=origin.sender_id, now=now)
    row.proposals = [effects.as_proposal(one) for one in found.candidates[:MOST_PROPOSALS]]


def _judge(mail: Mail, origin: Origin, now: datetime) -> Verdict:
    return judge_by(own_rules.first(mail.from_email, mail.subject), mail, origin, now=now)


def judge_by(rule: OwnRule | None, mail: Mail, origin: Origin, *, now: datetime) -> Verdict:
    """What is done with a mail, with a coordinator's own rule that fits it or without one."""
    found = belonging.find(mail, telling.names_of(mail), sender_id=origin.sender_id, now=now)
    about = About(
        found.standing,
        found.in_thread,
        found.same_subject,
        found.kenmerk,
        dutch_date(_received(mail, origin, now)),
    )
    told = telling.tell(mail, about)
    if rule is None or not own_rules.may_decide(rule.outcome, told, mail, found):
        return judge(told, mail, found, now=now)
    return _ruled(rule, told, mail, found, now)


def _ruled(rule: OwnRule, told: Told, mail: Mail, found: Belonging, now: datetime) -> Verdict:
    why = f"door uw regel: {own_rules.sentence(rule)}"
    told = replace(told, reasons=(why,), said=())
    if rule.outcome is Outcome.NOT_OURS:
        told = replace(told, kind=Kind.UNRESOLVED, guess=None, case_number="", quiet=True)
        return Verdict(told, settled=True, rule=rule.outcome)
    if rule.outcome is Outcome.WAIT:
        told = told if told.kind is Kind.UNRESOLVED else _doubted(replace(told, reasons=()), why)
        return Verdict(told, (), found.candidates[:MOST_PROPOSALS], rule=rule.outcome)
    kind = Kind.RECEIPT if rule.outcome is Outcome.RECEIPT else Kind.OUT_OF_OFFICE
    return replace(
        judge(replace(told, kind=kind, guess=None), mail, found, now=now), rule=rule.outcome
    )


def judge(told: Told, mail: Mail, found: Belonging, *, now: datetime) -> Verdict:
    """Whether a mail settles by itself, for which gemeenten, and else what is proposed."""
    if told.kind in (Kind.BOUNCE, Kind.COMPLAINT):
        return _of_report(told, found, now)
    sure, proposals = found.sure, found.candidates[:MOST_PROPOSALS]
    if told.quiet or told.kind in HARMLESS:
        return Verdict(told, (sure,) if sure else (), proposals, settled=True)
    if told.kind is Kind.UNRESOLVED:
        return Verdict(told, (), proposals)
    if found.shared and _speaks_for_more(mail, found):
        return _asked(told, "het kan ook voor de andere gemeenten van deze postbus zijn", proposals)
    if told.kind is Kind.UNSUBSCRIBE:
        sure = sure or _whose_mailbox(found)
    if sure is None or sure.message_id is None or sure.campaign_id is None:
        why = "wij weten niet zeker van welke gemeente of over welke brief"
        return _asked(told, why, proposals)
    return Verdict(told, (sure,), proposals, settled=True)


def _of_report(told: Told, found: Belonging, now: datetime) -> Verdict:
    """A report of a server changes something only when it names our letter and its reader."""
    addresses = [one for line in told.lines for one in line.addresses]
    letter = found.message
    if letter is None:
        late = tuple(belonging.lately_to(addresses, now=now))
        why = "het noemt geen brief van ons"
        if not late:
            # A bounce of nothing that we wrote: nobody needs to see it.
            return Verdict(_doubted(told, why), (), found.candidates[:MOST_PROPOSALS])
        return Verdict(
            _doubted(told, f"{why}, maar wij schreven deze week naar dat adres"), (), late
        )
    of_letter = [line for line in told.lines if letter.address_key in line.addresses]
    if told.kind is Kind.BOUNCE and addresses and not of_letter:
        why = f"het gaat over {addresses[0]}, en wij schreven naar {letter.address}"
        return Verdict(_doubted(told, why), (), found.candidates)
    if told.kind is Kind.BOUNCE and of_letter:
        failed = [line for line in of_letter if line.verdict in ("failed", "gave-up")]
        if not failed:
            why = f"van {letter.address} zegt het dat de brief aankwam of later komt"
            return Verdict(_doubted(told, why), (), found.candidates)
        told = replace(told, permanent=any(line.verdict == "failed" for line in failed))
    those = found.candidates[:1]
    named = replace(told, reasons=(*told.reasons, "het noemt onze brief"))
    return Verdict(named, those, found.candidates, settled=True)


def _whose_mailbox(found: Belonging) -> Candidate | None:
    """Whom an objection silences when it names no letter: the mailbox that it came from."""
    whose = {one.gemeente_code for one in found.candidates}
    if found.standing is Standing.GRIFFIE and len(whose) == 1:
        return found.candidates[0]
    return None


def _speaks_for_more(mail: Mail, found: Belonging) -> bool:
    own = quoting.split(mail.text).own
    return bool(_FOR_MORE.search(own)) or any(name in own for name in found.shared)


def _asked(told: Told, why: str, proposals: tuple[Candidate, ...]) -> Verdict:
    """What would stop a reminder waits as unresolved; a receipt waits as what it is."""
    if told.kind is Kind.RECEIPT:
        return Verdict(replace(told, reasons=(*told.reasons, why)), (), proposals)
    return Verdict(_doubted(told, why), (), proposals)


def _doubted(told: Told, why: str) -> Told:
    return replace(told, kind=Kind.UNRESOLVED, guess=told.kind, reasons=(*told.reasons, why))


def _write(row: Incoming, mail: Mail, verdict: Verdict) -> None:
    told = verdict.told
    row.kind, row.guess = told.kind, told.guess
    why = [one.why for one in verdict.those] or [one.why for one in verdict.proposals[:1]]
    row.reasons = list(dict.fromkeys((*told.reasons, *why)))
    row.case_number = told.case_number
    row.details = {
        "said": [
            {"status": one.status, "on_date": _iso(one.on_date), "quote": one.quote}
            for one in told.said
        ],
        "back_on": _iso(told.back_on),
        "deputy": told.deputy,
        "attachments": list(mail.attachments[:20]),
        "permanent": told.permanent,
        "rule": verdict.rule,
    }
    row.proposals = [effects.as_proposal(one) for one in verdict.proposals]
    row.state = Place.SETTLED if verdict.settled or told.quiet else Place.WAITING


def _act(row: Incoming, mail: Mail, verdict: Verdict, links: Links, now: datetime) -> None:
    told = verdict.told
    if mail.calendar:
        _hear_calendar(row, mail, links, now)
    what = f"{told.reasons[0]} (van {row.from_email or 'een onbekend adres'})"
    named = mail.itself if told.kind is Kind.OWN_COPY else told.named
    effects.prove(named, told.guess or told.kind, what, now=now)
    if row.state is not Place.SETTLED:
        return
    if told.kind is Kind.OWN_COPY and not mail.in_reply_to:
        row.text = ""  # our own letter: the outbox has it
    effects.settle(
        row,
        told.kind,
        verdict.those,
        steps_of(told),
        permanent=told.permanent,
        links=links,
        by=SYSTEM,
        now=now,
    )


def _hear_calendar(row: Incoming, mail: Mail, links: Links, now: datetime) -> None:
    """What a calendar answered is about one registration, and never a word of a gemeente."""
    where = MeetingLinks(links.base_url, links.key)
    for place in replying.take(reply.read(mail.calendar), links=where, now=now):
        row.reasons = [*row.reasons, f"genoteerd bij aanmelding {place.registration_id}"]


def steps_of(told: Told) -> Sequence[Step]:
    """What is recorded of an answer or a receipt."""
    if told.kind is Kind.RECEIPT:
        if told.quiet:
            return ()
        said = [Step(one.status) for one in told.said]
        return said or [Step(Status.ONTVANGEN)]
    return [
        Step(one.status, one.on_date, "" if one.status == Status.ANTWOORD else one.quote)
        for one in told.said
    ]


def _iso(day: Any) -> str | None:
    return day.isoformat() if day else None
