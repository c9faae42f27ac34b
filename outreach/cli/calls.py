"""`outreach calls`: griffies that are called because they did not answer a letter."""

from datetime import date
from typing import Any

import click

from outreach.accounts.audit import CLI
from outreach.campaigns import calling, writing
from outreach.campaigns.calling import Turn
from outreach.cli import shell
from outreach.cli.answers import Day
from outreach.clock import dutch_date, system_now
from outreach.contacts import gemeenten

BODY = click.option(
    "--body", default="raad", show_default=True, type=click.Choice(["raad", "college"])
)


@click.group()
def calls() -> None:
    """Griffies that are called."""


@calls.command("list")
@click.argument("slug")
@shell.json_option
def list_(slug: str, as_json: bool) -> None:
    """Who is called about the letter SLUG, now or later."""
    with shell.opened() as product:
        campaign = writing.find(slug)
        turns = calling.queue(campaign, now=product.now, at=system_now())
        waits = calling.reminder_to_come(campaign) is not None
        today = dutch_date(product.now)
        rows = [_row(one, today, waits=waits) for one in turns]
    lines = [
        f"{one['name']} ({one['body']}): {one['phone'] or 'no number'}, "
        + ("now" if one["due"] else "after the reminder" if waits else f"from {one['from']}")
        for one in rows
    ]
    shell.report(rows, lines or "Nobody.", as_json=as_json)


@calls.command()
@click.argument("slug")
@click.argument("gemeente")
@click.argument("outcome")
@click.option("--on", "on_date", type=Day(), help="Of the raadsvergadering.")
@click.option("--again", type=Day(), help="With OUTCOME later: when to call again.")
@click.option("--note", default="", help="In the griffie's words.")
@BODY
def record(
    slug: str,
    gemeente: str,
    outcome: str,
    on_date: date | None,
    again: date | None,
    note: str,
    body: str,
) -> None:
    """Record what a call to GEMEENTE (name, alias or code) about the letter SLUG came to.

    OUTCOME: niet-bereikt, later, niet-bellen, or a STATUS of `answers record`.
    """
    with shell.opened() as product:
        campaign, found, at = writing.find(slug), gemeenten.find(gemeente), system_now()
        turn = calling.find(campaign, found.code, body, now=product.now, at=at)
        calling.settle(
            campaign,
            turn,
            outcome,
            person_id=None,
            by=CLI,
            now=product.now,
            at=at,
            on_date=on_date,
            again_on=again,
            note=note,
        )
        name = found.name
    click.echo(f"{name}: {outcome}")


def _row(turn: Turn, today: date, *, waits: bool) -> dict[str, Any]:
    return {
        "gemeente": turn.gemeente.code,
        "name": turn.gemeente.name,
        "body": turn.body,
        "phone": turn.phone,
        "letters": turn.letters,
        "last": turn.last_on.isoformat(),
        "from": turn.from_day.isoformat(),
        "due": turn.from_day <= today and not waits,
        "held_by": str(turn.holder) if turn.holder else None,
        "note": turn.call.note if turn.call else "",
    }
