"""Letters that someone brings herself: to a griffie that has only a web form, or by post.

What is done is a message like any other, so that the standing, reminders and figures know it.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, null, select

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.campaigns import audience, conditions, meetings, rendering, scheduling
from outreach.campaigns.conditions import Target
from outreach.campaigns.models import Step, StepState
from outreach.campaigns.rendering import Edition, Recipient
from outreach.campaigns.writing import current_texts
from outreach.clock import dutch_date
from outreach.contacts import channels, offices
from outreach.contacts.models import Channel, Contact, Gemeente, Office
from outreach.contacts.people import Addressee
from outreach.db import db
from outreach.delivery.models import Kind, Message, State
from outreach.errors import Refused, Unknown

#: What stands in the place of an address.
_TO = {Channel.FORM: "het webformulier", Channel.POST: "het postadres"}


@dataclass(frozen=True)
class Todo:
    """One letter to bring, or that was brought."""

    gemeente: Gemeente
    office: Office
    variant: str
    done: Message | None

    @property
    def how(self) -> str:
        return channels.CHANNELS[self.office.channel]


def todos(step: Step, *, now: datetime) -> list[Todo]:
    """The gemeenten in the audience of a step that get it by hand, by name.

    A reminder only for those whose first letter arrived, and that did not answer.
    """
    done = {
        (one.gemeente_code, one.variant): one
        for one in db.session.scalars(
            select(Message).where(
                Message.step_id == step.id, Message.dedupe_key.startswith("by-hand:")
            )
        )
    }
    found = [
        Todo(gemeente, office, variant, done.get((gemeente.code, variant)))
        for gemeente, office in db.session.execute(_meant(step, now))
        for variant in [_variant(step, office)]
    ]
    if not step.follows or not found:
        return found
    due = to_remind(step)
    return [one for one in found if one.done or (one.gemeente.code, one.variant) in due]


def todo(step: Step, code: str, variant: str, *, now: datetime) -> Todo:
    """
    :raises Unknown: this gemeente does not get the step by hand
    """
    for one in todos(step, now=now):
        if (one.gemeente.code, one.variant) == (code, variant):
            return one
    raise Unknown("Deze gemeente krijgt deze brief niet van u zelf.")


def recipient(step: Step, one: Todo, *, now: datetime) -> Recipient:
    """Its reader, to make the text and the PDF for."""
    texts = current_texts(step)
    text = texts.get(one.variant) or texts[step.campaign.variants[0]]
    planned = dutch_date(scheduling.due_at(step) or now)
    would_be = {"gemeente_code": one.gemeente.code, "variant": one.variant, "address_key": ""}
    with db.session.no_autoflush:
        first = rendering.first_letter(db.session(), Message(**would_be), step)
    return Recipient(
        Edition(step.campaign, step, text, meetings.of(db.session(), step.campaign)),
        who=Addressee(function=one.office.function),
        gemeente=one.gemeente,
        variant=one.variant,
        email="",
        planned=planned,
        first=first or rendering.planned_first(step, planned),
    )


def mark_done(step: Step, one: Todo, *, by: Actor, now: datetime) -> bool:
    """Record that someone brought the letter; pressed twice, or by two, it counts once.

    :raises Refused: its step has not begun
    """
    if step.state is not StepState.QUEUED:
        raise Refused("Deze stap is nog niet begonnen. Breng de brief als de andere weggaan.")
    texts = current_texts(step)
    text = texts.get(one.variant) or texts[step.campaign.variants[0]]
    domain = step.campaign.sender.email.rpartition("@")[2]
    row: dict[str, Any] = {
        "kind": Kind.LETTER,
        "dedupe_key": f"by-hand:{step.id}:{one.variant}:{one.gemeente.code}",
        "sender_id": step.campaign.sender_id,
        "step_id": step.id,
        "text_id": text.id,
        "variant": one.variant,
        "gemeente_code": one.gemeente.code,
        "address": _TO[one.office.channel],
        "address_key": "",
        "message_id": f"<{uuid.uuid4().hex}@{domain}>",
        "content": {},
        "state": State.ACCEPTED,
        "created_at": now,
        "not_before": now,
        "accepted_at": now,
        "reply": f"Verstuurd {one.how}, door {by.name or by.key}",
    }
    insert = offices.dialect().insert(Message).values(row)
    insert = insert.on_conflict_do_nothing(index_elements=["dedupe_key"]).returning(Message.id)
    made = db.session.execute(insert).scalar_one_or_none()
    if made is None:
        return False
    audit.record("bring letter", f"message:{made}", by=by, now=now,
                 sender_id=step.campaign.sender_id, channel=one.office.channel.value)  # fmt: skip
    return True


def undo(one: Todo, *, by: Actor, now: datetime) -> None:
    """It was not brought after all."""
    if one.done is None:
        return
    audit.record("unbring letter", f"message:{one.done.id}", by=by, now=now)
    db.session.delete(one.done)
    db.session.flush()


def _meant(step: Step, now: datetime) -> Select[Gemeente, Office]:
    campaign, today = step.campaign, dutch_date(now)
    rows = (
        select(Gemeente, Office)
        .join(Office, Office.gemeente_code == Gemeente.code)
        .where(
            Office.channel != Channel.EMAIL,
            Office.function.in_(audience.functions(campaign)),
            Gemeente.code.in_(
                audience.gemeenten_meant(campaign, today=today).with_only_columns(Gemeente.code)
            ),
        )
        .order_by(Gemeente.sort_key, Office.id)
    )
    if audience.is_of_places(campaign):
        return rows
    members = audience.members(step, now=now).order_by(None).subquery()
    listed = select(Contact.office_id).join(members, members.c.contact_id == Contact.id)
    return rows.where(Office.id.in_(listed))


def _variant(step: Step, office: Office) -> str:
    variants = step.campaign.variants
    if len(variants) == 1:
        return variants[0]
    return "college" if office.function in audience.OF_COLLEGE else "raad"


def to_remind(step: Step) -> set[tuple[str, str]]:
    """By gemeente and body: whose first letter arrived, and who meets the step's conditions."""
    row: Any = Message  # its attributes are columns here, which the types of models hide
    target = Target(
        sender_id=row.sender_id,
        gemeente_code=row.gemeente_code,
        contact_id=row.contact_id,
        variant=row.variant,
        address_key=row.address_key,
    )
    arrived = (
        select(row.gemeente_code, row.variant)
        .join(Step, Step.id == step.id)
        .where(
            row.step_id == step.campaign.steps[0].id,
            row.state == State.ACCEPTED,
            row.bounced_at.is_(None),
            case(*conditions.unmet(target), else_=null()).is_(None),
        )
    )
    return {(code or "", variant) for code, variant in db.session.execute(arrived)}
