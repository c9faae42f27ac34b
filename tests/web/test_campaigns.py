import io
import re
from datetime import datetime, timedelta

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook
from sqlalchemy import delete, select, update

from config import Switch
from outreach.accounts.audit import CLI
from outreach.accounts.limits import Limits
from outreach.accounts.models import AuditEntry, Sender
from outreach.campaigns import attached, figures, files, scheduling, writing
from outreach.campaigns.models import Campaign, CampaignState, StepState
from outreach.clock import FixedClock
from outreach.contacts.models import Suppression
from outreach.db import db
from outreach.delivery import receivers
from outreach.delivery.models import Message, State
from outreach.letters import dutch
from outreach.web.context import store
from tests.conftest import NOON
from tests.factories import make_campaign, make_contact, make_sender
from tests.web import scenes
from tests.web.page import Form, Page, PageClient

HOME = "/kantoor/brieven/oproep"


def read_xlsx(data: bytes) -> list[list[object]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()


@pytest.fixture
def letter(app: Flask, clock: FixedClock) -> Campaign:
    """A letter to all griffies, sixteen days ago, with answers."""
    scenes.make_griffies()
    campaign = scenes.make_letter()
    campaign.slug = "oproep"
    scenes.make_sent(campaign)
    clock.forward(timedelta(days=16))
    return campaign


@pytest.fixture
def draft(app: Flask) -> Campaign:
    scenes.make_griffies(most=3)
    campaign = scenes.make_draft("Deltaplan")
    campaign.slug = "oproep"
    db.session.commit()
    return campaign


def test_the_first_page_tells_what_waits_comes_and_runs(
    coordinator: PageClient, letter: Campaign
) -> None:
    text = coordinator.page("/kantoor/").text

    assert "wo 8 april 2026, 10.00 uur" in text
    assert "4 brieven niet aangekomen" in text
    assert "Herinnering, 324 adressen" in text
    assert "Er gaat nu niets weg." in text
    assert re.search(r"Oproep eenzaamheid .* 340 73 263 4", text)


def test_an_empty_office_says_what_to_do(coordinator: PageClient) -> None:
    page = coordinator.page("/kantoor/")

    assert "Niets wacht op u." in page.text
    assert page.links()["Adressen"] == "/kantoor/adressen/"
    assert "Er zijn nog geen brieven." in coordinator.page("/kantoor/brieven/").text


def test_a_letter_says_how_it_stands_in_one_sentence(
    coordinator: PageClient, letter: Campaign
) -> None:
    text = coordinator.page(HOME).text

    assert (
        "Wij schreven 340 gemeenten. 12 stuurden de brief door, 61 bevestigden de ontvangst,"
        " 263 reageerden nog niet. 4 brieven kwamen niet aan."
    ) in text


def test_the_counts_add_up_like_a_cash_book(coordinator: PageClient, letter: Campaign) -> None:
    page = coordinator.page(HOME)

    book = next(t for t in page.all("table") if "kasboek" in t.attrs.get("class", ""))
    rows = [row.text.split() for row in page.all("tr") if row.text in book.text]
    counts = [int(row[-1]) for row in rows if row[-1].isdigit()]
    *sent, subtotal, rest, total = counts
    assert sum(sent) == subtotal == 340
    assert subtotal + rest == total == 342


def test_map_and_table_name_all_gemeenten_with_the_same_status(
    coordinator: PageClient, letter: Campaign
) -> None:
    page = coordinator.page(HOME)

    tiles = {
        node.text.split(": ")[0]: node.text.split(": ")[1]
        for node in page.all("title")
        if ": " in node.text
    }
    rows = {}
    for row in page.all("tr"):
        names = [name for name in tiles if row.text.strip().startswith(name)]
        if names:
            rows[max(names, key=len)] = row.text
    assert len(tiles) == 342
    assert set(rows) == set(tiles)
    assert all(tiles[name] in text for name, text in rows.items())


def test_the_map_has_one_tab_stop_and_links_to_every_gemeente(
    coordinator: PageClient, letter: Campaign
) -> None:
    page = coordinator.page(HOME)

    links = [a for a in page.all("a") if "tabindex" in a.attrs]
    assert len(links) == 342
    assert [a.attrs["tabindex"] for a in links].count("0") == 1
    assert len({a.attrs["href"] for a in links}) == 342


def test_chips_choose_and_stand_in_the_address(coordinator: PageClient, letter: Campaign) -> None:
    page = coordinator.page(f"{HOME}?status=doorgestuurd")

    assert "12 gemeenten. Boven staat" in page.text
    chosen = [a for a in page.all("a") if a.attrs.get("aria-current") == "true"]
    assert [a.text.strip() for a in chosen] == ["12 doorgestuurd naar de raad"]


def test_what_a_person_can_do_something_about_stands_first(
    coordinator: PageClient, letter: Campaign
) -> None:
    page = coordinator.page(HOME)

    table = next(t for t in page.all("table") if "Boven staat wat een mens vraagt" in t.text)
    rows = [row.text for row in page.all("tr") if row.text and row.text in table.text][1:]
    assert all("Zoek het adres" in row for row in rows[:4])
    assert not any("Zoek het adres" in row for row in rows[4:])


def test_reactions_per_day_are_a_plot_and_the_same_table(
    coordinator: PageClient, letter: Campaign
) -> None:
    page = coordinator.page(HOME)

    table = next(t for t in page.all("table") if "Per dag de gemeenten" in t.text)
    rows = re.findall(r"(ma|di|wo|do|vr|za|zo) \d+ \w+\s+(\d+)\s+(\d+)\s+(\d+)", table.text)
    assert sum(int(row[3]) for row in rows) == 73
    assert "73 reacties, per dag" in page.text


def test_who_reacted_is_told_per_province_and_by_size(
    coordinator: PageClient, letter: Campaign
) -> None:
    page = coordinator.page(HOME)

    for title, kinds in (("per provincie", 12), ("naar grootte", 4)):
        table = next(t for t in page.all("table") if f"Wie reageerde, {title}" in t.text)
        rows = re.findall(r"\s(\d+)\s+\d+%\s+(\d+)\s+(\d+)\s+(\d+)", table.text)
        numbers = [tuple(map(int, row)) for row in rows]
        assert len(numbers) == kinds
        assert [sum(column) for column in zip(*numbers, strict=True)] == [73, 263, 4, 340]


def test_the_list_can_be_downloaded_for_a_spreadsheet(
    coordinator: PageClient, letter: Campaign
) -> None:
    response = coordinator.get(f"{HOME}/gemeenten.csv")

    lines = response.data.decode("utf-8-sig").splitlines()
    assert response.mimetype == "text/csv"
    assert len(lines) == 343
    assert lines[0].startswith("code;gemeente;provincie;status;sinds;hoe weten we dit;versie;")
    assert lines[0].endswith(";wat de raad deed;vergadering;in hun woorden;link")
    assert any(line.startswith("GM0355;Zeist;Utrecht;doorgestuurd naar de raad") for line in lines)


def test_every_number_opens_its_list_and_that_list_is_a_workbook(
    coordinator: PageClient, letter: Campaign
) -> None:
    page = coordinator.page(HOME)
    book = next(table for table in page.all("table") if "Stand per status" in table.text)
    numbers = dict(re.findall(r"([a-z][a-z, ]+?)\s+(\d+)", book.text))
    links = {
        a.attrs["aria-label"].split(": ")[1]: a.attrs["href"]
        for a in page.all("a")
        if ": " in a.attrs.get("aria-label", "")
    }

    assert links
    for word, address in links.items():
        there = coordinator.page(address)
        assert f"{numbers[word]} gemeenten. Boven staat" in there.text or numbers[word] == "1"
        made = coordinator.get(there.links()["Excel-bestand"])
        lines = read_xlsx(made.data)
        assert lines[0][:4] == ["code", "gemeente", "provincie", "status"]
        assert len(lines) - 1 == int(numbers[word])


def test_the_page_for_the_board_can_be_downloaded(reader: PageClient, draft: Campaign) -> None:
    page = reader.page(HOME)

    made = reader.get(page.links()["Download het verslag (PDF)"])

    assert made.mimetype == "application/pdf"
    assert made.data.startswith(b"%PDF")
    assert "Verslag oproep.pdf" in made.headers["Content-Disposition"]


def test_pausing_and_resuming_are_one_press_each(coordinator: PageClient, letter: Campaign) -> None:
    coordinator.submit(HOME, f"{HOME}/pauzeer")
    paused = coordinator.page(HOME).text
    coordinator.submit(HOME, f"{HOME}/hervat")

    assert "gepauzeerd" in paused
    assert "Het versturen staat stil." in paused
    assert writing.find("oproep").state is CampaignState.RUNNING
    acts = db.session.scalars(select(AuditEntry.act).order_by(AuditEntry.id)).all()
    assert acts == ["pause campaign", "resume campaign"]


def test_stopping_is_asked_for_twice(coordinator: PageClient, letter: Campaign) -> None:
    asked = coordinator.page(f"{HOME}/stop")
    response = coordinator.submit(f"{HOME}/stop")

    assert "Dit kunt u niet ongedaan maken." in asked.text
    assert response.status_code == 303
    assert writing.find("oproep").state is CampaignState.CANCELLED


def test_a_draft_without_faults_is_planned_by_one_press(
    coordinator: PageClient, draft: Campaign
) -> None:
    response = coordinator.submit(HOME, f"{HOME}/start")

    page = coordinator.page(HOME)
    assert response.status_code == 303
    assert writing.find("oproep").state is CampaignState.RUNNING
    assert "De eerste brief gaat weg op ma 13 april, 10.00 uur." in page.text


def test_what_is_sent_now_can_be_held_back_for_ten_minutes(
    coordinator: PageClient, draft: Campaign, clock: FixedClock
) -> None:
    draft.steps[0].send_at, moment = None, clock.now()
    db.session.commit()
    asked = coordinator.page(HOME)

    coordinator.submit(HOME, f"{HOME}/start", nu="1", gezien=["council-not-in-office"])
    sent = writing.find("oproep")
    leaves = sent.steps[0].send_at
    assert leaves == moment + timedelta(minutes=10)
    assert scheduling.due_steps(now=moment + timedelta(minutes=9)) == []
    page = coordinator.page(HOME)
    coordinator.submit(HOME, f"{HOME}/terug")

    assert "Verstuur nu" in asked.text
    assert f"De brief gaat weg op {dutch.day_time(leaves)}." in page.text
    assert sent.state is CampaignState.DRAFT
    assert "De brief is weer een concept. Er ging niets weg." in coordinator.page(HOME).text


def test_what_is_leaving_is_no_draft_again(coordinator: PageClient, draft: Campaign) -> None:
    coordinator.submit(HOME, f"{HOME}/start", nu="1")
    form = Form(coordinator.page(HOME), f"{HOME}/terug")
    draft.steps[0].state = StepState.QUEUED
    db.session.commit()

    refused = coordinator.post(form.action, data=form.values)

    assert refused.status_code == 409
    assert "gaat al weg. Pauzeer de brief, of stop hem." in refused.text
    assert writing.find("oproep").state is CampaignState.RUNNING


def test_the_calendar_says_what_leaves_when(coordinator: PageClient, draft: Campaign) -> None:
    page = coordinator.page(f"{HOME}/verloop")

    assert f"{HOME}/verloop" in [link.attrs["href"] for link in coordinator.page(HOME).all("a")]
    assert "ma 13 april" in page.text
    assert "Vanaf nu antwoordt niemand meer." in page.text


def test_a_warning_is_ticked_off_by_name_before_the_start(
    coordinator: PageClient, draft: Campaign
) -> None:
    draft.kenmerk = ""
    db.session.commit()
    page = coordinator.page(HOME)
    boxes = [box.attrs for box in page.all("input") if box.attrs.get("name") == "gezien"]

    unseen = coordinator.submit(HOME, f"{HOME}/start", gezien=[])
    assert unseen.status_code == 409
    assert "Vink bij elk punt van de controle aan dat u het zag." in unseen.text
    assert writing.find("oproep").state is CampaignState.DRAFT

    seen = coordinator.submit(HOME, f"{HOME}/start", gezien=[box["value"] for box in boxes])
    assert seen.status_code == 303
    assert [box["value"] for box in boxes] == ["no-kenmerk"]
    assert [one["code"] for one in writing.find("oproep").warnings] == ["no-kenmerk"]


def test_a_draft_with_a_fault_has_no_button_to_plan(
    coordinator: PageClient, draft: Campaign
) -> None:
    draft.steps[0].texts[0].mail = "{{aanhef}}\n\nKijk op [de site]().\n\n{{afzender}}"
    db.session.commit()

    page = coordinator.page(HOME)

    assert "verhindert het verzenden" in page.text
    assert not [f for f in page.all("form") if f.attrs.get("action") == f"{HOME}/start"]


def test_a_draft_without_a_moment_asks_for_one(coordinator: PageClient, draft: Campaign) -> None:
    draft.steps[0].send_at = None
    db.session.commit()

    assert "Kies het moment waarop de brief weggaat." in coordinator.page(HOME).text


def test_a_draft_can_be_thrown_away(coordinator: PageClient, draft: Campaign) -> None:
    coordinator.submit(f"{HOME}/weg")

    assert db.session.scalar(select(Campaign)) is None
    assert "is weggegooid" in coordinator.page("/kantoor/brieven/").text


def test_a_running_letter_cannot_be_thrown_away(coordinator: PageClient, letter: Campaign) -> None:
    response = coordinator.submit(f"{HOME}/weg")

    assert response.status_code == 409
    assert "blijft bewaard" in response.text


def test_progress_asks_the_browser_to_renew_the_page_when_it_ends(
    coordinator: PageClient, app: Flask
) -> None:
    scenes.make_griffies(most=30)
    campaign = scenes.make_letter()
    campaign.slug = "oproep"
    scenes.make_sent(campaign, waiting=10)

    under_way = coordinator.get(f"{HOME}/voortgang")
    scenes.accept_waiting("oproep", 10)
    done = coordinator.get(f"{HOME}/voortgang")

    assert "20 van 30" in under_way.text
    assert "HX-Refresh" not in under_way.headers
    assert done.headers["HX-Refresh"] == "true"


def test_letters_that_wait_for_another_day_are_not_being_sent(coordinator: PageClient) -> None:
    scenes.make_griffies(most=12)
    campaign = scenes.make_letter()
    campaign.slug = "oproep"
    scenes.make_sent(campaign, waiting=4)
    assert "Wordt verstuurd" in coordinator.page(HOME).text
    waits = Message.state == State.QUEUED
    may = {"not_before": datetime.fromisoformat("2026-05-04T07:00+00:00")}
    db.session.execute(update(Message).where(waits).values(may))
    db.session.commit()

    for page in (HOME, f"{HOME}/voortgang", "/kantoor/"):
        text = coordinator.get(page).text
        assert "Eerste brieven vertrokken; de rest vanaf ma 4 mei" in text
        assert "Wordt verstuurd" not in text
    status = figures.status(writing.find("oproep"), now=NOON)
    assert status["rest_at"] == "2026-05-04T07:00:00+00:00"
    today = {"not_before": NOON + timedelta(hours=1)}
    db.session.execute(update(Message).where(Message.state == State.ACCEPTED).values(today))
    db.session.execute(update(Message).values(today | {"state": State.QUEUED}))
    db.session.commit()
    assert "Vertrekt vanaf" in coordinator.page(HOME).text


@pytest.fixture
def paced(app: Flask) -> None:
    """Limits of senders are kept to, as they are by default."""
    settings = app.extensions["outreach.settings"]
    app.extensions["outreach.settings"] = settings.model_copy(update={"rate_limits": Switch.ON})


def make_leaving(slug: str, sender: Sender, waiting: int) -> Campaign:
    campaign = scenes.make_letter(slug, sender=sender)
    campaign.slug = slug
    scenes.make_sent(campaign, waiting=waiting)
    return campaign


@pytest.mark.usefixtures("paced")
def test_a_letter_that_leaves_slowly_says_when_it_is_done(coordinator: PageClient) -> None:
    scenes.make_griffies(most=30)
    sender = make_sender(per_minute=1)
    campaign = make_leaving("oproep", sender, 10)
    pages = ("/kantoor/", HOME, f"{HOME}/voortgang")

    assert all("Klaar rond 9.09 uur, 1 per minuut" in coordinator.get(url).text for url in pages)

    sender.per_day = 4
    db.session.commit()
    text = coordinator.get(HOME).text
    assert "Klaar rond wo 25 maart, 9.00 uur, 4 per dag" in text

    campaign.state = CampaignState.PAUSED
    db.session.commit()
    assert not any("Klaar rond" in coordinator.get(url).text for url in pages)


@pytest.mark.usefixtures("paced")
def test_a_letter_whose_receivers_take_little_says_so(coordinator: PageClient) -> None:
    scenes.make_griffies(most=30)
    make_leaving("oproep", make_sender(per_minute=1), 10)
    addresses = db.session.scalars(select(Message.address_key)).all()
    domains = {address.rpartition("@")[2] for address in addresses}
    receivers.add("Griffies", domains, Limits(per_hour=5), by=CLI, now=NOON)
    db.session.commit()

    assert "Klaar rond 10.48 uur, 5 per uur naar Griffies" in coordinator.get(HOME).text
    receivers.change(
        receivers.find("Griffies"), "Griffies", domains, Limits(per_hour=900), by=CLI, now=NOON
    )
    db.session.commit()
    assert "Klaar rond 9.09 uur, 1 per minuut<" in coordinator.get(HOME).text


@pytest.mark.usefixtures("paced")
def test_two_letters_of_a_sender_are_done_later_than_one(coordinator: PageClient) -> None:
    scenes.make_griffies(most=30)
    sender = make_sender(per_minute=1)
    for slug, waiting in (("oproep", 10), ("deltaplan", 4)):
        make_leaving(slug, sender, waiting)
        db.session.execute(delete(Suppression))
        db.session.commit()

    assert "Klaar rond 9.13 uur" in coordinator.get(HOME).text
    assert "Klaar rond 9.07 uur" in coordinator.get("/kantoor/brieven/deltaplan").text
    both = coordinator.get("/kantoor/").text
    assert "Klaar rond 9.13 uur" in both
    assert "Klaar rond 9.07 uur" in both


@pytest.mark.usefixtures("paced")
def test_a_letter_that_its_hours_stop_says_no_end(coordinator: PageClient) -> None:
    scenes.make_griffies(most=30)
    campaign = make_leaving("oproep", make_sender(per_minute=1), 10)
    campaign.window_from, campaign.window_until = 8 * 60, 9 * 60 + 5
    db.session.commit()

    assert "Klaar rond" not in coordinator.get(HOME).text


def test_a_letter_of_which_nothing_is_held_back_says_no_end(coordinator: PageClient) -> None:
    scenes.make_griffies(most=30)
    make_leaving("oproep", make_sender(per_minute=1), 10)

    assert "Klaar rond" not in coordinator.get(HOME).text


def test_a_reader_sees_the_letter_and_no_buttons(reader: PageClient, letter: Campaign) -> None:
    page = reader.page(HOME)

    actions = [form.attrs.get("action") for form in page.all("form")]
    assert "Oproep eenzaamheid" in page.h1
    assert not [action for action in actions if action and action.startswith(HOME)]


def test_a_step_to_come_is_a_sum_that_holds(coordinator: PageClient, letter: Campaign) -> None:
    page = coordinator.page(f"{HOME}/stap/2")

    assert "Op vr 10 april om 9.00 uur krijgen 324 adressen de herinnering." in page.text
    for term in ("342 in de selectie", "18 krijgen niets", "324 krijgen de herinnering"):
        assert term in page.text
    assert "12 stuurden de brief door" in page.text
    assert "4 brieven kwamen niet aan" in page.text
    assert "10 voorbeelden uit de 324" in page.text


def test_everyone_in_a_step_can_be_shown(coordinator: PageClient, letter: Campaign) -> None:
    page = coordinator.page(f"{HOME}/stap/2?alle=1")

    assert "Iedereen die de herinnering krijgt" in page.text


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("aalsmeer", "Aalsmeer: ja, op griffie@aalsmeer.example."),
        ("Zeist", "Zeist: nee. Gaf antwoord"),
        ("Atlantis", "Geen gemeente heet “Atlantis”."),
    ],
)
def test_a_step_answers_for_one_gemeente(
    coordinator: PageClient, letter: Campaign, asked: str, answer: str
) -> None:
    assert answer in coordinator.page(f"{HOME}/stap/2?g={asked}").text


