"""`outreach mail`: the mail accounts that senders are connected with, without a password."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from outreach.accounts import senders as organisations
from outreach.accounts.audit import CLI
from outreach.accounts.models import Sender
from outreach.cli import shell
from outreach.delivery import granting, oauth
from outreach.delivery.granting import Attempt
from outreach.delivery.providers import Provider, Providers, Tokens
from outreach.errors import Refused

SENDER = click.option("--sender", required=True, metavar="E", help="The address it sends from.")


@click.group()
def mail() -> None:
    """Connect senders with Microsoft 365 and Google."""


@mail.command()
@click.argument("provider", type=click.Choice(["microsoft", "google"]), metavar="PROVIDER")
@SENDER
@click.option("--mailbox", metavar="M", help="Its mailbox there, when not --sender.")
@shell.json_option
def connect(provider: str, sender: str, mailbox: str | None, as_json: bool) -> None:
    """Let a sender send and read with the mailbox that it has at a provider.

    Microsoft shows a code to type in at its page; Google an address to open, whose answer is
    pasted here. The limits of that provider are kept to from then on.
    """
    given = _given(provider, sender, mailbox)
    # Nobody waits for the database meanwhile: a person takes minutes.
    tokens = _asked(given)
    with shell.opened() as product:
        found = organisations.find(sender)
        oauth.keep(
            given.instance,
            found,
            given.provider,
            tokens,
            user=given.user,
            by=CLI,
            now=product.now,
        )
        name = found.name
    shell.report(
        {"sender": sender, "provider": provider, "mailbox": given.user},
        f"{name} is connected with {given.provider.title} as {given.user}.",
        as_json=as_json,
    )


@mail.command()
@SENDER
def disconnect(sender: str) -> None:
    """Forget a connection; the sender has the relay and mailbox that it had without."""
    with shell.opened() as product:
        found = organisations.find(sender)
        oauth.disconnect(product.settings.instance, found, by=CLI, now=product.now)
    click.echo(f"{sender} is not connected any more.")


@mail.command("list")
@shell.json_option
def list_(as_json: bool) -> None:
    """Which senders are connected, and whether that still holds."""
    with shell.opened() as product:
        rows = [_row(product.settings.instance, one) for one in organisations.everyone()]
    known = [row for row in rows if row]
    lines = [f"{row['sender']}: {row['provider']}, {row['state']}" for row in known]
    shell.report(known, lines or "No sender is connected.", as_json=as_json)


@dataclass(frozen=True)
class _Given:
    """What was asked for."""

    instance: Path
    provider: Provider
    user: str
    redirect: str


def _given(provider: str, sender: str, mailbox: str | None) -> _Given:
    with shell.opened() as product:
        found = organisations.find(sender)
        known: Providers = product.app.extensions["outreach.providers"]
        if provider not in known:
            name = f"OUTREACH_{provider.upper()}_CLIENT_ID"
            raise Refused(f"Geef eerst {name}: docs/mail-hosts.md vertelt hoe u eraan komt.")
        return _Given(
            product.settings.instance,
            known[provider],
            mailbox or found.email,
            granting.redirect_address(product.settings.base_url),
        )


def _asked(given: _Given) -> Tokens:
    attempt = granting.begin(given.provider, given.user, redirect=given.redirect)
    if attempt.user_code:
        click.echo(f"Open {attempt.address}\nand type in the code {attempt.user_code}", err=True)
        click.echo(f"signed in as {given.user}. Waiting until that is done …", err=True)
        return granting.wait(given.provider, attempt, pause=time.sleep)
    return _pasted(given, attempt)


def _pasted(given: _Given, attempt: Attempt) -> Tokens:
    click.echo(f"Open this address, signed in as {given.user}:\n\n{attempt.address}\n", err=True)
    text = click.prompt("Paste the address where the browser ends, or the code in it", err=True)
    return granting.redeem(given.provider, attempt, granting.read_answer(attempt, text))


def _row(instance: Path, sender: Sender) -> dict[str, Any] | None:
    found = oauth.look(instance, sender)
    if not found.kept:
        return None
    grant = found.grant
    if grant is None:
        return {"sender": sender.email, "provider": "", "state": found.fault}
    return {
        "sender": sender.email,
        "provider": grant.provider,
        "mailbox": grant.user,
        "state": "lapsed" if grant.lapsed_at else "connected",
        "connected_at": grant.connected_at,
        "lapsed_at": grant.lapsed_at,
    }
