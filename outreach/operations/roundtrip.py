"""A letter to ourselves, through the real outbox and relay, and what was made of it on the way."""

import re
import secrets
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from hashlib import sha256

from sqlalchemy import and_

from outreach.accounts.models import Sender
from outreach.campaigns.links import Links
from outreach.delivery import dkim, mailboxes, outbox
from outreach.delivery.mailboxes import MailboxSettings
from outreach.delivery.models import Kind, Message
from outreach.delivery.orders import Orders
from outreach.operations.findings import Finding, good, mind, wrong

PAUSE = 2.0  #: seconds between two looks in the mailbox
SUBJECT = "[Proef] Rondreis"
TEXT = """Dit is een proef van Outreach. U hoeft niets te doen, en mag dit bericht weggooien.

Het ging door dezelfde mailserver als uw brieven. Outreach leest het terug
en zegt wat er onderweg aan veranderd is.
"""
HTML = "<p>Dit is een proef van Outreach. U hoeft niets te doen, en mag dit bericht weggooien.</p>"
TAG = re.compile(r"\s*([a-z]+)\s*=\s*([^;]*)")
RESULT = re.compile(r"\b(dkim|spf|dmarc)\s*=\s*([a-z]+)", re.I)


@dataclass(frozen=True)
class Sent:
    """What we sent, as it was made."""

    message: Message
    raw: bytes


@dataclass(frozen=True)
class Came:
    """What was in the mailbox."""

    raw: bytes
    seconds: float


def queue(sender: Sender, *, links: Links, now: datetime) -> Message:
    """Write a proof to the sender's own address down."""
    token = secrets.token_hex(6)
    dedupe, domain = f"roundtrip:{token}", sender.email.rpartition("@")[2]
    message = outbox.queue(
        Kind.PROOF,
        dedupe,
        sender_id=sender.id,
        address=sender.email,
        now=now,
        key=links.key,
        domain=domain,
        content={
            "subject": f"{SUBJECT} {token}",
            "text": TEXT,
            "html": HTML,
            # As letters have. This link asks for an address: a robot that uses it does nothing.
            "list_unsubscribe": links.no_more_mail(sender.id, now=now),
            "references": [outbox.message_id_for(dedupe, key=links.key, domain=domain)],
        },
    )
    if message is None:
        raise RuntimeError("a random key that was there already")
    return message


def only(orders: Orders, message: Message) -> Orders:
    """Orders for this one message: nothing else leaves because someone looks."""
    number = message.id
    return replace(orders, due=lambda now: and_(orders.due(now), Message.id == number))


def wait(
    settings: MailboxSettings,
    message: Message,
    *,
    seconds: float,
    pause: Callable[[float], None] = time.sleep,
) -> Came | None:
    """Look in the mailbox until it is there; None when it does not come in time.

    :raises MailboxUnusable: the mailbox cannot be opened, or broke off
    """
    began, subject = time.monotonic(), str(message.content["subject"]).rpartition(" ")[2]
    with mailboxes.opened(settings) as box:
        while True:
            box.folder.set("INBOX", readonly=True)
            if found := box.uids(f'SUBJECT "{subject}"', None):
                _, data = box.client.uid("FETCH", found[0], "(BODY.PEEK[])")
                return Came(_literal(data), time.monotonic() - began)
            if time.monotonic() - began >= seconds:
                return None
            pause(min(PAUSE, seconds))


def compare(sent: Sent, came: Came) -> Iterator[Finding]:
    """What the relay, and whoever stood behind it, changed."""
    ours = message_from_bytes(sent.raw, policy=default)
    theirs = message_from_bytes(came.raw, policy=default)
    yield good("Aangekomen", f"Na {came.seconds:.0f} seconden.")
    yield _message_id(ours, theirs, sent.message)
    yield _from(ours, theirs)
    yield _same(ours, theirs, "Reply-To", "Antwoorden gaan ergens anders heen.")
    yield _one_click(ours, theirs)
    yield from _signatures(ours, theirs, came.raw)
    yield _verdicts(theirs)
    yield _body(sent.raw, came.raw)


def _message_id(ours: EmailMessage, theirs: EmailMessage, message: Message) -> Finding:
    own, got = str(ours["Message-ID"]).strip(), str(theirs["Message-ID"]).strip()
    if own == got:
        return good("Message-ID", "Onveranderd.")
    words = f"Vervangen door {got}."
    if message.relay_message_id == got:
        words += " De mailserver noemt die in zijn antwoord, en wij bewaren hem."
    if own in str(theirs["References"] or "").split():
        return mind("Message-ID", f"{words} Het onze staat nog in References.")
    return wrong("Message-ID", f"{words} Antwoorden herkennen wij niet aan deze brief.")