def test_a_step_that_is_not_there_is_not_found(coordinator: PageClient, letter: Campaign) -> None:
    assert coordinator.page(f"{HOME}/stap/9", 404).h1 == "Deze bladzijde is er niet"


def test_search_finds_gemeente_letter_and_person(coordinator: PageClient, letter: Campaign) -> None:
    by_name = coordinator.page("/kantoor/zoek/?q=zeist").links()
    by_reference = coordinator.page("/kantoor/zoek/?q=NE-2026-014").links()
    nothing = coordinator.page("/kantoor/zoek/?q=qqqq").text

    assert by_name["Zeist"] == "/kantoor/gemeenten/GM0355"
    assert by_name["Griffie Zeist"].startswith("/kantoor/adressen/")
    assert by_reference["Oproep eenzaamheid"] == HOME
    assert "Niets gevonden voor “qqqq”." in nothing


def test_a_correction_is_checked_shown_and_sent_to_who_has_the_old_text(
    coordinator: PageClient, letter: Campaign
) -> None:
    here = f"{HOME}/stap/1/verbetering"
    old = letter.steps[0].texts[0]
    old.mail = old.mail.replace("in de bijlage ", "").strip()
    db.session.commit()
    assert "336 hebben de oude" in coordinator.page(here).text
    mail = old.mail.replace("ter kennisname", "ter bespreking, zie de mail van 2 maart jl.,")
    words = {"mail_raad": mail, "sent": "bericht"}
    note = "{{aanhef}}\n\nDe brief is ter bespreking.\n\nMet vriendelijke groet,\n\n{{afzender}}"

    checked = Page(coordinator.submit(here, here, **words, note=note, doe="controleer").text)
    assert "weg: kennisname" in checked.text
    assert "nieuw: bespreking, zie" in checked.text
    db.session.rollback()
    assert len(letter.steps[0].texts) == 1
    unseen = coordinator.submit(here, here, **words, note=note, doe="stuur")
    assert unseen.status_code == 422
    warned = [n.attrs["value"] for n in checked.all("input") if n.attrs.get("name") == "gezien"]
    sent = coordinator.submit(here, here, **words, note=note, doe="stuur", gezien=warned)
    assert sent.status_code == 303, Page(sent.text).text

    text = coordinator.page(HOME).text
    assert "Wie de oude tekst heeft" not in text
    assert "336 griffies krijgen een bericht; 0 zijn verstuurd." in text
    assert "versie 1" in text
    listed = coordinator.get(f"{HOME}/gemeenten.csv").text
    assert ";versie;" in listed.splitlines()[0]
    assert "versie 1" in listed
    assert "Versie 1 van de tekst." in coordinator.page("/kantoor/gemeenten/GM0355").text
    notes = coordinator.page(f"{HOME}/stap/101")
    assert notes.h1 == "Verbetering"


