"""`outreach documents`: what a gemeente sent us, and what we found of it."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import click

from outreach.accounts import senders
from outreach.accounts.audit import CLI
from outreach.answers import documents as papers
from outreach.answers.documents import Facts
from outreach.answers.models import Document
from outreach.campaigns import replying, writing
from outreach.campaigns.store import Store
from outreach.cli import shell
from outreach.cli.answers import Day
from outreach.contacts import gemeenten

FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
_FACTS = (
    click.option("--subject", help="Onderwerp; as the PDF says it unless given."),
    click.option("--number", help="Its number, behind “No.”."),
    click.option("--kenmerk", help="Their own reference."),
    click.option("--dated", type=Day(), help="The date on it."),
    click.option("--sent-on", type=Day(), help="The date it was sent."),
    click.option("--handled-by", help="Behandeld door."),
    click.option("--signed-by", multiple=True, metavar="NAME, FUNCTION", help="May be repeated."),
    click.option("--body", type=click.Choice(["raad", "college", "other"]), help="Who it is from."),
    click.option("--author", help="Who it is from, with --body other."),
    click.option("--found/--received", default=None, help="Found somewhere, or sent to us."),
    click.option("--url", help="Where it stands."),
    click.option("--about", metavar="SLUG", help="The campaign that it is about."),
    click.option("--note", help="A note."),
)


def _facts_options(command: Any) -> Any:
    for option in reversed(_FACTS):
        command = option(command)
    return command


@click.group()
def documents() -> None:
    """What gemeenten sent us, and what we found of them."""


@documents.command()
@click.argument("gemeente")
@click.argument("file", type=FILE, required=False)
@_facts_options
@shell.json_option
def add(gemeente: str, file: Path | None, as_json: bool, **given: Any) -> None:
    """Put a document in the file of GEMEENTE (name, alias or code) and print its number.

    FILE is its PDF. What is not given is read from it as far as it can be.
    """
    with shell.opened() as product:
        found, facts = gemeenten.find(gemeente), _given(Facts(), given)
        kept = papers.keep(file.name, file.read_bytes(), _store(product)) if file else None
        document = papers.add(found.code, facts, file=kept, by=CLI, now=product.now)
        data = _told(document)
    shell.report(data, str(data["id"]), as_json=as_json)


@documents.command("list")
@click.argument("gemeente")
@shell.json_option
def list_documents(gemeente: str, as_json: bool) -> None:
    """What is in the file of GEMEENTE, newest first."""
    with shell.opened():
        found = [_told(one) for one in papers.of_gemeente(gemeenten.find(gemeente).code)]
    shell.report(found, [_line(one) for one in found], as_json=as_json)


@documents.command()
@click.argument("document_id", type=int, metavar="ID")
@click.option("--file", type=FILE, help="Another PDF.")
@_facts_options
@shell.json_option
def correct(document_id: int, file: Path | None, as_json: bool, **given: Any) -> None:
    """Change what is said of document ID; what is not given stays."""
    with shell.opened() as product:
        document = papers.find(document_id)
        facts = _given(papers.facts_of(document), given)
        kept = papers.keep(file.name, file.read_bytes(), _store(product)) if file else None
        papers.correct(document, facts, file=kept, by=CLI, now=product.now)
        data = _told(document)
    shell.report(data, _line(data), as_json=as_json)


@documents.command()
@click.argument("document_id", type=int, metavar="ID")
def remove(document_id: int) -> None:
    """Take document ID out of its file; `documents put-back` brings it back."""
    with shell.opened() as product:
        done = papers.remove(papers.find(document_id), by=CLI, now=product.now)
    click.echo(f"Document {document_id} is removed." if done else "It was removed already.")


@documents.command("put-back")
@click.argument("document_id", type=int, metavar="ID")
def put_back(document_id: int) -> None:
    """Put document ID, which was removed, back in its file."""
    with shell.opened() as product:
        done = papers.put_back(papers.find(document_id), by=CLI, now=product.now)
    click.echo(f"Document {document_id} is back." if done else "It was not removed.")


@documents.command()
@click.argument("document_id", type=int, metavar="ID")
@click.option("--sender", required=True, metavar="EMAIL", help="In whose name.")
@shell.json_option
def reply(document_id: int, sender: str, as_json: bool) -> None:
    """Begin a letter in reply to document ID, with its kenmerk and date; print its slug."""
    with shell.opened() as product:
        campaign = replying.write(
            papers.find(document_id),
            senders.find(sender),
            store=_store(product),
            by=CLI,
            now=product.now,
        )
        slug = campaign.slug
    shell.report({"slug": slug}, slug, as_json=as_json)


@documents.command()
@click.argument("document_id", type=int, metavar="ID")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def save(document_id: int, file: Path) -> None:
    """Write the PDF of document ID to FILE, as it came."""
    with shell.opened() as product:
        sha256 = papers.find(document_id).sha256
        if sha256 is None:
            raise click.ClickException(f"Document {document_id} has no PDF.")
        data = _store(product).get(sha256)
    shell.write(file, data)


def _store(product: shell.Opened) -> Store:
    return Store(product.settings.instance / "files")


def _given(facts: Facts, given: dict[str, Any]) -> Facts:
    """The facts with what was typed."""
    about, signed, body = given.pop("about"), given.pop("signed_by"), given.pop("body")
    typed = {name: value for name, value in given.items() if value is not None}
    if about is not None:
        typed["campaign_id"] = writing.find(about).id if about else None
    if signed:
        pairs = (one.partition(",") for one in signed)
        typed["signatories"] = [(name.strip(), function.strip()) for name, _, function in pairs]
    if body or given.get("author"):
        typed["body"] = "" if body in (None, "other") else body
    return replace(facts, **typed)


def _told(document: Document) -> dict[str, Any]:
    def day(one: date | None) -> str | None:
        return one.isoformat() if one else None

    return {
        "id": document.id,
        "gemeente": document.gemeente_code,
        "subject": document.subject,
        "number": document.number,
        "kenmerk": document.kenmerk,
        "dated": day(document.dated),
        "sent_on": day(document.sent_on),
        "body": document.body,
        "author": document.author,
        "handled_by": document.handled_by,
        "signatories": document.signatories,
        "found": document.found,
        "file": document.filename,
        "pages": document.pages,
        "text_fault": document.text_fault,
    }


def _line(told: dict[str, Any]) -> str:
    number = f", {told['number']}" if told["number"] else ""
    return f"{told['id']:5} {told['sent_on'] or told['dated']} {told['subject']}{number}"
