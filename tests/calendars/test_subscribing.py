"""Links to calendars on the web."""

from urllib.parse import parse_qs, urlsplit

from outreach.calendars import subscribing
from tests.calendars.entries import ZEIST, make_entry

FEED = "https://coalitie.example/agenda.ics"
DAY = make_entry(
    starts=ZEIST,
    summary="Súdwest & Fryslân: 1+1=2?",
    location="Het Rond 1, Zeist",
    description="Inloop 13.00 uur",
    url="https://coalitie.example/bijeenkomsten/zeist",
)
DETAILS = "Inloop 13.00 uur\n\nhttps://coalitie.example/bijeenkomsten/zeist"


def asked(url: str) -> tuple[str, dict[str, str]]:
    parts = urlsplit(url)
    assert "+" not in parts.query
    said = parse_qs(parts.query, strict_parsing=True)
    return f"{parts.scheme}://{parts.netloc}{parts.path}", {n: v for n, [v] in said.items()}


def test_a_day_for_google_is_in_dutch_time() -> None:
    assert asked(subscribing.google_day(DAY)) == (
        "https://calendar.google.com/calendar/render",
        {
            "action": "TEMPLATE",
            "text": "Súdwest & Fryslân: 1+1=2?",
            "dates": "20261117T133000/20261117T163000",
            "ctz": "Europe/Amsterdam",
            "details": DETAILS,
            "location": "Het Rond 1, Zeist",
        },
    )


def test_a_day_for_outlook_is_in_utc() -> None:
    assert asked(subscribing.outlook_day(DAY)) == (
        "https://outlook.office.com/calendar/0/deeplink/compose",
        {
            "path": "/calendar/action/compose",
            "rru": "addevent",
            "subject": "Súdwest & Fryslân: 1+1=2?",
            "startdt": "2026-11-17T12:30:00Z",
            "enddt": "2026-11-17T15:30:00Z",
            "body": DETAILS,
            "location": "Het Rond 1, Zeist",
        },
    )


def test_the_feed_can_be_followed_in_each_calendar() -> None:
    assert subscribing.webcal(FEED) == "webcal://coalitie.example/agenda.ics"
    assert asked(subscribing.google_feed(FEED)) == (
        "https://calendar.google.com/calendar/r",
        {"cid": "webcal://coalitie.example/agenda.ics"},
    )
    assert asked(subscribing.outlook_feed(FEED, "Onze agenda")) == (
        "https://outlook.office.com/calendar/0/addfromweb",
        {"url": FEED, "name": "Onze agenda"},
    )
