"""The five letters and their scenarios, as a coordinator does them in a browser.

The clock is the test's, the mail server is a real one, and what left is read from the wire.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Locator
from pypdf import PdfReader

from outreach.accounts.audit import SYSTEM
from outreach.clock import from_wall
from outreach.contacts import suppression
from outreach.contacts.models import Function, SuppressionReason
from outreach.db import db
from outreach.delivery.workers import Life
from outreach.engine.work import Work
from tests.answers.test_documents import page_of, pdf_of
from tests.browser.conftest import DESK, PHONE, Site, Visitor, serving, sign_in
from tests.conftest import NOON
from tests.factories import make_contact, make_contacts_everywhere, make_meeting, make_sender
from tests.flows.smtp import Mailroom, Received, mailroom
from tests.letters.word_files import docx, paragraph

pytestmark = pytest.mark.browser

DRENTHE = {
    "Aa en Hunze", "Assen", "Borger-Odoorn", "Coevorden", "De Wolden", "Emmen", "Hoogeveen",
    "Meppel", "Midden-Drenthe", "Noordenveld", "Tynaarlo", "Westerveld",
}  # fmt: skip


@dataclass
class Story:
    """A coordinator at work. Counts what her hands do: presses, fields filled, files chosen."""

    office: Visitor
    site: Site
    room: Mailroom
    work: Work
    browser: Browser
    opened: ExitStack
    actions: int = 0

    def go(self, path: str) -> None:
        self.actions += 1
        self.office.visit(path)

    def press(self, name: str, within: str = "main") -> None:
        """Press the button or follow the link with this name."""
        self.actions += 1
        here = self.office.page.locator(within)
        button = here.get_by_role("button", name=name, exact=True)
        found: Locator = button if button.count() else here.get_by_role("link", name=name)
        with self.office.page.expect_navigation():
            found.first.click()

    def unfold(self, name: str) -> None:
        self.actions += 1
        self.office.page.locator("main summary", has_text=name).first.click()

    def fill(self, label: str, value: str) -> None:
        self.actions += 1
        self.office.page.get_by_label(label, exact=True).fill(value)

    def tick(self, label: str, *, on: bool = True) -> None:
        self.actions += 1
        self.office.page.get_by_label(label, exact=True).set_checked(on)

    def attach(self, label: str, name: str, content: bytes) -> None:
        self.actions += 1
        file = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        self.office.page.get_by_label(label, exact=True).set_input_files(file)  # type: ignore[arg-type]

    def fill_first(self, label: str, value: str) -> None:
        self.actions += 1
        self.office.page.get_by_label(label, exact=True).first.fill(value)

    def tick_off_all(self) -> list[str]:
        """Tick each point of the check that may be ticked off; return what they say."""
        boxes = self.office.page.locator("input[name=gezien]")
        said = []
        for box in boxes.all():
            self.actions += 1
            box.check()
            said.append(box.locator("xpath=ancestor::li").inner_text())
        return said

    @property
    def text(self) -> str:
        return " ".join(self.office.page.inner_text("main").split())

    @property
    def controle(self) -> str:
        """What the check before sending says on this page."""
        return self.office.page.locator("section[aria-labelledby=controle]").inner_text()

    def someone(self, **options: Any) -> Visitor:
        """A visitor without an account."""
        context = self.browser.new_context(locale="nl-NL", **({"viewport": DESK} | options))
        self.opened.callback(context.close)
        page = context.new_page()
        return Visitor(page, self.site)

    def answer_link(self, letter: Received) -> str:
        """Where the letter's answer page is, on this server."""
        return next(url for url in letter.links if "/antwoord/" in url).partition("?")[0]

    def at(self, wall: str) -> list[Received]:
        """The clock comes to this Dutch time: what is due leaves. Return what came in."""
        self.site.clock.at = from_wall(datetime.fromisoformat(wall))
        self.work.all_due()
        return self.room.take()


