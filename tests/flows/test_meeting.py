"""The second half of the main road: a raadslid registers and finds it in the calendar.

From the organiser's file to the participants' list: a meeting of three days and one of one,
a link in a forwarded mail, a full day, a place that falls free, a hall that changes.
"""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import icalendar
import pytest
from flask import Flask
from flask.testing import FlaskClient

from config import Settings
from tests.flows.command import Command
from tests.flows.smtp import Mailroom, Received, mailroom
from tests.web.page import Form, Page

HAARLEM = """---
title: Een inloop voor jongeren
slug: haarlem
city: Haarlem
venue: {venue}
address: Voorbeeldgracht 4
region: Noord-Holland
register_until: 2026-06-01
days:
  - {{date: 2026-06-04, from: "13:30", until: "17:00", capacity: 1}}
---
Wat kost een inloop, en wat levert hij op?
"""
ROTTERDAM = """---
title: Drie dagen ademruimte
slug: rotterdam
city: Rotterdam
venue: Loods Zes
address: Voorbeeldpier 6
region: Zuid-Holland
days:
  - {date: 2026-09-11, from: "10:00", until: "17:00", capacity: 40, title: Kijken}
  - {date: 2026-09-12, from: "09:30", until: "16:30", capacity: 12, title: Praten}
  - {date: 2026-09-13, from: "11:00", until: "15:00", capacity: 30, title: Een plan maken}
---
U kiest zelf uw dagen.
"""


@pytest.fixture
def relay() -> Iterator[Mailroom]:
    with mailroom() as room:
        yield room


@pytest.fixture
def outreach(settings: Settings, tmp_path: Path, relay: Mailroom, app: Flask) -> Command:
    command = Command(settings, tmp_path, relay.url, at="2026-03-23T09:00:05+01:00")
    (tmp_path / "haarlem.md").write_text(HAARLEM.format(venue="Pakhuis De Linde"))
    (tmp_path / "rotterdam.md").write_text(ROTTERDAM)
    command.run(
        "senders", "add", "--name", "Initiatief Ademruimte", "--email", "post@ademruimte.example",
        "--address", "Voorbeeldkade 14, 3512 ZZ Utrecht",
    )  # fmt: skip
    return command


def test_a_raadslid_registers_and_finds_it_in_the_calendar(
    outreach: Command, relay: Mailroom, app: Flask, client: FlaskClient
) -> None:
    assert outreach.json("events", "load", "haarlem.md") == {"slug": "haarlem", "created": True}
    assert outreach.json("events", "load", "rotterdam.md")["created"]
    assert outreach.json("events", "load", "rotterdam.md") == {
        "slug": "rotterdam",
        "created": False,
    }
    before = feed(client)
    assert str(before[0]["summary"]) == "Een inloop voor jongeren"
    assert len({str(e["uid"]) for e in before}) == 4

    assert "U bent aangemeld, Noor de Wit" in register(client, "haarlem", "noor", "Noor de Wit")
    assert "wachtlijst" in register(client, "haarlem", "bram", "Bram Tolsma")
    assert "wachtlijst" in register(client, "haarlem", "fatma", "Fatma Postmus")
    register(client, "rotterdam", "jelle", "Jelle Kuipersma", days=[0, 2])
    assert deliver(outreach, relay, "fatma") == ["U staat op de wachtlijst"]
    (confirmation,) = relay.to("noor@raad.example")
    invited = invitation(confirmation, "REQUEST")
    assert (str(invited["uid"]), invited["sequence"]) == (str(before[0]["uid"]), 0)
    assert [invitation(one, "REQUEST")["dtstart"].dt.day for one in relay.to("jelle@raad.example")]
    relay.take()

    # Another browser, and only the link in the mail.
    own = own_page(confirmation)
    client.get(own)
    client.head(own)
    assert "Bram Tolsma" in rows(outreach, "haarlem", "waiting"), "looking is not cancelling"
    client.post(own, data={"doe": "annuleer"})
    assert deliver(outreach, relay, "bram") == ["Er is plaats voor u"]
    cancelled = [one for one in relay.to("noor@raad.example") if one.calendars]
    assert invitation(cancelled[0], "CANCEL")["sequence"] == 1
    assert relay.to("fatma@raad.example") == []
    (offer,) = relay.to("bram@raad.example")
    chosen = Form(Page(client.get(own_page(offer)).text), own_page(offer))  # the first: yes
    client.post(chosen.action, data=chosen.values)
    assert rows(outreach, "haarlem", "confirmed") == ["Bram Tolsma"]
    deliver(outreach, relay, "bram")
    relay.take()

    # The hall changes: who comes or waits is told, with an invitation that replaces the first.
    (outreach.folder / "haarlem.md").write_text(HAARLEM.format(venue="De Nieuwe Zaal"))
    outreach.run("events", "load", "haarlem.md")
    assert deliver(outreach, relay, "bram") == ["Gewijzigd"]
    assert [one.to for one in relay.received if one.to.startswith(("noor", "jelle"))] == []
    moved = invitation(relay.to("bram@raad.example")[0], "REQUEST")
    assert (str(moved["uid"]), moved["sequence"]) == (str(invited["uid"]), 1)
    assert "De Nieuwe Zaal" in str(moved["location"])
    assert deliver(outreach, relay, "fatma") == ["Gewijzigd"]
    assert not relay.to("fatma@raad.example")[0].calendars
    after = feed(client)
    assert [int(e["sequence"]) for e in after] == [1, 0, 0, 0]
    assert [str(e["uid"]) for e in after] == [str(e["uid"]) for e in before]

    relay.take()
    outreach.run("events", "cancel", "haarlem")
    assert deliver(outreach, relay, "bram")[0] == "Gaat niet door"
    off = feed(client)[0]
    assert (str(off["status"]), int(off["sequence"])) == ("CANCELLED", 2)
    assert "gaat niet door" in client.get("/bijeenkomsten/haarlem").text


