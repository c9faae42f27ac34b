"""Starting a campaign, pausing it, resuming and stopping it."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Select, case, func, select, update

from outreach.accounts import audit
from outreach.accounts.audit import SYSTEM, Actor
from outreach.campaigns import approving, duplicates, inspecting
from outreach.campaigns.models import Campaign, CampaignState, Step, StepState
from outreach.clock import to_wall
from outreach.db import db
from outreach.delivery import outbox
from outreach.delivery.models import Message, Relay, State
from outreach.errors import Refused
from outreach.letters.checking import Finding, Severity

#: A first letter that was planned longer ago than this is refused at the start.
TOO_LATE = timedelta(days=1)
#: Who presses a button can still think better of it for this long.
GRACE = timedelta(minutes=10)


class CheckFailed(Refused):
    """The check before sending found errors; `findings` has them."""

    def __init__(self, findings: list[Finding]) -> None:
        errors = [finding.message for finding in findings if finding.severity is Severity.ERROR]
        super().__init__("De controle vóór verzenden vindt: " + " ".join(errors))
        self.findings = findings


class Unseen(Refused):
    """Warnings of the check that nobody said to have seen."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(
            "Vink bij elk punt van de controle aan dat u het zag. Het gaat om: "
            + " ".join(finding.message for finding in findings)
        )


class Again(Refused):
    """The letter repeats one that went to the same gemeenten, and nobody said why."""


class WrongState(Refused):
    """What is asked does not fit the state that the campaign is in."""


def start(
    campaign: Campaign,
    *,
    by: Actor,
    now: datetime,
    answers_at: str = "",
    seen: Collection[str] | None = None,
    reason: str = "",
    at_once: bool = False,
    grace: timedelta = timedelta(0),
) -> list[Finding]:
    """Let a draft run: each step leaves at its moment. Returns the warnings, which are recorded.

    Pressed twice, it starts once.

    :param answers_at: the address of this site, which the answer buttons lead to
    :param seen: the codes of the warnings that a person ticked off; None where nobody can tick,
        as on the command line, which prints them
    :param reason: why a letter goes to the same gemeenten once more; kept with the warning
    :param at_once: do not wait for the moment of the first letter
    :param grace: how long nothing leaves yet, so that `withdraw` still can
    :raises Again: it repeats another letter and there is no reason
    :raises CheckFailed: the check found errors
    :raises NotApproved: its sender wants a second person to agree, and nobody did
    :raises Unseen: it found warnings that are not among `seen`
    :raises WrongState: it was stopped, or its first moment is more than a day past
    """
    if campaign.state in (CampaignState.RUNNING, CampaignState.PAUSED):
        return []
    _expect(campaign, CampaignState.DRAFT)
    approving.expect(campaign)
    first = now if at_once else campaign.steps[0].send_at
    if first is None:
        raise WrongState("De eerste brief heeft nog geen moment. Kies eerst wanneer hij weggaat.")
    if first < now - TOO_LATE:
        raise WrongState("Het moment van de eerste brief is al voorbij. Kies een nieuw moment.")
    findings = inspecting.findings(campaign, now=now, answers_at=answers_at)
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise CheckFailed(findings)
    warnings = [finding for finding in findings if finding.severity is Severity.WARNING]
    again = [one for one in warnings if one.code == duplicates.CODE]
    if again and not reason.strip():
        raise Again(f"{again[0].message} Zeg waarom dat zo moet, of schrijf alleen de anderen.")
    answered = {duplicates.CODE} if again else set()
    if seen is not None and (
        unseen := [one for one in warnings if one.code not in answered.union(seen)]
    ):
        raise Unseen(unseen)
    if _move(campaign, CampaignState.DRAFT, CampaignState.RUNNING):
        campaign.started_at = now
        campaign.warnings = [
            {"code": one.code, "message": one.message}
            | ({"reason": reason.strip()[:500]} if one in again else {})
            for one in warnings
        ]
        if at_once or (grace and first < now + grace):
            _put_first(campaign, max(first, now + grace))
        _record("start campaign", campaign, by, now, duplicates=len(again))
    return warnings


def withdraw(campaign: Campaign, *, by: Actor, now: datetime) -> None:
    """Make a letter of which nothing was made yet a draft again; pressed twice, it is one.

    :raises WrongState: its first letters are made, or it was stopped
    """
    if campaign.state is CampaignState.DRAFT:
        return
    _expect(campaign, CampaignState.RUNNING, CampaignState.PAUSED)
    _move(campaign, campaign.state, CampaignState.DRAFT)
    # Asked after the change: whoever makes the letters holds the campaign while they do.
    begun = select(Step.id).where(Step.campaign_id == campaign.id, Step.state != StepState.PLANNED)
    if db.session.scalar(begun.limit(1)) is not None:
        raise WrongState(f"“{campaign.name}” gaat al weg. Pauzeer de brief, of stop hem.")
    campaign.started_at, campaign.warnings = None, []
    campaign.paused_at, campaign.pause_reason = None, ""
    _record("withdraw campaign", campaign, by, now)


