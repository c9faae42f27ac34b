"""Bijeenkomsten in the office: made, opened, changed with a look at who is told, called off."""

import io
from datetime import date

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from outreach.accounts.models import Sender
from outreach.db import db
from outreach.delivery.models import Message
from outreach.events import needs, registering, seats
from outreach.events.models import Meeting, MeetingState, PlaceState, Registration
from outreach.events.needs import Needs, Wish
from tests.conftest import NOON
from tests.factories import (
    MEETING_LINKS,
    make_contact,
    make_meeting,
    make_registration,
    make_sender,
)
from tests.web.page import Form, Page, PageClient

LIST = "/kantoor/bijeenkomsten/"
NEW = f"{LIST}nieuw"
HAARLEM = f"{LIST}haarlem"
CHANGE = f"{HAARLEM}/wijzig"
DAY = {
    "days-0-date": "2026-06-04",
    "days-0-opens": "13:30",
    "days-0-closes": "17:00",
    "days-0-capacity": "2",
}
EVIL = "<script>alert(1)</script>\"'"
#: What a page makes of it.
SHOWN = "&lt;script&gt;"
TWO_DAYS = ((date(2026, 9, 11), "10:00", "17:00", 2), (date(2026, 9, 12), "09:30", "16:30", 1))


@pytest.fixture(autouse=True)
def _host(app: Flask) -> None:
    make_sender()


def meeting_of(slug: str = "haarlem") -> Meeting:
    db.session.expire_all()
    return db.session.scalars(select(Meeting).where(Meeting.slug == slug)).one()


def subjects(address: str) -> list[str]:
    query = select(Message).where(Message.address == address).order_by(Message.id)
    return [message.content["subject"] for message in db.session.scalars(query)]


def mails() -> int:
    return len(db.session.scalars(select(Message.id)).all())


def full_house(seated: int = 2, waiting: int = 1) -> Meeting:
    """Haarlem with all its seats taken and some who wait."""
    meeting = make_meeting(days=[(date(2026, 6, 4), "13:30", "17:00", seated)])
    for n in range(1, seated + waiting + 1):
        make_registration(meeting, n, gemeente_code="GM0355" if n == 1 else None)
    db.session.commit()
    return meeting


def again(client: PageClient, html: str, **values: str):
    """Press the primary button of the preview that this is the page of."""
    form = Form(Page(html), CHANGE)
    return client.post(CHANGE, data=form.values | values)


def test_an_empty_list_says_what_to_do(coordinator, reader):
    page = coordinator.page(LIST)

    assert "Er zijn nog geen bijeenkomsten." in page.text
    assert page.links()["Maak een bijeenkomst"] == NEW
    assert "Maak een bijeenkomst" not in reader.page(LIST).links()


def test_the_list_tells_what_comes_and_what_is_over(coordinator, clock):
    full_house()
    make_meeting("zeist", days=[(date(2026, 11, 17), "10:00", "16:00", 40)], state="draft")
    make_meeting("delft", days=[(date(2026, 3, 2), "10:00", "12:00", 5)])
    db.session.commit()

    text = coordinator.page(LIST).text.replace("\N{NO-BREAK SPACE}", " ")

    assert "do 4 juni 2026" in text
    assert "2 van 2, 1 wacht" in text
    assert "concept" in text
    assert text.index("Haarlem") < text.index("Zeist") < text.index("Voorbij") < text.index("Delft")


