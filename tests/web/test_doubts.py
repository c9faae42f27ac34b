"""Onzeker: what may have been sent, from the first page to the decision."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from outreach.accounts.models import AuditEntry
from outreach.campaigns.models import Campaign, Step
from outreach.clock import system_now
from outreach.db import db
from outreach.delivery import evidence
from outreach.delivery.models import Kind, Look, Message, Proof, State
from outreach.web.context import links
from tests.conftest import NOON
from tests.delivery import doubts
from tests.factories import make_campaign, make_contact, make_message
from tests.web import scenes
from tests.web.page import PageClient

LIST = "/kantoor/onzeker/"


@pytest.fixture
def letter(app: Flask) -> Message:
    """Zeist's letter, whose sender died in the middle of it."""
    campaign = make_campaign(name="Oproep", slug="oproep")
    queued = {"state": State.QUEUED, "accepted_at": None}
    message = make_message(campaign, make_contact("Zeist", "griffie@zeist.example"), **queued)
    return doubts.put_in_doubt(message.id)


def page_of(message: Message) -> str:
    return f"{LIST}{message.id}"


def test_every_way_leads_to_the_letter_in_doubt(coordinator: PageClient, letter: Message) -> None:
    here = page_of(letter)

    first = coordinator.page("/kantoor/")
    assert "Oproep: Zeist. De verbinding brak tijdens het versturen." in first.text
    assert first.links()["1 brief misschien verstuurd"] == f"{LIST}?brief=oproep"
    for url in ("/kantoor/brieven/oproep", "/kantoor/gemeenten/GM0355", LIST):
        assert here in coordinator.page(url).links().values(), url


def test_the_letter_shows_what_was_said_and_where_was_looked(
    coordinator: PageClient, letter: Message
) -> None:
    db.session.add(
        Look(message_id=letter.id, place=Proof.RELAY_LOG, at=NOON, found="het noemt hem niet")
    )
    db.session.commit()
    told = coordinator.page(page_of(letter)).text

    assert "Of Zeist deze brief kreeg, is niet zeker." in told
    assert "De woorden van het gesprek zijn niet bewaard" in told
    assert "genoteerd: vanaf hier kan de brief weg zijn" in told
    assert "het proces dat verstuurde, stopte plotseling of hing" in told
    assert "Log van de mailserver het noemt hem niet gekeken ma 23 maart, 9.00 uur" in told
    assert "Map Verzonden nog niet bekeken" in told

    letter.transcript = "127.0.0.1:25\nMAIL FROM:<a@b.example>\n250 Ok"
    db.session.commit()
    assert "MAIL FROM:<a@b.example>" in coordinator.page(page_of(letter)).text


def test_a_person_says_that_it_arrived(coordinator: PageClient, letter: Message) -> None:
    response = coordinator.submit(page_of(letter), was="aangekomen", reden="de griffie belde")

    db.session.refresh(letter)
    assert response.status_code == 303
    assert (letter.state, letter.settled_note) == (State.ACCEPTED, "de griffie belde")
    assert "Niets is in twijfel." in coordinator.page(LIST).text
    settled = "Was misschien verstuurd; telt als aangekomen. Dat besliste Marit Zuidema."
    assert settled in coordinator.page(page_of(letter)).text
    assert settled in coordinator.page("/kantoor/gemeenten/GM0355").text


@pytest.mark.parametrize(
    ("sent", "fault"),
    [
        ({"was": "weg"}, "Zeg hoe u weet dat de brief niet aankwam"),
        ({"was": "weg", "reden": "  "}, "Zeg hoe u weet dat de brief niet aankwam"),
        ({}, "Kies “Is aangekomen” of “Stuur opnieuw”."),
        ({"was": "weet niet"}, "Kies “Is aangekomen” of “Stuur opnieuw”."),
    ],
)
def test_a_letter_is_not_sent_again_without_a_reason(
    coordinator: PageClient, letter: Message, sent: dict[str, str], fault: str
) -> None:
    response = coordinator.submit(page_of(letter), **sent)

    db.session.refresh(letter)
    assert response.status_code == 422
    assert fault in response.text
    assert letter.state is State.UNCERTAIN


def test_a_person_has_it_sent_again(coordinator: PageClient, letter: Message) -> None:
    before = letter.message_id

    coordinator.submit(page_of(letter), was="weg", reden="de griffier vond niets")

    db.session.refresh(letter)
    assert (letter.state, letter.message_id) == (State.QUEUED, before)
    entry = db.session.scalars(select(AuditEntry)).one()
    assert entry.note == "de griffier vond niets"


