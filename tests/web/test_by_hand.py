"""Letters that someone brings herself: listed, ready to copy, recorded, reminded."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from outreach.accounts.audit import SYSTEM
from outreach.campaigns import by_hand, planning, printing, scheduling
from outreach.campaigns.models import Campaign
from outreach.contacts import channels, gemeenten
from outreach.contacts.models import Channel, Function, SuppressionReason
from outreach.contacts.suppression import suppress_any
from outreach.db import db
from outreach.delivery.models import Message, State
from outreach.ledger import standing
from tests.campaigns.test_planning import load
from tests.conftest import NOON
from tests.factories import make_answer, make_contact
from tests.letters.test_pdf import open_pdf
from tests.web.page import PageClient

STEP = "/kantoor/brieven/oproep/stap/1"
SOEST = f"{STEP}/zelf/GM0342/raad"


@pytest.fixture
def campaign(client: PageClient, tmp_path: Path) -> Campaign:
    """To Zeist by mail, to Soest by a form, to Baarn by post (though it has an address)."""
    make_contact("Zeist")
    make_contact("Baarn")
    for name, channel in (("Soest", Channel.FORM), ("Baarn", Channel.POST)):
        code = gemeenten.find(name).code
        url = "https://soest.nl/contact" if channel is Channel.FORM else ""
        channels.choose(code, Function.GRIFFIER, channel, url, by=SYSTEM, now=NOON)
    db.session.commit()
    return load(tmp_path, "{province: Utrecht}")


def begin(campaign: Campaign) -> None:
    scheduling.queue_step(campaign.steps[0], key="k", now=NOON)
    db.session.execute(
        Message.__table__.update()
        .where(Message.state == State.QUEUED)
        .values(state=State.ACCEPTED, accepted_at=NOON)
    )
    db.session.commit()


def stand(campaign: Campaign, name: str) -> str:
    rows = standing.per_gemeente(campaign)
    return next(row.standing for row in rows if row.name == name).value


def test_who_takes_no_mail_is_listed_and_gets_none(coordinator, campaign) -> None:
    plan = planning.plan_step(campaign.steps[0], now=NOON)

    assert [one.gemeente_name for one in plan.send] == ["Zeist"]
    assert [(one.gemeente_name, one.reason) for one in plan.skip] == [("Baarn", "by-hand")]
    assert "Soest" not in [one.name for one in plan.missing]
    page = coordinator.page(STEP)
    assert "2 brieven brengt u zelf" in page.text
    assert page.links()["Soest"] == SOEST


def test_the_text_and_the_pdf_are_ready_to_copy(coordinator, campaign) -> None:
    page = coordinator.page(SOEST)

    assert "Oproep aan de raad van Soest" in page.source
    assert "Geachte griffier," in page.text
    assert "/antwoord/" in page.text
    assert "https://soest.nl/contact" in page.links().values()
    assert "Gedaan" not in [button.text for button in page.all("button")]  # not begun
    pdf = coordinator.get(f"{SOEST}/brief.pdf")
    assert pdf.data.startswith(b"%PDF")


def test_what_was_brought_counts_as_sent_once_and_can_be_taken_back(coordinator, campaign) -> None:
    begin(campaign)
    assert stand(campaign, "Soest") == "nog-niet"

    coordinator.submit(SOEST)
    step = campaign.steps[0]
    again = by_hand.todo(step, "GM0342", "raad", now=NOON)
    assert not by_hand.mark_done(step, again, by=SYSTEM, now=NOON)

    assert stand(campaign, "Soest") == "verstuurd"
    assert "Verstuurd via een webformulier, door Marit Zuidema" in coordinator.page(STEP).text
    assert "Aan het webformulier." in coordinator.page("/kantoor/gemeenten/GM0342").text
    coordinator.submit(SOEST, f"{SOEST}/ongedaan")
    assert stand(campaign, "Soest") == "nog-niet"


def test_its_reminder_is_one_to_bring_too(coordinator, campaign) -> None:
    begin(campaign)
    for code in ("GM0342", gemeenten.find("Baarn").code):
        coordinator.submit(f"{STEP}/zelf/{code}/raad")
    make_answer(campaign, "Baarn", "op-lijst")
    later = NOON + timedelta(days=18)

    due = by_hand.todos(campaign.steps[1], now=later)

    assert [one.gemeente.name for one in due] == ["Soest"]
    reader = by_hand.recipient(campaign.steps[1], due[0], now=later)
    assert reader.first is not None
    assert reader.first.sent_on == NOON.date()


def test_how_post_arrives_is_chosen_per_gemeente(coordinator: PageClient) -> None:
    make_contact("Zeist")
    page, way = "/kantoor/gemeenten/GM0355", "/kantoor/gemeenten/GM0355/post"
    assert "De griffie krijgt onze brieven per e-mail." in coordinator.page(page).text

    wrong = coordinator.submit(way, channel="webformulier", form_url="zeist")
    assert wrong.status_code == 422
    coordinator.submit(way, channel="post")

    assert "De griffie krijgt onze brieven per post." in coordinator.page(page).text
    assert channels.office_of("GM0355").channel is Channel.POST


def test_nothing_is_brought_before_the_letter_begins(coordinator, campaign) -> None:
    step = campaign.steps[0]
    one = by_hand.todo(step, "GM0342", "raad", now=NOON)

    with pytest.raises(Exception, match="nog niet begonnen"):
        by_hand.mark_done(step, one, by=SYSTEM, now=NOON)
    assert db.session.scalars(select(Message)).all() == []
    coordinator.page(f"{STEP}/zelf/GM0355/raad", 404)


def names(found: list[by_hand.Todo]) -> list[str]:
    return [one.gemeente.name for one in found]


def test_one_print_file_has_who_asked_for_post_or_has_no_address_that_works(
    coordinator: PageClient, campaign: Campaign
) -> None:
    step, zeist = campaign.steps[0], gemeenten.find("Zeist").code
    suppress_any("GM0310", SuppressionReason.ASKED, by=SYSTEM, now=NOON)  # De Bilt
    before = names(printing.to_do(step, now=NOON))
    begin(campaign)
    db.session.execute(Message.__table__.update().values(bounced_at=NOON))
    db.session.commit()

    after = printing.to_do(step, now=NOON)

    assert "Baarn" in before, "it asked for post"
    assert "Amersfoort" in before, "of it we have no address"
    assert not {"Zeist", "Soest", "De Bilt"} & set(before), "mail, a web form, no post at all"
    assert set(names(after)) - set(before) == {"Zeist"}, "its address failed"
    at = f"{STEP}/printbestand/"
    made = coordinator.get(f"{at}brieven.pdf?k=GM0308-raad&k={zeist}-raad")
    found = open_pdf(made.data)
    pages = [page.extract_text() for page in found.pages]
    assert "2 brieven om op de post te doen" in pages[0]
    assert len(pages) == 5, "each letter begins on an odd page"
    assert pages[1].strip() == pages[3].strip() == ""
    assert "De gemeenteraad van Baarn" in pages[2]
    assert "pagina 1 van 1" in pages[2]
    assert "De gemeenteraad van Zeist" in pages[4]
    marks = {one.title: found.get_destination_page_number(one) for one in found.outline}
    assert list(marks.items())[1:] == [
        ("De gemeenteraad van Baarn", 2),
        ("De gemeenteraad van Zeist", 4),
    ]
    assert found.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert found.trailer["/Root"]["/Lang"] == "nl-NL"
    one_side = coordinator.get(f"{at}brieven.pdf?k=GM0308-raad&k={zeist}-raad&enkelzijdig=1")
    assert len(open_pdf(one_side.data).pages) == 3


def test_what_was_posted_counts_as_sent_and_leaves_the_print_file(
    coordinator: PageClient, campaign: Campaign
) -> None:
    step, at = campaign.steps[0], f"{STEP}/printbestand/"
    assert "Noteer als gepost" not in coordinator.page(at).text
    begin(campaign)

    coordinator.submit(at, k=["GM0307-raad", "GM0308-raad"])

    assert stand(campaign, "Amersfoort") == stand(campaign, "Baarn") == "verstuurd"
    assert not {"Amersfoort", "Baarn"} & set(names(printing.to_do(step, now=NOON)))
    later = printing.to_do(campaign.steps[1], now=NOON + timedelta(days=18))
    assert names(later) == ["Amersfoort", "Baarn"], "their reminder goes by post too"
    page = coordinator.page(at)
    assert "2 brieven gepost" in page.text
    coordinator.submit(at, f"{at}ongedaan")
    assert stand(campaign, "Amersfoort") == "nog-niet"
    assert coordinator.submit(at, k=None).status_code == 409