def test_a_wrong_attachment_is_shown_and_sent_in_two_presses(
    coordinator: PageClient, app: Flask
) -> None:
    scenes.make_griffies(most=3)
    campaign = scenes.make_letter()
    scenes.make_sent(campaign)
    wrong = attached.File("oproep.pdf", "application/pdf", store().put(b"%PDF-fout"), 9)
    attached.put(campaign, [wrong])
    campaign.steps[0].texts[0].mail = campaign.steps[0].texts[0].mail.strip()
    db.session.commit()
    here = f"/kantoor/brieven/{campaign.slug}/stap/1/verbetering"
    right = (io.BytesIO(b"%PDF-goed"), "map/oproep.pdf")
    note = "{{aanhef}}\n\nDe bijlage was fout.\n\nMet vriendelijke groet,\n\n{{afzender}}"

    same = coordinator.submit(here, here, doe="controleer")
    assert "nog dezelfde" in same.text
    checked = Page(coordinator.submit(here, here, attachments=right, doe="controleer").text)
    assert "vervangen: oproep.pdf" in checked.text
    token = next(n.attrs["value"] for n in checked.all("input") if n.attrs.get("name") == "added")
    warned = [n.attrs["value"] for n in checked.all("input") if n.attrs.get("name") == "gezien"]
    words = {"added": token, "gezien": warned, "sent": "bericht", "note": note}
    sent = coordinator.submit(here, here, **words, doe="stuur")
    assert sent.status_code == 303, Page(sent.text).text

    (going,) = writing.find(campaign.slug).attachments
    assert store().get(going.sha256) == b"%PDF-goed"
    (told,) = campaign.notes[0].texts
    assert [one["sha256"] for one in told.attached or ()] == [going.sha256]
    versions = coordinator.page(f"/kantoor/brieven/{campaign.slug}/stap/1/versies").text
    assert "bijlagen vervangen: oproep.pdf" in versions
    forged = coordinator.submit(here, here, added=token[:-2] + "xx", doe="controleer")
    assert "Kies de nieuwe bijlage opnieuw" in forged.text


