"""Buttons within a letter's text: from the writer's block to the box that is ticked."""

import re
from email import message_from_bytes, policy

from flask import Flask
from sqlalchemy import func, select

from outreach.answers.models import Answer, Reply
from outreach.campaigns import inspecting, previewing
from outreach.campaigns.models import Campaign
from outreach.campaigns.rendering import Renderer
from outreach.contacts.models import Function
from outreach.db import db
from outreach.letters.checking import Severity
from outreach.web.context import links, store
from tests.conftest import NOON
from tests.factories import make_campaign, make_contact
from tests.letters.test_pdf import text_of
from tests.web.page import PageClient

ASKED = [
    {
        "key": "pilot",
        "label": "Doet u mee aan [onze] *pilot*?",
        "type": "choice",
        "options": ["ja", "nee, nu <niet>", "in beraad & meer"],
    },
    {"key": "meer", "label": "Wat wilt u kwijt?", "type": "text"},
]
TEXT = """{{aanhef}}

Wilt u de brief doorsturen?

{{antwoordknoppen}}

Met vriendelijke groet,
Marit Zuidema"""


def asking() -> Campaign:
    make_contact("Zeist")
    campaign = make_campaign()
    campaign.questions = ASKED
    campaign.steps[0].texts[0].mail = TEXT
    db.session.commit()
    return campaign


def renderer() -> Renderer:
    return Renderer(links(), store(), NOON)


def mail_of(campaign: Campaign, step: int = 1) -> tuple[str, str]:
    """The text and the HTML that Zeist gets."""
    raw = previewing.raw(campaign, "griffie@zeist.example", step=step, renderer=renderer())
    found = message_from_bytes(raw, policy=policy.default)
    plain, html = (found.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert html is not None
    return plain.get_content(), html.get_content()


def test_each_option_has_a_button_that_ticks_it_and_records_nothing(
    client: PageClient, app: Flask
) -> None:
    campaign = asking()
    errors = [
        one for one in inspecting.findings(campaign, now=NOON) if one.severity is Severity.ERROR
    ]
    assert errors == []

    plain, html = mail_of(campaign)

    assert "Doet u mee aan [onze] *pilot*?" in plain
    assert ">nee, nu &lt;niet&gt;</a>" in html
    found = re.findall(r"https?://[^/\s]+(/antwoord/\S+\?k=pilot\S+)", plain)
    assert len(found) == 3
    assert html.count("?k=pilot%3A") == 3
    for url, option in zip(found, ASKED[0]["options"], strict=True):
        page = client.page(url)
        ticked = [n.attrs["value"] for n in page.all("input") if "checked" in n.attrs]
        assert ticked == [option]
    for table in (Answer, Reply):
        assert db.session.scalar(select(func.count()).select_from(table)) == 0


def test_what_others_read_too_has_no_answer_buttons(client: PageClient, app: Flask) -> None:
    campaign = asking()
    campaign.pdf_letter = True
    make_contact("Zeist", "lid@zeist.example", function=Function.RAADSLID)
    campaign.audience = {"role": ["griffier", "raadslid"]}
    db.session.commit()

    message = previewing.message_for(
        campaign.steps[0], "griffie@zeist.example", renderer=renderer()
    )
    griffie = previewing.recipient(message)
    lid = griffie._replace(who=griffie.who._replace(function=Function.RAADSLID))
    _, pdf = renderer().pdf(griffie)
    given = renderer()._values(griffie)
    quoted = renderer()._template(campaign.steps[0].texts[0], campaign).plain(given)

    for text in (
        text_of(pdf),
        renderer().content(lid).text,
        renderer().content(griffie, foot=False).text,
        repr(quoted),
    ):
        assert "Wilt u de brief doorsturen?" in text
        assert "pilot" not in text
        assert "antwoordknoppen" not in text


def test_buttons_without_a_question_are_an_error(app: Flask) -> None:
    campaign = asking()
    campaign.questions = ASKED[1:]

    found = [one.code for one in inspecting.findings(campaign, now=NOON)]

    assert "block-without-questions" in found


def test_a_proof_has_the_foot_of_the_letter_and_its_links_answer_nothing(
    client: PageClient, app: Flask
) -> None:
    campaign = asking()
    message = previewing.message_for(
        campaign.steps[0], "griffie@zeist.example", renderer=renderer()
    )
    recipient = previewing.recipient(message)

    letter = renderer().content(recipient).text
    proof = renderer().content(recipient, proof=True).text

    urls = re.compile(r"https?://[^/\s]+(/\S*)")
    assert urls.sub("", proof).split() == urls.sub("", letter).split()
    leads = {url.partition("?")[0].partition("#")[0] for url in urls.findall(proof)}
    assert leads == {"/antwoord/proef", "/afmelden/proef", "/privacy"}
    for url in ("/antwoord/proef?k=doorgestuurd", "/afmelden/proef"):
        assert "komt uit een proef" in client.page(url, 410).text
