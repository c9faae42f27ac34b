"""A letter that invites to meetings: what its placeholders say, and what the check refuses."""

import io
import re
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest
from pypdf import PdfReader

from outreach.accounts.audit import CLI
from outreach.campaigns import inspecting, previewing, writing
from outreach.campaigns.links import Links
from outreach.campaigns.models import Campaign
from outreach.campaigns.rendering import Renderer
from outreach.campaigns.store import Store
from outreach.contacts import gemeenten
from outreach.db import db
from outreach.delivery import mime
from outreach.events import changing
from outreach.events.models import MeetingState
from outreach.tokens import Tokens
from tests.conftest import NOON
from tests.delivery.test_mime import parsed
from tests.factories import MEETING_LINKS, make_contact, make_meeting, make_sender

pytestmark = pytest.mark.usefixtures("app")
BASE = "https://brieven.example"
KEY = "a secret of the tests, long enough"
THREE_DAYS = (
    (date(2026, 9, 11), "10:00", "17:00", 2),
    (date(2026, 9, 12), "10:00", "17:00", 1),
    (date(2026, 9, 13), "11:00", "15:00", 2),
)
FILE = """---
name: Ademruimte
sender: post@ademruimte.example
kenmerk: ADR-2026-1900
pdf_letter: true
meetings: [{meetings}]
steps:
  - {{subject: "Oproep", send_at: 2026-04-13T09:00}}
---
{{{{aanhef}}}}

{text}

Wilt u deze brief doorsturen?

Met vriendelijke groet,
Marit Zuidema
"""


def load(tmp_path: Path, text: str, meetings: str = "haarlem, den-bosch") -> Campaign:
    make_contact("Zeist")
    make_sender(email="post@ademruimte.example")
    return writing.load(
        FILE.format(text=text, meetings=meetings),
        folder=tmp_path,
        store=Store(tmp_path / "files"),
        by=CLI,
        now=NOON - timedelta(days=3),
    )


def mail(tmp_path: Path, campaign: Campaign) -> Mapping[str, str]:
    """The parts of the mail that Zeist gets, by type."""
    renderer = Renderer(Links(BASE, Tokens((KEY,))), Store(tmp_path / "files"), NOON)
    raw = previewing.raw(campaign, "griffie@zeist.example", renderer=renderer)
    found = {}
    for part in parsed(raw).walk():
        payload = part.get_payload(decode=True)
        if part.get_content_type() == "application/pdf":
            pages = PdfReader(io.BytesIO(payload)).pages
            found["pdf"] = " ".join("".join(page.extract_text() for page in pages).split())
            found["followed"] = " ".join(
                annotation.get_object()["/A"]["/URI"]
                for page in pages
                for annotation in page.get("/Annots", [])
                if "/A" in annotation.get_object()
            )
        elif part.get_content_maintype() == "text":
            found[part.get_content_subtype()] = payload.decode().replace("\r\n", "\n")
    return found


def codes(campaign: Campaign) -> list[tuple[str, str]]:
    found = inspecting.findings(campaign, now=NOON - timedelta(days=3))
    return [(one.code, one.severity.value) for one in found if one.code != "letter-empty"]


