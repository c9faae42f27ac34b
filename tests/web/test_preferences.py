import pytest
from flask import Flask

from outreach.accounts import people, senders, signing_in
from outreach.accounts.audit import CLI
from outreach.accounts.limits import Limits
from outreach.accounts.models import Role
from outreach.db import db
from outreach.delivery import receivers
from tests.conftest import NOON
from tests.factories import PASSWORD, make_coordinator, make_sender, sign_in
from tests.web.page import Page, PageClient

HOME = "/kantoor/instellingen/"
SENDER = "/kantoor/instellingen/afzender"
ACCOUNT = "/kantoor/instellingen/account"
FACTS = {
    "name": "Naast Elkaar",
    "email": "post@naastelkaar.example",
    "address": "Postbus 100, 3500 AA Utrecht",
}


def test_a_sender_is_added_with_its_letterhead(owner: PageClient) -> None:
    response = owner.submit(
        SENDER,
        **FACTS,
        place="Utrecht",
        signatories="Marit Zuidema, coördinator\n\nJoost van Aalten",
        cosigners="Initiatief Ademruimte",
    )

    sender = senders.find("post@naastelkaar.example")
    assert response.status_code == 303
    assert sender.signatories == [
        {"name": "Marit Zuidema", "function": "coördinator"},
        {"name": "Joost van Aalten", "function": ""},
    ]
    assert sender.cosigners == ["Initiatief Ademruimte"]
    assert "Naast Elkaar" in owner.page(HOME).text


def test_a_sender_keeps_what_is_not_changed(owner: PageClient) -> None:
    owner.submit(SENDER, **FACTS, signatories="Marit Zuidema, coördinator", phone="030 000 00 00")
    sender = senders.find("post@naastelkaar.example")

    owner.submit(f"{SENDER}/{sender.id}", subtitle="Coalitie tegen eenzaamheid")

    assert sender.subtitle == "Coalitie tegen eenzaamheid"
    assert sender.phone == "030 000 00 00"
    assert sender.signatories == [{"name": "Marit Zuidema", "function": "coördinator"}]


LIMITS = ("per_minute", "per_hour", "per_day", "megabytes_per_hour", "connections")


def test_a_mail_host_fills_in_its_limits_and_they_can_be_changed(owner: PageClient) -> None:
    def kept() -> list[int | None]:
        sender = senders.find("post@naastelkaar.example")
        db.session.refresh(sender)
        return [getattr(sender, name) for name in LIMITS]

    owner.submit(SENDER, **FACTS)
    assert kept() == [None] * 5
    change = f"{SENDER}/{senders.find('post@naastelkaar.example').id}"

    owner.submit(change, mail_host="microsoft365")
    assert kept() == [30, None, 10_000, None, 3]
    owner.submit(change, name="Naast Elkaar Nederland")
    assert kept() == [30, None, 10_000, None, 3]
    owner.submit(change, per_minute="20")
    assert kept() == [20, None, 10_000, None, 3]
    owner.submit(change, phone="030 000 00 00")
    assert kept() == [20, None, 10_000, None, 3]
    owner.submit(change, mail_host="webhost")
    assert kept() == [None, 250, None, 250, None]
    owner.submit(change, mail_host="none")
    assert kept() == [None] * 5


def test_a_limit_that_is_none_is_refused_beside_its_field(owner: PageClient) -> None:
    response = owner.submit(SENDER, **FACTS, per_minute="0")

    sentence = "Vul bij “Per minuut” een getal van 1 tot en met 1.000.000 in."
    assert response.status_code == 422
    assert Page(response.text).links()[sentence] == "#per_minute"


def test_a_wrong_address_is_shown_beside_its_field(owner: PageClient) -> None:
    make_sender(email="post@naastelkaar.example")

    response = owner.submit(SENDER, **FACTS)

    page = Page(response.text)
    assert response.status_code == 422
    assert page.links()["Er is al een afzender met het adres post@naastelkaar.example."] == "#email"


def test_a_new_account_shows_its_password_once(owner: PageClient) -> None:
    response = owner.submit(ACCOUNT, name="Joost", email="joost@ademruimte.example")

    page = Page(response.text)
    password = [node.text for node in page.all("dd")][1].strip()
    person = people.find("joost@ademruimte.example")
    assert person.role is Role.COORDINATOR
    assert signing_in.recognise(person.email, password) is person
    assert password not in owner.page(HOME).text


def test_an_account_is_changed_and_closed(owner: PageClient) -> None:
    person = make_coordinator(name="Joost")

    owner.submit(f"{ACCOUNT}/{person.id}", name="Joost van Aalten", role="reader", active=None)

    db.session.refresh(person)
    assert (person.name, person.role, person.active) == ("Joost van Aalten", Role.READER, False)
    assert "mag niet inloggen" in owner.page(HOME).text


