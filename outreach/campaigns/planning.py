"""The plan: who gets which step when, who not, and why."""

import zlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, String, and_, case, cast, exists, func, null, select

from outreach.campaigns import audience, conditions, scheduling, selections, softly, windows
from outreach.campaigns.audience import REASONS
from outreach.campaigns.knowing import Evidence
from outreach.campaigns.models import Campaign, CampaignState, Step, StepState
from outreach.campaigns.moments import Facts, Moment, Moments
from outreach.clock import dutch_date
from outreach.contacts.models import Channel, Gemeente, Office
from outreach.db import db
from outreach.delivery import outbox
from outreach.delivery.models import DeliveryEvent, Message, State
from outreach.letters import dutch

#: Parts of an audience that name people, not places.
_BY_NAME = {"list", "tag", "answered", "not_answered", "registered_for", "segment"}

#: A letter that does not leave any more.
STOPPED = Message.state.in_((State.CANCELLED, State.SUPPRESSED))


@dataclass(frozen=True)
class Planned:
    """Someone who gets the step."""

    email: str
    gemeente_code: str
    gemeente_name: str
    variant: str
    contact_id: int
    note: str = ""  #: Dutch: what one would not expect, e.g. a shared mailbox
    at: datetime | None = None  #: when it can leave, where that is not with the first
    why: str = ""  #: Dutch: what it waits for: "na de meivakantie"

    @property
    def moment(self) -> str:
        """ "na de meivakantie, ma 4 mei", "ma 4 mei"; "" when it leaves with the first"""
        day = dutch.day_date(dutch_date(self.at)) if self.at else ""
        return ", ".join(part for part in (self.why, day) if part)


@dataclass(frozen=True)
class Skipped:
    """Someone in the audience who does not, and how we know."""

    email: str
    gemeente_code: str
    gemeente_name: str
    variant: str
    contact_id: int
    reason: str  #: a code of REASONS
    evidence: str  #: Dutch
    since: datetime | None = None
    late: bool = False  #: its letter was ready when this came in, and did not leave

    @property
    def words(self) -> str:
        return REASONS.get(self.reason, self.reason)

    @property
    def told(self) -> str:
        """The evidence, and that it came in at the last moment."""
        if not self.late:
            return self.evidence
        what = "antwoord" if self.reason == "answered" else "dit"
        return f"{what} kwam net voor verzending: niet verstuurd ({self.evidence})"


@dataclass
class StepPlan:
    step: Step
    at: datetime | None  #: when the first can leave
    send: list[Planned] = field(default_factory=list)
    skip: list[Skipped] = field(default_factory=list)
    missing: list[Gemeente] = field(default_factory=list)  #: meant, but without an address


def plan(campaign: Campaign, *, now: datetime, at: datetime | None = None) -> list[StepPlan]:
    """Every step with who gets it and who not, as things stand.

    For a step that is sent this is what happened; for one to come, what would happen now.

    :param at: the moment to look from (terms and confirmations change with the date)
    """
    facts = Facts([campaign.id])
    return [plan_step(step, now=at or now, facts=facts) for step in campaign.steps]


def plan_step(step: Step, *, now: datetime, facts: Facts | None = None) -> StepPlan:
    """
    :param facts: where many steps are asked about at once
    """
    facts = facts or Facts([step.campaign_id])
    found = StepPlan(step, scheduling.leaves_at(step, facts=facts))
    if step.state is StepState.QUEUED:
        _what_happened(found, now, facts)
    else:
        _what_would_happen(found, now, facts)
    _note_shared_mailboxes(found)
    _find_missing(found, now)
    return found


def later(plan: StepPlan) -> list[tuple[date, str, int]]:
    """The letters that leave on another day than the first: per day and reason how many.

    Where each waits for its own raad there is no reason but that of all letters of a day.
    """
    first = dutch_date(plan.at) if plan.at else None
    found = [
        (dutch_date(one.at), one.why)
        for one in plan.send
        if one.at is not None and dutch_date(one.at) != first
    ]
    if plan.step.council_days is not None:
        whys: dict[date, set[str]] = defaultdict(set)
        for day, why in found:
            whys[day].add(why)
        found = [(day, why if len(whys[day]) == 1 else "") for day, why in found]
    counted = Counter(found)
    return [(day, why, count) for (day, why), count in sorted(counted.items())]


