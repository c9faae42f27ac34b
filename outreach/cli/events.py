"""`outreach events`: meetings from files, lists of who comes, calling off."""

from pathlib import Path
from typing import Any

import click

from outreach.accounts.audit import CLI
from outreach.cli import shell
from outreach.contacts import gemeenten
from outreach.events import (
    behalf,
    changing,
    feeds,
    handing,
    keeping,
    listing,
    loading,
    needs,
    parts,
    recounting,
    registering,
    rounds,
    team,
)
from outreach.events.links import MeetingLinks
from outreach.events.models import Meeting, MeetingDay, MeetingPart
from outreach.ledger import afterwards
from outreach.letters import dutch

FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
TARGET = click.Path(dir_okay=False, writable=True, path_type=Path)
FORMATS = ("csv", "xlsx", "ics")


@click.group()
def events() -> None:
    """Meetings, and who comes."""


@events.command()
@click.argument("file", type=FILE)
@shell.json_option
def load(file: Path, as_json: bool) -> None:
    """Create or change a meeting from FILE (docs/meeting-file.md) and print its slug.

    Who a change concerns is told by mail.
    """
    with shell.opened() as product:
        meeting, created = loading.load(
            shell.text_of(file), links=meeting_links(product), by=CLI, now=product.now
        )
        slug = meeting.slug
    shell.report({"slug": slug, "created": created}, slug, as_json=as_json)


@events.command()
@click.argument("slug")
@click.argument("file", type=TARGET)
@shell.json_option
def export(slug: str, file: Path, as_json: bool) -> None:
    """Write who registered to FILE (.csv or .xlsx), or the days for a calendar (.ics)."""
    kind = file.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise click.BadParameter(f"{file.name} ends in none of .csv, .xlsx, .ics.")
    with shell.opened() as product:
        data = _data(keeping.find(slug), kind, meeting_links(product))
    shell.write(file, data)
    shell.report({"file": str(file), "format": kind}, f"Written: {file}", as_json=as_json)


@events.command()
@click.argument("slug")
@click.option("--reason", default="", metavar="R", help="In Dutch, as people are told.")
@click.option("--day", metavar="DATE", help="Only this day; with --part only its part.")
@click.option("--part", metavar="TITLE", help="Only this part to choose from.")
@shell.json_option
def cancel(slug: str, reason: str, day: str | None, part: str | None, as_json: bool) -> None:
    """Call a meeting off, or one day or part of it, and tell who would have come."""
    with shell.opened() as product:
        meeting = keeping.find(slug)
        how: dict[str, Any] = {
            "reason": reason, "links": meeting_links(product), "by": CLI, "now": product.now,
        }  # fmt: skip
        if part:
            told = changing.cancel_part(part_of(meeting, part, day), **how)
        elif day:
            told = changing.cancel_day(_day_of(meeting, day), **how)
        else:
            told = changing.cancel(meeting, **how)
    said = f"{part or day or slug} is cancelled; {told} people are told."
    shell.report({"slug": slug, "told": told}, said, as_json=as_json)


@events.command()
@click.argument("slug")
@click.argument("title", metavar="PART")
@click.option("--day", metavar="DATE", help="Its day, when several days have such a part.")
@shell.json_option
def restore(slug: str, title: str, day: str | None, as_json: bool) -> None:
    """Let a part that was called off take place after all; who had chosen it is told."""
    with shell.opened() as product:
        part = part_of(keeping.find(slug), title, day)
        links = meeting_links(product)
        told = changing.restore_part(part, links=links, by=CLI, now=product.now)
    said = f"{title} takes place; {told} people are told."
    shell.report({"slug": slug, "told": told}, said, as_json=as_json)


@events.command()
@click.argument("slug")
@click.argument("gemeente")
@click.argument("count", type=int)
@click.option("--day", "days", multiple=True, metavar="DATE", help="2026-09-11; may be repeated.")
@shell.json_option
def keep(slug: str, gemeente: str, count: int, days: tuple[str, ...], as_json: bool) -> None:
    """Keep COUNT seats for the griffie of GEMEENTE, to be named later."""
    with shell.opened() as product:
        meeting, found = keeping.find(slug), gemeenten.find(gemeente)
        known = {day.date.isoformat(): day.id for day in meeting.days}
        if unknown := set(days) - set(known):
            raise click.BadParameter(f"{sorted(unknown)[0]} is no day of this meeting.")
        chosen = [known[day] for day in days or known]
        until = handing.keep_seats(meeting, found, count, chosen, by=CLI, now=product.now)
        data = {"slug": slug, "gemeente": found.code, "count": count, "until": until.isoformat()}
    said = f"{count} seats are kept until {dutch.day_time(until)}."
    shell.report(data, said, as_json=as_json)


