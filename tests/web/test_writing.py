import io
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from outreach.accounts.audit import CLI
from outreach.campaigns import conditions, versions, writing
from outreach.campaigns.conditions import To
from outreach.campaigns.models import Campaign, CampaignState, Recipients, StepDraft
from outreach.clock import FixedClock
from outreach.db import db
from outreach.delivery.models import Kind, Message
from outreach.errors import Refused
from tests.conftest import NOON
from tests.factories import make_contact, make_coordinator, make_meeting, make_sender
from tests.letters.word_files import docx, paragraph
from tests.web import scenes
from tests.web.page import Form, Page, PageClient

NEW = "/kantoor/brieven/nieuw"
DRAFT = "/kantoor/brieven/oproep"
PDF = b"%PDF-1.7 een bijlage"
FILE = """---
name: Oproep aanpak eenzaamheid
slug: oproep-eenzaamheid
sender: post@ademruimte.example
audience: {province: [Utrecht]}
attachments: [oproep.pdf]
steps:
  - {subject: "Oproep aan de raad van {{gemeente}}", send_at: 2026-03-24T09:00}
---
{{aanhef}}

Wilt u de brief in de bijlage doorsturen?

{{afzender}}
"""


@pytest.fixture
def draft(app: Flask) -> Campaign:
    make_contact("Zeist")
    make_contact(
        "Goes", form_of_address="mevrouw", prefix="de", last_name="Groot", first_name="Carla"
    )
    campaign = scenes.make_draft("Deltaplan")
    campaign.slug = "oproep"
    db.session.commit()
    return campaign


def test_a_letter_begins_with_its_name_and_goes_on_with_its_text(
    coordinator: PageClient, app: Flask
) -> None:
    make_sender()
    make_contact("Zeist")

    response = coordinator.submit(NEW, name="Oproep: één plek", kenmerk="ADR-2026-014")

    campaign = writing.find("oproep-een-plek")
    assert response.location == "/kantoor/brieven/oproep-een-plek/stap/1/schrijf"
    assert (campaign.name, campaign.kenmerk, campaign.pdf_letter) == (
        "Oproep: één plek",
        "ADR-2026-014",
        True,
    )
    assert campaign.audience == {"role": ["griffier"]}
    assert (campaign.window_days, campaign.window_from, campaign.window_until) == (31, 480, 1080)
    assert "{{aanhef}}" in campaign.steps[0].texts[0].mail


def test_two_letters_with_one_name_have_two_addresses(coordinator: PageClient, app: Flask) -> None:
    make_sender()

    coordinator.submit(NEW, name="Oproep")
    second = coordinator.submit(NEW, name="Oproep")

    assert second.location == "/kantoor/brieven/oproep-2/stap/1/schrijf"


def test_a_letter_may_not_take_the_place_of_a_page(coordinator: PageClient, app: Flask) -> None:
    make_sender()

    response = coordinator.submit(NEW, name="Nieuw")

    assert response.location == "/kantoor/brieven/nieuw-2/stap/1/schrijf"


def test_without_a_sender_nothing_is_written(coordinator: PageClient) -> None:
    assert "Er is nog geen afzender." in coordinator.page(NEW).text


def test_an_audience_is_chosen_by_place_and_exception(coordinator: PageClient, app: Flask) -> None:
    make_sender()

    coordinator.submit(
        NEW,
        name="Oproep",
        functions=["griffier", "informateur"],
        provinces=["Drenthe", "Utrecht"],
        gemeenten="Den Bosch, GM0664",
        left_out="Zeist",
    )

    assert writing.find("oproep").audience == {
        "role": ["griffier", "informateur"],
        "province": ["Drenthe", "Utrecht"],
        "gemeente": ["GM0796", "GM0664"],
        "except": {"gemeente": ["GM0355"]},
    }


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("gemeenten", "Bergen", "Bergen (NH) (GM0373)"),
        ("left_out", "Atlantis", "De gemeente “Atlantis” kennen wij niet."),
    ],
)
def test_a_gemeente_that_is_not_clear_is_asked_about(
    coordinator: PageClient, app: Flask, field: str, text: str, sentence: str
) -> None:
    make_sender()

    response = coordinator.submit(NEW, name="Oproep", **{field: text})

    page = Page(response.text)
    assert response.status_code == 422
    assert sentence in page.text
    assert any(href == f"#{field}" for href in page.links().values())
    assert db.session.scalar(select(Campaign)) is None
    assert text in response.text  # what was typed is still there


