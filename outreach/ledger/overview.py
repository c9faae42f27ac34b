"""What a coordinator wants to know first: what waits, what comes, what runs, what happened."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from outreach.answers.models import Answer
from outreach.campaigns.models import Campaign, CampaignState, Step, StepState
from outreach.contacts.models import Gemeente
from outreach.db import db
from outreach.delivery.models import Message, Relay, State
from outreach.ledger import lines, meetings, sheet, timeline
from outreach.ledger.lines import Line
from outreach.ledger.meetings import Gathering
from outreach.ledger.standing import Standing
from outreach.ledger.timeline import Happening
from outreach.letters import dutch

Counts = dict[State, int]
MOST_COMING = 5


@dataclass(frozen=True)
class Attention:
    """Something that needs a person now."""

    standing: Standing | None  #: None for what is no status
    title: str
    detail: str
    campaign: Campaign | None


@dataclass(frozen=True)
class Coming:
    """A step in the days to come."""

    at: datetime
    step: Step
    title: str
    send: int
    skip: int


@dataclass(frozen=True)
class Progress:
    """A campaign that is being sent."""

    campaign: Campaign
    done: int  #: left, refused or in doubt
    accepted: int
    uncertain: int
    total: int

    @property
    def left(self) -> int:
        return self.total - self.done


@dataclass(frozen=True)
class Overview:
    attention: list[Attention]  #: worst first
    week: list[Coming | Gathering]  #: letters that leave and days that people meet
    progress: list[Progress]
    latest: list[tuple[Gemeente, Happening]]
    lines: list[Line]


def of(now: datetime) -> Overview:
    """Everything on the first page; the number of queries does not grow with the letters."""
    found = lines.everything()
    campaigns = [line.campaign for line in found]
    counted = _counts(campaigns)
    return Overview(
        [*_paused(campaigns), *_relays(), *_doubts(campaigns, counted), *_lost(found)],
        sorted([*_coming(found, now), *meetings.coming(now)], key=lambda one: one.at),
        [one for one in (progress(c, counted[c.id]) for c in campaigns) if _runs(one)],
        latest(),
        found,
    )


def progress(campaign: Campaign, counts: Counts) -> Progress:
    """How far the letters are that are ready to leave, over all steps."""
    total = sum(counts.values()) - sum(counts[state] for state in sheet.NEVER)
    waiting = sum(counts[state] for state in sheet.OPEN)
    return Progress(
        campaign, total - waiting, counts[State.ACCEPTED], counts[State.UNCERTAIN], total
    )


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


def _counts(campaigns: Iterable[Campaign]) -> dict[int, Counts]:
    found: dict[int, Counts] = defaultdict(lambda: dict.fromkeys(State, 0))
    rows = db.session.execute(
        select(Step.campaign_id, Message.state, func.count())
        .join(Step, Step.id == Message.step_id)
        .where(Step.campaign_id.in_([campaign.id for campaign in campaigns]))
        .group_by(Step.campaign_id, Message.state)
    )
    for campaign_id, state, count in rows:
        found[campaign_id][state] = count
    return found


def _runs(one: Progress) -> bool:
    active = (CampaignState.RUNNING, CampaignState.PAUSED)
    return one.left > 0 and one.campaign.state in active


def _coming(found: Iterable[Line], now: datetime) -> list[Coming]:
    """The first steps of this week; each costs a question about its whole audience."""
    soon = [
        (line.next_at, line)
        for line in found
        if line.campaign.state is CampaignState.RUNNING
        and line.next_at is not None
        and line.next_at <= now + timedelta(days=7)
    ]
    coming = []
    for at, line in sorted(soon, key=lambda pair: pair[0])[:MOST_COMING]:
        step = next(s for s in line.campaign.steps if s.state is StepState.PLANNED)
        coming.append(Coming(at, step, line.next_title, *sheet.would(step, now)))
    return coming


def _paused(campaigns: Iterable[Campaign]) -> Iterator[Attention]:
    for campaign in campaigns:
        if campaign.state is CampaignState.PAUSED and campaign.pause_reason:
            title = f"“{campaign.name}” is gestopt met versturen"
            yield Attention(None, title, campaign.pause_reason, campaign)


def _relays() -> Iterator[Attention]:
    down = select(Relay).where(Relay.down_since.is_not(None), Relay.failures > 0)
    for relay in db.session.scalars(down):
        since = f"Sinds {dutch.day_time(relay.down_since)}. " if relay.down_since else ""
        yield Attention(None, "Mailserver weigert onze post", f"{since}{relay.fault}", None)


def _doubts(campaigns: Iterable[Campaign], counted: dict[int, Counts]) -> Iterator[Attention]:
    for campaign in campaigns:
        if count := counted[campaign.id][State.UNCERTAIN]:
            yield Attention(
                Standing.ONZEKER,
                f"{dutch.plural(count, 'brief', 'brieven')} misschien verstuurd",
                f"{campaign.name}: de verbinding brak tijdens het versturen. Kijk in de map"
                " Verzonden of ze aankwamen.",
                campaign,
            )


def _lost(found: Iterable[Line]) -> Iterator[Attention]:
    for line in found:
        if line.undelivered and line.campaign.state is not CampaignState.CANCELLED:
            yield Attention(
                Standing.ONBESTELBAAR,
                f"{dutch.plural(line.undelivered, 'brief', 'brieven')} niet aangekomen",
                f"{line.campaign.name}: zoek een goed adres.",
                line.campaign,
            )
