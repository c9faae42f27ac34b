"""Reading a campaign file: what it holds, and where its faults are."""

from datetime import UTC, datetime, time

import pytest

from outreach.campaigns import attached, files
from outreach.campaigns.conditions import To
from outreach.campaigns.files import Text, Window
from outreach.campaigns.models import Recipients
from outreach.errors import Invalid
from outreach.frontmatter import BadFile

FRONT = """---
name: Oproep
sender: post@naastelkaar.example
steps:
  - {subject: "Eén", send_at: 2026-03-23T09:00}
---
"""


def with_front(*lines: str, body: str = "Dag.") -> str:
    return "---\n" + "\n".join(lines) + f"\n---\n{body}\n"


def test_the_contracts_own_example_is_read() -> None:
    example = with_front(
        "name: Oproep aanpak eenzaamheid",
        "slug: oproep-eenzaamheid",
        "sender: eenzaamheid@coalitie.example",
        "kenmerk: NCE-2026-014",
        "audience: {role: griffier, province: [Drenthe, Utrecht]}     # also: list, tag",
        "attachments: [oproep.pdf]",
        "pdf_letter: true",
        "questions:",
        "  - {key: pilot, label: Wilt u meedoen aan een pilot?, type: choice, options: [ja, nee]}",
        "steps:",
        '  - {subject: "Oproep aan de raad van {{gemeente}}", send_at: 2026-03-23T09:00}',
        '  - {subject: "Herinnering", after: 18 days, at: "09:00", to: not_answered}',
        "meetings: [haarlem]",
        "outcomes: [{key: akkoord, label: Coalitieakkoord gesloten, stops: true}]",
        "variants: [raad, college]",
        'window: {days: mon-fri, from: "08:00", until: "18:00"}',
        body="Mail.\n\n+++ brief\nBrief.\n\n+++ college\nAan het college.\n\n---\nHerinnering.",
    )

    read = files.parse(example)

    assert read.audience == {"role": ["griffier"], "province": ["Drenthe", "Utrecht"]}
    assert read.questions[0]["label"] == "Wilt u meedoen aan een pilot?"
    assert read.outcomes == [{"key": "akkoord", "label": "Coalitieakkoord gesloten", "stops": True}]
    assert read.window == Window(0b0011111, 8 * 60, 18 * 60, on_holidays=False)
    first, reminder = read.steps
    assert first.send_at == datetime(2026, 3, 23, 8, 0, tzinfo=UTC)
    assert first.texts == {
        "raad": Text("Mail.", "Brief."),
        "college": Text("Aan het college."),
    }
    assert (reminder.after_days, reminder.after_at) == (18, time(9))
    assert reminder.to == To(Recipients.NOT_ANSWERED)


ASKS = "{key: pilot, label: Doet u mee?, type: choice, options: [ja, nee, in beraad]}"


def conditional(to: str) -> str:
    """A file of which the second step, on line 7, goes to some."""
    step = f'  - {{subject: "Twee", after: 3 days, at: "09:00", to: {to}}}\n---\n'
    front = FRONT.replace("steps:", f"questions: [{ASKS}]\nsteps:").removesuffix("---\n")
    return f"{front}{step}Een.\n---\nTwee."


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("all", To()),
        ("receipt", To(Recipients.RECEIPT)),
        ("silent", To(Recipients.SILENT)),
        ("{silent: true, not_answered: true}", To(Recipients.SILENT)),
        ("{not_replied_to: pilot}", To(question="pilot")),
        (
            "{replied: {pilot: [ja, in beraad]}}",
            To(question="pilot", answers=("ja", "in beraad")),
        ),
        (
            "{not_answered: true, not_registered_for: haarlem}",
            To(Recipients.NOT_ANSWERED, meeting="haarlem"),
        ),
        ("{registered_for: haarlem}", To(meeting="haarlem", registered=True)),
    ],
)
def test_a_step_goes_to_some_of_the_audience(written: str, meant: To) -> None:
    assert files.parse(conditional(written)).steps[1].to == meant


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ("sometimes", "kolom 55: ‘sometimes’ moet all, not_answered, receipt, silent zijn"),
        ("{not_replied_to: budget}", "kolom 55: De vraag ‘budget’ staat niet in deze brief"),
        ("{replied: {pilot: [misschien]}}", "kolom 55: “misschien” is geen keuze"),
        ("{replied: {pilot: []}}", "ten minste één antwoord"),
        ("{replied: pilot}", "kolom 65: hier hoort één vraag met antwoorden"),
        ("{answered: true}", "kolom 56: ‘answered’ is onbekend in to"),
        ("{receipt: true, silent: true}", "receipt en silent gaan niet samen"),
        ("{receipt: no}", "kolom 55: hier staat geen voorwaarde"),
        ("{registered_for: a, not_registered_for: b}", "gaan niet samen"),
        ("{not_replied_to: pilot, replied: {pilot: [ja]}}", "gaan niet samen"),
    ],
)
def test_a_fault_in_a_condition_names_its_place(written: str, what: str) -> None:
    with pytest.raises(BadFile, match="Regel 7, ") as caught:
        files.parse(conditional(written))
    assert what in str(caught.value)


