"""Objection, inzage, erasure and proof: what a coalition must be able to show (S10)."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from config import Settings
from outreach.accounts.models import Role
from tests.factories import make_coordinator, sign_in
from tests.flows.command import Command
from tests.flows.smtp import Mailroom, mailroom
from tests.flows.test_erasure import everything
from tests.web.page import Form, Page, PageClient

HAARLEM, ROTTERDAM, ZEIST = (
    "griffie@haarlem.example",
    "f.postmus@rotterdam.example",
    "n.devries@zeist.example",
)
LIST = f"""gemeente;rol;voornaam;achternaam;email;grondslag;bron
Haarlem;griffier;;;{HAARLEM};published;https://haarlem.example/griffie
Rotterdam;raadslid;Fatma;Postmus;{ROTTERDAM};published;https://rotterdam.example/raad
Zeist;raadslid;Noor;de Vries;{ZEIST};published;organisaties.overheid.nl, 16 mei 2026
Soest;raadslid;Bram;Tolsma;b.tolsma@soest.example;;
"""
LETTER = """---
name: {name}
slug: {slug}
sender: {sender}
audience: {{role: [griffier, raadslid]}}
steps:
  - {{subject: "{name} in {{{{gemeente}}}}", send_at: {at}}}
---
{{{{aanhef}}}}

Wij vragen u mee te doen.

Met vriendelijke groet,
Marit Zuidema
"""


@pytest.fixture
def relay() -> Iterator[Mailroom]:
    with mailroom() as room:
        yield room


@pytest.fixture
def outreach(settings: Settings, tmp_path: Path, relay: Mailroom, app: Flask) -> Command:
    command = Command(settings, tmp_path, relay.url, at="2026-03-23T09:00:05+01:00")
    (tmp_path / "lijst.csv").write_text(LIST)
    for name, email in (("Ademruimte", "post@ademruimte.example"), ("Ander", "post@ander.example")):
        command.run(
            "senders", "add", "--name", name, "--email", email,
            "--address", "Voorbeeldkade 14, 3512 ZZ Utrecht",
        )  # fmt: skip
    return command


@pytest.fixture
def client(app: Flask) -> PageClient:
    app.test_client_class = PageClient
    client = app.test_client()
    assert isinstance(client, PageClient)
    return client


def write(outreach: Command, slug: str, sender: str, at: str) -> None:
    file = outreach.folder / f"{slug}.md"
    file.write_text(LETTER.format(name=slug.title(), slug=slug, sender=sender, at=at))
    outreach.run("campaigns", "load", file.name)
    outreach.run("campaigns", "start", slug)
    outreach.at = f"{at}:05+01:00"
    outreach.run("deliver", "--until-empty")


def test_an_objection_holds_and_everything_can_be_shown(
    outreach: Command, relay: Mailroom, client: PageClient
) -> None:
    took = outreach.json("contacts", "import", "lijst.csv", "--list", "Raden")
    assert (took["new"], took["without_basis"]) == (4, 1)
    write(outreach, "samen", "post@ademruimte.example", "2026-03-23T09:00")
    letters = {one.to: one for one in relay.take()}
    assert set(letters) == {HAARLEM, ROTTERDAM, ZEIST}, "without a basis nobody is written to"

    # Each letter shows who writes, why, where the address came from, and how to object.
    body = " ".join(letters[ZEIST].part("text/plain").split())
    for words in (
        "Voorbeeldkade 14, 3512 ZZ Utrecht",
        "organisaties.overheid.nl, 16 mei 2026",
        "altijd bezwaar maken: mail post@ademruimte.example",
        "/privacy",
        "/afmelden/",
    ):
        assert words in body

    # A councillor uses one click; a coordinator notes another's objection in two.
    (one_click,) = re.findall(r"<(https?://[^>]+)>", letters[ROTTERDAM].header("List-Unsubscribe"))
    assert client.post(one_click, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    sign_in(client, make_coordinator(role=Role.OWNER))
    url = f"/kantoor/adressen/geen-post?adres={HAARLEM}"
    form = Form(Page(client.get(url).text), "/kantoor/adressen/geen-post")
    noted = client.post(form.action, data=form.values | {"sender": "", "note": "mailde het"})
    assert noted.status_code == 303

    # It survives the same list, an undo, and binds the next sender where it is for all.
    again = outreach.json("contacts", "import", "lijst.csv")
    assert {row["line"] for row in again["remarks"]} >= {2}
    assert "geen-postlijst" in again["remarks"][0]["reason"]
    outreach.run("contacts", "undo", str(again["import_id"]))
    outreach.run("deliver", "--until-empty")
    relay.take()
    write(outreach, "verder", "post@ander.example", "2026-03-24T09:00")
    assert {one.to for one in relay.take()} == {ROTTERDAM, ZEIST}
    (step,) = outreach.json("campaigns", "plan", "verder")["steps"]
    left_out = {one["email"]: one["reason"] for one in step["skip"]}
    assert left_out[HAARLEM] == "suppressed"
    assert left_out["b.tolsma@soest.example"] == "no-basis"
    write(outreach, "nog-eens", "post@ademruimte.example", "2026-03-25T09:00")
    assert {one.to for one in relay.take()} == {ZEIST}, "one click binds its own sender"

    # Someone asks what we hold: all of it, with the source.
    held = json.loads(outreach.run("gdpr", "export", ZEIST))
    tables = {table["table"]: table["rows"] for table in held["tables"]}
    assert tables["address"][0]["source"] == "organisaties.overheid.nl, 16 mei 2026"
    assert [row["brief"] for row in tables["message"]] == ["Samen", "Verder", "Nog-Eens"]
    assert {row["versie van de tekst"] for row in tables["message"]} == {1}
    assert all(row["accepted_at"] for row in tables["message"])

    # Then to be erased: a hash is left, and the counts.
    counts = outreach.json("campaigns", "status", "samen")["counts"]
    outreach.run("gdpr", "erase", ZEIST, "--yes")
    assert outreach.json("campaigns", "status", "samen")["counts"] == counts
    assert ZEIST.encode() not in everything(outreach.settings)
    last = outreach.json("contacts", "import", "lijst.csv")
    assert "op verzoek gewist" in next(r["reason"] for r in last["refused"] if r["line"] == 4)

    # The statements are there for anyone.
    assert "Autoriteit Persoonsgegevens" in client.get("/privacy").text
    register = client.get("/kantoor/instellingen/verwerkingsregister").text
    assert "Gerechtvaardigd belang" in register
