"""The PDF letter: what stands in it, that it is tagged, and that no text is read as typst."""

import io
import re
import time
from dataclasses import replace
from datetime import date

import pytest
from pypdf import PdfReader

from outreach.letters import pdf
from outreach.letters.pdf import PdfLetter, Signatory
from outreach.letters.placeholders import MissingValue

TEXT = """{{aanhef}}

Steeds meer inwoners van {{gemeente}} zien op een gewone dag niemand. Wij vragen uw raad om
één plek waar de deur openstaat.

## Wat wij vragen

1. **Bespreek** deze brief.
2. Kies een plek:
   - een bibliotheek,
   - of een leeg winkelpand.

Meer staat op [onze site](https://opendeur.example/plek).

Met vriendelijke groet,

Joke Zandstra
voorzitter

Ravi Oemrawsingh
secretaris
"""
VALUES = {"aanhef": "Geachte leden van de raad,", "gemeente": "Súdwest-Fryslân"}
LETTER = PdfLetter(
    title="Een deur die openstaat",
    sender="Stichting De Open Deur",
    day=date(2026, 3, 23),
    subject="Oproep: een deur die openstaat",
    text=TEXT,
    values=VALUES,
    addressee=pdf.addressee_lines(
        "raad", "Súdwest-Fryslân", postal_address="Postbus 10000, 8600 HA SNEEK"
    ),
    addressee_short=pdf.addressee_short("raad", "Súdwest-Fryslân"),
    sender_lines=("Voorbeeldkade 14", "3512 ZZ Utrecht", "post@opendeur.example"),
    our_reference="DOD-2026-014",
    your_reference="Z2026-01187",
    attachments=("voorbeelden.pdf", "kosten.pdf"),
    cosigners=("Vereniging Jonge Stemmen", "Platform Buurtsport Samen"),
    summary="Oproep aan alle gemeenteraden",
    keywords=("eenzaamheid", "gemeenteraad"),
)
#: The empty letter: only what a PDF cannot do without.
BARE = PdfLetter(
    title="Oproep",
    sender="Stichting De Open Deur",
    day=date(2026, 4, 10),
    subject="Oproep",
    text="Dit is de tekst.",
    addressee=("De gemeenteraad van Zeist",),
    addressee_short="de gemeenteraad van Zeist",
)
HOSTILE = '#import "x" #panic("y") $x^2$ \\u{41} @ref <label> = kop // weg /* weg */ "aan" -- ~ ='


def open_pdf(made):
    return PdfReader(io.BytesIO(made))


def text_of(made):
    """The words of all pages in reading order, in one line."""
    return " ".join(" ".join(page.extract_text() for page in open_pdf(made).pages).split())


def test_the_letter_says_what_it_was_given():
    text = text_of(pdf.make(LETTER))

    for expected in (
        "Stichting De Open Deur",
        "De gemeenteraad van Súdwest-Fryslân t.a.v. de griffie Postbus 10000 8600 HA SNEEK",
        "Onderwerp Oproep: een deur die openstaat",
        "Plaats en datum Utrecht, 23 maart 2026",
        "Ons kenmerk DOD-2026-014",
        "Uw kenmerk Z2026-01187",
        "Bijlagen voorbeelden.pdf kosten.pdf",
        "Geachte leden van de raad,",
        "inwoners van Súdwest-Fryslân zien",
        "1. Bespreek deze brief. 2. Kies een plek:",
        "Met vriendelijke groet, Joke Zandstra voorzitter Ravi Oemrawsingh secretaris",
        "mede namens Vereniging Jonge Stemmen Platform Buurtsport Samen",
        "pagina 1 van 1",
    ):
        assert expected in text


def test_the_pdf_is_tagged_dutch_and_titled():
    reader = open_pdf(pdf.make(LETTER))
    root = reader.trailer["/Root"]

    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"].startswith("nl")
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata.title == "Een deur die openstaat"
    assert reader.metadata.author == "Stichting De Open Deur"
    assert reader.metadata.subject == "Oproep aan alle gemeenteraden"
    tags = set(re.findall(r"'/S': '/(\w+)'", str(unfolded(root["/StructTreeRoot"]))))
    assert tags >= {"H1", "H2", "P", "L", "LI", "Link"}


def unfolded(node):
    """A tree of indirect objects as plain dictionaries, parents left out."""
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, dict):
        return {k: unfolded(v) for k, v in node.items() if k in ("/S", "/K")}
    return [unfolded(child) for child in node] if isinstance(node, list) else node


def test_the_pdf_claims_pdf_ua_and_pdf_a():
    xmp = open_pdf(pdf.make(LETTER)).xmp_metadata.stream.get_data().decode()

    assert "<pdfuaid:part>1</pdfuaid:part>" in xmp
    assert "<pdfaid:part>2</pdfaid:part>" in xmp
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in xmp


def test_its_links_are_links():
    (page,) = open_pdf(pdf.make(LETTER)).pages

    links = [annot.get_object()["/A"]["/URI"] for annot in page["/Annots"]]
    assert links == ["https://opendeur.example/plek"]


def test_empty_facts_are_left_out():
    text = text_of(pdf.make(BARE))

    assert "Datum 10 april 2026" in text
    for label in ("kenmerk", "Bijlage", "mede namens", "groet"):
        assert label not in text


