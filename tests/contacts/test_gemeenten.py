"""Finding the gemeente that is meant."""

import pytest

from outreach.contacts import gemeenten
from outreach.contacts.models import Gemeente
from outreach.db import db

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