@events.command()
@click.argument("slug")
@click.argument("email")
@click.argument("name")
@click.argument("new_email")
@shell.json_option
def replace(slug: str, email: str, name: str, new_email: str, as_json: bool) -> None:
    """Let NAME (NEW_EMAIL) come in place of who registered with EMAIL; both are told."""
    with shell.opened() as product:
        was = registering.of_address(keeping.find(slug), email)
        links = meeting_links(product)
        other = handing.hand_over(was, name, new_email, links=links, by=CLI, now=product.now)
        days = [one.day.date.isoformat() for one in other.places]
        data = {"slug": slug, "email": other.email, "days": days}
    shell.report(data, f"{name} comes on {', '.join(days)}.", as_json=as_json)


@events.command()
@click.argument("slug")
@shell.json_option
def copy(slug: str, as_json: bool) -> None:
    """Make the same meeting once more, as a concept on the same weekdays, and print its slug."""
    with shell.opened() as product:
        made = keeping.copy(keeping.find(slug), by=CLI, now=product.now).slug
    shell.report({"slug": made}, made, as_json=as_json)


@events.command("follow-up")
@click.argument("slug")
@shell.json_option
def follow_up(slug: str, as_json: bool) -> None:
    """Thank who was at a meeting, with its materials and three questions; once."""
    with shell.opened() as product:
        told = rounds.follow_up(keeping.find(slug), by=CLI, now=product.now)
    said = f"{told} people are thanked when mail is delivered."
    shell.report({"slug": slug, "told": told}, said, as_json=as_json)


@events.command()
@click.option("--mend", is_flag=True, help="Set the counters to what the lists say.")
@shell.json_option
def recount(mend: bool, as_json: bool) -> None:
    """Compare the counters of seats with who has one, over all meetings."""
    with shell.opened() as product:
        found = recounting.audit_seats(now=product.now)
        lines = [str(one) for one in found]
        for meeting in {one.day.meeting for one in found} if mend else ():
            recounting.mend(meeting, by=CLI, now=product.now)
    said = {"differences": lines, "mended": mend}
    shell.report(said, lines or "Every counter is right.", as_json=as_json)
    if found and not mend:
        raise click.exceptions.Exit(1)


@events.command("parts")
@click.argument("slug")
@shell.json_option
def parts_(slug: str, as_json: bool) -> None:
    """Say what there is to choose on each day of a meeting, and how many chose it."""
    with shell.opened():
        found = [
            {
                "date": day.date.isoformat(),
                "from": parts.start(part),
                "until": parts.end(part),
                "title": part.title,
                "place": part.place,
                "online_url": part.online_url,
                "capacity": part.capacity,
                "taken": part.taken,
                "off": part.cancelled_at is not None,
            }
            for day in keeping.find(slug).days
            for part in parts.of_day(day)
        ]
    lines = [
        f"{one['date']} {one['from']}-{one['until']}  {one['title']}: {one['taken']}"
        + (f" of {one['capacity']}" if one["capacity"] else "")
        + (", is off" if one["off"] else "")
        for one in found
    ]
    said = lines or "There is nothing to choose."
    shell.report({"slug": slug, "parts": found}, said, as_json=as_json)


@events.command()
@click.argument("slug")
@click.argument("email")
@click.argument("titles", nargs=-1, metavar="[PART]...")
@shell.json_option
def choose(slug: str, email: str, titles: tuple[str, ...], as_json: bool) -> None:
    """Let who registered with EMAIL come to these parts, by title, and to no others."""
    with shell.opened() as product:
        meeting = keeping.find(slug)
        chosen = parts.titled(meeting, titles)
        person = registering.of_address(meeting, email)
        links = meeting_links(product)
        ids = [part.id for part in chosen]
        behalf.choose(person, ids, links=links, by=CLI, now=product.now)
        has = [part.title for part in parts.of(person)]
        data = {"slug": slug, "email": person.email, "parts": has}
    said = ", ".join(has) if has else "no part"
    shell.report(data, f"{email} comes to {said}.", as_json=as_json)