@pytest.fixture
def story(tmp_path: Path, sqlite_template: Path, browser: Browser) -> Iterator[Story]:
    """Marit, signed in on Thursday 19 March 2026 at ten, with one sender and no addresses."""
    database = tmp_path / "outreach.db"
    shutil.copyfile(sqlite_template, database)
    with ExitStack() as stack:
        room = stack.enter_context(mailroom())
        running = serving(tmp_path, f"sqlite:///{database}", smtp_url=room.url)
        site = stack.enter_context(running)
        site.clock.at = from_wall(datetime.fromisoformat("2026-03-19T10:00"))
        with site.app.app_context():
            make_sender(name="Kerngroep Ademruimte", email="kerngroep@ademruimte.example")
            life = stack.enter_context(Life(db.engine))
        context = browser.new_context(locale="nl-NL", viewport=DESK)
        stack.callback(context.close)
        office = Visitor(context.new_page(), site)
        office.page.on("console", lambda message: office.said.append(message.text))
        office.page.on("pageerror", lambda error: office.said.append(str(error)))
        sign_in(office)
        work = Work(site.app, running.settings, life)
        yield Story(office, site, room, work, browser, stack)
        assert office.said == []


def with_contacts(story: Story, make: Callable[[], None]) -> None:
    with story.site.app.app_context():
        make()
        db.session.remove()


# ── E, S6: a regional letter from Word, to informateurs, planned in forty actions ───────

FROM_WORD = (
    paragraph("Geachte informateurs,"),
    paragraph("Gieten, 19 maart 2025"),
    paragraph("Gezondheid is het fundament van uw akkoord.", bold="fundament"),
    *(
        paragraph(f"Punt {n}: maak {what} mogelijk.", list_level=0)
        for n, what in enumerate(
            ("samen eten", "bewegen", "een huisarts dichtbij", "stille plekken", "vroeg opvangen",
             "ontmoeten", "eerlijk werk", "gezonde lucht", "zorg voor elkaar"), 1,
        )
    ),
    paragraph("Met vriendelijke groet,"),
    paragraph("Sanne Wiersma, voorzitter"),
)  # fmt: skip


def test_e_a_letter_from_word_reaches_the_informateurs_of_the_twelve(story: Story) -> None:
    with_contacts(story, make_informateurs)

    story.press("Schrijf een brief")
    story.fill("Naam van de brief", "Gezondheid in het akkoord")
    story.fill("Ons kenmerk", "KA-2026-004")
    story.tick("griffies", on=False)
    story.tick("informateurs")
    story.unfold("Niet het hele land")
    story.tick("Drenthe")
    story.press("Bewaar en schrijf de tekst")
    story.fill("Onderwerp", "Ter doorzending aan de informateur(s) van {{gemeente}}")
    story.fill("Moment", "2026-03-20T09:00")
    story.unfold("Neem de tekst over uit Word")
    story.attach("Word-bestand (.docx)", "brief.docx", docx(*FROM_WORD))
    story.press("Neem over en bewaar")
    assert "“Gieten, 19 maart 2025”" in story.text or "2025" in story.text
    story.press("Stuur een proef naar uzelf")
    (proof,) = story.at("2026-03-19T10:05:00")
    assert proof.to == "marit@ademruimte.example"
    assert (
        proof.header("Subject").removeprefix("[Proef] Ter doorzending aan de informateur(s) van ")
        in DRENTHE
    )

    story.go("/kantoor/brieven/gezondheid-in-het-akkoord")
    story.press("Voeg een herinnering toe")
    story.press("Bewaar en controleer")
    story.go("/kantoor/brieven/gezondheid-in-het-akkoord/vraagt")
    story.office.page.get_by_label("Uitkomst", exact=True).first.fill("Coalitieakkoord gesloten")
    story.actions += 1
    story.press("Bewaar")
    assert re.search(r"\b12 adressen krijgen de brief\b", story.text)
    said = story.tick_off_all()
    assert any("2025" in one for one in said), said
    story.press("Plan de brief", ".paginakop, main")
    assert "loopt sinds" in story.text
    assert story.actions <= 40, story.actions

    letters = story.at("2026-03-20T09:00:05")
    assert len(letters) == 12
    subjects = {str(one.mail["Subject"]) for one in letters}
    assert subjects == {f"Ter doorzending aan de informateur(s) van {name}" for name in DRENTHE}
    for letter in letters:
        check_nine_points(letter)

    story.go("/kantoor/gemeenten/GM0106")  # Assen
    story.press("Noteer een antwoord")
    story.office.page.get_by_label("Coalitieakkoord gesloten").check()
    story.fill("Wat zeiden ze? (hoeft niet)", "Gesloten op 12 juni; punten 2 en 7 overgenomen.")
    story.press("Noteer dit antwoord")
    assert "punten 2 en 7 overgenomen" in story.text
    reminders = story.at("2026-06-15T09:00:05")
    assert len(reminders) == 11
    assert "griffie@assen.example" not in {one.to for one in reminders}


