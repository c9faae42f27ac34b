"""What a mail asks of one person's calendar."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Parameters, vCalAddress
from icalendar.parser import Contentline

from outreach.calendars import cleaning, invite
from outreach.calendars.cleaning import BadEntry
from outreach.calendars.entry import Party
from tests.calendars.entries import COALITION, JAN, REVISED, make_entry
from tests.calendars.test_feed import lines

STAMPED = REVISED.replace(day=20)


def requested(**values: object) -> list[str]:
    entry = make_entry(**values)
    return lines(
        invite.request(entry, organizer=COALITION, attendee=JAN, sequence=3, stamped=STAMPED)
    )


def cancelled(*, whole: bool, **values: object) -> list[str]:
    parties = {"organizer": COALITION, "attendee": JAN}
    entry = make_entry(**values)
    return lines(invite.cancel(entry, **parties, sequence=4, stamped=STAMPED, whole=whole))


def test_a_request_is_for_one_person_who_has_accepted() -> None:
    said = requested()

    assert said.index("METHOD:REQUEST") < said.index("BEGIN:VTIMEZONE")
    assert said.count("BEGIN:VEVENT") == 1
    assert [one for one in said if one.startswith(("ATTENDEE", "ORGANIZER"))] == [
        'ATTENDEE;CN="Jan de Vries";CUTYPE=INDIVIDUAL;PARTSTAT=ACCEPTED'
        ";ROLE=REQ-PARTICIPANT;RSVP=FALSE:mailto:j.devries@raad.example",
        'ORGANIZER;CN="Coalitie tegen eenzaamheid":mailto:agenda@coalitie.example',
    ]
    assert "BEGIN:VALARM" not in said


def test_an_invitation_has_its_own_sequence_and_the_moment_it_was_made() -> None:
    said = requested(sequence=1)

    assert {"SEQUENCE:3", "DTSTAMP:20260320T090000Z", "LAST-MODIFIED:20260302T090000Z"} <= set(said)


def test_who_withdraws_is_uninvited_while_the_meeting_goes_on() -> None:
    said = cancelled(whole=False)

    assert {"METHOD:CANCEL", "SEQUENCE:4", "SUMMARY:Bijeenkomst in Haarlem"} <= set(said)
    assert [one for one in said if one.startswith("STATUS")] == []
    assert len([one for one in said if one.startswith("ATTENDEE")]) == 1


def test_a_meeting_that_is_off_is_cancelled_for_its_reader() -> None:
    said = cancelled(whole=True)

    assert {
        "METHOD:CANCEL",
        "STATUS:CANCELLED",
        "SUMMARY:GEANNULEERD: Bijeenkomst in Haarlem",
        "TRANSP:TRANSPARENT",
    } <= set(said)


def test_who_withdraws_from_a_day_that_was_off_already_is_uninvited_only() -> None:
    assert cancelled(whole=False, cancelled=True) == cancelled(whole=False)


def test_nobody_is_invited_to_what_is_off() -> None:
    with pytest.raises(BadEntry, match="gaat niet door"):
        requested(cancelled=True)


@pytest.mark.parametrize(
    "email", ["", "jan", "a@b.example\r\nX:1", "a b@c.example", "a@b.example,c@d.example", "a@é"]
)
def test_an_address_that_is_none_is_refused(email: str) -> None:
    with pytest.raises(BadEntry):
        Party("Jan", email)


def test_what_is_kept_of_one_invitation_is_nobodys() -> None:
    """Two people at two moments: two lines differ, and long names fold in both."""
    day = make_entry()
    people = [
        (JAN, STAMPED),
        (Party(r"Ton \1 \g<0> " + "é" * 60, "ton@raad.example"), STAMPED.replace(minute=5)),
    ]

    made = [
        invite.request(day, organizer=COALITION, attendee=who, sequence=2, stamped=at)
        for who, at in people
    ]

    lines = [one.replace(b"\r\n ", b"").split(b"\r\n") for one in made]
    differs = [pair for pair in zip(*lines, strict=True) if pair[0] != pair[1]]
    assert sorted(first.split(b";")[0].split(b":")[0] for first, _ in differs) == [
        b"ATTENDEE",
        b"DTSTAMP",
    ]
    assert b"invitation.invalid" not in made[0] + made[1]
    assert max(len(line) for one in made for line in one.split(b"\r\n")) <= 75


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(st.text("ab CN.'()/-9", max_size=100), st.text(max_size=60)),
    st.text("ab.!#$%&'*+/=?^_`{|}~-9", min_size=1, max_size=64),
)
def test_who_is_invited_stands_there_as_icalendar_writes_it(name: str, local: str) -> None:
    who = Party(name, f"{local}@raad.example")
    shown = cleaning.parameter(name)
    told = {"CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED"}
    told |= {"RSVP": "FALSE"} | ({"CN": shown} if shown else {})
    address = vCalAddress(f"mailto:{who.email}")
    line = Contentline.from_parts("ATTENDEE", Parameters(told), address).to_ical()

    made = invite.request(
        make_entry(), organizer=COALITION, attendee=who, sequence=0, stamped=STAMPED
    )

    assert b"\r\n" + line + b"\r\n" in made
