"""`outreach inbox`: mail that came in."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from outreach import jobs
from outreach.accounts import senders
from outreach.accounts.audit import CLI
from outreach.campaigns.links import Links
from outreach.campaigns.store import Store
from outreach.cli import shell
from outreach.cli.shell import Opened
from outreach.clock import system_now
from outreach.db import db
from outreach.delivery.arrivals import Outcome, OwnRule
from outreach.delivery.incoming.telling import Kind
from outreach.errors import Refused
from outreach.ledger import incoming
from outreach.mailbox import choosing, own_rules, reading, taking, trying
from outreach.mailbox.reading import Postroom
from outreach.mailbox.taking import Origin, Taken

#: Octets of one file that are looked at.
MOST = 64_000_000


@click.group()
def inbox() -> None:
    """Mail that came in."""


@inbox.command()
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, metavar="[FILE]...")
@shell.json_option
def read(files: tuple[Path, ...], as_json: bool) -> None:
    """Read the mailboxes once, or these files (.eml, .msg).

    Each mail is told apart and does what it has to do; what is not certain waits in Reacties.
    A mail that was read before has no effect. Ends with 1 when a mailbox cannot be read.
    """
    faults: list[str] = []
    with shell.opened() as product:
        room = room_of(product)
        found = _files(files, room, product) if files else _mailboxes(room, product, faults)
        items = list(found)
    lines = [
        f"{one['file']}: {one['kind']}"
        + (f", {one['gemeente']}" if one["gemeente"] else "")
        + (f", {one['evidence']}" if one["evidence"] else "")
        for one in items
    ]
    data = {"read": len(items), "new": sum(one["new"] for one in items), "items": items}
    shell.report(data, lines or "Nothing new.", as_json=as_json)
    if faults:
        raise click.ClickException(" ".join(faults))


@inbox.command()
@click.option(
    "--sender", required=True, metavar="E", help="Whose mailbox: the address it sends from."
)
@click.option(
    "--read", "names", multiple=True, metavar="F", help="Also read this folder; may be repeated."
)
@click.option("--usual", is_flag=True, help="Read only INBOX, what lies below it, and Sent.")
@shell.json_option
def folders(sender: str, names: tuple[str, ...], usual: bool, as_json: bool) -> None:
    """The folders of a sender's mailbox, and which are read.

    With --read these are read beside the usual ones, instead of those chosen before.
    """
    if usual and names:
        raise click.UsageError("--usual leaves no folder to --read.")
    with shell.opened() as product:
        box = choosing.box_of(senders.find(sender), room_of(product))
        if names or usual:
            choosing.choose(box, names, by=CLI, now=product.now)
            db.session.commit()
        found = choosing.look(box)
    rows = [{"folder": one.name, "read": one.read, "usual": one.usual} for one in found]
    lines = [f"{'x' if one.read else ' '} {one.name}" for one in found]
    shell.report(rows, lines or "No folders.", as_json=as_json)


@inbox.group()
def rules() -> None:
    """Own rules about mail that keeps coming."""


@rules.command("list")
@shell.json_option
def rules_list(as_json: bool) -> None:
    """The rules, in the order in which they are asked."""
    with shell.opened():
        found = own_rules.listed()
        rows = [_rule(one) for one in found]
        lines = [f"{one.id}  {own_rules.sentence(one)}" for one in found]
    shell.report(rows, lines or "No rules.", as_json=as_json)


@rules.command("add")
@click.option("--from", "sender", default="", metavar="A", help="An address, or @domain.")
@click.option("--words", default="", metavar="T", help="In the subject, as one phrase.")
@click.option("--outcome", required=True, type=click.Choice([str(one) for one in Outcome]))
@click.option("--try", "only_try", is_flag=True, help="Only say what it would have done.")
@shell.json_option
def rules_add(sender: str, words: str, outcome: str, only_try: bool, as_json: bool) -> None:
    """Make a rule for mail that comes in from now on, or try it on the mail that is kept."""
    with shell.opened() as product:
        if only_try:
            rule = own_rules.drawn(sender, words, outcome, by=CLI, now=product.now)
            store = Store(product.settings.instance / "files")
            trial = trying.try_out(rule, store=store, now=product.now)
            items = [
                {"id": one.mail.id, "subject": one.mail.subject, "now": one.now, "then": one.then}
                for one in trial.changes
            ]
            data: dict[str, Any] = {"fit": trial.fit, "changes": items}
            lines = [f"{one['subject']}: {one['now']} → {one['then']}" for one in items]
        else:
            rule = own_rules.make(sender, words, outcome, by=CLI, now=product.now)
            db.session.commit()
            data, lines = _rule(rule), [f"{rule.id}  {own_rules.sentence(rule)}"]
    shell.report(data, lines or "It would have changed nothing.", as_json=as_json)


@rules.command("remove")
@click.argument("rule_id", type=int)
def rules_remove(rule_id: int) -> None:
    """Switch a rule off; what it decided stays."""
    with shell.opened() as product:
        own_rules.remove(rule_id, by=CLI, now=product.now)
        db.session.commit()


def _rule(rule: OwnRule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "from": rule.sender,
        "words": rule.words,
        "outcome": rule.outcome.value,
        "made_at": rule.made_at.isoformat(),
    }


def room_of(product: Opened) -> Postroom:
    """Where mail comes in."""
    settings = product.settings
    return Postroom(
        settings.instance,
        settings.mailbox_url,
        product.app.extensions["outreach.providers"],
        Store(settings.instance / "files"),
        Links(settings.base_url, product.tokens),
    )


def _files(files: tuple[Path, ...], room: Postroom, product: Opened) -> Iterator[dict[str, Any]]:
    """Each file in a transaction of its own, as each mail of a mailbox."""
    with shell.progress(files, "inbox read", len(files)) as shown:
        for path in shown:
            try:
                with path.open("rb") as file:
                    raw = file.read(MOST)
                    size = path.stat().st_size if len(raw) == MOST else len(raw)
            except OSError as error:
                yield _unreadable(path, f"het bestand is niet te lezen: {error.strerror}")
                continue
            if not raw.strip():
                yield _unreadable(path, "het bestand is leeg")
                continue
            origin = Origin(size=size)
            taken = taking.take(
                raw, origin, store=room.store, links=room.links, now=product.now, by=CLI
            )
            db.session.commit()
            yield _item(str(path), taken)


def _mailboxes(room: Postroom, product: Opened, faults: list[str]) -> Iterator[dict[str, Any]]:
    if not any(reading.boxes(room)):
        raise Refused(
            "Er is geen postbus ingesteld. Zet OUTREACH_IMAP_URL, geef een afzender een eigen"
            " postbus, of noem bestanden (.eml)."
        )
    clock = product.clock
    for one in jobs.read_mailboxes(room, now=clock.now, at=system_now(), due_only=False):
        if isinstance(one, str):
            faults.append(one)
        else:
            yield _item(f"{one.mail.folder}/{one.mail.uid}", one)


def _item(file: str, taken: Taken) -> dict[str, Any]:
    return {"file": file, **incoming.item(taken.mail), "new": taken.fresh}


def _unreadable(path: Path, why: str) -> dict[str, Any]:
    return {
        "file": str(path),
        "kind": Kind.UNRESOLVED.value,
        "gemeente": None,
        "campaign": None,
        "evidence": why,
        "new": False,
    }
