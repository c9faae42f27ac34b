"""A letter to 340 griffies and its reminder to 322: who gets it, who not, and how we know.

By command, on PostgreSQL; tests/browser/test_stories.py does the same by hand, on SQLite.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from config import Settings
from outreach.answers.models import Source
from outreach.campaigns import writing
from outreach.contacts.models import Gemeente
from outreach.db import db
from tests.conftest import NOON
from tests.factories import (
    make_answer,
    make_contacts_everywhere,
    make_sender,
)
from tests.flows.command import Command
from tests.flows.smtp import Mailroom, mailroom

LETTER = """---
name: Oproep aanpak eenzaamheid
slug: oproep
sender: eenzaamheid@coalitie.example
kenmerk: NCE-2026-014
audience: {role: griffier, except: {gemeente: [Hilversum, Wijdemeren]}}
attachments: [oproep-eenzaamheid.pdf]
steps:
  - {subject: "Oproep aan de raad van {{gemeente}}", send_at: 2026-03-23T09:00}
  - {subject: "Herinnering: oproep", after: 18 days, at: "09:00", to: not_answered}
---
{{aanhef}}

De oproep aan de raad van {{gemeente}} staat in de bijlage.

Met vriendelijke groet,
Marit Zuidema

---
{{aanhef}}

Ons bericht van {{eerste_brief.datum}} vindt u hieronder, met de bijlage. Wilt u het doorsturen?

Met vriendelijke groet,
Marit Zuidema
"""
DRENTHE = LETTER.replace("slug: oproep", "slug: drenthe").replace(
    "except: {gemeente: [Hilversum, Wijdemeren]}", "province: Drenthe"
)
AT_NINE, REMINDED = "2026-03-23T09:00:05+01:00", "2026-04-10T09:00:05+02:00"


@pytest.fixture
def relay() -> Iterator[Mailroom]:
    with mailroom() as room:
        yield room


@pytest.fixture
def outreach(settings: Settings, app: Flask, tmp_path: Path, relay: Mailroom) -> Command:
    command = Command(settings, tmp_path, relay.url, at="2026-03-20T10:00:00+01:00")
    (tmp_path / "oproep.md").write_text(LETTER, encoding="utf-8")
    (tmp_path / "drenthe.md").write_text(DRENTHE, encoding="utf-8")
    (tmp_path / "oproep-eenzaamheid.pdf").write_bytes(b"%PDF-1.4 the appeal\n%%EOF\n")
    make_sender(name="Coalitie tegen eenzaamheid", email="eenzaamheid@coalitie.example")
    make_contacts_everywhere()
    return command


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_322_are_reminded_on_postgresql_as_in_the_browser_on_sqlite(
    outreach: Command, relay: Mailroom, client: FlaskClient
) -> None:
    outreach.run("campaigns", "load", "drenthe.md")
    (drenthe, _) = outreach.json("campaigns", "plan", "drenthe")["steps"]
    assert len(drenthe["send"]) == 12

    outreach.run("campaigns", "load", "oproep.md")
    outreach.run("campaigns", "start", "oproep")
    names = list(
        db.session.scalars(
            select(Gemeente.name)
            .where(Gemeente.valid_until.is_(None) | (Gemeente.valid_until > NOON.date()))
            .where(Gemeente.name.not_in(["Hilversum", "Wijdemeren"]))
            .order_by(Gemeente.code)
        )
    )
    codes = dict(db.session.execute(select(Gemeente.name, Gemeente.code)).all())
    db.session.commit()
    assert len(names) == 340
    plan = outreach.json("campaigns", "plan", "oproep")["steps"]
    address = {one["gemeente"]: one["email"] for one in plan[0]["send"]}
    bounced, shared, opted_out, received = names[:4], names[4:16], names[16:18], names[18:79]
    relay.refuses = {address[codes[one]]: "550 5.1.1 No such user here" for one in bounced}

    outreach.at = AT_NINE
    outreach.run("deliver", "--until-empty")

    first = {one.to: one for one in relay.take()}
    assert len(first) == 336
    campaign = writing.find("oproep")
    told = dict.fromkeys(received, "ontvangen") | dict.fromkeys(shared, "doorgestuurd")
    for name, status in told.items():
        make_answer(campaign, name, status, source=Source.MAIL, evidence=f"mail van {name}")
    db.session.commit()
    for name in opted_out:
        url = first[address[codes[name]]].header("List-Unsubscribe").strip("<>")
        client.post(urlsplit(url).path, data={"List-Unsubscribe": "One-Click"})

    # Beforehand: the number, and of each of the 18 why not and how we know.
    outreach.at = "2026-04-10T08:00:00+02:00"
    (_, reminder) = outreach.json("campaigns", "plan", "oproep")["steps"]
    assert Counter(one["reason"] for one in reminder["skip"]) == {
        "answered": 12,
        "bounced": 4,
        "suppressed": 2,
    }
    without = {address[codes[one]] for one in (*bounced, *shared, *opted_out)}
    assert {one["email"] for one in reminder["skip"]} == without
    how = {one["reason"]: one["evidence"] for one in reminder["skip"]}
    assert how["answered"].startswith("doorgestuurd: mail van ")
    assert how["bounced"] == "550 5.1.1 No such user here"
    assert how["suppressed"].startswith("geen-postlijst (one-click)")

    outreach.at = REMINDED
    outreach.run("deliver", "--until-empty")

    reminders = {one.to: one for one in relay.take() if "Herinnering" in one.header("Subject")}
    assert set(reminders) == {one["email"] for one in reminder["send"]}
    assert len(reminders) == 322
    for to, mail in reminders.items():
        own = first[to].header("Message-ID")
        assert mail.header("In-Reply-To") == own
        assert own in mail.header("References").split()
        assert "Geachte griffier," in mail.part("text/plain")
        assert "bericht van 23 maart 2026" in mail.part("text/plain")
        assert mail.files()["oproep-eenzaamheid.pdf"].startswith(b"%PDF-1.4 the appeal")
    counts = outreach.json("campaigns", "status", "oproep")["counts"]
    assert (counts["accepted"], counts["refused"]) == (336 + 322, 4)
    assert (counts["cancelled"], counts["suppressed"]) == (16, 2)