def register(
    client: FlaskClient, slug: str, who: str, name: str, days: list[int] | None = None
) -> str:
    """From the link in a forwarded letter to the page that thanks."""
    page = Page(client.get(f"/bijeenkomsten/{slug}?g=GM0355").text)
    path = next(href for href in page.links().values() if "/aanmelden" in href)
    shown = client.get(path)
    form = Form(Page(shown.text), f"/bijeenkomsten/{slug}/aanmelden")
    assert form.values["gemeente"] == "Zeist"
    offered = re.findall(r'name="dag"[^>]*value="([^"]+)"', shown.text)
    chosen = {"dag": [offered[n] for n in days]} if days is not None else {}
    person = {"naam": name, "email": f"{who}@raad.example", "functie": "raadslid"}
    answer = client.post(form.action, data=form.values | person | chosen)
    assert answer.status_code == 200
    assert not answer.headers.getlist("Set-Cookie")
    return answer.text


def deliver(outreach: Command, relay: Mailroom, who: str) -> list[str]:
    """Send what is due; the beginnings of the subjects that this person has."""
    outreach.run("deliver", "--until-empty")
    mine = relay.to(f"{who}@raad.example")
    return [str(one.mail["Subject"]).split(":")[0] for one in mine]


def own_page(mail: Received) -> str:
    """The path of the link that only this person has."""
    (url,) = {u.split("#")[0] for u in mail.links if "/aanmelding/" in u}
    return urlsplit(url).path


def invitation(mail: Received, method: str) -> icalendar.Event:
    """The one event of the mail's calendar part, which stands last in the alternative."""
    (alternative,) = [
        part for part in mail.mail.walk() if part.get_content_type() == "multipart/alternative"
    ]
    part = list(alternative.iter_parts())[-1]  # type: ignore[attr-defined]
    assert (part.get_content_type(), part.get_param("method")) == ("text/calendar", method)
    raw = part.get_payload(decode=True)
    calendar = icalendar.Calendar.from_ical(raw)
    assert str(calendar["method"]) == method
    (event,) = calendar.walk("VEVENT")
    assert mail.header("From").endswith("<post@ademruimte.example>")
    assert str(event["organizer"]).lower() == "mailto:post@ademruimte.example"
    assert str(event["attendee"]).lower() == f"mailto:{mail.to}"
    return event  # type: ignore[no-any-return]


def feed(client: FlaskClient) -> list[icalendar.Event]:
    calendar = icalendar.Calendar.from_ical(client.get("/agenda.ics").data)
    return sorted(calendar.walk("VEVENT"), key=lambda event: event["dtstart"].dt)


def rows(outreach: Command, slug: str, status: str) -> list[str]:
    """Names in the export with this status."""
    outreach.run("events", "export", slug, "deelnemers.csv")
    text = (outreach.folder / "deelnemers.csv").read_text(encoding="utf-8-sig")
    dialect = csv.Sniffer().sniff(text.splitlines()[0], ",;")
    found = csv.DictReader(io.StringIO(text), dialect=dialect)
    return [row["name"] for row in found if row["status"] == status]
