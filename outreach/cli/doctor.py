"""`outreach doctor`: whether all is well, here, in the DNS, and on the way."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from urllib.parse import urlsplit

import click

from config import Env, Settings
from outreach import jobs
from outreach.accounts import senders as organisations
from outreach.accounts.models import Sender
from outreach.app import create_app
from outreach.cli import shell
from outreach.cli.deliver import desk_of, post_of
from outreach.cli.shell import Opened
from outreach.clock import system_now
from outreach.db import db
from outreach.delivery import mailboxes, mime, sending
from outreach.delivery.dkim import Signer
from outreach.delivery.mailboxes import MailboxSettings
from outreach.delivery.models import Message, State
from outreach.delivery.workers import Life
from outreach.engine.demo import staging
from outreach.errors import OutreachError, Refused
from outreach.operations import domain_records, health, roundtrip
from outreach.operations.domain_records import Names
from outreach.operations.findings import Finding, Grade, wrong
from outreach.operations.health import Ward
from outreach.operations.roundtrip import Sent

#: States in which a letter to ourselves will not come.
OVER = (State.REFUSED, State.DEFERRED, State.FAILED, State.SUPPRESSED, State.CANCELLED)


@click.group(invoke_without_command=True)
@shell.json_option
@click.pass_context
def doctor(context: click.Context, as_json: bool) -> None:
    """Look whether this installation can do its work; exit 1 when something is wrong.

    Configuration, disk, backup, database, clock, relays and mailboxes. Nothing is sent.
    """
    if context.invoked_subcommand:
        return
    with staging.relay(Settings()) as settings:
        settings.instance.mkdir(mode=0o700, parents=True, exist_ok=True)
        app = create_app(settings, pages=False)
        ward = Ward(
            settings.instance,
            settings.base_url,
            settings.env is Env.PRODUCTION,
            settings.relay_url,
            settings.mailbox_url,
            app.extensions["outreach.providers"],
        )
        with app.app_context():
            found = [_signing(settings), *health.examine(ward, at=system_now())]
            db.session.remove()
            db.engine.dispose()
    _report([one for one in found if one], as_json=as_json)


@doctor.command()
@click.argument("domain")
@click.option("--selector", default="", metavar="S", help="Of the key that the relay signs with.")
@shell.json_option
def dns(domain: str, selector: str, as_json: bool) -> None:
    """Look at the records of a DOMAIN that letters come from, and print those to add."""
    settings = Settings()
    found = domain_records.examine(
        Names.at(settings.dns_server),
        domain,
        signer=Signer.of(settings.dkim_domain, settings.dkim_selector, settings.dkim_key),
        selector=selector,
        relay_host=urlsplit(settings.relay_url).hostname or "",
        web_host=urlsplit(settings.base_url).hostname or "",
    )
    _report(found, as_json=as_json)


@doctor.command("roundtrip")
@click.option("--sender", "email", metavar="E", help="Whose; needed when there are several.")
@click.option("--wait", type=click.FloatRange(0), default=120.0, help="Seconds; 120.")
@shell.json_option
def roundtrip_(email: str | None, wait: float, as_json: bool) -> None:
    """Send a letter to a sender's own address, and say what was changed on its way."""
    with shell.opened() as product:
        sender = _sender(email)
        box = _mailbox(product, sender)
        desk = desk_of(product)
        message = roundtrip.queue(sender, links=desk.links, now=product.now)
        _send(product, desk, message)
        sent = Sent(message, mime.build(desk.renderer(product.now).by_content(message, sender)))
        db.session.expunge_all()
        db.session.rollback()  # nobody waits for the database while we wait for the mailbox
        if message.state in OVER:
            found = [wrong("Verstuurd", _why_not(message))]
        elif came := roundtrip.wait(box, message, seconds=wait):
            found = list(roundtrip.compare(sent, came))
        else:
            words = f"Na {wait:.0f} seconden niet in de INBOX van {box}: kijk bij Ongewenst."
            found = [wrong("Aangekomen", words)]
    _report(found, as_json=as_json)


def _signing(settings: Settings) -> Finding | None:
    try:
        Signer.of(settings.dkim_domain, settings.dkim_selector, settings.dkim_key)
    except OutreachError as error:
        return wrong("DKIM", str(error))
    return None


def _sender(email: str | None) -> Sender:
    if email:
        return organisations.find(email)
    known = organisations.everyone()
    if not known:
        raise Refused("Er is nog geen afzender: outreach senders add.")
    if len(known) > 1:
        raise Refused(f"Er zijn {len(known)} afzenders: zeg welke, met --sender.")
    return known[0]


def _mailbox(product: Opened, sender: Sender) -> MailboxSettings:
    box = mailboxes.for_sender(
        sender,
        instance=product.settings.instance,
        default_url=product.settings.mailbox_url,
        providers=product.app.extensions["outreach.providers"],
    )
    if box is None:
        raise Refused(f"{sender.name} heeft geen postbus: geef OUTREACH_IMAP_URL.")
    return box


def _send(product: Opened, desk: jobs.Desk, message: Message) -> None:
    """Let this one leave, by us or by a process that runs already."""
    orders = jobs.orders(desk, clock=product.clock, around=product.app.app_context)
    orders = roundtrip.only(orders, message)
    db.session.commit()
    with Life(db.engine) as life:
        tally = sending.send_due(life, clock=product.clock, orders=orders, post=post_of(product))
    db.session.refresh(message)
    if tally.stopped and message.state is State.QUEUED:
        raise click.ClickException(" ".join(tally.stopped))


def _why_not(message: Message) -> str:
    if message.state is State.SUPPRESSED:
        return f"{message.address} staat zelf op de geen-postlijst."
    return f"De mailserver nam het bericht niet aan: {message.reply or message.reason}"


def _report(found: Iterable[Finding], *, as_json: bool) -> None:
    findings: Sequence[Finding] = list(found)
    faults = sum(one.grade is Grade.WRONG for one in findings)
    lines = []
    for one in findings:
        lines.append(f"{one.grade.words:<8}{one.what}: {one.sentence}")
        if one.record:
            lines.append(f"{'':<8}→ {one.record}")
    data = {"ok": not faults, "findings": [asdict(one) for one in findings]}
    shell.report(data, lines, as_json=as_json)
    if faults:
        raise click.ClickException(f"{faults} fout.")
