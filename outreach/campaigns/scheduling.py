"""When a step falls due, and making its letters when it does."""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from outreach.campaigns import audience, windows
from outreach.campaigns.models import Campaign, CampaignState, Step, StepState
from outreach.campaigns.writing import current_texts
from outreach.clock import at_wall, dutch_date
from outreach.db import db
from outreach.delivery import outbox
from outreach.delivery.models import Kind, Message, State
from outreach.events.models import Meeting, MeetingDay, MeetingState

#: How long a letter that the relay keeps refusing is tried before it is too late.
EXPIRES_AFTER = timedelta(days=5)
AT_A_TIME = 2_000  #: people of an audience that are in memory


def due_at(step: Step, *, arrived: Mapping[int, datetime] | None = None) -> datetime | None:
    """The moment a step's letters are made; None while that cannot be known.

    A reminder counts from the first letter that arrived, or from its plan while none did; one that
    counts back from a meeting has no moment once that is cancelled.

    :param arrived: what `first_arrivals` says, where many steps are asked about at once
    """
    if step.send_at is not None or step.after_days is None:
        return step.send_at
    if step.before is not None:
        return _before(step, step.before)
    if arrived is None:
        arrived = first_arrivals([step.campaign_id])
    base = arrived.get(step.campaign_id) or step.campaign.steps[0].send_at
    return None if base is None else _after(step, base)


def leaves_at(step: Step, *, arrived: Mapping[int, datetime] | None = None) -> datetime | None:
    """The moment the first letter of a step can leave: due, and within the window."""
    due = due_at(step, arrived=arrived)
    return None if due is None else windows.next_opening(step.campaign, due)


def first_arrivals(campaign_ids: Collection[int]) -> dict[int, datetime]:
    """Per campaign: when the first of its first letters arrived; missing where none did."""
    rows = db.session.execute(
        select(Step.campaign_id, func.min(Message.accepted_at))
        .join(Message, Message.step_id == Step.id)
        .where(Step.campaign_id.in_(campaign_ids), Step.position == 1)
        .group_by(Step.campaign_id)
    )
    return {campaign_id: arrived for campaign_id, arrived in rows if arrived is not None}


def due_steps(*, now: datetime) -> list[Step]:
    """Steps of running campaigns whose moment has come and that have no letters yet."""
    planned = (
        select(Step)
        .join(Campaign)
        .where(Step.state == StepState.PLANNED, Campaign.state == CampaignState.RUNNING)
        .order_by(Step.campaign_id, Step.position)
    )
    return [step for step in db.session.scalars(planned) if _has_come(step, now)]


def hold(step: Step) -> bool:
    """Keep its campaign running while letters are made; False when it stopped meanwhile."""
    runs = select(Campaign.id).where(
        Campaign.id == step.campaign_id, Campaign.state == CampaignState.RUNNING
    )
    return db.session.scalar(runs.with_for_update()) is not None


def next_due(*, now: datetime) -> datetime | None:
    """The first moment after `now` at which a planned step or a waiting letter is due."""
    planned = select(Step).join(Campaign)
    planned = planned.where(
        Step.state == StepState.PLANNED, Campaign.state == CampaignState.RUNNING
    )
    moments = [due_at(step) for step in db.session.scalars(planned)]
    waiting = select(Message.not_before, Step.campaign_id)
    waiting = waiting.outerjoin(Step, Step.id == Message.step_id).where(
        Message.state.in_((State.QUEUED, State.DEFERRED))
    )
    for not_before, campaign_id in db.session.execute(waiting.distinct()):
        campaign = db.session.get(Campaign, campaign_id) if campaign_id else None
        if campaign is not None and campaign.state is not CampaignState.RUNNING:
            continue
        later = max(not_before, now)
        moments.append(windows.next_opening(campaign, later) if campaign else later)
    return min((moment for moment in moments if moment and moment > now), default=None)


def queue_step(step: Step, *, key: str, now: datetime) -> int:
    """Make a due step's letters, for its whole audience; return how many can leave.

    Who gets none has a row too, cancelled or suppressed with its reason, so that the states
    add up to the audience. Only someone who shares a mailbox within one gemeente has none.
    Run twice, or by two processes at once, it makes the same rows once.
    """
    taken = db.session.execute(
        update(Step)
        .where(Step.id == step.id, Step.state == StepState.PLANNED)
        .values(state=StepState.QUEUED, queued_at=now)
        .returning(Step.id)
    ).scalar_one_or_none()
    if taken is None:
        return 0
    leaving = _Leaving(step, key=key, now=now)
    own = _OwnLetter(step, now=now)
    ready = 0

    def rows() -> Iterator[dict[str, Any]]:
        nonlocal ready
        members = audience.members(step, now=now)
        for person in db.session.execute(members, execution_options={"yield_per": AT_A_TIME}):
            if person.reason not in ("same-address", "no-address"):
                row = leaving.row(person) | own.moments(person)
                ready += row["state"] is State.QUEUED
                yield row

    outbox.queue_many(rows())
    db.session.refresh(step)
    return ready


def moments(step: Step, *, now: datetime) -> Callable[[Any], datetime]:
    """When the letter of one of `audience.members` would be due, were its step made at `now`."""
    own = _OwnLetter(step, now=now)
    return lambda person: own.moments(person).get("not_before", now)


