"""`outreach events` for the day itself: links to the list at the door, who was there, paper."""

from collections.abc import Callable
from pathlib import Path

import click

from outreach.accounts.audit import CLI
from outreach.cli import shell
from outreach.cli.events import TARGET, meeting_links, part_of
from outreach.cli.events import events as events
from outreach.db import db
from outreach.errors import Invalid
from outreach.events import behalf, door_links, keeping, papers, presence
from outreach.events.models import DoorLink, Meeting, MeetingDay
from outreach.events.presence import Pressed
from outreach.letters import dutch

DATE = click.option("--date", "date", default="", metavar="D", help="Which day, 2026-09-11.")


@events.command()
@click.argument("slug")
@DATE
@click.option("--label", default="", metavar="L", help="For whom the link is.")
@click.option("--revoke", type=int, metavar="ID", help="Take this link back instead.")
@click.option("--list", "only_list", is_flag=True, help="Make none, show those that there are.")
@shell.json_option
def door(
    slug: str, date: str, label: str, revoke: int | None, only_list: bool, as_json: bool
) -> None:
    """Make a link to the list at the door of one day, for a helper's phone."""
    with shell.opened() as product:
        meeting, links = keeping.find(slug), meeting_links(product)
        if revoke is not None:
            link = door_links.find(meeting, revoke)
            door_links.revoke(link, by=CLI, now=product.now)
            found = [link]
        elif only_list:
            found = list(door_links.of_day(day_of(meeting, date)))
        else:
            day = day_of(meeting, date)
            found = [door_links.give(day, label=label, by=CLI, now=product.now)]
        told = [_told(link, links.door(link)) for link in found]
    shell.report(told if only_list else told[0], map(_line, told), as_json=as_json)


@events.command()
@click.argument("slug")
@click.argument("email")
@DATE
@click.option("--undo", is_flag=True, help="They were not there after all.")
@shell.json_option
def present(slug: str, email: str, date: str, undo: bool, as_json: bool) -> None:
    """Report who registered with EMAIL present on one day, and say how many are there."""
    with shell.opened() as product:
        day = day_of(keeping.find(slug), date)
        who = behalf.by_address(day.meeting, email)
        presence.press(day, Pressed(who.id, not undo), by=CLI, now=product.now)
        db.session.expire_all()
        count = presence.count(day, presence.rows(day))
        told = {"email": who.email, "date": day.date.isoformat(), "present": not undo}
    said = f"{count.present} present of {count.expected} expected."
    shell.report(told | {"count": count.present}, said, as_json=as_json)


@events.command()
@click.argument("slug")
@click.argument("file", type=TARGET)
@DATE
@shell.json_option
def badges(slug: str, file: Path, date: str, as_json: bool) -> None:
    """Write badges of one day to FILE: ten on a sheet of A4, to print and cut."""
    _print(papers.badges, slug, file, date, as_json=as_json)


@events.command()
@click.argument("slug")
@click.argument("file", type=TARGET)
@DATE
@click.option("--part", default="", metavar="TITLE", help="Only who chose this part of it.")
@shell.json_option
def names(slug: str, file: Path, date: str, part: str, as_json: bool) -> None:
    """Write the list of one day to FILE, with boxes to tick at the door."""
    if part:
        with shell.opened() as product:
            chosen = part_of(keeping.find(slug), part, date or None)
            made = papers.part_list(chosen, now=product.now)
        _write(file, made, as_json=as_json)
        return
    _print(papers.name_list, slug, file, date, as_json=as_json)


@events.command()
@click.argument("slug")
@click.argument("file", type=TARGET)
@DATE
@click.option("--email", default="", metavar="E", help="Of this person alone.")
@shell.json_option
def statements(slug: str, file: Path, date: str, email: str, as_json: bool) -> None:
    """Write statements of attendance to FILE: a page for each who was there on one day."""
    if not email:
        _print(papers.statements_of_day, slug, file, date, as_json=as_json)
        return
    with shell.opened() as product:
        who = behalf.by_address(keeping.find(slug), email)
        made = papers.statements([who], now=product.now)
    _write(file, made, as_json=as_json)


def _print(paper: Callable[..., bytes], slug: str, file: Path, date: str, *, as_json: bool) -> None:
    with shell.opened() as product:
        made = paper(day_of(keeping.find(slug), date), now=product.now)
    _write(file, made, as_json=as_json)


def _write(file: Path, made: bytes, *, as_json: bool) -> None:
    shell.write(file, made)
    shell.report({"file": str(file), "bytes": len(made)}, f"Written: {file}", as_json=as_json)


def day_of(meeting: Meeting, typed: str) -> MeetingDay:
    """
    :raises Invalid: no such day, or several to choose from
    """
    held = [day for day in meeting.days if day.cancelled_at is None]
    if not typed and len(held) == 1:
        return held[0]
    wanted = dutch.parse_date(typed)
    for day in held:
        if day.date == wanted:
            return day
    dates = dutch.enumeration([day.date.isoformat() for day in held], "of")
    raise Invalid(f"Kies een dag van {meeting.slug} met --date: {dates or 'er is er geen'}.")


def _told(link: DoorLink, url: str) -> dict[str, object]:
    return {
        "id": link.id,
        "url": url,
        "label": link.label,
        "date": link.day.date.isoformat(),
        "revoked": link.revoked_at is not None,
    }


def _line(one: dict[str, object]) -> str:
    state = "revoked " if one["revoked"] else ""
    return f"{one['id']}  {state}{one['url']}  {one['label']}".rstrip()
