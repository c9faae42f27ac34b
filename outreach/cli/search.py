"""`outreach search`: looking in everything, and the index that is looked in."""

from datetime import date

import click

from outreach import jobs
from outreach.cli import shell
from outreach.cli.answers import Day
from outreach.contacts.models import Contact
from outreach.contacts.people import display_name
from outreach.ledger import search as searching
from outreach.ledger.search import Asked, Hit
from outreach.ledger.search_index import Kind


@click.group()
def search() -> None:
    """Look in letters, documents, mail, answers, notes, meetings and people."""


@search.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--kind", type=click.Choice([kind.value for kind in Kind]), help="Only these.")
@click.option("--since", type=Day(), help="From this day on.")
@click.option("--until", type=Day(), help="Up to and including this day.")
@shell.json_option
def find(
    words: tuple[str, ...], kind: str | None, since: date | None, until: date | None, as_json: bool
) -> None:
    """What holds all WORDS, each kind the newest first."""
    if len(" ".join(words).strip()) < searching.LEAST:
        raise click.UsageError(f"Give at least {searching.LEAST} characters to look for.")
    kinds = [Kind(kind)] if kind else list(Kind)
    with shell.opened():
        jobs.index()
        found = searching.search(Asked(" ".join(words), kinds, not kind, since, until))
        rows = [_row("gemeente", one.code, one.name, [one.name]) for one in found.gemeenten]
        rows += [_of(one, hit) for one, hits in found.hits.items() for hit in hits]
    lines = [_line(row) for row in rows]
    report = {"found": rows, "more": sorted(found.more)}
    shell.report(report, lines or "Nothing found.", as_json=as_json)


@search.command()
@shell.json_option
def rebuild(as_json: bool) -> None:
    """Read everything again."""
    with shell.opened():
        count = jobs.index_anew()
    shell.report({"read": count}, f"Read {count} rows.", as_json=as_json)


def _row(
    kind: str, key: str | int, title: str, gemeenten: list[str], day: str = "", quote: str = ""
) -> dict[str, object]:
    return {
        "kind": kind,
        "id": key,
        "title": title,
        "gemeenten": gemeenten,
        "day": day or None,
        "quote": quote,
    }


def _of(kind: Kind, hit: Hit) -> dict[str, object]:
    day = hit.day.isoformat() if hit.day else ""
    title, names = _title(kind, hit), list(hit.gemeenten)
    return _row(kind.value, hit.row.id, title, names, day, str(hit.quote))


def _title(kind: Kind, hit: Hit) -> str:
    if isinstance(hit.row, Contact):
        return display_name(hit.row)
    if hit.campaign is not None:
        return hit.campaign.name
    names = {Kind.DOCUMENT: "subject", Kind.MAIL: "subject", Kind.MEETING: "title"}
    names[Kind.TEXT] = "title"
    return str(getattr(hit.row, names.get(kind, "name")))


def _line(row: dict[str, object]) -> str:
    places = ", ".join(map(str, row["gemeenten"])) if isinstance(row["gemeenten"], list) else ""
    said = [row["kind"], row["id"], row["title"], places, row["day"], row["quote"]]
    return "  ".join(str(one) for one in said if one)