def test_values_stay_what_was_written() -> None:
    read = files.parse(
        with_front(
            "name: no",
            "slug: s2026-014",
            "kenmerk: 0123456",
            "sender: a@b.example",
            'steps: [{subject: "18:00", send_at: "2026-03-23 09:00"}]',
        )
    )

    assert (read.name, read.kenmerk, read.steps[0].subject) == ("no", "0123456", "18:00")


def test_a_time_with_an_offset_is_that_moment() -> None:
    read = files.parse(FRONT.replace("T09:00", "T09:00:00Z") + "Dag.")

    assert read.steps[0].send_at == datetime(2026, 3, 23, 9, 0, tzinfo=UTC)


def test_a_byte_order_mark_and_windows_line_ends_are_no_fault() -> None:
    read = files.parse("\ufeff" + (FRONT + "Dag.").replace("\n", "\r\n"))

    assert read.steps[0].texts["raad"].mail == "Dag."


def test_a_rule_within_a_letter_starts_no_step() -> None:
    read = files.parse(FRONT + "Boven.\n\n***\n\nOnder.")

    assert read.steps[0].texts["raad"].mail == "Boven.\n\n***\n\nOnder."


def ask(question: str) -> str:
    return FRONT.replace("steps:", f"questions:\n  - {question}\nsteps:")


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("Dag.", "Regel 1:", "‘---’"),
        ("---\nname: Oproep\n", "Regel 1:", "‘---’"),
        (FRONT.replace("2026-03-23", "2026-02-30"), "Regel 5, kolom 31:", "2026-02-30T09:00"),
        (FRONT.replace("T09:00", ""), "Regel 5, kolom 31:", "ontbreekt de tijd"),
        (
            FRONT.replace("2026-03-23T09:00", "2026-03-29T02:30"),
            "Regel 5, kolom 31:",
            "bestaat niet",
        ),
        (FRONT.replace("sender:", "zender:"), "Regel 3, kolom 1:", "‘zender’ is onbekend"),
        (FRONT.replace("name: Oproep", "slug: oproep"), "Regel 2, kolom 1:", "‘name’ ontbreekt"),
        (FRONT.replace("Eén", ""), "Regel 5, kolom 15:", "leeg"),
        (FRONT.replace('"Eén"', '"Eén'), "Regel 5, kolom", "niet te lezen"),
        (FRONT.replace("send_at: 2026-03-23T09:00", "after: 3 days"), "Regel 5", "at"),
        (
            FRONT.replace("09:00}", "09:00, to: not_answered}"),
            "Regel 5, kolom 5:",
            "eerste stap gaat naar iedereen",
        ),
        (FRONT.replace("steps:", "window: {days: sometimes}\nsteps:"), "Regel 4", "geen dagen"),
        (FRONT.replace("steps:", "variants: [raad, koning]\nsteps:"), "Regel 4", "koning"),
        (FRONT.replace("steps:", "pdf_letter: maybe\nsteps:"), "Regel 4, kolom 13:", "maybe"),
        (ask("{key: a, label: Wat?, type: maybe}"), "Regel 5, kolom 33:", "bekend zijn choice"),
        (ask("{key: a, label: Wat?, type: choice, options: [ja]}"), "Regel 5", "ten minste twee"),
        (ask("{key: a, label: Wat?, type: several, options: [ja, ja]}"), "Regel 5", "elk één keer"),
        (ask("{key: a, label: Wat?, type: text, options: [ja, nee]}"), "Regel 5", "geen options"),
        (
            ask("{key: a, label: Wat?, type: text}\n  - {key: a, label: Hoe?, type: text}"),
            "Regel 5",
            "‘a’ staat er twee keer",
        ),
        (FRONT.replace("Oproep", "[" * 9_000), "", "niet te lezen"),
        (FRONT.replace("Oproep", '"\\ud83d"'), "Regel 2, kolom 7:", "onzichtbaar"),
        (FRONT.replace("steps:", "name: Weer\nsteps:"), "Regel 4, kolom 1:", "twee keer"),
        (FRONT + "Dag.\n+++ burgemeester\nDag.", "Regel 8, kolom 5:", "burgemeester"),
        (FRONT + "+++ brief\nDag.", "Regel 7:", "leeg"),
        (FRONT + "Dag.\n---\nNog een.", "1 stappen", "2 brieven"),
    ],
)
def test_a_fault_names_its_place(text: str, where: str, what: str) -> None:
    if text.startswith(FRONT[:20]) and text.rstrip().endswith("---"):
        text += "Dag."

    with pytest.raises(BadFile) as fault:
        files.parse(text)

    assert where in str(fault.value)
    assert what in str(fault.value)


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Oproep: één plek!", "oproep-een-plek"), ("…", "brief"), ("A" * 99, "a" * 60)],
)
def test_a_slug_is_made_of_the_name(name: str, slug: str) -> None:
    assert files.slug_of(name) == slug