def test_a_letter_needs_a_name(coordinator: PageClient, app: Flask) -> None:
    make_sender()

    response = coordinator.submit(NEW, name=" ")

    assert response.status_code == 422
    assert Page(response.text).links()["Geef de brief een naam."] == "#name"


def test_attachments_are_added_and_taken_away(coordinator: PageClient, draft: Campaign) -> None:
    url = f"{DRAFT}/wijzig"
    coordinator.submit(url, attachments=[(io.BytesIO(PDF), "oproep.pdf")])
    coordinator.submit(url, attachments=[(io.BytesIO(PDF + b"2"), "cijfers.pdf")])
    both = [one.filename for one in writing.find("oproep").attachments]
    coordinator.submit(url, kept=["cijfers.pdf"], attachments=None)

    assert both == ["oproep.pdf", "cijfers.pdf"]
    assert [one.filename for one in writing.find("oproep").attachments] == ["cijfers.pdf"]


def test_what_the_form_does_not_ask_stays(coordinator: PageClient, draft: Campaign) -> None:
    draft.audience = {"role": ["griffier"], "tag": ["pilot"]}
    draft.outcomes = [{"key": "akkoord", "label": "Akkoord", "stops": True}]
    draft.window_days = 1
    db.session.commit()

    coordinator.submit(f"{DRAFT}/wijzig", name="Deltaplan twee")

    campaign = writing.find("oproep")
    assert campaign.name == "Deltaplan twee"
    assert campaign.audience == {"role": ["griffier"], "tag": ["pilot"]}
    assert campaign.outcomes[0]["key"] == "akkoord"
    assert campaign.window_days == 1


def test_the_text_is_kept_and_its_old_version_too(coordinator: PageClient, draft: Campaign) -> None:
    url = f"{DRAFT}/stap/1/schrijf"

    response = coordinator.submit(
        url,
        f"{url}?tekst=raad",
        subject="Doe mee",
        mail="{{aanhef}}\r\n\r\nLees de brief.\r\n\r\n{{afzender}}",
        letter="Geachte raad van {{gemeente}},",
        send_at="2026-03-24T09:00",
    )

    step = writing.find("oproep").steps[0]
    texts = [(t.number, t.subject, t.mail, t.letter) for t in step.texts]
    assert response.location.endswith("#controle")
    assert texts[-1] == (
        2,
        "Doe mee",
        "{{aanhef}}\n\nLees de brief.\n\n{{afzender}}",
        "Geachte raad van {{gemeente}},",
    )
    assert texts[0][0] == 1
    assert step.send_at == datetime(2026, 3, 24, 8, 0, tzinfo=UTC)
    assert step.send_at_wall == "2026-03-24T09:00"


def test_saving_twice_makes_one_version(coordinator: PageClient, draft: Campaign) -> None:
    url = f"{DRAFT}/stap/1/schrijf"

    for _ in range(2):
        coordinator.submit(url, f"{url}?tekst=raad", subject="Doe mee")

    assert [text.number for text in writing.find("oproep").steps[0].texts] == [1, 2]


def test_an_hour_that_does_not_exist_is_refused(coordinator: PageClient, draft: Campaign) -> None:
    url = f"{DRAFT}/stap/1/schrijf"

    response = coordinator.submit(url, f"{url}?tekst=raad", send_at="2026-03-29T02:30")

    assert response.status_code == 422
    assert "bestaat niet: de klok gaat dan een uur vooruit" in response.text


def test_an_unknown_field_is_found_by_the_check(coordinator: PageClient, draft: Campaign) -> None:
    url = f"{DRAFT}/stap/1/schrijf"

    coordinator.submit(url, f"{url}?tekst=raad", mail="{{aanhef}}\n\n{{gemente}}\n\n{{afzender}}")

    assert "{{gemente}}" in coordinator.page(url).text
    assert "verhindert het verzenden" in coordinator.page(url).text


