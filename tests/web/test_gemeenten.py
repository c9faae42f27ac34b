"""Gemeenten: the list with its filters, one gemeente, and noting an answer."""

import io
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from outreach.accounts.audit import SYSTEM
from outreach.answers import documents, recording
from outreach.answers.models import Answer, Document, HitState, ListHit, Source
from outreach.campaigns.models import Campaign, CampaignState
from outreach.contacts.models import Function, Gemeente, SuppressionReason
from outreach.contacts.suppression import suppress
from outreach.db import db
from outreach.delivery.arrivals import Incoming, IncomingLink, Place
from outreach.delivery.incoming.telling import Kind
from outreach.delivery.models import State
from outreach.events.models import Meeting, Registration, VisitorRole
from outreach.web.context import store
from tests.answers.test_documents import pdf_of
from tests.conftest import NOON
from tests.factories import (
    make,
    make_answer,
    make_campaign,
    make_contact,
    make_coordinator,
    make_meeting,
    make_message,
)
from tests.web.page import Page, PageClient

ZEIST = "/kantoor/gemeenten/GM0355"
NOTE = f"{ZEIST}/antwoord"


@pytest.fixture
def campaign(client: PageClient) -> Campaign:
    """A running letter; Zeist passed it on, Assen is silent."""
    campaign = make_campaign(state=CampaignState.RUNNING)
    make_message(campaign, make_contact("Zeist"))
    make_message(campaign, make_contact("Assen"))
    make_answer(campaign, "Zeist", "doorgestuurd", now=NOON + timedelta(days=10))
    return campaign


def listed(page: Page) -> list[str]:
    words = page.links().items()
    return [w for w, url in words if url.startswith("/kantoor/gemeenten/GM") and "?" not in url]


def answers() -> list[Answer]:
    db.session.expire_all()
    return list(db.session.scalars(select(Answer).order_by(Answer.id)))


def test_all_342_are_listed_with_how_the_newest_letter_stands(coordinator, campaign):
    page = coordinator.page("/kantoor/gemeenten/")

    assert len(listed(page)) == 342
    assert "1 doorgestuurd naar de raad" in page.text
    assert "1 verstuurd, nog geen reactie" in page.text
    assert "340 zonder bevestigd adres" in page.text


def test_a_letter_that_is_only_planned_does_not_hide_the_one_that_left(coordinator, campaign):
    campaign.steps[0].queued_at = NOON
    make_campaign(name="Van volgende maand", state=CampaignState.RUNNING)
    db.session.commit()

    page = coordinator.page("/kantoor/gemeenten/")

    assert "1 doorgestuurd naar de raad" in page.text
    other = next(n for n in page.all("option") if n.text == "Van volgende maand")
    assert "selected" not in other.attrs


def test_the_list_stands_before_there_is_a_letter(coordinator):
    page = coordinator.page("/kantoor/gemeenten/")

    assert len(listed(page)) == 342
    assert "342 zonder bevestigd adres" in page.text


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("zoek=den+bosch", ["'s-Hertogenbosch"]),
        ("zoek=GM0106", ["Assen"]),
        ("zoek=nergens", []),
        ("status=doorgestuurd", ["Zeist"]),
        ("status=verstuurd&provincie=Drenthe", ["Assen"]),
        ("status=verstuurd&provincie=Utrecht", []),
    ],
)
def test_the_list_is_searched_and_filtered_in_its_address(coordinator, campaign, query, names):
    assert listed(coordinator.page(f"/kantoor/gemeenten/?{query}")) == names


def test_who_has_no_address_that_we_may_mail_can_be_found(coordinator, campaign):
    contact = make_contact("Utrecht")
    contact.addresses[0].confirmed_at = None
    suppress("griffie@assen.example", SuppressionReason.ASKED, by=SYSTEM, now=NOON)
    db.session.commit()

    page = coordinator.page("/kantoor/gemeenten/?adres=geen")

    names = listed(page)
    assert len(names) == 341
    assert "Zeist" not in names
    assert {"Utrecht", "Assen"} <= set(names)
    assert "nog niet bevestigd" in page.text


def test_the_list_costs_the_same_for_few_and_for_many(coordinator, campaign, query_count):
    with query_count() as few:
        coordinator.get("/kantoor/gemeenten/")
    for name in ("Emmen", "Delft", "Gouda", "Leiden"):
        make_message(campaign, make_contact(name))
        make_answer(campaign, name, "ontvangen")

    with query_count() as many:
        coordinator.get("/kantoor/gemeenten/")

    assert many.count == few.count <= 12


