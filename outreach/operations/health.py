"""Whether an installation can do its work: each look gives lines, and nothing is sent."""

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from outreach import migrating
from outreach.accounts import senders as organisations
from outreach.accounts.models import Sender
from outreach.contacts import erased
from outreach.contacts.erased import Pepper
from outreach.contacts.models import Erased
from outreach.db import READ_ONLY, db
from outreach.delivery import breaker, connecting, mailboxes, relays, workers
from outreach.delivery.connecting import Timeouts
from outreach.delivery.mailboxes import MailboxSettings
from outreach.delivery.models import Message, State, Worker
from outreach.delivery.providers import Providers
from outreach.delivery.relays import RelaySettings
from outreach.delivery.verdicts import Verdict
from outreach.errors import OutreachError
from outreach.letters import dutch
from outreach.operations import backing_up, holding
from outreach.operations.findings import Finding, good, mind, wrong

LITTLE, TOO_LITTLE = 1_000_000_000, 200_000_000  #: octets free on the disk
#: Seconds between two clocks.
ODD, WRONG = 5.0, 60.0
OLD_BACKUP = timedelta(days=2)
STILL = timedelta(minutes=1)  #: without a heartbeat
#: Someone waits for the report.
QUICK = Timeouts(connect=10, greeting=10, command=10, goodbye=2)


@dataclass(frozen=True)
class Ward:
    """What is looked at."""

    instance: Path
    base_url: str
    production: bool
    smtp_url: str
    imap_url: str
    providers: Providers


def examine(ward: Ward, *, at: datetime) -> Iterator[Finding]:
    """Look at all of it, within an application's context.

    :param at: the system's clock
    """
    yield from _settings(ward)
    yield from _instance(ward.instance)
    yield from _disk(ward.instance)
    yield from _last_backup(ward.instance, at)
    try:
        db.session.connection(execution_options=READ_ONLY)
        if fault := migrating.check(db.engine):
            yield wrong("Database", fault)
            return
        looks: tuple[Callable[[], Iterable[Finding]], ...] = (
            _database,
            lambda: _clocks(at),
            lambda: _workers(at),
            _letters,
            lambda: _pepper(ward.instance),
        )
        for look in looks:
            yield from look()
        senders = organisations.everyone()
        db.session.expunge_all()
        db.session.rollback()  # nobody waits for us while we wait for a mail server
    except SQLAlchemyError as error:
        said = str(getattr(error, "orig", error)).strip().splitlines() or ["?"]
        yield wrong("Database", f"De database antwoordt niet: {said[0]}.")
        return
    yield from _relays(ward, senders)
    yield from _mailboxes(ward, senders)


def _settings(ward: Ward) -> Iterator[Finding]:
    if not ward.production:
        yield mind("Instellingen", "Dit is geen productie (OUTREACH_ENV).")
    elif not ward.base_url.startswith("https:"):
        yield mind(
            "Instellingen",
            f"Links in brieven beginnen met {ward.base_url}: geef OUTREACH_BASE_URL met https://.",
        )
    else:
        yield good("Instellingen", f"Links in brieven beginnen met {ward.base_url}.")


def _instance(instance: Path) -> Iterator[Finding]:
    try:
        with tempfile.TemporaryFile(dir=instance):
            pass
    except OSError as error:
        yield wrong("Map", f"In {instance} kan niets geschreven worden ({error.strerror}).")
        return
    secret = [instance / name for name in backing_up.FILES]
    secret += sorted((instance / "senders").glob("*"))
    open_ = [path.name for path in secret if path.exists() and path.stat().st_mode & 0o077]
    if open_:
        yield wrong("Map", f"Anderen kunnen dit lezen: {', '.join(open_)}. Gebruik chmod 600.")
    elif instance.stat().st_mode & 0o007:
        yield mind("Map", f"Iedereen op deze machine kan in {instance}. Gebruik chmod 700.")
    else:
        yield good("Map", f"{instance} is van ons alleen en er kan geschreven worden.")


def _pepper(instance: Path) -> Iterator[Finding]:
    """Without it who was erased is not recognised, and lists are refused."""
    made_with = set(db.session.scalars(select(Erased.pepper_id).distinct()))
    if not made_with:
        return
    pepper = Pepper(instance / erased.FILE).read()
    if not pepper:
        yield wrong("Gewiste adressen", f"{instance / erased.FILE} ontbreekt. {erased.LOST}")
    elif made_with != {erased.pepper_id(pepper)}:
        yield wrong("Gewiste adressen", erased.LOST)
    else:
        yield good("Gewiste adressen", "Wie op verzoek gewist is, wordt herkend en geweigerd.")


