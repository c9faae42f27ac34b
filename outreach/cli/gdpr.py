"""`outreach gdpr`: what is held on someone, and wiping it out."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from outreach.accounts.audit import CLI
from outreach.campaigns.store import Store
from outreach.cli import shell
from outreach.clock import system_now
from outreach.db import db
from outreach.engine.demo import staging
from outreach.errors import Refused
from outreach.events import needs
from outreach.ledger import erasing, insight, person, retention
from outreach.ledger.erasing import Erasure
from outreach.ledger.person import Person
from outreach.operations import copies

TARGET = click.Path(dir_okay=False, writable=True, path_type=Path)


@click.group()
def gdpr() -> None:
    """What is held on a person (AVG art. 15), and its erasure (art. 17)."""


@gdpr.command()
@click.argument("email")
@click.option("--to", "file", type=TARGET, metavar="FILE", help="Write it here, for us alone.")
def export(email: str, file: Path | None) -> None:
    """Print everything held on whoever reads EMAIL, as JSON."""
    with shell.opened() as product:
        found = insight.of(person.of_email(email), now=product.now)
    text = json.dumps(found, ensure_ascii=False, indent=2) + "\n"
    if file is None:
        click.echo(text, nl=False)
        return
    shell.write(file, text.encode())
    click.echo(f"Written: {file}")


@gdpr.command()
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask; needed where nobody can answer.")
@shell.json_option
def erase(email: str, yes: bool, as_json: bool) -> None:
    """Erase whoever reads EMAIL; only a hash stays, that keeps the address out.

    What was sent stays counted, without whom it went to.
    """
    with shell.opened() as product:
        who = person.of_email(email)
        before = erasing.preview(who)
        if before and not yes:
            _ask(who, before)
        done = erasing.erase(who, by=CLI, now=product.now)
        instance, now = product.settings.instance, product.now
        erasing.clean_logs(instance, who)
        staging.forget(product.settings, who.words)
        db.session.commit()
        erasing.remove_files(Store(instance / "files"), done.files)
        db.session.remove()
        erasing.compact(db.engine, now=now)
        kept = copies.everything(instance, at=system_now())
    shell.report(_data(who, done, kept), _lines(done, kept), as_json=as_json)


def _ask(who: Person, found: Erasure) -> None:
    if not sys.stdin.isatty():
        raise Refused("Dit kan niet ongedaan worden gemaakt. Geef --yes als u het zeker weet.")
    click.echo(f"Dit gaat weg van {', '.join(sorted(who.keys))}:", err=True)
    for title, count in found.rows.items():
        click.echo(f"{count:>6}  {title}", err=True)
    click.confirm("Wissen? Dit kan niet ongedaan worden gemaakt", abort=True, err=True)


def _data(who: Person, done: Erasure, kept: list[copies.Copy]) -> dict[str, Any]:
    return {
        "erased": done.rows,
        "mentions": done.mentions,
        "files": len(done.files),
        "hashed": len(who.keys),
        "backups": [{"file": str(one.path), "days": one.days} for one in kept],
    }


def _lines(done: Erasure, kept: list[copies.Copy]) -> list[str]:
    if not done:
        lines = [erasing.NOTHING_LEFT]
    else:
        lines = [f"{count:>6}  {title}" for title, count in done.rows.items()]
        if done.mentions:
            lines.append(f"{done.mentions:>6}  Genoemd in een vrije tekst")
        lines.append("Gewist. Het adres wordt voortaan geweigerd.")
    return lines + [f"Kan nog in een reservekopie staan: {one}" for one in kept]


@click.command("retention")
@click.option("--dry-run", is_flag=True, help="Say what would go; take nothing.")
@shell.json_option
def retention_(dry_run: bool, as_json: bool) -> None:
    """Take what was kept long enough, as `outreach serve` does each night."""
    with shell.opened() as product:
        now, store = product.now, Store(product.settings.instance / "files")
        rows = []
        for line in retention.lines(now=now):
            count = line.due
            if not dry_run:
                taken = retention.take(line.rule, now=now)
                db.session.commit()
                erasing.remove_files(store, taken.files)
                count = taken.count
            rows.append(
                {
                    "kind": line.rule.name,
                    "title": line.rule.title,
                    "days": line.days,
                    "count": count,
                    "soon": line.soon,
                }
            )
        rewrite = not dry_run and needs.went()
        db.session.commit()
        db.session.remove()
        if rewrite:
            erasing.compact(db.engine, now=now, also=True)
        kept = copies.everything(product.settings.instance, at=system_now())
    lines = [f"{row['count']:>7}  {row['title']} ({row['days']} dagen)" for row in rows]
    lines += [f"Kan nog in een reservekopie staan: {one}" for one in kept if not dry_run]
    lines.append("Nothing was changed (--dry-run)." if dry_run else "Done.")
    backups = [{"file": str(one.path), "days": one.days} for one in kept]
    said = {"dry_run": dry_run, "rules": rows, "backups": backups}
    shell.report(said, lines, as_json=as_json)
