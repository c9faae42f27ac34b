"""A letter of eight kilobytes to as many raadsleden as one likes, ready to leave."""

import time
from pathlib import Path

from flask import Flask
from sqlalchemy import insert, select

from outreach import jobs
from outreach.accounts.audit import SYSTEM
from outreach.campaigns import rendering, running, writing
from outreach.campaigns.links import Links
from outreach.campaigns.store import Store
from outreach.contacts.models import Address, Basis, Contact, Function, Gemeente, Office
from outreach.db import db
from outreach.delivery.models import Message
from tests.conftest import NOON
from tests.factories import make_sender

#: With these paragraphs the whole mail, text and HTML, has about eight kilobytes.
PARAGRAPHS = 6
PARAGRAPH = """Wij vragen de raad van {{gemeente}} om één tafel in elke wijk waar mensen samen
eten: open voor wie wil, zonder verwijzing en zonder formulier. In vier gemeenten staat die tafel
er al. Wie er komt, komt terug; wie er kookt, blijft koken.
"""
LETTER = """---
name: Oproep
slug: oproep
sender: post@ademruimte.example
audience: {role: raadslid}
%s
steps:
  - {subject: "Oproep aan de raad van {{gemeente}}", send_at: 2026-03-23T09:00}
---
{{aanhef}}

%s
Met vriendelijke groet,
Marit Zuidema
"""
PDF_BYTES = 200_000


def make(app: Flask, count: int, *, pdf: bool) -> float:
    """Start the campaign and make its messages; seconds that the latter took."""
    make_sender(email="post@ademruimte.example")
    _make_raadsleden(count)
    settings = app.extensions["outreach.settings"]
    folder: Path = settings.instance
    (folder / "oproep.pdf").write_bytes(b"%PDF-1.7\n" + bytes(range(256)) * (PDF_BYTES // 256))
    words = LETTER % ("attachments: [oproep.pdf]" if pdf else "", PARAGRAPHS * f"{PARAGRAPH}\n")
    at = desk(app)
    campaign = writing.load(words, folder=folder, store=at.store, by=SYSTEM, now=NOON)
    running.start(campaign, by=SYSTEM, now=NOON)
    db.session.commit()
    began = time.perf_counter()
    assert jobs.expand_due_steps(at, now=NOON) == count
    return time.perf_counter() - began


def one(app: Flask) -> bytes:
    """One of the letters, as it will leave."""
    message = db.session.scalars(select(Message).limit(1)).one()
    return rendering.Renderer(desk(app).links, desk(app).store, NOON).raw(db.session(), message)


def desk(app: Flask) -> jobs.Desk:
    settings = app.extensions["outreach.settings"]
    links = Links(settings.base_url, app.extensions["outreach.tokens"])
    return jobs.Desk(links, Store(settings.instance / "files"))


def _make_raadsleden(count: int) -> None:
    codes = list(db.session.scalars(select(Gemeente.code).order_by(Gemeente.code)))
    offices = [
        {"id": n, "gemeente_code": code, "function": Function.RAADSLID}
        for n, code in enumerate(codes, 1)
    ]
    contacts = [
        {"id": n, "office_id": 1 + n % len(codes), "created_at": NOON, "changed_at": NOON}
        | {"last_name": f"Zuidema {n}"}
        for n in range(1, count + 1)
    ]
    addresses = [
        {"contact_id": n, "email": email, "address_key": email, "basis": Basis.PUBLISHED}
        | {"confirmed_at": NOON, "preferred": True, "created_at": NOON}
        for n in range(1, count + 1)
        if (email := f"raadslid{n}@gemeente{n % len(codes)}.example")
    ]
    for table, rows in ((Office, offices), (Contact, contacts), (Address, addresses)):
        db.session.execute(insert(table), rows)
    db.session.commit()