def _disk(instance: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(instance if instance.exists() else instance.parent).free
    words = f"Er is {free / 1e9:.1f} GB vrij.".replace(".", ",", 1)
    if free < TOO_LITTLE:
        yield wrong("Schijf", f"{words} Dat is te weinig om te werken.")
    elif free < LITTLE:
        yield mind("Schijf", words)
    else:
        yield good("Schijf", words)


def _last_backup(instance: Path, at: datetime) -> Iterator[Finding]:
    what = "Reservekopie"
    try:
        last = backing_up.last(instance)
    except ValueError as error:
        yield mind(what, f"Niet te zien wanneer de laatste gemaakt is ({error}).")
        return
    if last is None:
        yield mind(what, "Er is er nog geen gemaakt: outreach backup BESTAND.")
    elif at - last.taken_at > OLD_BACKUP:
        yield mind(what, f"De laatste is van {dutch.day_time(last.taken_at)}.")
    else:
        yield good(what, f"De laatste is van {dutch.day_time(last.taken_at)}: {last.path}.")


def _database() -> Iterator[Finding]:
    if db.engine.dialect.name == "sqlite":
        said = db.session.scalar(text("PRAGMA quick_check(1)"))
        if said != "ok":
            yield wrong("Database", f"De database is beschadigd: {said}.")
            return
    yield good("Database", f"{db.engine.dialect.name}, versie {migrating.newest()}.")


def _clocks(at: datetime) -> Iterator[Finding]:
    """Of this machine, against what the database says and against the last that was noted."""
    what, beat = "Klok", db.session.scalar(select(func.max(Worker.heartbeat_at)))
    ahead = (beat - at).total_seconds() if beat else 0.0
    if db.engine.dialect.name == "postgresql":
        there = db.session.scalar(select(func.clock_timestamp()))
        off = abs((there - at).total_seconds()) if there else 0.0
        if off > ODD:
            how = wrong if off > WRONG else mind
            yield how(what, f"De database en deze machine verschillen {off:.0f} seconden.")
            return
    if ahead > ODD:
        yield mind(what, f"De klok is {ahead:.0f} seconden teruggezet sinds er verstuurd werd.")
    else:
        yield good(what, f"Het is hier {dutch.day_time(at)}.")


def _workers(at: datetime) -> Iterator[Finding]:
    what, living = "Versturen", workers.living(db.session.connection())
    if not living:
        yield mind(what, "Er draait geen outreach serve: er gaat vanzelf niets weg.")
        return
    beats = select(func.max(Worker.heartbeat_at)).where(Worker.id.in_(living))
    beat = db.session.scalar(beats)
    if beat is None or at - beat > STILL:
        yield wrong(what, f"{living[0]} draait, maar doet niets meer. Start outreach opnieuw.")
    else:
        yield good(what, f"{dutch.plural(len(living), 'proces draait', 'processen draaien')}.")


def _letters() -> Iterator[Finding]:
    """What waits for a person."""
    for campaign in holding.paused():
        yield mind("Brieven", f"“{campaign.name}” staat stil. {campaign.pause_reason}")
    doubtful = db.session.scalar(
        select(func.count(Message.id)).where(Message.state == State.UNCERTAIN)
    )
    if doubtful:
        many = dutch.plural(doubtful, "bericht is", "berichten zijn")
        yield mind("Brieven", f"{many} misschien verstuurd: zie Onzeker.")
    for relay in breaker.down():
        yield mind("Brieven", f"Er gaat nu geen post weg. {relay.fault}")


def _relays(ward: Ward, senders: list[Sender]) -> Iterator[Finding]:
    found: dict[RelaySettings, list[str]] = {}
    for sender in senders:
        try:
            relay = relays.for_sender(
                sender,
                instance=ward.instance,
                default_url=ward.smtp_url,
                providers=ward.providers,
            )
        except OutreachError as error:
            yield wrong("Mailserver", f"{sender.name}: {error}")
            continue
        found.setdefault(relay, []).append(sender.name)
    if not senders:
        yield mind("Mailserver", "Er is nog geen afzender: outreach senders add.")
    for relay, names in found.items():
        yield _relay(relay, ", ".join(names))


def _relay(relay: RelaySettings, names: str) -> Finding:
    opened = connecting.opened(relay, QUICK)
    if isinstance(opened, Verdict):
        return wrong("Mailserver", f"{relay} ({names}): {opened.phase}: {opened.reply}")
    with suppress(OSError):  # what it says to our goodbye does not matter
        opened.quit()
    how = "versleuteld" if relay.encrypted else "op deze machine"
    signed_in = f", aangemeld als {relay.user}" if relay.user else ""
    return good("Mailserver", f"{relay} ({names}): bereikt, {how}{signed_in}.")


def _mailboxes(ward: Ward, senders: list[Sender]) -> Iterator[Finding]:
    found: dict[MailboxSettings, list[str]] = {}
    for sender in senders:
        try:
            box = mailboxes.for_sender(
                sender,
                instance=ward.instance,
                default_url=ward.imap_url,
                providers=ward.providers,
            )
        except OutreachError as error:
            yield wrong("Postbus", f"{sender.name}: {error}")
            continue
        if box is None:
            yield mind("Postbus", f"{sender.name} heeft er geen: antwoorden worden niet gelezen.")
        else:
            found.setdefault(box, []).append(sender.name)
    for box, names in found.items():
        yield _mailbox(box, ", ".join(names))


def _mailbox(settings: MailboxSettings, names: str) -> Finding:
    try:
        with mailboxes.opened(settings, timeout=10) as box:
            box.folder.set("INBOX", readonly=True)
            number = box.folder.status("INBOX", ["MESSAGES"])["MESSAGES"]
    except OutreachError as error:
        return wrong("Postbus", f"{names}: {error}")
    return good("Postbus", f"{settings} ({names}): geopend, {number} berichten.")
