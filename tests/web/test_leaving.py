"""Geen post meer: RFC 8058's one click, its page, and the page that asks for the address."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from outreach.accounts.audit import SYSTEM
from outreach.accounts.models import AuditEntry
from outreach.campaigns.models import Campaign
from outreach.contacts import suppression
from outreach.contacts.models import Suppression, SuppressionReason
from outreach.db import db
from outreach.delivery.models import Kind, Message, State
from outreach.web.context import links
from tests.conftest import NOON
from tests.factories import make_campaign, make_contact, make_message, make_sender
from tests.web.page import Page, PageClient

GRIFFIE = "griffie@zeist.example"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def campaign(client: PageClient) -> Campaign:
    """A campaign whose first letter Zeist has."""
    campaign = make_campaign()
    make_message(campaign, make_contact("Zeist", GRIFFIE))
    return campaign


def header_url() -> str:
    """The link of the List-Unsubscribe header."""
    letter = db.session.scalars(select(Message).where(Message.kind == Kind.LETTER)).one()
    return links().one_click(letter.message_id, now=NOON).removeprefix("http://127.0.0.1:8000")


def body_url(campaign: Campaign) -> str:
    """The link in the letter, equal for every reader."""
    url = links().no_more_mail(campaign.sender_id, now=NOON)
    return url.removeprefix("http://127.0.0.1:8000")


def suppressions() -> list[Suppression]:
    db.session.expire_all()
    return list(db.session.scalars(select(Suppression).order_by(Suppression.id)))


def notices() -> list[Message]:
    return list(db.session.scalars(select(Message).where(Message.kind == Kind.NOTICE)))


def undo_link() -> str:
    text = notices()[0].content["text"]
    return re.findall(r"http://127\.0\.0\.1:8000(/\S+)", text)[0]


@pytest.mark.parametrize("encoding", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_one_click_acts_at_once_without_cookie_or_redirect(client, campaign, encoding):
    for _ in range(2):
        sent = ONE_CLICK | {"extra": "veld"}
        response = client.post(header_url(), data=sent, content_type=encoding)

        assert response.status_code == 200
        assert "Location" not in response.headers
        assert "Set-Cookie" not in response.headers

    row = suppressions()[0]
    assert (row.address_key, row.sender_id) == (GRIFFIE, campaign.sender_id)
    assert row.reason is SuppressionReason.ONE_CLICK
    assert len(suppressions()) == 1
    assert [(n.address, n.state) for n in notices()] == [(GRIFFIE, State.QUEUED)]


def test_a_slash_at_the_end_is_no_redirect(client, campaign):
    response = client.post(f"{header_url()}/", data=ONE_CLICK)

    assert response.status_code == 200
    assert len(suppressions()) == 1


def test_looking_changes_nothing_and_masks_the_address(client, campaign):
    for url in (header_url(), body_url(campaign)):
        for _ in range(2):
            page = client.page(url)
            assert client.head(url).status_code == 200
            assert page.h1 == "Wilt u geen post meer?"
            assert GRIFFIE not in page.source

    assert "g•••@zeist.example" in client.page(header_url()).text
    assert suppressions() == []
    assert notices() == []


def test_pages_are_not_cached_indexed_or_passed_on(client, campaign):
    response = client.get(header_url())

    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in response.headers["X-Robots-Tag"]
    assert "Set-Cookie" not in response.headers


def test_a_post_that_says_nothing_does_nothing(client, campaign):
    assert client.post(header_url()).status_code == 422
    assert client.post(header_url(), data={"List-Unsubscribe": "nee"}).status_code == 422
    assert suppressions() == []


def test_the_pages_own_button_is_for_this_sender_alone(client, campaign):
    make_sender(name="Naast Elkaar")

    response = client.submit(header_url(), **{"geen-post": "ja"})

    assert Page(response.text).h1 == "U krijgt geen post meer"
    assert suppressions()[0].reason is SuppressionReason.PAGE
    assert suppressions()[0].sender_id == campaign.sender_id


def test_the_page_offers_all_senders_of_this_site(client, campaign):
    make_sender(name="Naast Elkaar")
    assert "Ook van Naast Elkaar" in client.page(header_url()).text

    client.submit(header_url(), **{"geen-post": "ja", "van": "alle"})

    assert suppressions()[0].sender_id is None
    assert "alle afzenders op onze site" in " ".join(notices()[0].content["text"].split())


def test_who_left_already_sees_so(client, campaign):
    client.post(header_url(), data=ONE_CLICK)

    assert client.page(header_url()).h1 == "U krijgt geen post meer"


def test_the_header_page_leads_to_less_than_nothing(client, campaign):
    page = client.page(header_url())

    url = page.links()["Regel dat op de antwoordpagina"].removeprefix("http://127.0.0.1:8000")
    assert client.page(url).h1 == "Antwoord van Zeist"


def test_the_notice_takes_it_back_but_only_by_a_press(client, campaign, clock):
    client.post(header_url(), data=ONE_CLICK)
    clock.forward(timedelta(days=29))

    assert client.page(undo_link()).h1 == "Wilt u weer post krijgen?"
    assert suppressions()[0].lifted_at is None

    assert Page(client.submit(undo_link()).text).h1 == "U krijgt weer post"
    assert suppressions()[0].lifted_at == clock.now()
    assert client.post(undo_link()).status_code == 200
    assert not suppression.is_suppressed(GRIFFIE, campaign.sender_id)


def test_the_way_back_ends_after_30_days(client, campaign, clock):
    client.post(header_url(), data=ONE_CLICK)
    clock.forward(timedelta(days=31))

    assert client.post(undo_link()).status_code == 410
    assert suppressions()[0].lifted_at is None


def test_leaving_again_after_coming_back_is_told_again(client, campaign):
    client.post(header_url(), data=ONE_CLICK)
    client.post(undo_link())

    client.post(header_url(), data=ONE_CLICK)

    assert suppression.is_suppressed(GRIFFIE, campaign.sender_id)
    assert len(notices()) == 2


def test_the_letters_own_link_asks_for_the_address(client, campaign):
    response = client.submit(
        body_url(campaign), **{"geen-post": "ja", "adres": " Griffie@Zeist.example "}
    )

    assert response.status_code == 200
    assert [(s.address_key, s.reason) for s in suppressions()] == [
        (GRIFFIE, SuppressionReason.PAGE)
    ]
    assert notices()[0].address.lower() == GRIFFIE


def test_the_letters_own_link_does_not_act_on_one_click(client, campaign):
    assert client.post(body_url(campaign), data=ONE_CLICK).status_code == 422
    assert suppressions() == []


def test_the_page_does_not_tell_which_addresses_we_know(client, campaign):
    known = client.post(body_url(campaign), data={"adres": GRIFFIE})
    unknown = client.post(body_url(campaign), data={"adres": "ander@elders.example"})

    assert known.text == unknown.text
    assert known.status_code == unknown.status_code == 200
    assert [s.address_key for s in suppressions()] == [GRIFFIE]
    assert [n.address for n in notices()] == [GRIFFIE]


def test_an_address_we_only_planned_to_write_to_is_not_ours_to_mail(client):
    campaign = make_campaign()
    make_message(campaign, make_contact("Zeist", GRIFFIE), state=State.QUEUED, accepted_at=None)

    client.post(body_url(campaign), data={"adres": GRIFFIE})

    assert notices() == []


def test_another_senders_letters_are_not_stopped(client, campaign):
    other = make_campaign()

    client.post(body_url(other), data={"adres": GRIFFIE})

    assert suppressions() == []


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("", "Vul het adres in waar onze brief aankwam."), ("griffie", "is geen e-mailadres.")],
)
def test_what_is_no_address_comes_back_with_a_sentence(client, campaign, typed, sentence):
    response = client.post(body_url(campaign), data={"adres": typed})

    assert response.status_code == 422
    assert sentence in Page(response.text).text


@pytest.mark.parametrize("path", ["/afmelden/abc", "/afmelden/ongedaan/abc", "/afmelden/a.b"])
def test_an_altered_link_shows_where_to_write_instead(client, campaign, path):
    for response in (client.get(path), client.post(path, data=ONE_CLICK)):
        assert response.status_code == 410
        assert "Deze link klopt niet." in response.text
        assert campaign.sender.email in response.text


def test_an_old_link_says_that_it_is_past(client, campaign, clock):
    url = header_url()
    clock.forward(timedelta(days=731))

    assert "Deze link is verlopen." in client.page(url, 410).text


def test_the_audit_names_no_address(client, campaign):
    client.post(header_url(), data=ONE_CLICK)
    client.post(undo_link())

    for entry in db.session.scalars(select(AuditEntry)):
        assert GRIFFIE not in f"{entry.actor} {entry.subject} {entry.detail} {entry.note}"


def test_what_a_coordinator_lifted_cannot_be_lifted_again(client, campaign):
    client.post(header_url(), data=ONE_CLICK)
    suppression.lift(suppressions()[0], by=SYSTEM, now=NOON)
    db.session.commit()

    assert client.post(undo_link()).status_code == 200
