"""`outreach campaigns`: letters with their steps, from a file to the last one in doubt."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import click

from outreach.accounts import people
from outreach.accounts.audit import CLI, Actor
from outreach.campaigns import (
    approving,
    copying,
    correcting,
    exporting,
    figures,
    foreseeing,
    inspecting,
    links,
    planning,
    previewing,
    printing,
    rendering,
    running,
    settling,
    store,
    writing,
)
from outreach.cli import shell
from outreach.contacts import gemeenten
from outreach.ledger import report as reporting
from outreach.letters.checking import Finding, Severity

FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.group()
def campaigns() -> None:
    """Letters with their steps."""


@campaigns.command()
@click.argument("file", type=FILE)
@shell.json_option
def load(file: Path, as_json: bool) -> None:
    """Create or update a campaign from FILE (docs/campaign-file.md) and print its slug."""
    with shell.opened() as product:
        campaign = writing.load(
            shell.text_of(file), folder=file.parent, store=_store(product), by=CLI, now=product.now
        )
        slug = campaign.slug
    shell.report({"slug": slug}, slug, as_json=as_json)


@campaigns.command()
@click.argument("slug")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
def export(slug: str, file: Path) -> None:
    """Write FILE, which loads to the same campaign, and its attachments beside it."""
    with shell.opened() as product:
        campaign, kept = writing.find(slug), _store(product)
        text = exporting.as_file(campaign)
        beside = {file.parent / one.filename: one.sha256 for one in campaign.attachments}
        contents = {path: kept.get(sha256) for path, sha256 in beside.items()}
    for path, data in contents.items():
        if path.exists() and path.read_bytes() != data:
            raise click.ClickException(f"{path} exists and is another file.")
    for path, data in contents.items():
        shell.write(path, data)
    shell.write(file, text.encode())


@campaigns.command()
@click.argument("slug")
@click.option("--name", default="", help="What the new letter is called.")
@click.option("--slug", "new", default="", metavar="SLUG", help="Its name on the command line.")
@shell.json_option
def copy(slug: str, name: str, new: str, as_json: bool) -> None:
    """Begin a new draft as a copy of an earlier letter and print its slug."""
    with shell.opened() as product:
        made = copying.copy(
            writing.find(slug), name=name, slug=new, store=_store(product), by=CLI, now=product.now
        ).slug
    shell.report({"slug": made}, made, as_json=as_json)


@campaigns.command()
@click.argument("slug")
@shell.json_option
def check(slug: str, as_json: bool) -> None:
    """The check before sending; exit 1 when it finds errors."""
    with shell.opened() as product:
        found = inspecting.findings(
            writing.find(slug), now=product.now, answers_at=product.settings.base_url
        )
    errors = [one for one in found if one.severity is Severity.ERROR]
    warnings = [one for one in found if one.severity is Severity.WARNING]
    hints = [one for one in found if one.severity is Severity.HINT]
    shell.report(
        {
            "errors": _findings(errors),
            "warnings": _findings(warnings),
            "hints": _findings(hints),
        },
        [_line(one) for one in found] or ["No faults found."],
        as_json=as_json,
    )
    if errors:
        raise click.exceptions.Exit(1)


@campaigns.command()
@click.argument("slug")
@click.option("--to", "email", required=True, metavar="EMAIL", help="Whose message.")
@click.option("--step", default=1, show_default=True, type=click.IntRange(min=1))
def preview(slug: str, email: str, step: int) -> None:
    """Print the exact message (RFC 5322) that an address gets."""
    with shell.opened() as product:
        raw = previewing.raw(writing.find(slug), email, step=step, renderer=_renderer(product))
    sys.stdout.buffer.write(raw)
    sys.stdout.buffer.flush()


@campaigns.command()
@click.argument("slug")
@click.option("--as", "email", required=True, metavar="EMAIL", help="Whose letter.")
@click.option("--to", multiple=True, required=True, metavar="EMAIL", help="An account; repeat.")
@click.option("--step", default=1, show_default=True, type=click.IntRange(min=1))
def proof(slug: str, email: str, to: tuple[str, ...], step: int) -> None:
    """Send the letter that an address gets to colleagues, marked as a proof."""
    with shell.opened() as product:
        renderer = _renderer(product)
        message = previewing.message_for(
            previewing.step_at(writing.find(slug), step), email, renderer=renderer
        )
        sent = previewing.send_proofs(message, to, renderer=renderer, by=CLI, now=product.now)
    click.echo(f"A proof goes to {', '.join(sent)}.")


@campaigns.command()
@click.argument("slug")
@click.option("--at", type=shell.Moment(), help="Look from this moment instead of now.")
@shell.json_option
def plan(slug: str, at: datetime | None, as_json: bool) -> None:
    """Who gets which step when, who does not, and why."""
    with shell.opened() as product:
        campaign = writing.find(slug)
        plans = planning.plan(campaign, now=product.now, at=at)
        days = foreseeing.days(campaign, now=at or product.now)
        data = planning.as_json(plans) | {"days": foreseeing.as_json(days)}
        lines = [*planning.as_lines(plans), *foreseeing.as_lines(days)]
    shell.report(data, lines, as_json=as_json)


@campaigns.command()
@click.argument("slug")
@click.option("--reason", default="", help="Why the same letter goes to the same gemeenten again.")
def start(slug: str, reason: str) -> None:
    """Let a campaign run. Errors of the check refuse it; warnings are printed and recorded."""
    with shell.opened() as product:
        warnings = running.start(
            writing.find(slug),
            by=CLI,
            now=product.now,
            answers_at=product.settings.base_url,
            reason=reason,
        )
    for one in warnings:
        click.echo(_line(one), err=True)
    click.echo(f"{slug} runs.")


@campaigns.command()
@click.argument("slug")
def withdraw(slug: str) -> None:
    """Make a campaign that started, and of which nothing left yet, a draft again."""
    with shell.opened() as product:
        running.withdraw(writing.find(slug), by=CLI, now=product.now)
    click.echo(f"{slug} is a draft.")


@campaigns.command()
@click.argument("slug")
def pause(slug: str) -> None:
    """Hold everything that has not left."""
    with shell.opened() as product:
        running.pause(writing.find(slug), by=CLI, now=product.now)
    click.echo(f"{slug} is paused.")


@campaigns.command()
@click.argument("slug")
def resume(slug: str) -> None:
    """Go on where it stopped."""
    with shell.opened() as product:
        running.resume(writing.find(slug), by=CLI, now=product.now)
    click.echo(f"{slug} runs.")


@campaigns.command()
@click.argument("slug")
@click.argument("file", type=FILE)
@click.option(
    "--note",
    type=FILE,
    help="Markdown: a correction to those who have the older text, in the thread of that letter.",
)
@click.option("--bare-note", is_flag=True, help="The note carries no corrected attachment along.")
@shell.json_option
def correct(slug: str, file: Path, note: Path | None, bare_note: bool, as_json: bool) -> None:
    """Give a letter that runs the texts and attachments of FILE: what has not left gets them."""
    with shell.opened() as product:
        done = correcting.correct_by_file(
            writing.find(slug),
            shell.text_of(file),
            folder=file.parent,
            store=_store(product),
            note=shell.text_of(note) if note else "",
            enclose=not bare_note,
            by=CLI,
            now=product.now,
            key=_renderer(product).links.key,
        )
        told = [one for one in done if one.note_step_id is not None]
        found = {
            "slug": slug,
            "changed": sum(one.changed for one in done),
            "told": sum(correcting.told(one) for one in told),
        }
    text = f"{found['changed']} letters get the new text; {found['told']} are told."
    shell.report(found, text, as_json=as_json)


@campaigns.command()
@click.argument("slug")
def cancel(slug: str) -> None:
    """Stop for good. What left has left; the rest does not leave."""
    with shell.opened() as product:
        count = running.cancel(writing.find(slug), by=CLI, now=product.now)
    click.echo(f"{slug} is cancelled; {count} letters that were ready do not leave.")


@campaigns.command()
@click.argument("slug")
@shell.json_option
def status(slug: str, as_json: bool) -> None:
    """Counts by state; letters in doubt are listed one by one."""
    with shell.opened() as product:
        found = figures.status(writing.find(slug), now=product.now)
    lines = [f"{found['slug']}: {found['state']}"]
    if found["rest_at"]:
        lines.append(f"the letters that wait leave from {found['rest_at']} on")
    lines += [f"{count:7} {state}" for state, count in found["counts"].items() if count]
    for one in found["uncertain"]:
        where = f"{one['email']} ({one['gemeente']}), step {one['step']}"
        lines.append(f"in doubt: {where}, since {one['since']}")
        lines += [f"          {row['kind']}: {row['what']}" for row in one["evidence"]]
    shell.report(found, lines, as_json=as_json)


@campaigns.command()
@click.argument("slug")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def report(slug: str, file: Path) -> None:
    """Write how it stands to FILE (PDF): one page of A4, for a board."""
    with shell.opened() as product:
        made = reporting.of(writing.find(slug), now=product.now)
    shell.write(file, made)


@campaigns.command("print")
@click.argument("slug")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--step", default=1, show_default=True, type=click.IntRange(min=1))
@click.option("--one-sided", is_flag=True, help="No blank pages between letters.")
@shell.json_option
def print_letters(slug: str, file: Path, step: int, one_sided: bool, as_json: bool) -> None:
    """Write the letters that go on paper to FILE (PDF), with a list of them first."""
    with shell.opened() as product:
        it = previewing.step_at(writing.find(slug), step)
        found = printing.to_do(it, now=product.now)
        made = printing.file(it, found, _renderer(product), duplex=not one_sided, now=product.now)
        shell.write(file, made)
        names = [one.gemeente.name for one in found]
        told = {"file": str(file), "letters": [printing.key(one) for one in found]}
    shell.report(told, [f"{len(names)} letters: {', '.join(names)}"], as_json=as_json)


@campaigns.command()
@click.argument("slug")
@click.argument("gemeente", nargs=-1)
@click.option("--step", default=1, show_default=True, type=click.IntRange(min=1))
@click.option("--body", default="raad", show_default=True, type=click.Choice(["raad", "college"]))
@click.option("--all", "everyone", is_flag=True, help="All that `campaigns print` writes.")
def posted(slug: str, gemeente: tuple[str, ...], step: int, body: str, everyone: bool) -> None:
    """Record that the letters to these gemeenten were posted."""
    with shell.opened() as product:
        it = previewing.step_at(writing.find(slug), step)
        found = printing.to_do(it, now=product.now)
        keys = {f"{gemeenten.find(one).code}-{body}" for one in gemeente}
        known = {printing.key(one) for one in found}
        if unknown := keys - known:
            raise click.ClickException(f"Not to be posted: {', '.join(sorted(unknown))}.")
        chosen = found if everyone else printing.pick(found, keys) if keys else []
        count = printing.posted(it, chosen, by=CLI, now=product.now)
    click.echo(f"{count} letters are recorded as posted.")


@campaigns.command()
@click.argument("slug")
@click.option("--by", "email", required=True, help="The account of the second person.")
@click.option("--send-back", metavar="REMARK", help="Do not agree; say what has to change.")
def approve(slug: str, email: str, send_back: str | None) -> None:
    """Record that a second person agrees to the letter as it is now, or sends it back."""
    with shell.opened() as product:
        campaign, person = writing.find_draft(slug), people.find(email)
        by = Actor(f"coordinator:{person.id}", str(person))
        approving.ask(campaign, by=CLI, now=product.now)
        if send_back is None:
            approving.give(campaign, by=by, now=product.now)
        else:
            approving.send_back(campaign, send_back, by=by, now=product.now)
    click.echo(f"{slug}: {'approved' if send_back is None else 'sent back'} by {email}.")


@campaigns.command()
@click.argument("slug")
@click.argument("email")
@click.option("--as", "verdict", required=True, type=click.Choice(["sent", "resend"]))
@click.option("--step", type=click.IntRange(min=1), help="When more than one is in doubt.")
@click.option("--reason", default="", help="Kept in the audit trail.")
def settle(
    slug: str, email: str, verdict: Literal["sent", "resend"], step: int | None, reason: str
) -> None:
    """Decide a letter that is in doubt: it arrived, or it is sent again (same Message-ID)."""
    with shell.opened() as product:
        count = settling.settle(
            writing.find(slug), email, verdict, step=step, by=CLI, note=reason, now=product.now
        )
    click.echo(f"{count} settled as {verdict}.")


def _store(product: shell.Opened) -> store.Store:
    return store.Store(product.settings.instance / "files")


def _renderer(product: shell.Opened) -> rendering.Renderer:
    return rendering.Renderer(
        links.Links(product.settings.base_url, product.tokens), _store(product), product.now
    )


def _findings(findings: list[Finding]) -> list[dict[str, Any]]:
    return [{"code": one.code, "message": one.message, "place": one.place} for one in findings]


def _line(finding: Finding) -> str:
    return f"{finding.severity.value}: {finding.place}: {finding.message}"