def test_one_gemeente_says_in_a_sentence_how_it_stands(coordinator, campaign):
    page = coordinator.page(ZEIST)

    assert page.h1 == "Zeist"
    assert "Zeist stuurde “Ademruimte voor jongeren” op do 2 april door naar de raad." in page.text
    assert "Griffie, op de antwoordpagina." in page.text
    assert "66.648" in page.text


def test_one_gemeente_shows_who_works_there_and_why_we_may_mail(coordinator, campaign):
    make_contact(
        "Zeist",
        "raad@zeist.example",
        function=Function.PLV_GRIFFIER,
        form_of_address="mevrouw",
        initials="J.",
        last_name="Terpstra",
    )

    text = coordinator.page(ZEIST).text

    assert "Raads\u00adinformatie" in text, "a long label has no place to break on a phone"
    assert "mevrouw J. Terpstra" in text
    assert "Geachte mevrouw Terpstra," in text
    assert "griffie@zeist.example" in text
    assert "openbaar adres voor post aan deze functie" in text


def test_the_letter_it_got_can_be_read(coordinator, campaign):
    message = make_message(
        campaign,
        make_contact("Emmen"),
        pdf_sha256=store().put(b"%PDF-1.7 de brief"),
        pdf_name="2026-03-23 Brief.pdf",
    )
    url = coordinator.page("/kantoor/gemeenten/GM0114").links()["2026-03-23 Brief.pdf"]

    assert coordinator.get(url).data == b"%PDF-1.7 de brief"
    assert coordinator.get(f"{ZEIST}/brief/{message.id}.pdf").status_code == 404


def test_a_gemeente_that_merges_says_so(coordinator):
    gone = db.session.scalars(
        select(Gemeente).where(Gemeente.successor_code.is_not(None)).limit(1)
    ).one()

    page = coordinator.page(f"/kantoor/gemeenten/{gone.code}")

    assert "op in" in page.text


def test_an_unknown_code_is_no_page(coordinator):
    assert coordinator.get("/kantoor/gemeenten/GM9999").status_code == 404


def test_a_gemeente_without_letters_says_what_will_be_here(coordinator):
    page = coordinator.page(ZEIST)

    assert "Zeist kreeg nog geen brief van ons." in page.text
    assert "Wij hebben nog geen adres van deze griffie." in page.text


def test_an_answer_by_telephone_is_noted(coordinator, campaign):
    response = coordinator.submit(
        NOTE,
        NOTE + f"?brief={campaign.slug}",
        answer="op-lijst",
        on_date="2026-04-21",
        note="categorie ter kennisname",
    )

    assert response.status_code == 303
    answer = answers()[-1]
    assert (answer.status, answer.on_date) == ("op-lijst", date(2026, 4, 21))
    assert (answer.source, answer.evidence) == (Source.PHONE, "telefoongesprek")
    assert answer.actor_name == "Marit Zuidema"
    page = coordinator.page(ZEIST)
    assert "Genoteerd: op lijst ingekomen stukken." in page.text
    assert "Op lijst ingekomen stukken, vergadering van di 21 april" in page.text
    assert "categorie ter kennisname" in page.text
    assert "Telefoongesprek. Genoteerd door Marit Zuidema." in page.text


def test_a_noted_answer_is_taken_back(coordinator, campaign):
    answer = answers()[0]

    response = coordinator.submit(ZEIST, f"{NOTE}/{answer.id}/ongedaan")

    assert response.status_code == 303
    assert answers()[0].undone_at == NOON
    page = coordinator.page(ZEIST)
    assert "Doorgestuurd naar de raad (ongedaan gemaakt)" in page.text
    assert "kreeg “Ademruimte voor jongeren” op ma 23 maart en reageerde nog niet" in page.text


def test_an_answer_of_another_gemeente_is_not_undone_here(coordinator, campaign):
    token = coordinator.page(ZEIST).all("input")
    csrf = next(n.attrs["value"] for n in token if n.attrs.get("name") == "csrf_token")
    url = f"/kantoor/gemeenten/GM0106/antwoord/{answers()[0].id}/ongedaan"

    assert coordinator.post(url, data={"csrf_token": csrf}).status_code == 404
    assert answers()[0].undone_at is None