def test_the_only_owner_cannot_lock_everyone_out(owner: PageClient) -> None:
    me = next(person for person in people.everyone() if person.role is Role.OWNER)

    response = owner.submit(f"{ACCOUNT}/{me.id}", role="reader")

    assert response.status_code == 409
    assert "is de enige beheerder" in response.text


def test_a_forgotten_password_is_replaced_by_an_owner(owner: PageClient) -> None:
    person = make_coordinator()

    response = owner.submit(f"{ACCOUNT}/{person.id}", f"{ACCOUNT}/{person.id}/wachtwoord")

    password = [node.text for node in Page(response.text).all("dd")][1].strip()
    assert signing_in.recognise(person.email, PASSWORD) is None
    assert signing_in.recognise(person.email, password) is person


def test_ones_own_password_needs_the_old_one(client: PageClient) -> None:
    person = make_coordinator()
    sign_in(client, person)
    url = "/kantoor/instellingen/wachtwoord"

    wrong = client.submit(url, old="iets anders", new="vier woorden op een rij")
    short = client.submit(url, old=PASSWORD, new="kort")
    right = client.submit(url, old=PASSWORD, new="vier woorden op een rij")

    assert "Dit is niet uw wachtwoord van nu." in wrong.text
    assert "Een wachtwoord heeft 10 tot 200 tekens." in short.text
    assert right.status_code == 303
    assert client.get(HOME).status_code == 200  # still signed in here
    assert signing_in.recognise(person.email, "vier woorden op een rij") is person


def test_a_new_password_ends_the_session_elsewhere(app: Flask, client: PageClient) -> None:
    person, elsewhere = make_coordinator(), app.test_client()
    for browser in (client, elsewhere):
        sign_in(browser, person)

    client.submit("/kantoor/instellingen/wachtwoord", old=PASSWORD, new="vier woorden op een rij")

    assert elsewhere.get(HOME).status_code == 302


def test_a_coordinator_sees_no_way_to_change_senders(coordinator: PageClient) -> None:
    make_sender()

    hrefs = coordinator.page(HOME).links().values()

    assert not [href for href in hrefs if href.startswith((SENDER, ACCOUNT))]


RECEIVERS = "/kantoor/instellingen/ontvangers"


def test_a_group_of_receivers_is_added_changed_and_removed(owner: PageClient) -> None:
    owner.submit(RECEIVERS, name="Microsoft", domains="outlook.com, live.nl", per_minute="10")
    group = receivers.find("Microsoft")
    assert (group.domains, group.per_minute) == (["outlook.com", "live.nl"], 10)
    shown = owner.page(HOME).text
    assert "outlook.com, live.nl" in shown
    assert "10 per minuut" in shown

    change = f"{RECEIVERS}/{group.id}"
    owner.submit(change, domains="live.nl\n.gov.example", per_minute="", per_hour="200")
    db.session.refresh(group)
    assert (group.domains, group.per_minute, group.per_hour) == (
        ["live.nl", ".gov.example"],
        None,
        200,
    )

    assert owner.submit(change, f"{change}/weg").status_code == 303
    assert "Alle post gaat zo snel als de afzender mag" in owner.page(HOME).text
    assert owner.get(change).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"name": ""}, "#name", "Geef de groep een naam, zoals Microsoft."),
        ({"domains": "outlook"}, "#domains", "“outlook” is geen domein."),
        ({"domains": "live.nl"}, "#domains", "“live.nl” staat al in de groep “Live”."),
        ({"name": "live"}, "#name", "Er is al een groep met de naam “Live”."),
        ({"per_hour": ""}, "#per_minute", "Vul in hoeveel er per minuut of per uur heen mag."),
        ({"per_hour": "0"}, "#per_hour", "Vul bij “Per uur” een getal van 1 tot en met"),
    ],
)
def test_a_group_that_is_none_keeps_what_was_typed(
    owner: PageClient, wrong: dict[str, str], field: str, sentence: str
) -> None:
    receivers.add("Live", ["live.nl"], Limits(per_hour=1), by=CLI, now=NOON)
    db.session.commit()
    typed = {"name": "Microsoft", "domains": "outlook.com hotmail.com", "per_hour": "5"} | wrong

    response = owner.submit(RECEIVERS, **typed)

    page = Page(response.text)
    found = {words: href for words, href in page.links().items() if words.startswith(sentence)}
    assert response.status_code in (409, 422)
    assert list(found.values()) == [field]
    assert typed["domains"] in response.text
    assert [group.name for group in receivers.everyone()] == ["Live"]


def test_a_coordinator_sees_the_receivers_and_changes_none(coordinator: PageClient) -> None:
    group_id = receivers.add("Live", ["live.nl"], Limits(per_hour=1), by=CLI, now=NOON)
    db.session.commit()

    assert "live.nl" in coordinator.page(HOME).text
    assert coordinator.get(f"{RECEIVERS}/{group_id}").status_code == 403
