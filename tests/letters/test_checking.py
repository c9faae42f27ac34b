"""The check before sending finds what real letters got wrong, and leaves good ones alone."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from outreach.letters import checking
from outreach.letters.checking import Draft, Severity

GOOD = Draft(
    subject="Oproep aan de raad van {{gemeente}}",
    mail="""{{aanhef}}

Bij deze mail zit onze brief aan de raad. Wilt u hem doorsturen? De kosten staan in de bijlage.
Kom ook kijken op do 4 juni 2026 in Haarlem: https://opendeur.example/haarlem.

Met vriendelijke groet,

Joke Zandstra
voorzitter
""",
    letter="""Geachte leden van de raad,

Wij vragen u om één plek waar de deur openstaat. Lees meer op
[onze site](https://opendeur.example/plek?g={{gemeente}}).

Hoogachtend,

Joke Zandstra
""",
    attachments=("kosten.pdf",),
    pdf_letter=True,
    send_on=date(2026, 3, 23),
)

PLACES = {"subject": "onderwerp", "mail": "mail", "letter": "brief"}


def found(draft):
    return {(finding.code, str(finding.severity)) for finding in checking.check(draft)}


def mail_with(sentence, **changes):
    """The good draft with one more sentence in its mail."""
    mail = GOOD.mail.replace("Kom ook", f"{sentence}\n\nKom ook")
    return replace(GOOD, **({"mail": mail} | changes))


def test_a_good_letter_has_no_findings():
    assert checking.check(GOOD) == []


@pytest.mark.parametrize(
    "link",
    [
        "[Bekijk de wijkfilm](#)",
        "[Bekijk de wijkfilm]()",
        "Bekijk de wijkfilm [link]",
        "Bekijk de wijkfilm [\\[link\\]](#)",
        "Bekijk de wijkfilm [Link naar film]",
        "[wijkfilm](/films/wijk)",
        "[wijkfilm](www.opendeur.example/film)",
        "[wijkfilm](https://)",
        "[wijkfilm](https:///film)",
        "[wijkfilm](https://opendeur)",
        "[wijkfilm](ftp://opendeur.example/film)",
        "[wijkfilm](javascript:alert(1))",
        "[bel ons](tel:0300000000)",
        "[mail ons](mailto:)",
        "[wijkfilm](hier komt de link)",
        "[wijkfilm](https://[film)",
    ],
)
def test_a_link_without_an_address_is_an_error(link):
    codes = [finding.code for finding in checking.check(mail_with(link))]

    assert codes == ["link-without-address"]


@pytest.mark.parametrize(
    "link",
    [
        "[wijkfilm](https://opendeur.example/film)",
        "<https://opendeur.example/film>",
        "https://opendeur.example/film?g={{gemeente}}",
        "[wijkfilm](http://127.0.0.1:8000/film)",
        "[mail ons](mailto:post@opendeur.example)",
        "post@opendeur.example",
    ],
)
def test_a_whole_address_is_fine(link):
    assert found(mail_with(link)) == set()


@pytest.mark.parametrize("url", ["https://www.example.com/x", "http://localhost/x"])
def test_an_address_from_an_example_is_a_warning(url):
    assert found(mail_with(f"[wijkfilm]({url})")) == {("link-example", "warning")}


def test_what_was_left_to_fill_in_is_a_warning():
    assert found(mail_with("Wij spraken [naam wethouder] al.")) == {("left-open", "warning")}


@pytest.mark.parametrize("word", ["bijlage", "Bijlagen", "bijgevoegd", "bijgaande", "bijgevoegde"])
def test_an_attachment_that_is_named_must_be_there(word):
    draft = mail_with(f"U vindt het plan {word}.", attachments=(), pdf_letter=False, letter="")

    assert ("attachment-missing", "error") in found(draft)


def test_the_pdf_letter_is_an_attachment_of_the_mail():
    assert found(replace(GOOD, attachments=())) == set()


def test_the_pdf_letter_is_no_attachment_of_itself():
    letter = GOOD.letter.replace("Lees meer", "Zie de bijlage. Lees meer")

    assert found(replace(GOOD, attachments=(), letter=letter)) == {
        ("attachment-missing", "warning")
    }


def test_a_thing_that_is_no_attachment_any_more_is_not_missed():
    mail = "{{aanhef}}\n\nGezondheid is geen bijlage bij het beleid.\n\nGroet,\n\nJoke Zandstra"

    assert found(Draft("Oproep", mail)) == set()


def test_an_attachment_that_nobody_names_is_a_warning():
    mail = "{{aanhef}}\n\nWij vragen u om een plek.\n\nGroet,\n\nJoke Zandstra"

    assert found(replace(GOOD, mail=mail)) == {("attachment-not-mentioned", "warning")}


@pytest.mark.parametrize("place", PLACES)
def test_an_unknown_placeholder_is_an_error_wherever_it_stands(place):
    draft = replace(GOOD, **{place: getattr(GOOD, place).replace("raad", "raad {{gemeentes}}", 1)})

    (finding,) = (f for f in checking.check(draft) if f.severity is Severity.ERROR)
    assert finding.code == "unknown-placeholder"
    assert "Bedoelt u {{gemeente}}?" in finding.message
    assert finding.place == f"stap 1, {PLACES[place]}"


@pytest.mark.parametrize(
    "ending",
    [
        "Wij zien uw reactie graag tegemoet.",
        "Met vriendelijke groet,",
        "- Haarlem\n- Zeist",
        "[Onze site](https://opendeur.example).",
    ],
)
def test_a_letter_without_a_name_at_its_end_is_an_error(ending):
    draft = replace(GOOD, mail=f"{{{{aanhef}}}}\n\nBij deze mail zit de bijlage.\n\n{ending}\n")

    assert found(draft) == {("no-signature", "error")}


@pytest.mark.parametrize(
    "ending",
    [
        "Met vriendelijke groet,\nHet kernteam",
        "Met vriendelijke groeten\n\n{{afzender}}",
        "Hartelijke groet, Joke Zandstra",
        "Hoogachtend,\n\nhet bestuur, dat u graag spreekt.",
        "Namens de kerngroep van De Open Deur,\n\nJoke Zandstra",
        "Joke Zandstra",
        "Stichting De Open Deur\nJoke Zandstra",
    ],
)
def test_any_usual_signature_is_one(ending):
    draft = replace(GOOD, mail=f"{{{{aanhef}}}}\n\nBij deze mail zit de bijlage.\n\n{ending}\n")

    assert found(draft) == set()


def test_a_phrase_at_the_beginning_is_no_signature():
    mail = f"Namens de coalitie,\n\n{'Wij sturen u de bijlage met een lange zin. ' * 4}"

    assert ("no-signature", "error") in found(replace(GOOD, mail=mail))


def test_a_letter_may_leave_its_signature_to_the_letterhead():
    assert found(replace(GOOD, letter="Geachte leden van de raad,\n\nWij vragen u dit.")) == set()


def test_a_subject_must_be_there_and_be_short():
    assert found(replace(GOOD, subject="  ")) == {("subject-empty", "error")}
    assert found(replace(GOOD, subject="Oproep " * 11 + "{{gemeente}}")) == {
        ("subject-long", "warning")
    }


@pytest.mark.parametrize("word", ["jullie", "je", "jouw", "Jullie"])
def test_u_and_je_in_one_letter_are_a_warning(word):
    letter = GOOD.letter.replace("Lees meer", f"Wat kan {word} gemeente doen? Lees meer")

    assert found(replace(GOOD, letter=letter)) == {("mixed-address", "warning")}


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("vrijdag 4 juni 2026", "wrong-weekday"),
        ("vr 4 juni", "wrong-weekday"),
        ("zo 17 november 2026", "wrong-weekday"),
        ("31 juni 2026", "no-such-date"),
        ("30 februari", "no-such-date"),
        ("19 maart 2025", "year-far"),
        ("4 juni 2062", "year-far"),
    ],
)
def test_a_date_that_cannot_be_right_is_a_warning(written, code):
    assert found(mail_with(f"Wij zien elkaar op {written} in Zeist.")) == {(code, "warning")}


@pytest.mark.parametrize(
    "written",
    ["do 4 juni 2026", "donderdag 4 juni", "vr 11 tot en met zo 13 september 2026", "in 2040"],
)
def test_a_date_that_fits_is_fine(written):
    assert found(mail_with(f"Wij zien elkaar op {written} in Zeist.")) == set()


def test_jl_is_a_warning():
    assert found(mail_with("Op 16 februari jl. spraken wij elkaar.")) == {("jl", "warning")}


def test_a_covering_mail_is_short():
    assert found(mail_with("Wij vragen de raad om een plek. " * 20)) == {("mail-long", "warning")}
    assert (
        found(mail_with("Wij vragen de raad om een plek. " * 20, letter="", pdf_letter=False))
        == set()
    )


def test_a_pdf_without_a_letter_of_its_own_is_a_warning():
    assert found(replace(GOOD, letter=" \n")) == {("letter-empty", "warning")}


def test_errors_come_first_and_say_where():
    draft = mail_with("Zie [link] van 16 februari jl.", step=2, variant="college")

    findings = checking.check(draft)

    assert [finding.severity for finding in findings] == [Severity.ERROR, Severity.WARNING]
    assert {finding.place for finding in findings} == {"stap 2 (college), mail"}
    assert checking.errors(findings) == findings[:1]


def test_every_sentence_ends_as_a_sentence():
    mail = (
        "[a](#) [b] [c](https://example.com) {{x}} bijlage jullie u vr 4 juni 2026 1 mei 1990 jl."
    )
    drafts = [
        Draft("x" * 90, mail, mail, send_on=date(2026, 3, 23)),
        Draft("", f"{mail} {'woord ' * 130}", pdf_letter=True, attachments=("a.pdf", "b.pdf")),
    ]

    for finding in (finding for draft in drafts for finding in checking.check(draft)):
        assert finding.message[0].isupper() or finding.message[0] == "“"
        assert finding.message[-1] in ".?"


def test_every_code_is_described():
    source = Path(checking.__file__).read_text(encoding="utf-8")
    codes = set(re.findall(r'_(?:error|warning)\(\s*"([a-z-]+)"', source))
    described = (Path(__file__).parents[2] / "docs" / "check.md").read_text(encoding="utf-8")

    assert {code for code in codes if f"`{code}`" not in described} == set()
    assert len(codes) > 10
