"""The answer page: GET shows, POST acts, and the griffie's own mailbox is told."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from outreach.accounts.audit import SYSTEM
from outreach.answers import recording, replying
from outreach.answers.models import AddressRequest, Answer, Source, Status
from outreach.campaigns.models import Campaign
from outreach.contacts import suppression
from outreach.contacts.models import Address, Contact, SuppressionReason
from outreach.db import db
from outreach.delivery.models import Kind, Message, State
from outreach.web.context import links, store
from tests.conftest import NOON
from tests.factories import make_address, make_campaign, make_contact, make_message
from tests.web.page import Page, PageClient

ZEIST = "GM0355"
GRIFFIE = "griffie@zeist.example"


@pytest.fixture
def campaign(client: PageClient) -> Campaign:
    """A campaign whose first letter Zeist has."""
    campaign = make_campaign()
    make_message(campaign, make_contact("Zeist", GRIFFIE))
    return campaign


def answer_url(campaign: Campaign, body: str = "raad", k: str = "") -> str:
    return path(links().answer(campaign.id, ZEIST, body, now=NOON, k=k))


def path(url: str) -> str:
    return url.removeprefix("http://127.0.0.1:8000")


def answers() -> list[Answer]:
    return list(db.session.scalars(select(Answer).order_by(Answer.id)))


def notices() -> list[Message]:
    notices = select(Message).where(Message.kind == Kind.NOTICE).order_by(Message.id)
    return list(db.session.scalars(notices))


def link_in(notice: Message) -> str:
    text = notice.content["text"]
    return path(re.findall(r"http://127\.0\.0\.1:8000/\S+", text)[0])


def ticked(page: Page) -> list[str]:
    return [n.attrs["value"] for n in page.all("input") if "checked" in n.attrs]


def test_the_page_says_whose_answer_it_is_and_about_which_letter(client, campaign):
    page = client.page(answer_url(campaign))

    assert page.h1 == "Antwoord van Zeist"
    assert "Oproep aan de raad van Zeist" in page.text
    assert "23 maart 2026" in page.text
    assert "kenmerk ADR-2026-1900" in page.text
    assert "g•••@zeist.example" in page.text
    assert GRIFFIE not in page.source


def test_a_button_in_the_mail_opens_the_page_with_that_box_ticked(client, campaign):
    assert ticked(client.page(answer_url(campaign))) == []
    assert ticked(client.page(answer_url(campaign, k="op-lijst"))) == ["op-lijst"]
    assert ticked(client.page(answer_url(campaign, k="ontvangen"))) == ["ontvangen"]
    assert ticked(client.page(answer_url(campaign, k="<script>"))) == []


def test_looking_changes_nothing(client, campaign):
    for url in (answer_url(campaign, k="doorgestuurd"), answer_url(campaign, k="x")):
        for _ in range(2):
            assert client.get(url).status_code == 200
            assert client.head(url).status_code == 200

    assert answers() == []
    assert notices() == []


def test_one_press_records_the_answer_and_tells_the_griffie(client, campaign):
    response = client.post(answer_url(campaign), data={"antwoord": "doorgestuurd"})

    assert response.status_code == 200
    assert Page(response.text).h1 == "Uw antwoord is genoteerd"
    answer = answers()[0]
    assert (answer.status, answer.gemeente_code, answer.body) == ("doorgestuurd", ZEIST, "raad")
    assert answer.source is Source.LINK
    assert answer.actor == f"link:{ZEIST}"
    assert answer.evidence == "griffie, op de antwoordpagina"
    assert answer.stops
    notice = notices()[0]
    assert notice.address == GRIFFIE
    assert notice.state is State.QUEUED
    assert notice.content["subject"] == "Genoteerd: antwoord van de raad van Zeist"
    assert "Wij stuurden de brief door naar de raad" in notice.content["text"]
    assert "tot en met 22 april 2026" in notice.content["text"]


def test_no_cookie_token_or_referrer_is_needed_and_none_is_given(client, campaign):
    shown = client.get(answer_url(campaign))
    sent = client.post(answer_url(campaign), data={"antwoord": "gesprek"})

    for response in (shown, sent):
        assert "Set-Cookie" not in response.headers
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in response.headers["X-Robots-Tag"]


def test_several_answers_at_once_are_a_row_each(client, campaign):
    client.post(
        answer_url(campaign),
        data={
            "antwoord": ["doorgestuurd", "op-lijst", "geweigerd", "niet-raad"],
            "datum": "2026-04-21",
            "want": "past niet bij de agenda",
        },
    )

    assert [(a.status, a.on_date, a.note) for a in answers()] == [
        ("doorgestuurd", None, ""),
        ("op-lijst", date(2026, 4, 21), ""),
        ("geweigerd", None, "past niet bij de agenda"),
        ("geweigerd", None, "Niet voor deze raad bedoeld"),
    ]
    assert len(notices()) == 1


def test_what_someone_typed_is_not_mailed_on_in_our_name(client, campaign):
    reason = "kijk op https://kwaad.example"

    response = client.post(answer_url(campaign), data={"antwoord": "geweigerd", "want": reason})

    assert f"want {reason}" in response.text
    assert "kwaad" not in str(notices()[0].content)


def test_a_date_may_be_left_out_and_may_be_written_as_people_do(client, campaign):
    client.post(answer_url(campaign), data={"antwoord": "op-lijst", "datum": ""})
    client.post(answer_url(campaign), data={"antwoord": "op-lijst", "datum": "21-4-2026"})

    assert [a.on_date for a in answers()] == [None, date(2026, 4, 21)]


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "Kruis aan wat klopt, en druk dan op Verstuur."),
        ({"antwoord": "akkoord"}, "Kies een antwoord dat op deze bladzijde staat."),
        (
            {"antwoord": "op-lijst", "datum": "morgen"},
            "Schrijf de datum als 21-4-2026, of laat hem leeg.",
        ),
        ({"antwoord": "op-lijst", "datum": "2062-04-21"}, "Controleer het jaar."),
        ({"antwoord": "geweigerd", "want": "x" * 201}, "Kort de reden in tot 200 tekens."),
    ],
)
def test_what_cannot_be_used_comes_back_with_a_sentence_and_is_kept(
    client, campaign, sent, sentence
):
    response = client.post(answer_url(campaign), data=sent)

    assert response.status_code == 422
    page = Page(response.text)
    assert sentence in page.text
    assert ticked(page) == [key for key in [sent.get("antwoord")] if key in (*Status, "niet-raad")]
    assert answers() == []


def test_a_date_under_an_unticked_box_is_ignored(client, campaign):
    client.post(answer_url(campaign), data={"antwoord": "gesprek", "datum": "morgen"})

    assert [(a.status, a.on_date) for a in answers()] == [("gesprek", None)]


def test_pressing_twice_records_and_tells_once(client, campaign):
    for _ in range(2):
        response = client.post(answer_url(campaign), data={"antwoord": "doorgestuurd"})

    assert len(answers()) == 1
    assert len(notices()) == 1
    assert "Dit antwoord stond al genoteerd" in response.text
    assert "/antwoord/ongedaan/" not in response.text


def test_a_later_answer_is_added_to_the_first(client, campaign):
    client.post(answer_url(campaign), data={"antwoord": "doorgestuurd"})
    client.post(answer_url(campaign), data={"antwoord": "op-lijst"})

    assert [a.status for a in answers() if a.undone_at is None] == ["doorgestuurd", "op-lijst"]
    assert len(notices()) == 2


def test_the_notice_takes_the_answer_back_but_only_by_a_press(client, campaign, clock):
    client.post(answer_url(campaign), data={"antwoord": "doorgestuurd"})
    undo = link_in(notices()[0])
    clock.forward(timedelta(days=29))

    assert client.page(undo).h1 == "Antwoord ongedaan maken?"
    client.head(undo)
    assert answers()[0].undone_at is None

    assert Page(client.submit(undo).text).h1 == "Het antwoord is ongedaan gemaakt"
    db.session.expire_all()
    assert answers()[0].undone_at == clock.now()
    assert client.post(undo).status_code == 200
    assert client.page(undo).h1 == "Het antwoord is ongedaan gemaakt"


def test_the_undo_link_ends_after_30_days(client, campaign, clock):
    client.post(answer_url(campaign), data={"antwoord": "doorgestuurd"})
    clock.forward(timedelta(days=31))

    response = client.post(link_in(notices()[0]))

    assert response.status_code == 410
    assert "Deze link is verlopen." in response.text
    assert answers()[0].undone_at is None


def test_the_answer_can_be_changed_right_away(client, campaign):
    thanks = Page(
        client.post(answer_url(campaign), data={"antwoord": ["doorgestuurd", "geweigerd"]}).text
    )
    change = path(thanks.links()["Wijzig het antwoord"])
    page = client.page(change)
    assert ticked(page) == ["doorgestuurd", "geweigerd"]

    client.submit(change, antwoord=["doorgestuurd", "gesprek"])

    db.session.expire_all()
    standing = [a.status for a in answers() if a.undone_at is None]
    assert standing == ["doorgestuurd", "gesprek"]


def test_a_college_is_asked_what_a_college_does(client):
    campaign = make_campaign(variants=["raad", "college"])
    make_message(campaign, make_contact("Zeist", "college@zeist.example"), variant="college")

    page = client.page(answer_url(campaign, "college"))

    assert "Wij legden de brief voor aan het college" in page.text
    assert "Niet voor dit college bedoeld" in page.text
    assert "Na de vergadering" not in page.text
    client.post(answer_url(campaign, "college"), data={"antwoord": "niet-college"})
    assert [(a.body, a.status) for a in answers()] == [("college", "geweigerd")]
    assert notices()[0].address == "college@zeist.example"


def test_every_mailbox_with_the_letter_is_told_but_not_one_that_bounced(client, campaign):
    make_message(campaign, make_contact("Zeist", "raad@zeist.example"))
    make_message(campaign, make_contact("Zeist", "oud@zeist.example"), bounced_at=NOON)

    client.post(answer_url(campaign), data={"antwoord": "doorgestuurd"})

    assert sorted(n.address for n in notices()) == [GRIFFIE, "raad@zeist.example"]


def test_who_wants_no_mail_gets_no_notice(client, campaign):
    suppression.suppress(
        GRIFFIE, SuppressionReason.ASKED, by=SYSTEM, now=NOON, sender_id=campaign.sender_id
    )
    db.session.commit()

    client.post(answer_url(campaign), data={"antwoord": "doorgestuurd"})

    assert len(answers()) == 1
    assert notices() == []


@pytest.mark.parametrize("state", [State.QUEUED, State.CANCELLED, State.REFUSED])
def test_a_letter_that_did_not_leave_cannot_be_answered(client, state):
    campaign = make_campaign()
    make_message(campaign, make_contact("Zeist", GRIFFIE), state=state, accepted_at=None)

    page = client.page(answer_url(campaign))
    response = client.post(answer_url(campaign), data={"antwoord": "doorgestuurd"})

    assert "Dit is een voorbeeld" in page.text
    assert response.status_code == 409
    assert answers() == []


@pytest.mark.parametrize("state", [State.SUBMITTING, State.UNCERTAIN])
def test_an_answer_may_come_before_we_know_that_the_letter_arrived(client, state):
    campaign = make_campaign()
    make_message(campaign, make_contact("Zeist", GRIFFIE), state=state, accepted_at=None)

    client.post(answer_url(campaign), data={"antwoord": "doorgestuurd"})

    assert len(answers()) == 1


def test_one_link_cannot_flood_a_griffie_with_notices(client, campaign):
    for day in range(1, 31):
        sent = {"antwoord": "op-lijst", "datum": f"2026-04-{day:02}"}
        response = client.post(answer_url(campaign), data=sent)

    assert response.status_code == 409
    assert len(notices()) == 20


@pytest.mark.parametrize("spoil", [lambda t: t[:-1], lambda t: f"{t}x", lambda t: "abc"])
def test_an_altered_link_shows_a_neutral_page(client, campaign, spoil):
    url = answer_url(campaign)
    bad = f"/antwoord/{spoil(url.removeprefix('/antwoord/'))}"

    for response in (client.get(bad), client.post(bad, data={"antwoord": "doorgestuurd"})):
        assert response.status_code == 410
        assert "Deze link klopt niet." in response.text
        assert "Zeist" not in response.text
        assert response.headers["Referrer-Policy"] == "no-referrer"
    assert answers() == []


def test_the_link_works_150_days(client, campaign, clock):
    url = answer_url(campaign)

    clock.forward(timedelta(days=149))
    assert client.get(url).status_code == 200
    clock.forward(timedelta(days=2))
    assert client.get(url).status_code == 410


def test_a_link_of_another_purpose_opens_nothing(client, campaign):
    token = links().no_more_mail(campaign.sender_id, now=NOON).rpartition("/")[2]

    assert client.get(f"/antwoord/{token}").status_code == 410


def test_the_letter_is_there_to_read_as_pdf(client, campaign):
    message = db.session.scalars(select(Message)).one()
    message.pdf_sha256 = store().put(b"%PDF-1.7 de brief")
    message.pdf_name = "2026-03-23 Brief Ademruimte aan raad Zeist - Oproep.pdf"
    db.session.commit()

    response = client.get(client.page(answer_url(campaign)).links()["Lees de brief (pdf)"])

    assert response.data == b"%PDF-1.7 de brief"
    assert response.mimetype == "application/pdf"
    assert "2026-03-23 Brief Ademruimte" in response.headers["Content-Disposition"]


def test_no_reminder_waits_for_a_press_in_the_griffies_own_mailbox(client, campaign):
    response = client.post(answer_url(campaign), data={"doe": "geen-herinnering"})

    assert "Er verandert nog niets" in response.text
    assert answers() == []
    agree = link_in(notices()[0])
    assert client.page(agree).h1 == "Geen herinnering meer?"
    assert answers() == []

    done = client.submit(agree)

    assert Page(done.text).h1 == "U krijgt geen herinnering meer"
    answer = answers()[0]
    assert (answer.status, answer.stops) == ("niet-benaderen", True)
    assert answer.evidence == "griffie, bevestigd vanuit het eigen postvak"
    client.post(agree)
    assert len(answers()) == 1


def test_asking_twice_for_no_reminder_is_one_notice(client, campaign):
    for _ in range(2):
        client.post(answer_url(campaign), data={"doe": "geen-herinnering"})

    assert len(notices()) == 1


def test_another_address_waits_for_a_press_in_the_known_mailbox(client, campaign):
    sent = {"doe": "ander-adres", "adres": "raad@zeist.example"}

    response = client.post(answer_url(campaign), data=sent)

    assert "Er verandert nog niets" in response.text
    assert addresses() == [GRIFFIE]
    notice = notices()[0]
    assert notice.address == GRIFFIE
    agree = link_in(notice)
    assert "zeist" not in agree
    assert client.page(agree).h1 == "Voortaan een ander adres?"
    assert addresses() == [GRIFFIE]

    done = client.submit(agree)

    assert Page(done.text).h1 == "Het nieuwe adres is genoteerd"
    assert addresses() == ["raad@zeist.example"]
    moved = db.session.scalars(select(Address)).one()
    assert moved.confirmed_at == NOON
    assert moved.source == "griffie, bevestigd vanuit het eigen postvak"
    assert client.post(agree).status_code == 200
    assert client.page(agree).h1 == "Het nieuwe adres is genoteerd"


def test_an_address_that_the_contact_has_already_becomes_the_one_we_use(client, campaign):
    contact = db.session.scalars(select(Contact)).one()
    make_address(contact, "raad@zeist.example", preferred=False, confirmed_at=None, basis=None)
    client.post(answer_url(campaign), data={"doe": "ander-adres", "adres": "raad@zeist.example"})

    client.post(link_in(notices()[0]))

    db.session.expire_all()
    used = db.session.scalars(select(Address).where(Address.preferred)).one()
    assert used.email == "raad@zeist.example"
    assert used.confirmed_at == NOON


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("", "Vul het nieuwe adres in."),
        ("raad@", "is geen e-mailadres."),
        ("GRIFFIE@zeist.example", "Naar dit adres schrijven wij al."),
    ],
)
def test_an_address_that_cannot_be_used_comes_back_with_a_sentence(
    client, campaign, address, sentence
):
    response = client.post(answer_url(campaign), data={"doe": "ander-adres", "adres": address})

    assert response.status_code == 422
    assert sentence in Page(response.text).text
    assert db.session.scalar(select(func.count()).select_from(AddressRequest)) == 0


def test_a_stranger_cannot_ask_for_address_after_address(client, campaign):
    for number in range(5):
        sent = {"doe": "ander-adres", "adres": f"a{number}@elders.example"}
        response = client.post(answer_url(campaign), data=sent)

    assert response.status_code == 409
    assert len(notices()) == 3


def addresses() -> list[str]:
    db.session.expire_all()
    return list(db.session.scalars(select(Address.email).order_by(Address.id)))


ASKED = [
    {"key": "pilot", "label": "Wilt u meedoen?", "type": "choice", "options": ["ja", "nee"]},
    {"key": "lijnen", "label": "Welke lijnen?", "type": "several", "options": ["1", "2", "3"]},
    {"key": "meer", "label": "Wat wilt u kwijt?", "type": "text"},
]


@pytest.fixture
def asking(campaign: Campaign) -> Campaign:
    """The campaign, with three questions."""
    campaign.questions = ASKED
    db.session.commit()
    return campaign


def test_a_griffie_answers_the_questions_of_a_letter(client, asking):
    page = client.page(answer_url(asking))
    given = {"vraag-pilot": "ja", "vraag-lijnen": ["3", "1"], "vraag-meer": " Graag\nin mei. "}

    thanks = client.post(answer_url(asking), data=given | {"antwoord": "doorgestuurd"})

    said = replying.standing(asking.id)[ZEIST, "raad"]
    assert "Onze vragen aan de raad van Zeist" in page.text
    assert thanks.status_code == 200
    assert "Wilt u meedoen? ja" in thanks.text
    assert [answer.status for answer in answers()] == [Status.DOORGESTUURD, Status.ANTWOORD]
    assert {key: one.values for key, one in said.items()} == {
        "pilot": ("ja",),
        "lijnen": ("1", "3"),
        "meer": ("Graag in mei.",),
    }


def test_what_someone_typed_at_a_question_is_not_mailed_on(client, asking):
    client.post(answer_url(asking), data={"vraag-meer": "Bel mij niet"})

    (notice,) = notices()
    assert "Bel mij niet" not in str(notice.content)
    assert recording_stops(asking)


def test_a_reply_that_is_no_choice_is_refused_and_the_rest_stays(client, asking):
    given = {"antwoord": "doorgestuurd", "vraag-pilot": "misschien", "vraag-meer": "Dag"}

    page = client.post(answer_url(asking), data=given)

    assert page.status_code == 422
    assert "“misschien” is geen keuze bij deze vraag." in page.text
    assert "Dag" in page.text
    assert ticked(Page(page.text)) == ["doorgestuurd"]
    assert answers() == []


def test_the_newest_reply_holds_and_goes_with_its_answer(client, asking):
    client.post(answer_url(asking), data={"vraag-pilot": "ja"})
    client.post(answer_url(asking), data={"vraag-pilot": "ja"})
    client.post(answer_url(asking), data={"vraag-pilot": "nee"})
    newest = replying.standing(asking.id)[ZEIST, "raad"]["pilot"]

    client.post(link_in(notices()[-1]))

    assert newest.values == ("nee",)
    assert len(answers()) == 2
    assert replying.standing(asking.id)[ZEIST, "raad"]["pilot"].values == ("ja",)


def test_nothing_ticked_and_nothing_filled_in_is_said(client, asking):
    page = client.post(answer_url(asking), data={"vraag-meer": "  "})

    assert page.status_code == 422
    assert "of beantwoord een vraag" in page.text


def recording_stops(campaign: Campaign) -> bool:
    raad = recording.answered(campaign.id, ZEIST, "raad")
    return bool(db.session.scalar(select(raad)))


def outcome(client: PageClient, campaign: Campaign, **filled: str) -> Page:
    sent = client.post(answer_url(campaign), data={"doe": "uitkomst"} | filled)
    return Page(sent.text)


def test_after_the_meeting_a_griffie_tells_what_the_raad_did(client, campaign):
    thanks = outcome(client, campaign, uitkomst="kennisgeving", vergadering="2026-04-21",
                     woorden="vka", link="raad.zeist.example/lijst")  # fmt: skip

    said = "De raad nam de brief voor kennisgeving aan, in de vergadering van di 21 april 2026"
    assert said in thanks.text
    (answer,) = answers()
    assert (answer.status, answer.handling, answer.note) == ("op-lijst", "kennisgeving", "vka")
    assert (answer.on_date, answer.stops) == (date(2026, 4, 21), True)
    assert answer.url == "https://raad.zeist.example/lijst"
    (notice,) = notices()
    assert said in " ".join(notice.content["text"].split())
    assert "vka" not in notice.content["text"]
    assert "raad.zeist" not in notice.content["text"]
    client.post(link_in(notice))
    db.session.expire_all()
    assert answers()[0].undone_at == NOON


@pytest.mark.parametrize(
    ("filled", "said"),
    [
        ({}, "Kies wat de raad deed."),
        ({"uitkomst": "weg"}, "Kies wat de raad deed."),
        ({"uitkomst": "griffie", "vergadering": "gisteren"}, "Schrijf de datum als 21-4-2026"),
        ({"uitkomst": "griffie", "link": "ftp://raad.zeist.example/"}, "Vul een heel webadres in"),
        ({"uitkomst": "griffie", "woorden": "x" * 201}, "Kort dit in"),
    ],
)
def test_an_outcome_that_cannot_be_comes_back_open(client, campaign, filled, said):
    page = outcome(client, campaign, **filled)

    assert said in page.text
    assert "open" in next(n for n in page.all("details") if "Vertel wat de raad" in n.text).attrs
    assert answers() == []