def make_informateurs() -> None:
    for name in (*sorted(DRENTHE), "Zeist", "Goes"):
        make_contact(name, function=Function.INFORMATEUR)


def check_nine_points(letter: Received) -> None:
    """The letter's PDF has the salutation of the group and its nine points in order."""
    assert "Geachte informateurs," in letter.part("text/plain")
    ((name, pdf),) = letter.files().items()
    assert name.startswith("2026-03-20 Brief Kerngroep Ademruimte aan ")
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
    assert text.count("Geachte informateurs,") == 1
    points = re.findall(r"Punt (\d): maak", text)
    assert points == list("123456789")


# ── S2: what is wrong with a letter is said before it leaves ────────────────────────────

LOOSE = """{{aanhef}}

Samen met u willen wij dat niemand alleen eet. In de bijlage leest u hoe. Jullie kunnen er morgen \
mee beginnen; lees ook [ons plan]([link]), [het filmpje]([link]), [de cijfers](#) en [dit](#).

Wilt u de brief doorsturen naar de raad?
"""
MENDED = """{{aanhef}}

Samen met u willen wij dat niemand alleen eet. In de bijlage leest u hoe. U kunt er morgen mee \
beginnen; lees ook [ons plan](https://ademruimte.example/plan).

Wilt u de brief doorsturen naar de raad?

Met vriendelijke groet,

{{afzender}}
"""


def test_s2_a_broken_letter_is_stopped_and_a_mended_one_is_proved_first(story: Story) -> None:
    with_contacts(story, lambda: make_contact("Zeist"))
    story.press("Schrijf een brief")
    story.fill("Naam van de brief", "Samen eten")
    story.tick("Maak van de brief een PDF per gemeente, op briefpapier", on=False)
    story.press("Bewaar en schrijf de tekst")
    story.fill("Onderwerp", "Niemand eet alleen")
    story.fill("Moment", "2026-03-23T09:00")
    story.fill("Tekst van de mail", LOOSE)
    story.press("Bewaar en controleer")

    for fault in ("“[link]”", "“de cijfers”", "bijlage", "ondertekening", "jullie", "kenmerk"):
        assert fault in story.controle, f"{fault}: {story.controle}"
    story.go("/kantoor/brieven/samen-eten")
    assert story.office.page.get_by_role("button", name="Plan de brief").count() == 0
    assert "verhinderen het verzenden" in story.text

    story.go("/kantoor/brieven/samen-eten/wijzig")
    story.fill("Ons kenmerk", "AR-2026-002")
    story.attach("Voeg bijlagen toe", "plan.pdf", b"%PDF-1.4 a plan\n%%EOF\n")
    story.press("Bewaar")
    story.press("Schrijf verder")
    story.fill("Tekst van de mail", MENDED)
    story.press("Bewaar en controleer")
    story.press("Stuur een proef naar uzelf")
    (proof,) = story.at("2026-03-19T10:05:00")
    assert proof.to == "marit@ademruimte.example"
    assert "Geachte griffier," in proof.part("text/plain")
    assert "plan.pdf" in proof.files()

    story.go("/kantoor/brieven/samen-eten")
    story.tick_off_all()
    story.press("Plan de brief")
    (letter,) = story.at("2026-03-23T09:00:05")
    assert letter.to == "griffie@zeist.example"
    shown, left = (re.sub(r"http://\S+", "", one.part("text/plain")) for one in (proof, letter))
    assert shown == left


# ── B, S8: a publication to the whole country, and a question with seven boxes ──────────

LINES = (
    "Maak ruimte voor ontmoeten", "Begin bij jongeren", "Zorg voor rust in huis",
    "Help vroeg, en dichtbij", "Werk samen met wie het kent", "Meet wat telt, niet wat kan",
    "Houd vol",
)  # fmt: skip
PAMPHLET = "\n".join(
    ["{{aanhef}}", "", "Wilt u het pamflet in de bijlage delen met de raad?", ""]
    + [f"{n}. **{line}** 🌱" for n, line in enumerate(LINES, 1)]
    + ["", "Met vriendelijke groet,", "", "{{afzender}}"]
)


