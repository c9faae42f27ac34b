"""Files and feeds, read as the bytes they are."""

import re
from datetime import timedelta

import pytest

from outreach.calendars.cleaning import BadEntry
from outreach.calendars.feed import feed, single
from tests.calendars.entries import HAARLEM, ZEIST, make_entry

CALENDAR_NAMES = re.compile(
    rb"^(METHOD|NAME|X-WR-|REFRESH-INTERVAL|X-PUBLISHED-TTL|DESCRIPTION)", re.M
)


def lines(raw: bytes) -> list[str]:
    """The content lines, unfolded (RFC 5545, 3.1)."""
    assert raw.endswith(b"\r\n")
    return raw.decode().replace("\r\n ", "").removesuffix("\r\n").split("\r\n")


def test_a_single_meeting_is_an_appointment_without_a_calendar_of_its_own() -> None:
    raw = single([make_entry()])

    assert CALENDAR_NAMES.findall(raw) == []
    assert lines(raw)[:4] == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Outreach//Bijeenkomsten//NL",
        "CALSCALE:GREGORIAN",
    ]


def test_each_day_is_one_event_in_dutch_time() -> None:
    days = [
        make_entry(uid="2", starts=ZEIST, sequence=3, related=("1",)),
        make_entry(uid="1", starts=HAARLEM),
    ]

    said = lines(single(days))

    assert [one for one in said if one.startswith(("DTSTART;", "DTEND", "SEQUENCE", "UID"))] == [
        "DTSTART;TZID=Europe/Amsterdam:20260604T133000",
        "DTEND;TZID=Europe/Amsterdam:20260604T163000",
        "UID:1",
        "SEQUENCE:0",
        "DTSTART;TZID=Europe/Amsterdam:20261117T133000",
        "DTEND;TZID=Europe/Amsterdam:20261117T163000",
        "UID:2",
        "SEQUENCE:3",
    ]
    assert "RELATED-TO;RELTYPE=SIBLING:1" in said
    assert said.count("STATUS:CONFIRMED") == 2


def test_a_feed_has_a_name_and_says_how_often_to_look() -> None:
    said = lines(
        feed(
            [make_entry()],
            name="Bijeenkomsten, Súdwest-Fryslân",
            description="Van de coalitie",
            url="https://coalitie.example/agenda.ics",
        )
    )

    head = said[: said.index("BEGIN:VTIMEZONE")]
    assert sorted(head[4:]) == [
        "DESCRIPTION:Van de coalitie",
        "NAME:Bijeenkomsten\\, Súdwest-Fryslân",
        "REFRESH-INTERVAL;VALUE=DURATION:PT6H",
        "URL:https://coalitie.example/agenda.ics",
        "X-PUBLISHED-TTL:PT6H",
        "X-WR-CALDESC:Van de coalitie",
        "X-WR-CALNAME:Bijeenkomsten\\, Súdwest-Fryslân",
    ]


def test_a_feed_of_nothing_has_its_zone_still() -> None:
    said = lines(feed([], name="Drenthe"))

    assert said[-2:] == ["END:VTIMEZONE", "END:VCALENDAR"]
    assert "BEGIN:VEVENT" not in said


def test_the_same_rows_in_any_order_give_the_same_bytes() -> None:
    days = [make_entry(uid=str(n), starts=HAARLEM + timedelta(days=n % 3)) for n in range(9)]

    assert feed(days, name="Alle") == feed(reversed(days), name="Alle")


def test_what_is_cancelled_stays_and_takes_no_time() -> None:
    said = lines(feed([make_entry(cancelled=True, sequence=4)], name="Alle"))

    assert {"STATUS:CANCELLED", "TRANSP:TRANSPARENT", "SEQUENCE:4"} <= set(said)
    assert "SUMMARY:GEANNULEERD: Bijeenkomst in Haarlem" in said


def test_files_are_stamped_with_their_last_change() -> None:
    said = lines(single([make_entry()]))

    assert {
        "DTSTAMP:20260302T090000Z",
        "LAST-MODIFIED:20260302T090000Z",
        "CREATED:20260301T090000Z",
    } <= set(said)


def test_the_link_to_take_part_is_also_in_the_words() -> None:
    said = lines(single([make_entry(conference="https://meet.example/a?b=c", description="Kom")]))

    assert "DESCRIPTION:Kom\\n\\nOnline meedoen: https://meet.example/a?b=c" in said
    assert (
        "CONFERENCE;FEATURE=VIDEO;LABEL=Online meedoen;VALUE=URI:https://meet.example/a?b=c" in said
    )


def test_words_are_escaped() -> None:
    said = lines(single([make_entry(summary="a; b, c\nC:\\Notulen: 'd' \"e\"\x07")]))

    assert "SUMMARY:a\\; b\\, c\\nC:\\\\Notulen: 'd' \"e\"" in said


def test_regions_and_themes_are_categories() -> None:
    said = lines(single([make_entry(categories=("Noord-Holland", "\x07", "jong; oud, samen"))]))

    assert "CATEGORIES:Noord-Holland,jong\\; oud\\, samen" in said


def test_one_uid_stands_in_a_file_once() -> None:
    with pytest.raises(BadEntry, match="twee keer"):
        single([make_entry(), make_entry(starts=ZEIST)])


@pytest.mark.parametrize(
    "values",
    [
        {"starts": HAARLEM.replace(tzinfo=None), "ends": HAARLEM},
        {"ends": HAARLEM},
        {"ends": HAARLEM + timedelta(microseconds=999)},
        {"ends": HAARLEM - timedelta(days=1)},
        {"revised": HAARLEM.replace(tzinfo=None)},
        {"sequence": -1},
        {"sequence": 2**31},
        {"uid": ""},
        {"uid": "a\r\nATTENDEE:mailto:x@y.example"},
        {"related": ("a b",)},
        {"url": "https://a.example/\r\nX:1"},
        {"url": "javascript:alert(1)"},
        {"conference": "https://a.example/ b"},
        {"conference": "https://a.example/\u2028b"},
    ],
)
def test_what_no_calendar_can_say_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(BadEntry):
        make_entry(**values)
