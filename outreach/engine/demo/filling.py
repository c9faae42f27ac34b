"""The demo's first start: people, griffies and letters, put in by the product's own doors."""

import tempfile
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from outreach.accounts import people, senders
from outreach.accounts.audit import SYSTEM, Actor
from outreach.accounts.models import Coordinator, Role
from outreach.accounts.senders import Letterhead
from outreach.campaigns import running, writing
from outreach.campaigns.store import Store
from outreach.contacts import importing
from outreach.db import db
from outreach.engine.demo import roster
from outreach.engine.demo.coordinators import EMAIL, PASSWORD
from outreach.events import loading
from outreach.events.links import MeetingLinks

LETTERS = Path(__file__).with_name("brieven")
ATTACHMENT = "oproep-samen-aan-tafel"
CAMPAIGNS = ("oproep-eenzaamheid", "plan-ademruimte")
MEETINGS = Path(__file__).with_name("bijeenkomsten")


def is_filled() -> bool:
    return db.session.scalar(select(Coordinator.id).limit(1)) is not None


def fill(*, store: Store, links: MeetingLinks, now: datetime) -> None:
    """Everything a newcomer finds: three meetings, and two letters that leave in their time."""
    marit = people.add(
        EMAIL, Role.OWNER, password=PASSWORD, name="Marit Zuidema", by=SYSTEM, now=now
    )
    by = Actor(f"coordinator:{marit.id}", marit.name)
    _add_senders(by, now)
    importing.apply(
        importing.plan(
            "griffies en colleges.csv",
            roster.contacts_file(),
            list_name="Griffies en colleges",
            by=by,
            now=now,
        ),
        by=by,
        now=now,
    )
    for file in sorted(MEETINGS.glob("*.md")):
        loading.load(file.read_text(encoding="utf-8"), links=links, by=by, now=now)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        import typst  # noqa: PLC0415 - seven megabytes, for the first start of a demo

        typst.compile(LETTERS / f"{ATTACHMENT}.typ", output=folder / f"{ATTACHMENT}.pdf")
        for slug in CAMPAIGNS:
            text = (LETTERS / f"{slug}.md").read_text(encoding="utf-8")
            campaign = writing.load(text, folder=folder, store=store, by=by, now=now)
            running.start(campaign, by=by, now=now)


def _add_senders(by: Actor, now: datetime) -> None:
    senders.add(
        "Naast Elkaar",
        "oproep@naastelkaar.example",
        "Kruiskade 18, 3512 AB Utrecht",
        by=by,
        now=now,
        letterhead=Letterhead(
            subtitle="Coalitie tegen eenzaamheid",
            place="Utrecht",
            signatories=[("Marit Zuidema", "secretaris")],
        ),
    )
    senders.add(
        "Ademruimte",
        "post@ademruimte.example",
        "Lindelaan 7, 2012 CJ Haarlem",
        by=by,
        now=now,
        letterhead=Letterhead(
            subtitle="Initiatief voor mentale gezondheid",
            place="Haarlem",
            signatories=[("Sjoerd Halbertsma", "voorzitter")],
        ),
    )
