"""What the mail about a registration says: built-in letters, one function each.

What people typed (names, titles, places) enters as a value and is never read as Markdown.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from outreach.clock import to_wall
from outreach.events import hosts, seats
from outreach.events.links import MeetingLinks
from outreach.events.models import Meeting, MeetingDay, Place, PlaceState, Registration
from outreach.letters import composing, dutch
from outreach.letters.composing import Kind, Letterhead

ORDINALS = (
    "eerste",
    "tweede",
    "derde",
    "vierde",
    "vijfde",
    "zesde",
    "zevende",
    "achtste",
    "negende",
    "tiende",
)


@dataclass(frozen=True)
class Letter:
    """One mail, ready for the outbox."""

    subject: str
    text: str
    html: str
    calendar: dict[str, str] = field(default_factory=dict)

    def with_calendar(self, method: str, ics: bytes) -> "Letter":
        return replace(self, calendar={"method": method, "ics": ics.decode()})

    def content(self) -> dict[str, Any]:
        """As `Message.content` keeps it."""
        found: dict[str, Any] = {"subject": self.subject, "text": self.text, "html": self.html}
        return found | ({"calendar": self.calendar} if self.calendar else {})


def confirmed(
    registration: Registration, places: Sequence[Place], *, links: MeetingLinks, now: datetime
) -> Letter:
    seated = [place for place in places if place.state is PlaceState.CONFIRMED]
    if seated:
        subject, opening = "U bent aangemeld: {{stad}}, {{eerste_dag}}", "Fijn dat u komt."
    else:
        subject = "U staat op de wachtlijst: {{stad}}, {{eerste_dag}}"
        opening = "Wij mailen u zodra er plaats is."
    return _letter(
        registration,
        subject,
        opening,
        *_places(places),
        _where(registration.meeting),
        _into_calendar(registration.meeting, links) if seated else "",
        _own_page(registration, links),
        _who(registration, links, now),
        values=_day_values(places),
    )


def please_confirm(
    registration: Registration, places: Sequence[Place], *, links: MeetingLinks, now: datetime
) -> Letter:
    return _letter(
        registration,
        "Bevestig uw aanmelding: {{stad}}, {{eerste_dag}}",
        "Wij houden een plaats voor u vast tot {{tot}}. Druk voor die tijd op de knop op"
        " uw eigen bladzijde. Daarna gaat de plaats naar een ander.",
        f"[Bevestig uw aanmelding]({links.own(registration)})",
        *_places(places),
        "Was u dit niet? Dan hoeft u niets te doen.",
        values=_day_values(places) | {"tot": dutch.day_time(registration.hold_until or now)},
    )


def known_already(
    registration: Registration, added: Sequence[Place], *, links: MeetingLinks, now: datetime
) -> Letter:
    places = [place for place in registration.places if place.state is not PlaceState.CANCELLED]
    opening = (
        "U was al aangemeld. Wij hebben de nieuwe dagen erbij gezet. Zo staat u er nu voor:"
        if added
        else "U was al aangemeld. Uw tweede formulier heeft niets veranderd. Zo staat u ervoor:"
    )
    return _letter(
        registration,
        "U bent al aangemeld: {{stad}}, {{eerste_dag}}",
        opening,
        *_places(places),
        _where(registration.meeting),
        _own_page(registration, links),
        _who(registration, links, now),
        values=_day_values(places),
    )


def changed_days(
    registration: Registration,
    added: Sequence[Place],
    left: Sequence[Place],
    *,
    links: MeetingLinks,
    now: datetime,
) -> Letter:
    places = [place for place in registration.places if place.state is not PlaceState.CANCELLED]
    return _letter(
        registration,
        "Uw dagen zijn gewijzigd: {{stad}}",
        "U wijzigde uw aanmelding. Zo staat u er nu voor:",
        *_places([*places, *left]),
        _where(registration.meeting),
        _own_page(registration, links),
        _who(registration, links, now),
        values=_day_values([*places, *left]),
    )


def withdrawn(
    registration: Registration, left: Sequence[Place], *, links: MeetingLinks, now: datetime
) -> Letter:
    return _letter(
        registration,
        "U komt niet: {{stad}}, {{eerste_dag}}",
        "U hebt uw aanmelding geannuleerd. Dank u dat u het liet weten: uw plaats gaat naar"
        " wie wacht.",
        f"Kunt u toch komen? Meld u dan [opnieuw aan]({links.form(registration.meeting)}).",
        values=_day_values(left or registration.places),
    )


def offer(place: Place, *, links: MeetingLinks, now: datetime) -> Letter:
    until = place.offer_until or place.day.starts_at
    return _letter(
        place.registration,
        "Er is plaats voor u: {{stad}}, {{eerste_dag}}",
        "Er is een plaats vrij gekomen, en u bent aan de beurt. Wij houden de plaats voor u"
        " vast tot **{{tot}}**.",
        *_places([place]),
        f"[Ja, ik kom, of nee, dank u]({links.own(place.registration)})",
        "Horen wij voor die tijd niets, dan gaat de plaats naar de volgende.",
        values=_day_values([place]) | {"tot": dutch.day_time(until)},
    )


def offer_over(place: Place, *, links: MeetingLinks, now: datetime) -> Letter:
    return _letter(
        place.registration,
        "De plaats is naar een ander: {{stad}}, {{eerste_dag}}",
        "Wij hielden een plaats voor u vast, maar hoorden niets. De plaats gaat nu naar de"
        " volgende, en u staat niet meer op de wachtlijst.",
        f"Wilt u toch komen? Meld u dan [opnieuw aan]({links.form(place.day.meeting)}).",
        values=_day_values([place]),
    )


def moved(
    registration: Registration,
    places: Sequence[Place],
    changes: Sequence[str],
    *,
    links: MeetingLinks,
    now: datetime,
) -> Letter:
    said = {f"wijziging{n}": change for n, change in enumerate(changes)}
    return _letter(
        registration,
        "Gewijzigd: {{stad}}, {{eerste_dag}}",
        "Er is iets veranderd aan de bijeenkomst waarvoor u zich aanmeldde:",
        "\n".join(f"- {{{{{name}}}}}" for name in said),
        "Zo is het nu:",
        *_places(places),
        _where(registration.meeting),
        "De uitnodiging bij deze mail past uw agenda aan.",
        _own_page(registration, links),
        values=_day_values(places) | said,
    )


def called_off(
    registration: Registration,
    places: Sequence[Place],
    reason: str,
    *,
    links: MeetingLinks,
    now: datetime,
) -> Letter:
    return _letter(
        registration,
        "Gaat niet door: {{stad}}, {{eerste_dag}}",
        "Het spijt ons: dit gaat niet door.",
        *_days(places),
        "{{reden}}" if reason else "",
        "U hoeft niets te doen. Stond het in uw agenda door onze uitnodiging, dan verdwijnt het"
        " daar met een aparte mail.",
        f"Andere bijeenkomsten staan op [{links.base_url}]({links.base_url}/).",
        values=_day_values(places) | {"reden": reason},
    )


def into_calendar(place: Place, *, links: MeetingLinks, now: datetime) -> Letter:
    """The short mail that carries the invitation for one further day."""
    return _letter(
        place.registration,
        "Voor uw agenda: {{stad}}, {{eerste_dag}}",
        "Met deze mail zet uw agenda deze dag erin. U hoeft niets te doen.",
        *_days([place]),
        _where(place.day.meeting),
        values=_day_values([place]),
    )


def out_of_calendar(place: Place, *, whole: bool, links: MeetingLinks, now: datetime) -> Letter:
    """The short mail that takes one day out of a calendar."""
    why = "Deze dag gaat niet door." if whole else "U komt niet op deze dag."
    return _letter(
        place.registration,
        "Uit uw agenda: {{stad}}, {{eerste_dag}}",
        f"{why} Met deze mail haalt uw agenda de dag weg. U hoeft niets te doen.",
        *_days([place]),
        values=_day_values([place]),
    )


def hours(day: MeetingDay) -> str:
    """
    "10.00 tot 17.00 uur", on a Dutch clock.
    """
    starts, ends = to_wall(day.starts_at), to_wall(day.ends_at)
    return f"{starts.hour}.{starts.minute:02} tot {ends.hour}.{ends.minute:02} uur"


def where(meeting: Meeting) -> str:
    """ "Loods Zes, Voorbeeldpier 6, Rotterdam": what is known of it."""
    named = meeting.city.casefold() in meeting.address.casefold()
    parts = (meeting.venue, meeting.address, "" if named else meeting.city)
    return ", ".join(filter(None, parts))


def ordinal(rank: int) -> str:
    """
    >>> ordinal(3), ordinal(12), ordinal(28)
    ('derde', '12e', '28e')
    """
    return ORDINALS[rank - 1] if 1 <= rank <= len(ORDINALS) else f"{rank}e"


def standing(place: Place) -> str:
    """Where someone stands on one day, as mail and pages say it."""
    match place.state:
        case PlaceState.WAITING:
            return f"U bent {ordinal(seats.rank(place))} op de wachtlijst"
        case PlaceState.OFFERED:
            until = place.offer_until or place.day.starts_at
            return f"Er is een plaats voor u, tot {dutch.day_time(until)}"
        case PlaceState.UNCONFIRMED:
            return "Wij houden een plaats voor u vast"
        case PlaceState.CANCELLED:
            return "U komt niet"
        case PlaceState.ATTENDED:
            return "U was erbij"
        case _:
            return "U hebt een plaats"


def _letter(
    registration: Registration, subject: str, *paragraphs: str, values: dict[str, str]
) -> Letter:
    meeting = registration.meeting
    host = hosts.of(meeting)
    known = {
        "naam": registration.name,
        "stad": meeting.city,
        "titel": meeting.title,
        "waar": where(meeting),
        "adres": registration.email,
        "afzender": host.name if host else "",
    }
    text = "\n\n".join(
        filter(None, ("Geachte {{naam}},", *paragraphs, "Met vriendelijke groet,\n{{afzender}}"))
    )
    template = composing.prepare(subject, text, kind=Kind.LETTER)
    look = Letterhead(
        sender_name=host.name if host else "",
        subtitle=host.subtitle if host else "",
        postal_address=host.postal_address if host else "",
        email=(host.reply_to or host.email) if host else "",
        phone=host.phone if host else "",
    )
    content = template.fill(known | values, look=look)
    return Letter(content.subject, content.text, content.html)


def _places(places: Sequence[Place]) -> list[str]:
    """The days as a list, each with where the person stands."""
    rows = [f"- {{{{dag{n}}}}}: {{{{staat{n}}}}}" for n, _ in enumerate(places)]
    return ["\n".join(rows)] if rows else []


def _days(places: Sequence[Place]) -> list[str]:
    rows = [f"- {{{{dag{n}}}}}" for n, _ in enumerate(places)]
    return ["\n".join(rows)] if rows else []


def _day_values(places: Sequence[Place]) -> dict[str, str]:
    ordered = list(places)
    found = {"eerste_dag": dutch.day_long_date(ordered[0].day.date) if ordered else ""}
    for n, place in enumerate(ordered):
        found[f"dag{n}"] = f"{dutch.day_long_date(place.day.date)}, {hours(place.day)}"
        found[f"staat{n}"] = standing(place)
    return found


def _where(meeting: Meeting) -> str:
    return "Waar: {{waar}}" if where(meeting) else ""


def _into_calendar(meeting: Meeting, links: MeetingLinks) -> str:
    return (
        "Bij deze mail zit een uitnodiging. Verandert er iets, dan past uw agenda zich aan."
        f" Of open [het agendabestand]({links.file(meeting)})."
    )


def _own_page(registration: Registration, links: MeetingLinks) -> str:
    return (
        f"Wijzigen of annuleren kan tot het laatst op [uw eigen bladzijde]"
        f"({links.own(registration)}). Stuur die link niet door: wie hem heeft, kan uw"
        " aanmelding wijzigen. Wilt u iemand anders uitnodigen? Stuur dan deze link:"
        f" [{links.page(registration.meeting)}]({links.page(registration.meeting)})"
    )


def _who(registration: Registration, links: MeetingLinks, now: datetime) -> str:
    day = dutch.long_date(registration.registered_at)
    return (
        f"U krijgt deze mail omdat u zich op {day} aanmeldde met {{{{adres}}}}. Was u dit niet?"
        f" [Annuleer de aanmelding]({links.own(registration)}#annuleer), dan wissen wij uw adres."
    )
