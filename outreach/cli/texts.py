"""`outreach texts`: single texts that any letter can take over."""

from pathlib import Path

import click

from outreach.accounts.audit import CLI
from outreach.campaigns import text_blocks
from outreach.cli import shell
from outreach.cli.contacts import FILE, TARGET
from outreach.errors import Unknown


@click.group()
def texts() -> None:
    """Single texts (tekstblokken) that any letter can take over."""


@texts.command("list")
@shell.json_option
def list_(as_json: bool) -> None:
    """All of them, by title."""
    with shell.opened():
        rows = [
            {
                "title": one.title,
                "changed_at": one.changed_at.isoformat(),
                "characters": len(one.text),
            }
            for one in text_blocks.everything()
        ]
    lines = [f"{row['characters']:7}  {row['title']}" for row in rows]
    shell.report(rows, lines or "No texts yet.", as_json=as_json)


@texts.command()
@click.argument("title")
@click.argument("file", type=TARGET, required=False)
def show(title: str, file: Path | None) -> None:
    """Print the text with this TITLE as Markdown, or write it to FILE."""
    with shell.opened():
        said = text_blocks.find(title).text
    if file is None:
        click.echo(said)
    else:
        shell.write(file, f"{said}\n".encode())


@texts.command()
@click.argument("title")
@click.argument("file", type=FILE)
@shell.json_option
def add(title: str, file: Path, as_json: bool) -> None:
    """Keep FILE (Markdown) under this TITLE; what had that title is changed."""
    with shell.opened() as product:
        words = shell.text_of(file)
        try:
            block = text_blocks.find(title)
        except Unknown:
            block = text_blocks.add(title, words, by=CLI, now=product.now)
        else:
            text_blocks.change(block, title, words, by=CLI, now=product.now)
        kept = block.title
    shell.report({"title": kept}, kept, as_json=as_json)


@texts.command()
@click.argument("title")
@shell.json_option
def remove(title: str, as_json: bool) -> None:
    """Throw the text with this TITLE away; letters that took it over keep its words."""
    with shell.opened() as product:
        block = text_blocks.find(title)
        gone = block.title
        text_blocks.remove(block, by=CLI, now=product.now)
    shell.report({"removed": gone}, f"Removed: {gone}", as_json=as_json)
