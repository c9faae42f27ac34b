"""What the mail about a registration says: built-in letters, one function each.

What people typed (names, titles, places) enters as a value and is never read as Markdown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from outreach.calendars import subscribing
from outreach.clock import to_wall
from outreach.events import door_codes, feeds, hosts, seats
from outreach.events.links import MeetingLinks
from outreach.events.models import Meeting, MeetingDay, Place, PlaceState, Registration
from outreach.letters import composing, dutch
from outreach.letters.composing import Below, Kind, Letterhead, Section

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
STANDING = {
    PlaceState.CONFIRMED: "U hebt een plaats",
    PlaceState.UNCONFIRMED: "Wij houden een plaats voor u vast",
    PlaceState.CANCELLED: "U komt niet",
    PlaceState.DOOR: "U bent aan de deur toegevoegd",
}


PROOF = " Hebt u een bewijs nodig dat u er was? Dat staat daar ook."
WAS_THIS_YOU = (
    "U krijgt deze mail omdat u zich op {{sinds}} aanmeldde met {{adres}}. Was u dit niet?"
    " Annuleer dan, en wij wissen uw adres. [Dit was ik niet]({{bijeenkomst.niet-ik.link}})"
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
    waits = len(seated) < len(places)
    opening = "Fijn dat u komt." if seated else "Fijn dat u wilt komen."
    if waits:
        opening += " Waar u op de wachtlijst staat, mailen wij u zodra er plaats is."
    subject = "U bent aangemeld" if seated else "U staat op de wachtlijst"
    return _letter(
        registration,
        f"{subject}: {{{{stad}}}}, {{{{eerste_dag}}}}",
        opening,
        places=places,
        sections=(*_agenda(places, links), _own_page(registration, links)),
        why=WAS_THIS_YOU,
        values=_not_me(registration, links),
        at_door=bool(seated),
    )


def please_confirm(
    registration: Registration, places: Sequence[Place], *, links: MeetingLinks, now: datetime
) -> Letter:
    held = any(place.state is PlaceState.UNCONFIRMED for place in places)
    until = dutch.day_time(registration.hold_until or now)
    keeps = "Wij houden uw plaats vast tot **{{tot}}**. " if held else ""
    return _letter(
        registration,
        "Bevestig uw aanmelding: {{stad}}, {{eerste_dag}}",
        f"{keeps}Open uw eigen bladzijde en druk op de knop. Dan weten wij dat u het bent.",
        places=places,
        sections=(
            Section(
                "Bevestig uw aanmelding",
                "Zonder uw bevestiging vervalt de aanmelding.",
                (("Bekijk en bevestig uw aanmelding", links.own(registration)),),
            ),
        ),
        why="U krijgt deze mail omdat iemand zich op {{sinds}} aanmeldde met {{adres}}."
        " Was u dit niet? Dan hoeft u niets te doen.",
        values={"tot": until},
    )


def known_already(
    registration: Registration, added: Sequence[Place], *, links: MeetingLinks, now: datetime
) -> Letter:
    return _letter(
        registration,
        "U bent al aangemeld: {{stad}}, {{eerste_dag}}",
        "U was al aangemeld. De dagen die u erbij koos, staan er nu bij."
        if added
        else "U was al aangemeld. Uw tweede formulier heeft niets veranderd.",
        places=_held(registration),
        sections=(_own_page(registration, links),),
        why=WAS_THIS_YOU,
        values=_not_me(registration, links),
    )


def changed_days(
    registration: Registration,
    added: Sequence[Place],
    left: Sequence[Place],
    *,
    links: MeetingLinks,
    now: datetime,
) -> Letter:
    return _letter(
        registration,
        "Uw dagen zijn gewijzigd: {{stad}}",
        "U wijzigde uw aanmelding. Zo staat u er nu voor.",
        places=[*_held(registration), *left],
        sections=(*_agenda(added, links), _own_page(registration, links)),
        why=WAS_THIS_YOU,
        values=_not_me(registration, links),
    )


def withdrawn(
    registration: Registration, left: Sequence[Place], *, links: MeetingLinks, now: datetime
) -> Letter:
    return _letter(
        registration,
        "Geannuleerd: {{stad}}, {{eerste_dag}}",
        "Uw aanmelding is geannuleerd. Dank u dat u het liet weten: er blijft geen stoel leeg.",
        places=left,
        sections=(
            Section(
                "Kunt u toch komen?",
                "Meld u dan opnieuw aan. U sluit achteraan als er een wachtlijst is.",
                (("Meld u opnieuw aan", links.form(registration.meeting)),),
            ),
        ),
    )


def handed_over(
    registration: Registration, left: Sequence[Place], *, links: MeetingLinks, now: datetime
) -> Letter:
    return _letter(
        registration,
        "Uw plaats gaat naar een ander: {{stad}}",
        "De griffie gaf uw plaats aan iemand anders van uw gemeente. U staat niet meer op de lijst."
        " Klopt dat niet? Vraag het dan aan uw griffie.",
        places=left,
        standings=False,
        sections=(
            Section(
                "Wilt u toch komen?",
                "Meld u dan zelf aan. U sluit achteraan als er een wachtlijst is.",
                (("Meld u aan", links.form(registration.meeting)),),
            ),
        ),
    )


def offer(place: Place, *, links: MeetingLinks, now: datetime) -> Letter:
    until = dutch.day_time(place.offer_until or place.day.starts_at)
    return _letter(
        place.registration,
        "Er is plaats voor u: {{stad}}, reageer vóór {{tot}}",
        "Er kwam een plaats vrij, en u bent aan de beurt. Wij houden hem vast tot **{{tot}}**.",
        places=[place],
        sections=(
            Section(
                "Komt u?",
                "Open uw eigen bladzijde en kies ja of nee. Horen wij voor die tijd niets, dan"
                " gaat de plaats naar de volgende.",
                (("Ja of nee: kies op uw bladzijde", links.own(place.registration)),),
            ),
        ),
        why=WAS_THIS_YOU,
        values=_not_me(place.registration, links) | {"tot": until},
    )


def offer_over(place: Place, *, links: MeetingLinks, now: datetime) -> Letter:
    return _letter(
        place.registration,
        "De plaats is naar een ander: {{stad}}, {{eerste_dag}}",
        "Wij hielden een plaats voor u vast, maar hoorden niets. De plaats gaat nu naar de"
        " volgende. U staat voor deze dag niet meer op de wachtlijst.",
        places=[place],
        standings=False,
        sections=(
            Section(
                "Wilt u toch komen?",
                "Meld u dan opnieuw aan. U sluit achteraan op de wachtlijst.",
                (("Meld u opnieuw aan", links.form(place.day.meeting)),),
            ),
        ),
    )


def still_coming(place: Place, *, links: MeetingLinks, now: datetime) -> Letter:
    return _letter(
        place.registration,
        "Komt u niet? {{stad}}, {{eerste_dag}}",
        "Uw agenda meldde dat u niet komt. Wij hebben nog niets veranderd: u hebt uw plaats nog.",
        places=[place],
        sections=(
            Section(
                "Klopt het dat u niet komt?",
                "Zeg het op uw eigen bladzijde. Dan gaat uw plaats naar een ander. Komt u wel? Dan"
                " hoeft u niets te doen.",
                (("Ja of nee: kies op uw bladzijde", links.own(place.registration)),),
            ),
        ),
        why=WAS_THIS_YOU,
        values=_not_me(place.registration, links),
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
        places=places,
        sections=(
            *_agenda(places, links, "De uitnodiging bij deze mail past uw agenda aan."),
            _own_page(registration, links),
        ),
        values=said,
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
        "Het spijt ons: deze bijeenkomst gaat niet door."
        if registration.meeting.cancelled_at
        else "Het spijt ons: deze dag gaat niet door.",
        "{{reden}}" if reason else "",
        places=places,
        standings=False,
        sections=(
            Section(
                "In uw agenda",
                "Zette onze uitnodiging de bijeenkomst in uw agenda? Dan haalt een aparte mail"
                " haar daar weg. U hoeft niets te doen.",
                (("Bekijk onze andere bijeenkomsten", f"{links.base_url}/"),),
            ),
        ),
        values={"reden": reason},
    )


def reminder(
    registration: Registration, places: Sequence[Place], *, links: MeetingLinks, now: datetime
) -> Letter:
    return _letter(
        registration,
        "Herinnering: {{stad}}, {{eerste_dag}}",
        "U komt naar onze bijeenkomst. Hieronder staat nog eens wanneer en waar. Kunt u toch niet?"
        " Annuleer dan: er wacht misschien iemand op uw plaats.",
        places=places,
        sections=(_own_page(registration, links),),
        why=WAS_THIS_YOU,
        values=_not_me(registration, links),
    )


def thanks(
    registration: Registration, places: Sequence[Place], *, links: MeetingLinks, now: datetime
) -> Letter:
    """After a meeting: what was shown there, three questions, and that someone was there."""
    meeting = registration.meeting
    shown = tuple((one["label"], one["url"]) for one in meeting.materials)
    read = (("Lees het verslag", links.page(meeting)),) if meeting.report else ()
    after = Section("Om na te lezen", "Dit hoort bij de bijeenkomst.", (*read, *shown))
    return _letter(
        registration,
        "Dank u voor uw komst: {{stad}}",
        "Dank u dat u er was. Wij vragen u nog drie dingen; dat kost een halve minuut. Wij tellen"
        " uw antwoorden en bewaren niet wie wat zei.",
        places=places,
        standings=False,
        sections=(
            *((after,) if after.buttons else ()),
            Section(
                "Drie vragen",
                "Op uw eigen bladzijde staan de vragen."
                + (PROOF if any(place.came_at for place in places) else ""),
                (("Beantwoord de drie vragen", links.own(registration)),),
            ),
        ),
    )


def into_calendar(place: Place, *, links: MeetingLinks, now: datetime) -> Letter:
    """The short mail that carries the invitation for one further day."""
    return _letter(
        place.registration,
        "Voor uw agenda: {{stad}}, {{eerste_dag}}",
        "Met deze mail zet uw agenda deze dag erin. U hoeft niets te doen.",
        places=[place],
    )


def out_of_calendar(place: Place, *, whole: bool, links: MeetingLinks, now: datetime) -> Letter:
    """The short mail that takes one day out of a calendar."""
    why = "Deze dag gaat niet door." if whole else "U komt niet op deze dag."
    return _letter(
        place.registration,
        "Uit uw agenda: {{stad}}, {{eerste_dag}}",
        f"{why} Met deze mail haalt uw agenda de dag weg. U hoeft niets te doen.",
        places=[place],
        standings=False,
    )


def hours(day: MeetingDay) -> str:
    """
    "10.00 tot 17.00 uur", on a Dutch clock.
    """
    starts, ends = to_wall(day.starts_at), to_wall(day.ends_at)
    return f"{starts.hour}.{starts.minute:02} tot {ends.hour}.{ends.minute:02} uur"


def where(meeting: Meeting) -> str:
    """ "Loods Zes, Voorbeeldpier 6, Rotterdam": what is known of it."""
    return place_of(meeting.city, meeting.venue, meeting.address)


def place_of(city: str, venue: str, address: str) -> str:
    """A place in one line; the city once."""
    named = city.casefold() in address.casefold()
    return ", ".join(filter(None, (venue, address, "" if named else city)))


def ordinal(rank: int) -> str:
    """
    >>> ordinal(3), ordinal(12), ordinal(28)
    ('derde', '12e', '28e')
    """
    return ORDINALS[rank - 1] if 1 <= rank <= len(ORDINALS) else f"{rank}e"


def standing(place: Place) -> str:
    """Where someone stands on one day, as mail and pages say it."""
    if place.came_at is not None:
        return "U was erbij"
    if place.day.cancelled_at is not None and place.state is not PlaceState.CANCELLED:
        return "Deze dag gaat niet door"
    match place.state:
        case PlaceState.WAITING:
            return f"U bent {ordinal(seats.rank(place))} op de wachtlijst"
        case PlaceState.OFFERED:
            until = place.offer_until or place.day.starts_at
            return f"Er is een plaats voor u, tot {dutch.day_time(until)}"
        case _:
            return STANDING[place.state]


def _letter(
    registration: Registration,
    subject: str,
    *paragraphs: str,
    places: Sequence[Place],
    standings: bool = True,
    sections: tuple[Section, ...] = (),
    why: str = "",
    values: Mapping[str, str] | None = None,
    at_door: bool = False,
) -> Letter:
    meeting = registration.meeting
    ordered = sorted(places, key=lambda place: place.day.starts_at)
    # What differs per person is a value, so that every text is read and styled once.
    known = {
        "naam": registration.name,
        "stad": meeting.city,
        "eerste_dag": dutch.day_long_date(ordered[0].day.date) if ordered else meeting.title,
        "adres": registration.email,
        "sinds": dutch.long_date(registration.registered_at),
    }
    facts = _facts(meeting, ordered, standings=standings)
    if at_door:
        facts = (
            *facts,
            ("Aan de deur", f"Noem uw naam, of uw code: {door_codes.code(registration)}"),
        )
    text = "\n\n".join(filter(None, ("Geachte {{naam}},", *paragraphs)))
    content = composing.prepare(subject, text, kind=Kind.LETTER).fill(
        known | dict(values or {}),
        look=_look(meeting),
        below=Below(facts, sections, why),
    )
    return Letter(content.subject, content.text, content.html)


def _look(meeting: Meeting) -> Letterhead:
    host = hosts.of(meeting)
    return Letterhead(
        sender_name=host.name if host else "",
        subtitle=host.subtitle if host else "",
        postal_address=host.postal_address if host else "",
        email=(host.reply_to or host.email) if host else "",
        phone=host.phone if host else "",
    )


def _facts(
    meeting: Meeting, places: Sequence[Place], *, standings: bool
) -> tuple[tuple[str, str], ...]:
    """Each day with its hours and where the person stands, then the place."""
    rows = []
    for place in places:
        lines = [f"{dutch.long_date(place.day.date)}, {hours(place.day)}"]
        lines += [standing(place)] if standings else []
        rows.append((dutch.WEEKDAYS[place.day.date.weekday()].capitalize(), "\n".join(lines)))
    rows.append(("Wat", meeting.title))
    if where(meeting):
        rows.append(("Waar", where(meeting)))
    if meeting.online_url:
        rows.append(("Online", meeting.online_url))
    return tuple(rows)


def _held(registration: Registration) -> list[Place]:
    return [place for place in registration.places if place.state is not PlaceState.CANCELLED]


def _agenda(
    places: Sequence[Place],
    links: MeetingLinks,
    words: str = "Bij deze mail zit een uitnodiging. Verandert er iets, dan past uw agenda zich"
    " aan. Of kies zelf:",
) -> tuple[Section, ...]:
    """The ways into a calendar, for who has a seat."""
    seated = [place for place in places if place.state is PlaceState.CONFIRMED]
    if not seated:
        return ()
    first = seated[0].day
    shown = feeds.entry(first, links=links)
    buttons = (
        ("Outlook of Apple (.ics)", links.file(first.meeting, [place.day for place in seated])),
        ("Google Agenda", subscribing.google_day(shown)),
        ("Outlook op internet", subscribing.outlook_day(shown)),
    )
    return (Section("Zet het in uw agenda", words, buttons if len(seated) == 1 else buttons[:1]),)


def _own_page(registration: Registration, links: MeetingLinks) -> Section:
    page = links.page(registration.meeting)
    return Section(
        "Wijzigen of annuleren",
        "Dat kan tot het laatst. Stuur deze link niet door: wie hem heeft, kan uw aanmelding"
        f" wijzigen.\n\nWilt u iemand anders uitnodigen? Stuur dan deze link: [{page}]({page})",
        (("Bekijk of wijzig uw aanmelding", links.own(registration)),),
    )


def _not_me(registration: Registration, links: MeetingLinks) -> dict[str, str]:
    """The value of the link in `WAS_THIS_YOU`; its name makes it a whole address."""
    return {"bijeenkomst.niet-ik.link": f"{links.own(registration)}#annuleer"}
