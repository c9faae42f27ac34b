"""The main road: a list comes in, a letter leaves, answers come, the silent get a reminder."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from pypdf import PdfReader

from config import Settings
from tests.flows.command import Command
from tests.flows.smtp import Mailroom, Received, mailroom

CONTACTS = """gemeente;rol;aanspreekvorm;voorletters;tussenvoegsel;achternaam;email;grondslag;bron
Den Bosch;griffier;;;;;griffie@s-hertogenbosch.example;published;https://s-hertogenbosch.example
's-Gravenhage;griffier;mevrouw;A.;van den;Berg;griffie@denhaag.example;published;https://x.example
Bergen (NH.);griffier;heer;J.;de;Vries;griffie@bergen-nh.example;published;https://x.example
GM0355;griffier;neutraal;S.;op de;Beek;griffie@zeist.example;published;https://x.example
Súdwest-Fryslân;griffier;;;;;griffie@sudwestfryslan.example;published;https://x.example
Haarlem;griffier;;;;;griffie@haarlem.example;published;https://x.example
Assen;griffier;;;;;griffie@assen.example;published;https://x.example
Bergen;griffier;;;;;griffie@bergen.example;published;https://x.example
"""
AANHEF = {
    "griffie@s-hertogenbosch.example": "Geachte griffier,",
    "griffie@denhaag.example": "Geachte mevrouw Van den Berg,",
    "griffie@bergen-nh.example": "Geachte heer De Vries,",
    "griffie@zeist.example": "Geachte S. op de Beek,",
    "griffie@sudwestfryslan.example": "Geachte griffier,",
    "griffie@haarlem.example": "Geachte griffier,",
    "griffie@assen.example": "Geachte griffier,",
}
CAMPAIGN = """---
name: Oproep aanpak eenzaamheid
slug: oproep-eenzaamheid
sender: eenzaamheid@coalitie.example
kenmerk: NCE-2026-014
audience: {role: griffier}
attachments: [oproep.pdf]
pdf_letter: true
questions:
  - {key: pilot, label: Wilt u meedoen aan een pilot?, type: choice, options: [ja, nee]}
steps:
  - {subject: "Oproep aan de raad van {{gemeente}}", send_at: 2026-03-23T09:00}
  - {subject: "Herinnering: oproep aan de raad", after: 18 days, at: "09:00", to: not_answered}
---
{{aanhef}}

Bij deze mail zit onze brief aan de raad van {{gemeente}}. De bijlage hoort erbij.

Met vriendelijke groet,
Marit Zuidema

+++ brief

{{aanhef}}

Maak samen eten mogelijk in {{gemeente}}.

---
{{aanhef}}

Op {{eerste_brief.datum}} stuurden wij u een brief. De bijlage zit er nog eens bij.

Met vriendelijke groet,
Marit Zuidema
"""
NOTE = """{{aanhef}}

In onze brief van {{eerste_brief.datum}} is koken bedoeld. De verbeterde brief zit erbij.

