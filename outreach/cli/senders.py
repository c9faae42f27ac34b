"""`outreach senders`: the organisations in whose name letters leave."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click

from config import check_imap_url, check_smtp_url
from outreach.accounts import senders as organisations
from outreach.accounts.audit import CLI
from outreach.accounts.limits import PRESETS
from outreach.cli import shell
from outreach.delivery import mailboxes, relays

URL_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.group()
def senders() -> None:
    """The organisations in whose name letters leave."""


@senders.command()
@click.option("--name", required=True, help="Above letters and mails.")
@click.option("--email", required=True, help="The address that letters come from.")
@click.option("--address", required=True, metavar="POSTAL", help="Postal address, one line.")
@click.option("--reply-to", help="Where replies go, when not to --email.")
@click.option("--envelope-from", help="Where bounces go, when not to --email.")
@click.option("--smtp-url-file", type=URL_FILE, help="A file with the URL of its own relay.")
@click.option("--imap-url-file", type=URL_FILE, help="A file with the URL of its own mailbox.")
@click.option(
    "--preset", type=click.Choice(list(PRESETS)), default="none", help="What its mail host takes."
)
@click.option("--per-minute", type=int, metavar="N", help="Messages a minute, at most.")
@click.option("--per-hour", type=int, metavar="N", help="Messages an hour, at most.")
@click.option("--per-day", type=int, metavar="N", help="Messages a day, at most.")
@click.option("--megabytes-per-hour", type=int, metavar="N", help="MB an hour, at most.")
@click.option("--connections", type=int, metavar="N", help="Connections at once, at most.")
@shell.json_option
def add(
    name: str,
    email: str,
    address: str,
    reply_to: str | None,
    envelope_from: str | None,
    smtp_url_file: Path | None,
    imap_url_file: Path | None,
    preset: str,
    as_json: bool,
    **numbers: int | None,
) -> None:
    """Add a sender organisation and print its id.

    The URLs of its relay and mailbox are copied into INSTANCE, readable by this user alone.
    What is given beside --preset goes before it.
    """
    given = {name: number for name, number in numbers.items() if number is not None}
    smtp_url = _read(smtp_url_file, check_smtp_url)
    imap_url = _read(imap_url_file, check_imap_url)
    with shell.opened() as product:
        sender = organisations.add(
            name,
            email,
            address,
            reply_to=reply_to,
            envelope_from=envelope_from,
            limits=replace(PRESETS[preset], **given),
            by=CLI,
            now=product.now,
        )
        number = sender.id
        if smtp_url:
            relays.keep(product.settings.instance, sender, smtp_url)
        if imap_url:
            mailboxes.keep(product.settings.instance, sender, imap_url)
    shell.report({"id": number, "name": name, "email": email}, str(number), as_json=as_json)


def _read(file: Path | None, check: Callable[[str], str]) -> str:
    if file is None:
        return ""
    try:
        return check(file.read_text(encoding="utf-8").strip())
    except (ValueError, OSError) as error:
        raise click.ClickException(f"{file}: the URL {error}.") from error