def test_a_correction_asks_for_a_pause_while_letters_leave(
    coordinator: PageClient, app: Flask
) -> None:
    scenes.make_griffies(most=4)
    campaign = scenes.make_letter()
    scenes.make_sent(campaign, waiting=2)
    here = f"/kantoor/brieven/{campaign.slug}/stap/1/verbetering"

    assert "Pauzeer eerst" in coordinator.page(here).text
    paused = coordinator.submit(here, f"/kantoor/brieven/{campaign.slug}/pauzeer?terug=1")
    assert paused.headers["Location"] == here
    assert "gaan weg met de nieuwe tekst" in coordinator.page(here).text


def test_the_same_letter_again_asks_why_before_it_is_planned(
    coordinator: PageClient, app: Flask
) -> None:
    scenes.make_griffies(most=2)
    first = scenes.make_letter()
    again = scenes.make_letter(sender=first.sender)
    for one in (first, again):
        mail = one.steps[0].texts[0].mail
        one.steps[0].texts[0].mail = mail.replace("in de bijlage ", "")
    again.state, again.started_at = CampaignState.DRAFT, None
    db.session.commit()
    here, start = f"/kantoor/brieven/{again.slug}", f"/kantoor/brieven/{again.slug}/start"

    page = coordinator.page(here)
    assert "Waarom gaat hij nog eens?" in page.text
    seen = [n.attrs["value"] for n in page.all("input") if n.attrs.get("name") == "gezien"]
    assert coordinator.submit(here, start, gezien=seen).status_code == 409
    assert coordinator.submit(here, start, gezien=seen, reden="Oude was fout").status_code == 303


