"""Dubbele contacten: listed, beside each other, made one or told apart."""

from sqlalchemy import select

from outreach.contacts.models import Contact, Function
from outreach.db import db
from tests.factories import make_contact
from tests.web.page import PageClient

LIST = "/kantoor/adressen/dubbel"


def two() -> tuple[Contact, Contact]:
    """One raadslid, twice in the list."""
    values = {"function": Function.RAADSLID, "last_name": "Berg"}
    one = make_contact("Zeist", "a@zeist.example", first_name="Anna", **values)
    return one, make_contact("Zeist", "b@zeist.example", phone="030 1", initials="A.", **values)


def test_two_are_made_one_as_chosen(coordinator: PageClient) -> None:
    one, other = two()
    ids = one.id, other.id
    where = coordinator.page(LIST).links()["Anna Berg en A. Berg"]
    page = coordinator.page(where)
    assert "Samenvoegen kunt u niet ongedaan maken." in page.text

    done = coordinator.submit(where, name=str(ids[1]), phone=str(ids[1]), address=str(ids[1]))

    assert done.headers["Location"] == f"/kantoor/adressen/{ids[0]}"
    told = coordinator.page(f"/kantoor/adressen/{ids[0]}").text
    assert "A. Berg staat nu één keer in de lijst." in told
    assert "030 1" in told
    assert db.session.scalars(select(Contact.id)).all() == [ids[0]]
    coordinator.page(where, 404)


def test_two_stay_two(coordinator: PageClient) -> None:
    one, other = two()
    where = f"{LIST}/{one.id}/{other.id}"

    coordinator.submit(where, f"{where}/anders")

    told = coordinator.page(LIST).text
    assert "Anna Berg en A. Berg blijven twee contacten." in told
    assert "Wij zien geen contacten die er twee keer in staan." in told


def test_what_was_changed_meanwhile_is_shown_again(coordinator: PageClient) -> None:
    one, other = two()
    where = f"{LIST}/{one.id}/{other.id}"

    done = coordinator.submit(where, stamp="van gisteren")

    assert done.headers["Location"] == where
    assert "intussen gewijzigd" in coordinator.page(where).text
    assert coordinator.submit(where, keep="7").status_code == 422


def test_a_reader_sees_them_and_joins_none(reader: PageClient) -> None:
    one, other = two()

    assert "Anna Berg en A. Berg" in reader.page(LIST).text
    assert reader.get(f"{LIST}/{one.id}/{other.id}").status_code == 403
