"""`outreach contacts`: lists of addresses in and out, and who wants no mail."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from outreach.accounts import senders
from outreach.accounts.audit import CLI
from outreach.campaigns import selecting, selections
from outreach.cli import shell
from outreach.clock import dutch_date, system_now
from outreach.contacts import (
    channels,
    checklist,
    confirming,
    exporting,
    gemeenten,
    importing,
    spreadsheets,
    suppression,
    undoing,
)
from outreach.contacts.models import Basis, Channel, Decision, Function, SuppressionReason
from outreach.contacts.spreadsheets import Layout
from outreach.db import db

FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
CHANNELS_SAID = {"webformulier": "by a web form", "post": "on paper"}
TARGET = click.Path(dir_okay=False, writable=True, path_type=Path)


class Mapping(click.ParamType[tuple[str, str]]):
    """COLUMN=FIELD. A column may hold an =, a field does not."""

    name = "COLUMN=FIELD"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        column, _, field = str(value).rpartition("=")
        if not column.strip() or not field.strip():
            self.fail(f"{value!r} is not COLUMN=FIELD, such as Plaats=gemeente.", param, ctx)
        return column.strip(), field.strip()


@click.group()
def contacts() -> None:
    """Gemeenten's griffiers, raadsleden and others, and their addresses."""


@contacts.command("import")
@click.argument("file", type=FILE)
@click.option("--list", "list_name", default="", metavar="NAME", help="Put them on this list.")
@click.option(
    "--basis",
    type=click.Choice([basis.value for basis in Basis]),
    help="Why they may be mailed, where the file does not say.",
)
@click.option("--source", default="", metavar="URL", help="Where the addresses come from.")
@click.option("--dry-run", is_flag=True, help="Say what would change; change nothing.")
@click.option("--map", "mapping", type=Mapping(), multiple=True, help="A column by another name.")
@click.option(
    "--role",
    type=click.Choice([function.value for function in Function]),
    help="Of everyone, where no column says it.",
)
@click.option("--sheet", default="", metavar="NAME", help="The sheet of a workbook to read.")
@click.option(
    "--encoding",
    type=click.Choice([*spreadsheets.ENCODINGS]),
    help="Of a text, when it is taken for another.",
)
@click.option(
    "--header-line", type=click.IntRange(1), metavar="N", help="The line that names the columns."
)
@shell.json_option
def import_(
    file: Path,
    list_name: str,
    basis: str | None,
    source: str,
    dry_run: bool,
    mapping: tuple[tuple[str, str], ...],
    role: str | None,
    sheet: str,
    encoding: str | None,
    header_line: int | None,
    as_json: bool,
) -> None:
    """Take over the addresses in FILE: CSV, XLSX, XLS or ODS (docs/contacts-file.md).

    Good lines are taken over, refused and doubtful ones are listed. `contacts undo` takes
    an import back.
    """
    with file.open("rb") as opened:
        data = opened.read(spreadsheets.MAX_BYTES + 1)
    with shell.opened() as product, _bar("Reading") as progress:
        now = product.now
        planned = importing.plan(
            file.name,
            data,
            by=CLI,
            now=now,
            list_name=list_name,
            basis=Basis(basis) if basis else None,
            source=source,
            mapping=dict(mapping),
            function=Function(role) if role else None,
            layout=Layout(sheet=sheet, encoding=encoding or "", header_line=header_line or 0),
            progress=progress,
        )
        if not dry_run:
            importing.apply(planned, by=CLI, now=now, progress=progress)
        summary = importing.summary(planned)
        if dry_run:
            db.session.rollback()
            summary["import_id"] = None
    shell.report(summary, _lines(summary), as_json=as_json)


@contacts.command()
@click.argument("import_id", type=int)
@shell.json_option
def undo(import_id: int, as_json: bool) -> None:
    """Take the import IMPORT_ID back: what still stands as it was written."""
    with shell.opened() as product:
        undone = undoing.undo(importing.find(import_id), by=CLI, now=product.now)
    kept = [{"line": kept.line, "reason": kept.reason} for kept in undone.kept]
    shell.report(
        {"import_id": import_id, "reversed": undone.reversed, "kept": kept},
        [f"{undone.reversed} lines taken back, {len(kept)} left."]
        + [f"line {row['line']} left: {row['reason']}" for row in kept],
        as_json=as_json,
    )


@contacts.command()
@click.argument("file", type=TARGET)
@click.option("--segment", metavar="NAME", help="Only who is in this selectie.")
@shell.json_option
def export(file: Path, segment: str | None, as_json: bool) -> None:
    """Write every address to FILE: an XLSX when it is called so, else CSV."""
    kind = "xlsx" if file.suffix.lower() == ".xlsx" else "csv"
    with shell.opened() as product:
        only = []
        if segment is not None:
            expression = selections.expression_of(segment)
            only = [selecting.fits(expression, now=product.now)]
        data = exporting.to_xlsx(*only) if kind == "xlsx" else exporting.to_csv(*only)
    shell.write(file, data)
    shell.report({"file": str(file), "format": kind}, f"Written: {file}", as_json=as_json)