def test_an_outcome_of_the_letters_own_is_offered(coordinator):
    outcome = {"key": "akkoord", "label": "Coalitieakkoord gesloten", "stops": True}
    campaign = make_campaign(state=CampaignState.RUNNING, outcomes=[outcome])
    make_message(campaign, make_contact("Zeist"))

    coordinator.submit(NOTE, NOTE + f"?brief={campaign.slug}", answer="akkoord")

    assert [(a.status, a.stops) for a in answers()] == [("akkoord", True)]
    assert "Coalitieakkoord gesloten" in coordinator.page(ZEIST).text


def test_without_a_choice_the_form_comes_back(coordinator, campaign):
    response = coordinator.submit(NOTE, NOTE + f"?brief={campaign.slug}", note="belde terug")

    assert response.status_code == 422
    assert "Kies een antwoord." in response.text
    assert "belde terug" in response.text


def test_a_reader_looks_and_notes_nothing(reader, campaign):
    page = reader.page(ZEIST)

    assert "Noteer een antwoord" not in page.links()
    assert "Maak ongedaan" not in page.text
    assert reader.get(NOTE).status_code == 403


def test_looking_changes_nothing(coordinator, campaign):
    for url in ("/kantoor/gemeenten/", ZEIST, NOTE):
        assert coordinator.get(url).status_code == 200
        assert coordinator.head(url).status_code == 200

    assert len(answers()) == 1


def test_strangers_are_sent_to_sign_in(client):
    assert client.get(ZEIST).location.startswith("/inloggen")


@pytest.mark.parametrize(("reason", "offered"), [("no-mailbox", True), ("policy", False)])
def test_only_an_address_that_does_not_exist_is_proposed_for_the_no_mail_list(
    coordinator, campaign, reason, offered
):
    refused = {"state": State.REFUSED, "reason": reason, "reply": "550 No"}
    make_message(campaign, make_contact("Emmen"), **refused)

    page = coordinator.page("/kantoor/gemeenten/GM0114")

    proposed = [url for url in page.links().values() if "geen-post?adres=" in url]
    assert proposed == ["/kantoor/adressen/geen-post?adres=griffie@emmen.example"] * offered
    assert ("Dit adres bestaat niet." in page.text) is offered


def test_a_dossier_of_200_items_asks_12_questions(coordinator, campaign, query_count):
    people, meeting = [make_coordinator() for _ in range(4)], make_meeting()
    mails = [make_mail(n, f"coordinator:{people[n % 4].id}") for n in range(50)]
    db.session.add_all([*mails, *(made for n in range(50) for made in make_rest(n, meeting))])
    db.session.flush()
    of = {"gemeente_code": "GM0355", "campaign_id": campaign.id}
    db.session.add_all(IncomingLink(incoming_id=mail.id, **of) for mail in mails)
    answered = {"body": "raad", "status": "antwoord", "stops": True, "source": Source.PHONE}
    db.session.add_all(Answer(actor="cli", at=NOON, **of, **answered) for _ in range(50))
    suppress("griffie@zeist.example", SuppressionReason.ASKED, by=SYSTEM, now=NOON)
    db.session.commit()
    coordinator.page(ZEIST)  # what is looked up once in a process

    with query_count() as asked:
        page = coordinator.page(ZEIST)

    assert len(page.all("time")) > 200
    assert asked.count <= 12


def make_mail(n: int, settled_by: str) -> Incoming:
    moments = {"received_at": NOON, "read_at": NOON, "settled_at": NOON}
    stands = {"kind": Kind.ANSWER, "state": Place.SETTLED, "settled_by": settled_by}
    return Incoming(dedupe_key=str(n), subject=f"Mail {n}", **moments, **stands)


def make_rest(n: int, meeting: Meeting) -> tuple[Registration, Document]:
    person = f"raadslid{n}@raad.example"
    moments = {"created_at": NOON, "changed_at": NOON, "dated": NOON.date()}
    return (
        Registration(
            meeting_id=meeting.id, secret=person, name=f"Noor {n}", email=person, email_key=person,
            role=VisitorRole.RAADSLID, gemeente_code="GM0355", registered_at=NOON,
        ),
        Document(gemeente_code="GM0355", subject=f"Besluit {n}", actor="cli", **moments),
    )  # fmt: skip