def test_a_reminder_is_added_changed_and_taken_away(
    coordinator: PageClient, draft: Campaign
) -> None:
    added = coordinator.submit(DRAFT, f"{DRAFT}/stap")
    begun = writing.find("oproep").steps[2]
    assert (begun.after_days, begun.after_working) == (30, True)
    url = f"{DRAFT}/stap/3/schrijf"
    coordinator.submit(
        url, f"{url}?tekst=raad", after_days="30", after_working="y", after_at="10:15"
    )
    step = writing.find("oproep").steps[2]
    kept = (step.after_days, step.after_working, step.after_at, step.recipients)
    coordinator.submit(url, f"{DRAFT}/stap/3/weg")

    assert added.location == url
    assert kept == (30, True, time(10, 15), Recipients.NOT_ANSWERED)
    assert len(writing.find("oproep").steps) == 2


def test_who_confirmed_receipt_gets_a_reminder_of_its_own(
    coordinator: PageClient, draft: Campaign
) -> None:
    second, third = f"{DRAFT}/stap/2/schrijf", f"{DRAFT}/stap/3/schrijf"
    form = Form(coordinator.page(second), f"{DRAFT}/stap/2/ontvangst")
    split, again = (coordinator.post(form.action, data=form.values) for _ in range(2))
    page = coordinator.page(third).text
    coordinator.submit(second, f"{second}?tekst=raad", when="na", after_days="25")
    steps = writing.find("oproep").steps
    shown = coordinator.page(DRAFT).text

    assert (split.location, again.status_code) == (third, 409)
    assert "{{zaaknummer|" in page
    assert "Niemand krijgt ze allebei" in page
    assert [step.recipients for step in steps[1:]] == [Recipients.SILENT, Recipients.RECEIPT]
    assert [step.after_days for step in steps[1:]] == [25, 25]
    assert "Herinnering na ontvangst" in shown
    assert "Voeg een herinnering toe" in shown  # two texts are one moment
    checked = coordinator.page(third).text
    assert "verhindert het verzenden" not in checked
    assert "Niemand krijgt stap 3" not in checked  # who confirms receipt will

    coordinator.submit(third, f"{DRAFT}/stap/3/weg")
    assert [step.recipients for step in writing.find("oproep").steps[1:]] == [
        Recipients.NOT_ANSWERED
    ]


def test_a_third_reminder_is_not_offered(coordinator: PageClient, draft: Campaign) -> None:
    form = Form(coordinator.page(DRAFT), f"{DRAFT}/stap")

    answers = [coordinator.post(form.action, data=form.values) for _ in range(2)]

    assert [one.status_code for one in answers] == [303, 409]
    assert "Meer dan twee herinneringen stuurt u niet" in answers[1].text
    assert "Voeg een herinnering toe" not in coordinator.page(DRAFT).text


def test_a_reminder_goes_to_who_did_not_register(coordinator: PageClient, draft: Campaign) -> None:
    make_meeting("haarlem")
    db.session.commit()
    url = f"{DRAFT}/stap/2/schrijf"

    page = coordinator.page(url)
    coordinator.submit(
        url, f"{url}?tekst=raad", recipients="receipt", coming="niets", meeting="haarlem"
    )

    to = conditions.of(writing.find("oproep").steps[1])
    coordinator.submit(url, f"{url}?tekst=raad", when="voor", before="haarlem", after_days="14")
    step = writing.find("oproep").steps[1]
    assert (step.before, step.after_days, step.send_at) == ("haarlem", 14, None)
    assert "do 21 mei, 9.00 uur" in coordinator.page(DRAFT).text
    shown = coordinator.page(f"{DRAFT}/stap/2").text
    assert "Wie zich al aanmeldde voor een bijeenkomst krijgt" in page.text
    assert to == To(Recipients.RECEIPT, meeting="haarlem", registered=False)
    assert "alleen aan wie de ontvangst bevestigde en nog niet antwoordde, en wie niet" in shown


