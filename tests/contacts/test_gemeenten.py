"""Finding the gemeente that is meant."""

from collections.abc import Callable

import pytest

from outreach.contacts import gemeenten
from outreach.contacts.models import Gemeente
from outreach.db import db
from outreach.errors import Invalid

pytestmark = pytest.mark.usefixtures("app")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Zeist", "GM0355"),
        ("GM0363", "GM0363"),
        ("gm0363", "GM0363"),
        ("363", "GM0363"),
        ("Den Bosch", "GM0796"),
        ("'s-Gravenhage", "GM0518"),
        ("’s-gravenhage", "GM0518"),
        ("Bergen (NH.)", "GM0373"),
        ("Bergen NH", "GM0373"),
        ("Bergen (L)", "GM0893"),
        ("Bergen, Limburg", "GM0893"),
        ("Bergen (Noord-Holland)", "GM0373"),
        ("sudwest fryslan", "GM1900"),
        ("gemeente Utrecht", "GM0344"),
        ("Nuenen, Gerwen en Nederwetten", "GM0820"),
    ],
)
def test_a_gemeente_is_found_by_what_people_type(text: str, code: str) -> None:
    assert gemeenten.find(text).code == code


def test_a_name_of_two_gemeenten_is_refused_with_both_codes() -> None:
    with pytest.raises(gemeenten.AmbiguousGemeente, match=r"GM0373.*GM0893"):
        gemeenten.find("Bergen")


def test_an_unknown_name_is_refused_with_a_suggestion() -> None:
    with pytest.raises(gemeenten.UnknownGemeente, match="Amersfoort"):
        gemeenten.find("Amersvort")


def test_the_file_holds_342_gemeenten_and_the_coming_merger() -> None:
    assert db.session.query(Gemeente).count() == 342

    wijdemeren = gemeenten.find("Wijdemeren")

    assert wijdemeren.successor_code == gemeenten.find("Hilversum").code
    assert str(wijdemeren.valid_until) == "2027-01-01"


def test_loading_again_changes_nothing() -> None:
    gemeenten.load()

    assert db.session.query(Gemeente).count() == 342


@pytest.mark.parametrize(
    "text",
    [
        *("Zeist", "363", "Den Bosch", "Bergen (NH.)", "gemeente Utrecht", "sudwest fryslan"),
        *("Bergen", "Amersvort", "GM9999", "", "?", "x" * 500, "Bergen (Drenthe)"),
    ],
)
def test_the_book_in_memory_says_what_the_database_says(text: str) -> None:
    assert said(gemeenten.Book().find, text) == said(gemeenten.find, text)


def test_every_gemeente_is_found_by_its_own_name_and_code() -> None:
    book = gemeenten.Book()

    for gemeente in db.session.query(Gemeente):
        assert book.find(gemeente.name) is gemeente
        assert book.find(gemeente.code) is gemeente


def said(find: Callable[[str], Gemeente], text: str) -> str:
    try:
        return find(text).code
    except Invalid as error:
        return f"{type(error).__name__}: {error}"