def test_each_meeting_is_said_in_mail_and_letter_with_its_link_for_this_gemeente(tmp_path):
    make_meeting(register_until=NOON)
    make_meeting("den-bosch", title="Drie dagen <& meer>", days=THREE_DAYS)
    campaign = load(
        tmp_path,
        "Kom op {{bijeenkomst.datum}}, {{bijeenkomst.tijd}}, in {{bijeenkomst.plaats}},"
        " {{bijeenkomst.adres}}, {{bijeenkomst.stad}}, tot {{bijeenkomst.uiterlijk}}:"
        " {{bijeenkomst.link}}\n\n"
        "- [{{bijeenkomst.den-bosch.titel}}, {{bijeenkomst.den-bosch.datum}},"
        " {{bijeenkomst.den-bosch.tijd}}]({{bijeenkomst.den-bosch.link}})\n"
        "- tot {{bijeenkomst.den-bosch.uiterlijk}}",
    )
    assert codes(campaign) == []

    got = mail(tmp_path, campaign)

    code = gemeenten.find("Zeist").code
    haarlem, bosch = (f"{BASE}/bijeenkomsten/{slug}?g={code}" for slug in ("haarlem", "den-bosch"))
    plain = " ".join(got["plain"].split())
    assert (
        "Kom op do 4 juni 2026, 13.30 tot 17.00 uur, in Pakhuis De Linde, Voorbeeldgracht 4,"
        f" Haarlem, tot ma 23 maart 2026, 9.00 uur: {haarlem}"
    ) in plain
    assert "Drie dagen <& meer>, vr 11 tot en met zo 13 september 2026" in plain
    assert "vr 11 september 10.00 tot 17.00 uur, za 12 september 10.00" in plain
    assert "tot vr 11 september 2026" in plain
    assert f'href="{haarlem}"' in got["html"]
    assert f'href="{bosch}"' in got["html"]
    assert "Drie dagen &lt;&amp; meer&gt;" in got["html"]
    assert "vr 11 tot en met zo 13 september 2026" in got["pdf"]
    assert haarlem in got["followed"].split()
    assert bosch in got["followed"].split()


BLOCKS = """Wij nodigen u uit.

{{bijeenkomsten}}

{{knop}} [Meld u aan](%s)

{{doorstuurtekst}}

{{griffiekaart}}
Vraagt de raad om één plek
voor jongeren."""


def test_blocks_say_the_same_in_html_text_and_pdf(tmp_path):
    make_meeting(title="Inloop <& meer>")
    make_meeting("den-bosch", venue="", address="", city="", days=THREE_DAYS)
    campaign = load(tmp_path, BLOCKS % "{{bijeenkomst.link}}")
    assert codes(campaign) == [("letter-and-invitation", "warning")]

    got = mail(tmp_path, campaign)

    page = f"{BASE}/bijeenkomsten/haarlem?g={gemeenten.find('Zeist').code}"
    plain, html = (" ".join(got[kind].split()) for kind in ("plain", "html"))
    invited = "do 4 juni 2026, 13.30 tot 17.00 uur: Inloop <& meer>"
    where = "Pakhuis De Linde, Voorbeeldgracht 4, Haarlem"
    assert f"- {invited}: {page} , {where}" in plain
    assert f"Meld u aan: {page}" in plain
    assert plain.count("Waarover: Vraagt de raad om één plek voor jongeren.") == 1
    assert plain.count("GRIFFIEKAART") == 1  # that of the foot makes room
    assert "> Geachte raadsleden," in plain
    assert f"> - {invited}" in plain
    assert 'class="' not in html
    assert re.search(
        rf'<td align="left" style="[^"]*border[^"]*">\s*<a [^>]*href="{re.escape(page)}"', html
    )
    assert "Inloop &lt;&amp; meer&gt;" in html
    assert invited in got["pdf"]
    assert "online" in got["pdf"]
    assert got["followed"].split().count(page) == 2
    assert "raadsleden" not in got["pdf"]  # is for who reads the mail


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("Zie {{griffiekaart}} hier.", "block-misplaced", "stap 1, mail, regel 3"),
        ("{{knop}} Meld u aan", "block-misplaced", "stap 1, mail, regel 3"),
        ("{{griffiekaartje}}", "unknown-placeholder", "stap 1, mail"),
        ("{{bijeenkomsten}}", "block-without-meetings", "stap 1, mail"),
        ("{{knop}} [Meld u aan](javascript:alert)", "link-without-address", "stap 1, mail"),
        ("+++ brief\n\n{{doorstuurtekst}}", "block-in-letter", "stap 1, brief"),
    ],
)
def test_a_block_that_cannot_be_made_is_an_error_with_its_place(tmp_path, text, code, place):
    campaign = load(tmp_path, text, meetings="")

    found = inspecting.findings(campaign, now=NOON - timedelta(days=3))

    assert [one.place for one in found if one.code == code] == [place]


