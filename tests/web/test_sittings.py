"""The page with raadsvergaderingen: read by all, changed by coordinators."""

import io
from datetime import date

from outreach.accounts.audit import SYSTEM
from outreach.contacts import gemeenten, sittings
from outreach.contacts.sittings import Typed
from tests.conftest import NOON
from tests.web.page import PageClient

PAGE = "/kantoor/instellingen/raadsvergaderingen"


def test_a_vergadering_is_added_changed_and_taken_out(coordinator: PageClient) -> None:
    typed = {"gemeente": "zeist", "kind": "raad", "source": "https://zeist.example/"}
    wrong = coordinator.submit(f"{PAGE}/nieuw", **typed | {"gemeente": "Ziest"}, day="2026-03-26")
    assert wrong.status_code == 422
    assert "“Ziest” kennen wij niet" in wrong.text
    coordinator.submit(f"{PAGE}/nieuw", **typed, day="2026-03-26")
    made = sittings.everything()[0]

    again = coordinator.submit(f"{PAGE}/nieuw", **typed, day="2026-03-26")
    assert "Deze vergadering staat al in de lijst." in again.text
    coordinator.submit(f"{PAGE}/{made.id}", day="2026-04-02")
    seen = coordinator.page(f"{PAGE}?gemeente=Zeist")
    assert "do 2 april 2026" in seen.text
    assert "zeist.example" in seen.text
    assert "do 2 april 2026" in coordinator.page("/kantoor/gemeenten/GM0355").text
    coordinator.submit(f"{PAGE}/{made.id}", f"{PAGE}/{made.id}/weg")
    assert "Er staat geen vergadering in de lijst" in coordinator.page(PAGE).text


def test_a_file_is_added_and_says_which_lines_were_left_out(coordinator: PageClient) -> None:
    def send(data: bytes) -> str:
        return coordinator.submit(PAGE, file=(io.BytesIO(data), "raden.csv")).text

    told = send(b"gemeente;datum\nZeist;2026-04-02\nTeil;2026-04-02\n")
    assert "1 regel is niet overgenomen" in told
    assert "Teil · 2026-04-02" in told
    send(b"gemeente;datum\nTiel;2026-03-05\n")
    assert "1 nieuw, 0 gewijzigd, 0 stonden er al." in coordinator.page(PAGE).text
    assert "Tiel" in coordinator.page(f"{PAGE}?voorbij=ja").text
    assert "Kies het bestand" in coordinator.submit(PAGE).text

    assert coordinator.get(f"{PAGE}/raadsvergaderingen.csv").data == sittings.to_csv()


def test_a_reader_finds_them_and_a_name_that_is_two_asks(reader: PageClient) -> None:
    zeist = gemeenten.find("Zeist").code
    sittings.add(Typed(zeist, date(2026, 4, 2)), by=SYSTEM, now=NOON)

    text = reader.page(f"{PAGE}?gemeente=Zeist").text

    assert "do 2 april 2026" in text
    assert "Voeg een vergadering toe" not in text
    assert "GM0373" in reader.page(f"{PAGE}?gemeente=Bergen").text
