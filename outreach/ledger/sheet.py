"""One letter as a whole: where it stands, what each step did or will do, what is in doubt."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import func, select

from outreach.campaigns import audience, conditions, figures, planning, running, scheduling
from outreach.campaigns.models import Campaign, CampaignState, Recipients, Step, StepState
from outreach.campaigns.moments import Facts
from outreach.clock import dutch_date
from outreach.db import db
from outreach.delivery.models import Message, State
from outreach.ledger import standing
from outreach.ledger.standing import SENT, GemeenteStanding, Standing
from outreach.letters import dutch

#: States of letters that still have to leave, or may have left without our knowing.
OPEN = (State.QUEUED, State.CLAIMED, State.SUBMITTING, State.DEFERRED)
NEVER = (State.CANCELLED, State.SUPPRESSED)
#: Standings that someone told us, as opposed to what the mail system said.
TOLD = (
    Standing.ONTVANGEN,
    Standing.IN_BEHANDELING,
    Standing.DOORGESTUURD,
    Standing.NAAR_COLLEGE,
    Standing.OP_LIJST,
    Standing.BESPROKEN,
    Standing.ANTWOORD,
    Standing.GESPREK,
    Standing.GEWEIGERD,
)
_DID = {
    Standing.ANTWOORD: ("gaf antwoord", "gaven antwoord"),
    Standing.BESPROKEN: ("besprak de brief", "bespraken de brief"),
    Standing.OP_LIJST: ("zette de brief op de lijst", "zetten de brief op de lijst"),
    Standing.DOORGESTUURD: ("stuurde de brief door", "stuurden de brief door"),
    Standing.NAAR_COLLEGE: (
        "stuurde de brief naar het college",
        "stuurden de brief naar het college",
    ),
    Standing.GESPREK: ("wil een gesprek", "willen een gesprek"),
    Standing.GEWEIGERD: ("plaatste de brief niet", "plaatsten de brief niet"),
    Standing.IN_BEHANDELING: ("heeft de brief in behandeling", "hebben de brief in behandeling"),
    Standing.ONTVANGEN: ("bevestigde de ontvangst", "bevestigden de ontvangst"),
    Standing.VERSTUURD: ("reageerde nog niet", "reageerden nog niet"),
}


@dataclass(frozen=True)
class StepLine:
    """One step: what became of its letters, or whom it will go to."""

    step: Step
    at: datetime | None
    counts: dict[State, int]
    send: int = 0
    skip: int = 0
    late: int = 0  #: letters that were ready, and did not leave for an answer that came in
    rest: datetime | None = None  #: until when the last of those that are ready wait
    first: datetime | None = None  #: when the first of those that are ready is due

    @property
    def title(self) -> str:
        return title(self.step)

    @property
    def made(self) -> bool:
        """Whether its letters exist."""
        return self.step.state is StepState.QUEUED

    @property
    def lost(self) -> int:
        return sum(self.counts[state] for state in (State.REFUSED, State.EXPIRED, State.FAILED))

    @property
    def left(self) -> int:
        return sum(self.counts[state] for state in OPEN)


@dataclass(frozen=True)
class Sheet:
    """What the page of a letter shows."""

    campaign: Campaign
    state: CampaignState
    rows: list[GemeenteStanding]
    steps: list[StepLine]
    uncertain: list[tuple[Message, int]]

    @property
    def counts(self) -> dict[Standing, int]:
        return standing.counts(self.rows)

    @property
    def sent(self) -> int:
        """Gemeenten that got the letter, or may have."""
        return sum(self.counts[one] for one in SENT)

    @property
    def rounds(self) -> int:
        """Moments: two texts of one reminder are one."""
        return conditions.rounds([line.step for line in self.steps if not line.step.corrects_id])

    @property
    def sentence(self) -> str:
        return sentence(self)


def of(campaign: Campaign, *, now: datetime, body: str | None = None) -> Sheet:
    """The letter as it stands. A dozen queries, whatever its size.

    :param body: only what this body got and answered; both when None
    """
    facts = Facts([campaign.id])
    counted, waits, firsts = _counted(campaign, facts)
    ended = [one for one, counts in counted.items() if counts[State.CANCELLED]]
    late = planning.stopped_late(ended) if ended else {}
    steps = [
        _line(step, counted[step.id], now, late.get(step.id, 0), facts) for step in campaign.steps
    ]
    steps = [
        replace(one, rest=at) if (at := waits.get(one.step.id)) and at > now else one
        for one in steps
    ]
    steps = [replace(one, first=firsts.get(one.step.id)) for one in steps]
    in_doubt = any(line.counts[State.UNCERTAIN] for line in steps)
    return Sheet(
        campaign,
        running.state_of(campaign),
        standing.per_gemeente(campaign, body=body),
        steps,
        figures.uncertain(campaign) if in_doubt else [],
    )


def by_step(campaign: Campaign) -> tuple[dict[int, dict[State, int]], datetime | None]:
    """Letters by state, per step, every state is there; and when the first that waits is due."""
    counted, _waits, firsts = _counted(campaign, Facts([campaign.id]))
    return counted, min(firsts.values(), default=None)


def _counted(
    campaign: Campaign, facts: Facts
) -> tuple[dict[int, dict[State, int]], dict[int, datetime], dict[int, datetime]]:
    """Letters by state, per step, and until when the last and the first of them wait.

    When the first letter arrived is read along with it.
    """
    found = {step.id: dict.fromkeys(State, 0) for step in campaign.steps}
    rows = db.session.execute(
        select(
            Message.step_id,
            Message.state,
            func.count(),
            func.min(Message.accepted_at),
            func.max(Message.not_before),
            func.min(Message.not_before),
        )
        .where(Message.step_id.in_(found))
        .group_by(Message.step_id, Message.state)
    )
    arrived, waits, firsts = [], {}, {}
    for step_id, state, count, at, latest, first in rows:
        found[step_id or 0][state] = count
        if state is State.QUEUED:
            waits[step_id or 0], firsts[step_id or 0] = latest, first
        arrived += [at] if at and step_id == campaign.steps[0].id else []
    facts.arrivals = {campaign.id: min(arrived)} if arrived else {}
    return found, waits, firsts


def total(counted: Mapping[int, Mapping[State, int]]) -> dict[State, int]:
    """Letters by state over all steps."""
    return {state: sum(counts[state] for counts in counted.values()) for state in State}


def title(step: Step) -> str:
    """ "Brief", "Herinnering", "Tweede herinnering", "Herinnering na ontvangst", "Verbetering" """
    if step.corrects_id:
        return "Verbetering"
    if step.position == 1:
        return "Brief"
    names = {2: "Tweede herinnering", 3: "Derde herinnering"}
    own = step.recipients is Recipients.RECEIPT or step.meeting_registered
    if step.position < 4 and not own:
        return names.get(step.position - 1, "Herinnering")
    until = step.campaign.steps[: step.position]
    name = names.get(conditions.rounds(until) - 1, "Herinnering")
    if not own or not any(conditions.is_other_text(step, other) for other in until):
        return name
    return f"{name} na {'aanmelding' if step.meeting_registered else 'ontvangst'}"


def did(told: Standing | None) -> tuple[str, str]:
    """What one gemeente or several did, in the past: "stuurde de brief door"."""
    return _DID.get(told or Standing.ANTWOORD, _DID[Standing.ANTWOORD])


def told_per_day(rows: Iterable[GemeenteStanding]) -> dict[date, Counter[Standing]]:
    """On which day gemeenten came to stand where they stand because someone told us."""
    days: dict[date, Counter[Standing]] = {}
    for row in rows:
        if row.standing in TOLD and row.since is not None:
            days.setdefault(dutch_date(row.since), Counter())[row.standing] += 1
    return dict(sorted(days.items()))


def sentence(sheet: Sheet) -> str:
    """How it stands, in two or three sentences for the top of the page."""
    counts = sheet.counts
    if not sheet.sent:
        return _to_come(sheet)
    told = [
        f"{dutch.number(counts[one])} {_DID[one][counts[one] != 1]}" for one in _DID if counts[one]
    ]
    parts = [f"Wij schreven {dutch.plural(sheet.sent, 'gemeente', 'gemeenten')}."]
    if told:
        parts.append(f"{', '.join(told)}.")
    if lost := counts[Standing.ONBESTELBAAR]:
        parts.append(f"{dutch.plural(lost, 'brief kwam', 'brieven kwamen')} niet aan.")
    if doubt := counts[Standing.ONZEKER]:
        parts.append(f"Van {dutch.plural(doubt, 'brief', 'brieven')} is dat niet zeker.")
    return " ".join(parts)


def _to_come(sheet: Sheet) -> str:
    first = sheet.steps[0]
    when = f" op {dutch.day_time(first.at)}" if first.at else ""
    whom = dutch.plural(first.send, "adres krijgt", "adressen krijgen")
    rest = f", {dutch.number(first.skip)} niet" if first.skip else ""
    if sheet.state is CampaignState.CANCELLED:
        return "Deze brief is gestopt voordat er iets wegging."
    if first.made:
        return f"De brief gaat nu weg, naar {dutch.plural(first.left, 'adres', 'adressen')}."
    return f"Nog niets verstuurd: {whom} de brief{when}{rest}."


def _line(step: Step, counts: dict[State, int], now: datetime, late: int, facts: Facts) -> StepLine:
    at = scheduling.leaves_at(step, facts=facts)
    if step.state is not StepState.PLANNED:
        return StepLine(step, at, counts, late=late)
    send, skip = would(step, now)
    return StepLine(step, at, counts, send, skip)


def would(step: Step, now: datetime) -> tuple[int, int]:
    """How many get a step to come and how many not, as the plan has it."""
    people = audience.members(step, now=now).order_by(None).subquery()
    rows = db.session.execute(
        select(people.c.reason, people.c.waits, func.count()).group_by(
            people.c.reason, people.c.waits
        )
    ).all()
    if any(waits and reason is None for reason, waits, _count in rows):
        plan = planning.plan_step(step, now=now)  # who waits for what is in doubt is no number
        return len(plan.send), len(plan.skip)
    send = sum(count for reason, _waits, count in rows if reason is None)
    return send, sum(count for _reason, _waits, count in rows) - send