def test_b_a_pamphlet_to_all_and_what_they_say_about_its_seven_lines(story: Story) -> None:
    with_contacts(story, make_country_without_one)
    story.press("Schrijf een brief")
    story.fill("Naam van de brief", "Pamflet")
    story.fill("Ons kenmerk", "AR-2026-007")
    story.tick("Maak van de brief een PDF per gemeente, op briefpapier", on=False)
    story.attach("Voeg bijlagen toe", "pamflet.pdf", b"%PDF-1.4 seven lines\n%%EOF\n")
    story.press("Bewaar en schrijf de tekst")
    story.fill("Onderwerp", "Pamflet voor de raad van {{gemeente}}")
    story.fill("Moment", "2026-03-23T09:00")
    story.fill("Tekst van de mail", PAMPHLET)
    story.press("Bewaar en controleer")
    story.go("/kantoor/brieven/pamflet/vraagt")
    story.fill_first("Vraag", "Welke van de zeven lijnen staan in uw akkoord?")
    story.office.page.get_by_label("Antwoord", exact=True).first.select_option("several")
    story.fill_first("Antwoorden om uit te kiezen", "\n".join(LINES))
    story.press("Bewaar")
    assert "341 adressen krijgen de brief, 1 niet" in story.text
    story.tick_off_all()
    story.press("Plan de brief")

    letters = {one.to: one for one in story.at("2026-03-23T09:00:05")}

    assert len(letters) == 341
    assert "griffie@haarlem.example" not in letters
    assert len({files["pamflet.pdf"] for files in (one.files() for one in letters.values())}) == 1
    check_seven_in_order(letters["griffie@sudwest-fryslan.example"])

    griffie = story.someone(viewport=PHONE)
    griffie.page.goto(story.answer_link(letters["griffie@zeist.example"]))
    for line in (LINES[1], LINES[5]):
        griffie.page.get_by_label(line).check()
    griffie.page.get_by_role("button", name="Verstuur").first.click()
    assert "Zeist" in griffie.page.inner_text("main")

    story.go("/kantoor/brieven/pamflet/vragen")
    assert "1 van 342 gemeenten antwoordden" in story.text
    with story.office.page.expect_download() as download:
        story.office.page.get_by_role("link", name="Download (CSV)").click()
    rows = download.value.path().read_text("utf-8-sig").splitlines()
    assert rows[1].startswith("GM0355;Zeist;Utrecht;raad;")
    assert "Begin bij jongeren; Meet wat telt, niet wat kan" in rows[1]


def make_country_without_one() -> None:
    make_contacts_everywhere()
    reason = SuppressionReason.ASKED
    suppression.suppress("griffie@haarlem.example", reason, by=SYSTEM, now=NOON)
    db.session.commit()


def check_seven_in_order(letter: Received) -> None:
    for part in ("text/plain", "text/html"):
        text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", letter.part(part)))
        places = [text.index(line) for line in LINES]
        assert places == sorted(places), part
    assert "<ol" in letter.part("text/html")
    assert re.findall(r"^ ?(\d)\. ", letter.part("text/plain"), re.M) == list("1234567")


# ── D, S1: the reminder to 322 of 340, and why not to the 18 ────────────────────────────

REMINDER = """{{aanhef}}

Ons bericht van {{eerste_brief.datum}} vindt u hieronder, met de bijlage. Wilt u het doorsturen?

Met vriendelijke groet,

{{afzender}}
"""
RECEIPT = """From: Griffie <{to}>\r
To: kerngroep@ademruimte.example\r
Subject: Ontvangstbevestiging: {subject}\r
Message-ID: <bevestigd-{to}>\r
In-Reply-To: {first}\r
Auto-Submitted: auto-replied\r
Date: Mon, 23 Mar 2026 09:04:00 +0100\r
Content-Type: text/plain; charset=utf-8\r
\r
Wij hebben uw bericht ontvangen. Uw zaaknummer is Z-2026-{number:05}.\r
"""