def test_one_choice_gives_who_registered_another_text(
    coordinator: PageClient, draft: Campaign
) -> None:
    make_meeting("haarlem")
    db.session.commit()
    second, third = f"{DRAFT}/stap/2/schrijf", f"{DRAFT}/stap/3/schrijf"

    coordinator.submit(second, f"{second}?tekst=raad", coming="anders", meeting="haarlem")
    page = coordinator.page(third).text
    coordinator.submit(third, f"{third}?tekst=raad", when="na", after_days="25")
    steps = writing.find("oproep").steps

    assert [(one.meeting, one.meeting_registered, one.after_days) for one in steps[1:]] == [
        ("haarlem", False, 25),
        ("haarlem", True, 25),
    ]
    assert "is al iemand aangemeld" in page
    assert "Deze tekst is voor wie is aangemeld" in page
    assert "Voeg een herinnering toe" in coordinator.page(DRAFT).text  # two texts are one moment
    assert "Herinnering na aanmelding" in coordinator.page(DRAFT).text
    coordinator.submit(second, f"{second}?tekst=raad", coming="anders")
    assert len(writing.find("oproep").steps) == 3

    coordinator.submit(second, f"{second}?tekst=raad", coming="niets")
    (only,) = writing.find("oproep").steps[1:]
    assert (only.meeting, only.meeting_registered) == ("haarlem", False)
    coordinator.submit(second, f"{second}?tekst=raad", coming="anders")
    coordinator.submit(second, f"{DRAFT}/stap/2/weg")
    (left,) = writing.find("oproep").steps[1:]
    assert (left.meeting, left.meeting_registered) == (None, False)


def test_a_reminder_may_have_a_moment_of_its_own(coordinator: PageClient, draft: Campaign) -> None:
    url = f"{DRAFT}/stap/2/schrijf"

    missing = coordinator.submit(url, f"{url}?tekst=raad", when="op", send_at="")
    coordinator.submit(url, f"{url}?tekst=raad", when="op", send_at="2026-04-10T09:00")

    step = writing.find("oproep").steps[1]
    assert missing.status_code == 422
    assert "Kies het moment waarop deze stap weggaat." in missing.text
    assert (step.after_days, step.send_at_wall) == (None, "2026-04-10T09:00")

    wrong = coordinator.submit(url, f"{url}?tekst=raad", when="raad", council_days="99")
    assert "Kies 1 tot 60 werkdagen." in wrong.text
    coordinator.submit(
        url, f"{url}?tekst=raad", when="raad", council_days="3", after_days="30", after_at="09:00"
    )
    db.session.refresh(step)
    assert (step.council_days, step.after_days, step.send_at) == (3, 30, None)
    assert "raadsvergadering niet bekend" in coordinator.page(f"{DRAFT}/stap/2").text


def test_the_college_gets_words_of_its_own(coordinator: PageClient, draft: Campaign) -> None:
    coordinator.submit(f"{DRAFT}/wijzig", college="y")
    url = f"{DRAFT}/stap/1/schrijf?tekst=college"
    coordinator.submit(url, url, subject="Aan het college", mail="{{aanhef}}\n\n{{afzender}}")

    campaign = writing.find("oproep")
    subjects = {text.variant: text.subject for text in campaign.steps[0].texts}
    assert campaign.variants == ["raad", "college"]
    assert subjects["college"] == "Aan het college"


def test_what_has_begun_is_not_rewritten(coordinator: PageClient, app: Flask) -> None:
    scenes.make_letter().slug = "oproep"
    db.session.commit()

    for path in ("/wijzig", "/stap/1/schrijf"):
        page = coordinator.page(f"{DRAFT}{path}", 409)
        assert "is al begonnen" in page.text


def test_a_copy_of_an_earlier_letter_is_a_draft_without_its_past(
    coordinator: PageClient, draft: Campaign, clock: FixedClock
) -> None:
    url = f"{DRAFT}/wijzig"
    coordinator.submit(url, attachments=[(io.BytesIO(PDF), "oproep.pdf")], kenmerk="ADR-1")
    make_meeting("haarlem")
    make_meeting("zeist", days=((date(2026, 9, 11), "10:00", "17:00", 9),))
    draft.state, draft.meetings = CampaignState.FINISHED, ["haarlem", "zeist"]
    draft.questions = [{"key": "pilot", "label": "Doet u mee?", "type": "text", "options": []}]
    db.session.commit()
    clock.at = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)

    response = coordinator.submit(DRAFT, f"{DRAFT}/kopie")

    made = writing.find("kopie-van-deltaplan")
    words = [[(t.subject, t.mail) for t in step.texts[-1:]] for step in draft.steps]
    assert response.location == "/kantoor/brieven/kopie-van-deltaplan/wijzig"
    assert (made.state, made.kenmerk, made.meetings) == (CampaignState.DRAFT, "", ["zeist"])
    assert [[(t.subject, t.mail) for t in step.texts] for step in made.steps] == words
    assert [step.send_at for step in made.steps] == [None, None]
    assert made.steps[1].recipients == draft.steps[1].recipients
    assert [(a.filename, a.sha256) for a in made.attachments] == [
        (a.filename, a.sha256) for a in draft.attachments
    ]
    assert made.questions == draft.questions