def pulse(campaign: Campaign, *, now: datetime) -> str:
    """Differs as soon as the plan would say something else of some gemeente, or leave otherwise.

    A query or two for each step, so that a page can ask it again and again.
    """
    facts = Facts([campaign.id])
    found: list[Any] = [campaign.state]
    for step in campaign.steps:
        found += [step.state, scheduling.leaves_at(step, facts=facts)]
        if step.state is StepState.QUEUED:
            waits = Message.state.in_(outbox.WAITS)
            kinds: list[ColumnElement[Any]] = [
                cast(Message.state, String),
                cast(Message.reason, String),
                case((waits, audience.drop_of_message(now)), else_=null()),
            ]
            rows = select(*kinds, func.count()).where(Message.step_id == step.id).group_by(*kinds)
        else:
            people = audience.members(step, now=now).order_by(None).subquery()
            asked = people.c.reason, people.c.waits
            rows = select(*asked, func.count()).group_by(*asked)
        found += sorted(map(str, db.session.execute(rows)))
    found.append(facts.raden_seen)
    return f"{zlib.crc32(repr(found).encode()):08x}"


def _segment(plan: StepPlan) -> dict[str, str]:
    """The selectie that the letter goes to, in words, when it goes to one."""
    words = selections.said(plan.step.campaign.audience)
    return {"segment": words} if words else {}


def _condition(plan: StepPlan) -> dict[str, str]:
    """Whom of the audience the step goes to, in words, when not to everyone."""
    words = conditions.in_words(conditions.of(plan.step), plan.step.campaign)
    return {"to": words} if words else {}


def as_json(plans: list[StepPlan]) -> dict[str, Any]:
    """The plan as CONTRACT's `campaigns plan --json` prints it."""
    return {
        "steps": [
            {
                "step": plan.step.position,
                "at": plan.at.isoformat() if plan.at else None,
                "send": [
                    {
                        "email": one.email,
                        "gemeente": one.gemeente_code,
                        "body": one.variant,
                        "note": one.note,
                        **({"at": one.at.isoformat()} if one.at else {}),
                        **({"because": one.why} if one.why else {}),
                    }
                    for one in plan.send
                ],
                "skip": [
                    {
                        "email": one.email,
                        "gemeente": one.gemeente_code,
                        "body": one.variant,
                        "reason": one.reason,
                        "evidence": one.told,
                    }
                    for one in plan.skip
                ],
                "missing": [gemeente.code for gemeente in plan.missing],
                **_condition(plan),
                **_segment(plan),
            }
            for plan in plans
        ]
    }


def as_lines(plans: list[StepPlan]) -> Iterator[str]:
    """The plan for a terminal."""
    if plans and (segment := _segment(plans[0])):
        yield f"Selectie: {segment['segment']}"
    for plan in plans:
        when = dutch.day_time(plan.at) if plan.at else "moment nog niet bekend"
        yield f"Stap {plan.step.position}, {when}: {len(plan.send)} krijgen hem"
        if condition := _condition(plan):
            yield f"  {condition['to']}"
        for day, why, count in later(plan):
            yield f"  {count} pas op {dutch.day_date(day)}{f', {why}' if why else ''}"
        for one in plan.send:
            said = "  ".join(part for part in (one.moment, one.note) if part)
            yield f"  {one.email}  {one.gemeente_name}  {said}".rstrip()
        if plan.skip:
            yield f"  {len(plan.skip)} niet:"
        for skipped in plan.skip:
            yield f"  - {skipped.email}  {skipped.gemeente_name}: {skipped.told}"
        if plan.missing:
            yield f"  zonder adres: {', '.join(one.name for one in plan.missing)}"


def _what_would_happen(found: StepPlan, now: datetime, facts: Facts) -> None:
    evidence = Evidence(found.step)
    doubtful = _doubtful(found.step.campaign)
    due = scheduling.due_at(found.step, facts=facts)
    own = Moments(found.step, now=max(due, now), facts=facts) if due else None
    for row in db.session.execute(audience.members(found.step, now=now)):
        party = (row.variant, row.gemeente_code or "")
        reason = row.reason or ("uncertain" if row.waits and party in doubtful else None)
        who = (row.email, row.gemeente_code or "", row.gemeente_name, row.variant, row.contact_id)
        if reason is None:
            found.send.append(_timed(Planned(*who), own.of(row) if own else None))
        else:
            words, since = evidence.of(reason, row)
            found.skip.append(Skipped(*who, reason, words, since))
    _say_who_is_later(found)


def _timed(one: Planned, moment: Moment | None) -> Planned:
    if moment is None:
        return one
    return replace(one, at=moment.at if moment.own else None, why=moment.why)


