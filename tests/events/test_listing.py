"""Who comes, as a list."""

import csv
import io
from datetime import date, timedelta

import pytest
from flask import Flask

from outreach.contacts import gemeenten
from outreach.contacts.spreadsheets import read
from outreach.events import listing, registering
from outreach.events.listing import COLUMNS
from outreach.events.models import Meeting, MeetingDay, PlaceState
from tests.conftest import NOON
from tests.factories import MEETING_LINKS, make_meeting, make_registration, make_sender

THREE_DAYS = (
    (date(2026, 9, 11), "10:00", "17:00", 2),
    (date(2026, 9, 12), "09:30", "16:30", 1),
    (date(2026, 9, 13), "11:00", "15:00", 2),
)


@pytest.fixture
def rotterdam(app: Flask) -> Meeting:
    make_sender()
    return make_meeting("rotterdam", days=THREE_DAYS)


def lines(meeting: Meeting) -> list[list[str]]:
    text = listing.to_csv(meeting).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))


def test_a_row_per_person_and_status(rotterdam):
    make_registration(rotterdam, 1, gemeente_code=gemeenten.find("Zeist").code)
    second = make_registration(rotterdam, 2)
    registering.change_days(
        second,
        (rotterdam.days[0].id, rotterdam.days[1].id),
        links=MEETING_LINKS,
        now=NOON + timedelta(hours=1),
    )

    who = ["Noor de Wit 2", "raadslid2@raad.example", "", "raadslid"]
    at = "2026-03-23T09:00:00+01:00"
    assert lines(rotterdam) == [
        list(COLUMNS),
        [
            "Noor de Wit 1",
            "raadslid1@raad.example",
            "Zeist",
            "raadslid",
            "confirmed",
            "2026-09-11 2026-09-12 2026-09-13",
            at,
        ],
        [*who, "confirmed", "2026-09-11", at],
        [*who, "waiting", "2026-09-12", at],
        [*who, "cancelled", "2026-09-13", at],
    ]


def test_an_empty_list_has_its_header(rotterdam):
    assert lines(rotterdam) == [list(COLUMNS)]
    assert len(read("lijst.xlsx", listing.to_xlsx(rotterdam)).header) == len(COLUMNS)


@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "-2", "+31", '\ud7ff=A;B"C'])
def test_no_name_is_a_formula(rotterdam, name):
    make_registration(rotterdam, name=name)

    cell = lines(rotterdam)[1][0]
    assert cell == (f"'{name}" if name[0] in "=@-+" else name)
    assert b"<f>" not in listing.to_xlsx(rotterdam)


def test_the_list_of_a_day_is_in_the_order_of_seats_and_numbers(rotterdam):
    saturday: MeetingDay = rotterdam.days[1]
    first, second, third = (make_registration(rotterdam, n) for n in (1, 2, 3))
    doubtful = make_registration(rotterdam, 4, doubtful=True)
    registering.cancel(first, links=MEETING_LINKS, now=NOON)

    found = listing.participants(saturday)

    assert [(one.registration_id, one.state) for one in found] == [
        (second.id, PlaceState.OFFERED),
        (third.id, PlaceState.WAITING),
        (doubtful.id, PlaceState.WAITING),
        (first.id, PlaceState.CANCELLED),
    ]
