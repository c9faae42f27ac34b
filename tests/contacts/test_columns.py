"""Which column is what, and what its words mean."""

import pytest

from outreach.contacts import columns
from outreach.contacts.columns import HEADERS, Field, basis_of, form_of, function_of, recognise
from outreach.contacts.models import Basis, FormOfAddress, Function
from outreach.errors import Invalid

LEAST = ["gemeente", "rol", "email"]
EVERY_NAME = [(field, name) for field, names in HEADERS.items() for name in names]


@pytest.mark.parametrize(("field", "name"), EVERY_NAME)
def test_every_name_of_the_contract_is_recognised_in_any_case(field: Field, name: str) -> None:
    header = [HEADERS[need][0] for need in columns.REQUIRED if need is not field]

    for spelling in (name, name.upper(), name.capitalize(), f" {name} ".replace("_", " ")):
        assert recognise([*header, spelling]).fields[field] == len(header)


def test_other_columns_become_attributes_under_their_own_name() -> None:
    found = recognise([*LEAST, "Zaal", "", "functie"])

    assert found.attributes == {"Zaal": 3, "kolom 5": 4, "functie": 5}


def test_a_usual_name_counts_when_no_column_has_the_official_one() -> None:
    found = recognise(["Gemeente", "Functie", "E-mailadres", "Telefoonnummer"])

    assert found.fields == {Field.GEMEENTE: 0, Field.FUNCTION: 1, Field.EMAIL: 2, Field.PHONE: 3}


def test_a_column_is_mapped_by_hand_and_the_usual_one_becomes_an_attribute() -> None:
    found = recognise([*LEAST, "Mail werk"], {"mail WERK": "e-mail"})

    assert found.fields[Field.EMAIL] == 3
    assert found.attributes == {"email (2)": 2}


@pytest.mark.parametrize(
    ("header", "mapping", "sentence"),
    [
        (["gemeente", "rol"], {}, "De kolom ontbreekt: email"),
        (["naam"], {}, "De kolommen ontbreken: gemeente, rol, email"),
        ([*LEAST, "E-mail"], {}, "“email” en “E-mail” zijn allebei email"),
        ([*LEAST, "rol"], {}, "“rol” en “rol” zijn allebei rol"),
        (LEAST, {"adres": "email"}, "geen kolom “adres”.*Er zijn: gemeente, rol, email"),
        (LEAST, {"rol": "schoenmaat"}, "“schoenmaat” is geen veld. Kies uit: gemeente, rol"),
        ([*LEAST, "x"], {"x": "rol", "rol": "role"}, "Voor rol zijn twee kolommen aangewezen"),
    ],
)
def test_a_header_row_that_cannot_be_used_is_refused_with_what_is_wrong(
    header: list[str], mapping: dict[str, str], sentence: str
) -> None:
    with pytest.raises(Invalid, match=sentence):
        recognise(header, mapping)


@pytest.mark.parametrize("word", ["Griffier", "GRIFFIE", "raadsgriffier"])
def test_words_for_the_griffier(word: str) -> None:
    assert function_of(word) is Function.GRIFFIER


@pytest.mark.parametrize("word", ["plv-griffier", "plv. griffier", "Plaatsvervangend griffier"])
def test_words_for_the_deputy(word: str) -> None:
    assert function_of(word) is Function.PLV_GRIFFIER


def test_every_function_form_and_basis_is_known_by_its_own_word() -> None:
    assert [function_of(member.value) for member in Function] == list(Function)
    assert [basis_of(member.value) for member in Basis] == list(Basis)
    assert [form_of(word) for word in ("Dhr.", "mevr.", "alleen naam")] == [
        FormOfAddress.HEER,
        FormOfAddress.MEVROUW,
        FormOfAddress.NEUTRAAL,
    ]


@pytest.mark.parametrize(
    ("read", "sentence"),
    [
        (function_of, "De rol “tovenaar” kennen wij niet. Kies uit: griffier, plv-griffier"),
        (form_of, "De aanspreekvorm “tovenaar” .* Kies uit: heer, mevrouw, neutraal."),
        (basis_of, "De grondslag “tovenaar” .* Kies uit: published, consent"),
    ],
)
def test_an_unknown_word_is_refused_with_the_choices(read: type[str], sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        read("tovenaar")
