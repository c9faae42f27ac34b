"""`outreach recesses`: when councils do not meet."""

from pathlib import Path

import click

from outreach.accounts.audit import CLI
from outreach.cli import shell
from outreach.cli.contacts import FILE, TARGET
from outreach.contacts import gemeenten, spreadsheets
from outreach.contacts import recesses as known
from outreach.contacts.models import RecessRegion


@click.group()
def recesses() -> None:
    """When councils do not meet, and which region a gemeente follows."""


@recesses.command("list")
@shell.json_option
def list_(as_json: bool) -> None:
    """All recesses, the earliest first."""
    with shell.opened():
        rows = [
            {
                "name": one.name,
                "region": one.region.value,
                "from": one.from_day.isoformat(),
                "until": one.until_day.isoformat(),
            }
            for one in known.listed()
        ]
    lines = [f"{r['from']}  {r['until']}  {r['region']:6}  {r['name']}" for r in rows]
    shell.report(rows, lines, as_json=as_json)


@recesses.command("import")
@click.argument("file", type=FILE)
@shell.json_option
def import_(file: Path, as_json: bool) -> None:
    """Make the table what FILE says; a line that cannot be read refuses it whole."""
    with file.open("rb") as opened:
        data = opened.read(spreadsheets.MAX_BYTES + 1)
    with shell.opened() as product:
        count = known.take_over(file.name, data, by=CLI, now=product.now)
    shell.report({"recesses": count}, f"{count} recesses.", as_json=as_json)


@recesses.command()
@click.argument("file", type=TARGET)
@shell.json_option
def export(file: Path, as_json: bool) -> None:
    """Write all recesses to FILE, a CSV."""
    with shell.opened():
        data = known.to_csv()
    shell.write(file, data)
    shell.report({"file": str(file)}, f"Written: {file}", as_json=as_json)


@recesses.command()
@click.argument("gemeente")
@click.argument(
    "region",
    type=click.Choice([*(one.value for one in known.REGIONS), "default"]),
    metavar="REGION",
)
@shell.json_option
def follow(gemeente: str, region: str, as_json: bool) -> None:
    """Let GEMEENTE follow REGION: noord, midden, zuid or default."""
    with shell.opened() as product:
        one = gemeenten.find(gemeente)
        chosen = None if region == "default" else RecessRegion(region)
        known.follow(one, chosen, by=CLI, now=product.now)
        said = {"gemeente": one.code, "region": known.followed(one).value}
        line = f"{one.name} follows {said['region']}."
    shell.report(said, line, as_json=as_json)