def postpone(*, now: datetime) -> int:
    """Put off reminders whose own first letter arrived later than most; return how many.

    A letter that was refused for days and then accepted is not reminded the next morning.
    """
    reminders = (
        select(Step)
        .join(Campaign)
        .where(
            Step.after_days.is_not(None),
            Step.before.is_(None),
            Step.state == StepState.QUEUED,
            Campaign.state == CampaignState.RUNNING,
        )
    )
    moved = 0
    for step in db.session.scalars(reminders).all():
        waiting = select(Message).where(
            Message.step_id == step.id, Message.state == State.QUEUED, Message.not_before <= now
        )
        arrivals = _arrivals(step)
        for message in db.session.scalars(waiting):
            arrived = arrivals.get(
                _party(message.variant, message.gemeente_code, message.contact_id)
            )
            own = _after(step, arrived) if arrived else None
            if own is not None and own > now:
                message.not_before, message.expires_at = own, own + EXPIRES_AFTER
                moved += 1
    return moved


def dedupe_key(
    step_id: int, variant: str, gemeente_code: str | None, contact_id: int, address_key: str
) -> str:
    """What makes two requests the same letter (docs/delivery.md)."""
    return f"step:{step_id}:{variant}:{gemeente_code or f'contact-{contact_id}'}:{address_key}"


def _has_come(step: Step, now: datetime) -> bool:
    earlier = [other for other in step.campaign.steps if other.position < step.position]
    if any(other.state is StepState.PLANNED for other in earlier):
        return False
    due = due_at(step)
    return due is not None and due <= now


def _after(step: Step, base: datetime) -> datetime:
    """`after_days` (working) days after a moment, at the step's Dutch time."""
    if step.after_days is None or step.after_at is None:
        raise ValueError("the step has a moment of its own")
    day = dutch_date(base)
    if step.after_working:
        day = windows.add_working_days(day, step.after_days)
    else:
        day += timedelta(days=step.after_days)
    return at_wall(day, step.after_at)


def _before(step: Step, slug: str) -> datetime | None:
    """So many (working) days before the first day of a meeting, at the step's Dutch time."""
    first = db.session.scalar(
        select(func.min(MeetingDay.date))
        .join(Meeting, Meeting.id == MeetingDay.meeting_id)
        .where(
            Meeting.slug == slug,
            Meeting.state != MeetingState.CANCELLED,
            MeetingDay.cancelled_at.is_(None),
        )
    )
    if first is None or step.after_days is None or step.after_at is None:
        return None
    if step.after_working:
        return at_wall(windows.add_working_days(first, -step.after_days), step.after_at)
    return at_wall(first - timedelta(days=step.after_days), step.after_at)


def letter_row(step: Step, person: Any, *, key: str, now: datetime) -> dict[str, Any]:
    """The columns of the message that one of `audience.members` gets."""
    return _Leaving(step, key=key, now=now).row(person)


class _Leaving:
    """The letters of a step that falls due; what is equal for all is looked up once."""

    def __init__(self, step: Step, *, key: str, now: datetime) -> None:
        sender, planned = step.campaign.sender, due_at(step)
        self._step_id = step.id
        self._texts = {variant: text.id for variant, text in current_texts(step).items()}
        self._text_of_all = self._texts[step.campaign.variants[0]]
        self._of_all: dict[str, Any] = {
            "sender_id": sender.id,
            "now": now,
            "key": key,
            "domain": sender.email.rpartition("@")[2],
            # Not the moment it was made: a clock that starts again a second earlier still sends it.
            "not_before": min(now, planned or now),
            "expires_at": windows.next_opening(step.campaign, now) + EXPIRES_AFTER,
            "step_id": step.id,
        }

    def row(self, person: Any) -> dict[str, Any]:
        dedupe = dedupe_key(
            self._step_id,
            person.variant,
            person.gemeente_code,
            person.contact_id,
            person.address_key,
        )
        stopped = State.SUPPRESSED if person.reason == "suppressed" else State.CANCELLED
        return outbox.row(
            Kind.LETTER,
            dedupe,
            **self._of_all,
            address=person.email,
            address_key=person.address_key,
            text_id=self._texts.get(person.variant, self._text_of_all),
            variant=person.variant,
            gemeente_code=person.gemeente_code,
            contact_id=person.contact_id,
            state=stopped if person.reason else State.QUEUED,
            reason=person.reason or "",
        )


class _OwnLetter:
    """A reminder counts from the first letter of its own gemeente, where that arrived later."""

    def __init__(self, step: Step, *, now: datetime) -> None:
        self._step, self._now = step, now
        self._arrivals = _arrivals(step) if step.after_days is not None and not step.before else {}

    def moments(self, person: Any) -> dict[str, datetime]:
        party = _party(person.variant, person.gemeente_code, person.contact_id)
        if (arrived := self._arrivals.get(party)) is None:
            return {}
        due = max(self._now, _after(self._step, arrived))
        opens = windows.next_opening(self._step.campaign, due)
        return {"not_before": due, "expires_at": opens + EXPIRES_AFTER}


def _arrivals(step: Step) -> dict[tuple[str, str], datetime]:
    """When each gemeente's (per body) first letter arrived."""
    first = step.campaign.steps[0]
    rows = db.session.execute(
        select(
            Message.variant,
            Message.gemeente_code,
            Message.contact_id,
            func.min(Message.accepted_at),
        )
        .where(Message.step_id == first.id, Message.state == State.ACCEPTED)
        .group_by(Message.variant, Message.gemeente_code, Message.contact_id)
    )
    found: dict[tuple[str, str], datetime] = {}
    for variant, gemeente_code, contact_id, at in rows:
        if at is None:
            continue
        party = _party(variant, gemeente_code, contact_id)
        found[party] = min(at, found.get(party, at))
    return found


def _party(variant: str, gemeente_code: str | None, contact_id: int | None) -> tuple[str, str]:
    return variant, gemeente_code or f"contact-{contact_id}"