def _say_who_is_later(found: StepPlan) -> None:
    """The step is when its first letter can leave; a letter has a moment of its own if later."""
    opens = {
        one.at: windows.next_opening(found.step.campaign, one.at) for one in found.send if one.at
    }
    if found.send and all(one.at for one in found.send):
        found.at = min(opens.values())
    found.send[:] = [
        replace(one, at=None if one.at is None or opens[one.at] == found.at else opens[one.at])
        for one in found.send
    ]


def _what_happened(found: StepPlan, now: datetime, facts: Facts) -> None:
    """What left and what did not; of what still waits, what would happen now."""
    evidence = Evidence(found.step)
    own = Moments(found.step, now=now, facts=facts, made=True)
    waits, moves = Message.state.in_(outbox.WAITS), found.step.council_days is not None
    row: Any = Message
    rows = db.session.execute(
        select(
            Message,
            Gemeente.name,
            case((waits, audience.drop_of_message(now)), (STOPPED, row.reason), else_=null()),
            and_(STOPPED, _was_ready()),
        )
        .outerjoin(Gemeente, Gemeente.code == Message.gemeente_code)
        .where(Message.step_id == found.step.id)
        .order_by(Gemeente.sort_key, Message.variant, Message.id)
    )
    for message, name, reason, late in rows:
        who = (
            message.address,
            message.gemeente_code or "",
            name or "",
            message.variant,
            message.contact_id or 0,
        )
        if reason is None:
            one = Planned(*who)
            if moves and message.state is State.QUEUED:
                moment = own.of(message)
                one = replace(one, at=moment.at if moment.at > now else None, why=moment.why)
            elif message.not_before > now:
                later = own.of(message)
                soft = found.step.position == 1 and found.step.campaign.soft_first
                why = later.why or (softly.after_first(found.step.campaign) if soft else "")
                one = replace(one, at=message.not_before, why=why)
            found.send.append(one)
        else:
            words, since = evidence.of(reason, message)
            found.skip.append(Skipped(*who, reason, words, since, late))


def stopped_late(step_ids: Collection[int]) -> dict[int, int]:
    """Per step how many letters were ready and did not leave: an answer came in just before."""
    rows = db.session.execute(
        select(Message.step_id, func.count())
        .where(
            Message.step_id.in_(step_ids),
            Message.state == State.CANCELLED,
            Message.reason == "answered",
            _was_ready(),
        )
        .group_by(Message.step_id)
    )
    return {step_id or 0: count for step_id, count in rows}


def _was_ready() -> ColumnElement[bool]:
    """SQL over `message`: it stopped after it was made, not when it was."""
    stopped = exists().where(
        DeliveryEvent.message_id == Message.id,
        DeliveryEvent.from_state.is_not(None),
        DeliveryEvent.to_state.in_((State.CANCELLED, State.SUPPRESSED)),
    )
    return stopped.correlate(Message)


def _doubtful(campaign: Campaign) -> set[tuple[str, str]]:
    if campaign.state is CampaignState.DRAFT:
        return set()
    rows = db.session.execute(
        select(Message.variant, Message.gemeente_code).where(
            Message.step_id == campaign.steps[0].id, Message.state == State.UNCERTAIN
        )
    )
    return {(variant, code or "") for variant, code in rows}


def _note_shared_mailboxes(found: StepPlan) -> None:
    """Say of each mailbox that gets more than one letter with whom it is shared."""
    letters: dict[str, list[Planned]] = defaultdict(list)
    for one in found.send:
        letters[one.email.lower()].append(one)
    noted = []
    for one in found.send:
        others = [o for o in letters[one.email.lower()] if o is not one]
        noted.append(one if not others else _shared(one, others))
    found.send[:] = noted


def _shared(one: Planned, others: list[Planned]) -> Planned:
    names = ", ".join(
        f"{o.gemeente_name} ({o.variant})" if o.variant != one.variant else o.gemeente_name
        for o in others
    )
    note = f"zelfde postbus als {names}: {dutch.number(len(others) + 1)} brieven"
    return replace(one, note=note)


def _find_missing(found: StepPlan, now: datetime) -> None:
    campaign = found.step.campaign
    if _BY_NAME & set(campaign.audience):
        return  # the list itself says who is meant
    have = {one.gemeente_code for one in found.send}
    have |= {one.gemeente_code for one in found.skip}
    by_hand = select(Office.gemeente_code).where(
        Office.channel != Channel.EMAIL, Office.function.in_(audience.functions(campaign))
    )
    have |= {code or "" for code in db.session.scalars(by_hand)}
    meant = db.session.scalars(
        audience.gemeenten_meant(campaign, today=dutch_date(now)).order_by(Gemeente.sort_key)
    )
    found.missing = [gemeente for gemeente in meant if gemeente.code not in have]
