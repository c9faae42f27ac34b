"""What a coordinator wants to know first: what waits, what comes, what runs, what happened."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import cast, func, literal, null, select, union_all

from outreach.accounts.models import Setting
from outreach.answers import contradicting
from outreach.answers.models import Answer, ListHit
from outreach.campaigns import figures, looking, windows
from outreach.campaigns.models import Campaign, CampaignState, Step, StepState
from outreach.clock import dutch_date, system_now
from outreach.contacts import checklist
from outreach.contacts.models import Gemeente
from outreach.db import db
from outreach.delivery import pacing
from outreach.delivery.arrivals import Incoming, Mailbox, Place
from outreach.delivery.models import Message, Relay, State
from outreach.events import recounting
from outreach.ledger import doubts, lines, meetings, sheet, timeline
from outreach.ledger.doubts import Doubt
from outreach.ledger.lines import Line
from outreach.ledger.meetings import Gathering
from outreach.ledger.standing import Standing
from outreach.ledger.timeline import Happening
from outreach.letters import dutch

#: The words after the number of a limit.
PACES = {
    "per_minute": "per minuut",
    "per_hour": "per uur",
    "per_day": "per dag",
    "megabytes_per_hour": "MB per uur",
}
Counts = dict[State, int]
MOST_COMING = 5
MOST_NAMES = 3  #: of gemeenten in one line
NO_LETTER = 0


@dataclass(frozen=True)
class Attention:
    """Something that needs a person now."""

    standing: Standing | None  #: None for what is no status
    title: str
    detail: str
    campaign: Campaign | None
    endpoint: str = ""  #: of the page where it is done, when it has one of its own
    slug: str | None = None  #: of the letter that this page is of


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
    finish: str = ""  #: when its last letter leaves and at which pace, where limits set one
    rest: str = ""  #: that nothing leaves now, and from when the letters that wait do

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
    to_check: int  #: how many griffies have an address that someone has to look at


def of(now: datetime, *, paced: bool) -> Overview:
    """Everything on the first page; the number of queries does not grow with the letters.

    :param paced: whether limits of senders are kept to
    """
    found = lines.everything()
    campaigns = [line.campaign for line in found]
    waits, (counted, firsts) = _what_waits(dutch_date(now)), _counted(campaigns)
    runs = _progress(campaigns, counted, firsts, now, paced=paced)
    return Overview(
        _attention(found, counted, waits),
        sorted([*_coming(found, now), *meetings.coming(now)], key=lambda one: one.at),
        [one for one in runs if _runs(one)],
        latest(),
        found,
        next(count for kind, _, _, count in waits if kind == "check"),
    )


@dataclass(frozen=True)
class Brief:
    """What waits, in numbers, for a page that names no gemeenten."""

    attention: list[Attention]
    counts: dict[int, Counts]  #: by campaign
    to_check: int


def briefly(campaigns: Sequence[Campaign], now: datetime) -> Brief:
    """What needs a person about these letters and around them; two queries."""
    counted, waits = _counts(campaigns), _what_waits(dutch_date(now))
    told = (
        _paused(campaigns),
        _machines(waits),
        _in_doubt(campaigns, counted),
        _approvals(campaigns),
    )
    to_check = next(count for kind, _, _, count in waits if kind == "check")
    return Brief([one for part in told for one in part], counted, to_check)


def _in_doubt(campaigns: Sequence[Campaign], counted: dict[int, Counts]) -> Iterator[Attention]:
    for one in campaigns:
        if count := counted[one.id][State.UNCERTAIN]:
            title = f"{dutch.plural(count, 'brief', 'brieven')} misschien verstuurd"
            yield Attention(Standing.ONZEKER, title, one.name, one)


def waiting(now: datetime) -> list[Attention]:
    """What needs a person now, worst first, for who does not look at a page."""
    found = lines.everything()
    counted = _counts([line.campaign for line in found])
    return _attention(found, counted, _what_waits(dutch_date(now)))


def _approvals(campaigns: Sequence[Campaign]) -> Iterator[Attention]:
    """Drafts of which someone asked a second person to read them."""
    for one in campaigns:
        open_ = one.approval_of and not one.approved_by and not one.approval_remark
        if one.state is CampaignState.DRAFT and open_:
            yield Attention(
                None,
                f"“{one.name}” wacht op akkoord",
                "Iemand anders dan de schrijver leest de brief en geeft akkoord.",
                one,
            )


def _attention(
    found: Sequence[Line],
    counted: dict[int, Counts],
    waits: Sequence[tuple[str, datetime | None, str, int]],
) -> list[Attention]:
    campaigns = [line.campaign for line in found]
    doubtful = any(counts[State.UNCERTAIN] for counts in counted.values())
    told = (
        _paused(campaigns),
        _machines(waits),
        _doubts() if doubtful else (),
        _lost(found),
        _approvals(campaigns),
    )
    return [one for part in told for one in part]


def progress(
    campaign: Campaign, counts: Counts, first: datetime | None, *, now: datetime, paced: bool
) -> Progress:
    """How far the letters are that are ready to leave, over all steps.

    :param first: when the first of those that are `QUEUED` is due
    """
    same_sender = select(Campaign).where(
        Campaign.sender_id == campaign.sender_id,
        Campaign.state == CampaignState.RUNNING,
        Campaign.id != campaign.id,
    )
    others = db.session.scalars(same_sender).all() if paced and _waiting(counts) else []
    counted, firsts = _counted(others) if others else ({}, {})
    counted, firsts = counted | {campaign.id: counts}, firsts | {campaign.id: first}
    return next(_progress([campaign, *others], counted, firsts, now, paced=paced))


def _progress(
    campaigns: Sequence[Campaign],
    counted: dict[int, Counts],
    firsts: Mapping[int, datetime | None],
    now: datetime,
    *,
    paced: bool,
) -> Iterator[Progress]:
    running: dict[int, list[int]] = defaultdict(list)
    for campaign in campaigns:
        if campaign.state is CampaignState.RUNNING and windows.is_open(campaign, now):
            running[campaign.sender_id].append(_waiting(counted[campaign.id]))
    to_groups = _to_groups() if paced else {}
    for campaign in campaigns:
        counts = counted[campaign.id]
        waiting = _waiting(counts)
        total = sum(counts.values()) - sum(counts[state] for state in sheet.NEVER)
        # Campaigns of one sender leave by turns: the shorter ones are done while this one is.
        ahead = sum(min(waiting, other) for other in running[campaign.sender_id])
        groups = {
            group_id: sum(min(mine, other.get(group_id, 0)) for other in to_groups.values())
            for group_id, mine in to_groups.get(campaign.id, {}).items()
        }
        rest = figures.rest_at(campaign, counts, firsts.get(campaign.id), now=now)
        begun = bool(counts[State.ACCEPTED] or counts[State.UNCERTAIN])
        leaves = paced and waiting and rest is None
        finish = _finish(campaign, ahead, groups, counts, now) if leaves else ""
        yield Progress(
            campaign,
            total - waiting,
            counts[State.ACCEPTED],
            counts[State.UNCERTAIN],
            total,
            finish,
            figures.said_rest(rest, begun=begun, now=now) if rest else "",
        )


def _waiting(counts: Counts) -> int:
    return sum(counts[state] for state in sheet.OPEN)


def _to_groups() -> dict[int, dict[int | None, int]]:
    """By campaign how many letters wait for each group of receivers."""
    found: dict[int, dict[int | None, int]] = defaultdict(dict)
    rows = db.session.execute(
        select(Step.campaign_id, Message.receiver_group_id, func.count())
        .join(Step, Step.id == Message.step_id)
        .join(Campaign, Campaign.id == Step.campaign_id)
        .where(
            Message.receiver_group_id.is_not(None),
            Message.state.in_(sheet.OPEN),
            Campaign.state == CampaignState.RUNNING,
        )
        .group_by(Step.campaign_id, Message.receiver_group_id)
    )
    for campaign_id, group_id, count in rows:
        found[campaign_id][group_id] = count
    return found


def _finish(
    campaign: Campaign, ahead: int, to_groups: dict[int | None, int], counts: Counts, now: datetime
) -> str:
    """ "Klaar rond 10.42 uur, 30 per minuut"; empty when nothing slows it down, or it stops.

    While one is in doubt it is not done when the last has left.
    """
    if campaign.state is not CampaignState.RUNNING or not windows.is_open(campaign, now):
        return ""
    found = pacing.forecast(campaign.sender, ahead, at=system_now(), to_groups=to_groups)
    if found is None or not windows.is_open(campaign, now + found.wait):
        return ""
    at = now + found.wait
    when = dutch.clock_time(at) if dutch_date(at) == dutch_date(now) else dutch.day_time(at)
    pace = f"{dutch.number(found.most)} {PACES[found.limit]}"
    if found.group:
        pace += f" naar {found.group}"
    done = "Laatste brief weg" if counts[State.UNCERTAIN] else "Klaar"
    return f"{done} rond {when}, {pace}"


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
    """Letters by state; below `NO_LETTER` what is in doubt and belongs to none."""
    return _counted(campaigns)[0]


def _counted(
    campaigns: Iterable[Campaign],
) -> tuple[dict[int, Counts], dict[int, datetime | None]]:
    """As `_counts`, and when the first letter is due of those that are `QUEUED`."""
    firsts: dict[int, datetime | None] = {}
    found: dict[int, Counts] = defaultdict(lambda: dict.fromkeys(State, 0))
    letters = (
        select(Step.campaign_id, Message.state, func.count(), func.min(Message.not_before))
        .join(Step, Step.id == Message.step_id)
        .where(Step.campaign_id.in_([campaign.id for campaign in campaigns]))
        .group_by(Step.campaign_id, Message.state)
    )
    others = (
        select(literal(NO_LETTER), Message.state, func.count(), func.min(Message.not_before))
        .where(Message.state == State.UNCERTAIN, Message.step_id.is_(None))
        .group_by(Message.state)
    )
    for campaign_id, state, count, first in db.session.execute(union_all(letters, others)):
        found[campaign_id][state] = count
        if state is State.QUEUED:
            firsts[campaign_id] = first
    return found, firsts


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


def _what_waits(today: date) -> Sequence[tuple[str, datetime | None, str, int]]:
    """Mail servers that refuse, mailboxes that cannot be read, mail that waits, addresses to
    check, answers that contradict one another and lists that may name a letter (its slug), in
    one query: kind, down_since, fault, count.
    """
    relays = select(
        literal("relay").label("kind"), Relay.down_since, Relay.fault, literal(0).label("count")
    ).where(Relay.down_since.is_not(None), Relay.failures > 0)
    boxes = select(literal("mailbox"), Mailbox.down_since, Mailbox.fault, literal(0)).where(
        Mailbox.down_since.is_not(None)
    )
    mails = select(
        literal("mail"), cast(null(), Mailbox.down_since.type), literal(""), func.count()
    ).where(Incoming.state == Place.WAITING)
    checks = select(
        literal("check"),
        cast(null(), Mailbox.down_since.type),
        literal(""),
        checklist.counting(today).scalar_subquery(),
    )
    miscounts = select(
        literal("seats"),
        cast(null(), Mailbox.down_since.type),
        Setting.value["sentence"].as_string(),
        literal(0),
    ).where(Setting.key == recounting.FOUND)
    opposed = select(
        literal("opposed"), cast(null(), Mailbox.down_since.type), literal(""),
        contradicting.counting(),
    )  # fmt: skip
    seen = (
        select(literal("seen"), cast(null(), Mailbox.down_since.type), Campaign.slug, func.count())
        .join(ListHit, ListHit.campaign_id == Campaign.id)
        .where(looking.waits())
        .group_by(Campaign.slug)
    )
    rows = db.session.execute(union_all(relays, boxes, mails, checks, miscounts, opposed, seen))
    return [(kind, since, fault, count) for kind, since, fault, count in rows]


def _machines(waits: Sequence[tuple[str, datetime | None, str, int]]) -> Iterator[Attention]:
    titles = {
        "relay": "Mailserver weigert onze post",
        "mailbox": "Een postbus is niet te lezen",
        "seats": "De telling van plaatsen klopt niet",
    }
    pages = {"seats": "office_meetings.index"}
    for kind, down_since, fault, count in waits:
        since = f"Sinds {dutch.day_time(down_since)}. " if down_since else ""
        if kind in titles:
            yield Attention(None, titles[kind], f"{since}{fault}", None, pages.get(kind, ""))
        elif kind == "mail" and count:
            title = f"{dutch.plural(count, 'reactie wacht', 'reacties wachten')} op u"
            detail = "Van welke gemeente is de mail, en wat staat erin?"
            yield Attention(None, title, detail, None, "reactions.index")
        elif kind == "opposed" and count:
            title = f"{dutch.plural(count, 'gemeente spreekt', 'gemeenten spreken')} zichzelf tegen"
            detail = "De een zegt dit, de ander dat. Kijk welk antwoord klopt."
            yield Attention(None, title, detail, None, "contradictions.index")
        elif kind == "seen":
            title = f"{dutch.plural(count, 'lijst noemt', 'lijsten noemen')} misschien uw brief"
            detail = "Kijk of het klopt. Dan komt het in de tijdlijn van de gemeente."
            yield Attention(None, title, detail, None, "listed.show", slug=fault)


def _doubts() -> Iterator[Attention]:
    per_letter: dict[int, list[Doubt]] = defaultdict(list)
    notices = 0
    for doubt in doubts.everything():
        if doubt.campaign is None:
            notices += 1
        else:
            per_letter[doubt.campaign.id].append(doubt)
    for found in per_letter.values():
        names = sorted({one.gemeente.name for one in found if one.gemeente})
        of = f": {dutch.enumeration(names)}" if 0 < len(names) <= MOST_NAMES else ""
        letter = found[0].campaign.name if found[0].campaign else ""
        yield Attention(
            Standing.ONZEKER,
            f"{dutch.plural(len(found), 'brief', 'brieven')} misschien verstuurd",
            f"{letter}{of}. De verbinding brak tijdens het versturen.",
            found[0].campaign,
        )
    if notices:
        yield Attention(
            Standing.ONZEKER,
            f"{dutch.plural(notices, 'bericht', 'berichten')} misschien verstuurd",
            "Ook bij de tweede keer brak de verbinding.",
            None,
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
