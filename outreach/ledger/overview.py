"""What a coordinator wants to know first: what waits, what comes, what runs, what happened."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from outreach.answers.models import Answer
from outreach.campaigns import figures, planning, running, scheduling
from outreach.campaigns.models import Campaign, CampaignState, Step, StepState
from outreach.contacts.models import Gemeente
from outreach.db import db
from outreach.delivery.models import Message, Relay, State
from outreach.ledger import standing, timeline
from outreach.ledger.timeline import Happening
from outreach.letters import dutch


@dataclass(frozen=True)
class Attention:
    """Something that needs a person now."""

    sign: str  #: of a standing, or "" for what is no status
    title: str
    detail: str
    campaign: Campaign | None


@dataclass(frozen=True)
class Coming:
    """A step in the days to come."""

    at: datetime
    step: Step
    send: int
    skip: int

    @property
    def title(self) -> str:
        return "Brief" if self.step.position == 1 else "Herinnering"


@dataclass(frozen=True)
class Progress:
    """A campaign that is being sent."""

    campaign: Campaign
    done: int  #: left, refused or in doubt
    uncertain: int
    total: int

    @property
    def left(self) -> int:
        return self.total - self.done


def attention(now: datetime) -> list[Attention]:
    """What waits for a person, worst first."""
    return [*_paused(), *_relays(now), *_doubts(), *_undelivered()]


def this_week(now: datetime) -> list[Coming]:
    """Steps of running letters in the next seven days, with whom they go to."""
    planned = (
        select(Step)
        .join(Campaign)
        .where(Step.state == StepState.PLANNED, Campaign.state == CampaignState.RUNNING)
    )
    found = []
    for step in db.session.scalars(planned):
        at = scheduling.leaves_at(step)
        if at is not None and at <= now + timedelta(days=7):
            plan = planning.plan_step(step, now=now)
            found.append(Coming(at, step, len(plan.send), len(plan.skip)))
    return sorted(found, key=lambda coming: coming.at)


def in_progress(now: datetime) -> list[Progress]:
    """Campaigns of which letters are leaving now."""
    return [
        progress
        for campaign in db.session.scalars(
            select(Campaign).where(
                Campaign.state.in_((CampaignState.RUNNING, CampaignState.PAUSED))
            )
        )
        if (progress := progress_of(campaign)).left
    ]


def progress_of(campaign: Campaign) -> Progress:
    """How far the letters are that are ready to leave, over all steps."""
    counts = figures.counts(campaign)
    waiting = sum(
        counts[state] for state in (State.QUEUED, State.CLAIMED, State.SUBMITTING, State.DEFERRED)
    )
    never = counts[State.CANCELLED] + counts[State.SUPPRESSED]
    total = sum(counts.values()) - never
    return Progress(campaign, total - waiting, counts[State.UNCERTAIN], total)


def latest(limit: int = 8) -> list[tuple[Gemeente, Happening]]:
    """The newest answers, each with its gemeente."""
    rows = db.session.execute(
        select(Answer, Campaign, Gemeente)
        .join(Campaign, Campaign.id == Answer.campaign_id)
        .join(Gemeente, Gemeente.code == Answer.gemeente_code)
        .order_by(Answer.at.desc(), Answer.id.desc())
        .limit(limit)
    )
    return [(gemeente, timeline.of_answer(answer, campaign)) for answer, campaign, gemeente in rows]


def _paused() -> list[Attention]:
    paused = select(Campaign).where(
        Campaign.state == CampaignState.PAUSED, Campaign.pause_reason != ""
    )
    return [
        Attention(
            "", f"“{campaign.name}” is gestopt met versturen", campaign.pause_reason, campaign
        )
        for campaign in db.session.scalars(paused)
    ]


def _relays(now: datetime) -> list[Attention]:
    down = select(Relay).where(Relay.down_since.is_not(None), Relay.failures > 0)
    return [
        Attention(
            "",
            "Mailserver weigert onze post",
            f"Sinds {dutch.day_time(relay.down_since)}. {relay.fault}",
            None,
        )
        for relay in db.session.scalars(down)
        if relay.down_since is not None
    ]


def _doubts() -> list[Attention]:
    return [
        Attention(
            standing.Standing.ONZEKER.sign,
            f"{dutch.plural(count, 'brief', 'brieven')} misschien verstuurd",
            f"{campaign.name}: de verbinding brak tijdens het versturen. Kijk of ze aankwamen.",
            campaign,
        )
        for campaign, count in _per_campaign(State.UNCERTAIN)
    ]


def _undelivered() -> list[Attention]:
    return [
        Attention(
            standing.Standing.ONBESTELBAAR.sign,
            f"{dutch.plural(count, 'brief', 'brieven')} niet aangekomen",
            f"{campaign.name}: zoek een goed adres.",
            campaign,
        )
        for campaign, count in _per_campaign(State.REFUSED, State.FAILED, State.EXPIRED)
        if running.state_of(campaign) is not CampaignState.CANCELLED
    ]


def _per_campaign(*states: State) -> list[tuple[Campaign, int]]:
    counted = (
        select(Step.campaign_id, func.count())
        .join(Message, Message.step_id == Step.id)
        .where(Message.state.in_(states))
        .group_by(Step.campaign_id)
    )
    return [
        (db.session.get_one(Campaign, campaign_id), count)
        for campaign_id, count in db.session.execute(counted)
    ]