def test_a_fact_that_would_push_out_the_others_is_shortened():
    text = text_of(pdf.make(replace(LETTER, subject="Oproep voor een open deur " * 40)))

    assert "… Plaats en datum Utrecht, 23 maart 2026 Ons kenmerk" in text


def test_a_text_without_closing_gets_that_of_the_letterhead():
    letter = replace(
        BARE,
        salutation="Geacht college,",
        closing="Hoogachtend,",
        on_behalf_of="namens het bestuur",
        signatories=(Signatory("Joke Zandstra", "voorzitter"), Signatory("Ravi Oemrawsingh")),
    )

    text = text_of(pdf.make(letter))

    assert "Geacht college, Dit is de tekst. Hoogachtend, namens het bestuur Joke" in text
    assert "Joke Zandstra voorzitter Ravi Oemrawsingh" in text


def test_a_text_with_its_own_aanhef_and_closing_gets_no_second():
    letter = replace(
        LETTER, salutation="Geachte heer,", closing="Hoogachtend,", signatories=(Signatory("X Y"),)
    )

    text = text_of(pdf.make(letter))

    assert "Geachte heer," not in text
    assert "Hoogachtend" not in text
    assert "X Y" not in text


def test_a_long_letter_names_itself_on_later_pages():
    letter = replace(LETTER, text="\n\n".join(["Een alinea over de deur die openstaat. " * 8] * 14))

    text = text_of(pdf.make(letter))

    assert "pagina 1 van 2" in text
    assert "pagina 2 van 2" in text
    head = "Stichting De Open Deur aan de gemeenteraad van Súdwest-Fryslân, 23 maart 2026, kenmerk"
    assert text.count(head) == 1


def test_hostile_text_is_printed_as_text():
    letter = replace(
        LETTER,
        text=f"{{{{aanhef}}}}\n\n{HOSTILE.replace('<', '&lt;')}\n\nGroet,\nA",
        values={"aanhef": f"Geachte {HOSTILE} *heer* [x](https://x.example),"},
        sender=HOSTILE,
        our_reference=HOSTILE,
        addressee=(HOSTILE,),
        cosigners=(HOSTILE,),
    )

    made = pdf.make(letter)

    text = text_of(made)
    assert text.count('#panic("y") $x^2$ \\u{41}') >= 6
    assert "*heer* [x](https://x.example)," in text
    assert not any("/Annots" in page for page in open_pdf(made).pages)


def test_what_no_font_can_show_is_left_out():
    text = text_of(pdf.make(replace(BARE, text="Zet dit 👉 op de agenda 漢 van Łódź.")))

    assert "Zet dit op de agenda ? van Łódź." in text


@pytest.mark.parametrize(
    "text", ["", "#### diep\n\n# hoog", "[leeg]()", "[#](#)", "- \n- \n", "***", "> \n"]
)
def test_any_text_makes_a_pdf(text):
    assert pdf.make(replace(BARE, text=text)).startswith(b"%PDF")


def test_a_missing_value_is_refused():
    with pytest.raises(MissingValue, match="zaaknummer"):
        pdf.make(replace(BARE, text="Uw nummer {{zaaknummer}}."))


def test_equal_letters_give_equal_bytes():
    assert pdf.make(LETTER) == pdf.make(LETTER)


def test_the_addressee_of_each_body():
    assert pdf.addressee_lines("college", "Aa en Hunze") == (
        "Het college van burgemeester en wethouders van de gemeente Aa en Hunze",
    )
    assert pdf.addressee_lines("raad", "Zeist", postal_address="Postbus 513, 3700 AM ZEIST") == (
        "De gemeenteraad van Zeist",
        "t.a.v. de griffie",
        "Postbus 513",
        "3700 AM\u00a0\u00a0ZEIST",
    )
    assert pdf.addressee_short("college", "Zeist") == (
        "het college van burgemeester en wethouders van de gemeente Zeist"
    )


def test_a_file_name_stands_alone_in_a_list():
    name = pdf.file_name(
        date(2026, 3, 23), "De Open Deur", "raad", "Súdwest-Fryslân", "Een deur die openstaat"
    )

    assert name == (
        "2026-03-23 Brief De Open Deur aan raad Súdwest-Fryslân - Een deur die openstaat.pdf"
    )


@pytest.mark.parametrize(
    "subject", ["../../etc/passwd", 'a:b*c?"<d>|\\e', "regel\r\nBcc: x", "é" * 400, "einde. . ."]
)
def test_a_file_name_is_safe_everywhere(subject):
    name = pdf.file_name(date(2026, 3, 23), "De Open Deur", "college", "Zeist", subject)

    assert re.fullmatch(
        r"2026-03-23 Brief De Open Deur aan college Zeist - [^/\\:*?\"<>|\r\n]+\.pdf", name
    )
    assert len(name.removesuffix(".pdf").encode()) <= 150
    assert not name.removesuffix(".pdf").endswith((".", " "))


def test_letters_for_all_gemeenten_are_made_quickly(capsys):
    pdf.make(LETTER)
    began, cpu = time.perf_counter(), time.process_time()

    for number in range(20):
        pdf.make(replace(LETTER, our_reference=f"DOD-{number}"))

    with capsys.disabled():
        each, work = (time.perf_counter() - began) / 20, (time.process_time() - cpu) / 20
        print(f"\na PDF letter: {each * 1000:.1f} ms each, {work * 1000:.1f} ms of processor")
