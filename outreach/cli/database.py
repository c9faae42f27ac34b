"""`outreach db`: the schema of the database."""

import click

from config import Settings
from outreach import migrating
from outreach.cli import shell


@click.group("db")
def database() -> None:
    """The schema of the database."""


@database.command("upgrade")
def upgrade() -> None:
    """Bring the database to the newest schema; an embedded one is backed up first."""
    backup = shell.upgrade(Settings())
    if backup:
        click.echo(f"Backup: {backup}")
    click.echo(f"The database is at {migrating.newest()}.")


@database.command("check")
def check() -> None:
    """Say whether the database is at the newest schema; exit 1 when it is not."""
    with shell.opened():
        shell.check_schema()
    click.echo(f"The database is at {migrating.newest()}.")
