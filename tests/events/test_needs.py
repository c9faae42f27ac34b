"""What people ask for about food and access: sealed, for few, counted, and gone in time."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import inspect, text

from config import Settings
from outreach import jobs
from outreach.accounts.audit import CLI, Actor
from outreach.accounts.models import Role
from outreach.campaigns.links import Links
from outreach.campaigns.store import Store
from outreach.db import db
from outreach.errors import Forbidden, Invalid, Refused
from outreach.events import keeping, needs, registering, team
from outreach.events.models import Meeting, Need
from outreach.events.needs import Needs, Wish
from outreach.ledger import insight, person
from outreach.tokens import Tokens
from tests.conftest import NOON
from tests.factories import (
    MEETING_LINKS,
    make_coordinator,
    make_meeting,
    make_registration,
    make_sender,
)

HALAL = Needs(Wish(("halal", "noten"), "geen ui"), Wish(("rolstoel",)))
SAID = "Dit mag worden bewaard."


@pytest.fixture
def meeting(app: Flask) -> Meeting:
    make_sender()
    return make_meeting()


def everything(settings: Settings) -> bytes:
    """All that a copy of the database would show."""
    if settings.sqlalchemy_url.startswith("sqlite"):
        db.session.remove()
        path = Path(settings.sqlalchemy_url.removeprefix("sqlite:///"))
        return b"".join(one.read_bytes() for one in path.parent.glob(f"{path.name}*"))
    rows = [
        str(db.session.execute(text(f'SELECT * FROM "{table}"')).all())
        for table in inspect(db.engine).get_table_names()
    ]
    db.session.rollback()
    return "".join(rows).encode()


def test_no_word_of_it_stands_in_the_database(meeting: Meeting, settings: Settings) -> None:
    mine = make_registration(meeting, needs=HALAL, consented=SAID)
    held = db.session.get_one(Need, mine.id)
    db.session.commit()

    assert needs.of(mine) == HALAL
    assert (held.consent, held.consented_at) == (SAID, NOON)
    key = settings.instance / needs.FILE
    assert key.stat().st_mode & 0o777 == 0o600
    found = everything(settings)
    for word in (b"halal", b"geen ui", b"rolstoel", key.read_bytes().strip()):
        assert word not in found


def test_an_erased_need_is_nowhere_and_its_counts_stay(
    meeting: Meeting, settings: Settings
) -> None:
    for n in (1, 2, 3):
        make_registration(meeting, n, needs=Needs(Wish(("halal",))), consented=SAID)
    make_registration(meeting, 4, needs=HALAL, consented=SAID)
    tokens = [one.diet.encode() for one in db.session.query(Need)]
    over = meeting.days[0].ends_at + needs.KEPT
    db.session.commit()
    assert tokens[0] in everything(settings), "or the rest proves nothing"
    desk = jobs.Desk(Links("https://x.example", Tokens(("k" * 32,))), Store(settings.instance))

    assert needs.forget(now=over) == 0
    db.session.rollback()
    jobs.tidy(desk, now=over + timedelta(days=1))

    found = everything(settings)
    assert [token for token in tokens if token in found] == []
    left = db.session.query(Meeting).one().needs_counted
    assert left == {"people": [4, 1], "diet": {"halal": 4}, "access": {}}


def test_nothing_is_kept_without_a_yes_and_nothing_odd(meeting: Meeting) -> None:
    mine = make_registration(meeting)

    with pytest.raises(Invalid, match="toestemming"):
        needs.keep(mine, HALAL, consented="", now=NOON)
    with pytest.raises(Invalid, match="lijst van wensen"):
        needs.keep(mine, Needs(Wish(("katholiek",))), consented=SAID, now=NOON)
    assert db.session.query(Need).count() == 0


def test_who_cancels_or_thinks_otherwise_is_erased_at_once(meeting: Meeting) -> None:
    first, second = (make_registration(meeting, n, needs=HALAL, consented=SAID) for n in (1, 2))

    registering.cancel(first, links=MEETING_LINKS, now=NOON)
    needs.keep(second, Needs(), consented="", now=NOON)

    assert db.session.query(Need).count() == 0


def test_the_kitchen_gets_counts_of_who_has_a_seat(app: Flask) -> None:
    make_sender()
    meeting = make_meeting(days=[(make_meeting("elders").days[0].date, "13:30", "17:00", 2)])
    for n in (1, 2, 3):
        make_registration(meeting, n, needs=HALAL, consented=SAID)

    (found,) = needs.counts(meeting).values()

    assert found.diet == {"halal": 2, "noten": 2, needs.OTHER: 2}
    assert (found.access, found.people) == ({"rolstoel": 2}, (2, 2))


def test_a_seal_fits_one_row_and_another_key_opens_nothing(
    meeting: Meeting, settings: Settings
) -> None:
    one, other = (make_registration(meeting, n, needs=HALAL, consented=SAID) for n in (1, 2))
    db.session.get_one(Need, one.id).diet = db.session.get_one(Need, other.id).diet

    assert needs.UNREADABLE in needs.of(one).diet.words
    assert needs.of(one).access == HALAL.access
    (settings.instance / needs.FILE).write_text("ab" * 32)
    assert needs.UNREADABLE in needs.of(other).access.words


def test_someone_who_asks_what_we_hold_reads_it_in_words(meeting: Meeting) -> None:
    mine = make_registration(meeting, needs=HALAL, consented=SAID)

    found = insight.of(person.of_email(mine.email), now=NOON)

    (table,) = [one for one in found["tables"] if one["table"] == "need"]
    assert table["rows"][0]["diet"] == "halal; zonder noten; geen ui"
    assert table["rows"][0]["consent"] == SAID


def test_what_was_written_before_there_was_a_key_is_sealed(meeting: Meeting) -> None:
    mine = make_registration(meeting)
    db.session.add(Need(registration_id=mine.id, diet="", access="Rolstoel", consent=""))
    db.session.flush()
    assert needs.of(mine).access.words == "Rolstoel"

    assert (needs.seal_old(now=NOON), needs.seal_old(now=NOON)) == (1, 0)

    assert "Rolstoel" not in db.session.get_one(Need, mine.id).access
    assert needs.of(mine).access.words == "Rolstoel"


def test_whoever_makes_a_meeting_prepares_it_and_chooses_who_else(meeting: Meeting) -> None:
    marit, joost, owner = (make_coordinator() for _ in range(3))
    owner.role = Role.OWNER
    mine = keeping.create(
        keeping.facts_of(meeting).__class__(**vars(keeping.facts_of(meeting)) | {"slug": "mine"}),
        by=Actor(f"coordinator:{marit.id}"),
        now=NOON,
    )

    assert (team.has(mine, marit), team.has(mine, owner)) == (True, False)
    with pytest.raises(Forbidden):
        team.join(mine, joost, chosen_by=joost, by=CLI, now=NOON)
    team.join(mine, joost, chosen_by=marit, by=CLI, now=NOON)
    team.leave(mine, marit, chosen_by=owner, by=CLI, now=NOON)
    assert team.everyone(mine) == [joost]
    joost.role = Role.READER
    assert not team.has(mine, joost)
    with pytest.raises(Refused):
        team.join(mine, joost, chosen_by=owner, by=CLI, now=NOON)
