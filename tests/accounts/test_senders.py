import pytest
from flask import Flask

from outreach.accounts import senders
from outreach.accounts.audit import CLI
from outreach.accounts.models import Sender
from outreach.accounts.senders import Letterhead
from outreach.errors import Invalid, Refused
from tests.conftest import NOON

ADDRESS = "Voorbeeldkade 14, 3512 ZZ Utrecht"


def add(email: str = "post@ademruimte.example", **values: str) -> Sender:
    facts = {"name": "Initiatief Ademruimte", "address": ADDRESS} | values
    return senders.add(facts.pop("name"), email, facts.pop("address"), by=CLI, now=NOON, **facts)  # type: ignore[arg-type]


def test_a_sender_is_found_by_its_address(app: Flask) -> None:
    sender = add("Post@Ademruimte.example")

    assert senders.find("POST@ademruimte.example") is sender
    assert senders.everyone() == [sender]


def test_an_address_belongs_to_one_sender(app: Flask) -> None:
    add()
    other = add("post@naastelkaar.example")

    with pytest.raises(Refused, match=r"Er is al een afzender met het adres post@ademruimte"):
        change(other, email="post@ademruimte.example")


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"name": " "}, "Geef een naam"),
        ({"address": ""}, "Geef een postadres"),
        ({"email": "post"}, "“post” is geen e-mailadres"),
        ({"reply_to": "hier@"}, "“hier@” is geen e-mailadres"),
        ({"envelope_from": "terug"}, "“terug” is geen e-mailadres"),
    ],
)
def test_what_a_letter_needs_is_asked_for(app: Flask, values: dict[str, str], fault: str) -> None:
    with pytest.raises(Invalid, match=fault):
        add(**values)


def test_a_letterhead_is_kept_line_by_line(app: Flask) -> None:
    sender = add()

    change(
        sender,
        name="Ademruimte ",
        letterhead=Letterhead(
            place="Utrecht",
            signatories=[("Marit Zuidema", "coördinator")],
            cosigners=["Naast Elkaar"],
        ),
    )

    assert sender.name == "Ademruimte"
    assert sender.place == "Utrecht"
    assert sender.signatories == [{"name": "Marit Zuidema", "function": "coördinator"}]
    assert sender.cosigners == ["Naast Elkaar"]


def change(sender: Sender, **values: object) -> None:
    facts = {
        "name": sender.name,
        "email": sender.email,
        "address": sender.postal_address,
        "reply_to": None,
        "envelope_from": None,
        "letterhead": Letterhead(),
    }
    senders.change(sender, by=CLI, now=NOON, **(facts | values))  # type: ignore[arg-type]