def test_a_meeting_goes_from_concept_to_open_to_changed_to_cancelled(coordinator):
    made = coordinator.submit(NEW, title="Inloop voor jongeren", city="Haarlem", venue="De Linde",
                              **DAY)  # fmt: skip
    assert made.location == HAARLEM
    page = coordinator.page(HAARLEM)
    assert page.h1 == "Inloop voor jongeren"
    assert "concept" in page.text
    assert meeting_of().state is MeetingState.DRAFT

    coordinator.submit(HAARLEM, f"{HAARLEM}/open")
    assert meeting_of().state is MeetingState.OPEN
    for n in (1, 2, 3):
        make_registration(meeting_of(), n)
    db.session.commit()
    before = mails()

    preview = coordinator.submit(CHANGE, venue="Pakhuis De Eik")
    assert preview.status_code == 200
    assert "2 mensen krijgen een mail met een nieuwe uitnodiging" in preview.text
    assert "1 mens zonder vaste plaats krijgt een mail zonder" in preview.text
    assert "Pakhuis De Eik" in preview.text
    assert (meeting_of().venue, mails()) == ("De Linde", before)

    saved = again(coordinator, preview.text)
    assert saved.location == HAARLEM
    assert meeting_of().venue == "Pakhuis De Eik"
    assert all(subjects(f"raadslid{n}@raad.example")[-1].startswith("Gewijzigd") for n in (1, 2, 3))

    page = coordinator.page(f"{HAARLEM}/annuleer")
    assert "Annuleer de bijeenkomst en mail 3 mensen" in page.text
    assert coordinator.submit(f"{HAARLEM}/annuleer", reason=" ").status_code == 422
    coordinator.submit(f"{HAARLEM}/annuleer", reason="De zaal is er niet.")
    assert meeting_of().state is MeetingState.CANCELLED
    assert any("Gaat niet door" in subject for subject in subjects("raadslid3@raad.example"))
    assert "“De zaal is er niet.”" in coordinator.page(HAARLEM).text


def test_only_who_comes_on_the_changed_day_is_told(coordinator):
    meeting = make_meeting("rotterdam", days=TWO_DAYS)
    friday, saturday = meeting.days
    make_registration(meeting, 1, day_ids=(friday.id,))
    make_registration(meeting, 2, day_ids=(saturday.id,))
    db.session.commit()
    change = f"{LIST}rotterdam/wijzig"

    preview = coordinator.submit(change, **{"days-1-opens": "10:00"})

    assert "Noor de Wit 2" in preview.text
    assert "Noor de Wit 1" not in preview.text


def test_what_nobody_is_told_is_saved_at_once(coordinator):
    full_house()
    before = mails()

    saved = coordinator.submit(CHANGE, costs="Gratis", text="**Welkom**")

    assert saved.status_code == 303
    assert meeting_of().costs == "Gratis"
    assert mails() == before


def test_back_from_the_preview_keeps_what_was_typed(coordinator):
    full_house()
    preview = coordinator.submit(CHANGE, venue="De Eik", text="Twee\nregels", themes="jeugd, zorg")

    form = again(coordinator, preview.text, terug="1")

    assert form.status_code == 200
    assert 'value="De Eik"' in form.text
    assert "Twee\nregels" in form.text.replace("\r\n", "\n")
    assert meeting_of().venue == "Pakhuis De Linde"


def test_who_registers_while_one_looks_is_shown_first(coordinator):
    full_house()
    preview = coordinator.submit(CHANGE, venue="De Eik")
    make_registration(meeting_of(), 9)
    db.session.commit()

    second = again(coordinator, preview.text)

    assert second.status_code == 200
    assert "Noor de Wit 9" in second.text
    assert again(coordinator, second.text).status_code == 303


def test_a_stale_form_is_refused_and_loses_nothing(coordinator):
    full_house()
    html = coordinator.get(CHANGE).text
    coordinator.submit(CHANGE, costs="Gratis")

    stale = again(coordinator, html, parking="Achter de kerk")

    assert stale.status_code == 409
    assert "Een collega wijzigde deze bijeenkomst" in stale.text
    assert "Achter de kerk" in stale.text
    assert "Kosten: leeg (was: Gratis)" in stale.text
    assert (meeting_of().costs, meeting_of().parking) == ("Gratis", "")
    assert again(coordinator, stale.text).status_code == 303
    assert meeting_of().parking == "Achter de kerk"


def test_days_are_added_and_taken_away_without_script(coordinator):
    form = coordinator.submit(NEW, title="Drie dagen", city="Rotterdam", meer="1", **DAY)
    assert form.text.count('type="date"') == 6
    assert 'value="Drie dagen"' in form.text

    two = DAY | {f"days-2-{name.split('-')[2]}": value for name, value in DAY.items()}
    coordinator.submit(NEW, title="Twee dagen", city="Rotterdam",
                       **two | {"days-2-date": "2026-06-05"})  # fmt: skip
    assert [day.date.day for day in meeting_of("rotterdam").days] == [4, 5]

    coordinator.submit(f"{LIST}rotterdam/wijzig", **{"days-0-gone": "y"})
    assert [day.date.day for day in meeting_of("rotterdam").days] == [5]