def test_nobody_decides_while_its_sender_may_read_an_answer(
    coordinator: PageClient, letter: Message
) -> None:
    with doubts.living() as life:
        with db.engine.begin() as connection:
            held = {"owner": life.id, "submitting_at": system_now()}
            connection.execute(update(Message).values(**held))
        db.session.expire_all()
        fields = coordinator.page("/kantoor/").all("input")
        token = next(f.attrs["value"] for f in fields if f.attrs.get("name") == "csrf_token")
        shown = coordinator.page(page_of(letter))
        refused = coordinator.post(page_of(letter), data={"csrf_token": token, "was": "aangekomen"})
        db.session.rollback()

    assert "U kunt beslissen vanaf" in shown.text
    assert refused.status_code == 409
    assert "Kies opnieuw na" in refused.text
    assert "Stuur opnieuw" in coordinator.page(page_of(letter)).text


def test_one_that_settled_itself_says_how(coordinator: PageClient, letter: Message) -> None:
    evidence.arrived(letter, Proof.RECEIPT, "Wij ontvingen uw brief.", now=NOON)
    db.session.commit()

    told = coordinator.page(page_of(letter)).text
    assert "telt als aangekomen, want er kwam een ontvangstbevestiging van deze brief." in told
    assert "Wij ontvingen uw brief." in told
    assert "Stuur opnieuw" not in told
    assert (
        "want er kwam een ontvangstbevestiging"
        in coordinator.page("/kantoor/gemeenten/GM0355").text
    )


def test_what_was_never_in_doubt_has_no_page(coordinator: PageClient) -> None:
    campaign = make_campaign()
    message = make_message(campaign, make_contact("Zeist", "griffie@zeist.example"))

    coordinator.page(page_of(message), 404)
    coordinator.page(f"{LIST}99999", 404)


def test_a_reader_looks_and_decides_nothing(reader: PageClient, letter: Message) -> None:
    page = reader.page(page_of(letter))

    assert "Stuur opnieuw" not in page.text
    assert not [f for f in page.all("form") if f.attrs.get("action") == page_of(letter)]


def test_the_list_costs_the_same_however_long(
    coordinator: PageClient, app: Flask, query_count
) -> None:
    scenes.make_griffies(most=20)
    costs = []
    for uncertain in (1, 3):
        campaign = scenes.make_letter(f"Brief {uncertain}")
        scenes.make_sent(campaign, uncertain=uncertain)
        with query_count() as counted:
            coordinator.page(LIST)
        costs.append(counted.count)

    assert costs[0] == costs[1]


def test_a_notice_is_there_once_its_second_try_failed_too(
    coordinator: PageClient, app: Flask
) -> None:
    message = doubts.in_doubt("zeist", Kind.NOTICE)
    assert "Niets is in twijfel." in coordinator.page(LIST).text

    message.settled_by = "system:resend"
    db.session.commit()

    assert "Oproep" in coordinator.page(LIST).text
    assert "1 bericht misschien verstuurd" in coordinator.page("/kantoor/").text
    assert "griffie@zeist.example" in coordinator.page(page_of(message)).h1


def test_done_is_never_said_while_one_is_in_doubt(coordinator: PageClient, app: Flask) -> None:
    scenes.make_griffies(most=6)
    campaign: Campaign = scenes.make_letter()
    campaign.slug = "oproep"
    campaign.steps.pop()
    scenes.make_sent(campaign, uncertain=1)
    home = "/kantoor/brieven/oproep"

    assert "klaar" not in coordinator.page(home).text.lower()
    assert "klaar" not in coordinator.page("/kantoor/").text.lower()

    db.session.execute(
        update(Message).where(Message.state == State.UNCERTAIN).values(state=State.ACCEPTED)
    )
    db.session.commit()
    assert "klaar" in coordinator.page(home).text


def test_what_left_long_ago_may_be_decided_though_its_sender_lives(
    coordinator: PageClient, letter: Message
) -> None:
    with doubts.living() as life:
        with db.engine.begin() as connection:
            held = {"owner": life.id, "submitting_at": system_now() - timedelta(minutes=16)}
            connection.execute(update(Message).values(**held))
        db.session.expire_all()

        response = coordinator.submit(page_of(letter), was="aangekomen")
        db.session.rollback()

    assert response.status_code == 303


def test_one_click_shows_that_the_letter_arrived_and_its_page_does_not(
    client: PageClient, letter: Message
) -> None:
    def url(link: str) -> str:
        return link.removeprefix("http://127.0.0.1:8000")

    own = url(links().one_click(letter.message_id, now=NOON))
    of_all = url(links().no_more_mail(letter.sender_id, now=NOON))
    answer = url(links().answer(campaign_of(letter), "GM0355", "raad", now=NOON))

    client.get(own)
    client.post(of_all, data={"adres": letter.address})
    client.post(answer, data={"antwoord": "doorgestuurd"})
    assert db.session.get_one(Message, letter.id).state is State.UNCERTAIN

    client.post(own, data={"List-Unsubscribe": "One-Click"})

    db.session.refresh(letter)
    assert (letter.state, letter.settled_by) == (State.ACCEPTED, "evidence:one-click:sent")


def campaign_of(letter: Message) -> int:
    """The campaign of a letter."""
    return db.session.get_one(Step, letter.step_id).campaign_id