def paper(client: PageClient, opens: str, **typed: object) -> str:
    """Press the button of the form as it opens, with what is typed; where it leads."""
    sent = client.submit(opens, f"{NOTE}/papier", **typed)
    assert sent.status_code == 303, Page(sent.text).text
    return str(sent.location)


def test_an_answer_on_paper_is_two_clicks_and_the_third_takes_it_back(coordinator, campaign):
    opens = coordinator.page(ZEIST).links()["Antwoord op papier"].partition("#")[0]

    then = paper(coordinator, opens)

    answer = answers()[-1]
    assert (answer.status, answer.source) == ("antwoord", Source.PAPER)
    assert answer.evidence == "brief op papier van ma 23 maart"
    page = coordinator.page(then)
    assert "Op “Ademruimte voor jongeren”." in coordinator.page(opens).text
    assert "Genoteerd: antwoord ontvangen." in page.text
    coordinator.submit(then, f"{NOTE}/{answer.id}/ongedaan")
    assert answers()[-1].undone_at is not None
    assert "Genoteerd:" not in coordinator.page(then).text


def test_from_a_list_of_who_was_silent_one_comes_back_to_it(coordinator, campaign):
    letter = f"/kantoor/brieven/{campaign.slug}?status=verstuurd"
    gemeenten = f"/kantoor/gemeenten/?brief={campaign.slug}&status=verstuurd"
    for opens, at in ((letter, "/kantoor/brieven/"), (gemeenten, "/kantoor/gemeenten/?")):
        link = coordinator.page(opens).links()["Antwoord op papier van Assen"]
        form = link.partition("#")[0]
        sent = coordinator.submit(form, "/kantoor/gemeenten/GM0106/antwoord/papier")

        assert sent.location.startswith(at)
        page = coordinator.page(sent.location.partition("#")[0])
        assert "Genoteerd bij Assen : antwoord ontvangen." in page.text
        recording.undo(answers()[-1], by=SYSTEM, now=NOON)
        db.session.commit()


def test_the_scan_of_a_paper_answer_is_in_the_dossier_once(coordinator, campaign):
    opens = f"{ZEIST}?papier={campaign.slug}"
    for _ in range(2):
        scan = (io.BytesIO(pdf_of(b"")), "scan.pdf")
        paper(coordinator, opens, answer="naar-college", dated="2026-03-18", scan=scan)

    assert [one.status for one in answers()] == ["doorgestuurd", "naar-college"]
    (document,) = documents.of_gemeente("GM0355")
    assert document.subject == "Antwoord op “Ademruimte voor jongeren”"
    assert (document.campaign_id, document.dated) == (campaign.id, date(2026, 3, 18))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"dated": "2026-04-18"}, "De datum op de brief ligt in de toekomst."),
        ({"answer": "weet-niet"}, "Eén veld klopt niet"),
        ({"scan": b"GIF89a"}, "geen PDF"),
    ],
)
def test_a_paper_answer_that_cannot_be_comes_back(coordinator, campaign, typed, said):
    if "scan" in typed:
        typed = {"scan": (io.BytesIO(typed["scan"]), "scan.pdf")}
    sent = coordinator.submit(f"{ZEIST}?papier=", f"{NOTE}/papier", **typed)

    assert sent.status_code == 422
    assert said in Page(sent.text).text
    assert len(answers()) == 1


def test_what_the_raad_did_is_noted_in_its_words_with_a_link(coordinator, campaign):
    told = {"answer": "op-lijst", "on_date": "2026-04-21", "handling": "college-bericht",
            "note": "i.h.v. B&W, raad informeren", "url": "raad.zeist.example/lis"}  # fmt: skip
    coordinator.submit(NOTE, NOTE + f"?brief={campaign.slug}", **told)

    page = coordinator.page(ZEIST)
    wanted = "vergadering van di 21 april: naar het college ter afdoening, met bericht aan de raad"
    assert wanted in page.text
    assert "i.h.v. B&W, raad informeren" in page.text
    assert "https://raad.zeist.example/lis" in page.links().values()
    letter = f"/kantoor/brieven/{campaign.slug}"
    assert "Wat de raad ermee deed" in coordinator.page(letter).text
    row = "2026-04-21;i.h.v. B&W, raad informeren;https://raad.zeist.example/lis"
    assert row in coordinator.get(f"{letter}/gemeenten.csv").text


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"answer": "doorgestuurd", "handling": "kennisgeving"}, "hoort bij “op lijst"),
        ({"answer": "op-lijst", "handling": "kennisgeving", "url": "geen adres"}, "webadres"),
    ],
)
def test_what_no_raad_can_have_done_comes_back(coordinator, campaign, told, said):
    sent = coordinator.submit(NOTE, NOTE + f"?brief={campaign.slug}", **told)

    assert (sent.status_code, said in sent.text) == (422, True)
    assert len(answers()) == 1


