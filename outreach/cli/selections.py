"""`outreach selections`: saved questions over contacts."""

import json
from pathlib import Path
from typing import Any

import click

from outreach.accounts.audit import CLI
from outreach.campaigns import expressions, selections
from outreach.campaigns.expressions import Group
from outreach.campaigns.selection_words import words
from outreach.cli import shell
from outreach.contacts.people import display_name
from outreach.errors import Invalid

FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.group("selections")
def selections_() -> None:
    """Selecties: saved questions over contacts, asked anew each time."""


@selections_.command("list")
@shell.json_option
def list_(as_json: bool) -> None:
    """Every selectie with how many contacts fit it now."""
    with shell.opened() as product:
        found = [
            {
                "name": one.selection.name,
                "count": one.count,
                "words": one.words,
                "used_by": [campaign.slug for campaign in one.letters],
            }
            for one in selections.everything(now=product.now)
        ]
    lines = [f"{one['count']:>7}  {one['name']}: {one['words']}" for one in found]
    shell.report({"selections": found}, lines or "There are no selecties.", as_json=as_json)


@selections_.command()
@click.argument("name")
@shell.json_option
def show(name: str, as_json: bool) -> None:
    """What the selectie NAME asks, how many fit, and a few of them."""
    with shell.opened() as product:
        selection = selections.find(name)
        expression = expressions.parse(selection.expression)
        seen = selections.look(expression, now=product.now)
        data = _seen(selection.name, expression, seen)
    shell.report(data, _lines(data), as_json=as_json)


@selections_.command()
@click.argument("name")
@click.argument("file", type=FILE)
@shell.json_option
def save(name: str, file: Path, as_json: bool) -> None:
    """Save what FILE asks (docs/selections.md) as the selectie NAME, new or changed."""
    expression = _read(file)
    with shell.opened() as product:
        now = product.now
        if (known := selections.named_so(name)) is None:
            known = selections.add(name, expression, by=CLI, now=now)
        else:
            selections.change(
                known, name=name, expression=expression, version=known.version, by=CLI, now=now
            )
        stored = expressions.parse(known.expression)
        data = _seen(known.name, stored, selections.look(stored, now=now))
    shell.report(data, _lines(data), as_json=as_json)


@selections_.command()
@click.argument("name")
@shell.json_option
def remove(name: str, as_json: bool) -> None:
    """Remove the selectie NAME; not while a letter uses it."""
    with shell.opened() as product:
        selections.remove(selections.find(name), by=CLI, now=product.now)
    shell.report({"name": name, "removed": True}, f"Removed: {name}", as_json=as_json)


def _seen(name: str, expression: Group, seen: selections.Seen) -> dict[str, Any]:
    samples = [
        {
            "contact": display_name(one),
            "gemeente": one.office.gemeente_code,
            "emails": [address.email for address in one.addresses],
        }
        for one in seen.samples
    ]
    return {
        "name": name,
        "count": seen.count,
        "words": words(expression),
        "expression": expressions.dump(expression),
        "samples": samples,
    }


def _lines(data: dict[str, Any]) -> list[str]:
    head = f"{data['name']}: {data['words']}. {data['count']} fit."
    return [head] + [f"  {one['contact']}  {', '.join(one['emails'])}" for one in data["samples"]]


def _read(file: Path) -> Group:
    try:
        return expressions.parse(json.loads(shell.text_of(file)))
    except json.JSONDecodeError as error:
        raise Invalid(
            f"{file.name} is geen JSON: regel {error.lineno}, kolom {error.colno}."
        ) from None
    except RecursionError:
        raise Invalid(f"In {file.name} staan te veel haken in elkaar.") from None
