"""Reacties by keyboard, on a phone and enlarged, with mail that was written to do harm."""

import pytest

from outreach.web.context import store as store_of
from tests.browser.conftest import Site, Visitor
from tests.mailbox import mails, msg_files, scene

pytestmark = pytest.mark.browser

LIST = "/kantoor/reacties/"
PAGES = (
    LIST,
    f"{LIST}2?gemeente=Utrecht",
    f"{LIST}4",
    f"{LIST}5",
    f"{LIST}klaar",
    f"{LIST}inlezen",
    f"{LIST}regels/?van=x@ziggo.nl",
)
EVIL = "<script>document.title='kwaad'</script>" + "x" * 300


@pytest.fixture(autouse=True)
def _story(site: Site) -> None:
    """A councillor, a griffie for three gemeenten, a harmful stranger, two that are settled."""
    with site.app.app_context():
        scene.send_letters((*mails.PLACES[:4], *mails.SHARED))
        store = store_of()
        stranger = "J. van der Wal <jvdwal@raadzeist.example>"
        for raw in (
            mails.reply(
                "Zeist", "Staat op de lijst ingekomen stukken van 21 april.", from_=stranger
            ),
            mails.reply("Ouder-Amstel", "De brief is doorgestuurd naar de drie raden."),
            mails.mail(EVIL, from_=f'"{EVIL}" <x@ziggo.nl>', subject=EVIL),
            mails.reply("Leiden", "Doorgestuurd"),
            mails.dsn("Utrecht"),
        ):
            scene.take(raw, store)


def test_every_page_is_seen_and_read_by_everyone(office: Visitor) -> None:
    office.look_at(*PAGES, f"{LIST}3", "/kantoor/gemeenten/GM0355")


def test_a_mail_is_settled_by_its_keys(office: Visitor) -> None:
    office.visit(LIST)
    assert "Antwoord van Zeist" in office.page.inner_text("main")

    office.press("k")

    office.page.wait_for_selector("text=De mail staat bij Zeist.")
    assert "2 mails wachten op u" in office.page.inner_text("main")
    office.visit(f"{LIST}3")
    assert "kwaad" not in office.page.title()[:10]
    office.press("n")
    office.page.wait_for_selector("text=De mail is weg uit Outreach.")


def test_a_key_typed_in_a_field_decides_nothing(office: Visitor) -> None:
    office.visit(LIST)
    office.press("g")

    office.page.keyboard.type("knutnk")

    assert office.page.input_value("#gemeente") == "knutnk"
    assert "3 mails wachten op u" in office.page.inner_text("main")


DROP = """([name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([Uint8Array.from(text, (c) => c.charCodeAt(0))], name));
  for (const kind of ["dragover", "drop"])
    document.body.dispatchEvent(
      new DragEvent(kind, {dataTransfer: data, bubbles: true, cancelable: true}),
    );
}"""


def test_a_file_of_outlook_is_dropped_on_the_page(office: Visitor) -> None:
    head = f"From: griffie@haarlem.example\nMessage-ID: <1@x.example>\n{mails.thread('Haarlem')}"
    raw = msg_files.msg(headers=head, body="Wij gaan hier niet op in.")
    office.visit(f"{LIST}inlezen")

    office.page.evaluate(DROP, ["antwoord.msg", raw.decode("latin-1")])
    office.page.click('button:text-is("Lees in")')

    office.page.wait_for_selector("text=1 mail gelezen en bij hun gemeente gezet.")
