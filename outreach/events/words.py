"""What the mail about a registration says: built-in letters, one function each.

What people typed (names, titles, places) enters as a value and is never read as Markdown.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from outreach.calendars import subscribing
from outreach.contacts import names
from outreach.contacts.models import FormOfAddress
from outreach.contacts.people import Addressee
from outreach.events import door_codes, feeds, hosts, parts, seats
from outreach.events.links import MeetingLinks
from outreach.events.models import (
    Meeting,
    MeetingDay,
    MeetingPart,
    Place,
    PlaceState,
    Registration,
)
from outreach.letters import aanhef, composing, later, said
from outreach.letters.composing import Below, Kind, Letterhead, Open, Section
from outreach.letters.later import NOTHING
from outreach.wording import N_, Language, _, speaking, spoken

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
    PlaceState.CONFIRMED: N_("U hebt een plaats"),
    PlaceState.UNCONFIRMED: N_("Wij houden een plaats voor u vast"),
    PlaceState.CANCELLED: N_("U komt niet"),
    PlaceState.DOOR: N_("U bent aan de deur toegevoegd"),
}


PROOF = N_(" Hebt u een bewijs nodig dat u er was? Dat staat daar ook.")
INVITED = N_(
    "Bij deze mail zit een uitnodiging. Verandert er iets, dan past uw agenda zich aan. Of kies"
    " zelf:"
)
WAS_THIS_YOU = N_(
    "U krijgt deze mail omdat u zich op {{sinds}} aanmeldde met {{adres}}. Was u dit niet?"
    " Annuleer dan, en wij wissen uw adres. [Dit was ik niet]({{bijeenkomst.niet-ik.link}})"
)

P = ParamSpec("P")
Written = TypeVar("Written")
About = TypeVar("About", Registration, Place)
Ranked = Callable[[Place], str]


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


def in_their_language(
    write: Callable[Concatenate[About, P], Written],
) -> Callable[Concatenate[About, P], Written]:
    """A mail speaks the language in which its reader registered, whoever causes it."""

    @wraps(write)
    def written(about: About, /, *args: P.args, **kwargs: P.kwargs) -> Written:
        registration = about if isinstance(about, Registration) else about.registration
        with speaking(registration.language):
            return write(about, *args, **kwargs)

    return written


def confirmed(
    registration: Registration, places: Sequence[Place], *, links: MeetingLinks, now: datetime
) -> Letter:
    return _said(open_confirmed(registration, places, links=links))


@in_their_language
def open_confirmed(
    registration: Registration,
    places: Sequence[Place],
    *,
    links: MeetingLinks,
    leave: frozenset[str] = NOTHING,
    ranked: Ranked | None = None,
) -> Open:
    """`confirmed`, with what differs per person still open.

    :param ranked: says in words where a place is on the waiting list
    """
    seated = [place for place in places if place.state is PlaceState.CONFIRMED]
    waits = len(seated) < len(places)
    opening = _("Fijn dat u komt.") if seated else _("Fijn dat u wilt komen.")
    if waits:
        opening += _(" Waar u op de wachtlijst staat, mailen wij u zodra er plaats is.")
    subject = _("U bent aangemeld") if seated else _("U staat op de wachtlijst")
    return _open(
        registration,
        f"{subject}: {{{{stad}}}}, {{{{eerste_dag}}}}",
        opening,
        places=places,
        sections=(*_agenda(places, links), _own_page(registration, links)),
        why=_(WAS_THIS_YOU),
        values=_not_me(registration, links),
        at_door=bool(seated),
        leave=leave,
        ranked=ranked,
    )


def please_confirm(
    registration: Registration, places: Sequence[Place], *, links: MeetingLinks, now: datetime
) -> Letter:
    return _said(open_please_confirm(registration, places, links=links, now=now))


@in_their_language
def open_please_confirm(
    registration: Registration,
    places: Sequence[Place],
    *,
    links: MeetingLinks,
    now: datetime,
    leave: frozenset[str] = NOTHING,
    ranked: Ranked | None = None,
) -> Open:
    """`please_confirm`, likewise."""
    held = any(place.state is PlaceState.UNCONFIRMED for place in places)
    until = said.day_time(registration.hold_until or now)
    keeps = _("Wij houden uw plaats vast tot **{{tot}}**. ") if held else ""
    return _open(
        registration,
        _("Bevestig uw aanmelding: {{stad}}, {{eerste_dag}}"),
        keeps + _("Open uw eigen bladzijde en druk op de knop. Dan weten wij dat u het bent."),
        places=places,
        sections=(
            Section(
                _("Bevestig uw aanmelding"),
                _("Zonder uw bevestiging vervalt de aanmelding."),
                ((_("Bekijk en bevestig uw aanmelding"), links.own(registration)),),
            ),
        ),
        why=_(
            "U krijgt deze mail omdat iemand zich op {{sinds}} aanmeldde met {{adres}}."
            " Was u dit niet? Dan hoeft u niets te doen."
        ),
        values={"tot": until},
        leave=leave,
        ranked=ranked,
    )


@in_their_language
def known_already(
    registration: Registration, added: Sequence[Place], *, links: MeetingLinks, now: datetime
) -> Letter:
    return _letter(
        registration,
        _("U bent al aangemeld: {{stad}}, {{eerste_dag}}"),
        _("U was al aangemeld. De dagen die u erbij koos, staan er nu bij.")
        if added
        else _("U was al aangemeld. Uw tweede formulier heeft niets veranderd."),
        places=_held(registration),
        sections=(_own_page(registration, links),),
        why=_(WAS_THIS_YOU),
        values=_not_me(registration, links),
    )


@in_their_language
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
        _("Uw dagen zijn gewijzigd: {{stad}}"),
        _("U wijzigde uw aanmelding. Zo staat u er nu voor."),
        places=[*_held(registration), *left],
        sections=(*_agenda(added, links), _own_page(registration, links)),
        why=_(WAS_THIS_YOU),
        values=_not_me(registration, links),
    )


@in_their_language
def changed_parts(
    registration: Registration, places: Sequence[Place], *, links: MeetingLinks, now: datetime
) -> Letter:
    return _letter(
        registration,
        _("Uw onderdelen zijn gewijzigd: {{stad}}"),
        _("U koos andere onderdelen. Zo staat u er nu voor."),
        places=places,
        sections=(
            *_agenda(places, links, _("De uitnodiging bij deze mail past uw agenda aan.")),
            _own_page(registration, links),
        ),
        why=_(WAS_THIS_YOU),
        values=_not_me(registration, links),
    )


@in_their_language
def withdrawn(
    registration: Registration, left: Sequence[Place], *, links: MeetingLinks, now: datetime
) -> Letter:
    return _letter(
        registration,
        _("Geannuleerd: {{stad}}, {{eerste_dag}}"),
        _("Uw aanmelding is geannuleerd. Dank u dat u het liet weten: er blijft geen stoel leeg."),
        places=left,
        sections=(
            Section(
                _("Kunt u toch komen?"),
                _("Meld u dan opnieuw aan. U sluit achteraan als er een wachtlijst is."),
                ((_("Meld u opnieuw aan"), links.form(registration.meeting)),),
            ),
        ),
    )


@in_their_language
def handed_over(
    registration: Registration, left: Sequence[Place], *, links: MeetingLinks, now: datetime
) -> Letter:
    return _letter(
        registration,
        _("Uw plaats gaat naar een ander: {{stad}}"),
        _(
            "De griffie gaf uw plaats aan iemand anders van uw gemeente. U staat niet meer op de"
            " lijst. Klopt dat niet? Vraag het dan aan uw griffie."
        ),
        places=left,
        standings=False,
        sections=(
            Section(
                _("Wilt u toch komen?"),
                _("Meld u dan zelf aan. U sluit achteraan als er een wachtlijst is."),
                (("Meld u aan", links.form(registration.meeting)),),
            ),
        ),
    )


@in_their_language
def offer(place: Place, *, links: MeetingLinks, now: datetime) -> Letter:
    until = said.day_time(place.offer_until or place.day.starts_at)
    return _letter(
        place.registration,
        _("Er is plaats voor u: {{stad}}, reageer vóór {{tot}}"),
        _("Er kwam een plaats vrij, en u bent aan de beurt. Wij houden hem vast tot **{{tot}}**."),
        places=[place],
        sections=(
            Section(
                _("Komt u?"),
                _(
                    "Open uw eigen bladzijde en kies ja of nee. Horen wij voor die tijd niets, dan"
                    " gaat de plaats naar de volgende."
                ),
                ((_("Ja of nee: kies op uw bladzijde"), links.own(place.registration)),),
            ),
        ),
        why=_(WAS_THIS_YOU),
        values=_not_me(place.registration, links) | {"tot": until},
    )


@in_their_language
def offer_over(place: Place, *, links: MeetingLinks, now: datetime) -> Letter:
    return _letter(
        place.registration,
        _("De plaats is naar een ander: {{stad}}, {{eerste_dag}}"),
        _(
            "Wij hielden een plaats voor u vast, maar hoorden niets. De plaats gaat nu naar de"
            " volgende. U staat voor deze dag niet meer op de wachtlijst."
        ),
        places=[place],
        standings=False,
        sections=(
            Section(
                _("Wilt u toch komen?"),
                _("Meld u dan opnieuw aan. U sluit achteraan op de wachtlijst."),
                ((_("Meld u opnieuw aan"), links.form(place.day.meeting)),),
            ),
        ),
    )


@in_their_language
def still_coming(place: Place, *, links: MeetingLinks, now: datetime) -> Letter:
    return _letter(
        place.registration,
        _("Komt u niet? {{stad}}, {{eerste_dag}}"),
        _(
            "Uw agenda meldde dat u niet komt. Wij hebben nog niets veranderd: u hebt uw plaats"
            " nog."
        ),
        places=[place],
        sections=(
            Section(
                _("Klopt het dat u niet komt?"),
                _(
                    "Zeg het op uw eigen bladzijde. Dan gaat uw plaats naar een ander. Komt u wel?"
                    " Dan hoeft u niets te doen."
                ),
                ((_("Ja of nee: kies op uw bladzijde"), links.own(place.registration)),),
            ),
        ),
        why=_(WAS_THIS_YOU),
        values=_not_me(place.registration, links),
    )


@in_their_language
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
        _("Gewijzigd: {{stad}}, {{eerste_dag}}"),
        _("Er is iets veranderd aan de bijeenkomst waarvoor u zich aanmeldde:"),
        "\n".join(f"- {{{{{name}}}}}" for name in said),
        _("Zo is het nu:"),
        places=places,
        sections=(
            *_agenda(places, links, _("De uitnodiging bij deze mail past uw agenda aan.")),
            _own_page(registration, links),
        ),
        values=said,
    )


@in_their_language
def part_turned(
    registration: Registration,
    places: Sequence[Place],
    part: MeetingPart,
    reason: str,
    *,
    links: MeetingLinks,
    now: datetime,
) -> Letter:
    """A part of a day that someone chose is off, or takes place after all."""
    if part.cancelled_at is not None:
        subject = _("Gaat niet door: {{onderdeel}}, {{stad}}, {{eerste_dag}}")
        told = _(
            "Het spijt ons: **{{onderdeel}}** ({{uren}}) gaat niet door. De rest van de dag gaat"
            " wel door, en u hebt uw plaats nog. U kunt iets anders kiezen op uw eigen bladzijde."
        )
    else:
        subject = _("Gaat toch door: {{onderdeel}}, {{stad}}, {{eerste_dag}}")
        told = _(
            "**{{onderdeel}}** ({{uren}}) gaat toch door. Hieronder staat waar u nu voor op de"
            " lijst staat. Wilt u iets anders? Dat kan op uw eigen bladzijde."
        )
    return _letter(
        registration,
        subject,
        told,
        "{{reden}}" if reason else "",
        places=places,
        sections=(
            *_agenda(places, links, _("De uitnodiging bij deze mail past uw agenda aan.")),
            _own_page(registration, links),
        ),
        values={"onderdeel": part.title, "uren": part_hours(part), "reden": reason},
    )


@in_their_language
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
        _("Gaat niet door: {{stad}}, {{eerste_dag}}"),
        _("Het spijt ons: deze bijeenkomst gaat niet door.")
        if registration.meeting.cancelled_at
        else _("Het spijt ons: deze dag gaat niet door."),
        "{{reden}}" if reason else "",
        places=places,
        standings=False,
        sections=(
            Section(
                _("In uw agenda"),
                _(
                    "Zette onze uitnodiging de bijeenkomst in uw agenda? Dan haalt een aparte mail"
                    " haar daar weg. U hoeft niets te doen."
                ),
                ((_("Bekijk onze andere bijeenkomsten"), f"{links.base_url}/"),),
            ),
        ),
        values={"reden": reason},
    )


@in_their_language
def reminder(
    registration: Registration, places: Sequence[Place], *, links: MeetingLinks, now: datetime
) -> Letter:
    return _letter(
        registration,
        _("Herinnering: {{stad}}, {{eerste_dag}}"),
        _(
            "U komt naar onze bijeenkomst. Hieronder staat nog eens wanneer en waar. Kunt u toch"
            " niet? Annuleer dan: er wacht misschien iemand op uw plaats."
        ),
        places=places,
        sections=(_own_page(registration, links),),
        why=_(WAS_THIS_YOU),
        values=_not_me(registration, links),
    )


@in_their_language
def thanks(
    registration: Registration, places: Sequence[Place], *, links: MeetingLinks, now: datetime
) -> Letter:
    """After a meeting: what was shown there, three questions, and that someone was there."""
    meeting = registration.meeting
    shown = tuple((one["label"], one["url"]) for one in meeting.materials)
    read = ((_("Lees het verslag"), links.page(meeting)),) if meeting.report else ()
    after = Section(_("Om na te lezen"), _("Dit hoort bij de bijeenkomst."), (*read, *shown))
    return _letter(
        registration,
        _("Dank u voor uw komst: {{stad}}"),
        _(
            "Dank u dat u er was. Wij vragen u nog drie dingen; dat kost een halve minuut. Wij"
            " tellen uw antwoorden en bewaren niet wie wat zei."
        ),
        places=places,
        standings=False,
        sections=(
            *((after,) if after.buttons else ()),
            Section(
                _("Drie vragen"),
                _("Op uw eigen bladzijde staan de vragen.")
                + (_(PROOF) if any(place.came_at for place in places) else ""),
                ((_("Beantwoord de drie vragen"), links.own(registration)),),
            ),
        ),
    )


def into_calendar(place: Place, *, links: MeetingLinks, now: datetime) -> Letter:
    """The short mail that carries the invitation for one further day."""
    return _said(open_into_calendar(place))


@in_their_language
def open_into_calendar(place: Place, *, leave: frozenset[str] = NOTHING) -> Open:
    """`into_calendar`, likewise."""
    return _open(
        place.registration,
        _("Voor uw agenda: {{stad}}, {{eerste_dag}}"),
        _("Met deze mail zet uw agenda deze dag erin. U hoeft niets te doen."),
        places=[place],
        leave=leave,
    )


@in_their_language
def out_of_calendar(place: Place, *, whole: bool, links: MeetingLinks, now: datetime) -> Letter:
    """The short mail that takes one day out of a calendar."""
    why = _("Deze dag gaat niet door.") if whole else _("U komt niet op deze dag.")
    return _letter(
        place.registration,
        _("Uit uw agenda: {{stad}}, {{eerste_dag}}"),
        why + _(" Met deze mail haalt uw agenda de dag weg. U hoeft niets te doen."),
        places=[place],
        standings=False,
    )


def hours(day: MeetingDay) -> str:
    """
    "10.00 tot 17.00 uur", on a Dutch clock.
    """
    return _(
        "%(from)s tot %(until)s uur",
        **{"from": said.hour(day.starts_at), "until": said.hour(day.ends_at)},
    )


def part_hours(part: MeetingPart) -> str:
    """ "13.00 tot 14.30 uur", likewise."""
    return _(
        "%(from)s tot %(until)s uur",
        **{"from": said.hour(part.starts_at), "until": said.hour(part.ends_at)},
    )


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
    if spoken() is Language.EN:
        return english_ordinal(rank)
    return ORDINALS[rank - 1] if 1 <= rank <= len(ORDINALS) else f"{rank}e"


def english_ordinal(rank: int) -> str:
    """
    >>> english_ordinal(3), english_ordinal(12), english_ordinal(21)
    ('3rd', '12th', '21st')
    """
    last = 0 if rank % 100 in (11, 12, 13) else rank % 10
    return f"{rank}{dict(enumerate(('st', 'nd', 'rd'), 1)).get(last, 'th')}"


def _rank(place: Place) -> str:
    return ordinal(seats.rank(place))


def standing(place: Place, ranked: Ranked = _rank) -> str:
    """Where someone stands on one day, as mail and pages say it."""
    if place.came_at is not None:
        return _("U was erbij")
    if place.day.cancelled_at is not None and place.state is not PlaceState.CANCELLED:
        return _("Deze dag gaat niet door")
    match place.state:
        case PlaceState.WAITING:
            return _("U bent %(ordinal)s op de wachtlijst", ordinal=ranked(place))
        case PlaceState.OFFERED:
            until = place.offer_until or place.day.starts_at
            return _("Er is een plaats voor u, tot %(day_time)s", day_time=said.day_time(until))
        case _:
            return _(STANDING[place.state])


def _letter(
    registration: Registration,
    subject: str,
    *paragraphs: str,
    places: Sequence[Place],
    standings: bool = True,
    sections: tuple[Section, ...] = (),
    why: str = "",
    values: Mapping[str, str] | None = None,
) -> Letter:
    return _said(
        _open(
            registration,
            subject,
            *paragraphs,
            places=places,
            standings=standings,
            sections=sections,
            why=why,
            values=values,
        )
    )


def _said(made: Open) -> Letter:
    subject, text, html = (
        later.said(words, {}) for words in ((made.subject,), made.text, made.html)
    )
    return Letter(subject, text, html)


def _open(
    registration: Registration,
    subject: str,
    *paragraphs: str,
    places: Sequence[Place],
    standings: bool = True,
    sections: tuple[Section, ...] = (),
    why: str = "",
    values: Mapping[str, str] | None = None,
    at_door: bool = False,
    leave: frozenset[str] = NOTHING,
    ranked: Ranked | None = None,
) -> Open:
    meeting = registration.meeting
    ordered = sorted(places, key=lambda place: place.day.starts_at)
    # What differs per person is a value, so that every text is read and styled once.
    known = {
        "naam": addressed(registration.name),
        "stad": meeting.city,
        "eerste_dag": said.day_long_date(ordered[0].day.date) if ordered else meeting.title,
        "adres": registration.email,
        "sinds": said.long_date(registration.registered_at),
    }
    facts = _facts(meeting, ordered, standings=standings, ranked=ranked or _rank)
    if at_door:
        facts = (
            *facts,
            (
                _("Aan de deur"),
                _("Noem uw naam, of uw code: %(code)s", code=door_codes.code(registration)),
            ),
        )
    text = "\n\n".join(filter(None, (_("Geachte {{naam}},"), *paragraphs)))
    return composing.prepare(subject, text, kind=Kind.LETTER).open(
        known | dict(values or {}),
        leave=leave,
        look=_look(meeting),
        below=Below(facts, sections, why, spoken()),
    )


def addressed(name: str) -> str:
    """Someone as a mail addresses them: whoever typed how, is called so.

    >>> addressed("mevr. D. van Dam"), addressed("Noor de Wit")
    ('mevrouw Van Dam', 'Noor de Wit')
    """
    parts = names.split(name)
    said_so = parts.form_of_address in (FormOfAddress.HEER, FormOfAddress.MEVROUW)
    if not said_so or spoken() is not Language.NL:
        return name
    to = Addressee(parts.form_of_address, prefix=parts.prefix, last_name=parts.last_name)
    called = aanhef.salutation(to).removeprefix("Geachte ").removesuffix(",")
    return called if parts.last_name else name


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
    meeting: Meeting, places: Sequence[Place], *, standings: bool, ranked: Ranked
) -> tuple[tuple[str, str], ...]:
    """Each day with its hours and where the person stands, then the place."""
    rows = []
    for place in places:
        lines = [f"{said.long_date(place.day.date)}, {hours(place.day)}"]
        lines += [standing(place, ranked)] if standings else []
        lines += _chosen(place) if standings else []
        rows.append((said.weekday(place.day.date).capitalize(), "\n".join(lines)))
    rows.append((_("Wat"), meeting.title))
    if where(meeting):
        rows.append((_("Waar"), where(meeting)))
    if meeting.online_url:
        rows.append((_("Online"), meeting.online_url))
    return tuple(rows)


def _chosen(place: Place) -> list[str]:
    """Which parts of a day someone comes to; or that there is a choice still to make."""
    if not place.day.has_parts or place.state not in parts.CHOOSES:
        return []
    found = [
        _("U koos %(part)s", part=parts.line(part, part_hours(part)))
        for part in parts.of(place.registration, {place.day_id})
    ]
    return found or [_("U koos nog geen onderdelen: dat kan op uw eigen bladzijde")]


def _held(registration: Registration) -> list[Place]:
    return [place for place in registration.places if place.state is not PlaceState.CANCELLED]


def _agenda(
    places: Sequence[Place],
    links: MeetingLinks,
    words: str = INVITED,
) -> tuple[Section, ...]:
    """The ways into a calendar, for who has a seat."""
    seated = [place for place in places if place.state is PlaceState.CONFIRMED]
    if not seated:
        return ()
    first = seated[0].day
    chosen = parts.of(seated[0].registration, {first.id})
    shown = feeds.entry(first, links=links, chosen=chosen)
    buttons = (
        (_("Outlook of Apple (.ics)"), links.file(first.meeting, [place.day for place in seated])),
        (_("Google Agenda"), subscribing.google_day(shown)),
        (_("Outlook op internet"), subscribing.outlook_day(shown)),
    )
    return (
        Section(_("Zet het in uw agenda"), _(words), buttons if len(seated) == 1 else buttons[:1]),
    )


def _own_page(registration: Registration, links: MeetingLinks) -> Section:
    page = links.page(registration.meeting)
    return Section(
        _("Wijzigen of annuleren"),
        _(
            "Dat kan tot het laatst. Stuur deze link niet door: wie hem heeft, kan uw aanmelding"
            " wijzigen.\n\nWilt u iemand anders uitnodigen? Stuur dan deze link:"
            " [%(page)s](%(page)s)",
            page=page,
        ),
        ((_("Bekijk of wijzig uw aanmelding"), links.own(registration)),),
    )


def _not_me(registration: Registration, links: MeetingLinks) -> dict[str, str]:
    """The value of the link in `WAS_THIS_YOU`; its name makes it a whole address."""
    return {"bijeenkomst.niet-ik.link": f"{links.own(registration)}#annuleer"}
