"""`outreach register`: the government's register of organisations."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from outreach.accounts.audit import CLI
from outreach.cli import shell
from outreach.cli.contacts import FILE, Mapping
from outreach.contacts import register as registers
from outreach.contacts.models import Function
from outreach.db import db


@click.group()
def register() -> None:
    """The government's register of organisations (docs/register.md)."""


@register.command("import")
@click.argument("file", type=FILE)
@click.option("--dry-run", is_flag=True, help="Say what would change; change nothing.")
@click.option(
    "--role",
    "roles",
    type=click.Choice([function.value for function in registers.FUNCTIONS]),
    multiple=True,
    help="Take over people of this function only; may be repeated. Without it: all.",
)
@click.option(
    "--successor",
    "successors",
    type=Mapping(),
    multiple=True,
    metavar="OLD=NEW",
    help="What an ended gemeente went into, where the register does not say.",
)
@shell.json_option
def import_(
    file: Path,
    dry_run: bool,
    roles: tuple[str, ...],
    successors: tuple[tuple[str, str], ...],
    as_json: bool,
) -> None:
    """Take over FILE, an XML export of the register, of any version from 2.4 to 2.6.

    Facts that a person corrected stay. People are proposals: their addresses get no mail
    before someone confirms them. `register undo` takes an import back.
    """
    with shell.opened() as product, file.open("rb") as stream:
        now = product.now
        planned = registers.plan(file.name, stream, by=CLI, now=now, successors=dict(successors))
        if not dry_run:
            chosen = [Function(role) for role in roles] or registers.FUNCTIONS
            registers.apply(planned, by=CLI, now=now, functions=chosen)
        summary = registers.summary(planned)
        if dry_run:
            db.session.rollback()
            summary["import_id"] = None
    shell.report(summary, _lines(summary), as_json=as_json)


@register.command()
@click.argument("import_id", type=int)
@shell.json_option
def undo(import_id: int, as_json: bool) -> None:
    """Take the import IMPORT_ID back: what still stands as it was written."""
    with shell.opened() as product:
        undone = registers.undo(registers.find(import_id), by=CLI, now=product.now)
    kept = [{"name": kept.subject, "reason": kept.reason} for kept in undone.kept]
    shell.report(
        {"import_id": import_id, "reversed": undone.reversed, "kept": kept},
        [f"{undone.reversed} taken back, {len(kept)} left."]
        + [f"{row['name']} left: {row['reason']}" for row in kept],
        as_json=as_json,
    )


def _lines(summary: dict[str, Any]) -> Iterator[str]:
    here, people = summary["gemeenten"], summary["persons"]
    yield (
        f"Register {summary['version']} of {summary['date']}: {summary['read']} gemeenten,"
        f" {here['new']} new, {here['changed']} changed, {here['ended']} ended;"
        f" {people['new']} people new, {people['changed']} changed; {summary['moved']} moved."
    )
    for word, count in here["fields"].items():
        yield f"{word}: {count} changed"
    for word, key in (("refused", "refused"), ("doubtful", "doubts"), ("note", "remarks")):
        for row in summary[key]:
            yield f"{row['name']} {word}: {row['reason']}"
    if summary["import_id"] is None:
        yield "Nothing was changed (--dry-run)."
    else:
        yield f"Import {summary['import_id']}; `outreach register undo` takes it back."
