"""The page with recesses: read by all, changed by coordinators."""

import io

from outreach.contacts import gemeenten, recesses
from outreach.db import db
from tests.factories import make_contact
from tests.web import scenes
from tests.web.page import PageClient

PAGE = "/kantoor/instellingen/reces"


def test_a_recess_is_added_changed_and_taken_out(coordinator: PageClient) -> None:
    days = {"from_day": "2026-03-30", "until_day": "2026-04-03"}
    sent = coordinator.submit(f"{PAGE}/nieuw", name="paasvakantie", region="zuid", **days)
    assert sent.status_code == 303
    made = next(one for one in recesses.listed() if one.name == "paasvakantie")

    wrong = coordinator.submit(f"{PAGE}/{made.id}", until_day="2026-03-01")
    assert wrong.status_code == 422
    assert "De laatste dag ligt voor de eerste dag." in wrong.text
    coordinator.submit(f"{PAGE}/{made.id}", f"{PAGE}/{made.id}/weg")
    assert "paasvakantie is uit de lijst" in coordinator.page(PAGE).text
    assert "paasvakantie" not in coordinator.page(PAGE).text


def test_a_gemeente_can_follow_another_region(coordinator: PageClient) -> None:
    coordinator.submit(PAGE, f"{PAGE}/gemeente", gemeente="Tiel", follows="zuid")
    assert "Tiel zuid midden" in coordinator.page(PAGE).text
    refused = coordinator.submit(PAGE, f"{PAGE}/gemeente", gemeente="Teil", follows="")

    assert recesses.followed(gemeenten.find("Tiel")).value == "zuid"
    assert refused.status_code == 422
    assert "“Teil” kennen wij niet" in refused.text


def test_the_list_is_replaced_by_a_file(coordinator: PageClient) -> None:
    def send(data: bytes) -> str:
        coordinator.submit(PAGE, file=(io.BytesIO(data), "reces.csv"))
        return coordinator.page(PAGE).text

    data = coordinator.get(f"{PAGE}/reces.csv").data

    assert "De lijst heeft nu 1 recessen" in send(
        b"naam,regio,van,t/m\nmei,zuid,2026-05-01,2026-05-08"
    )
    send(data)
    assert recesses.to_csv() == data


def test_a_reader_sees_the_table_and_no_buttons(reader: PageClient) -> None:
    text = reader.page(PAGE).text

    assert "meivakantie" in text
    assert "Bewaar de regio" not in text
    assert "Voeg een reces toe" not in text


def test_a_letter_keeps_out_of_recess_and_begins_with_a_few(coordinator: PageClient) -> None:
    make_contact("Zeist")
    campaign = scenes.make_draft("Deltaplan")
    letter = f"/kantoor/brieven/{campaign.slug}"
    write = f"{letter}/stap/1/schrijf?tekst=raad"
    coordinator.submit(write, write, not_in_recess="y", send_at="2026-04-27T09:00")
    wrong = coordinator.submit(f"{letter}/wijzig", soft_gemeenten="Zeits")
    assert wrong.status_code == 422
    assert "“Zeits” kennen wij niet" in wrong.text

    coordinator.submit(f"{letter}/wijzig", soft_first="5", soft_rest="24")

    db.session.expire_all()
    assert (campaign.soft_first, campaign.soft_hours) == (5, 24)
    assert campaign.steps[0].not_in_recess
    assert "eerst 5 gemeenten, de rest na 24 uur" in coordinator.page(letter).text
    assert "Op ma 4 mei" in coordinator.page(f"{letter}/stap/1").text
