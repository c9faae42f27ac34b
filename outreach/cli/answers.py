"""`outreach answers`: what a gemeente did with a letter."""

from datetime import date

import click

from outreach.accounts.audit import CLI
from outreach.answers import questions
from outreach.answers.models import Source, Status
from outreach.answers.questions import Question
from outreach.campaigns import answering, writing
from outreach.campaigns.models import Campaign
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
@click.option(
    "--question",
    "replies",
    multiple=True,
    metavar="KEY=VALUE",
    help="What it said to a question of the campaign; with STATUS antwoord. May be repeated.",
)
@click.option("--body", default="raad", show_default=True, type=click.Choice(["raad", "college"]))
def record(
    slug: str,
    gemeente: str,
    status: str,
    on_date: date | None,
    note: str,
    replies: tuple[str, ...],
    body: str,
) -> None:
    """Record an answer of GEMEENTE (name, alias or code) to the campaign SLUG.

    STATUS: ontvangen, in-behandeling, doorgestuurd, naar-college, op-lijst, besproken,
    antwoord, gesprek, geweigerd, niet-benaderen, or an outcome of the campaign's own. All
    but the first two stop reminders; an own outcome says so itself.
    """
    with shell.opened() as product:
        campaign = writing.find(slug)
        found = gemeenten.find(gemeente)
        if replies:
            answering.note_replies(
                campaign,
                found.code,
                _replies(campaign, status, replies),
                body=body,
                source=Source.CLI,
                by=CLI,
                now=product.now,
            )
        if not replies or note or on_date:
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


def _replies(campaign: Campaign, status: str, given: tuple[str, ...]) -> dict[Question, list[str]]:
    if status != Status.ANTWOORD:
        raise click.UsageError(f"--question belongs to the status {Status.ANTWOORD}.")
    known = {one.key: one for one in questions.of(campaign.questions)}
    found: dict[Question, list[str]] = {}
    for one in given:
        key, equals, value = one.partition("=")
        if not equals or key not in known:
            names = ", ".join(known) or "none"
            raise click.UsageError(
                f"{one!r} names no question of {campaign.slug}; it has: {names}."
            )
        found.setdefault(known[key], []).append(value)
    return found