def test_a_letter_with_blocks_is_made_for_many_as_for_one(tmp_path):
    make_meeting()
    campaign = load(tmp_path, BLOCKS % "{{bijeenkomst.link}}", meetings="haarlem")
    renderer = Renderer(Links(BASE, Tokens((KEY,))), Store(tmp_path / "files"), NOON)
    step = campaign.steps[0]
    message = previewing.message_for(step, "griffie@zeist.example", renderer=renderer)
    recipient = previewing.recipient(message)

    together = b"".join(renderer.data(message, recipient, at=NOON))
    alone = b"".join(mime.data(renderer.letter(message, recipient, at=NOON)))

    assert together == alone


def test_a_meeting_may_come_after_its_letter_but_not_after_the_check(tmp_path):
    campaign = load(tmp_path, "Kom op {{bijeenkomst.datum}}.", meetings="haarlem")
    assert ("unknown-meeting", "error") in codes(campaign)
    make_meeting(state=MeetingState.DRAFT)
    assert codes(campaign) == [("meeting-not-public", "error")]


def test_a_meeting_that_is_off_is_a_warning_and_a_day_that_is_off_is_not_said(tmp_path):
    meeting = make_meeting(days=THREE_DAYS)
    campaign = load(tmp_path, "Kom op {{bijeenkomst.datum}}.", meetings="haarlem")
    changing.cancel_day(meeting.days[1], reason="", links=MEETING_LINKS, by=CLI, now=NOON)
    assert codes(campaign) == []
    assert "vr 11 en zo 13 september 2026" in mail(tmp_path, campaign)["plain"]

    changing.cancel(meeting, reason="", links=MEETING_LINKS, by=CLI, now=NOON)

    assert codes(campaign) == [("meeting-cancelled", "warning")]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("{{bijeenkomst.adres}}", "missing-value"),
        ("{{bijeenkomst.haarlem.adres}}", "missing-value"),
        ("{{bijeenkomst.zeist.datum}}", "missing-value"),
        ("{{bijeenkomst.haarlem.prijs}}", "unknown-placeholder"),
        ("{bijeenkomst.haarlem.datum}", "unknown-placeholder"),
        ("[hier]({{bijeenkomst.stad}})", "link-without-address"),
    ],
)
def test_what_cannot_be_filled_in_is_said_once(tmp_path, written, code):
    make_meeting(address="")
    make_contact("Haarlem")

    campaign = load(tmp_path, f"Kom naar {written}.", meetings="haarlem")

    assert codes(campaign) == [(code, "error")]


def test_a_default_stands_for_what_the_meeting_does_not_say(tmp_path):
    make_meeting(address="")
    campaign = load(tmp_path, 'Kom naar {{bijeenkomst.adres|"het station"}}.', meetings="haarlem")

    assert codes(campaign) == []
    assert "Kom naar het station." in mail(tmp_path, campaign)["plain"]


def test_a_letter_without_meetings_that_names_one_is_refused(tmp_path):
    campaign = load(tmp_path, "Kom op {{bijeenkomst.datum}}.", meetings="")

    assert codes(campaign) == [("missing-value", "error")]


def test_the_same_meetings_cost_no_query_per_reader(tmp_path, query_count):
    make_meeting()
    campaign = load(tmp_path, "Kom op {{bijeenkomst.datum}}.", meetings="haarlem")
    db.session.commit()
    with query_count() as one:
        codes(campaign)
    for name in ("Utrecht", "Haarlem", "Rotterdam", "Assen"):
        make_contact(name)
    with query_count() as five:
        codes(campaign)

    assert five.count <= one.count + 2
