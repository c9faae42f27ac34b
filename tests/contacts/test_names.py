"""Dutch names, cut in parts by rule; nobody's gender is guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.contacts import names
from outreach.contacts.models import FormOfAddress
from outreach.contacts.names import Name

HEER, MEVROUW, ONBEKEND = FormOfAddress.HEER, FormOfAddress.MEVROUW, FormOfAddress.ONBEKEND


@pytest.mark.parametrize(
    ("text", "form", "titles", "first_name", "initials", "prefix", "last_name"),
    [
        ("J. de Vries", "", "", "", "J.", "de", "Vries"),
        ("Anna van den Berg", "", "", "Anna", "", "van den", "Berg"),
        ("dhr. H.J. Derks", "heer", "", "", "H.J.", "", "Derks"),
        ("Dhr H.J. Derks", "heer", "", "", "H.J.", "", "Derks"),
        ("de heer Y. van ’t Hek", "heer", "", "", "Y.", "van ’t", "Hek"),
        ("mevr. A. v.d. Berg", "mevrouw", "", "", "A.", "v.d.", "Berg"),
        ("mw. mr. drs. S. in 't Veld", "mevrouw", "mr. drs.", "", "S.", "in 't", "Veld"),
        ("Mevrouw prof. dr. A. Verschoor", "mevrouw", "prof. dr.", "", "A.", "", "Verschoor"),
        ("drs. mevr. A. Vos", "mevrouw", "drs.", "", "A.", "", "Vos"),
        ("dhr./mw. Jansen", "", "", "", "", "", "Jansen"),
        ("dhr. / mevr. K. Jansen", "", "", "", "K.", "", "Jansen"),
        ("mr.dr. P. Kok", "", "mr.dr.", "", "P.", "", "Kok"),
        ("Marie van der Ven-van Dijk", "", "", "Marie", "", "van der", "Ven-van Dijk"),
        ("M. van der Ven - van Dijk", "", "", "", "M.", "van der", "Ven-van Dijk"),
        ("A.J. Jansen-de Jong", "", "", "", "A.J.", "", "Jansen-de Jong"),
        ("H. d’Ancona", "", "", "", "H.", "", "d’Ancona"),
        ("M. 't Hart", "", "", "", "M.", "'t", "Hart"),
        ("Mohamed El Hamdaoui", "", "", "Mohamed", "", "El", "Hamdaoui"),
        ("K. de Cocq van Delwijnen", "", "", "", "K.", "de", "Cocq van Delwijnen"),
        ("Jan Pieter Bakker", "", "", "Jan Pieter", "", "", "Bakker"),
        ("Ben de Wit", "", "", "Ben", "", "de", "Wit"),
        ("AJ Smit", "", "", "", "A.J.", "", "Smit"),
        ("A. J. Smit", "", "", "", "A.J.", "", "Smit"),
        ("Tj. Hoekstra", "", "", "", "Tj.", "", "Hoekstra"),
        ("IJ. Visser", "", "", "", "IJ.", "", "Visser"),
        ("J.-P. Mol", "", "", "", "J.-P.", "", "Mol"),
        ("C.M. (Carla) de Groot", "", "", "Carla", "C.M.", "de", "Groot"),
        ("Carla (C.M.) de Groot", "", "", "Carla", "C.M.", "de", "Groot"),
        ("Berg, A. van den", "", "", "", "A.", "van den", "Berg"),
        ("Berg, van den, A.", "", "", "", "A.", "van den", "Berg"),
        ("Berg, mevr. A. van den", "mevrouw", "", "", "A.", "van den", "Berg"),
        ("Jansen, Piet", "", "", "Piet", "", "", "Jansen"),
        ("van der Velde", "", "", "", "", "van der", "Velde"),
        ("Van der Velde", "", "", "", "", "Van der", "Velde"),
        ("Jansen", "", "", "", "", "", "Jansen"),
        ("J.", "", "", "", "J.", "", ""),
        ("  Kim   Verbeek ", "", "", "Kim", "", "", "Verbeek"),
        ("Heerema", "", "", "", "", "", "Heerema"),
        ("J. Heer", "", "", "", "J.", "", "Heer"),
        ("V. de Wit", "", "", "", "V.", "de", "Wit"),
        ("D. Bos", "", "", "", "D.", "", "Bos"),
        ("J. V. de Boer", "", "", "", "J.V.", "de", "Boer"),
        ("A. v. Dam", "", "", "", "A.", "v.", "Dam"),
        ("Kim de Heer", "", "", "Kim", "", "de", "Heer"),
        ("mr A. Bakker", "", "mr", "", "A.", "", "Bakker"),
        ("J.de Vries", "", "", "", "J.", "de", "Vries"),
        ("dhr.P.Jansen", "heer", "", "", "P.", "", "Jansen"),
        ("j. de vries", "", "", "", "j.", "de", "vries"),
        ("BERG, A. VAN DEN", "", "", "", "A.", "VAN DEN", "BERG"),
        ("Jansen A.", "", "", "", "A.", "", "Jansen"),
        ("van Dijk A.J.", "", "", "", "A.J.", "van", "Dijk"),
        ("Loco-griffier A. Jansen", "", "", "", "A.", "", "Jansen"),
        ("griffier mw. A. Jansen", "mevrouw", "", "", "A.", "", "Jansen"),
        ("A. Jansen (plv. griffier)", "", "", "", "A.", "", "Jansen"),
        ("A. Jansen, griffier a.i.", "", "", "", "A.", "", "Jansen"),
        ("Ş. Yıldız", "", "", "", "Ş.", "", "Yıldız"),
        ("José da Silva e Costa", "", "", "José", "", "da", "Silva e Costa"),
        ("A.B.C. ter Braak-op den Kelder", "", "", "", "A.B.C.", "ter", "Braak-op den Kelder"),
        ("Freule van Heemstra", "", "Freule", "", "", "van", "Heemstra"),
    ],
)
def test_a_name_is_cut_in_its_parts(
    text: str, form: str, titles: str, first_name: str, initials: str, prefix: str, last_name: str
) -> None:
    expected = Name(FormOfAddress(form), titles, first_name, initials, prefix, last_name)

    assert names.split(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("Griffie Zeist", "Raadsgriffie", "de griffier", "Gemeente Soest", "griffier"),
        *("n.v.t.", "-", "vacature", "Vacant", "N.N.", "n.t.b.", "?"),
    ],
)
def test_the_name_of_an_office_is_nobodys(text: str) -> None:
    assert not names.split(text)


@pytest.mark.parametrize(
    ("text", "form", "titles"),
    [
        ("dhr.", HEER, ""),
        ("Mevrouw", MEVROUW, ""),
        ("mevr. drs.", MEVROUW, "drs."),
        ("dhr./mw.", ONBEKEND, ""),
        ("mr. drs.", ONBEKEND, "mr. drs."),
        ("", ONBEKEND, ""),
    ],
)
def test_a_form_of_address_among_the_titles_is_taken_out(
    text: str, form: FormOfAddress, titles: str
) -> None:
    assert names.called(text) == (form, titles)


@pytest.mark.parametrize(
    ("text", "initials"), [("AJ", "A.J."), ("A", "A."), ("A.J", "A.J."), ("Chr.", "Chr."), ("", "")]
)
def test_initials_get_their_dots(text: str, initials: str) -> None:
    assert names.dotted(text) == initials


@pytest.mark.parametrize("text", ["Anne de Jong", "Jan Smit", "Maria van Dam", "Sascha op de Beek"])
def test_a_first_name_says_nothing_about_the_form_of_address(text: str) -> None:
    assert names.split(text).form_of_address is ONBEKEND


def test_titles_behind_the_name_are_kept_apart() -> None:
    name = names.split("drs. K. de Boer MSc, MBA")

    assert (name.titles, name.last_name, name.suffix) == ("drs.", "Boer", "MSc MBA")
    assert names.split("C. Jansen sr.").suffix == "sr."


@pytest.mark.parametrize(
    "text",
    [
        "J. Vos en P. Kok",
        "J. Vos & P. Kok",
        "J. Vos / P. Kok",
        "de heer en mevrouw Vos",
        "Fam. Vos",
    ],
)
def test_two_names_in_one_cell_are_noticed(text: str) -> None:
    assert names.holds_several(text)


@pytest.mark.parametrize(
    "text", ["J. de Vries", "dhr./mw. Jansen", "Enno Offringa", "H. van Essen"]
)
def test_one_name_is_not_taken_for_two(text: str) -> None:
    assert not names.holds_several(text)


@pytest.mark.parametrize(
    ("one", "other", "same", "alike"),
    [
        ("J. de Vries", "Jan de Vries", True, True),
        ("J. de Vries", "J.P. de Vries", True, True),
        ("J. de Vries", "de Vries", True, True),
        ("J. de Vries", "P. de Vries", False, False),
        ("J. de Vries", "J. DE VRIES", True, True),
        ("J. van 't Hek", "J. van ’t Hek", True, True),
        ("J. Jansen", "J. Janssen", False, True),
        ("J. v.d. Berg", "J. van den Berg", False, True),
        ("J. Jansen", "J. Bakker", False, False),
        ("Jan Smit", "Joop Smit", False, False),
    ],
)
def test_two_names_can_be_one_person(one: str, other: str, same: bool, alike: bool) -> None:
    first, second = names.split(one), names.split(other)

    assert (names.same(first, second), names.alike(first, second)) == (same, alike)


@given(st.text(max_size=40))
def test_any_text_is_cut_and_nothing_is_added(text: str) -> None:
    name = names.split(text)

    parts = f"{name.titles}{name.first_name}{name.initials}{name.prefix}{name.last_name}"
    assert set(parts) <= set(text) | set(". ")


INITIALS = st.from_regex(r"([A-Z]\.){1,3}", fullmatch=True)
PREFIXES = st.sampled_from(["", "van ", "de ", "van den ", "in het ", "op de ", "ter ", "v.d. "])
SURNAMES = st.from_regex(
    r"[A-Z][A-Za-z.]{1,8}( ([A-Z]?[a-z]{1,6}|MSc|[0-9]{1,3}))?", fullmatch=True
)


@given(INITIALS, PREFIXES, SURNAMES)
def test_a_plain_name_is_cut_at_once_as_the_rules_would(
    initials: str, prefix: str, surname: str
) -> None:
    text = f"{initials} {prefix}{surname}"

    assert names.split(text) == names._cut_by_rule(text)