def pause(campaign: Campaign, *, by: Actor, now: datetime, reason: str = "") -> None:
    """Hold everything that has not left; at most one message per connection still goes.

    :param reason: Dutch, when the product does it by itself; shown until someone resumes
    """
    if campaign.state is CampaignState.PAUSED:
        return
    _expect(campaign, CampaignState.RUNNING)
    if _move(campaign, CampaignState.RUNNING, CampaignState.PAUSED):
        campaign.paused_at, campaign.pause_reason = now, reason
        _record("pause campaign", campaign, by, now, note=reason)


def pause_for_fault(campaign_id: int, fault: str, *, now: datetime) -> None:
    """The relay or the sender as a whole was refused: stop before the next one is."""
    campaign = db.session.get(Campaign, campaign_id)
    if campaign is not None and campaign.state is CampaignState.RUNNING:
        pause(campaign, by=SYSTEM, now=now, reason=fault)


def resume(campaign: Campaign, *, by: Actor, now: datetime) -> None:
    """Go on where it stopped; what waited gets the time of the pause on top."""
    if campaign.state is CampaignState.RUNNING:
        return
    _expect(campaign, CampaignState.PAUSED)
    paused_at = campaign.paused_at or now
    if not _move(campaign, CampaignState.PAUSED, CampaignState.RUNNING):
        return
    campaign.pause_reason, campaign.paused_at = "", None
    for message in db.session.scalars(
        _rows(campaign).where(Message.state.in_((State.QUEUED, State.DEFERRED)))
    ):
        if message.expires_at is not None:
            message.expires_at += now - paused_at
    # Who resumes has mended the relay: try it now, not when its breaker would.
    keys = ("default", f"sender:{campaign.sender_id}")
    db.session.execute(update(Relay).where(Relay.key.in_(keys)).values(open_until=None))
    _record("resume campaign", campaign, by, now)


def cancel(campaign: Campaign, *, by: Actor, now: datetime) -> int:
    """Stop for good; return how many letters that were ready do not leave."""
    if campaign.state is CampaignState.CANCELLED:
        return 0
    _expect(campaign, CampaignState.DRAFT, CampaignState.RUNNING, CampaignState.PAUSED)
    campaign.state = CampaignState.CANCELLED
    db.session.execute(
        update(Step)
        .where(Step.campaign_id == campaign.id, Step.state == StepState.PLANNED)
        .values(state=StepState.CANCELLED)
    )
    waiting = db.session.scalars(
        _rows(campaign).where(Message.state.in_((State.QUEUED, State.DEFERRED, State.CLAIMED)))
    ).all()
    for message in waiting:
        outbox.cancel(message, "campaign-cancelled", by=by, now=now)
    _record("cancel campaign", campaign, by, now, letters=len(waiting))
    return len(waiting)


def state_of(campaign: Campaign) -> CampaignState:
    """The state as people see it: a running campaign with nothing left to do is finished.

    Never finished while one is in doubt.
    """
    if campaign.state is not CampaignState.RUNNING:
        return campaign.state
    if any(step.state is StepState.PLANNED for step in campaign.steps):
        return CampaignState.RUNNING
    open_states = (
        State.QUEUED,
        State.CLAIMED,
        State.SUBMITTING,
        State.DEFERRED,
        State.UNCERTAIN,
    )
    left = select(func.sum(case((Message.state.in_(open_states), 1), else_=0)))
    left = left.join(Step, Step.id == Message.step_id).where(Step.campaign_id == campaign.id)
    return CampaignState.RUNNING if db.session.scalar(left) else CampaignState.FINISHED


def _put_first(campaign: Campaign, moment: datetime) -> None:
    first = campaign.steps[0]
    first.send_at, first.send_at_wall = moment, to_wall(moment).isoformat("T", "minutes")


def _rows(campaign: Campaign) -> Select[Message]:
    return (
        select(Message)
        .join(Step, Step.id == Message.step_id)
        .where(Step.campaign_id == campaign.id)
    )


def _move(campaign: Campaign, old: CampaignState, new: CampaignState) -> bool:
    """Change the state if it still is the old one; two people at once do it once."""
    db.session.flush()
    moved = db.session.execute(
        update(Campaign)
        .where(Campaign.id == campaign.id, Campaign.state == old)
        .values(state=new)
        .returning(Campaign.id)
    ).scalar_one_or_none()
    db.session.refresh(campaign)
    return moved is not None


def _expect(campaign: Campaign, *states: CampaignState) -> None:
    if campaign.state not in states:
        raise WrongState(f"Dat kan niet: “{campaign.name}” {WORDS[campaign.state]}.")


def _record(
    act: str, campaign: Campaign, by: Actor, now: datetime, *, note: str = "", **detail: int
) -> None:
    audit.record(
        act,
        f"campaign:{campaign.id}",
        by=by,
        now=now,
        sender_id=campaign.sender_id,
        note=note,
        **detail,
    )


#: A campaign's state in a sentence: "Oproep is een concept".
WORDS = {
    CampaignState.DRAFT: "is een concept",
    CampaignState.RUNNING: "loopt",
    CampaignState.PAUSED: "is gepauzeerd",
    CampaignState.CANCELLED: "is gestopt",
    CampaignState.FINISHED: "is klaar",
}