def test_a_copy_does_not_take_the_name_of_another(coordinator: PageClient, draft: Campaign) -> None:
    coordinator.submit(DRAFT, f"{DRAFT}/kopie")
    coordinator.submit(DRAFT, f"{DRAFT}/kopie")

    assert writing.find("kopie-van-deltaplan-2").name == "Kopie van Deltaplan"


def test_a_letter_comes_from_a_file_with_its_attachment(
    coordinator: PageClient, app: Flask
) -> None:
    make_sender(email="post@ademruimte.example")

    response = coordinator.submit(
        "/kantoor/brieven/inlezen",
        file=(io.BytesIO(FILE.encode()), "oproep.md"),
        attachments=[(io.BytesIO(PDF), "oproep.pdf")],
    )

    campaign = writing.find("oproep-eenzaamheid")
    assert response.location == "/kantoor/brieven/oproep-eenzaamheid"
    assert campaign.audience == {"province": ["Utrecht"]}
    assert [one.filename for one in campaign.attachments] == ["oproep.pdf"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (FILE.replace("name:", "naam:").encode(), "egel 2"),
        (
            FILE.encode().replace("één".encode(), b"\xe9") + b"\xff\xfe",
            "Bewaar het opnieuw als UTF-8",
        ),
        (FILE.encode(), "De bijlage oproep.pdf ontbreekt."),
        (FILE.replace("2026-03-24T09:00", "24 maart").encode(), "egel 8"),
    ],
)
def test_a_file_with_a_fault_says_where(
    coordinator: PageClient, app: Flask, content: bytes, sentence: str
) -> None:
    make_sender(email="post@ademruimte.example")

    response = coordinator.submit(
        "/kantoor/brieven/inlezen", file=(io.BytesIO(content), "oproep.md")
    )

    assert response.status_code == 422
    assert sentence in Page(response.text).text
    assert db.session.scalar(select(Campaign)) is None


def test_a_preview_is_the_mail_of_its_reader(coordinator: PageClient, draft: Campaign) -> None:
    page = coordinator.page(f"{DRAFT}/stap/1/voorbeeld")
    readers = [o.text for o in page.all("option")]
    who = page.all("option")[0].attrs["value"]

    mail = coordinator.get(f"{DRAFT}/stap/1/voorbeeld/mail?wie={who}")

    assert readers == ["Goes, griffie@goes.example", "Zeist, griffie@zeist.example"]
    assert "de raad van Goes" in mail.text
    assert mail.headers["Content-Security-Policy"].endswith("sandbox")
    assert "script-src" not in mail.headers["Content-Security-Policy"]
    assert (
        "frame-src 'self'"
        in coordinator.get(f"{DRAFT}/stap/1/voorbeeld").headers["Content-Security-Policy"]
    )


def test_a_preview_has_a_text_and_a_pdf(coordinator: PageClient, draft: Campaign) -> None:
    text = coordinator.page(f"{DRAFT}/stap/1/voorbeeld?als=tekst").all("pre")[0].text
    pdf = coordinator.get(f"{DRAFT}/stap/1/voorbeeld/brief.pdf")

    assert "raad van Goes" in text
    assert pdf.mimetype == "application/pdf"
    assert pdf.data.startswith(b"%PDF")
    assert "Goes" in pdf.headers["Content-Disposition"]


def test_a_reminder_can_be_read_before_the_first_letter_left(
    coordinator: PageClient, draft: Campaign
) -> None:
    text = coordinator.page(f"{DRAFT}/stap/2/voorbeeld?als=tekst").all("pre")[0].text

    assert "Op 13 april 2026 stuurden wij u een brief" in text