def test_a_form_with_a_fault_comes_back_with_its_sentence(coordinator):
    right = {"title": "Inloop", "city": "Haarlem"} | DAY
    for typed, said in (
        ({"days-0-date": ""}, "Kies de datum van deze dag."),
        ({"days-0-capacity": ""}, "Vul in hoeveel plaatsen er deze dag zijn."),
        ({"days-0-closes": "13:00"}, "Kies een later einde."),
        ({"days-0-date": "2026-03-29", "days-0-opens": "02:30"}, "bestaat niet"),
        (dict.fromkeys(DAY, ""), "Kies de datum van deze dag."),
        ({"title": ""}, "Geef de bijeenkomst een titel."),
        ({"online_url": "http://zaal.example"}, "begin met https://"),
        ({"slug": "nieuw"}, "Kies een ander"),
        ({"slug": "Met Hoofdletters"}, "kan geen webadres zijn"),
    ):
        form = coordinator.submit(NEW, **right | typed)

        assert form.status_code == 422, typed
        assert said in form.text, typed
    assert db.session.scalars(select(Meeting)).all() == []


def test_questions_keep_their_keys(coordinator):
    coordinator.submit(NEW, title="Inloop", city="Haarlem", **DAY, **{
        "questions-0-label": "Blijft u eten?", "questions-0-type": "choice",
        "questions-0-options": "ja; nee"})  # fmt: skip
    coordinator.submit(CHANGE, **{"questions-0-label": "Eet u mee?"})

    assert meeting_of().questions == [
        {"key": "blijft-u-eten", "label": "Eet u mee?", "type": "choice", "options": ["ja", "nee"]}
    ]


def test_the_page_tells_per_day_who_comes_and_who_waits(coordinator):
    meeting = full_house()
    first = meeting.days[0]
    seated = db.session.scalars(select(Registration).order_by(Registration.id)).first()
    registering.cancel(seated, links=MEETING_LINKS, now=NOON)
    make_registration(meeting, 8)
    db.session.commit()

    page = coordinator.page(HAARLEM)

    assert "1 bezet 1 aangeboden 0 vrij van 2 plaatsen 1 wacht" in page.text
    assert "aangeboden tot di 24 maart, 9.00 uur" in page.text
    assert "1 Noor de Wit 8" in page.text
    assert "1 mens annuleerde" in page.text
    assert page.links()["Zeist"] == "/kantoor/gemeenten/GM0355"
    assert (first.taken, first.waiting) == (2, 1)


def test_more_seats_are_offered_to_who_waits(coordinator):
    day = full_house(waiting=2).days[0]

    coordinator.submit(HAARLEM, f"{HAARLEM}/dag/{day.id}/plaatsen", capacity="3")

    assert "1 mens op de wachtlijst krijgt een aanbod." in coordinator.page(HAARLEM).text
    assert meeting_of().days[0].capacity == 3
    assert seats.miscounted() == []


def test_never_fewer_seats_than_are_taken(coordinator):
    day = full_house().days[0]

    refused = coordinator.submit(HAARLEM, f"{HAARLEM}/dag/{day.id}/plaatsen", capacity="1")

    assert refused.status_code == 409
    assert "kan niet lager zijn dan 2" in refused.text
    assert meeting_of().days[0].capacity == 2


def test_one_day_is_called_off_alone(coordinator):
    meeting = make_meeting("rotterdam", days=TWO_DAYS)
    friday, saturday = meeting.days
    make_registration(meeting, 1, day_ids=(friday.id,))
    make_registration(meeting, 2, day_ids=(saturday.id,))
    db.session.commit()
    url = f"{LIST}rotterdam/dag/{friday.id}/annuleer"

    assert "en mail 1 mens" in coordinator.page(url).text
    coordinator.submit(url, reason="Ziek.")

    off, on = meeting_of("rotterdam").days
    assert off.cancelled_at == NOON
    assert on.cancelled_at is None
    assert any("Gaat niet door" in one for one in subjects("raadslid1@raad.example"))
    assert not any("Gaat niet door" in one for one in subjects("raadslid2@raad.example"))