def _from(ours: EmailMessage, theirs: EmailMessage) -> Finding:
    own, got = (parseaddr(str(one["From"]))[1].lower() for one in (ours, theirs))
    if own == got:
        return good("From", f"Onveranderd: {got}.")
    return wrong("From", f"Veranderd in {got}: ontvangers zien een andere afzender.")


def _same(ours: EmailMessage, theirs: EmailMessage, name: str, otherwise: str) -> Finding:
    own, got = (" ".join(str(one[name] or "").split()) for one in (ours, theirs))
    if own == got:
        return good(name, "Onveranderd.")
    return wrong(name, f"{'Veranderd in ' + got if got else 'Weggelaten'}. {otherwise}")


def _one_click(ours: EmailMessage, theirs: EmailMessage) -> Finding:
    what = "List-Unsubscribe"
    for name in (what, f"{what}-Post"):
        own, got = ("".join(str(one[name] or "").split()) for one in (ours, theirs))
        if not got:
            return wrong(what, f"{name} is weggelaten: “geen post meer” werkt niet met één klik.")
        if own != got:
            return wrong(what, f"{name} is veranderd in {got}.")
    return good(what, "Onveranderd, met List-Unsubscribe-Post.")


def _signatures(ours: EmailMessage, theirs: EmailMessage, raw: bytes) -> Iterator[Finding]:
    found = [dict(TAG.findall(str(one))) for one in theirs.get_all("DKIM-Signature", [])]
    tags = [{name: re.sub(r"\s", "", value) for name, value in one.items()} for one in found]
    if not tags:
        yield wrong("DKIM", "Geen handtekening: veel ontvangers weigeren dit of zien het als spam.")
        return
    domain = parseaddr(str(ours["From"]))[1].rpartition("@")[2].lower()
    for one in tags:
        yield _signature(one, raw)
    if not any(_aligned(one.get("d", ""), domain) for one in tags):
        yield mind("DKIM", f"Geen handtekening is van {domain}: voor DMARC telt er geen.")


def _signature(tags: dict[str, str], raw: bytes) -> Finding:
    named = f"d={tags.get('d')}, s={tags.get('s')}"
    covered = tags.get("h", "").lower().split(":")
    both = ("list-unsubscribe", "list-unsubscribe-post")
    if tags.get("bh", "") != _hash(raw, tags.get("c", "")):
        return wrong("DKIM", f"{named}: de inhoud is na het ondertekenen veranderd.")
    if missing := [name for name in both if name not in covered]:
        return mind(
            "DKIM", f"{named}: {' en '.join(missing)} niet ondertekend: één klik telt niet."
        )
    return good("DKIM", f"{named}: de inhoud klopt, en beide List-Unsubscribe zijn ondertekend.")


def _hash(raw: bytes, canonicalization: str) -> str:
    body = _lines(raw).partition(b"\r\n\r\n")[2]
    if canonicalization.rpartition("/")[2] == "relaxed" and "/" in canonicalization:
        return dkim.body_hash(body).decode()
    return b64encode(sha256(body.rstrip(b"\r\n") + b"\r\n").digest()).decode()


def _aligned(signed: str, domain: str) -> bool:
    signed = signed.lower()
    return signed == domain or domain.endswith(f".{signed}") or signed.endswith(f".{domain}")


def _verdicts(theirs: EmailMessage) -> Finding:
    what = "Authentication-Results"
    said = " ".join(str(one) for one in theirs.get_all(what, []))
    results = [(name.lower(), result.lower()) for name, result in RESULT.findall(said)]
    if not results:
        return mind(what, "Uw postbus zegt niet wat hij van SPF, DKIM en DMARC vindt.")
    words = ", ".join(dict.fromkeys(f"{name} {result}" for name, result in results))
    for name in ("dkim", "spf", "dmarc"):
        those = {result for one, result in results if one == name}
        if those & {"fail", "permerror", "softfail"} and "pass" not in those:
            return wrong(what, f"{words}.")
    return good(what, f"{words}.")


def _body(sent: bytes, came: bytes) -> Finding:
    own, got = (dkim.body_hash(_lines(one).partition(b"\r\n\r\n")[2]) for one in (sent, came))
    if own == got:
        return good("Inhoud", "Onveranderd.")
    return mind("Inhoud", "Onderweg veranderd: een handtekening van ons zou niet meer kloppen.")


def _lines(raw: bytes) -> bytes:
    return re.sub(rb"\r?\n", b"\r\n", raw)


def _literal(data: list[object]) -> bytes:
    for one in data:
        if isinstance(one, tuple):
            return bytes(one[1])
    raise mailboxes.MailboxUnusable("De postbus gaf het bericht niet dat hij noemde.")