def test_a_letter_is_downloaded_as_the_file_that_makes_it(
    coordinator: PageClient, draft: Campaign
) -> None:
    link = coordinator.page(HOME).links()["Download de brief als bestand"]
    response = coordinator.get(link)

    assert response.headers["Content-Disposition"] == 'attachment; filename="oproep.md"'
    assert files.parse(response.text).slug == "oproep"


def test_a_second_person_agrees_on_the_page_of_the_letter(coordinator: PageClient) -> None:
    sender = make_sender(needs_approval=True)
    make_contact("Zeist")
    campaign = make_campaign(slug="akkoord", sender=sender)
    campaign.steps[0].texts[
        0
    ].mail = "{{aanhef}}\n\nStuurt u dit door?\n\nMet vriendelijke groet,\nMarit"
    db.session.commit()
    at = "/kantoor/brieven/akkoord"

    assert "Plan de brief" not in (page := coordinator.page(at).text), page
    coordinator.submit(at, f"{at}/akkoord/vraag")
    assert "Een ander dan de schrijver en de vrager" in coordinator.page(at).text
    assert "wacht op akkoord" in coordinator.page("/kantoor/").text
    campaign.approval_asked_by = "coordinator:0"  # a colleague did
    db.session.commit()
    coordinator.submit(at, f"{at}/akkoord/terug", opmerking="Noem de bijlage.")
    assert "Noem de bijlage." in coordinator.page(at).text
    coordinator.submit(at, f"{at}/akkoord/vraag")
    campaign.approval_asked_by = "coordinator:0"
    db.session.commit()
    coordinator.submit(at, f"{at}/akkoord")

    page = coordinator.page(at).text
    assert "gaf akkoord op deze brief" in page
    assert "Plan de brief" in page
