"""What would differ about a meeting, in the words in which people are told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from outreach.errors import Refused, Unknown
from outreach.events import programme, words
from outreach.events.keeping import WORDS, DayFacts, Facts, facts_of, moments
from outreach.events.models import Meeting, MeetingDay, MeetingState
from outreach.letters import dutch, said
from outreach.wording import Language, _, speaking

#: What everyone who comes is told; the rest is for who opens the page.
TOLD = ("title", "city", "venue", "address", "online_url")


@dataclass(frozen=True)
class Told:
    """What people are told of a change, in one language."""

    for_all: tuple[str, ...]  #: what concerns everyone
    of_day: dict[int, tuple[str, ...]]  #: what concerns who comes on that day
    of_part: dict[int, tuple[str, ...]]  #: what concerns who chose that part of a day


@dataclass(frozen=True)
class Differences:
    """Between a meeting as it stands and as someone wrote it."""

    kept: tuple[tuple[MeetingDay, DayFacts], ...]  #: each live day, and how it will be
    added: tuple[DayFacts, ...]
    dropped: tuple[MeetingDay, ...]
    told: Mapping[Language, Told]
    silent: tuple[str, ...]  #: what nobody is mailed about

    @property
    def for_all(self) -> tuple[str, ...]:
        return self.told[Language.NL].for_all

    @property
    def of_day(self) -> dict[int, tuple[str, ...]]:
        return self.told[Language.NL].of_day

    @property
    def of_part(self) -> dict[int, tuple[str, ...]]:
        return self.told[Language.NL].of_part

    @property
    def changes(self) -> tuple[str, ...]:
        """What people are told, for the reader of a preview."""
        some = (*self.of_day.values(), *self.of_part.values())
        return (*self.for_all, *(line for lines in some for line in lines))

    def __bool__(self) -> bool:
        return bool(self.changes or self.silent)


def compare(meeting: Meeting, good: Facts, *, now: datetime) -> Differences:
    """What differs, with facts that were checked.

    :raises Refused: a change that cannot be: of what is off or over, of a published address, or to
        fewer seats than are taken
    """
    if meeting.state is MeetingState.CANCELLED:
        raise Refused("Deze bijeenkomst gaat niet door en verandert niet meer. Maak een nieuwe.")
    _check_slug(meeting, good)
    kept, added, dropped = _match(meeting, good, now=now)
    for day, facts in kept:
        _check_day(day, facts, now=now)
    return Differences(
        kept=tuple(kept),
        added=tuple(added),
        dropped=tuple(dropped),
        told={language: _told(language, meeting, good, kept, dropped) for language in Language},
        silent=tuple(_silent(meeting, good, kept, added)),
    )


def _told(
    language: Language,
    meeting: Meeting,
    good: Facts,
    kept: list[tuple[MeetingDay, DayFacts]],
    dropped: list[MeetingDay],
) -> Told:
    with speaking(language):
        of_day = {day.id: tuple(_moved(day, facts)) for day, facts in kept}
        of_day |= {day.id: (_("%(day)s gaat niet door", day=_name(day.date)),) for day in dropped}
        told = {id_: lines for id_, lines in of_day.items() if lines}
        of_part = {id_: lines for day, facts in kept for id_, lines in programme.told(day, facts)}
        return Told(tuple(_for_all(meeting, good)), told, of_part)


def _check_slug(meeting: Meeting, good: Facts) -> None:
    if good.slug not in ("", meeting.slug) and meeting.state is not MeetingState.DRAFT:
        raise Refused(
            f"Het webadres “{meeting.slug}” staat al in brieven en agenda's. Laat het zo."
        )


def _match(
    meeting: Meeting, good: Facts, *, now: datetime
) -> tuple[list[tuple[MeetingDay, DayFacts]], list[DayFacts], list[MeetingDay]]:
    """Which day becomes which: by id, else by date; the rest pairs up in order, as moves."""
    live = {day.id: day for day in meeting.days if day.cancelled_at is None}
    kept, unnamed = [], []
    for facts in good.days:
        if facts.id is None:
            unnamed.append(facts)
        elif facts.id in live:
            kept.append((live.pop(facts.id), facts))
        else:
            raise Unknown(f"{_name(facts.date)} staat niet meer bij deze bijeenkomst.")
    by_date = {day.date: day for day in live.values()}
    off = {day.date for day in meeting.days if day.cancelled_at is not None}
    new = []
    for facts in unnamed:
        if facts.date in by_date:
            kept.append((live.pop(by_date.pop(facts.date).id), facts))
        elif facts.date in off:
            raise Refused(
                f"{_name(facts.date)} is geannuleerd en komt niet terug. Haal de dag weg, of kies"
                " een andere datum."
            )
        else:
            new.append(facts)
    # What is over stays, also when a form or a file no longer names it.
    gone = [day for day in live.values() if day.ends_at > now]
    moves = list(zip(gone, new, strict=False))
    return kept + moves, new[len(moves) :], gone[len(moves) :]


def _check_day(day: MeetingDay, facts: DayFacts, *, now: datetime) -> None:
    starts, ends = moments(facts)
    if (starts, ends) != (day.starts_at, day.ends_at):
        if day.ends_at <= now:
            raise Refused(f"{_name(day.date)} is voorbij en verandert niet meer.")
        if ends <= now:
            raise Refused(f"{_name(facts.date)} is al voorbij. Kies een latere datum.")
    if facts.capacity < day.taken:
        raise Refused(
            f"Op {_name(day.date).lower()} zijn {dutch.plural(day.taken, 'plaats', 'plaatsen')}"
            f" bezet. Het aantal plaatsen kan niet lager zijn dan {dutch.number(day.taken)}."
        )
    programme.check(day, facts)
    if day.ends_at <= now and any(programme.told(day, facts)):
        raise Refused(f"{_name(day.date)} is voorbij: de onderdelen veranderen niet meer.")


def _for_all(meeting: Meeting, good: Facts) -> Iterator[str]:
    if good.title != meeting.title:
        yield _("De titel wordt %(title)s (was: %(was)s)", title=good.title, was=meeting.title)
    before = words.place_of(meeting.city, meeting.venue, meeting.address)
    after = words.place_of(good.city, good.venue, good.address)
    if after != before:
        yield _("De plaats wordt %(place)s (was: %(was)s)", place=after, was=before)
    if good.online_url != meeting.online_url:
        yield _online(meeting.online_url, good.online_url)


def _online(before: str, after: str) -> str:
    if not after:
        return _("Online meedoen kan niet meer")
    if not before:
        return _("Online meedoen kan ook, met deze link: %(link)s", link=after)
    return _("De link om online mee te doen wordt %(link)s (was: %(was)s)", link=after, was=before)


def _moved(day: MeetingDay, facts: DayFacts) -> Iterator[str]:
    """What someone who comes on this day must know."""
    name = _name(day.date)
    if facts.date != day.date:
        years = facts.date.year != day.date.year
        new = said.long_date(facts.date) if years else _name(facts.date).partition(" ")[2]
        new = f"{said.weekday(facts.date)} {new}, {_hours(facts.opens, facts.closes)}"
        same = (facts.opens, facts.closes) == (day.opens, day.closes)
        was = "" if same else f" (was: {_hours(day.opens, day.closes)})"
        yield _("%(day)s wordt %(new)s", day=name, new=new) + was
        return
    if facts.opens != day.opens:
        yield _(
            "%(day)s begint om %(at)s uur (was: %(was)s uur)",
            day=name,
            at=said.wall_time(facts.opens),
            was=said.wall_time(day.opens),
        )
    if facts.closes != day.closes:
        yield _(
            "%(day)s eindigt om %(at)s uur (was: %(was)s uur)",
            day=name,
            at=said.wall_time(facts.closes),
            was=said.wall_time(day.closes),
        )


def _silent(
    meeting: Meeting,
    good: Facts,
    kept: list[tuple[MeetingDay, DayFacts]],
    added: list[DayFacts],
) -> Iterator[str]:
    old = facts_of(meeting)
    if good.slug not in ("", old.slug):
        yield f"Het webadres wordt {good.slug} (was: {old.slug})"
    for name, rule in WORDS.items():
        before, after = getattr(old, name), getattr(good, name)
        if before == after or (name in TOLD and name != "city"):
            continue
        if name == "city" and any(line.startswith("De plaats") for line in _for_all(meeting, good)):
            continue
        yield f"{rule.label} is gewijzigd" if rule.lines else _was(rule.label, before, after)
    if good.themes != old.themes:
        yield _was("Thema's", ", ".join(old.themes), ", ".join(good.themes))
    yield from _terms(old, good)
    for day, facts in kept:
        yield from _of_one_day(day, facts)
    for facts in added:
        yield f"Er komt een dag bij: {_name(facts.date)}, {_hours(facts.opens, facts.closes)}"


def _terms(old: Facts, good: Facts) -> Iterator[str]:
    for label, before, after in (
        ("Aanmelden vanaf", old.register_from, good.register_from),
        ("Aanmelden tot en met", old.register_until, good.register_until),
    ):
        if before != after:
            terms = [dutch.day_time(one) if one else "" for one in (before, after)]
            yield _was(label, terms[0], terms[1])
    if good.open_to is not old.open_to:
        yield "Wie zich kan aanmelden is gewijzigd"
    if (good.most_per_gemeente, good.spread_until) != (old.most_per_gemeente, old.spread_until):
        yield "Hoeveel mensen per gemeente is gewijzigd"
    if good.questions != old.questions:
        yield "De vragen op het formulier zijn gewijzigd"
    if good.reminders != old.reminders:
        days = [", ".join(map(str, one)) for one in (old.reminders, good.reminders)]
        yield _was("Herinneringen, dagen van tevoren", days[0], days[1])
    if good.materials != old.materials:
        yield "Wat mensen kunnen nalezen is gewijzigd"
    if good.sender_id != old.sender_id:
        yield "Wie uitnodigt is gewijzigd"


def _of_one_day(day: MeetingDay, facts: DayFacts) -> Iterator[str]:
    name = _name(facts.date)
    if facts.capacity != day.capacity:
        yield _was(f"Plaatsen op {name.lower()}", f"{day.capacity}", f"{facts.capacity}")
    if facts.title != day.title:
        yield _was(f"Titel van {name.lower()}", day.title, facts.title)
    if [{"at": at, "what": what} for at, what in facts.programme] != day.programme:
        yield f"Het programma van {name.lower()} is gewijzigd"
    yield from programme.silent(day, facts)


def _was(label: str, before: str, after: str) -> str:
    return f"{label}: {after or 'leeg'} (was: {before or 'leeg'})"


def _name(day: date) -> str:
    """ "Vrijdag 11 september": how a sentence about a day begins."""
    return f"{said.weekday(day).capitalize()} {day.day} {said.month(day)}"


def _hours(opens: time, closes: time) -> str:
    return _(
        "%(from)s tot %(until)s uur",
        **{"from": said.wall_time(opens), "until": said.wall_time(closes)},
    )