@contacts.command("to-confirm")
@click.option("--province", default="", metavar="P", help="Only of this province.")
@shell.json_option
def to_confirm(province: str, as_json: bool) -> None:
    """The gemeenten whose griffie has to be checked, with what would be suggested."""
    with shell.opened() as product:
        today = dutch_date(product.now)
        rows = [
            {
                "gemeente": gemeente.code,
                "name": gemeente.name,
                "province": gemeente.province,
                "suggestions": [
                    one.email
                    for one in checklist.item(
                        gemeente.code, today=today, at=system_now()
                    ).suggestions
                ],
            }
            for gemeente in checklist.waiting(today, province=province)
        ]
    lines = [f"{row['name']}: {', '.join(row['suggestions']) or '-'}" for row in rows]
    shell.report(rows, [*lines, f"{len(rows)} to check."], as_json=as_json)


@contacts.command()
@click.argument("gemeente")
@click.argument("email", required=False, default="")
@click.option(
    "--channel",
    type=click.Choice([Channel.FORM.value, Channel.POST.value]),
    help="Post goes this way instead.",
)
@click.option("--url", default="", help="Of the web form.")
@click.option("--source", default="", metavar="URL", help="Where EMAIL stands.")
@click.option("--sure", is_flag=True, help="Also an address that is probably not the griffie's.")
@shell.json_option
def confirm(
    gemeente: str, email: str, channel: str | None, url: str, source: str, sure: bool, as_json: bool
) -> None:
    """Say where post to the griffie of GEMEENTE goes: to EMAIL, by a web form, or on paper."""
    if bool(email) == bool(channel):
        raise click.UsageError("Give an EMAIL, or a --channel.")
    with shell.opened() as product:
        now, town = product.now, gemeenten.find(gemeente)
        if channel:
            way = Channel(channel)
            channels.choose(town.code, Function.GRIFFIER, way, url, by=CLI, now=now)
        else:
            confirming.choose(
                town.code,
                Decision.OTHER,
                by=CLI,
                now=now,
                at=system_now(),
                email=email,
                source=source,
                sure=sure,
            )
        data = {"gemeente": town.code, "channel": channel or Channel.EMAIL.value, "email": email}
        name = town.name
    how = email or CHANNELS_SAID[str(channel)]
    shell.report(data, f"{name}: {how}.", as_json=as_json)


@contacts.command()
@click.argument("email", required=False)
@click.option("--domain", metavar="D", help="Everyone at this domain, such as example.nl.")
@click.option("--gemeente", metavar="G", help="All of a gemeente, by code or name.")
@click.option("--sender", metavar="E", help="Only of this sender; of all when not given.")
@click.option(
    "--reason",
    default=SuppressionReason.ASKED.value,
    metavar="R",
    help="asked (default), page, one-click, bounce, complaint, or in your own words.",
)
@shell.json_option
def suppress(
    email: str | None,
    domain: str | None,
    gemeente: str | None,
    sender: str | None,
    reason: str,
    as_json: bool,
) -> None:
    """Put EMAIL, a domain or a gemeente on the geen-postlijst: it gets no letters any more."""
    given = [one for one in (email, domain and f"@{domain.lstrip('@')}", gemeente) if one]
    put = suppression.suppress if email and email[:1] != "@" else suppression.suppress_any
    if len(given) != 1:
        raise click.UsageError("Give one of EMAIL, --domain and --gemeente.")
    known = reason in set(SuppressionReason)
    with shell.opened() as product:
        row = put(
            given[0],
            SuppressionReason(reason) if known else SuppressionReason.ASKED,
            by=CLI,
            now=product.now,
            sender_id=senders.find(sender).id if sender else None,
            note="" if known else reason,
        )
        data = {"email": row.address_key, "reason": row.reason.value, "since": row.since}
        who = suppression.said(row.address_key)
    shell.report(data, f"{who} gets no more mail.", as_json=as_json)


def _lines(summary: dict[str, Any]) -> Iterator[str]:
    yield (
        f"{summary['new']} new, {summary['changed']} changed, {summary['unchanged']} unchanged,"
        f" {summary['doubtful']} doubtful, {len(summary['refused'])} refused."
    )
    for word, key in (("refused", "refused"), ("doubtful", "doubts"), ("note", "remarks")):
        for row in summary[key]:
            yield f"line {row['line']} {word}: {row['reason']}"
    if summary["without_basis"]:
        yield f"{summary['without_basis']} without a basis: never mailed until they have one."
    if summary["import_id"] is None:
        yield "Nothing was changed (--dry-run)."
    else:
        yield f"Import {summary['import_id']}; `outreach contacts undo` takes it back."


@contextmanager
def _bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal that is told how far it is: once for reading, once for writing."""
    hidden = not sys.stderr.isatty()
    with click.progressbar(length=1, label=label, file=sys.stderr, hidden=hidden) as bar:

        def show(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        yield show
