"""When a step falls due, and making its letters when it does."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select, update

from outreach.campaigns import audience, moments, windows
from outreach.campaigns.models import Campaign, CampaignState, Step, StepState
from outreach.campaigns.moments import Facts, Moments
from outreach.campaigns.writing import current_texts
from outreach.db import db
from outreach.delivery import outbox
from outreach.delivery.models import Kind, Message, State

#: How long a letter that the relay keeps refusing is tried before it is too late.
EXPIRES_AFTER = timedelta(days=5)
AT_A_TIME = 2_000  #: people of an audience that are in memory


def due_at(step: Step, *, facts: Facts | None = None) -> datetime | None:
    """The moment a step's letters are made; None while that cannot be known.

    A reminder counts from the first letter that arrived, or from its plan while none did; one that
    counts back from a meeting has no moment once that is cancelled.

    :param facts: where many steps are asked about at once
    """
    return moments.earliest(step, facts or Facts([step.campaign_id]))


def leaves_at(step: Step, *, facts: Facts | None = None) -> datetime | None:
    """The moment the first letter of a step can leave: due, and within the window."""
    due = due_at(step, facts=facts)
    return None if due is None else windows.next_opening(step.campaign, due)


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
    coming = [due_at(step) for step in db.session.scalars(planned)]
    waiting = select(Message.not_before, Step.campaign_id)
    waiting = waiting.outerjoin(Step, Step.id == Message.step_id).where(
        Message.state.in_((State.QUEUED, State.DEFERRED))
    )
    for not_before, campaign_id in db.session.execute(waiting.distinct()):
        campaign = db.session.get(Campaign, campaign_id) if campaign_id else None
        if campaign is not None and campaign.state is not CampaignState.RUNNING:
            continue
        later = max(not_before, now)
        coming.append(windows.next_opening(campaign, later) if campaign else later)
    return min((moment for moment in coming if moment and moment > now), default=None)


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
    own = _Own(step, now=now)
    ready = 0

    def rows() -> Iterator[dict[str, Any]]:
        nonlocal ready
        members = audience.members(step, now=now)
        for person in db.session.execute(members, execution_options={"yield_per": AT_A_TIME}):
            if person.reason not in ("same-address", "no-address"):
                row = leaving.row(person) | own.columns(person)
                ready += row["state"] is State.QUEUED
                yield row

    outbox.queue_many(rows())
    db.session.refresh(step)
    return ready


def postpone(*, now: datetime) -> int:
    """Put off letters of which it is too early after all; return how many got another moment.

    A letter that was refused for days and then accepted is not reminded the next morning, and a
    recess that was written down since is kept to. What waits for a raadsvergadering goes along
    with it, to a later day or an earlier one.
    """
    later = or_(
        and_(Step.after_days.is_not(None), Step.before.is_(None)), Step.not_in_recess.is_(True)
    )
    made = (
        select(Step)
        .join(Campaign)
        .where(later, Step.state == StepState.QUEUED, Campaign.state == CampaignState.RUNNING)
    )
    moved = 0
    for step in db.session.scalars(made).all():
        moved += _move_waiting(step, now)
    return moved


def _move_waiting(step: Step, now: datetime) -> int:
    letter: Any = Message
    waiting = select(
        letter.id, letter.not_before, letter.variant, letter.gemeente_code, letter.contact_id
    ).where(Message.step_id == step.id, Message.state == State.QUEUED)
    if step.council_days is None:
        waiting = waiting.where(Message.not_before <= now)
    rows = db.session.execute(waiting).all()
    if not rows:
        return 0
    own, moved = _Own(step, now=now, made=True), 0
    for row in rows:
        found = own.columns(row)
        if (
            found
            and found["not_before"] != row.not_before
            and now < max(found["not_before"], row.not_before)
        ):
            still = update(Message).where(Message.id == row.id, Message.state == State.QUEUED)
            moved += len(db.session.execute(still.values(**found).returning(Message.id)).all())
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


def letter_row(
    step: Step, person: Any, *, key: str, now: datetime, facts: Facts | None = None
) -> dict[str, Any]:
    """The columns of the message that one of `audience.members` gets."""
    return _Leaving(step, key=key, now=now, facts=facts).row(person)


class _Leaving:
    """The letters of a step that falls due; what is equal for all is looked up once."""

    def __init__(self, step: Step, *, key: str, now: datetime, facts: Facts | None = None) -> None:
        sender, planned = step.campaign.sender, due_at(step, facts=facts)
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


class _Own:
    """The columns of letters that are due at another moment than their step."""

    def __init__(self, step: Step, *, now: datetime, made: bool = False) -> None:
        self._campaign, self._moments = step.campaign, Moments(step, now=now, made=made)

    def columns(self, letter: Any) -> dict[str, datetime]:
        """Of one of `audience.members`, or of a message; none when it is due with its step."""
        found = self._moments.of(letter)
        if not found.own:
            return {}
        opens = windows.next_opening(self._campaign, found.at)
        return {"not_before": found.at, "expires_at": opens + EXPIRES_AFTER}