def test_the_hardest_readers_come_first_each_with_why(
    coordinator: PageClient, draft: Campaign
) -> None:
    make_contact("Nuenen, Gerwen en Nederwetten")
    make_contact("Den Haag", "post@box.example", last_name="Wit", form_of_address="mevrouw")
    make_contact("Rijswijk", "post@box.example", last_name="Ek", form_of_address="heer")
    draft.steps[0].texts[0].mail += "\n\n{{voornaam}}"
    db.session.commit()

    page = coordinator.page(f"{DRAFT}/stap/1/schrijf")
    said = [" ".join(one.text.split()) for one in page.all("option")]

    assert [one.replace(", Gerwen en Nederwetten", "") for one in said] == [
        "Den Haag, post@box.example: {{voornaam}} heeft geen waarde, één postvak voor meer brieven",
        "Nuenen, griffie@nuenengerwenennederwetten.example: de langste naam van een gemeente, "
        "geen naam bekend",
        "Goes, griffie@goes.example: de langste naam van een persoon",
        "Rijswijk, post@box.example",
        "Zeist, griffie@zeist.example",
    ]
    assert page.links()["Nuenen, Gerwen en Nederwetten, de volgende →"].endswith("tekst=raad")


def test_who_writes_sees_what_the_fields_give(coordinator: PageClient, draft: Campaign) -> None:
    draft.steps[0].texts[0].mail += "\n\n{{zaaknummer}} en {{bijeenkomst.haarlem.datum}}"
    db.session.commit()

    page = coordinator.page(f"{DRAFT}/stap/1/schrijf")
    facts = dict(
        zip(*([d.text.strip() for d in page.all(tag)] for tag in ("dt", "dd")), strict=True)
    )

    assert facts["{{aanhef}}de aanhef, zoals “Geachte griffier,”"] == "Geachte mevrouw De Groot,"
    assert facts["{{zaaknummer}}het zaaknummer dat de gemeente aan onze brief gaf"] == "geen waarde"
    assert facts["{{bijeenkomst.haarlem.datum}}de dag of dagen van de bijeenkomst “haarlem”"]
    assert facts["{{provincie}}de provincie van de gemeente"] == "Zeeland"  # not in the text
    assert "daar is bij deze ontvanger geen waarde voor" in page.text


def test_leafing_costs_no_more_with_many(
    coordinator: PageClient, draft: Campaign, query_count: Callable[[], Any]
) -> None:
    url, counts = f"{DRAFT}/stap/1/schrijf", []
    for most in (3, 80):
        scenes.make_griffies(most)
        with query_count() as counted:
            coordinator.page(url)
        counts.append(counted.count)

    assert counts[0] == counts[1]


def test_without_addresses_a_preview_says_what_is_missing(
    coordinator: PageClient, app: Flask
) -> None:
    scenes.make_draft("Deltaplan").slug = "oproep"
    db.session.commit()

    for path in ("voorbeeld", "schrijf"):
        page = coordinator.page(f"{DRAFT}/stap/1/{path}")
        assert "Er is nog geen adres dat deze brief krijgt." in page.text


def test_a_proof_goes_to_oneself_and_to_nobody_else(
    coordinator: PageClient, draft: Campaign, clock: FixedClock
) -> None:
    url = f"{DRAFT}/stap/1/voorbeeld"

    response = coordinator.submit(url, f"{DRAFT}/stap/1/proef")

    message = db.session.scalars(select(Message)).one()
    assert response.status_code == 303
    assert message.kind is Kind.PROOF
    assert message.address.startswith("marit")
    assert message.content["subject"].startswith("[Proef] ")
    assert set(re.findall(r"/antwoord/([^?#\s]+)", message.content["text"])) == {"proef"}


def test_a_proof_goes_to_the_colleagues_that_are_ticked_and_to_nobody_outside(
    coordinator: PageClient, draft: Campaign
) -> None:
    first, second = make_coordinator(name="Bo"), make_coordinator(name="Ciska")
    gone = make_coordinator(active=False)
    url, form = f"{DRAFT}/stap/1/voorbeeld", {"collegas": "1"}
    page = coordinator.page(url)
    assert "Ciska" in page.text
    assert gone.email not in page.text

    sent = coordinator.submit(url, f"{DRAFT}/stap/1/proef", **form, aan=[first.email, second.email])
    assert sent.status_code == 303
    messages = db.session.scalars(select(Message)).all()
    assert {one.address for one in messages} == {first.email, second.email}
    assert {one.step_id for one in messages} == {None}
    for wrong in ([], ["iemand@elders.example"], [gone.email]):
        assert (
            coordinator.submit(url, f"{DRAFT}/stap/1/proef", **form, aan=wrong).status_code >= 400
        )
    assert len(db.session.scalars(select(Message)).all()) == 2


