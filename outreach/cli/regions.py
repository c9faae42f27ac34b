"""`outreach regions`: gemeenten that belong together, and who works for them."""

from dataclasses import asdict
from pathlib import Path

import click

from outreach.accounts.audit import CLI
from outreach.cli import shell
from outreach.cli.contacts import FILE, TARGET
from outreach.contacts import region_file, spreadsheets
from outreach.contacts import regions as known
from outreach.contacts.models import RegionKind


@click.group()
def regions() -> None:
    """Regions other than provinces, with a partner each (docs/addresses.md)."""


@regions.command("import")
@click.argument("file", type=FILE)
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in RegionKind]),
    default=RegionKind.OWN.value,
    help="Of regions for which FILE does not say.",
)
@shell.json_option
def import_(file: Path, kind: str, as_json: bool) -> None:
    """Make the regions in FILE what it says: a row for each gemeente of a region."""
    with file.open("rb") as opened:
        data = opened.read(spreadsheets.MAX_BYTES + 1)
    with shell.opened() as product:
        took = region_file.take_over(
            file.name, data, by=CLI, now=product.now, kind=RegionKind(kind)
        )
    lines = [
        f"{took.new} new, {took.changed} changed, {took.unchanged} unchanged,"
        f" {len(took.refused)} lines refused.",
        *(f"line {row['line']} refused: {row['reason']}" for row in took.refused),
    ]
    shell.report(asdict(took), lines, as_json=as_json)


@regions.command()
@click.argument("file", type=TARGET)
@shell.json_option
def export(file: Path, as_json: bool) -> None:
    """Write all regions to FILE, a CSV."""
    with shell.opened():
        data = region_file.to_csv()
    shell.write(file, data)
    shell.report({"file": str(file)}, f"Written: {file}", as_json=as_json)


@regions.command("list")
@shell.json_option
def list_(as_json: bool) -> None:
    """All regions, with how many gemeenten they have."""
    with shell.opened():
        rows = [
            {
                "id": one.region.id,
                "kind": one.region.kind.value,
                "name": one.region.name,
                "partner": one.region.partner,
                "gemeenten": one.count,
            }
            for one in known.everything()
        ]
    lines = [f"{r['kind']}:{r['name']}  {r['gemeenten']}  {r['partner']}".rstrip() for r in rows]
    shell.report(rows, lines, as_json=as_json)
