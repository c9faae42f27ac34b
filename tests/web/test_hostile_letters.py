"""A hostile letter, wherever its words are shown: cleaned, or refused with a sentence."""

import io
import re
import zipfile
from email import message_from_bytes, policy

import pytest
from flask import Flask

from outreach import unseen
from outreach.campaigns import exporting, files, inspecting, previewing, writing
from outreach.campaigns.models import Attachment, Campaign, CampaignState
from outreach.campaigns.rendering import Renderer
from outreach.db import db
from outreach.errors import Invalid, OutreachError
from outreach.letters.checking import Severity
from outreach.web.context import links, store
from tests.conftest import NOON
from tests.factories import make_answer, make_contact, make_meeting, make_message
from tests.letters.test_word import BOMB, OUTSIDE
from tests.letters.word_files import docx, paragraph
from tests.web import scenes
from tests.web.page import PageClient

HERE = "/kantoor/brieven/oproep"
PAGES = (HERE, f"{HERE}/stap/1/schrijf")
#: What may stand in a mail as words, and never as a tag, an attribute or an address.
ACTS = re.compile(
    r"<(?:script|img|iframe|svg|style|object|form|b|i)\b|<[^>]*\son\w+\s*="
    r"|(?:href|src)\s*=\s*[\"']?\s*(?:javascript|data|vbscript):",
    re.IGNORECASE,
)
HIDDEN = re.compile(f"[{unseen.HIDDEN}]")
#: A name that reads as another one.
FAKE = "\u202efdp.exe\u202c \u2066Zeist\u2069\u061c\u200b\U000e0041"
#: What it is called: a subject, a text, and the error that keeps it from leaving, if any.
HOSTILE = {
    "script": (
        "<script>alert(1)</script>",
        "<script>alert(1)</script><img src=x onerror=alert(2)><svg/onload=alert(3)>",
        "",
    ),
    "link": (
        "Oproep",
        "[a](javascript:alert(1)) [b](JaVa&#83;cript:alert(1)) [c](data:text/html,<script>x)",
        "link-without-address",
    ),
    "dunder": (
        "Oproep {{gemeente.__class__}}",
        "{{__import__('os').system('id')}} {{x.__globals__}} {% for a in b %} {{aanhef|attr('a')}}",
        "unknown-placeholder",
    ),
    "nested": ("Oproep", "<b><i>" * 800, ""),
    "quoted": ("Oproep", "> " * 800 + "- " * 800, ""),
    "bidi": ("Oproep \u202efdp.exe\u202c \u2066voor\u2069", "Zie \u202efdp.exe\u202c.", ""),
    "header": ("Oproep\r\nBcc: iedereen@elders.example", "Dag\r\n.\r\nQUIT\r\n", ""),
}

SHOWING = (
    "/",
    "/brieven/oproep",
    "/adressen/adressen.xlsx",
    "/brieven/oproep/vragen",
    "/brieven/oproep/vragen.csv",
    "/brieven/oproep/brief.md",
    "/brieven/oproep/stap/1/voorbeeld/mail",
    "/gemeenten/GM0355",
    "/adressen/",
    "/adressen/adressen.csv",
    "/bijeenkomsten/",
)


@pytest.fixture
def letter(app: Flask) -> Campaign:
    make_contact("Zeist")
    campaign = scenes.make_draft("Deltaplan")
    campaign.slug, campaign.pdf_letter = "oproep", True
    db.session.commit()
    return campaign


def test_a_hostile_letter_is_cleaned_or_refused_wherever_it_is_shown(
    coordinator: PageClient, letter: Campaign
) -> None:
    (text,) = letter.steps[0].texts
    for kind, (subject, words, code) in HOSTILE.items():
        text.subject = subject
        text.mail = f"{{{{aanhef}}}}\n\n{words}\n\nMet vriendelijke groet,\nMarit"
        text.letter = text.mail
        db.session.commit()

        errors = {
            one.code
            for one in inspecting.findings(letter, now=NOON)
            if one.severity is Severity.ERROR
        }
        assert code in errors or not code, kind
        shown = [_mail(letter, kind), coordinator.get(f"{HERE}/stap/1/voorbeeld/mail").text]
        for html in shown:
            assert not ACTS.search(html), kind
            assert not HIDDEN.search(html), kind
        for page in PAGES if kind == "script" else PAGES[1:]:
            coordinator.page(page)  # which fails on anything inline, and on links that run
        made = coordinator.get(f"{HERE}/stap/1/voorbeeld/brief.pdf")
        assert made.status_code in (200, 409, 422), kind
        assert b"/JavaScript" not in made.data, kind
        assert b"/JS" not in made.data, kind
        assert not re.search(rb"/URI\s*\((?:javascript|data)", made.data, re.IGNORECASE), kind


