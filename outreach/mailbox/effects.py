"""What an incoming mail does to the ledger, and how that is undone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, update

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.answers import recording
from outreach.answers.models import Answer, Source, Status
from outreach.campaigns import answering, leaving
from outreach.campaigns.links import Links
from outreach.campaigns.models import Campaign
from outreach.clock import dutch_date
from outreach.contacts import suppression
from outreach.contacts.models import Suppression, SuppressionReason
from outreach.db import db
from outreach.delivery import evidence
from outreach.delivery.arrivals import Incoming, IncomingLink, Place
from outreach.delivery.incoming.telling import Kind
from outreach.delivery.models import Message, Proof, State
from outreach.errors import Refused
from outreach.letters import dutch
from outreach.mailbox.belonging import Candidate

#: What a mail of each kind shows about the letter that it names.
PROOFS = {
    Kind.BOUNCE: Proof.BOUNCE,
    Kind.DELAY: Proof.DELAY,
    Kind.RECEIPT: Proof.RECEIPT,
    Kind.OUT_OF_OFFICE: Proof.OUT_OF_OFFICE,
    Kind.ANSWER: Proof.ANSWER,
    Kind.UNSUBSCRIBE: Proof.UNSUBSCRIBE,
    Kind.COMPLAINT: Proof.COMPLAINT,
    Kind.OWN_COPY: Proof.OWN_COPY,
}
#: Bounces change these; a letter that never left cannot come back.
RETURNS = (State.ACCEPTED, State.SUBMITTING, State.UNCERTAIN)


@dataclass(frozen=True)
class Step:
    """One thing that a gemeente did, as it is recorded."""

    status: str
    on_date: date | None = None
    note: str = ""


def prove(named: Sequence[str], kind: Kind, what: str, *, now: datetime) -> Message | None:
    """A mail names messages of ours: settle what is in doubt; return the one it is about."""
    if not named:
        return None
    proof = PROOFS.get(kind, Proof.ANSWER)
    return evidence.settle_by_mail(list(named), proof, what, now=now)


def settle(
    mail: Incoming,
    kind: Kind,
    those: Sequence[Candidate],
    steps: Sequence[Step],
    *,
    permanent: bool,
    links: Links,
    by: Actor,
    now: datetime,
) -> None:
    """Let a mail do what its kind does, for each of these gemeenten.

    :param permanent: a bounce that says it will never arrive
    """
    mail.kind, mail.guess, mail.state = kind, None, Place.SETTLED
    mail.settled_at, mail.settled_by = now, by.key
    mail.links = [_link(one) for one in those]
    done: dict[str, list[int]] = {"answers": [], "bounced": [], "suppressions": []}
    for one in those:
        letter = db.session.get(Message, one.message_id) if one.message_id else None
        if kind in (Kind.ANSWER, Kind.RECEIPT) and one.campaign_id is not None:
            done["answers"] += _record(mail, one, steps, by, now)
        elif kind is Kind.BOUNCE and permanent and letter is not None:
            done["bounced"] += _bounce(letter, now)
        elif kind is Kind.UNSUBSCRIBE and letter is not None:
            done["suppressions"] += _silence(letter, None, links=links, by=by, now=now)
        elif kind is Kind.COMPLAINT and letter is not None:
            complaint = SuppressionReason.COMPLAINT
            done["suppressions"] += _silence(letter, complaint, links=links, by=by, now=now)
    mail.effects = done
    db.session.flush()


def undo(mail: Incoming, *, by: Actor, now: datetime) -> None:
    """Take back what a mail did; it waits for a person again.

    :raises Refused: it waits already, or nothing of it is kept
    """
    done = db.session.scalar(
        update(Incoming)
        .where(Incoming.id == mail.id, Incoming.state == Place.SETTLED)
        .values(state=Place.WAITING, settled_at=None, settled_by=None)
        .returning(Incoming.id)
    )
    if done is None:
        raise Refused("Deze mail wacht al op een beslissing, of is weg.")
    db.session.refresh(mail)
    for answer in _rows(Answer, mail, "answers"):
        recording.undo(answer, by=by, now=now)
    for letter in _rows(Message, mail, "bounced"):
        letter.bounced_at = None
    for row in _rows(Suppression, mail, "suppressions"):
        if row.lifted_at is None:
            suppression.lift(row, by=by, now=now)
    if mail.kind is not Kind.UNRESOLVED:
        mail.guess, mail.kind = mail.kind, Kind.UNRESOLVED
    mail.proposals = [as_proposal(_candidate(one)) for one in mail.links] or mail.proposals
    mail.links, mail.effects = [], {}
    audit.record("undo incoming", f"incoming:{mail.id}", by=by, now=now)


def as_proposal(one: Candidate) -> dict[str, object]:
    """As it is kept with a mail."""
    return {
        "gemeente": one.gemeente_code,
        "campaign": one.campaign_id,
        "body": one.body,
        "message": one.message_id,
        "why": one.why,
    }


def of_proposal(kept: dict[str, object]) -> Candidate:
    campaign_id, message_id = kept.get("campaign"), kept.get("message")
    return Candidate(
        str(kept["gemeente"]),
        str(kept["why"]),
        campaign_id if isinstance(campaign_id, int) else None,
        str(kept["body"]),
        message_id if isinstance(message_id, int) else None,
    )


def told(mail: Incoming) -> str:
    """How an answer in a mail is known, in Dutch."""
    on = dutch.day_date(dutch_date(mail.received_at))
    return f"mail van {mail.from_email or 'een onbekend adres'} op {on}"


def _link(one: Candidate) -> IncomingLink:
    return IncomingLink(
        gemeente_code=one.gemeente_code,
        campaign_id=one.campaign_id,
        body=one.body,
        message_id=one.message_id,
        why=one.why,
    )


def _candidate(link: IncomingLink) -> Candidate:
    return Candidate(
        link.gemeente_code, link.why, link.campaign_id, link.body or "raad", link.message_id
    )


def _record(
    mail: Incoming, one: Candidate, steps: Sequence[Step], by: Actor, now: datetime
) -> list[int]:
    """Record what the gemeente did; return the answers that were not there yet."""
    campaign = db.session.get_one(Campaign, one.campaign_id)
    standing = {answer.id for answer in recording.standing_answers(campaign.id)}
    fresh: list[int] = []
    for step in steps:
        note = step.note
        if step.status == Status.ONTVANGEN and mail.case_number:
            note = f"zaaknummer {mail.case_number}"
        answer = answering.note(
            campaign,
            one.gemeente_code,
            step.status,
            body=one.body,
            source=Source.MAIL,
            by=by,
            now=now,
            on_date=step.on_date,
            note=note[: recording.LONGEST_NOTE],
            evidence=told(mail),
        )
        if answer.id not in standing:
            fresh.append(answer.id)
    return fresh


def _bounce(letter: Message, now: datetime) -> list[int]:
    if letter.bounced_at is not None or letter.state not in RETURNS:
        return []
    letter.bounced_at = now
    return [letter.id]


def _silence(
    letter: Message,
    reason: SuppressionReason | None,
    *,
    links: Links,
    by: Actor,
    now: datetime,
) -> list[int]:
    """Put the letter's mailbox on the geen-postlijst, and tell it, unless it complained."""
    before = suppression.is_suppressed(letter.address, letter.sender_id)
    if reason is None:
        row = leaving.leave_by_mail(letter, by=by, links=links, now=now)
    else:
        row = suppression.suppress(
            letter.address, reason, by=by, now=now, sender_id=letter.sender_id
        )
    return [] if before else [row.id]


def _rows(model, mail: Incoming, name: str):  # type: ignore[no-untyped-def]
    ids = mail.effects.get(name, [])
    return list(db.session.scalars(select(model).where(model.id.in_(ids)))) if ids else []