def test_d_322_of_340_are_reminded_and_each_of_the_18_shows_why_not(story: Story) -> None:
    with_contacts(story, make_contacts_everywhere)
    write_d(story)
    gone = [f"griffie@{name}.example" for name in ("assen", "emmen", "meppel", "coevorden")]
    story.room.refuses = dict.fromkeys(gone, "550 5.1.1 No such user here")
    first = {one.to: one for one in story.at("2026-03-23T09:00:05")}
    assert len(first) == 336
    assert {"griffie@hilversum.example", "griffie@wijdemeren.example"}.isdisjoint(first)

    letters = list(first.values())
    for letter in letters[:12]:
        post(story.answer_link(letter), antwoord="doorgestuurd")
    for letter in letters[12:14]:
        post(letter.header("List-Unsubscribe").strip("<>"), **{"List-Unsubscribe": "One-Click"})
    bring_in(story, letters[14:64])
    bring_in(story, letters[64:75])

    story.go("/kantoor/brieven/oproep")
    assert "322 adressen krijgen de herinnering, 18 niet" in story.text
    story.go("/kantoor/brieven/oproep/stap/2")
    rows = story.office.page.locator("section[aria-labelledby=niet] tbody tr")
    assert rows.count() == 18
    assert all(len(row.split()) > 3 for row in rows.all_inner_texts()), "each says how we know"

    reminders = {one.to: one for one in story.at("2026-04-10T09:00:05")}
    without = {*gone, *(one.to for one in letters[:14])}
    reminders = {to: one for to, one in reminders.items() if "Herinnering" in one.header("Subject")}
    assert len(reminders) == 322
    assert without.isdisjoint(reminders)
    for to, mail in reminders.items():
        assert mail.header("In-Reply-To") == first[to].header("Message-ID")
        assert "oproep.pdf" in mail.files()
    said = reminders[letters[20].to].part("text/plain")
    assert "bericht van 23 maart 2026" in said
    assert "Z-2026-" in said, "what they called it is quoted"


def write_d(story: Story) -> None:
    story.press("Schrijf een brief")
    story.fill("Naam van de brief", "Oproep")
    story.fill("Ons kenmerk", "AR-2026-014")
    story.tick("Maak van de brief een PDF per gemeente, op briefpapier", on=False)
    story.unfold("Niet het hele land")
    story.fill("Behalve deze gemeenten", "Hilversum, Wijdemeren")
    story.attach("Voeg bijlagen toe", "oproep.pdf", b"%PDF-1.4 the appeal\n%%EOF\n")
    story.press("Bewaar en schrijf de tekst")
    story.fill("Onderwerp", "Oproep aan de raad van {{gemeente}}")
    story.fill("Moment", "2026-03-23T09:00")
    story.press("Bewaar en controleer")
    story.go("/kantoor/brieven/oproep")
    story.press("Voeg een herinnering toe")
    story.fill("Tekst van de mail", REMINDER)
    story.fill("Dagen", "18")
    story.tick("Tel alleen werkdagen", on=False)
    story.press("Bewaar en controleer")
    story.go("/kantoor/brieven/oproep")
    story.tick_off_all()
    story.press("Plan de brief")


def post(url: str, **fields: str) -> None:
    """What a griffie's browser or mail program sends."""
    with urlopen(url, urlencode(fields).encode()) as response:
        assert response.status == 200


def bring_in(story: Story, letters: list[Received]) -> None:
    """The receipts of these letters, as files dropped on Reacties."""
    files = [
        {
            "name": f"{letter.to}.eml",
            "mimeType": "message/rfc822",
            "buffer": RECEIPT.format(
                to=letter.to,
                subject="Oproep",
                first=letter.header("Message-ID"),
                number=number,
            ).encode(),
        }
        for number, letter in enumerate(letters, 1)
    ]
    story.go("/kantoor/reacties/inlezen")
    story.office.page.locator("input[type=file]").set_input_files(files)  # type: ignore[arg-type]
    story.press("Lees in")


# ── A, S3: one initiative, two bodies, three meetings ───────────────────────────────────

TO_COLLEGE = """{{aanhef}}

Wilt u laten weten of {{gemeente}} meedoet aan de proef? Bekijk ook \
[het filmpje](https://ademruimte.example/film).

U bent welkom in {{bijeenkomst.stad}}: {{bijeenkomst.datum}}.

Met vriendelijke groet,

{{afzender}}
"""