def _mail(letter: Campaign, kind: str) -> str:
    """Its HTML, or the sentence with which it is refused."""
    renderer = Renderer(links(), store(), NOON)
    try:
        raw = previewing.raw(letter, "griffie@zeist.example", renderer=renderer)
    except OutreachError as refused:
        return str(refused)
    mail = message_from_bytes(raw, policy=policy.default)
    assert mail["Bcc"] is None, kind
    assert not HIDDEN.search(str(mail["Subject"])), kind
    assert all(len(line) <= 998 for line in raw.split(b"\r\n")), kind
    html = mail.get_body(("html",))
    assert html is not None
    return html.get_content()


def test_a_megabyte_of_tags_is_refused_with_a_sentence(
    coordinator: PageClient, letter: Campaign
) -> None:
    page, words = f"{HERE}/stap/1/schrijf", "<b><i>" * 170_000

    typed = coordinator.submit(page, f"{page}?tekst=raad", mail=words)

    assert typed.status_code == 422
    assert "langer dan 200.000 tekens" in typed.text
    file = exporting.as_file(letter).replace("{{aanhef}}", words, 1)
    with pytest.raises(Invalid, match="langer dan 200"):
        files.parse(file)
    with pytest.raises(Invalid, match="geen letter"):
        files.Text("Dag\0")


def test_a_word_file_that_does_something_is_refused_with_a_sentence(
    coordinator: PageClient, letter: Campaign
) -> None:
    page, text = f"{HERE}/stap/1/schrijf", writing.current_texts(letter.steps[0])["raad"]
    before = text.id

    for file, said in (
        (docx(parts={"word/vbaProject.bin": b"x"}), "macro"),
        (docx(paragraph("a"), prolog=OUTSIDE), "niet te lezen"),
        (docx(paragraph("a"), prolog=BOMB), "niet te lezen"),
    ):
        word_file = (io.BytesIO(file), "brief.docx")
        sent = coordinator.submit(page, f"{page}?tekst=raad", word_file=word_file, word_is="letter")
        assert sent.status_code == 422
        assert said in sent.text

    assert writing.current_texts(writing.find("oproep").steps[0])["raad"].id == before


def test_no_page_or_workbook_shows_what_no_eye_sees(
    app: Flask, owner: PageClient, letter: Campaign
) -> None:
    """As it may stand in a database that an earlier version filled."""
    griffier = make_contact("Zeist", last_name=FAKE, notes=FAKE)
    letter.name = letter.sender.name = letter.kenmerk = FAKE
    letter.state = CampaignState.RUNNING
    letter.questions = [{"key": "q", "label": FAKE, "type": "choice", "options": [FAKE, "nee"]}]
    letter.attachments = [
        Attachment(
            position=1,
            filename=f"{FAKE}.pdf",
            content_type="application/pdf",
            sha256=store().put(b"%PDF-1.4"),
            size=8,
        )
    ]
    letter.steps[0].texts[0].subject = FAKE
    make_message(letter, griffier, reply=FAKE)
    make_answer(letter, "Zeist", "doorgestuurd", note=FAKE)
    make_meeting(title=FAKE, city=FAKE)
    db.session.commit()

    for page in SHOWING:
        shown = owner.get(f"/kantoor{page}")
        said = _said(shown.data)
        assert shown.status_code == 200, page
        assert "fdp.exe Zeist" in said, page
        own = said.replace("Raads\u00adinformatie", "")  # where a label of ours may break
        assert not HIDDEN.search(own), page


def _said(data: bytes) -> str:
    """The text of a page, or of all the parts of a workbook."""
    if not data.startswith(b"PK"):
        return data.decode("utf-8-sig")
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return "".join(book.read(name).decode() for name in book.namelist())


def test_hidden_characters_are_taken_out_where_they_come_in(
    coordinator: PageClient, letter: Campaign
) -> None:
    page = f"{HERE}/stap/1/schrijf"
    coordinator.submit(page, f"{page}?tekst=raad", subject=f"Oproep {FAKE}")
    assert writing.current_texts(letter.steps[0])["raad"].subject == "Oproep fdp.exe Zeist"

    file = exporting.as_file(letter).replace("Deltaplan", FAKE, 1)
    assert files.parse(file).name == "fdp.exe Zeist"
    assert unseen.clean("👩\u200d👧 naïef") == "👩\u200d👧 naïef"
