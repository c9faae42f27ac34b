"""Parts of a day as organisers change them: which becomes which, and who is told."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, true, update

from outreach.db import db
from outreach.errors import Refused
from outreach.events import keeping, parts
from outreach.events.keeping import DayFacts, PartFacts
from outreach.events.models import MeetingDay, MeetingPart, PartChoice
from outreach.letters import dutch, said
from outreach.wording import _


class Matched(NamedTuple):
    """The parts of a day as they stand, and as someone wrote them."""

    kept: list[tuple[MeetingPart, PartFacts]]
    added: list[PartFacts]
    dropped: list[MeetingPart]


def match(day: MeetingDay, facts: DayFacts) -> Matched:
    """Which part becomes which: by id, else by title, else what is at that hour and place."""
    there = parts.of_day(day)
    kept, new = [], []
    for one in facts.parts:
        found = next((part for part in there if _same(part, one)), None)
        if found is None:
            new.append(one)
        else:
            there.remove(found)
            kept.append((found, one))
    for one in list(new):
        found = next((part for part in there if _slot(part) == _slot(one)), None)
        if found is not None:
            there.remove(found)
            new.remove(one)
            kept.append((found, one))
    return Matched(kept, new, there)


def check(day: MeetingDay, facts: DayFacts) -> None:
    """
    :raises Refused: fewer seats in a part than are taken
    """
    for part, wanted in match(day, facts).kept:
        if wanted.capacity is not None and wanted.capacity < part.taken:
            raise _taken(part)


def told(day: MeetingDay, facts: DayFacts) -> Iterator[tuple[int, tuple[str, ...]]]:
    """By part: what who chose it must know."""
    matched = match(day, facts)
    for part, wanted in matched.kept:
        if lines := tuple(_told_of(part, wanted)):
            yield part.id, lines
    for part in matched.dropped:
        if part.cancelled_at is None:
            yield part.id, (goes_not(part),)


def silent(day: MeetingDay, facts: DayFacts) -> Iterator[str]:
    """What nobody is mailed about."""
    matched = match(day, facts)
    for part, wanted in matched.kept:
        if part.capacity != wanted.capacity:
            before, after = (_number(one) for one in (part.capacity, wanted.capacity))
            yield f"Plaatsen bij {wanted.title}: {after} (was: {before})"
        if part.cancelled_at and wanted.off and any(_changes(part, wanted)):
            yield f"Het onderdeel {wanted.title}, dat niet doorgaat, is gewijzigd"
    yield from (f"Er komt een onderdeel bij: {one.title}" for one in matched.added)
    yield from (
        f"Het onderdeel {part.title}, dat niet doorging, verdwijnt"
        for part in matched.dropped
        if part.cancelled_at
    )


def goes_not(part: MeetingPart) -> str:
    """ "Wonen (13.00 tot 14.30 uur) gaat niet door", in the language that is spoken."""
    return _("%(part)s gaat niet door", part=_named(part))


def goes_on(part: MeetingPart) -> str:
    return _("%(part)s gaat toch door", part=_named(part))


def write(day: MeetingDay, facts: DayFacts, *, now: datetime) -> None:
    """Put checked facts into the parts of a day; its date is that of the facts already.

    The caller holds the day. Whoever chose a part that goes is off it.

    :raises Refused: more seats of a part are taken than it would have, or would be
    """
    matched = match(day, facts)
    gone = [part.id for part in matched.dropped]
    if gone:
        db.session.execute(delete(PartChoice).where(PartChoice.part_id.in_(gone)))
    for part in matched.dropped:
        day.parts.remove(part)
    for part, wanted in matched.kept:
        keeping.write_part(part, wanted, facts)
        _set_capacity(part, wanted.capacity)
        if wanted.off:
            parts.call_off(part, now=now)
        else:
            parts.restore(part)
    for wanted in matched.added:
        off = now if wanted.off else None
        part = MeetingPart(capacity=wanted.capacity, taken=0, cancelled_at=off)
        keeping.write_part(part, wanted, facts)
        day.parts.append(part)
    day.has_parts = bool(facts.parts)


def _set_capacity(part: MeetingPart, capacity: int | None) -> None:
    if part.capacity == capacity:
        return
    fits = true() if capacity is None else MeetingPart.taken <= capacity
    set_ = db.session.scalar(
        update(MeetingPart)
        .where(MeetingPart.id == part.id, fits)
        .values(capacity=capacity)
        .returning(MeetingPart.id)
        .execution_options(synchronize_session=False)
    )
    if set_ is None:
        raise _taken(part)
    db.session.expire(part, ["capacity", "taken"])


def _taken(part: MeetingPart) -> Refused:
    seats = dutch.plural(part.taken, "plaats", "plaatsen")
    return Refused(f"Bij “{part.title}” zijn {seats} bezet: het aantal kan niet lager.")


def _same(part: MeetingPart, one: PartFacts) -> bool:
    if one.id is not None:
        return part.id == one.id
    return part.title.casefold() == one.title.casefold()


def _slot(one: MeetingPart | PartFacts) -> Sequence[object]:
    return one.opens, one.closes, one.place


def _told_of(part: MeetingPart, wanted: PartFacts) -> Iterator[str]:
    """What who chose a part that stays must know; of what was off already, nothing more."""
    if part.cancelled_at is None:
        yield from (goes_not(part),) if wanted.off else _changes(part, wanted)
    elif not wanted.off:
        yield goes_on(part)
        yield from _changes(part, wanted)


def _named(part: MeetingPart) -> str:
    return f"{part.title} ({_hours(part)})"


def _changes(part: MeetingPart, wanted: PartFacts) -> Iterator[str]:
    name = wanted.title
    if wanted.title != part.title:
        yield _("%(was)s heet nu %(now)s", was=part.title, now=wanted.title)
    if (wanted.opens, wanted.closes) != (part.opens, part.closes):
        yield _(
            "%(part)s is van %(hours)s (was: %(was)s)",
            part=name,
            hours=_hours(wanted),
            was=_hours(part),
        )
    if wanted.place != part.place:
        place, was = wanted.place or _("geen eigen"), part.place or _("geen")
        yield _("De plaats van %(part)s: %(place)s (was: %(was)s)", part=name, place=place, was=was)
    if wanted.online_url != part.online_url:
        link = wanted.online_url or _("kan niet meer")
        yield _("%(part)s online: %(link)s", part=name, link=link)


def _hours(one: MeetingPart | PartFacts) -> str:
    clock = [said.wall_time(wall) for wall in (one.opens, one.closes)]
    return _("%(from)s tot %(until)s uur", **{"from": clock[0], "until": clock[1]})


def _number(capacity: int | None) -> str:
    return "zoveel als de dag heeft" if capacity is None else f"{capacity}"
