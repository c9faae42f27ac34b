"""Stukken in the dossier: a college's letter is filed, found by its number, corrected, removed."""

import io
from datetime import date
from email import message_from_bytes
from email.policy import SMTP
from typing import Any

import pytest
from sqlalchemy import select

from outreach.answers.models import Document
from outreach.campaigns import previewing, rendering
from outreach.campaigns.models import Campaign, CampaignState
from outreach.campaigns.rendering import Renderer
from outreach.contacts.models import Contact, Function
from outreach.db import db
from outreach.delivery.models import Kind, Message
from outreach.web.context import links, store
from tests.answers.test_documents import HEAD, page_of, pdf_of
from tests.conftest import NOON
from tests.factories import make_campaign, make_contact, make_message, make_sender
from tests.letters.test_pdf import text_of
from tests.web.page import Form, PageClient

AA = "/kantoor/gemeenten/GM1680"
NEW = f"{AA}/stuk/nieuw"
#: The letter of the college of Aa en Hunze, with invented names.
COLLEGE = {
    "subject": "Transformatieplan Mentale Gezondheid Drenthe",
    "number": "2026-004273",
    "dated": "2026-03-20",
    "sent_on": "2026-03-21",
    "handled_by": "R. de Proef",
    "signatories": "S. van Dalen, secretaris\nB. Meester, burgemeester",
}


def file_it(client: PageClient, file: bytes | None = None, **values: Any) -> Document:
    given = Form(client.page(NEW), NEW).values | COLLEGE | values
    if file is not None:
        given["file"] = (io.BytesIO(file), "Raadsbrief é.pdf")
    response = client.post(NEW, data=given, content_type="multipart/form-data")
    assert response.status_code == 303, response.text
    return db.session.scalars(select(Document).order_by(Document.id.desc())).first()


def test_a_letter_of_the_college_is_filed_seen_and_found_by_its_number(coordinator, reader) -> None:
    make_message(make_campaign(state=CampaignState.RUNNING), make_contact("Aa en Hunze"))
    document = file_it(coordinator, pdf_of(page_of("Over inloophuizen en herstel in Drenthe")))

    dossier = reader.page(AA)
    at = f"{AA}/stuk/{document.id}"
    title = "Ontvangen stuk: Transformatieplan Mentale Gezondheid Drenthe"
    assert dossier.links()[title] == at
    assert "Van het college, nummer 2026-004273, behandeld door R. de Proef." in dossier.text
    assert dossier.text.index("Brief verstuurd") < dossier.text.index("za 21 maart")
    page = reader.page(at)
    for said in ("21 maart 2026", "S. van Dalen", "burgemeester", "Over inloophuizen en herstel"):
        assert said in page.text
    assert "Verbeter" not in page.links()
    found = reader.page("/kantoor/zoek/?q=2026-004273")
    assert found.links()["Transformatieplan Mentale Gezondheid Drenthe"] == at
    assert "Aa en Hunze" in found.text


def test_the_pdf_is_only_ever_downloaded(coordinator) -> None:
    document = file_it(coordinator, pdf_of(page_of("Dit is de tekst van een stuk")))

    response = coordinator.get(f"{AA}/stuk/{document.id}/stuk.pdf")

    assert response.data.startswith(b"%PDF")
    assert response.headers["Content-Disposition"].startswith("attachment; filename")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response.headers["Content-Security-Policy"]
    coordinator.page(f"/kantoor/gemeenten/GM0355/stuk/{document.id}", status=404)