Met vriendelijke groet,
Marit Zuidema
"""


@pytest.fixture
def relay() -> Iterator[Mailroom]:
    with mailroom() as room:
        yield room


@pytest.fixture
def outreach(settings: Settings, tmp_path: Path, relay: Mailroom) -> Command:
    """A fresh instance with a sender, in which the list and the campaign lie ready."""
    command = Command(settings, tmp_path, relay.url, at="2026-03-20T10:00:00+01:00")
    (tmp_path / "contacts.csv").write_text(CONTACTS, encoding="utf-8-sig")
    (tmp_path / "campaign.md").write_text(CAMPAIGN, encoding="utf-8")
    (tmp_path / "oproep.pdf").write_bytes(b"%PDF-1.4 an attachment\n%%EOF\n")
    command.run(
        "senders", "add", "--name", "Coalitie tegen eenzaamheid",
        "--email", "eenzaamheid@coalitie.example",
        "--address", "Voorbeeldkade 14, 3512 ZZ Utrecht",
    )  # fmt: skip
    return command


def test_a_letter_leaves_answers_come_and_the_silent_are_reminded(
    outreach: Command, relay: Mailroom, app: Flask
) -> None:
    report = outreach.json("contacts", "import", "contacts.csv")
    assert (report["new"], report["doubtful"], report["refused"]) == (7, 1, [])
    (bergen,) = report["doubts"]
    assert bergen["line"] == 9
    assert "GM0373" in bergen["reason"]
    assert "GM0893" in bergen["reason"]

    assert outreach.run("campaigns", "load", "campaign.md").strip() == "oproep-eenzaamheid"
    (outreach.folder / "uit").mkdir()
    outreach.run("campaigns", "export", "oproep-eenzaamheid", "uit/terug.md")
    assert outreach.run("campaigns", "load", "uit/terug.md").strip() == "oproep-eenzaamheid"
    outreach.run("campaigns", "start", "oproep-eenzaamheid")
    outreach.run("deliver", "--until-empty")
    assert relay.take() == [], "nothing leaves before its time"

    outreach.at = "2026-03-23T09:00:05+01:00"
    outreach.run("deliver", "--until-empty")
    first = {one.to: one for one in relay.take()}
    assert set(first) == set(AANHEF)
    for letter in first.values():
        check_first_letter(letter)

    outreach.run("deliver", "--until-empty")
    assert relay.take() == [], "nobody gets it twice"

    before = outreach.json("campaigns", "status", "oproep-eenzaamheid")
    for letter in first.values():
        visit_every_link(app, letter)
    assert outreach.json("campaigns", "status", "oproep-eenzaamheid") == before
    plan = outreach.json("campaigns", "plan", "oproep-eenzaamheid")
    assert len(plan["steps"][1]["send"]) == 7, "looking is not answering"

    answers = {
        "Zeist": "doorgestuurd",
        "Haarlem": "op-lijst",
        "Den Haag": "antwoord",
        "Assen": "ontvangen",
    }
    for gemeente, status in answers.items():
        outreach.run("answers", "record", "oproep-eenzaamheid", gemeente, status)
    one_click(app, first["griffie@bergen-nh.example"])

    outreach.at = "2026-04-10T08:59:00+02:00"
    outreach.run("deliver", "--until-empty")
    assert [one for one in relay.take() if "Herinnering" in one.header("Subject")] == []

    outreach.at = "2026-04-10T09:00:05+02:00"
    outreach.run("deliver", "--until-empty")
    reminders = {one.to: one for one in relay.take()}
    assert set(reminders) == {
        "griffie@s-hertogenbosch.example",
        "griffie@sudwestfryslan.example",
        "griffie@assen.example",
    }
    for address, reminder in reminders.items():
        check_reminder(reminder, first[address])

    status = outreach.json("campaigns", "status", "oproep-eenzaamheid")
    assert status["state"] == "finished"
    assert status["counts"]["accepted"] == 10
    assert status["counts"]["cancelled"] == 3
    assert status["counts"]["suppressed"] == 1

    # What all have was wrong: they are told, each in the thread of its own first letter.
    (outreach.folder / "beter.md").write_text(CAMPAIGN.replace("samen eten", "samen koken"))
    (outreach.folder / "bericht.md").write_text(NOTE)
    correct = "campaigns", "correct", "oproep-eenzaamheid", "beter.md", "--note", "bericht.md"
    assert outreach.json(*correct) == {"slug": "oproep-eenzaamheid", "changed": 0, "told": 6}
    outreach.run(*correct, exits=1)
    outreach.run("deliver", "--until-empty")
    outreach.run("deliver", "--until-empty")
    notes = {one.to: one for one in relay.take()}
    assert set(notes) == set(AANHEF) - {"griffie@bergen-nh.example"}, "not to who asked for no post"
    for address, note in notes.items():
        assert note.header("In-Reply-To") == first[address].header("Message-ID")
        assert "brief van 23 maart 2026 is koken bedoeld" in note.part("text/plain")
        (pdf,) = [data for name, data in note.files().items() if name != "oproep.pdf"]
        assert "samen koken" in "".join(
            page.extract_text() for page in PdfReader(BytesIO(pdf)).pages
        )


def check_first_letter(letter: Received) -> None:
    greeting = AANHEF[letter.to]
    assert greeting in letter.part("text/plain")
    assert greeting in letter.part("text/html")
    assert letter.header("List-Unsubscribe").startswith("<http://127.0.0.1:8000/afmelden/")
    assert letter.header("List-Unsubscribe").endswith(">")
    assert letter.header("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
    assert letter.header("From").endswith("<eenzaamheid@coalitie.example>")
    files = letter.files()
    assert files["oproep.pdf"].startswith(b"%PDF-1.4 an attachment")
    (name,) = set(files) - {"oproep.pdf"}
    assert name.startswith("2026-03-23 Brief Coalitie tegen eenzaamheid aan raad ")
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(files[name])).pages)
    assert "23 maart 2026" in text
    assert "NCE-2026-014" in text
    assert "Geachte leden van de raad," in text


def check_reminder(reminder: Received, first: Received) -> None:
    own = first.header("Message-ID")
    assert reminder.header("In-Reply-To") == own
    assert own in reminder.header("References").split()
    assert reminder.header("Message-ID") != own
    assert "23 maart 2026" in reminder.part("text/plain")
    assert "23 maart 2026" in reminder.part("text/html")
    assert "oproep.pdf" in reminder.files()


def visit_every_link(app: Flask, letter: Received) -> None:
    """What scanners do: GET and HEAD each link, twice."""
    urls = [*letter.links, letter.header("List-Unsubscribe").strip("<>")]
    client = app.test_client()
    for url in urls * 2:
        if url.startswith("http://127.0.0.1:8000/"):
            path = url.removeprefix("http://127.0.0.1:8000")
            assert client.get(path).status_code == 200, path
            assert client.head(path).status_code == 200, path


def one_click(app: Flask, letter: Received) -> None:
    """RFC 8058: one POST, no cookies, no redirect."""
    url = letter.header("List-Unsubscribe").strip("<>")
    answer = app.test_client(use_cookies=False).post(
        urlsplit(url).path, data={"List-Unsubscribe": "One-Click"}
    )
    assert answer.status_code == 200
    assert "Location" not in answer.headers
