"""What is printed for a meeting says who comes, who was there, and when."""

import io
from datetime import date

import pytest
from flask import Flask
from pypdf import PdfReader

from outreach.accounts.audit import SYSTEM
from outreach.errors import Refused
from outreach.events import papers, presence, registering
from outreach.events.models import Meeting, VisitorRole
from outreach.events.presence import Pressed
from outreach.wording import Language, speaking
from tests.conftest import NOON
from tests.factories import MEETING_LINKS, make_meeting, make_registration, make_sender

DAYS = (
    (date(2026, 9, 11), "10:00", "17:00", 20),
    (date(2026, 9, 12), "09:30", "16:30", 20),
)
TRICKY = '#import "x": *; $a_1$ <b>ʻĲ</b> \\ @noor'


@pytest.fixture
def meeting(app: Flask) -> Meeting:
    make_sender(name="Initiatief Ademruimte")
    meeting = make_meeting("rotterdam", days=DAYS)
    noor = make_registration(meeting, 1, name="Noor de Wit", gemeente_code="GM1900")
    make_registration(meeting, 2, name=TRICKY, day_ids=(meeting.days[0].id,))
    off = make_registration(meeting, 3, name="Ton Bakker")
    registering.cancel(off, links=MEETING_LINKS, now=NOON)
    for day in meeting.days:
        presence.press(day, Pressed(noor.id, True), by=SYSTEM, now=NOON)
    return meeting


def read(made: bytes) -> tuple[int, str]:
    """How many pages, and their words."""
    reader = PdfReader(io.BytesIO(made))
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]  # type: ignore[index]
    assert reader.trailer["/Root"]["/Lang"] in ("nl", "nl-NL")  # type: ignore[index]
    return len(reader.pages), " ".join(" ".join(p.extract_text().split()) for p in reader.pages)


def test_badges_are_for_who_comes_today(meeting: Meeting) -> None:
    pages, text = read(papers.badges(meeting.days[0], now=NOON))

    assert pages == 1
    assert "Noor de Wit" in text
    assert "#import" in text  # a name is a name
    assert "Ton Bakker" not in text


def test_the_list_has_everyone_with_how_they_stand(meeting: Meeting) -> None:
    _, text = read(papers.name_list(meeting.days[1], now=NOON))

    assert "staat voor een andere dag" in text
    assert "Noor de Wit" in text
    assert "Ton Bakker had geannuleerd" in text


def test_a_statement_names_the_days_someone_was_there(meeting: Meeting) -> None:
    pages, text = read(papers.statements_of_day(meeting.days[0], now=NOON))

    assert pages == 1
    for words in (
        "Bewijs van deelname",
        "Noor de Wit",
        "Raadslid, gemeente Súdwest-Fryslân",
        "vrijdag 11 september 2026, 10.00 tot 17.00 uur",
        "zaterdag 12 september 2026, 9.30 tot 16.30 uur",
        "Pakhuis De Linde",
        "23 maart 2026",
    ):
        assert words in text


def test_a_statement_is_in_the_language_in_which_someone_registered(meeting: Meeting) -> None:
    with speaking(Language.EN):
        guest = make_registration(
            meeting, 5, name="Jo Field", role=VisitorRole.ORGANISATIE, gemeente_code="GM1900"
        )
    presence.press(meeting.days[0], Pressed(guest.id, True), by=SYSTEM, now=NOON)

    _, both = read(papers.statements_of_day(meeting.days[0], now=NOON))
    made = papers.statements([guest], now=NOON)

    assert "Bewijs van deelname" in both
    for words in (
        "Statement of attendance",
        "Care or welfare, municipality of Súdwest-Fryslân",
        "Friday 11 September 2026, 10:00 to 17:00",
        "recorded at the door who was there",
    ):
        assert words in both
    assert PdfReader(io.BytesIO(made)).trailer["/Root"]["/Lang"] == "en"  # type: ignore[index]


def test_nobody_gets_a_statement_who_was_not_there(meeting: Meeting) -> None:
    absent = make_registration(meeting, 4)

    with pytest.raises(Refused, match="aanwezig is gemeld"):
        papers.statements([absent], now=NOON)