def test_someone_who_calls_is_put_on_the_list_and_taken_off(coordinator):
    day = full_house(seated=1, waiting=0).days[0]
    add = f"{HAARLEM}/voeg-toe"

    added = coordinator.submit(add, name="Ruud Kok", email="ruud@raad.example", gemeente="zeist",
                               day_ids=[str(day.id)], note="Belde zelf.")  # fmt: skip

    person = db.session.scalars(select(Registration).where(Registration.name == "Ruud Kok")).one()
    assert added.location == f"{HAARLEM}/aanmelding/{person.id}"
    assert (person.gemeente_code, person.note) == ("GM0355", "Belde zelf.")
    assert person.places[0].state is PlaceState.WAITING
    assert subjects("ruud@raad.example")[0].startswith("U staat op de wachtlijst")

    off = f"{added.location}/annuleer"
    assert "krijgt een mail dat de aanmelding geannuleerd is" in coordinator.page(off).text
    coordinator.submit(off)
    db.session.expire_all()
    assert person.cancelled_at == NOON
    assert seats.miscounted() == []


def test_a_caller_with_a_fault_is_not_registered(coordinator):
    full_house(seated=1, waiting=0)
    for typed, said in (
        ({"gemeente": "Atlantis"}, "Atlantis"),
        ({"email": "geen adres"}, "is geen e-mailadres"),
        ({"day_ids": None}, "U hebt nog geen dag gekozen"),
        ({"name": " "}, "Vul de naam in."),
    ):
        values = {"name": "Ruud", "email": "ruud@raad.example"} | typed
        form = coordinator.submit(f"{HAARLEM}/voeg-toe", **values)

        assert form.status_code == 422, typed
        assert said in form.text, typed
    assert len(db.session.scalars(select(Registration)).all()) == 1


def test_notes_are_kept_for_the_office(coordinator, reader):
    full_house()
    person = db.session.scalars(select(Registration)).first()
    here = f"{HAARLEM}/aanmelding/{person.id}"

    coordinator.submit(HAARLEM, f"{HAARLEM}/notitie", note="Zaal open om 12.00.")
    coordinator.submit(here, f"{here}/notitie", note="Komt met de trein.")

    assert "Zaal open om 12.00." in reader.page(HAARLEM).text
    assert "Komt met de trein." in reader.page(HAARLEM).text
    assert "Komt met de trein." in reader.page(here).text


def test_a_reader_sees_names_and_no_address_and_changes_nothing(reader):
    full_house()
    person = db.session.scalars(select(Registration)).first()
    needs.keep(person, Needs(Wish((), "Vegetarisch")), consented="ja", now=NOON)
    db.session.commit()

    page = reader.page(HAARLEM)
    one = reader.page(f"{HAARLEM}/aanmelding/{person.id}")

    assert "Noor de Wit 1" in page.text
    for text in (page.source, one.source):
        assert "raadslid1@" not in text
        assert "Vegetarisch" not in text
        assert HAARLEM not in [node.attrs.get("action", "")[: len(HAARLEM)] for node in page.nodes]
    for url in ("/wijzig", "/annuleer", "/voeg-toe", "/deelnemers.csv", "/deelnemers.xlsx"):
        assert reader.get(HAARLEM + url).status_code == 403


def test_the_list_of_participants_is_a_file(coordinator):
    full_house()

    csv = coordinator.get(f"{HAARLEM}/deelnemers.csv")
    xlsx = coordinator.get(f"{HAARLEM}/deelnemers.xlsx")

    assert csv.data.startswith(b"\xef\xbb\xbfname;email;gemeente")
    assert len(csv.text.splitlines()) == 4
    assert "deelnemers-haarlem.csv" in csv.headers["Content-Disposition"]
    rows = CalamineWorkbook.from_filelike(io.BytesIO(xlsx.data)).get_sheet_by_index(0).to_python()
    assert [row[0] for row in rows[1:]] == [f"Noor de Wit {n}" for n in (1, 2, 3)]


def test_no_name_becomes_a_formula(coordinator):
    make_registration(make_meeting(), name="=HYPERLINK(1)")
    db.session.commit()

    csv = coordinator.get(f"{HAARLEM}/deelnemers.csv").text

    assert "'=HYPERLINK(1)" in csv
    assert "\n=HYPER" not in csv