@events.command("afterwards")
@click.argument("slug")
@click.argument("gemeente", required=False)
@shell.json_option
def afterwards_(slug: str, gemeente: str | None, as_json: bool) -> None:
    """Say how many of each gemeente were there; of GEMEENTE also who, and what we still ask."""
    with shell.opened() as product:
        meeting = keeping.find(slug)
        data: dict[str, Any] = {"slug": slug}
        if gemeente:
            place = gemeenten.find(gemeente)
            one = afterwards.of(meeting, place, now=product.now)
            letters = [campaign.name for campaign, _ in afterwards.asks(place)]
            data |= afterwards.as_json(one, names=True) | {"asks": letters}
            lines = [f"{one.came} of {len(one.visitors)} came", *(f"asks: {n}" for n in letters)]
        else:
            found = afterwards.everyone(meeting, now=product.now)
            data |= {"gemeenten": [afterwards.as_json(one, names=False) for one in found]}
            lines = [f"{one.gemeente.name}: {one.came} of {len(one.visitors)}" for one in found]
    shell.report(data, lines or "Nobody named a gemeente.", as_json=as_json)


@events.command("needs")
@click.argument("slug")
@shell.json_option
def needs_(slug: str, as_json: bool) -> None:
    """Say how many who have a seat ask for which food and access, per day; no names."""
    with shell.opened():
        meeting = keeping.find(slug)
        counts = needs.counts(meeting)
        days = [
            {
                "date": day.date.isoformat(),
                "seats": day.taken,
                "diet": dict(counts[day.id].diet),
                "access": dict(counts[day.id].access),
                "people": {"diet": counts[day.id].people[0], "access": counts[day.id].people[1]},
            }
            for day in meeting.days
        ]
    shell.report({"slug": slug, "days": days}, _said(days), as_json=as_json)


@events.command("team")
@click.argument("slug")
@click.option("--add", metavar="EMAIL", help="Let a colleague prepare the meeting.")
@click.option("--remove", metavar="EMAIL", help="Take a colleague off.")
@shell.json_option
def team_(slug: str, add: str | None, remove: str | None, as_json: bool) -> None:
    """Say who prepares a meeting, and reads who asks for what."""
    with shell.opened() as product:
        meeting = keeping.find(slug)
        if add:
            team.join(meeting, team.find(add), chosen_by=None, by=CLI, now=product.now)
        if remove:
            team.leave(meeting, team.find(remove), chosen_by=None, by=CLI, now=product.now)
        people = [one.email for one in team.everyone(meeting)]
    shell.report({"slug": slug, "team": people}, people or "Nobody yet.", as_json=as_json)


def _day_of(meeting: Meeting, date: str) -> MeetingDay:
    known = {day.date.isoformat(): day for day in meeting.days}
    if date not in known:
        raise click.BadParameter(f"{date} is no day of this meeting.")
    return known[date]


def part_of(meeting: Meeting, title: str, date: str | None) -> MeetingPart:
    """One part, by its title; by its day too when several are called so."""
    named = parts.titled(meeting, [title])
    if date:
        named = [part for part in named if part.day_id == _day_of(meeting, date).id]
    if len(named) != 1:
        raise click.BadParameter(f"{len(named)} parts are called so. Choose one with --day.")
    return named[0]


def _said(days: list[dict[str, Any]]) -> list[str]:
    lines = []
    for day in days:
        lines.append(f"{day['date']}: {day['seats']} seats taken")
        for what in ("diet", "access"):
            lines += [f"{count:>6}  {kind}" for kind, count in day[what].items()]
    return lines


def _data(meeting: Meeting, kind: str, links: MeetingLinks) -> bytes:
    if kind == "ics":
        return feeds.file_of(meeting, links=links)
    return listing.to_xlsx(meeting) if kind == "xlsx" else listing.to_csv(meeting)


def meeting_links(product: shell.Opened) -> MeetingLinks:
    return MeetingLinks(product.settings.base_url, product.tokens.keys[0])
