"""Mail around a meeting: to whom it concerns, once, and to nobody else."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from outreach import jobs
from outreach.accounts.audit import CLI
from outreach.campaigns.links import Links
from outreach.campaigns.store import Store
from outreach.db import db
from outreach.delivery.models import Message, State
from outreach.errors import Invalid, Refused
from outreach.events import feedback, registering, rounds
from outreach.events.models import Meeting, Registration, Round
from outreach.tokens import Tokens
from tests.conftest import NOON
from tests.factories import MEETING_LINKS, make_meeting, make_registration, make_sender

THREE_DAYS = (
    (date(2026, 9, 11), "10:00", "17:00", 3),
    (date(2026, 9, 12), "09:30", "16:30", 1),
    (date(2026, 9, 13), "11:00", "15:00", 3),
)


@pytest.fixture
def meeting(app: Flask) -> Meeting:
    make_sender()
    return make_meeting("rotterdam", days=THREE_DAYS)


@pytest.fixture
def desk(tmp_path: Path) -> jobs.Desk:
    links = Links("https://ademruimte.example", Tokens(("a key of the tests, long enough",)))
    return jobs.Desk(links, Store(tmp_path))


def come(meeting: Meeting, n: int, *days: int) -> Registration:
    chosen = tuple(meeting.days[day].id for day in days)
    return make_registration(meeting, n, day_ids=chosen)


def told(what: str) -> list[tuple[str, str]]:
    """To whom, and the text, of the mails about this."""
    query = db.session.query(Message).where(Message.content["subject"].as_string().contains(what))
    return [(one.address.partition("@")[0], one.content["text"]) for one in query.order_by("id")]


def at(day: str) -> datetime:
    return rounds.moment(type("Day", (), {"date": date.fromisoformat(day)}), 0)  # type: ignore[arg-type]


def test_a_reminder_goes_before_someones_first_day_and_names_all_of_theirs(
    meeting: Meeting, desk: jobs.Desk
) -> None:
    come(meeting, 1, 0, 1, 2)
    come(meeting, 2, 2)
    come(meeting, 3, 1)  # waits for Saturday
    gone = come(meeting, 4, 0)
    registering.cancel(gone, links=MEETING_LINKS, now=NOON)
    db.session.commit()

    jobs.tend_meetings(desk, now=at("2026-09-04") - timedelta(seconds=1))
    assert told("Herinnering") == []
    for _ in range(2):
        jobs.tend_meetings(desk, now=at("2026-09-04"))
    assert [who for who, _ in told("Herinnering")] == ["raadslid1"]
    for day in range(5, 14):
        jobs.tend_meetings(desk, now=at(f"2026-09-{day:02}"))

    names = [who for who, _ in told("Herinnering")]
    assert names == ["raadslid1", "raadslid2", "raadslid1", "raadslid2"]
    assert "Zondag" in told("Herinnering")[0][1]
    assert "Vrijdag" not in told("Herinnering")[1][1]


def test_what_came_or_moved_since_needs_no_reminder(meeting: Meeting, desk: jobs.Desk) -> None:
    late = at("2026-09-04") + timedelta(hours=3)
    wanted = registering.Wanted("Noor", "noor@raad.example", "raadslid", (meeting.days[0].id,))  # type: ignore[arg-type]
    registering.register(meeting, wanted, links=MEETING_LINKS, now=late)
    db.session.commit()

    jobs.tend_meetings(desk, now=late + timedelta(hours=1))
    assert told("Herinnering") == []
    jobs.tend_meetings(desk, now=at("2026-09-10") + timedelta(hours=23))
    assert [who for who, _ in told("Herinnering")] == ["noor"]


def test_a_reminder_that_has_not_left_stays_when_someone_cancels(
    meeting: Meeting, desk: jobs.Desk
) -> None:
    mine = come(meeting, 1, 0)
    db.session.commit()
    jobs.tend_meetings(desk, now=at("2026-09-10"))

    registering.cancel(mine, links=MEETING_LINKS, now=at("2026-09-10"))

    (one,) = db.session.query(Message).where(Message.dedupe_key.contains(":remind:"))
    assert one.state is State.CANCELLED
    assert one.expires_at == meeting.days[0].starts_at


def test_a_round_that_was_stopped_goes_on_and_doubles_nothing(
    meeting: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in (1, 2, 3):
        come(meeting, n, 0)
    now = at("2026-09-10")
    monkeypatch.setattr(rounds, "BATCH", 2)
    rounds.begin_due(now=now)
    (round_id,) = rounds.unfinished()

    assert rounds.write(round_id, links=MEETING_LINKS, now=now)
    db.session.get_one(Round, round_id).last_id = 0  # as if the note of it was lost
    while rounds.write(round_id, links=MEETING_LINKS, now=now):
        pass

    assert [who for who, _ in told("Herinnering")] == ["raadslid1", "raadslid2", "raadslid3"]
    assert rounds.unfinished() == []
    assert rounds.begin_due(now=now) == 0


def test_who_was_there_is_thanked_once_with_what_there_is_to_read(
    meeting: Meeting, desk: jobs.Desk
) -> None:
    people = [come(meeting, 1, 0), come(meeting, 2, 0), come(meeting, 3, 2)]
    meeting.materials = [{"label": "Presentatie", "url": "https://stukken.example/1"}]
    people[0].places[0].came_at = NOON  # so there was a list on Friday
    db.session.commit()
    with pytest.raises(Refused, match="nog niet voorbij"):
        rounds.follow_up(meeting, by=CLI, now=NOON)
    over = meeting.days[2].ends_at

    assert rounds.follow_up(meeting, by=CLI, now=over) == 2
    jobs.tend_meetings(desk, now=over)
    with pytest.raises(Refused, match="één keer"):
        rounds.follow_up(meeting, by=CLI, now=over)

    thanks = told("Dank u voor uw komst")
    assert [who for who, _ in thanks] == ["raadslid1", "raadslid3"]
    assert "https://stukken.example/1" in thanks[0][1]


def test_answers_are_counts_and_nobodys(meeting: Meeting) -> None:
    first, second = come(meeting, 1, 0), come(meeting, 2, 0)
    over = meeting.days[2].ends_at
    assert not feedback.may_answer(first, now=NOON)

    feedback.give(first, {"waarde": "veel", "verder": "ja"}, now=over)
    feedback.give(second, {"waarde": "veel", "verder": ""}, now=over)
    for answers, error in (
        ({}, Invalid),
        ({"waarde": "soms"}, Invalid),
        ({"waarde": "iets"}, Refused),
    ):
        with pytest.raises(error):
            feedback.give(first, answers, now=over)

    assert meeting.feedback == {"waarde": {"veel": 2}, "verder": {"ja": 1}}
    assert "veel" not in str(
        {c.name: getattr(first, c.name) for c in Registration.__table__.columns}
    )
    assert not feedback.may_answer(first, now=over)