def test_a_letter_from_word_takes_the_place_of_what_stood_there(
    coordinator: PageClient, draft: Campaign
) -> None:
    page = f"{DRAFT}/stap/1/schrijf"
    file = docx(paragraph("Geachte leden van de raad,"), paragraph("Wij vragen u één ding."))

    response = coordinator.submit(
        page, f"{page}?tekst=raad", word_file=(io.BytesIO(file), "brief.docx"), word_is="letter"
    )

    text = writing.current_texts(writing.find("oproep").steps[0])["raad"]
    assert response.status_code == 303
    assert text.letter == "Geachte leden van de raad,\n\nWij vragen u één ding."


def test_what_is_pasted_comes_back_as_the_text_of_a_letter(
    coordinator: PageClient, draft: Campaign
) -> None:
    token = Form(coordinator.page(NEW), NEW).values["csrf_token"]
    headers = {"Accept": "application/json"}

    def paste(html: str) -> TestResponse:
        data = {"html": html, "csrf_token": token}
        return coordinator.post("/kantoor/brieven/plak", data=data, headers=headers)

    read, refused = paste("<p><b>Dag</b> raad<img src=x>"), paste("<b><div>" * 300)

    assert read.json == {"text": "**Dag** raad", "left_out": ["1 afbeelding"]}
    assert (refused.status_code, refused.json["error"][-1]) == (422, ".")  # type: ignore[index]


def test_the_buttons_offer_what_fits_the_letter(coordinator: PageClient, draft: Campaign) -> None:
    first, second = (coordinator.page(f"{DRAFT}/stap/{n}/schrijf") for n in (1, 2))

    def offered(page: Page) -> set[str]:
        return {button.attrs.get("data-tekst", "") for button in page.all("button")}

    assert {"{{gemeente}}", "{{kenmerk}}"} <= offered(first)
    assert not {"{{eerste_brief.datum}}", "{{bijeenkomst.datum}}"} & offered(first)
    assert "{{eerste_brief.datum}}" in offered(second)


def test_a_bad_word_file_is_refused_and_what_was_typed_stays(
    coordinator: PageClient, draft: Campaign
) -> None:
    page = f"{DRAFT}/stap/1/schrijf"

    response = coordinator.submit(
        page,
        f"{page}?tekst=raad",
        mail="{{aanhef}}\n\nGetypt.",
        word_file=(io.BytesIO(b"geen document"), "brief.docx"),
    )

    assert response.status_code == 422
    assert "Dit bestand is niet te lezen." in response.text
    assert "Getypt." in response.text


def test_two_people_who_write_at_once_lose_nothing(
    coordinator: PageClient, draft: Campaign
) -> None:
    page = f"{DRAFT}/stap/1/schrijf"
    opened = Form(coordinator.page(page), f"{page}?tekst=raad").values

    coordinator.submit(page, f"{page}?tekst=raad", mail="{{aanhef}}\n\nVan de een.")
    late = coordinator.post(f"{page}?tekst=raad", data=opened | {"mail": "Van de ander."})

    kept = writing.current_texts(writing.find("oproep").steps[0])["raad"]
    assert late.status_code == 422
    assert "bewaarde intussen een andere tekst" in late.text
    assert "Van de ander." in late.text
    assert "Van de een." in kept.mail

    form = Form(Page(late.text), f"{page}?tekst=raad")
    assert coordinator.post(form.action, data=form.values).status_code == 303
    assert [one.mail for one in draft.steps[0].texts][-1] == "Van de ander."


