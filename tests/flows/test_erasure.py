"""Someone is erased: what the product's own doors let in is nowhere any more, and stays out."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from psycopg import sql

from config import Settings
from outreach.db import db
from tests.flows.command import Command
from tests.flows.smtp import Mailroom, Received, mailroom
from tests.flows.test_meeting import own_page
from tests.web.page import Form, Page

EMAIL = "w.tjalsma@haarlem.example"
NAME = "Wietske Tjalsma"
LIST = f"""gemeente;rol;voornaam;achternaam;email;telefoon;grondslag;bron;hobby
Haarlem;griffier;Wietske;Tjalsma;{EMAIL};023-5550001;published;https://haarlem.example;zwemt
Zeist;griffier;Bram;Tolsma;griffie@zeist.example;;published;https://zeist.example;
Nergens;griffier;Wietske;Tjalsma;{EMAIL};;;;
"""
CAMPAIGN = """---
name: Samen eten
slug: samen-eten
sender: post@ademruimte.example
audience: {role: griffier}
pdf_letter: true
steps:
  - {subject: "Samen eten in {{gemeente}}", send_at: 2026-03-23T09:00}
---
{{aanhef}}

Bij deze mail zit onze brief aan de raad van {{gemeente}}.

Met vriendelijke groet,
Marit Zuidema
"""
HAARLEM = """---
title: Een inloop voor jongeren
slug: haarlem
city: Haarlem
venue: Pakhuis De Linde
address: Voorbeeldgracht 4
days:
  - {date: 2026-06-04, from: "13:30", until: "17:00", capacity: 25}
