"""What a new coordinator takes over, on one page: what runs and waits, what was agreed, who may
do what.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, or_, select
from sqlalchemy.orm import selectinload

from outreach.accounts import audit, people, senders
from outreach.accounts.models import Coordinator, Sender
from outreach.answers.models import Answer, PhoneCall, Source
from outreach.campaigns import registered, scheduling
from outreach.campaigns.models import Campaign, CampaignState, Step, StepState
from outreach.campaigns.moments import Facts
from outreach.contacts.models import Gemeente
from outreach.db import db
from outreach.delivery import mailboxes, oauth
from outreach.delivery.arrivals import Mailbox
from outreach.delivery.models import State
from outreach.delivery.providers import Providers
from outreach.errors import OutreachError
from outreach.ledger import mail_accounts, meetings, overview, sheet
from outreach.ledger.meetings import Gathering
from outreach.ledger.overview import Attention, Counts
from outreach.ledger.standing import of_status
from outreach.letters import dutch

ALIVE = (CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.DRAFT)
WORDS = {
    CampaignState.RUNNING: "loopt",
    CampaignState.PAUSED: "gepauzeerd",
    CampaignState.DRAFT: "concept",
}
REMEMBERED = timedelta(days=60)  #: how long a call that is done stands on the page
MOST_CALLS = 400  #: somewhat more than there are gemeenten


@dataclass(frozen=True)
class Running:
    """A letter that is not done."""

    campaign: Campaign
    counts: Counts
    step: Step | None  #: the next one
    at: datetime | None  #: when it leaves

    @property
    def word(self) -> str:
        return WORDS[self.campaign.state]

    @property
    def sent(self) -> int:
        return self.counts[State.ACCEPTED]

    @property
    def waiting(self) -> int:
        return sum(self.counts[state] for state in sheet.OPEN)

    @property
    def next_title(self) -> str:
        return sheet.title(self.step) if self.step else ""


@dataclass(frozen=True)
class Called:
    """A griffie that was called, and what came of it."""

    gemeente: Gemeente
    campaign: Campaign
    body: str
    at: datetime | None
    by: str  #: who called, as a screen says it
    again_on: date | None  #: promised: call again on this day
    outcome: str  #: what was said, in a word; "" while nothing was
    note: str


@dataclass(frozen=True)
class Post:
    """In whose name letters leave, and whether that mail goes."""

    sender: Sender
    way: str
    fault: str  #: Dutch; "" when nothing is known against it
    mailbox: str  #: Dutch: whether what comes back is read
    mailbox_fault: str  #: Dutch; "" when it is, or when there is none


@dataclass(frozen=True)
class Handover:
    letters: list[Running]
    attention: list[Attention]
    to_check: int  #: griffies with an address that someone has to look at
    promised: list[Called]  #: the first day first
    called: list[Called]  #: the latest first
    days: list[Gathering]
    people: list[Coordinator]
    post: list[Post]


def of(instance: Path, providers: Providers, now: datetime, *, imap_url: str) -> Handover:
    """The page of this moment; the number of queries does not grow with what is on it.

    :param imap_url: the default mailbox; "" when there is none
    """
    everyone = people.everyone()
    campaigns = _alive()
    brief = overview.briefly(campaigns, now)
    calls = list(_calls(everyone, now))
    promised = [one for one in calls if one.again_on]
    return Handover(
        list(_running(campaigns, brief.counts)),
        brief.attention,
        brief.to_check,
        sorted(promised, key=lambda one: (one.again_on or now.date(), one.gemeente.sort_key)),
        [one for one in calls if not one.again_on],
        meetings.coming(now, within=None),
        [one for one in everyone if one.active],
        list(_post(instance, providers, imap_url)),
    )


def _alive() -> list[Campaign]:
    rows = select(Campaign).where(Campaign.state.in_(ALIVE)).options(selectinload(Campaign.steps))
    found = db.session.scalars(rows.order_by(Campaign.created_at.desc(), Campaign.id.desc()))
    return sorted(found, key=lambda one: ALIVE.index(one.state))


def _running(campaigns: Sequence[Campaign], counts: dict[int, Counts]) -> Iterator[Running]:
    facts = Facts([one.id for one in campaigns])
    for one in campaigns:
        step = next((s for s in one.steps if s.state is StepState.PLANNED), None)
        started = step is not None and one.state is not CampaignState.DRAFT
        at = scheduling.leaves_at(step, facts=facts) if step and started else None
        yield Running(one, counts[one.id], step, at)


def _calls(everyone: Sequence[Coordinator], now: datetime) -> Iterator[Called]:
    """Calls that are promised, and those of the last weeks with what was said."""
    code, body = func.coalesce(PhoneCall.gemeente_code, ""), func.coalesce(PhoneCall.body, "")
    answered = registered.answered(func.coalesce(PhoneCall.campaign_id, 0), code, body)
    told = (
        (Answer.campaign_id == PhoneCall.campaign_id)
        & (Answer.gemeente_code == PhoneCall.gemeente_code)
        & (Answer.body == PhoneCall.body)
        & (Answer.source == Source.PHONE)
        & Answer.undone_at.is_(None)
    )
    rows = db.session.execute(
        select(PhoneCall, Campaign, Gemeente, Answer, answered)
        .join(Campaign, Campaign.id == PhoneCall.campaign_id)
        .join(Gemeente, Gemeente.code == PhoneCall.gemeente_code)
        .outerjoin(Answer, told)
        .where(
            PhoneCall.called_at.is_not(None),
            Campaign.state.in_((*ALIVE, CampaignState.FINISHED)),
            or_(PhoneCall.again_on.is_not(None), PhoneCall.called_at > now - REMEMBERED),
        )
        .order_by(PhoneCall.called_at.desc(), PhoneCall.id, Answer.id.desc())
        .limit(MOST_CALLS)
    )
    names = {f"coordinator:{one.id}": str(one) for one in everyone}
    seen: set[int] = set()
    for call, campaign, gemeente, answer, is_answered in rows:
        if call.id not in seen:
            seen.add(call.id)
            yield Called(
                gemeente,
                campaign,
                call.body,
                call.called_at,
                _caller(call.called_by or "", names),
                None if is_answered else call.again_on,
                _word(campaign, answer),
                answer.note if answer else call.note,
            )


def _caller(key: str, names: Mapping[str, str]) -> str:
    if key.startswith("coordinator:"):  # one that is not there would be a query for each call
        return names.get(key, "een vroegere collega")
    return audit.name_of(key)


def _word(campaign: Campaign, answer: Answer | None) -> str:
    if answer is None:
        return ""
    own = {one["key"]: str(one["label"]) for one in campaign.outcomes}
    return own.get(answer.status) or of_status(answer.status).word


def _post(instance: Path, providers: Providers, imap_url: str) -> Iterator[Post]:
    boxes = {one.key: one for one in db.session.scalars(select(Mailbox))}
    for sender in senders.everyone():
        found = oauth.look(instance, sender)
        own = "eigen mailserver" if sender.own_relay else "mailserver van Outreach"
        fault = found.fault or mail_accounts.over(found, providers)
        read = _mailbox(sender, boxes, instance, providers, imap_url)
        yield Post(sender, "verbonden postbus" if found.kept else own, fault, *read)


def _mailbox(
    sender: Sender,
    boxes: Mapping[str, Mailbox],
    instance: Path,
    providers: Providers,
    imap_url: str,
) -> tuple[str, str]:
    """Whether what comes back to a sender is read, and why not."""
    try:
        settings = mailboxes.for_sender(
            sender, instance=instance, default_url=imap_url, providers=providers
        )
    except OutreachError as error:
        return "reacties worden niet gelezen", str(error)
    if settings is None:
        return "reacties worden niet gelezen: er is geen postbus ingesteld", ""
    box = boxes.get(settings.row)
    if box is None:
        return "reacties zijn nog niet gelezen", ""
    if box.down_since is not None:
        return f"reacties niet te lezen sinds {dutch.day_time(box.down_since)}", box.fault
    return f"reacties gelezen {dutch.day_time(box.read_at)}", ""
