"""The last thirty: griffies that did not answer a letter are called, each by one colleague.

Nobody is called while a reminder is still to come, nor within ten working days after the last
letter: who gets a letter on Monday is not called on Tuesday. Who was called is not called again,
unless someone said when.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, and_, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.accounts.models import Coordinator
from outreach.answers.models import Answer, PhoneCall, Source, Status
from outreach.campaigns import answering, registered, windows
from outreach.campaigns.models import Campaign, CampaignState, Step, StepState
from outreach.clock import dutch_date
from outreach.contacts.models import Contact, Gemeente, Suppression
from outreach.contacts.suppression import covers
from outreach.db import db
from outreach.delivery.models import Kind, Message, State
from outreach.errors import Invalid, Refused, Unknown

PATIENCE = 10  #: working days after the last letter
HOLD = timedelta(minutes=30)  #: a griffie is nobody else's while one calls
LONGEST_NOTE = 1000
NO_CALLS = "Wil niet gebeld worden"


class Outcome(StrEnum):
    """What a call can end in, beside an answer."""

    NOT_REACHED = "niet-bereikt"
    LATER = "later"
    NO_CALLS = "niet-bellen"


class Taken(Refused):
    """A colleague has this griffie before her."""


@dataclass(frozen=True)
class Turn:
    """A griffie that did not answer, and is called or will be."""

    gemeente: Gemeente
    body: str
    first_on: date  #: of the first letter
    last_on: date  #: of the last
    letters: int
    from_day: date  #: not called before
    contact: Contact | None
    call: PhoneCall | None
    holder: Coordinator | None

    @property
    def phone(self) -> str:
        return self.contact.phone if self.contact else ""


def queue(campaign: Campaign, *, now: datetime, at: datetime) -> list[Turn]:
    """Who is called or will be, the longest silent first.

    :param at: the machine's time, by which holds end
    """
    if campaign.state not in (CampaignState.RUNNING, CampaignState.PAUSED):
        return []
    rows = [_turn(row, at) for row in db.session.execute(_silent(campaign))]
    open_ = [one for one in rows if one.call is None or one.call.again_on or not one.call.times]
    return sorted(open_, key=lambda one: (one.from_day, one.gemeente.sort_key, one.body))


def due(turns: Sequence[Turn], *, now: datetime) -> list[Turn]:
    """Those that can be called today."""
    today = dutch_date(now)
    return [one for one in turns if one.from_day <= today]


def reminder_to_come(campaign: Campaign) -> Step | None:
    """The step that is still to leave: until then nobody is called."""
    return next((one for one in campaign.steps if one.state is StepState.PLANNED), None)


def find(campaign: Campaign, code: str, body: str, *, now: datetime, at: datetime) -> Turn:
    """One griffie of the queue.

    :raises Unknown: it is not in it: it answered, was called, or got no letter
    """
    for one in queue(campaign, now=now, at=at):
        if (one.gemeente.code, one.body) == (code, body):
            return one
    raise Unknown("Deze griffie staat niet meer op de bellijst: zij antwoordde of is al gebeld.")


def take(
    campaign: Campaign, code: str, body: str, person_id: int, *, now: datetime, at: datetime
) -> Turn:
    """Have a griffie before you; of two who press at once one gets it.

    :raises Taken: a colleague has it
    :raises Refused: it is not called yet
    :raises Unknown: it is not in the queue
    """
    turn = find(campaign, code, body, now=now, at=at)
    if reminder_to_come(campaign) is not None or turn.from_day > dutch_date(now):
        raise Refused(f"De griffie van {turn.gemeente.name} wordt nu nog niet gebeld.")
    mine = {"held_by": person_id, "held_until": at + HOLD}
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    fresh = {
        "campaign_id": campaign.id,
        "gemeente_code": code,
        "body": body,
        "times": 0,
        "note": "",
    }
    new = dialect.insert(PhoneCall).values(fresh).on_conflict_do_nothing()
    db.session.execute(new)
    held = db.session.scalar(
        update(PhoneCall)
        .where(
            PhoneCall.campaign_id == campaign.id,
            PhoneCall.gemeente_code == code,
            PhoneCall.body == body,
            or_(
                PhoneCall.held_by.is_(None),
                PhoneCall.held_by == person_id,
                PhoneCall.held_until <= at,
            ),
        )
        .values(mine)
        .returning(PhoneCall.id)
        .execution_options(synchronize_session=False)
    )
    if held is None:
        raise Taken(f"Een collega belt nu met {turn.gemeente.name}.")
    db.session.expire_all()
    return find(campaign, code, body, now=now, at=at)


def take_next(campaign: Campaign, person_id: int, *, now: datetime, at: datetime) -> Turn | None:
    """Have the first before you that no colleague has; None when there is none."""
    if reminder_to_come(campaign) is not None:
        return None
    turns = due(queue(campaign, now=now, at=at), now=now)
    turns.sort(key=lambda one: one.holder is None or one.holder.id != person_id)
    for one in turns:
        if one.holder is not None and one.holder.id != person_id:
            continue
        try:
            return take(campaign, one.gemeente.code, one.body, person_id, now=now, at=at)
        except (Taken, Unknown):
            continue
    return None


def release(turn: Turn, person_id: int) -> None:
    """Leave a griffie to whoever comes."""
    if turn.call is not None and turn.call.held_by == person_id:
        turn.call.held_by = turn.call.held_until = None


def settle(
    campaign: Campaign,
    turn: Turn,
    outcome: str,
    *,
    person_id: int | None,
    by: Actor,
    now: datetime,
    at: datetime,
    on_date: date | None = None,
    again_on: date | None = None,
    note: str = "",
) -> Answer | None:
    """Write down what a call came to; return the answer, if it was one.

    :param outcome: an `Outcome`, a Status, or the key of an outcome of the campaign's own
    :param person_id: whose hold it is; None at the command line, which settles what nobody holds
    :param on_date: of the raad's meeting, for an answer that has one
    :param again_on: with `Outcome.LATER`, a day after today
    :raises Taken: a colleague has it
    :raises Invalid: no such outcome, or no day to call again
    """
    note = " ".join(note.split())
    if len(note) > LONGEST_NOTE:
        raise Invalid(f"De aantekening is langer dan {LONGEST_NOTE} tekens. Kort haar in.")
    again = _again(outcome, again_on, now)
    call = _claim(campaign, turn, person_id, at)
    call.called_at, call.called_by, call.times = now, by.key, call.times + 1
    call.again_on = again
    answer = None
    if again is None:
        answer = _answer(campaign, turn, outcome, on_date, note, by, now)
        call.note = ""
    else:
        call.note = note or call.note
    db.session.flush()
    audit.record(
        "call", f"campaign:{campaign.id}", by=by, now=now,
        gemeente=turn.gemeente.code, body=turn.body, outcome=outcome,
    )  # fmt: skip
    return answer


def _again(outcome: str, again_on: date | None, now: datetime) -> date | None:
    """When to call again; None when this call was the last."""
    today = dutch_date(now)
    if outcome == Outcome.NOT_REACHED:
        return windows.add_working_days(today, 1)
    if outcome != Outcome.LATER:
        return None
    if again_on is None or again_on <= today:
        raise Invalid("Kies een dag na vandaag om terug te bellen.")
    if not windows.is_working_day(again_on):
        raise Invalid("Op die dag werkt de griffie niet. Kies een werkdag.")
    return again_on


def _claim(campaign: Campaign, turn: Turn, person_id: int | None, at: datetime) -> PhoneCall:
    """The row of this call, let go of: of two who settle it the second is told."""
    if person_id is None and turn.call is None:
        call = PhoneCall(campaign_id=campaign.id, gemeente_code=turn.gemeente.code, body=turn.body)
        call.times, call.note = 0, ""
        db.session.add(call)
        return call
    mine = PhoneCall.held_by == person_id
    free = or_(PhoneCall.held_by.is_(None), PhoneCall.held_until <= at)
    done = db.session.scalar(
        update(PhoneCall)
        .where(
            PhoneCall.id == (turn.call.id if turn.call else 0), free if person_id is None else mine
        )
        .values(held_by=None, held_until=None)
        .returning(PhoneCall.id)
        .execution_options(synchronize_session=False)
    )
    if done is None:
        raise Taken(f"Een collega belt nu met {turn.gemeente.name}, of noteerde het al.")
    return db.session.get_one(PhoneCall, done, populate_existing=True)


def _answer(
    campaign: Campaign, turn: Turn, outcome: str, on_date: date | None, note: str, by: Actor,
    now: datetime,
) -> Answer:  # fmt: skip
    status = outcome
    if outcome == Outcome.NO_CALLS:
        status, note = Status.NIET_BENADEREN, f"{NO_CALLS}. {note}".strip() if note else NO_CALLS
    return answering.note(
        campaign,
        turn.gemeente.code,
        status,
        body=turn.body,
        source=Source.PHONE,
        by=by,
        now=now,
        on_date=on_date if status in (Status.OP_LIJST, Status.BESPROKEN) else None,
        note=note,
        evidence=f"{by.name} belde" if by.name else "",
    )


def _silent(campaign: Campaign) -> Select[Any]:
    """SQL: where letters of this campaign arrived and nothing came that stops a reminder."""
    no_mail = exists().where(
        covers(Suppression, Message.address_key, Message.gemeente_code),
        Suppression.lifted_at.is_(None),
        or_(Suppression.sender_id.is_(None), Suppression.sender_id == campaign.sender_id),
    )
    code, body = func.coalesce(Message.gemeente_code, ""), func.coalesce(Message.variant, "")
    letters = (
        select(
            Message.gemeente_code.label("code"),
            Message.variant.label("body"),
            func.min(Message.accepted_at).label("first_at"),
            func.max(Message.accepted_at).label("last_at"),
            func.count(func.distinct(Message.step_id)).label("letters"),
            func.max(Message.contact_id).label("contact_id"),
        )
        .join(Step, Step.id == Message.step_id)
        .where(
            Step.campaign_id == campaign.id,
            Message.kind == Kind.LETTER,
            Message.state == State.ACCEPTED,
            Message.bounced_at.is_(None),
            Message.gemeente_code.is_not(None),
            ~registered.answered(campaign.id, code, body),
            ~no_mail,
        )
        .group_by(Message.gemeente_code, Message.variant)
        .subquery()
    )
    call = and_(
        PhoneCall.campaign_id == campaign.id,
        PhoneCall.gemeente_code == letters.c.code,
        PhoneCall.body == letters.c.body,
    )
    other = aliased(PhoneCall)
    elsewhere = (
        select(func.max(other.called_at))
        .where(other.gemeente_code == letters.c.code, other.campaign_id != campaign.id)
        .scalar_subquery()
        .label("elsewhere_at")
    )
    return (
        select(letters, elsewhere, Gemeente, Contact, PhoneCall, Coordinator)
        .join(Gemeente, Gemeente.code == letters.c.code)
        .outerjoin(Contact, Contact.id == letters.c.contact_id)
        .outerjoin(PhoneCall, call)
        .outerjoin(Coordinator, Coordinator.id == PhoneCall.held_by)
    )


def _turn(row: Any, at: datetime) -> Turn:
    first_on, last_on = dutch_date(row.first_at), dutch_date(row.last_at)
    call, from_day = row.PhoneCall, windows.add_working_days(last_on, PATIENCE)
    if call is not None and call.again_on is not None:
        from_day = call.again_on
    elif row.elsewhere_at is not None:  # one call per gemeente, whatever it is about
        waited = windows.add_working_days(dutch_date(row.elsewhere_at), PATIENCE)
        from_day = max(from_day, waited)
    held = call is not None and call.held_until is not None and call.held_until > at
    return Turn(
        row.Gemeente,
        row.body,
        first_on,
        last_on,
        row.letters,
        from_day,
        row.Contact,
        call,
        row.Coordinator if held else None,
    )
