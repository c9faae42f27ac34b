"""Stukken in the dossier: a college's letter is filed, found by its number, corrected, removed."""

import io
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from outreach.answers.models import Document
from outreach.campaigns.models import CampaignState
from outreach.db import db
from tests.answers.test_documents import HEAD, page_of, pdf_of
from tests.factories import make_campaign, make_contact, make_message
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
