"""Whatever comes in between plan and sending: what leaves is what the plan of that moment says."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from outreach import jobs
from outreach.accounts.audit import SYSTEM
from outreach.answers import recording, replying
from outreach.answers.models import Answer, Source
from outreach.answers.questions import Question, QuestionType
from outreach.campaigns import conditions, planning, running, scheduling, windows
from outreach.campaigns.conditions import To
from outreach.campaigns.links import Links
from outreach.campaigns.models import Campaign, CampaignState, Recipients, Step, StepText
from outreach.campaigns.store import Store
from outreach.clock import FixedClock, dutch_date, to_wall
from outreach.contacts import gemeenten, sittings
from outreach.contacts.models import SittingKind, SuppressionReason
from outreach.contacts.suppression import suppress
from outreach.db import db
from outreach.delivery.models import DeliveryEvent, Message, State
from outreach.events import keeping
from outreach.events.models import Registration
from tests.campaigns.test_selections import clear
from tests.conftest import NOON
from tests.delivery.sends import send
from tests.factories import make, make_contact, make_meeting, make_registration, make_sender
from tests.flows.smtp import Mailroom, mailroom

PLACES = ("Assen", "Delft", "Emmen", "Gouda", "Haarlem", "Zeist")
PILOT = Question("pilot", "Wat?", QuestionType.CHOICE, ("ja", "nee"))
DUE = NOON + timedelta(days=18)
WORDS = "{{aanhef}}\n\nWilt u de brief doorsturen?\n\n{{afzender}}"

TOS = st.sampled_from(
    [
        To(Recipients.NOT_ANSWERED),
        To(Recipients.RECEIPT),
        To(Recipients.SILENT),
        To(question="pilot"),
        To(question="pilot", answers=("ja",)),
        To(Recipients.NOT_ANSWERED, meeting="haarlem"),
        To(meeting="haarlem", registered=True),
        To(),
    ]
)
DEEDS = st.sampled_from(
    [
        "answer",
        "undo",
        "receipt",
        "decline",
        "yes",
        "no",
        "object",
        "bounce",
        "come",
        "leave",
        "meet",
        "call off",
    ]
)
#: Who does what, in their order, at three times: before the letters are made, while they wait, and
#: between the claim of that gemeente's letter and its mark.
HAPPENING = st.lists(st.tuples(st.integers(0, len(PLACES) - 1), DEEDS), max_size=10)


@dataclass
class Gemeente:
    """What is so, kept apart from the product."""

    stopped: set[str] = field(default_factory=set)
    received: bool = False
    declined: bool = False
    pilot: str = ""
    objected: bool = False
    bounced: bool = False
    coming: bool = False
    coming_answers: bool = False  #: the letter says so
    meets: set[date] = field(default_factory=set)

    def gets(self, to: To) -> bool:
        """By the words of docs/campaign-file.md."""
        if to.everyone or self.objected:
            return not self.objected
        late = to.recipients is not Recipients.ALL
        return not (
            self.bounced
            or self.declined
            or (late and (self.stopped or (self.coming and self.coming_answers)))
            or (to.recipients is Recipients.RECEIPT and not self.received)
            or (to.recipients is Recipients.SILENT and self.received)
            or (to.question and (self.pilot not in to.answers if to.answers else self.pilot))
            or (to.meeting and self.coming is not to.registered)
        )

    @property
    def due(self) -> date:
        """The day of a letter that waits for its raad, by the words of docs/campaign-file.md."""
        after = sorted(day for day in self.meets if day > dutch_date(NOON))
        if not after:
            return dutch_date(DUE)
        day = after[0] + timedelta(days=1)
        while not windows.is_working_day(day):
            day += timedelta(days=1)
        return day


@dataclass
class World:
    campaign_id: int
    first_step_id: int
    known: dict[str, Gemeente]
    waits: bool  #: for raadsvergaderingen
    seconds: int = 0

    def do(self, place: str, deed: str) -> None:
        """Let it happen, in the product and in what we know of it."""
        self.seconds += 1
        at = DUE - timedelta(hours=1) + timedelta(seconds=self.seconds)
        _DEEDS[deed](self, place, self.known[place], at)
        db.session.commit()

    def wanted(self, to: To) -> set[str]:
        return {place for place in PLACES if self.known[place].gets(to)}

    def early(self) -> set[str]:
        """Whose letter may leave at DUE, if it leaves."""
        return {
            place for place in PLACES if not self.waits or self.known[place].due <= dutch_date(DUE)
        }


def _record(world: World, place: str, status: str, now: datetime) -> None:
    code = gemeenten.find(place).code
    recording.record(
        world.campaign_id, code, status, body="raad", source=Source.LINK, by=SYSTEM, now=now
    )


def _answer(world: World, place: str, known: Gemeente, at: datetime) -> None:
    _record(world, place, "doorgestuurd", at)
    known.stopped.add("doorgestuurd")


def _receipt(world: World, place: str, known: Gemeente, at: datetime) -> None:
    _record(world, place, "ontvangen", at)
    known.received = True


def _decline(world: World, place: str, known: Gemeente, at: datetime) -> None:
    _record(world, place, "niet-benaderen", at)
    known.stopped.add("niet-benaderen")
    known.declined = True


def _undo(world: World, place: str, known: Gemeente, at: datetime) -> None:
    """Of all that this gemeente said, nothing stands."""
    mine = Answer.gemeente_code == gemeenten.find(place).code
    for answer in db.session.scalars(select(Answer).where(mine)).all():
        recording.undo(answer, by=SYSTEM, now=at)
    known.stopped, known.received, known.declined, known.pilot = set(), False, False, ""


def _says(value: str) -> Callable[..., None]:
    def reply(world: World, place: str, known: Gemeente, at: datetime) -> None:
        code = gemeenten.find(place).code
        said = {PILOT: [value]}
        replying.reply(
            world.campaign_id, code, said, body="raad", source=Source.LINK, by=SYSTEM, now=at
        )
        known.stopped.add("antwoord")
        if not known.pilot or known.pilot != value:
            known.pilot = known.pilot if _stood(world, code, value, at) else value

    return reply


def _stood(world: World, code: str, value: str, at: datetime) -> bool:
    """Whether this very answer stood already: then the newest other one still holds."""
    newest = replying.standing(world.campaign_id)[code, "raad"]["pilot"]
    return newest.values != (value,)


def _object(_world: World, place: str, known: Gemeente, at: datetime) -> None:
    suppress(f"griffie@{place.lower()}.example", SuppressionReason.ASKED, by=SYSTEM, now=at)
    known.objected = True


def _bounce(world: World, place: str, known: Gemeente, at: datetime) -> None:
    first = (
        Message.step_id == world.first_step_id,
        Message.gemeente_code == gemeenten.find(place).code,
    )
    db.session.execute(update(Message).where(*first).values(bounced_at=at))
    known.bounced = True


def _come(_world: World, place: str, known: Gemeente, _at: datetime) -> None:
    code = gemeenten.find(place).code
    if not known.coming:
        number = 1 + len(db.session.scalars(select(Registration.id)).all())
        make_registration(_meeting(), number, gemeente_code=code)
    known.coming = True


def _leave(_world: World, place: str, known: Gemeente, at: datetime) -> None:
    mine = Registration.gemeente_code == gemeenten.find(place).code
    db.session.execute(update(Registration).where(mine).values(cancelled_at=at))
    known.coming = False


def _meet(world: World, place: str, known: Gemeente, at: datetime) -> None:
    """Its raad meets: on any day of the five weeks after the first letter, and that is new."""
    day = dutch_date(NOON) + timedelta(days=7 * (world.seconds + PLACES.index(place)) % 36)
    if day not in known.meets:
        typed = sittings.Typed(gemeenten.find(place).code, day)
        sittings.add(typed, by=SYSTEM, now=at)
    known.meets.add(day)


def _call_off(_world: World, place: str, known: Gemeente, at: datetime) -> None:
    if known.meets:
        day, code = min(known.meets), gemeenten.find(place).code
        sittings.remove(sittings.find(code, day, SittingKind.RAAD), by=SYSTEM, now=at)
        known.meets.remove(day)


def _meeting() -> Any:
    return keeping.find("haarlem")


_DEEDS: dict[str, Callable[[World, str, Gemeente, datetime], None]] = {
    "answer": _answer,
    "undo": _undo,
    "receipt": _receipt,
    "decline": _decline,
    "yes": _says("ja"),
    "no": _says("nee"),
    "object": _object,
    "bounce": _bounce,
    "come": _come,
    "leave": _leave,
    "meet": _meet,
    "call off": _call_off,
}


def build(to: To, *, coming_answers: bool, waits: bool) -> World:
    """A letter of which the first step arrived everywhere, with a second that is due at DUE."""
    clear()
    for place in PLACES:
        make_contact(place)
    make_meeting()
    campaign = Campaign(
        sender_id=make_sender().id, name="Oproep", slug="oproep", kenmerk="NE-1",
        variants=["raad"], state=CampaignState.RUNNING, created_at=NOON,
        questions=[{"key": "pilot", "label": "Wat?", "type": "choice", "options": ["ja", "nee"]}],
        meetings=["haarlem"], registration_answers=coming_answers,
    )  # fmt: skip
    for position, at in ((1, NOON), (2, DUE)):
        step = Step(position=position, send_at=at)
        if position == 2:
            conditions.put(step, to)
        if position == 2 and waits:  # where nothing is known it is due at DUE, too
            step.send_at, step.after_days, step.council_days = None, 18, 1
            step.after_at = to_wall(DUE).time()
        text = {"variant": "raad", "number": 1, "subject": "Oproep", "mail": WORDS}
        step.texts.append(StepText(actor="system", created_at=NOON, **text))
        campaign.steps.append(step)
    make(campaign)
    scheduling.queue_step(campaign.steps[0], key="k", now=NOON)
    arrived = {"state": State.ACCEPTED, "accepted_at": NOON}
    db.session.execute(update(Message).values(arrived))
    db.session.commit()
    known = {place: Gemeente(coming_answers=coming_answers) for place in PLACES}
    return World(campaign.id, campaign.steps[0].id, known, waits)


@pytest.fixture
def relay() -> Iterator[Mailroom]:
    with mailroom() as room:
        yield room


def check(
    app: Flask,
    tmp_path: Path,
    relay: Mailroom,
    *,
    to: To,
    happenings: list[list[Any]],
    pause: bool,
    counts: bool,
    waits: bool,
) -> None:
    world, clock = build(to, coming_answers=counts, waits=waits), FixedClock(DUE)
    campaign = db.session.get_one(Campaign, world.campaign_id)
    before, waiting, late = happenings
    for number, deed in before:
        world.do(PLACES[number], deed)
    said = _planned(campaign)
    assert said == world.wanted(to), "the plan before"
    assert _planned(campaign, now=True) == said & world.early(), "the days before"
    scheduling.queue_step(campaign.steps[1], key="k", now=DUE)
    db.session.commit()

    if pause:
        running.pause(campaign, by=SYSTEM, now=DUE)
        db.session.commit()
    for number, deed in waiting:
        world.do(PLACES[number], deed)
    said &= world.wanted(to)  # what stopped when it was made does not come back
    assert _planned(campaign) == said, "the plan while letters wait"
    early = world.early()
    assert _planned(campaign, now=True) == said & early, "the days while letters wait"
    if pause:
        assert _sent(app, tmp_path, relay, clock, lambda _: None) == set(), "it is paused"
        running.resume(campaign, by=SYSTEM, now=DUE)
        db.session.commit()

    todo = defaultdict(list)
    for number, deed in late:
        todo[PLACES[number]].append(deed)

    def meanwhile(place: str) -> None:
        for deed in todo.pop(place, []):
            world.do(place, deed)

    scheduling.postpone(now=DUE)
    db.session.commit()
    left = _sent(app, tmp_path, relay, clock, meanwhile)

    event(f"{len(left)} of {len(said)} planned left, {len(said - early)} wait")
    for place in said - early:
        meanwhile(place)  # its letter was not claimed
    stay = {place for place in said if world.known[place].gets(to)}
    assert left == stay & early
    assert _planned(campaign) == stay, "the plan afterwards"
    skipped = planning.plan(campaign, now=DUE)[1].skip
    late_ones = {one.gemeente_name for one in skipped if one.late}
    assert late_ones == (made_ready(campaign) & early) - left


def made_ready(campaign: Campaign) -> set[str]:
    """The gemeenten whose letter was ready when it was made."""
    made = DeliveryEvent.from_state.is_(None), DeliveryEvent.to_state == State.QUEUED
    rows = (
        select(Message.gemeente_code)
        .join(DeliveryEvent, DeliveryEvent.message_id == Message.id)
        .where(Message.step_id == campaign.steps[1].id, *made)
    )
    names = {gemeenten.find(place).code: place for place in PLACES}
    return {names[code or ""] for code in db.session.scalars(rows)}


def _planned(campaign: Campaign, *, now: bool = False) -> set[str]:
    """Who gets the reminder, or only who gets it at DUE."""
    plan = planning.plan(campaign, now=DUE)[1]
    return {one.gemeente_name for one in plan.send if not now or (one.at or plan.at or DUE) <= DUE}


def _sent(
    app: Flask, tmp_path: Path, relay: Mailroom, clock: FixedClock, meanwhile: Callable[[str], None]
) -> set[str]:
    """Send over SMTP what is due; `meanwhile` happens between the claim and the mark of each."""
    desk = jobs.Desk(
        Links("https://post.example", app.extensions["outreach.tokens"]), Store(tmp_path / "files")
    )
    names = {gemeenten.find(place).code: place for place in PLACES}
    orders = jobs.orders(desk, clock=clock, around=app.app_context)

    def render(message: Any) -> Any:
        with app.app_context():
            if message.step_id is not None:
                meanwhile(names[message.gemeente_code])
            db.session.remove()
        return orders.render(message)

    send(relay.url, clock, given=replace(orders, render=render))
    return {
        name
        for one in relay.take()
        if "Oproep" in one.header("Subject")
        for name in PLACES
        if one.to == f"griffie@{name.lower()}.example"
    }


GIVEN = given(
    to=TOS,
    happenings=st.lists(HAPPENING, min_size=3, max_size=3),
    pause=st.booleans(),
    counts=st.booleans(),
    waits=st.booleans(),
)
LIKE = {
    "deadline": None,
    "phases": [Phase.generate],
    "suppress_health_check": list(HealthCheck),
    "derandomize": True,
}


@settings(max_examples=8, **LIKE)  # type: ignore[arg-type]
@GIVEN
def test_what_leaves_is_what_the_plan_of_that_moment_says(
    app: Flask, tmp_path: Path, relay: Mailroom, **drawn: Any
) -> None:
    check(app, tmp_path, relay, **drawn)


@pytest.mark.soak
@settings(**(LIKE | {"max_examples": 200, "derandomize": False}))  # type: ignore[arg-type]
@GIVEN
def test_it_does_so_two_hundred_times(
    app: Flask, tmp_path: Path, relay: Mailroom, **drawn: Any
) -> None:
    check(app, tmp_path, relay, **drawn)
