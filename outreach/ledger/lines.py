"""Every letter in one line: how many gemeenten got it, reacted, did not, and what comes next."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, case, func, literal, select
from sqlalchemy.orm import selectinload

from outreach.answers.models import Answer
from outreach.campaigns import registered, scheduling
from outreach.campaigns.models import Campaign, CampaignState, Step, StepState
from outreach.campaigns.moments import Facts
from outreach.db import db
from outreach.delivery.models import Message, State
from outreach.ledger import sheet, standing
from outreach.ledger.standing import SENT, Standing
from outreach.ledger.timeline import History
from outreach.letters import dutch

#: What the letters to one gemeente come to, best first: one that arrived outweighs one that
#: did not.
_LETTER = {
    0: Standing.VERSTUURD,
    1: Standing.ONZEKER,
    2: Standing.ONBESTELBAAR,
    3: Standing.NIET_BENADEREN,
    4: Standing.NOG_NIET,
}
_CAME = "registered"  #: no status: who registers, where a letter counts that


_RANKS = {
    State.ACCEPTED: 0,
    State.UNCERTAIN: 1,
    State.SUBMITTING: 1,
    State.REFUSED: 2,
    State.EXPIRED: 2,
    State.FAILED: 2,
    State.SUPPRESSED: 3,
}


@dataclass(frozen=True)
class Line:
    campaign: Campaign
    counts: Counter[Standing]
    next_at: datetime | None  #: when its next step leaves
    next_title: str

    @property
    def sent(self) -> int:
        return sum(self.counts[one] for one in SENT)

    @property
    def reactions(self) -> int:
        return sum(self.counts[one] for one in sheet.TOLD)

    @property
    def silent(self) -> int:
        return self.counts[Standing.VERSTUURD]

    @property
    def undelivered(self) -> int:
        return self.counts[Standing.ONBESTELBAAR]

    @property
    def bar(self) -> list[tuple[str, float, float]]:
        """Its standings as a bar of 100 wide: css, left side, width."""
        total = sum(self.counts.values())
        parts, left = [], 0.0
        for one in Standing:
            if self.counts[one]:
                width = 100 * self.counts[one] / total
                parts.append((one.css, round(left, 2), round(width, 2)))
                left += width
        return parts

    @property
    def next_step(self) -> str:
        match self.campaign.state:
            case CampaignState.DRAFT:
                return "concept"
            case CampaignState.PAUSED:
                return "gepauzeerd"
            case CampaignState.CANCELLED:
                return "gestopt"
        if self.next_at is None:
            return "niets gepland"
        return f"{self.next_title.lower()} {dutch.day_date(self.next_at)}"


def everything(limit: int = 100) -> list[Line]:
    """The newest letters, newest first. The same few queries, however many there are."""
    newest = select(Campaign).order_by(Campaign.created_at.desc(), Campaign.id.desc())
    campaigns = db.session.scalars(newest.options(selectinload(Campaign.steps)).limit(limit)).all()
    ids = [campaign.id for campaign in campaigns]
    stands = where(ids)
    facts = Facts(ids)
    found = []
    for campaign in campaigns:
        step = next((s for s in campaign.steps if s.state is StepState.PLANNED), None)
        at = scheduling.leaves_at(step, facts=facts) if step else None
        name = sheet.title(step) if step else ""
        found.append(Line(campaign, Counter(stands[campaign.id].values()), at, name))
    return found


def of_gemeente(history: History) -> dict[int, Standing]:
    """Per campaign that reached for it: where one gemeente stands."""
    best: dict[int, int] = {}
    for message, _, campaign, _ in history.letters:
        best[campaign.id] = min(best.get(campaign.id, len(_LETTER)), _rank_of(message))
    found = defaultdict(lambda: Standing.NOG_NIET, {n: _LETTER[rank] for n, rank in best.items()})
    for answer, campaign in history.answers:
        if answer.undone_at is None:
            told = standing.of_status(answer.status)
            found[campaign.id] = min(told, found[campaign.id], key=lambda one: one.rank)
    for _, _, counts in history.visits:
        for campaign in counts:
            if standing.open_to_registration(found.get(campaign.id, Standing.NOG_NIET)):
                found[campaign.id] = standing.BY_REGISTERING
    objected = standing.objections(list(best)).where(Message.gemeente_code == history.code)
    for campaign_id, _ in db.session.execute(objected):
        found[campaign_id] = Standing.NIET_BENADEREN
    return dict(found)


def where(ids: list[int]) -> dict[int, dict[str, Standing]]:
    """Per campaign and gemeente: where it stands (`standing.per_gemeente` says it in full)."""
    bounced = Message.bounced_at.is_not(None)
    rank = case(
        (and_(Message.state == State.ACCEPTED, bounced), 2),
        *((Message.state == state, rank) for state, rank in _RANKS.items()),
        else_=4,
    )
    letters = (
        select(Step.campaign_id, Message.gemeente_code, func.min(rank))
        .join(Step, Step.id == Message.step_id)
        .where(Step.campaign_id.in_(ids), Message.gemeente_code.is_not(None))
        .group_by(Step.campaign_id, Message.gemeente_code)
    )
    found: dict[int, dict[str, Standing]] = defaultdict(dict)
    for campaign_id, code, best in db.session.execute(letters):
        found[campaign_id][code] = _LETTER[best]
    answers = select(Answer.campaign_id, Answer.gemeente_code, Answer.status).where(
        Answer.campaign_id.in_(ids), Answer.undone_at.is_(None)
    )
    came = registered.counting().subquery("came")
    by_coming = select(came.c.campaign_id, came.c.gemeente_code, literal(_CAME)).where(
        came.c.campaign_id.in_(ids)
    )
    told_us = db.session.execute(answers.union(by_coming)).all()
    for campaign_id, code, status in sorted(told_us, key=lambda one: one.status == _CAME):
        told = standing.BY_REGISTERING if status == _CAME else standing.of_status(status)
        stands = found[campaign_id].get(code, Standing.NOG_NIET)
        if status == _CAME and not standing.open_to_registration(stands):
            continue
        if told.rank < stands.rank:
            found[campaign_id][code] = told
    for campaign_id, code in db.session.execute(standing.objections(ids)):
        found[campaign_id][code or ""] = Standing.NIET_BENADEREN
    return found


def _rank_of(message: Message) -> int:
    if message.state is State.ACCEPTED and message.bounced_at:
        return 2
    return _RANKS.get(message.state, 4)
