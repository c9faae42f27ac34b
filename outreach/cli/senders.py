"""`outreach senders`: the organisations in whose name letters leave."""

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from config import check_imap_url, check_smtp_url
from outreach.accounts import senders as organisations
from outreach.accounts.audit import CLI
from outreach.accounts.limits import PRESETS, WORDS, Limits
from outreach.campaigns import approving
from outreach.campaigns.store import Store
from outreach.cli import shell
from outreach.delivery import mailboxes, receivers, relays
from outreach.delivery.models import ReceiverGroup
from outreach.letters import logos

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


@senders.command()
@click.argument("email")
@click.option("--preset", type=click.Choice(list(PRESETS)), help="What its mail host takes.")
@click.option("--per-minute", type=int, metavar="N", help="Messages a minute, at most.")
@click.option("--per-hour", type=int, metavar="N", help="Messages an hour, at most.")
@click.option("--per-day", type=int, metavar="N", help="Messages a day, at most.")
@click.option("--megabytes-per-hour", type=int, metavar="N", help="MB an hour, at most.")
@click.option("--connections", type=int, metavar="N", help="Connections at once, at most.")
@shell.json_option
def limits(email: str, preset: str | None, as_json: bool, **numbers: int | None) -> None:
    """Change what a sender keeps to, and print it; without options only print it.

    A number that is not given stays as it was, or as --preset has it; 0 takes it away.
    """
    given = {name: number or None for name, number in numbers.items() if number is not None}
    with shell.opened() as product:
        sender = organisations.find(email)
        found = Limits.of(sender) if preset is None else PRESETS[preset]
        if given or preset is not None:
            found = replace(found, **given)
            organisations.limit(sender, found, by=CLI, now=product.now)
        report = {"email": sender.email, **asdict(found)}
    kept = [f"{number} {WORDS[name]}" for name, number in asdict(found).items() if number]
    shell.report(report, ", ".join(kept) or "geen grenzen", as_json=as_json)


@senders.command()
@click.argument("email")
@click.option("--subtitle", help="Under the name.")
@click.option("--phone", help="The organisation's own number.")
@click.option("--website", help="Beside the address.")
@click.option("--place", help="Before the date: Utrecht, 23 maart 2026.")
@click.option("--handled-by", help="Behandeld door.")
@click.option("--direct-phone", help="The number of who handles it.")
@click.option("--signatory", "signatories", multiple=True, metavar="NAME, FUNCTION")
@click.option("--cosigner", "cosigners", multiple=True, metavar="NAME", help="Mede namens.")
@click.option("--logo", type=URL_FILE, metavar="FILE", help="A PNG or SVG.")
@click.option("--of", "whose", default="", metavar="NAME", help="Whose logo: a cosigner's.")
@shell.json_option
def letterhead(
    email: str,
    logo: Path | None,
    whose: str,
    as_json: bool,
    signatories: tuple[str, ...],
    cosigners: tuple[str, ...],
    **words: str | None,
) -> None:
    """Change what stands on a sender's letters, and print it; without options only print it.

    What is not given stays. "" empties a value; --signatory and --cosigner replace all of them,
    and may be repeated.
    """
    given: dict[str, Any] = {name: value for name, value in words.items() if value is not None}
    if signatories:
        pairs = (one.partition(",") for one in signatories)
        given["signatories"] = [(name.strip(), function.strip()) for name, _, function in pairs]
    if cosigners:
        given["cosigners"] = [one for one in cosigners if one]
    with shell.opened() as product:
        sender = organisations.find(email)
        if given:
            fresh = replace(organisations.Letterhead.of(sender), **given)
            organisations.set_letterhead(sender, fresh, by=CLI, now=product.now)
        if logo is not None:
            if whose and whose not in sender.cosigners:
                raise click.ClickException(f"{whose} is no cosigner of {email}.")
            svg = logos.clean(logo.read_bytes())
            sha256 = Store(product.settings.instance / "files").put(svg.encode())
            organisations.set_logo(sender, whose, sha256, by=CLI, now=product.now)
        told = asdict(organisations.Letterhead.of(sender))
        told["logos"] = [one["name"] or sender.name for one in sender.logos]
    lines = [f"{name}: {value}" for name, value in told.items() if value]
    shell.report(told, lines or "nothing yet", as_json=as_json)


@senders.command()
@click.argument("email")
@click.option("--on/--off", "on", default=None, help="Whether a second person has to agree.")
@shell.json_option
def approval(email: str, on: bool | None, as_json: bool) -> None:
    """Whether a sender's letters need a second person's approval; with an option, change it."""
    with shell.opened() as product:
        sender = organisations.find(email)
        if on is not None:
            approving.switch(sender, on=on, by=CLI, now=product.now)
        report = {"email": sender.email, "needs_approval": sender.needs_approval}
    said = "needed" if report["needs_approval"] else "not needed"
    shell.report(report, f"approval by a second person: {said}", as_json=as_json)


@senders.group("receivers")
def receiving() -> None:
    """Groups of receiving domains that take only so much, of all senders together."""


@receiving.command("list")
@shell.json_option
def list_receivers(as_json: bool) -> None:
    """Which groups there are."""
    with shell.opened():
        found = [_group(group) for group in receivers.everyone()]
    shell.report(found, [_line(one) for one in found], as_json=as_json)


@receiving.command("set")
@click.argument("name")
@click.option("--domain", "domains", multiple=True, metavar="D", help="outlook.com; repeatable.")
@click.option("--per-minute", type=int, metavar="N", help="Messages a minute, at most.")
@click.option("--per-hour", type=int, metavar="N", help="Messages an hour, at most.")
@shell.json_option
def set_receivers(
    name: str, domains: tuple[str, ...], as_json: bool, **numbers: int | None
) -> None:
    """Make a group of receiving domains, or change the one of this name.

    What is not given stays as it was; 0 takes a number away. A dot before a domain counts its
    subdomains too: .gov.example.
    """
    given = {name: number or None for name, number in numbers.items() if number is not None}
    wanted = [one for text in domains for one in receivers.parse(text)]
    with shell.opened() as product:
        known = {group.name.lower(): group for group in receivers.everyone()}
        group = known.get(" ".join(name.split()).lower())
        if group is None:
            receivers.add(name, wanted, Limits(**given), by=CLI, now=product.now)
        else:
            most = replace(receivers.limits_of(group), **given)
            wanted = wanted or group.domains
            receivers.change(group, group.name, wanted, most, by=CLI, now=product.now)
        found = _group(receivers.find(name))
    shell.report(found, _line(found), as_json=as_json)


@receiving.command("remove")
@click.argument("name")
def remove_receivers(name: str) -> None:
    """Send the domains of a group as much as all others."""
    with shell.opened() as product:
        receivers.remove(receivers.find(name), by=CLI, now=product.now)


def _group(group: ReceiverGroup) -> dict[str, Any]:
    numbers = {"per_minute": group.per_minute, "per_hour": group.per_hour}
    return {"name": group.name, "domains": group.domains, **numbers}


def _line(group: dict[str, Any]) -> str:
    most = [f"{group[name]} {WORDS[name]}" for name in ("per_minute", "per_hour") if group[name]]
    return f"{group['name']}: {', '.join(most)} ({', '.join(group['domains'])})"


def _read(file: Path | None, check: Callable[[str], str]) -> str:
    if file is None:
        return ""
    try:
        return check(file.read_text(encoding="utf-8").strip())
    except (ValueError, OSError) as error:
        raise click.ClickException(f"{file}: the URL {error}.") from error