def test_what_is_typed_is_kept_for_who_types_it_and_makes_no_version(
    coordinator: PageClient, owner: PageClient, draft: Campaign
) -> None:
    page, kept = f"{DRAFT}/stap/1/schrijf", f"{DRAFT}/stap/1/klad?tekst=raad"
    values = Form(coordinator.page(page), f"{page}?tekst=raad").values

    first = coordinator.post(kept, data=values | {"mail": "Half af"})
    again = coordinator.post(kept, data=values | {"mail": "Bijna af\r\n"})

    shown = Page(coordinator.get(page).text)
    assert (first.status_code, again.status_code) == (204, 204)
    assert Form(shown, f"{page}?tekst=raad").values["mail"] == "Bijna af"
    assert "Hier staat uw klad van" in shown.text
    assert "Half af" not in owner.get(page).text
    assert "Bijna af" not in owner.get(page).text
    assert len(draft.steps[0].texts) == 1

    coordinator.submit(page, f"{DRAFT}/stap/1/klad/weg?tekst=raad")
    assert "Bijna af" not in coordinator.get(page).text


def test_saving_ends_the_klad_and_typing_it_back_too(
    coordinator: PageClient, draft: Campaign
) -> None:
    page, kept = f"{DRAFT}/stap/1/schrijf", f"{DRAFT}/stap/1/klad?tekst=raad"
    values = Form(coordinator.page(page), f"{page}?tekst=raad").values

    coordinator.post(kept, data=values | {"mail": "Half af"})
    coordinator.post(kept, data=values)
    typed_back = db.session.scalars(select(StepDraft)).all()
    coordinator.post(kept, data=values | {"mail": "{{aanhef}}\n\nAf."})
    coordinator.submit(page, f"{page}?tekst=raad")

    assert typed_back == []
    assert db.session.scalars(select(StepDraft)).all() == []
    assert draft.steps[0].texts[-1].mail == "{{aanhef}}\n\nAf."


def test_a_klad_of_before_someone_saved_says_so_when_it_is_saved(
    coordinator: PageClient, owner: PageClient, draft: Campaign
) -> None:
    page = f"{DRAFT}/stap/1/schrijf"
    values = Form(coordinator.page(page), f"{page}?tekst=raad").values
    coordinator.post(f"{DRAFT}/stap/1/klad?tekst=raad", data=values | {"mail": "Van de een."})
    owner.submit(page, f"{page}?tekst=raad", mail="{{aanhef}}\n\nVan de ander.")

    late = coordinator.submit(page, f"{page}?tekst=raad")

    assert late.status_code == 422
    assert "bewaarde intussen een andere tekst" in late.text
    assert "Van de een." in late.text


def test_a_klad_is_refused_in_words_and_goes_with_its_letter(
    coordinator: PageClient, draft: Campaign
) -> None:
    page, kept = f"{DRAFT}/stap/1/schrijf", f"{DRAFT}/stap/1/klad?tekst=raad"
    values = Form(coordinator.page(page), f"{page}?tekst=raad").values
    coordinator.post(kept, data=values | {"mail": "Half af"})

    long = coordinator.post(kept, data=values | {"mail": "a" * 200_001})
    coordinator.submit(f"{DRAFT}/weg", f"{DRAFT}/weg")

    assert (long.status_code, "Maak hem korter." in long.text) == (422, True)
    assert db.session.scalars(select(StepDraft)).all() == []


def test_versions_show_what_changed_and_an_older_one_can_return(
    coordinator: PageClient, draft: Campaign
) -> None:
    page, older = f"{DRAFT}/stap/1/schrijf", f"{DRAFT}/stap/1/versies"
    before = draft.steps[0].texts[0].mail
    coordinator.submit(page, f"{page}?tekst=raad", mail=before.replace("raad", "gemeenteraad"))

    shown = coordinator.page(older)
    response = coordinator.submit(older, f"{older}/1?tekst=raad")

    assert "weg: raad" in shown.text
    assert "nieuw: gemeenteraad" in shown.text
    assert response.status_code == 303
    texts = writing.find("oproep").steps[0].texts
    assert [text.number for text in texts] == [1, 2, 3]
    assert texts[-1].mail == before


def test_a_letter_that_has_begun_keeps_its_text(coordinator: PageClient, draft: Campaign) -> None:
    coordinator.submit(DRAFT, f"{DRAFT}/start", gezien="in-recess")

    with pytest.raises(Refused, match="Wat verstuurd is, verandert niet meer"):
        versions.restore(draft.steps[0], "raad", 1, by=CLI, now=NOON)
    assert "Zet deze versie terug" not in coordinator.page(f"{DRAFT}/stap/1/versies").text