def test_a_two_bodies_three_meetings_and_one_page_that_tells_it_all(story: Story) -> None:
    with_contacts(story, make_zeist_and_the_meetings)
    story.press("Schrijf een brief")
    story.fill("Naam van de brief", "Plan Ademruimte")
    story.fill("Ons kenmerk", "AR-2026-000")
    story.tick("colleges")
    story.tick("Het college krijgt een eigen tekst")
    story.tick("Maak van de brief een PDF per gemeente, op briefpapier", on=False)
    story.attach("Voeg bijlagen toe", "plan.pdf", b"%PDF-1.4 the plan\n%%EOF\n")
    story.press("Bewaar en schrijf de tekst")
    story.fill("Onderwerp", "Plan Ademruimte voor {{gemeente}}")
    story.fill("Moment", "2026-03-23T09:00")
    story.fill("Tekst van de mail", TO_COLLEGE.replace("{{aanhef}}", "Geachte leden van de raad,"))
    story.press("Bewaar en controleer")
    story.go("/kantoor/brieven/plan-ademruimte/vraagt")
    story.fill_first("Vraag", "Wilt u meedoen aan de proef?")
    story.fill_first("Antwoorden om uit te kiezen", "ja\nnee\nin beraad\ndoorverwezen")
    for city in ("Haarlem", "Rotterdam", "Zeist"):
        story.tick(f"Een inloop voor jongeren: hoe begint u?, {city}")
    story.press("Bewaar")
    story.go("/kantoor/brieven/plan-ademruimte/stap/1/schrijf?tekst=college")
    story.fill("Tekst van de mail", TO_COLLEGE)
    story.press("Bewaar en controleer")
    story.go("/kantoor/brieven/plan-ademruimte")
    story.tick_off_all()
    story.press("Plan de brief")

    raad, college = sorted(story.at("2026-03-23T09:00:05"), key=lambda one: one.to, reverse=True)

    assert "Geachte leden van de raad," in raad.part("text/plain")
    assert "Geacht college," in college.part("text/plain")
    for letter in (raad, college):
        assert "plan.pdf" in letter.files()
        assert "https://ademruimte.example/film" in letter.links
        assert "4 juni 2026" in letter.part("text/plain"), letter.part("text/plain")

    board = story.someone()
    board.page.goto(story.answer_link(college))
    board.page.get_by_label("in beraad").check()
    board.page.get_by_role("button", name="Verstuur").first.click()
    councillor = story.someone(viewport=PHONE)
    councillor.visit("/bijeenkomsten/haarlem/aanmelden?g=GM0355")
    councillor.page.get_by_label("Naam", exact=True).fill("D. Proefpersoon")
    councillor.page.get_by_label("E-mail", exact=True).fill("d.proefpersoon@raad.example")
    councillor.page.get_by_label("Functie", exact=True).select_option(label="Raadslid")
    councillor.page.get_by_role("button", name="Meld u aan").click()
    assert "U bent aangemeld" in councillor.page.inner_text("h1")

    story.go("/kantoor/gemeenten/GM0355")
    assert "in beraad" in story.text
    assert "D. Proefpersoon" in story.text or "meldde zich aan" in story.text
    story.go("/kantoor/brieven/plan-ademruimte/vragen")
    assert "in beraad 1" in story.text
    stranger = story.someone()
    stranger.visit("/")
    for city in ("Haarlem", "Rotterdam", "Zeist"):
        assert city in stranger.page.inner_text("main")


def make_zeist_and_the_meetings() -> None:
    make_contact("Zeist")
    make_contact("Zeist", "college@zeist.example", function=Function.COLLEGE)
    make_meeting("haarlem")
    weekend = [(date(2026, 9, day), "10:00", "17:00", 80) for day in (11, 12, 13)]
    make_meeting("rotterdam", days=weekend, region="Zuid-Holland")
    make_meeting("zeist", days=[(date(2026, 11, 17), "13:00", "17:00", 40)], region="Utrecht")
    db.session.commit()


# ── C, S7: a college's letter as a document in the dossier, found again and answered ────

