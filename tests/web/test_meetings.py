"""The pages of meetings: what everyone reads before coming."""

from outreach.db import db
from tests.factories import make_meeting, make_sender
from tests.web.page import PageClient


def test_the_essentials_come_first_and_the_form_is_one_press_away(client: PageClient) -> None:
    make_sender()
    make_meeting(audience="Raadsleden", costs="Geen", accessibility="Geen drempels")
    db.session.commit()

    page = client.page("/bijeenkomsten/haarlem?g=GM0355")

    labels = [node.text.strip() for node in page.all("dt")]
    assert labels[:6] == ["Wanneer", "Waar", "Voor wie", "Plaatsen", "Kosten", "Toegang"]
    assert "do 4 juni 2026, 13.30 tot 17.00 uur" in page.text
    assert "Nog 25 van de 25 plaatsen" in page.text
    assert page.links()["Meld u aan"] == "/bijeenkomsten/haarlem/aanmelden?g=GM0355"