def test_letters_of_theirs_that_it_answers_are_read_and_their_faults_placed() -> None:
    front = FRONT.splitlines()[1:-1]
    theirs = "in_reply_to: [{gemeente: GM1680, body: college, kenmerk: 2026-004273, date: %s}]"

    read = files.parse(with_front(*front, theirs % "2026-03-26"))

    assert read.in_reply_to == (
        {
            "body": "college",
            "gemeente": "GM1680",
            "kenmerk": "2026-004273",
            "date": "2026-03-26",
        },
    )
    for wrong, says in (
        (theirs % "26 maart", "is geen datum"),
        ("in_reply_to: [{gemeente: Zeist}]", "een kenmerk of een datum"),
        ("in_reply_to: [{gemeente: Zeist, body: koning, kenmerk: a}]", "geen raad of college"),
    ):
        with pytest.raises(BadFile, match=f"Regel 6, kolom .*{says}"):
            files.parse(with_front(*front, wrong))


def test_a_registration_counts_for_meetings_that_are_named() -> None:
    front = FRONT.splitlines()[1:-1]

    read = files.parse(with_front(*front, "meetings: [haarlem]", "registration_answers: true"))

    assert read.registration_answers
    with pytest.raises(BadFile, match=r"Regel 6, kolom 23: noem ook meetings"):
        files.parse(with_front(*front, "registration_answers: true"))


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("oproep.pdf", b"%PDF-1.7 ...", "application/pdf"),
        ("Oproep.PDF", b"", "application/pdf"),
        ("foto.jpeg", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("oproep.docx", b"PK\x03\x04", ""),
        ("oproep.pdf", b"PK\x03\x04", ""),
        ("oproep.pdf", b"\x89PNG\r\n", ""),
        ("oproep.pdf", b"\xef\xbb\xbf <!DOCTYPE html><script>", ""),
        ("plaatje.svg", b"<svg onload='x'>", ""),
        ("oproep.pdf.exe", b"MZ", ""),
        ("oproep", b"%PDF-1.7", ""),
    ],
)
def test_an_attachment_is_a_pdf_or_an_image(name: str, data: bytes, kind: str) -> None:
    if kind:
        assert attached.content_type(name, data) == kind
    else:
        with pytest.raises(Invalid, match="als PDF"):
            attached.content_type(name, data)
