"""`outreach sittings`: when the raad of each gemeente meets."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from outreach.accounts.audit import CLI
from outreach.cli import shell
from outreach.cli.contacts import FILE, TARGET
from outreach.contacts import gemeenten, spreadsheets
from outreach.contacts import sittings as known
from outreach.contacts.models import SittingKind

KIND = click.option(
    "--kind",
    type=click.Choice([one.value for one in SittingKind]),
    default=SittingKind.RAAD.value,
    help="Who meet: the raad (the default) or a commissie of it.",
)
DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def sittings() -> None:
    """Raadsvergaderingen, as far as they are known (docs/addresses.md)."""


@sittings.command("list")
@click.option("--gemeente", default="", help="Only of this gemeente.")
@shell.json_option
def list_(gemeente: str, as_json: bool) -> None:
    """All that are known, the earliest first."""
    with shell.opened():
        code = gemeenten.find(gemeente).code if gemeente else ""
        found = [one for one in known.everything() if code in ("", one.gemeente_code)]
        rows = [
            {
                "gemeente": one.gemeente_code,
                "date": one.day.isoformat(),
                "kind": one.kind.value,
                "source": one.source,
            }
            for one in found
        ]
        lines = [
            f"{one.day.isoformat()}  {one.kind:9}  {one.gemeente.name}  {one.source}".rstrip()
            for one in found
        ]
    shell.report(rows, lines, as_json=as_json)


@sittings.command()
@click.argument("gemeente")
@click.argument("day", type=DAY, metavar="DAY")
@KIND
@click.option("--source", default="", help="How we know: a link, or who said it.")
@shell.json_option
def add(gemeente: str, day: datetime, kind: str, source: str, as_json: bool) -> None:
    """Say that the raad of GEMEENTE meets on DAY (2026-03-12)."""
    with shell.opened() as product:
        one = gemeenten.find(gemeente)
        typed = known.Typed(one.code, day.date(), SittingKind(kind), source)
        known.add(typed, by=CLI, now=product.now)
        said = {"gemeente": one.code, "date": day.date().isoformat(), "kind": kind}
        line = f"Added: {one.name}, {said['date']}."
    shell.report(said, line, as_json=as_json)


@sittings.command("import")
@click.argument("file", type=FILE)
@shell.json_option
def import_(file: Path, as_json: bool) -> None:
    """Add what FILE says; lines that cannot be read are listed and left out."""
    with file.open("rb") as opened:
        data = opened.read(spreadsheets.MAX_BYTES + 1)
    with shell.opened() as product:
        took = known.take_over(file.name, data, by=CLI, now=product.now)
    lines = [
        f"{took.new} new, {took.changed} changed, {took.unchanged} unchanged,"
        f" {len(took.refused)} lines refused.",
        *(f"line {row['line']} refused: {row['reason']}" for row in took.refused),
    ]
    shell.report(asdict(took), lines, as_json=as_json)


@sittings.command()
@click.argument("file", type=TARGET)
@shell.json_option
def export(file: Path, as_json: bool) -> None:
    """Write all to FILE, a CSV."""
    with shell.opened():
        data = known.to_csv()
    shell.write(file, data)
    shell.report({"file": str(file)}, f"Written: {file}", as_json=as_json)


@sittings.command()
@click.argument("gemeente")
@click.argument("day", type=DAY, metavar="DAY")
@KIND
@shell.json_option
def remove(gemeente: str, day: datetime, kind: str, as_json: bool) -> None:
    """Take the vergadering of GEMEENTE on DAY (2026-03-12) out of the list."""
    with shell.opened() as product:
        one = gemeenten.find(gemeente)
        sitting = known.find(one.code, day.date(), SittingKind(kind))
        known.remove(sitting, by=CLI, now=product.now)
        said = {"gemeente": one.code, "date": day.date().isoformat(), "kind": kind}
        line = f"Removed: {one.name}, {said['date']}."
    shell.report(said, line, as_json=as_json)