def test_what_people_typed_is_never_markup(coordinator):
    fields = ("title", "city", "venue", "address", "region", "audience", "contact", "costs",
              "accessibility", "language", "parking", "summary", "text", "notes")  # fmt: skip
    questions = [{"key": "a", "label": EVIL, "type": "choice", "options": [EVIL]}]
    meeting = make_meeting(questions=questions, themes=[EVIL], **dict.fromkeys(fields, EVIL))
    meeting.days[0].title = EVIL
    meeting.days[0].programme = [{"at": "10.00", "what": EVIL}]
    person = make_registration(
        meeting, name=EVIL, needs=Needs(Wish((), EVIL)), consented="ja", answers={"a": EVIL}
    )
    person.note = EVIL
    db.session.commit()
    here = f"{HAARLEM}/aanmelding/{person.id}"
    day = f"{HAARLEM}/dag/{meeting.days[0].id}"

    pages = [LIST, HAARLEM, CHANGE, f"{HAARLEM}/annuleer", f"{day}/annuleer", here,
             f"{here}/annuleer", f"{HAARLEM}/voeg-toe", "/kantoor/zoek/?q=script"]  # fmt: skip
    found = [coordinator.get(url).text for url in pages]
    found.append(coordinator.submit(CHANGE, venue=f"{EVIL}2").text)

    for url, html in zip([*pages, "preview"], found, strict=True):
        assert "<script>alert" not in html, url
        assert SHOWN in html, url


def test_a_meeting_costs_the_same_for_few_and_for_many(coordinator, query_count):
    meeting = full_house(seated=3, waiting=1)
    with query_count() as few:
        coordinator.get(HAARLEM)
    with query_count() as few_listed:
        coordinator.get(LIST)
    meeting = meeting_of()
    meeting.days[0].capacity = 30
    for n in range(10, 40):
        make_registration(meeting, n, gemeente_code="GM0344" if n % 2 else "GM0363")
    for slug in ("zeist", "delft", "gouda"):
        make_meeting(slug, days=TWO_DAYS)
    db.session.commit()

    with query_count() as many:
        coordinator.get(HAARLEM)
    with query_count() as many_listed:
        coordinator.get(LIST)

    assert many.count == few.count <= 14
    assert many_listed.count == few_listed.count <= 12


def test_a_concept_is_thrown_away_and_an_open_meeting_is_not(coordinator):
    make_meeting("zeist", state=MeetingState.DRAFT)
    make_meeting()
    db.session.commit()

    coordinator.submit(f"{LIST}zeist/weg")
    kept = coordinator.submit(f"{HAARLEM}/weg")

    assert kept.status_code == 409
    assert [one.slug for one in db.session.scalars(select(Meeting))] == ["haarlem"]


def test_without_a_sender_the_page_says_that_nobody_gets_mail(coordinator):
    make_meeting()
    db.session.delete(db.session.scalars(select(Sender)).one())
    db.session.commit()

    assert "Er is nog geen afzender." in coordinator.page(HAARLEM).text


def test_the_timeline_tells_that_someone_comes_and_not_who(coordinator):
    meeting = full_house()
    person = db.session.scalars(select(Registration)).first()
    registering.cancel(person, links=MEETING_LINKS, now=NOON)
    db.session.commit()

    page = coordinator.page("/kantoor/gemeenten/GM0355")

    assert page.links()["Een raadslid meldde zich aan voor Haarlem"] == HAARLEM
    assert "Een raadslid annuleerde de aanmelding voor Haarlem" in page.text
    assert person.name not in page.source
    assert meeting.title not in page.text


def test_the_overview_tells_which_meeting_comes_this_week(coordinator, clock):
    full_house()
    assert "Bijeenkomst in Haarlem" not in coordinator.page("/kantoor/").text

    clock.at = clock.at.replace(month=6, day=1)
    text = coordinator.page("/kantoor/").text

    assert "Bijeenkomst in Haarlem" in text
    assert "2 plaatsen van 2 bezet; 1 mens wacht" in text


def test_search_finds_meetings_and_for_coordinators_people(coordinator, reader):
    full_house()
    make_contact("Zeist", last_name="Raadsman")

    assert HAARLEM in coordinator.page("/kantoor/zoek/?q=linde").links().values()
    found = coordinator.page("/kantoor/zoek/?q=RAADSLID2@")
    assert "Noor de Wit 2" in found.links()
    assert "Noor de Wit 2" not in reader.page("/kantoor/zoek/?q=raadslid2").text


def test_an_unknown_meeting_or_day_is_no_page(coordinator):
    full_house()
    other = make_meeting("zeist")
    db.session.commit()

    assert coordinator.get(f"{LIST}atlantis").status_code == 404
    assert coordinator.get(f"{HAARLEM}/dag/{other.days[0].id}/annuleer").status_code == 404
    assert coordinator.get(f"{LIST}zeist/aanmelding/1").status_code == 404
