"""`outreach answers`: what a gemeente did with a letter."""

from datetime import date

import click

from outreach.accounts.audit import CLI
from outreach.answers.models import Source
from outreach.campaigns import answering, writing
from outreach.cli import shell
from outreach.contacts import gemeenten


class Day(click.ParamType[date]):
    """A day: 2026-05-21."""

    name = "DATE"

    def convert(self, value: object, param: click.Parameter | None, ctx: object) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            raise click.BadParameter(f"{value!r} is not a date such as 2026-05-21.") from None


@click.group()
def answers() -> None:
    """What gemeenten did with a letter."""


@answers.command()
@click.argument("slug")
@click.argument("gemeente")
@click.argument("status")
@click.option("--on", "on_date", type=Day(), help="E.g. of the raadsvergadering.")
@click.option("--note", default="", help="In the gemeente's words.")
@click.option("--body", default="raad", show_default=True, type=click.Choice(["raad", "college"]))
def record(
    slug: str, gemeente: str, status: str, on_date: date | None, note: str, body: str
) -> None:
    """Record an answer of GEMEENTE (name, alias or code) to the campaign SLUG.

    STATUS: ontvangen, in-behandeling, doorgestuurd, naar-college, op-lijst, besproken,
    antwoord, gesprek, geweigerd, niet-benaderen, or an outcome of the campaign's own. All
    but the first two stop reminders; an own outcome says so itself.
    """
    with shell.opened() as product:
        campaign = writing.find(slug)
        found = gemeenten.find(gemeente)
        answering.note(
            campaign,
            found.code,
            status,
            body=body,
            source=Source.CLI,
            by=CLI,
            now=product.now,
            on_date=on_date,
            note=note,
        )
        name = found.name
    click.echo(f"{name}: {status}")
