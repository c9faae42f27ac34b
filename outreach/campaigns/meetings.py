"""The meetings that a letter invites to, as its placeholders say them."""

from collections.abc import Iterator, Mapping
from datetime import time

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from outreach.campaigns.models import Campaign
from outreach.campaigns.writing import current_texts
from outreach.clock import to_wall
from outreach.db import db
from outreach.events import showing, words
from outreach.events.links import MeetingLinks
from outreach.events.models import Meeting, MeetingDay, MeetingState
from outreach.letters import blocks, dutch, placeholders
from outreach.letters.checking import Finding, Severity

PLACE = "bijeenkomsten"  #: where a finding about one is


def of(session: Session, campaign: Campaign) -> dict[str, Meeting]:
    """By slug, those of a letter's meetings that exist, in its order."""
    if not campaign.meetings:
        return {}
    query = select(Meeting).where(Meeting.slug.in_(campaign.meetings))
    found = {one.slug: one for one in session.scalars(query.options(selectinload(Meeting.days)))}
    return {slug: found[slug] for slug in campaign.meetings if slug in found}


def values(
    campaign: Campaign, found: Mapping[str, Meeting], *, base_url: str, gemeente_code: str
) -> dict[str, str]:
    """What the placeholders about meetings stand for, for a reader in this gemeente."""
    where = links(campaign, found, base_url=base_url, gemeente_code=gemeente_code)
    return said(campaign, found) | where


def said(campaign: Campaign, found: Mapping[str, Meeting]) -> dict[str, str]:
    """Those that are equal for all readers."""
    filled: dict[str, str] = {}
    for slug, meeting in found.items():
        filled |= _named(campaign, slug, _said(meeting))
    return filled


def links(
    campaign: Campaign, found: Mapping[str, Meeting], *, base_url: str, gemeente_code: str
) -> dict[str, str]:
    """Those that know the reader's gemeente."""
    pages = MeetingLinks(base_url, key="")
    filled: dict[str, str] = {}
    for slug, meeting in found.items():
        page = pages.page(meeting, gemeente_code=gemeente_code)
        filled |= _named(campaign, slug, {"link": page})
    return filled


def _named(campaign: Campaign, slug: str, said: Mapping[str, str]) -> dict[str, str]:
    """By the names of placeholders: of the first meeting also without its slug."""
    named = {f"bijeenkomst.{slug}.{name}": value for name, value in said.items()}
    if slug == campaign.meetings[0]:
        named |= {f"bijeenkomst.{name}": value for name, value in said.items()}
    return named


def findings(campaign: Campaign) -> Iterator[Finding]:
    """Whether the meetings are there for who follows a link, and all that the texts name."""
    found = of(db.session(), campaign)
    for named in campaign.meetings:
        yield from _standing(named, found.get(named))
    given = values(campaign, found, base_url="", gemeente_code="")
    for step in campaign.steps:
        lacking: dict[str, None] = {}
        for text in current_texts(step).values():
            words = blocks.expand(f"{text.mail}\n\n{text.letter}", meetings=campaign.meetings)
            whole = f"{text.subject}\n{words}"
            lacking |= dict.fromkeys(placeholders.missing(whole, given))
        for name in lacking:
            if (slug := placeholders.meeting_of(name)) is not None:
                yield from _missing(name, slug, campaign, found, f"stap {step.position}")


def _standing(slug: str, meeting: Meeting | None) -> Iterator[Finding]:
    if meeting is None:
        yield Finding(
            "unknown-meeting",
            Severity.ERROR,
            f"Er is geen bijeenkomst met de naam “{slug}”. Voeg haar toe, of haal de naam weg.",
            PLACE,
        )
    elif meeting.state is MeetingState.DRAFT:
        yield Finding(
            "meeting-not-public",
            Severity.ERROR,
            f"De bijeenkomst “{slug}” is nog een concept: wie de link volgt, vindt niets. Publiceer"
            " haar eerst.",
            PLACE,
        )
    elif meeting.state is MeetingState.CANCELLED:
        yield Finding(
            "meeting-cancelled",
            Severity.WARNING,
            f"De bijeenkomst “{slug}” gaat niet door. Klopt de tekst nog?",
            PLACE,
        )


def _missing(
    name: str, slug: str, campaign: Campaign, found: Mapping[str, Meeting], place: str
) -> Iterator[Finding]:
    slug = slug or next(iter(campaign.meetings), "")
    if slug in found:
        message = (
            f"Bij {{{{{name}}}}} is er niets om in te vullen: vul het aan bij de bijeenkomst"
            f" “{slug}”, of geef een standaardwaarde."
        )
        yield Finding("missing-value", Severity.ERROR, message, place)
    elif slug not in campaign.meetings:
        message = (
            f"De tekst gebruikt {{{{{name}}}}}, maar die bijeenkomst hoort niet bij deze brief. Zet"
            " haar in het bestand bij meetings."
        )
        yield Finding("missing-value", Severity.ERROR, message, place)


def _said(meeting: Meeting) -> dict[str, str]:
    days = [day for day in meeting.days if day.cancelled_at is None] or meeting.days
    return {
        "titel": meeting.title,
        "datum": _dates(days),
        "tijd": _hours(days),
        "stad": meeting.city,
        "plaats": meeting.venue,
        "adres": meeting.address,
        "waar": ", ".join(filter(None, (meeting.venue, meeting.address, meeting.city))) or "online",
        "uiterlijk": _until(meeting, days),
    }


def _dates(days: list[MeetingDay]) -> str:
    """ "vr 11 tot en met zo 13 september 2026" """
    dates = [day.date for day in days]
    if not dates:
        return ""
    return f"{showing.period(dates)} {max(dates).year}".replace("\N{NO-BREAK SPACE}", " ")


def _hours(days: list[MeetingDay]) -> str:
    """The hours, by day where they differ."""
    hours = [words.hours(day) for day in days]
    if len(set(hours)) < 2:
        return "".join(hours[:1])
    names = [dutch.day_date(day.date) for day in days]
    return dutch.enumeration([f"{name} {said}" for name, said in zip(names, hours, strict=True)])


def _until(meeting: Meeting, days: list[MeetingDay]) -> str:
    """Until when people can register: a day, with a time when it is within it."""
    last = meeting.register_until
    if last is None:
        return dutch.day_long_date(days[0].date) if days else ""
    wall = to_wall(last)
    day = dutch.day_long_date(wall.date())
    return day if wall.time() >= time(23, 59) else f"{day}, {dutch.clock_time(last)}"