def test_a_pdf_alone_fills_the_rest_and_asks_to_look(coordinator) -> None:
    empty = dict.fromkeys(COLLEGE, "")
    document = file_it(coordinator, pdf_of(page_of(*HEAD.split("\n"))), **empty)

    page = coordinator.page(f"{AA}/stuk/{document.id}/verbeter")

    assert "kijk het na" in page.text
    assert (document.number, document.dated) == ("2026-004273", date(2026, 3, 19))
    assert Form(page, f"{AA}/stuk/{document.id}/verbeter").values["handled_by"] == "R. de Proef"


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"subject": ""}, "Vul het onderwerp van het stuk in"),
        ({"dated": "2027-01-01"}, "ligt in de toekomst"),
        ({"url": "niets"}, "Vul een heel webadres in"),
        ({"file": b"MZ geen pdf"}, "geen PDF"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(coordinator, values, says) -> None:
    given = Form(coordinator.page(NEW), NEW).values | COLLEGE | values
    if "file" in given:
        given["file"] = (io.BytesIO(given["file"]), "a.pdf")

    response = coordinator.post(NEW, data=given, content_type="multipart/form-data")

    assert response.status_code == 422
    assert says in response.text
    assert "S. van Dalen, secretaris" in response.text


def test_it_is_corrected_removed_and_put_back(coordinator) -> None:
    document = file_it(coordinator)
    at = f"{AA}/stuk/{document.id}"

    coordinator.submit(f"{at}/verbeter", subject="Ander onderwerp")
    assert coordinator.page(at).h1 == "Ander onderwerp"
    assert document.signatories[1] == {"name": "B. Meester", "function": "burgemeester"}
    coordinator.submit(at, f"{at}/weg")
    assert "Ander onderwerp" not in coordinator.page(AA).text
    assert "niets gevonden" in coordinator.page("/kantoor/zoek/?q=2026-004273").text.lower()
    coordinator.submit(at, f"{at}/terug")
    assert "Ander onderwerp" in coordinator.page(AA).text


def test_a_reader_only_looks(reader) -> None:
    assert reader.get(NEW).status_code == 403


def test_a_letter_in_reply_names_their_kenmerk_and_date(coordinator) -> None:
    make_sender(handled_by="Marit Zuidema", direct_phone="030 123 45 67", place="Utrecht")
    make_contact("Aa en Hunze", function=Function.COLLEGE)
    document = file_it(coordinator)
    at = f"{AA}/stuk/{document.id}"

    begun = coordinator.submit(at, f"{at}/beantwoord")
    token = Form(coordinator.page(at), f"{at}/weg").values["csrf_token"]
    again = coordinator.post(f"{at}/beantwoord", data={"csrf_token": token})

    assert again.location == begun.location, "pressed twice, it is one letter"
    campaign = db.session.scalars(select(Campaign)).one()
    assert campaign.audience == {"role": ["college"], "gemeente": ["GM1680"]}
    assert "U begon een brief als antwoord" in coordinator.page(at).text
    words = letter_of(campaign)
    for said in (
        "Het college van burgemeester en wethouders van de gemeente Aa en Hunze",
        "Uw kenmerk 2026-004273",
        "Uw brief van 20 maart 2026",
        "Behandeld door Marit Zuidema Telefoon 030 123 45 67",
        "Dank voor uw brief van 20 maart 2026 over “Transformatieplan",
    ):
        assert said in words, words
    mail = previewing.raw(campaign, "griffie@aaenhunze.example", step=1, renderer=renderer())
    text = message_from_bytes(mail, policy=SMTP).get_body(("plain",)).get_content()
    assert "uw brief van 20 maart 2026, uw kenmerk 2026-004273." in " ".join(text.split())
    coordinator.submit(f"/kantoor/brieven/{campaign.slug}/wijzig", handled_by="Joke Zandstra")
    assert "Behandeld door Joke Zandstra Uw" not in letter_of(campaign)
    assert "Behandeld door Joke Zandstra" in letter_of(campaign)
    assert "030 123 45 67" not in letter_of(campaign), "her number is not Marit's"
    assert campaign.in_reply_to, "the form keeps what it does not ask"


def renderer() -> Renderer:
    return Renderer(links(), store(), NOON)


def letter_of(campaign: Campaign) -> str:
    db.session.expire_all()
    with db.session.no_autoflush:
        contact = db.session.scalars(select(Contact)).first()
        message = Message(
            kind=Kind.LETTER,
            step_id=campaign.steps[0].id,
            text_id=campaign.steps[0].texts[-1].id,
            contact_id=contact.id,
            gemeente_code="GM1680",
            variant="college",
            address=contact.addresses[0].email,
            not_before=NOON,
        )
        name, made = renderer().pdf(rendering.recipient_of(db.session(), message))
    assert "aan college Aa en Hunze" in name
    return text_of(made)