---
Wat kost een inloop?
"""


@pytest.fixture
def relay() -> Iterator[Mailroom]:
    with mailroom() as room:
        yield room


@pytest.fixture
def outreach(settings: Settings, tmp_path: Path, relay: Mailroom, app: Flask) -> Command:
    command = Command(settings, tmp_path, relay.url, at="2026-03-20T10:00:00+01:00")
    (tmp_path / "lijst.csv").write_text(LIST)
    (tmp_path / "brief.md").write_text(CAMPAIGN)
    (tmp_path / "haarlem.md").write_text(HAARLEM)
    command.run(
        "senders", "add", "--name", "Initiatief Ademruimte", "--email", "post@ademruimte.example",
        "--address", "Voorbeeldkade 14, 3512 ZZ Utrecht",
    )  # fmt: skip
    return command


def test_who_is_erased_is_nowhere_any_more_and_stays_out(
    outreach: Command, relay: Mailroom, client: FlaskClient, tmp_path: Path
) -> None:
    fill(outreach, relay, client)
    secrets = tokens_of(relay)
    traces = [EMAIL, "Tjalsma", "zwemt", "5550001", *secrets]
    assert outreach.json("search", "rebuild")["read"] > 3
    assert "contact" in outreach.run("search", "find", "tjalsma", "--kind", "contact")
    before = everything(outreach.settings)
    assert b"_ntjalsma" in before, "search read nothing"
    assert [word for word in traces if word.encode() not in before] == [], "filled by nothing"

    held = json.loads(outreach.run("gdpr", "export", EMAIL))
    tables = {table["table"]: table["rows"] for table in held["tables"]}
    assert {"contact", "address", "message", "registration", "import_row"} <= set(tables)
    assert tables["address"][0]["source"] == "https://haarlem.example"
    assert tables["need"][0]["diet"] == "eet geen noten"
    assert any(row.get("tekst", "").startswith("{{aanhef}}") for row in tables["message"])
    counts = outreach.json("campaigns", "status", "samen-eten")["counts"]

    said = outreach.json("gdpr", "erase", EMAIL, "--yes")

    assert said["erased"]["Contacten"] == 1
    after = everything(outreach.settings)
    assert [word for word in traces if word.lower().encode() in after.lower()] == []
    assert b"tjalsm" not in after.lower(), "its words are still in the index"
    assert outreach.json("campaigns", "status", "samen-eten")["counts"] == counts
    assert outreach.json("gdpr", "erase", EMAIL, "--yes")["erased"] == {}
    assert "niets meer" in outreach.run("gdpr", "erase", EMAIL, "--yes")

    again = outreach.json("contacts", "import", "lijst.csv")
    assert (again["new"], again["unchanged"]) == (0, 1)
    assert [row["line"] for row in again["refused"]] == [2, 4]
    assert "op verzoek gewist" in again["refused"][0]["reason"]
    assert [w for w in (EMAIL, "Tjalsma") if w.encode() in everything(outreach.settings)] == []


def fill(outreach: Command, relay: Mailroom, client: FlaskClient) -> None:
    """A list, a letter that arrives and one that is refused, a registration, an objection."""
    outreach.run("contacts", "import", "lijst.csv", "--list", "Griffies")
    outreach.run("campaigns", "load", "brief.md")
    outreach.run("campaigns", "start", "samen-eten")
    outreach.at = "2026-03-23T09:00:05+01:00"
    outreach.run("deliver", "--until-empty")
    (letter,) = relay.to(EMAIL)
    outreach.run("events", "load", "haarlem.md")
    register(client)
    outreach.run("deliver", "--until-empty")
    page = re.search(r"https?://\S+/antwoord/[^\s?]+", letter.part("text/plain"))
    assert page is not None
    path = page[0].split("127.0.0.1:8000")[-1]
    client.post(path, data={"antwoord": "geweigerd", "want": f"{NAME} is met verlof"})
    relay.refuses[EMAIL] = "550 5.1.1 <w.tjalsma@haarlem.example> unknown"
    (one_click,) = re.findall(r"<(https?://[^>]+)>", letter.header("List-Unsubscribe"))
    client.post(one_click, data={"List-Unsubscribe": "One-Click"})
    outreach.run("deliver", "--until-empty")
    read_mail(outreach, letter)
    log = outreach.settings.instance / "outreach.log"
    log.write_text(f"09:00 a letter to {EMAIL}\n09:01 something else\n")


def read_mail(outreach: Command, letter: Received) -> None:
    """A reply of hers, and a bounce of her mailbox that says her address in its own part."""
    of = letter.header("Message-ID")
    reply = (
        f"From: {NAME} <{EMAIL}>\nTo: post@ademruimte.example\nSubject: Re: Samen eten\n"
        f"Date: Mon, 23 Mar 2026 10:00:00 +0100\nMessage-ID: <re@haarlem.example>\n"
        f"In-Reply-To: {of}\n\nIk ben met vakantie. Groet, {NAME}\n"
    )
    bounce = (
        "From: MAILER-DAEMON@haarlem.example\nTo: post@ademruimte.example\nSubject: Undelivered\n"
        "Date: Mon, 23 Mar 2026 11:00:00 +0100\nMessage-ID: <dsn@haarlem.example>\n"
        "MIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        "--b\nContent-Type: text/plain\n\nNot delivered.\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; haarlem.example\n\n"
        f"Final-Recipient: rfc822; {EMAIL}\nAction: failed\nStatus: 5.1.1\n\n"
        f"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {of}\nTo: {EMAIL}\n\n--b--\n"
    )
    for name, text in (("reply.eml", reply), ("bounce.eml", bounce)):
        (outreach.folder / name).write_text(text)
    read = outreach.json("inbox", "read", "reply.eml", "bounce.eml")
    assert read["items"][1]["kind"] == "bounce"


def register(client: FlaskClient) -> None:
    url = "/bijeenkomsten/haarlem/aanmelden"
    form = Form(Page(client.get(url).text), url)
    wants = {"naam": NAME, "email": EMAIL, "functie": "griffier", "wens": "eet geen noten"}
    done = client.post(form.action, data=form.values | wants | {"mag": "y"})
    assert done.status_code == 200


def tokens_of(relay: Mailroom) -> list[str]:
    """What leads to this person alone: the own page, the Message-ID."""
    mails = relay.to(EMAIL)
    confirmed = next(one for one in mails if "/aanmelding/" in one.part("text/plain"))
    ids = [one.header("Message-ID").strip("<>").partition("@")[0] for one in mails]
    return [own_page(confirmed).rpartition("/")[2], *ids]


def everything(settings: Settings) -> bytes:
    """All bytes in which someone could be found: the database's and those of INSTANCE."""
    db.session.remove()
    db.engine.dispose()
    found = [
        path.read_bytes()
        for path in settings.instance.rglob("*")
        if path.is_file() and path.name != "before.zip"
    ]
    if settings.sqlalchemy_url.startswith("sqlite"):
        database = Path(settings.sqlalchemy_url.removeprefix("sqlite:///"))
        found += [path.read_bytes() for path in database.parent.glob(f"{database.name}*")]
    else:
        found.append(rows(settings.sqlalchemy_url.replace("+psycopg", "")))
    return b"\n".join(found)


def rows(url: str) -> bytes:
    """Every row of every table as text, as a dump would have it."""
    found: list[Any] = []
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        ).fetchall()
        for (name,) in tables:
            query = sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(name))
            found += [row[0] for row in connection.execute(query)]
    return "\n".join(found).encode()
