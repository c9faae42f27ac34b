"""Days of meetings as calendars show them: files, feeds and invitations share these entries."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from outreach.calendars import feed
from outreach.calendars.entry import Entry
from outreach.contacts.gemeenten import fold
from outreach.db import db
from outreach.events import hosts, parts
from outreach.events.links import MeetingLinks
from outreach.events.models import Meeting, MeetingDay, MeetingPart, MeetingState

#: How long a day that is over stays in the feeds.
KEPT = timedelta(days=400)
PART = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def entry(day: MeetingDay, *, links: MeetingLinks, chosen: Sequence[MeetingPart] = ()) -> Entry:
    """One day of a meeting as one VEVENT.

    :param chosen: parts of the day that whose calendar it is comes to; else it names them all
    """
    meeting = day.meeting
    return Entry(
        uid=day.uid,
        sequence=day.sequence,
        starts=day.starts_at,
        ends=day.ends_at,
        summary=f"{meeting.title}: {day.title}" if day.title else meeting.title,
        location=", ".join(filter(None, (meeting.venue, meeting.address, _city(meeting)))),
        description="\n\n".join(
            filter(
                None,
                (meeting.summary, _parts(day, chosen), meeting.online_url, links.page(meeting)),
            )
        ),
        url=links.page(meeting),
        created=day.created_at,
        revised=day.revised_at,
        cancelled=day.cancelled_at is not None,
        categories=tuple(meeting.themes),
        conference=meeting.online_url,
        related=tuple(other.uid for other in meeting.days if other.uid != day.uid),
    )


def file_of(meeting: Meeting, *, links: MeetingLinks, day_ids: Collection[int] = ()) -> bytes:
    """One meeting, to open or keep.

    :param day_ids: only these days; all when none of them is a day of this meeting
    """
    chosen = [day for day in meeting.days if day.id in day_ids] or meeting.days
    return feed.single([entry(day, links=links) for day in chosen])


def agenda(*, links: MeetingLinks, now: datetime, part: str = "") -> bytes:
    """The feed of all published meetings, or of one region or theme; valid when it is empty.

    :param part: as it stands in the address: "noord-holland"
    """
    days = select(MeetingDay).join(Meeting).where(Meeting.state != MeetingState.DRAFT)
    days = days.where(MeetingDay.ends_at > now - KEPT)
    found = db.session.scalars(
        days.order_by(MeetingDay.starts_at, MeetingDay.id).options(
            selectinload(MeetingDay.meeting).selectinload(Meeting.days),
            selectinload(MeetingDay.parts),
        )
    ).all()
    shown = [day for day in found if not part or part in parts_of(day.meeting)]
    name = _name(shown, part)
    url = f"{links.base_url}/"
    return feed.feed([entry(day, links=links) for day in shown], name=name, url=url)


def parts_of(meeting: Meeting) -> dict[str, str]:
    """The feeds a meeting stands in beside that of all: as in the address, and in words."""
    names = [name for name in (meeting.region, *meeting.themes) if name]
    return {slug: name for name in names if (slug := part_slug(name))}


def part_slug(name: str) -> str:
    """A region or theme as it stands in an address: "Noord-Holland" → "noord-holland"."""
    return fold(name).replace(" ", "-")


def _name(days: list[MeetingDay], part: str) -> str:
    host = hosts.of(days[0].meeting) if days else None
    whose = f"Bijeenkomsten {host.name}" if host else "Bijeenkomsten"
    if not part:
        return whose
    words = next((parts_of(day.meeting)[part] for day in days), part)
    return f"{whose}: {words}"


def _parts(day: MeetingDay, chosen: Sequence[MeetingPart]) -> str:
    """What there is to choose on a day, or what someone chose, a line each."""
    shown = chosen or parts.of_day(day)
    head = "U koos:" if chosen else "Onderdelen om uit te kiezen:"
    return "\n".join((head, *map(parts.line, shown))) if shown else ""


def _city(meeting: Meeting) -> str:
    """The city, unless the address names it already."""
    return "" if meeting.city.casefold() in meeting.address.casefold() else meeting.city