def test_answers_that_contradict_stand_side_by_side_until_a_person_decides(coordinator, campaign):
    campaign.variants = ["raad", "college"]
    make_answer(campaign, "Zeist", "geweigerd", body="college", note="Geen budget")
    make_answer(campaign, "Assen", "op-lijst")
    everywhere = "/kantoor/gemeenten/tegenspraak"

    page = coordinator.page(everywhere)

    assert listed(page) == ["Zeist"]
    assert "Namens de raad, do 2 april" in page.text
    assert "Namens het college, ma 23 maart" in page.text
    assert "1 gemeente spreekt zichzelf tegen" in coordinator.page("/kantoor/").text
    assert "Kijk welk antwoord klopt" in coordinator.page(f"/kantoor/brieven/{campaign.slug}").text

    coordinator.submit(everywhere, f"{ZEIST}/tegenspraak")

    assert "spreken elkaar tegen" not in coordinator.page(ZEIST).text
    assert "Geen antwoord spreekt een ander tegen." in coordinator.page(everywhere).text
    make_answer(campaign, "Zeist", "geweigerd", note="Toch niet")
    assert "Deze antwoorden spreken elkaar tegen" in coordinator.page(ZEIST).text

    for one in answers():
        if one.status == "geweigerd":
            coordinator.submit(ZEIST, f"{NOTE}/{one.id}/ongedaan")

    assert "spreken elkaar tegen" not in coordinator.page(ZEIST).text
    assert "gemeente spreekt" not in coordinator.page("/kantoor/").text


def test_a_pasted_list_is_shown_first_and_noted_when_confirmed(coordinator, campaign):
    page = f"/kantoor/brieven/{campaign.slug}/gezien"
    text = "Assen; Oproep; 21-4-2026; https://raad.assen.nl/lijst\nNergens; Oproep"
    shown = coordinator.submit(page, text=text, d="lees")

    assert "Wij herkennen geen gemeente" in shown.text
    assert len(answers()) == 1
    nothing = coordinator.submit(page, text=text, d="noteer")
    assert (nothing.status_code, "Kruis ten minste één regel aan." in nothing.text) == (422, True)

    assert coordinator.submit(page, text=text, d="noteer", regel="1").status_code == 303

    assert (answers()[-1].gemeente_code, answers()[-1].url[-5:]) == ("GM0106", "lijst")
    assert "Gezien op de lijst ingekomen stukken" in coordinator.page(f"{ZEIST[:-4]}0106").text


def test_what_was_found_on_lists_is_noted_when_confirmed_or_put_aside(coordinator, campaign):
    here = f"/kantoor/brieven/{campaign.slug}/gezien"
    for n, code in enumerate(("GM0106", "GM0344", "GM0342")):
        hit = {"campaign_id": campaign.id, "entity": f"document:{n}", "gemeente_code": code}
        told = {"title": "LIS", "quote": "Regel 4", "on_date": NOON.date(), "found_at": NOON}
        url = f"https://raad.example/{n}"
        make(ListHit(**hit, **told, state=HitState.PROPOSED, url=url, doubt="Kijk." * (n == 1)))
    page = coordinator.page(here)
    boxes = [box.attrs for box in page.all("input") if box.attrs.get("name") == "vondst"]
    assert ["checked" in box for box in boxes] == [True, True, False]
    assert "3 lijsten noemen misschien uw brief" in coordinator.page("/kantoor/").text

    first, second, third = (box["value"] for box in boxes)
    act = f"{here}/voorstel"
    assert coordinator.submit(here, act, vondst=[]).status_code == 422
    assert coordinator.submit(here, act, vondst=[second], d="niet").status_code == 303
    assert coordinator.submit(here, act, vondst=[first, second], d="noteer").status_code == 303

    assert [one.url for one in answers() if one.status == "op-lijst"] == ["https://raad.example/0"]
    left = [box.attrs for box in coordinator.page(here).all("input")]
    assert [box["value"] for box in left if box.get("name") == "vondst"] == [third]
