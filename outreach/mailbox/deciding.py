"""What a person does with a mail that waits: say what it is and whose, or that it is nobody's."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select, update

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.answers.choices import RAAD
from outreach.answers.models import Status
from outreach.campaigns.links import Links
from outreach.campaigns.models import Campaign, Step
from outreach.campaigns.received import LEFT
from outreach.campaigns.store import Store
from outreach.db import db
from outreach.delivery.arrivals import Incoming, Place
from outreach.delivery.incoming.telling import Kind
from outreach.delivery.models import Message
from outreach.errors import Invalid, Refused, Unknown
from outreach.mailbox import effects
from outreach.mailbox.belonging import Candidate

#: What can be said of a mail beside the answers.
BOUNCED, NO_MORE_MAIL = "niet-aangekomen", "geen-post"
#: Answers that do not stop a reminder: alone they are a receipt.
RECEIPTS = (Status.ONTVANGEN, Status.IN_BEHANDELING)


def of(incoming_id: int) -> Incoming:
    """A mail that came in.

    :raises Unknown: there is none, or nothing of it is kept
    """
    mail = db.session.get(Incoming, incoming_id)
    if mail is None or mail.state is Place.REMOVED:
        raise Unknown("Deze mail is er niet meer.")
    return mail


def settle(
    mail: Incoming,
    those: Sequence[Candidate],
    said: Sequence[str],
    *,
    on_date: date | None,
    links: Links,
    by: Actor,
    now: datetime,
) -> None:
    """Settle a mail as a person says it is.

    :param those: the gemeenten that it is of
    :param said: answers, `BOUNCED`, `NO_MORE_MAIL`; nothing keeps it without consequences
    :param on_date: of the council's meeting, for an answer that has one
    :raises Refused: someone was faster
    :raises Invalid: it says two things that cannot both be, or is of no letter
    """
    kind = _kind(mail, said)
    if said and any(one.campaign_id is None for one in those):
        raise Invalid("Kies ook de brief waar deze mail over gaat.")
    _claim(mail)
    steps = [
        _step(mail, status, on_date) for status in said if status not in (BOUNCED, NO_MORE_MAIL)
    ]
    effects.settle(mail, kind, those, steps, permanent=True, links=links, by=by, now=now)
    names = sorted(one.gemeente_code for one in those)
    audit.record(
        "settle incoming", f"incoming:{mail.id}", by=by, now=now, kind=kind.value, gemeenten=names
    )


def about(mail: Incoming, gemeente_code: str, campaign_id: int | None, body: str) -> Candidate:
    """A gemeente and a letter that a person chose.

    :raises Invalid: this gemeente never got that letter
    """
    why = "een coördinator koos deze gemeente"
    if campaign_id is None:
        return Candidate(gemeente_code, why)
    letter = db.session.scalar(
        select(Message)
        .join(Step, Step.id == Message.step_id)
        .where(
            Step.campaign_id == campaign_id,
            Message.gemeente_code == gemeente_code,
            Message.variant == body,
            Message.state.in_(LEFT),
        )
        .order_by(Step.position, Message.id)
        .limit(1)
    )
    if letter is None:
        campaign = db.session.get(Campaign, campaign_id)
        name = f"“{campaign.name}”" if campaign else "Deze brief"
        raise Invalid(f"{name} ging niet naar de {body} van deze gemeente. Kies een andere brief.")
    return Candidate(gemeente_code, why, campaign_id, body, letter.id)


def letters_to(codes: Sequence[str]) -> list[tuple[str, Campaign, str]]:
    """The letters that these gemeenten got, newest first: gemeente, campaign and body."""
    got = (
        select(Message.gemeente_code, Step.campaign_id, Message.variant)
        .join(Step, Step.id == Message.step_id)
        .where(Message.gemeente_code.in_(codes), Message.state.in_(LEFT))
        .distinct()
        .subquery()
    )
    rows = db.session.execute(
        select(got.c.gemeente_code, Campaign, got.c.variant)
        .join(got, got.c.campaign_id == Campaign.id)
        .order_by(Campaign.id.desc(), got.c.variant.desc())
    )
    return [(code or "", campaign, body or RAAD) for code, campaign, body in rows]


def remove(mail: Incoming, *, store: Store, by: Actor, now: datetime) -> None:
    """It is not of a gemeente: forget it at once, but that it was read.

    :raises Refused: it did something; that must be undone first
    """
    if any(mail.effects.get(name) for name in ("answers", "bounced", "suppressions")):
        raise Refused("Deze mail staat al bij een gemeente. Maak dat eerst ongedaan.")
    same_file = select(Incoming.id).where(
        Incoming.raw_sha256 == mail.raw_sha256, Incoming.id != mail.id
    )
    if mail.raw_sha256 and db.session.scalar(same_file.limit(1)) is None:
        store.remove(mail.raw_sha256)
    mail.raw_sha256 = mail.guess = mail.settled_by = None
    mail.message_id = mail.from_name = mail.from_email = mail.subject = mail.text = ""
    mail.case_number, mail.reasons, mail.details, mail.proposals = "", [], {}, []
    mail.links, mail.kind, mail.state, mail.settled_at = [], Kind.UNRESOLVED, Place.REMOVED, now
    audit.record("remove incoming", f"incoming:{mail.id}", by=by, now=now)


def take_up(mail: Incoming, *, by: Actor, now: datetime) -> bool:
    """Say that one takes it up; False when a colleague did before."""
    done = db.session.scalar(
        update(Incoming)
        .where(Incoming.id == mail.id, Incoming.taken_by.is_(None))
        .values(taken_by=by.key, taken_at=now)
        .returning(Incoming.id)
    )
    db.session.refresh(mail)
    if done is not None:
        audit.record("take up incoming", f"incoming:{mail.id}", by=by, now=now)
    return done is not None


def put_down(mail: Incoming, *, by: Actor, now: datetime) -> None:
    """Leave it to whoever comes."""
    mail.taken_by = mail.taken_at = None
    audit.record("put down incoming", f"incoming:{mail.id}", by=by, now=now)


def _kind(mail: Incoming, said: Sequence[str]) -> Kind:
    if BOUNCED in said and len(said) > 1:
        raise Invalid(
            "Een brief die niet aankwam, kan ook geen antwoord hebben. Kies één van beide."
        )
    if BOUNCED in said:
        return Kind.BOUNCE
    if NO_MORE_MAIL in said:
        if len(said) > 1:
            raise Invalid(
                "Kies “wil geen post meer” alleen. Het antwoord noteert u bij de gemeente."
            )
        return Kind.UNSUBSCRIBE
    if not said:
        harmless = (Kind.DELAY, Kind.OUT_OF_OFFICE, Kind.OWN_COPY)
        known = mail.guess or mail.kind
        return known if known in harmless else Kind.UNRESOLVED
    return Kind.RECEIPT if all(one in RECEIPTS for one in said) else Kind.ANSWER


def _claim(mail: Incoming) -> None:
    """Only one of two people who press at once settles it."""
    done = db.session.scalar(
        update(Incoming)
        .where(Incoming.id == mail.id, Incoming.state == Place.WAITING)
        .values(state=Place.SETTLED)
        .returning(Incoming.id)
    )
    if done is None:
        raise Refused("Iemand anders was u net voor: deze mail wacht niet meer.")
    db.session.refresh(mail)


def _step(mail: Incoming, status: str, on_date: date | None) -> effects.Step:
    dated = on_date if status in (Status.OP_LIJST, Status.BESPROKEN) else None
    quotes = {one["status"]: one["quote"] for one in mail.details.get("said", [])}
    note = "" if status == Status.ANTWOORD else quotes.get(status, "")
    return effects.Step(status, dated, note)
