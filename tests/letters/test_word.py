"""A letter from Word comes in as a coordinator sees it, and a bad file ends in a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.errors import Invalid
from outreach.letters import markup, word
from outreach.letters.word import BadDocument
from tests.letters.clipboards import DOCS, ONLINE, OUTLOOK, WORD
from tests.letters.word_files import docx, paragraph

BOMB = '<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


def test_a_letter_keeps_its_paragraphs_emphasis_and_numbered_points():
    data = docx(
        paragraph("Geachte leden van de raad,"),
        paragraph("Wij vragen u één ding: open de deur.", bold="open de deur"),
        paragraph("1. Noem een bedrag."),
        paragraph("2.\tNoem een wethouder."),
        paragraph("Met vriendelijke groet,"),
        paragraph("Noor de Wit"),
    )

    assert word.read_docx(data).text == (
        "Geachte leden van de raad,\n\nWij vragen u één ding: **open de deur**.\n\n"
        "1. Noem een bedrag.\n\n2. Noem een wethouder.\n\n"
        "Met vriendelijke groet,\n\nNoor de Wit\n"
    )


def test_a_merge_field_becomes_our_placeholder_and_an_unknown_one_stays():
    data = docx(paragraph("Aan de raad van «Gemeente», t.a.v. «Titel»."))

    assert word.read_docx(data).text == "Aan de raad van {{gemeente}}, t.a.v. «Titel».\n"


def test_a_placeholder_that_was_typed_in_word_stays_one():
    data = docx(paragraph("Op {{eerste_brief.datum}} schreven wij u."))

    assert word.read_docx(data).text == "Op {{eerste_brief.datum}} schreven wij u.\n"


def test_what_was_pasted_as_plain_text_gets_its_lists_back():
    pasted = "Onze vragen:\r\n\r\n•\tNoem een bedrag\r\n·  Noem een wethouder\r\n\r\n1)\tEerst\r\n"

    assert word.tidy(pasted) == (
        "Onze vragen:\n\n- Noem een bedrag\n-  Noem een wethouder\n\n1. Eerst\n".replace(
            "-  ", "- "
        )
    )


def test_what_was_copied_from_a_page_loses_all_but_the_letter():
    html = (
        "<style>p{color:red}</style><h2>Kop</h2><p class=MsoNormal onclick=x()>Dag "
        "<b>raad</b><script>alert(1)</script>, zie <a href='https://a.example/x?y=1'>hier</a> en "
        "<a href='javascript:alert(1)'>daar</a>.</p><img src=x onerror=y><ul><li>een<li>twee</ul>"
    )

    text = word.from_html(html)

    assert text == (
        "## Kop\n\nDag **raad**, zie [hier](https://a.example/x?y=1) en daar.\n\n- een\n- twee\n"
    )


def test_a_table_becomes_lines():
    html = "<table><tr><th>Onderwerp</th><td>Plan</td></tr><tr><td>No.</td><td>7</td></tr></table>"

    assert word.from_html(html) == "Onderwerp – Plan\n\nNo. – 7\n"


PASTED = {
    "Word": (
        WORD,
        "Geachte heer/mevrouw,\n\nWij vragen uw raad om drie dingen, die wij hieronder in een "
        "lange zin noemen.\n\n1. Noem een **bedrag**.\n   - per wijk\n   - per jaar\n2. Wijs een "
        "wethouder aan.\n\nTussen de punten.\n\n3. Lees het [plan](https://ademruimte.example/plan?x=1).\n\n"
        "Wanneer – do 4 juni\n\nWaar – Haarlem\n\nMet vriendelijke groet,\nNoor de Wit\n",
        ("1 afbeelding",),
    ),
    "Outlook": (
        OUTLOOK,
        "Beste collega’s,\n\nDe brief is klaar. Zie [de brief](https://ademruimte.example/b).\n\n"
        "Groet,\nNoor\n06 12345678\n",
        (),
    ),
    "Google Docs": (
        DOCS,
        "## Oproep\n\n**Vet** en gewoon, en [hier](https://ademruimte.example/plan).\n\n"
        "- een\n  - daaronder\n- *twee*\n",
        (),
    ),
    "Word on the web": (ONLINE, "- een\n  - daaronder\n- twee\n", ()),
}


@pytest.mark.parametrize("program", PASTED)
def test_what_is_pasted_from_a_program_is_the_letter_that_stood_there(program):
    html, text, left_out = PASTED[program]

    assert word.pasted(html) == word.Written(text, left_out)


@pytest.mark.parametrize(
    "html",
    ["<b><div>" * 80_000, "<p>" * 200_000, "<p style='mso-list:l0 level9 lfo1'>a" * 40_000],
    ids=["deep", "wide", "lists"],
)
def test_what_nobody_copies_ends_in_a_sentence(html):
    with pytest.raises(Invalid, match=r"^Dit is .*\.$"):
        word.pasted(html)


_PIECES = [
    *("<p style='mso-list:l0 level1 lfo1'>", "<p style='mso-list:l0 level4 lfo1'>", "</p>", "dag"),
    *(
        "<span style='mso-list:Ignore'>3.</span>",
        "<ul>",
        "<ol>",
        "<li>",
        "</ul>",
        "<div>",
        "</div>",
    ),
    *("<b>", "<br>", "<li data-aria-level=3>", "<a href='javascript:x()'>", "<table><tr><td>"),
    *("<script>", "&lt;script&gt;"),
]


@given(st.lists(st.sampled_from(_PIECES), max_size=25))
def test_whatever_stood_on_the_clipboard_becomes_a_text(pieces):
    text = word.pasted("".join(pieces)).text

    assert "](javascript:" not in text
    assert "<script" not in markup.to_html(markup.read(text).blocks)


@pytest.mark.parametrize(
    ("opening", "expected"),
    [
        ("Geachte heer/mevrouw,", "{{aanhef}}"),
        ("Geachte griffier,", "{{aanhef}}"),
        ("Geachte leden van de raad,", "Geachte leden van de raad,"),
        ("Wij schrijven u als griffier.", "Wij schrijven u als griffier."),
    ],
)
def test_a_salutation_for_anybody_becomes_the_one_by_the_rules(opening, expected):
    assert word.as_mail(f"{opening}\n\nDag.\n") == f"{expected}\n\nDag.\n"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "niet te lezen"),
        (b"Dag", "niet te lezen"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "oud Word-bestand"),
        (docx()[:-40], "niet te lezen"),
        (docx(paragraph("a"), prolog=BOMB), "niet te lezen"),
        (docx(paragraph("a"), prolog=OUTSIDE), "niet te lezen"),
        (docx("<w:p>" * 300 + "</w:p>" * 300), "niet te lezen"),
        (docx("<w:p>"), "niet te lezen"),
        (docx(paragraph("a" * 9_000_000)), "te lang"),
        (docx(paragraph("woord " * 40_000)), "te lang"),
        (docx(parts={"word/vbaProject.bin": b"x"}), "macro's"),
        (docx(parts={"word/document.xml": b"\0"}), "niet te lezen"),
        (b"x" * 10_000_001, "groter dan 10 MB"),
    ],
    ids=lambda value: None if isinstance(value, bytes) else value,
)
def test_a_file_that_is_no_letter_ends_in_a_sentence(data, said):
    with pytest.raises(BadDocument, match=said) as refused:
        word.read_docx(data)

    assert str(refused.value)[-1] == "."


def test_a_zip_that_is_no_word_file_is_named():
    with pytest.raises(BadDocument, match="geen Word-bestand"):
        word.read_docx(docx().replace(b"[Content_Types].xml", b"[Content_Typez].xml"))


def test_a_megabyte_of_nested_tags_ends_in_a_sentence_or_a_text():
    try:
        text = word.from_html("<b><div>" * 80_000 + "dag")
    except BadDocument as refused:
        text = str(refused)

    assert text


@given(st.text(max_size=300))
def test_whatever_is_pasted_can_be_read_and_has_no_tag_in_it(pasted):
    text = word.tidy(pasted)

    assert word.tidy(text) == text
    assert "<script" not in markup.to_html(markup.read(text).blocks)


def test_a_letter_from_word_is_composed_as_any_other():
    text = word.read_docx(docx(paragraph("Dag raad."), paragraph("Punt een", list_level=0))).text

    assert "Dag raad." in markup.to_html(markup.read(text).blocks)
