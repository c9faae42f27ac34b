"""What griffies, their machines and mail servers write back, as raw mail.

It is read in by the same door as mail that a coordinator saved as a file.
"""

from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from outreach.clock import to_wall
from outreach.engine.demo.inbox import parse

PREFIX = "mail-"
_SIGNED = "\n\nMet vriendelijke groet,\n\nde griffie van {place}\n"
#: Act: sender, subject before ours, header lines, words. "{domain}" and "{place}" are filled in.
_WRITTEN: dict[str, tuple[str, str, dict[str, str], str]] = {
    "zaak": (
        "Gemeente {place} <noreply@{domain}>",
        "Ontvangstbevestiging: ",
        {"Auto-Submitted": "auto-generated"},
        "Geachte heer, mevrouw,\n\nWij hebben uw bericht in goede orde ontvangen en geregistreerd"
        " onder zaaknummer Z-2026-{number}.\n\nDit is een automatisch bericht.\n",
    ),
    "afwezig": (
        "Griffie {place} <griffie@{domain}>",
        "Automatisch antwoord: ",
        {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"},
        "Ik ben afwezig tot en met {back}. Neem bij spoed contact op met raad@{domain}.\n",
    ),
    "gedaan": (
        "Griffie {place} <griffie@{domain}>",
        "RE: ",
        {},
        "Goedemorgen,\n\nUw brief heb ik vandaag doorgestuurd naar de raadsleden." + _SIGNED,
    ),
    "vraag": (
        "Griffie {place} <griffie@{domain}>",
        "RE: ",
        {},
        "Goedemorgen,\n\nNamens welke organisaties schrijft u? En mag de brief ook op onze site?"
        + _SIGNED,
    ),
    "raadslid": (
        "Kees Bosman <k.bosman@raad{domain}>",
        "RE: ",
        {},
        "Beste mensen,\n\nDe griffie stuurde uw brief door naar de raad. Onze fractie stelt er"
        " vragen over.\n\nKees Bosman\nraadslid Samen {place}\n",
    ),
    "verhuisd": (
        "Griffie {place} <griffie@{domain}>",
        "RE: ",
        {},
        "Stuur uw mail voortaan naar raadsgriffie@{domain}. Dit adres lezen wij niet meer elke dag."
        + _SIGNED,
    ),
}
#: Reports of mail servers: the mailbox of the griffie itself, or one to which it forwards.
_RETURNED = {"vol": "griffie@{domain}", "achter": "a.visser@{domain}"}
_REPORT = """From: Mail Delivery System <MAILER-DAEMON@mx.{domain}>
To: {us}
Subject: Undelivered Mail Returned to Sender
Date: {date}
Message-ID: <{name}@mx.{domain}>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=R

--R
Content-Type: text/plain; charset=utf-8

De postbus van {to} is vol. Uw bericht is niet bezorgd.
--R
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.{domain}

Final-Recipient: rfc822; {to}
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp; 552 5.2.2 Mailbox full

--R
Content-Type: text/rfc822-headers

Message-ID: {letter}
--R--
"""
#: How many do what, of those that got a first letter.
QUOTAS = {
    "mail-zaak": 6,
    "mail-afwezig": 4,
    "mail-gedaan": 3,
    "mail-vraag": 2,
    "mail-raadslid": 1,
    "mail-verhuisd": 1,
    "mail-vol": 1,
    "mail-achter": 1,
}


def write(act: str, letter: bytes, recipient: str, place: str, *, at: datetime) -> bytes:
    """A mail about a letter that was received.

    :param act: a key of `QUOTAS`
    :param at: when it is written
    """
    kind, domain, sent = act.removeprefix(PREFIX), recipient.partition("@")[2], parse(letter)
    values = {
        "domain": domain,
        "place": place,
        "number": f"{int(at.timestamp()) % 90000 + 10000}",
        "back": f"{to_wall(at).day % 20 + 8} april",
        "us": str(sent["Reply-To"] or sent["From"]),
        "date": format_datetime(at),
        "name": f"{kind}.{int(at.timestamp())}",
        "letter": str(sent["Message-ID"]),
    }
    if kind in _RETURNED:
        to = _RETURNED[kind].format(**values)
        return _REPORT.format(**values, to=to).replace("\n", "\r\n").encode()
    who, before, fields, words = _WRITTEN[kind]
    mail = EmailMessage()
    mail["From"], mail["To"] = who.format(**values), values["us"]
    mail["Subject"] = f"{before}{sent['Subject']}"
    mail["Date"], mail["Message-ID"] = values["date"], f"<{values['name']}@{domain}>"
    mail["In-Reply-To"] = mail["References"] = values["letter"]
    for name, value in fields.items():
        mail[name] = value
    mail.set_content(words.format(**values), cte="quoted-printable")
    return mail.as_bytes()