THEIRS = """De leden van de raad
Onderwerp : Transformatieplan jeugd en rust  Gieten, 26 februari 2026
No. : 2026-004273 Behandeld door : R. de Proef Uw brief van :
Geachte leden van de raad, in deze brief leest u over inloophuizen"""


def test_c_a_letter_of_the_college_is_kept_found_by_its_number_and_answered(story: Story) -> None:
    with_contacts(story, lambda: make_contact("Aa en Hunze", function=Function.COLLEGE))
    story.go("/kantoor/gemeenten/GM1680")
    story.press("Voeg een stuk toe")
    story.attach("PDF van het stuk", "raadsbrief.pdf", pdf_of(page_of(*THEIRS.split("\n"))))
    story.fill("Onderwerp", "Transformatieplan jeugd en rust")
    story.fill("Ondertekend door", "S. van Dalen, secretaris\nB. Meester, burgemeester")
    story.press("Zet het in het dossier")

    search = story.office.page.get_by_role("searchbox").first
    search.fill("2026-004273")
    with story.office.page.expect_navigation():
        search.press("Enter")
    story.press("Transformatieplan jeugd en rust")
    for known in ("26 februari 2026", "R. de Proef", "S. van Dalen", "inloophuizen"):
        assert known in story.text
    story.press("Beantwoord deze brief")
    story.fill("Moment", "2026-03-20T09:00")
    story.press("Bewaar en controleer")
    slug = story.office.page.url.partition("/brieven/")[2].partition("/")[0]
    story.go(f"/kantoor/brieven/{slug}/wijzig")
    story.fill("Ons kenmerk", "KA-2026-012")
    story.press("Bewaar")
    story.tick_off_all()
    story.press("Plan de brief")

    (letter,) = story.at("2026-03-20T09:00:05")
    ((name, pdf),) = letter.files().items()
    words = " ".join("".join(p.extract_text() for p in PdfReader(BytesIO(pdf)).pages).split())
    assert "aan college Aa en Hunze" in name
    for fact in ("Uw kenmerk 2026-004273", "Uw brief van 26 februari 2026", "KA-2026-012"):
        assert fact in words, words
    story.go("/kantoor/gemeenten/GM1680")
    assert story.text.index("20 maart") < story.text.index("26 februari"), "newest above"


# ── S10: an objection, a request to see everything, and to be forgotten ─────────────────

RADEN = """gemeente;rol;achternaam;email;bron
Haarlem;griffier;;griffie@haarlem.example;organisaties.overheid.nl, 16 mei 2026
Rotterdam;raadslid;Proefpersoon;d.proef@rotterdam.example;organisaties.overheid.nl, 16 mei 2026
"""


def test_s10_an_objection_holds_and_who_asks_sees_all_and_is_forgotten(story: Story) -> None:
    take_over(story, "2 regels")
    story.go("/kantoor/gemeenten/GM0392")
    story.press("postbus zonder naam")
    before = story.actions
    story.press("Stuur geen post meer")
    story.press("Stuur geen post meer")
    assert story.actions == before + 2
    assert "griffie@haarlem.example" in story.text

    read_in(story)  # the same list again
    assert "2 ongewijzigd" in story.text
    story.go("/kantoor/gemeenten/GM0392")
    story.press("postbus zonder naam")
    assert "Bekijk de geen-postlijst" in story.text

    story.go("/kantoor/adressen/persoon/?adres=d.proef@rotterdam.example")
    with story.office.page.expect_download() as download:
        story.office.page.get_by_role("link", name="Geef inzage").click()
    held = download.value.path().read_text("utf-8")
    for known in ("Proefpersoon", "Rotterdam", "organisaties.overheid.nl, 16 mei 2026"):
        assert known in held
    story.press("Wis deze persoon")
    story.go("/kantoor/adressen/persoon/?adres=d.proef@rotterdam.example")
    assert "aantal Gewiste adressen 1 Wis" in story.text, "a hash is all that is left"


def read_in(story: Story) -> None:
    story.go("/kantoor/adressen/inlezen")
    story.attach("Bestand", "raden.csv", RADEN.encode())
    story.office.page.get_by_label("Waarom mogen we deze adressen mailen?").select_option(
        "published"
    )
    story.press("Bekijk wat er verandert")


def take_over(story: Story, what: str) -> None:
    read_in(story)
    story.press(f"Neem {what} over")
