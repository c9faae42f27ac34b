"""Looking for our letters on lists of ingekomen stukken, by way of a search engine of councils.

In pieces: a plan from the database, questions while nothing is held there, and what came of it
written down with how far it came. A piece that ends early, or never, is gone on with. Nothing
changes for a gemeente: what is found is a proposal, and a person confirms it.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.answers.choices import RAAD
from outreach.answers.models import Answer, HitState, ListHit, ListLook, Status
from outreach.campaigns import listed, recognising
from outreach.campaigns.listed import Sighting
from outreach.campaigns.models import Campaign, Step, StepText
from outreach.campaigns.recognising import Letter, Place
from outreach.clock import dutch_date
from outreach.contacts import channels
from outreach.contacts.models import Gemeente
from outreach.db import db
from outreach.delivery.models import Message, State
from outreach.delivery.openbesluitvorming import NotAnswered, Server, TooLarge
from outreach.errors import Invalid

EVIDENCE = "gezien op de lijst ingekomen stukken, via OpenBesluitvorming"
MOST = 20  #: questions of one piece, so of one minute: a third of what the server allows
EVERY, BETWEEN = timedelta(days=1), timedelta(minutes=1)  #: looks, and pieces of one look
FOR = timedelta(days=180)  #: after its last letter a campaign is no longer looked for
MOST_HITS = 2_000  #: of one question
LOOSE = "Dit stuk staat los van een vergadering. Kijk eerst of het op de lijst staat."


@dataclass(frozen=True)
class Plan:
    """What has to be known to look for one letter, and where to go on."""

    campaign_id: int
    letter: Letter
    sent: dict[str, date]  #: when each gemeente got its first letter to the raad
    known: set[str]  #: what was read before
    question: int = 0
    offset: int = 0


@dataclass(frozen=True)
class Judged:
    """A document that was read."""

    entity: str
    gemeente_code: str
    place: Place | None  #: None: it is not our letter
    title: str = ""
    on_date: date | None = None
    url: str = ""
    doubt: str = ""


@dataclass
class Piece:
    """What came of some questions."""

    question: int
    offset: int
    judged: list[Judged] = field(default_factory=list)
    done: bool = False
    fault: str = ""  #: Dutch
    wait: int = 0  #: seconds, where something went wrong


@dataclass(frozen=True)
class Looked:
    """How it stands with looking for one letter."""

    looked_at: datetime | None = None
    busy: bool = False
    fault: str = ""


def due(*, now: datetime, at: datetime) -> list[int]:
    """The campaigns that it is time to look for.

    :param at: the system's clock
    """
    rows = (
        select(Campaign.id)
        .join(Step, Step.campaign_id == Campaign.id)
        .join(Message, Message.step_id == Step.id)
        .outerjoin(ListLook, ListLook.campaign_id == Campaign.id)
        .where(_sent(), or_(ListLook.campaign_id.is_(None), ListLook.next_at <= at))
        .group_by(Campaign.id)
        .having(func.max(Message.accepted_at) >= now - FOR)
        .order_by(Campaign.id)
    )
    return list(db.session.scalars(rows))


def plan(campaign_id: int) -> Plan:
    campaign = db.session.get_one(Campaign, campaign_id)
    look = db.session.get(ListLook, campaign_id)
    of_same = select(func.max(StepText.id)).group_by(StepText.step_id, StepText.variant)
    subjects = db.session.scalars(
        select(StepText.subject)
        .join(Step, Step.id == StepText.step_id)
        .where(Step.campaign_id == campaign_id, StepText.id.in_(of_same))
        .order_by(Step.position, StepText.id)
    ).all()
    rows = db.session.execute(
        select(Message.gemeente_code, func.min(Message.accepted_at))
        .join(Step, Step.id == Message.step_id)
        .where(Step.campaign_id == campaign_id, _sent())
        .group_by(Message.gemeente_code)
    )
    known = select(ListHit.entity).where(ListHit.campaign_id == campaign_id)
    return Plan(
        campaign_id,
        Letter.of(campaign.sender.name, [campaign.name, *subjects], campaign.kenmerk),
        {code: dutch_date(at) for code, at in rows if code and at},
        set(db.session.scalars(known)),
        look.question if look else 0,
        look.offset if look else 0,
    )


def ask(found: Plan, server: Server) -> Piece:
    """Ask the server as much as it may be asked now; holds nothing in the database."""
    piece = Piece(found.question, found.offset)
    try:
        for judged in _hits(found, server, piece):
            piece.judged.append(judged)
    except NotAnswered as error:
        piece.fault, piece.wait = str(error), error.wait
    return piece


def keep(found: Plan, piece: Piece, *, now: datetime, at: datetime) -> int:
    """Write down what came of it and when to go on; return how many proposals are new.

    :param at: the system's clock
    """
    rows = [
        {
            "campaign_id": found.campaign_id,
            "entity": one.entity,
            "gemeente_code": one.gemeente_code,
            "state": HitState.PROPOSED if one.place else HitState.OTHER,
            "title": one.title if one.place else "",
            "quote": one.place.quote if one.place else "",
            "on_date": one.on_date if one.place else None,
            "url": one.url if one.place else "",
            "handling": listed.handling_in(one.place.quote) if one.place else "",
            "doubt": one.doubt if one.place else "",
            "found_at": now,
        }
        for one in piece.judged
    ]
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    if rows:  # another process may have looked too
        db.session.execute(dialect.insert(ListHit).on_conflict_do_nothing(), rows)
    look = db.session.get(ListLook, found.campaign_id)
    if look is None:
        look = ListLook(campaign_id=found.campaign_id, next_at=at)
        db.session.add(look)
    look.question, look.offset, look.fault = piece.question, piece.offset, piece.fault
    if piece.done:
        look.looked_at, look.next_at, look.question, look.offset = at, at + EVERY, 0, 0
    elif piece.fault:
        look.next_at = at + timedelta(seconds=piece.wait)
    else:
        look.next_at = at + BETWEEN
    db.session.flush()
    return sum(one.place is not None for one in piece.judged)


def how_it_stands(campaign: Campaign) -> Looked:
    look = db.session.get(ListLook, campaign.id)
    if look is None:
        return Looked()
    return Looked(look.looked_at, bool(look.question or look.offset), look.fault)


def waits() -> ColumnElement[bool]:
    """Whether a hit waits for a person, as SQL: not where it is known already, with a link."""
    known = exists().where(
        Answer.campaign_id == ListHit.campaign_id,
        Answer.gemeente_code == ListHit.gemeente_code,
        Answer.status.in_((Status.OP_LIJST, Status.BESPROKEN)),
        Answer.url != "",
        Answer.undone_at.is_(None),
    )
    return (ListHit.state == HitState.PROPOSED) & ~known


def proposals(campaign: Campaign) -> list[Sighting]:
    """What waits for a person, by gemeente; the line of each is its number."""
    rows = db.session.execute(
        select(ListHit, Gemeente)
        .join(Gemeente, Gemeente.code == ListHit.gemeente_code)
        .where(ListHit.campaign_id == campaign.id, waits())
        .order_by(Gemeente.sort_key, ListHit.on_date, ListHit.id)
    )
    return [
        Sighting(
            one.id, gemeente, one.quote, one.on_date, one.url, one.handling, fault="",
            doubt=one.doubt,
        )
        for one, gemeente in rows
    ]  # fmt: skip


def record(campaign: Campaign, ids: Collection[int], *, by: Actor, now: datetime) -> list[Answer]:
    """Record the proposals that a person confirmed; others of the same gemeente go with them."""
    mine = {one.line: one for one in proposals(campaign) if one.line in ids}
    taken = _settle(campaign, mine, HitState.RECORDED)
    found = [mine[one] for one in taken]
    made = listed.record(campaign, found, taken, by=by, now=now, evidence=EVIDENCE)
    codes = [one.gemeente.code for one in found if one.gemeente]
    db.session.execute(
        update(ListHit)
        .where(
            ListHit.campaign_id == campaign.id,
            ListHit.gemeente_code.in_(codes),
            ListHit.state == HitState.PROPOSED,
        )
        .values(state=HitState.OTHER)
    )
    return made


def refuse(campaign: Campaign, ids: Collection[int], *, by: Actor, now: datetime) -> int:
    """Keep that these are not our letter; return how many."""
    taken = _settle(campaign, ids, HitState.REFUSED)
    for one in taken:
        audit.record("refuse list hit", f"list_hit:{one}", by=by, now=now, campaign=campaign.id)
    return len(taken)


def _settle(campaign: Campaign, ids: Collection[int], state: HitState) -> list[int]:
    return sorted(
        db.session.scalars(
            update(ListHit)
            .where(
                ListHit.id.in_(ids),
                ListHit.campaign_id == campaign.id,
                ListHit.state == HitState.PROPOSED,
            )
            .values(state=state)
            .returning(ListHit.id)
        )
    )


def _sent() -> Any:
    return (Message.variant == RAAD) & (Message.state == State.ACCEPTED)


# ── what a server says ──────────────────────────────────────────────────────────────────────


def _hits(found: Plan, server: Server, piece: Piece) -> Iterator[Judged]:
    """What is found, one after another; the piece knows how far it came when it breaks off."""
    questions, known = found.letter.questions(), set(found.known)
    if not found.sent:
        questions = []
    since = min(found.sent.values(), default=date.max)
    while piece.question < len(questions):
        if not server.may_ask:
            return
        page, more = server.documents(questions[piece.question], since=since, offset=piece.offset)
        for one in page:
            entity = str(one.get("entityId", ""))
            if entity and entity not in known:
                if not server.may_ask:
                    return
                judged = _judge(found, server, entity, one)
                known.add(entity)
                if judged is not None:
                    yield judged
            piece.offset += 1
        if not more or piece.offset >= MOST_HITS:
            piece.question, piece.offset = piece.question + 1, 0
    piece.done = True


def _judge(found: Plan, server: Server, entity: str, one: dict[str, Any]) -> Judged | None:
    """Whether a hit is our letter on a list; None when it is of nobody who got the letter."""
    parts = entity.split(":")
    if len(parts) < 5 or parts[2] != "gemeente":
        return None
    code = server.gemeenten().get(parts[3], "")
    day = _day(one.get("sortDate"))
    if code not in found.sent or day is None or day < found.sent[code]:
        return None
    try:
        said = server.entity(entity) or {}
        title, text = str(said.get("title", "")), str(said.get("markdownText", ""))
        place = recognising.find(found.letter, title, text)
        doubt = _doubt(server, entity, said, title, place) if place else None
    except TooLarge:
        place = doubt = None
    if place is None or doubt is None:
        return Judged(entity, code, None)
    return Judged(entity, code, place, title, day, _link(said.get("downloadUrl")), doubt)


def _doubt(
    server: Server, entity: str, said: dict[str, Any], title: str, place: Place
) -> str | None:
    """Why to look twice; "" when it is on a list for certain, None when it is on none."""
    if place.row and recognising.is_list(title):
        return ""
    meeting_id = str(said.get("meetingId") or "")
    if not meeting_id:
        return LOOSE if place.quote == recognising.shown(title) else None
    meeting = server.entity(meeting_id) or {}
    items = list(_items(meeting.get("agenda")))
    return "" if any(recognising.is_list(name) and entity in ids for name, ids in items) else None


def _items(agenda: Any, under: str = "", deep: int = 0) -> Iterator[tuple[str, set[str]]]:
    """The items of an agenda, each with the titles above it, and the documents of each."""
    for one in agenda if isinstance(agenda, list) and deep < 9 else []:
        if isinstance(one, dict):
            name = f"{under} {one.get('title', '')}".strip()
            papers = one.get("documents")
            ids = {str(p.get("id")) for p in papers or [] if isinstance(p, dict)}
            yield name, ids
            yield from _items(one.get("agenda_items"), name, deep + 1)


def _day(said: Any) -> date | None:
    """The Dutch day of "2024-11-07 23:30:00", which is UTC."""
    try:
        moment = datetime.fromisoformat(str(said))
    except ValueError:
        return None
    return dutch_date(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _link(said: Any) -> str:
    try:
        return channels.web_address(str(said or ""))
    except Invalid:
        return ""
