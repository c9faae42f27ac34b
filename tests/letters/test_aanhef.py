"""The 28 cases of the aanhef, and what lies between them."""

import csv
from pathlib import Path

import pytest

from outreach.contacts.models import FormOfAddress, Function
from outreach.contacts.people import Addressee
from outreach.letters import aanhef

CASES = list(
    csv.DictReader(
        Path(__file__).with_name("aanhef_cases.csv").read_text(encoding="utf-8").splitlines()
    )
)


def make_addressee(case: dict[str, str]) -> Addressee:
    return Addressee(
        form=FormOfAddress(case["form"]),
        function=Function(case["function"]) if case["function"] else None,
        titles=case["titles"],
        first_name=case["first_name"],
        initials=case["initials"],
        prefix=case["prefix"],
        last_name=case["last_name"],
    )


def test_there_are_28_cases():
    assert len(CASES) == 28


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["aanhef"])
def test_salutation_follows_the_rules(case):
    assert aanhef.salutation(make_addressee(case), body=case["body"]) == case["aanhef"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["aanhef"])
def test_address_line_follows_the_rules(case):
    assert aanhef.address_line(make_addressee(case), body=case["body"]) == case["address_line"]


@pytest.mark.parametrize("function", [Function.GRIFFIER, Function.PLV_GRIFFIER])
def test_a_griffier_with_a_name_is_addressed_like_anyone_with_a_name(function):
    kim = Addressee(FormOfAddress.NEUTRAAL, function, initials="K.", last_name="Verbeek")
    unasked = Addressee(function=function, initials="A.J.", last_name="Jansen")

    assert aanhef.salutation(kim) == "Geachte K. Verbeek,"
    assert aanhef.salutation(unasked) == "Geachte heer of mevrouw Jansen,"


def test_the_mailbox_of_an_office_that_is_a_group_gets_the_group():
    college = Addressee(function=Function.COLLEGE)
    informateurs = Addressee(function=Function.INFORMATEUR)

    assert aanhef.salutation(college) == "Geacht college,"
    assert aanhef.salutation(informateurs) == "Geachte informateurs,"


def test_a_body_is_addressed_where_nobody_in_particular_is():
    griffier = Addressee(function=Function.GRIFFIER)
    vries = Addressee(FormOfAddress.HEER, Function.GRIFFIER, prefix="de", last_name="Vries")

    assert aanhef.salutation(Addressee(), body="raad") == "Geachte leden van de raad,"
    assert aanhef.salutation(griffier, body="raad") == "Geachte griffier,"
    assert aanhef.salutation(vries, body="college") == "Geachte heer De Vries,"
    assert aanhef.address_line(griffier, body="raad") == "De griffier"


def test_a_form_of_address_without_a_name_falls_back_to_the_office():
    assert aanhef.salutation(Addressee(FormOfAddress.HEER, Function.GRIFFIER)) == (
        "Geachte griffier,"
    )
    assert aanhef.salutation(Addressee(FormOfAddress.HEER)) == "Geachte heer,"


def test_a_separate_d_apostrophe_joins_the_name():
    ancona = Addressee(FormOfAddress.MEVROUW, initials="H.", prefix="d’", last_name="Ancona")

    assert aanhef.salutation(ancona) == "Geachte mevrouw d’Ancona,"
    assert aanhef.address_line(ancona) == "Mevrouw H. d’Ancona"


def test_a_name_never_breaks_the_line():
    strange = Addressee(FormOfAddress.HEER, prefix=" van\r\nder ", last_name="Velde\nBcc: x")

    assert aanhef.salutation(strange) == "Geachte heer Van der Velde Bcc: x,"
