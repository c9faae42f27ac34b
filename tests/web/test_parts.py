"""Parts of a day in the browser: choosing, changing, the office's form, the griffie's desk."""

import io

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import select

from outreach.accounts.audit import CLI
from outreach.db import db
from outreach.events import keeping, loading, parts
from outreach.events.models import Meeting, Registration
from tests.conftest import NOON
from tests.events.test_parts import FILE, chooses
from tests.factories import MEETING_LINKS, make_sender
from tests.web.page import Page, PageClient

PAGE = "/bijeenkomsten/haarlem"
FORM = f"{PAGE}/aanmelden"
OFFICE = "/kantoor/bijeenkomsten/haarlem"
NOOR = {"naam": "Noor de Wit", "email": "n.dewit@raad.example", "functie": "raadslid"}


@pytest.fixture
def haarlem(app: Flask) -> Meeting:
    make_sender()
    meeting, _ = loading.load(FILE, links=MEETING_LINKS, by=CLI, now=NOON)
    db.session.commit()
    return meeting


def ids(meeting: Meeting, *titles: str) -> list[str]:
    return [str(one.id) for one in parts.titled(meeting, titles)]


def noor() -> Registration:
    db.session.expire_all()
    return db.session.scalars(
        select(Registration).where(
            Registration.cancelled_at.is_(None), Registration.name == "Noor de Wit"
        )
    ).one()


def test_choosing_a_part_is_coming_that_day_and_can_be_changed(
    client: PageClient, haarlem: Meeting
) -> None:
    assert "Wonen tot 14.30 uur, zaal 2. Nog 1 plaats" in Page(client.get(PAGE).text).text

    done = client.submit(FORM, FORM, **NOOR, onderdeel=ids(haarlem, "Wonen"))

    assert "Wonen, 13.00 tot 14.30 uur" in Page(done.text).text
    assert "U%20koos%3A%0A13.00" in done.text  # in what Google's and Outlook's buttons carry
    own = f"/aanmelding/{noor().secret}"
    assert [one.title for one in parts.of(noor())] == ["Wonen"]
    form = Page(client.get(FORM).text)
    boxes = {one.attrs["id"]: one.attrs for one in form.all("input") if "id" in one.attrs}
    assert "disabled" in boxes[f"onderdeel-{ids(haarlem, 'Wonen')[0]}"]
    answer = client.post(own, data={"doe": "onderdelen", "onderdeel": ids(haarlem, "Wandeling")})
    assert "Uw keuze is bewaard" in Page(answer.text).text
    assert [one.title for one in parts.of(noor())] == ["Wandeling"]
    both = {"doe": "onderdelen", "onderdeel": ids(haarlem, "Wonen", "Zorg")}
    refused = client.post(own, data=both)
    assert refused.status_code == 422
    assert "op hetzelfde moment" in Page(refused.text).text


def test_a_part_that_filled_meanwhile_keeps_what_was_typed(
    client: PageClient, haarlem: Meeting
) -> None:
    form = client.get(FORM)
    assert form.status_code == 200
    chooses(haarlem, 1, "Wonen")
    db.session.commit()

    refused = client.post(FORM, data=NOOR | {"onderdeel": ids(haarlem, "Wonen")})

    assert refused.status_code == 409
    page = Page(refused.text)
    assert "Bij “Wonen” is geen plaats meer. Kies een ander onderdeel, of geen." in page.text
    assert 'value="Noor de Wit"' in refused.text
    assert client.post(FORM, data=NOOR | {"onderdeel": "987"}).status_code == 422


def test_the_office_writes_parts_as_lines_and_chooses_for_who_calls(
    coordinator: PageClient, haarlem: Meeting
) -> None:
    shown = Page(coordinator.get(f"{OFFICE}/wijzig").text)
    (box,) = [one for one in shown.all("textarea") if one.attrs["name"] == "days-0-parts"]
    lines = box.text.strip().splitlines()
    assert lines[0] == "13.00-14.30 Wonen; zaal 2; 1 plaatsen"

    wrong = coordinator.submit(
        f"{OFFICE}/wijzig", f"{OFFICE}/wijzig", **{"days-0-parts": "Wonen om één uur"}
    )
    assert (wrong.status_code, "Regel 1: begin met de tijden" in Page(wrong.text).text) == (
        422,
        True,
    )
    more = "\n".join([*lines, "16:00 tot 16:30 uur: Borrel; https://meet.example/b"])
    coordinator.submit(f"{OFFICE}/wijzig", f"{OFFICE}/wijzig", **{"days-0-parts": more})
    db.session.expire_all()
    (*same, new) = keeping.facts_of(haarlem).days[0].parts
    assert [one.title for one in same] == ["Wonen", "Zorg", "Wandeling"]
    assert (new.title, f"{new.opens:%H.%M}", new.online_url) == (
        "Borrel",
        "16.00",
        "https://meet.example/b",
    )

    one = chooses(haarlem, 1)
    db.session.commit()
    address = f"{OFFICE}/aanmelding/{one.id}"
    coordinator.submit(address, f"{address}/onderdelen", part_ids=ids(haarlem, "Wonen"))
    db.session.expire_all()
    assert [part.title for part in parts.of(one)] == ["Wonen"]
    assert "1 koos dit, van 1 plaats" in Page(coordinator.get(OFFICE).text).text


def test_the_office_calls_a_part_off_and_takes_that_back(
    client: PageClient, coordinator: PageClient, haarlem: Meeting
) -> None:
    chooses(haarlem, 1, "Wonen")
    db.session.commit()
    address = f"{OFFICE}/onderdeel/{ids(haarlem, 'Wonen')[0]}"
    chooses(haarlem, 2)
    db.session.commit()
    paper = coordinator.get(f"{address}/lijst.pdf").data
    words = PdfReader(io.BytesIO(paper)).pages[0].extract_text()
    assert "Wonen, Haarlem, 4 juni 2026, 13.00 tot 14.30 uur" in " ".join(words.split())
    assert ("Noor de Wit 1" in words, "Noor de Wit 2" in words) == (True, False)
    assert "1 mens koos dit onderdeel" in Page(coordinator.get(f"{address}/annuleer").text).text

    coordinator.submit(f"{address}/annuleer", f"{address}/annuleer", reason="Ziek.")
    done = Page(coordinator.get(OFFICE).text).text
    assert "“Wonen” gaat niet door. 1 mens krijgt een mail." in done
    assert "Wonen tot 14.30 uur. Gaat niet door" in Page(client.get(PAGE).text).text
    lines = coordinator.get(f"{OFFICE}/wijzig").text
    assert "13.00-14.30 Wonen; zaal 2; 1 plaatsen; gaat niet door" in lines
    coordinator.submit(f"{OFFICE}/wijzig", f"{OFFICE}/wijzig", costs="Gratis")
    assert "Niemand hoefde een mail." in Page(coordinator.get(OFFICE).text).text
    refused = client.post(FORM, data=NOOR | {"onderdeel": ids(haarlem, "Wonen")})
    assert (refused.status_code, "“Wonen” gaat niet door" in refused.text) == (409, True)

    coordinator.submit(f"{address}/toch", f"{address}/toch")
    back = Page(coordinator.get(OFFICE).text).text
    assert "“Wonen” gaat toch door. 1 mens krijgt een mail." in back
    assert coordinator.get(f"{OFFICE}/onderdeel/987/annuleer").status_code == 404
