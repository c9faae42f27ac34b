"""A mail from a mould is to the letter the mail that would be written for this person alone."""

import secrets
from datetime import date, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from outreach.accounts.models import Sender
from outreach.calendars import invite
from outreach.calendars.entry import Party
from outreach.clock import from_wall
from outreach.contacts import addresses
from outreach.errors import Invalid
from outreach.events import feeds, moulds, registering, words
from outreach.events.models import (
    Meeting,
    MeetingDay,
    MeetingState,
    Place,
    PlaceState,
    Registration,
)
from outreach.letters import later
from outreach.wording import Language, speaking
from tests.conftest import NOON
from tests.factories import MEETING_LINKS

SEAT, LIST, HELD = PlaceState.CONFIRMED, PlaceState.WAITING, PlaceState.UNCONFIRMED
STANDS = ([SEAT], [LIST], [HELD], [SEAT, LIST, SEAT], [LIST, LIST, SEAT], [HELD, LIST, HELD])
NAMES = st.one_of(
    st.text(max_size=100),
    st.text("ab {}<>&\"'^;:,\\\u2019\u00eb=%", max_size=100),
    st.sampled_from(
        ("mevr. D. van Dam", "dhr. 't Hart", "{{naam}} {{adres}}", "https://x.example/a b")
    ),
)
LOCAL = st.text("abcXYZ09.!#$%&'*+/=?^_`{|}~-", min_size=1, max_size=64)


def meeting() -> Meeting:
    """Of three days, with an organisation; in no database."""
    days = [
        MeetingDay(
            id=n + 1, uid=f"day-{n}@ademruimte.example", sequence=n, title="", taken=0, waiting=0,
            date=date(2026, 9, 11 + n), created_at=NOON, revised_at=NOON, has_parts=False,
            starts_at=from_wall(NOON.replace(tzinfo=None) + timedelta(days=172 + n)),
            ends_at=from_wall(NOON.replace(tzinfo=None) + timedelta(days=172 + n, hours=7)),
        )
        for n in range(3)
    ]  # fmt: skip
    sender = Sender(
        id=1, name="Initiatief Ademruimte", email="post@ademruimte.example", subtitle="",
        postal_address="Voorbeeldkade 14, 3512 ZZ Utrecht", phone="", reply_to="",
    )  # fmt: skip
    made = Meeting(
        id=1, slug="haarlem", state=MeetingState.OPEN, title="Ademruimte & lucht <1>",
        city="Haarlem", venue="Loods Zes", address="Voorbeeldpier 6, Haarlem", region="",
        summary="Over lucht.", themes=[], online_url="https://video.example/x?a=1&b=2",
    )  # fmt: skip
    made.days, made.sender = days, sender
    for day in days:
        day.meeting = made
    return made


MEETING = meeting()


def alone(
    someone: Registration, places: list[Place], ranks: dict[int, int]
) -> list[dict[str, str]]:
    """All mails as they are written for one person, as `invitations.confirm` has them."""

    def ranked(place: Place) -> str:
        return words.ordinal(ranks[id(place)])

    sender = someone.meeting.sender
    assert sender is not None
    if someone.hold_until:
        opened = [
            words.open_please_confirm(someone, places, links=MEETING_LINKS, now=NOON, ranked=ranked)
        ]
        seated = []
    else:
        seated = [place for place in places if place.state is SEAT]
        opened = [words.open_confirmed(someone, places, links=MEETING_LINKS, ranked=ranked)]
        opened += [words.open_into_calendar(place) for place in seated[1:]]
    calendars = [
        invite.request(
            feeds.entry(place.day, links=MEETING_LINKS),
            organizer=Party(sender.name, sender.email),
            attendee=Party(someone.name, someone.email),
            sequence=place.day.sequence,
            stamped=NOON,
        )
        for place in seated
    ]
    found = []
    for n, one in enumerate(opened):
        said = (later.said(pieces, {}) for pieces in ((one.subject,), one.text, one.html))
        letter = words.Letter(*said)
        found.append(
            (letter.with_calendar("REQUEST", calendars[n]) if calendars else letter).content()
        )
    return found


@settings(max_examples=60, deadline=None)
@given(NAMES, LOCAL, st.sampled_from(STANDS), st.sampled_from(Language), st.integers(1, 99_999))
@example("mevr. D. van Dam", "x" * 64, [LIST, LIST, SEAT], Language.EN, 12)
@example("N" * 100, "a^b", [SEAT], Language.NL, 1)
def test_a_mould_filled_is_the_mail_for_one_person(
    typed: str, local: str, states: list[PlaceState], language: Language, rank: int
) -> None:
    try:
        name = registering.checked_name(typed)
        email = addresses.check(f"{local}@raad.example")
    except Invalid:
        return
    held = HELD in states
    stands = list(zip(MEETING.days, states, strict=False))
    someone = Registration(
        meeting=MEETING, name=name, email=email, secret=secrets.token_urlsafe(24),
        language=language, registered_at=NOON,
        hold_until=NOON + timedelta(hours=24) if held else None,
    )  # fmt: skip
    places = [Place(day=day, state=state, registration=someone) for day, state in stands]
    ranks = [rank + n if state is LIST else 0 for n, state in enumerate(states)]
    person = moulds.Person(name, email, someone.secret, ranks, NOON, someone.hold_until)

    with speaking(language):
        made = moulds.make(MEETING, stands, held=held, links=MEETING_LINKS, now=NOON)
        values = person.values()
        filled = [mould.filled(person, values) for mould in made]

        expected = alone(someone, places, {id(p): r for p, r in zip(places, ranks, strict=True)})
        assert filled == expected
