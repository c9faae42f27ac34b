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


def test_each_of_several_links_without_an_address_is_told_by_the_words_before_it():
    draft = mail_with("Lees de kaart [\\[link\\]](#) en zie de film [\\[link\\]](#).")

    said = [finding.message for finding in checking.check(draft)]

    assert [
        "“[link]” na “Lees de kaart” staat" in said[0],
        "na “zie de film” staat" in said[1],
    ] == [
        True,
        True,
    ]


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
    words = "Gezondheid is geen bijlage bij het beleid. Wilt u dat bespreken?"
    mail = f"{{{{aanhef}}}}\n\n{words}\n\nGroet,\n\nJoke Zandstra"

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


@pytest.mark.parametrize("words", ["deze week", "Vorige maand", "gisteren", "volgende week"])
def test_a_word_that_counts_from_today_is_a_warning(words):
    assert found(mail_with(f"Wij spraken {words} met de wethouder.")) == {("ages", "warning")}


@pytest.mark.parametrize(
    "sentence",
    [
        "Reageert u uiterlijk 16 maart?",
        "Meld u vóór 20 maart 2026 aan.",
        "De bijeenkomst vindt plaats op do 12 maart 2026.",
    ],
)
def test_a_day_to_come_that_has_gone_when_the_letter_leaves_is_a_warning(sentence):
    assert ("date-past", "warning") in found(mail_with(sentence))


@pytest.mark.parametrize(
    "sentence",
    [
        "Op 18 maart 2026 koos u een raad.",
        "Voor de raad van 18 maart 2026 schreven wij een plan.",
        "Reageert u uiterlijk 16 april?",
        "De dag vindt plaats op 17 november.",
    ],
)
def test_a_day_that_may_be_past_or_is_to_come_is_fine(sentence):
    assert found(mail_with(sentence)) == set()


def test_a_letter_that_asks_nothing_is_a_warning():
    mail = "{{aanhef}}\n\nHet gaat goed met onze inloop.\n\nGroet,\n\nJoke Zandstra"

    assert found(Draft("Nieuws", mail)) == {("no-request", "warning")}


@pytest.mark.parametrize(
    "sentence",
    [
        "Wilt u deze brief doorsturen?",
        "Wij verzoeken u de brief te delen.",
        "Wij waarderen het als u de oproep deelt.",
        "Uw reactie ontvangen wij graag.",
        "Neem dit op in uw akkoord.",
        "Wij roepen de raad op om dit te bespreken.",
    ],
)
def test_any_usual_request_is_one(sentence):
    mail = f"{{{{aanhef}}}}\n\n{sentence}\n\nGroet,\n\nJoke Zandstra"

    assert found(Draft("Oproep", mail)) == set()


def test_a_letter_that_also_invites_is_a_warning():
    letter = GOOD.letter.replace("Lees meer", "Wij nodigen u graag uit in Haarlem. Lees meer")

    assert found(replace(GOOD, letter=letter)) == {("letter-and-invitation", "warning")}


def test_an_invitation_alone_is_fine():
    mail = "{{aanhef}}\n\nWij nodigen u uit in Haarlem.\n\nGroet,\n\nJoke Zandstra"

    assert found(Draft("Uitnodiging", mail)) == set()


@pytest.mark.parametrize(
    "words", ["06 12 34 56 78", "06-12345678", "+31 6 1234 5678", "joke.zandstra@gmail.com"]
)
def test_what_is_private_in_a_letter_that_becomes_public_is_a_warning(words):
    letter = GOOD.letter.replace("Joke Zandstra", f"Joke Zandstra, {words}")

    assert found(replace(GOOD, letter=letter)) == {("personal-data", "warning")}


@pytest.mark.parametrize("words", ["030 123 45 67", "14 030", "post@opendeur.example"])
def test_what_an_organisation_is_reached_by_is_fine_in_public(words):
    letter = GOOD.letter.replace("Joke Zandstra", f"Joke Zandstra, {words}")

    assert found(replace(GOOD, letter=letter)) == set()


def test_a_mobile_number_in_the_mail_alone_is_fine():
    assert found(mail_with("Bel ons: 06 12 34 56 78.")) == set()


def test_the_name_of_the_reader_does_not_belong_in_the_public_letter():
    letter = GOOD.letter.replace("Wij vragen", "Wij schreven {{naam}}. Wij vragen")

    assert found(replace(GOOD, letter=letter)) == {("personal-data", "warning")}


def test_a_long_sentence_is_a_hint_that_quotes_its_beginning():
    long = "Wij vinden dat " + "elke plek open moet zijn en " * 6 + "dat is alles."

    (finding,) = checking.check(mail_with(long, letter="", pdf_letter=False))

    assert (finding.code, finding.severity) == ("sentence-long", Severity.HINT)
    assert "Wij vinden dat elke plek open" in finding.message


def test_a_stiff_word_is_a_hint():
    assert found(mail_with("Dit betreft de plek aangaande jongeren.")) == {("word-hard", "hint")}


@pytest.mark.parametrize(
    ("written", "meant"), [("gemeentte", "gemeente"), ("daarns", "daarna"), ("eenzamheid", "een")]
)
def test_a_word_with_a_slip_of_the_pen_is_a_hint(written, meant):
    (finding,) = checking.check(mail_with(f"Dat staat {written} in de krant."))

    assert (finding.code, finding.severity) == ("spelling", Severity.HINT)
    assert f"“{meant}" in finding.message


@pytest.mark.parametrize(
    "word",
    [
        "raadsinformatiebrief",
        "welzijnsorganisatie",
        "Súdwest-Fryslân",
        "Schoonderbeek",
        "buurthuis",
    ],
)
def test_compounds_and_names_are_no_slips(word):
    assert found(mail_with(f"Dat staat in {word} te lezen.")) == set()


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
        " Nodigen u uit uiterlijk 1 maart 2026 gisteren 06 12345678 inzake gemeentte."
    )
    drafts = [
        Draft("x" * 90, mail, mail, send_on=date(2026, 3, 23)),
        Draft("", f"{mail} {'woord ' * 130}", pdf_letter=True, attachments=("a.pdf", "b.pdf")),
    ]

    for finding in (finding for draft in drafts for finding in checking.check(draft)):
        assert finding.message[0].isupper() or finding.message[0] == "“"
        assert finding.message[-1] in ".?"


def test_every_code_is_described():
    topics = (Path(checking.__file__).parent / "checks").glob("*.py")
    source = "".join(path.read_text(encoding="utf-8") for path in topics)
    codes = set(re.findall(r'(?:error|warning|hint)\(\s*"([a-z-]+)"', source))
    described = (Path(__file__).parents[2] / "docs" / "check.md").read_text(encoding="utf-8")

    assert {code for code in codes if f"`{code}`" not in described} == set()
    assert len(codes) > 20
