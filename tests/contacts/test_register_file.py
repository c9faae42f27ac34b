"""Reading the register: every version and spelling, nothing hostile, little memory."""

import gc
import io
import time

import pytest

from outreach.contacts import register_facts, register_file
from outreach.contacts.models import FormOfAddress, Function
from outreach.contacts.register_facts import Facts
from outreach.contacts.register_file import Node, RegisterFault
from tests.contacts.register_exports import NAMESPACE, NEW, OLD, export, gemeente, person

HEAD = f'<p:overheidsorganisaties xmlns:p="{NAMESPACE}2.6.9"><p:organisaties>'.encode()
BOMB = (
    b'<!DOCTYPE p [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>' + HEAD + b"<p:organisatie>&c;"
)


class Endless(io.RawIOBase):
    """A file of a gigabyte, without one."""

    def __init__(self, head: bytes, again: bytes) -> None:
        self._head, self._again = head, again * (65_536 // len(again))
        self.given = 0

    def read(self, size: int = -1) -> bytes:
        if self.given > 1_000_000_000:
            return b""
        piece, self._head = self._head or self._again, b""
        self.given += len(piece)
        return piece


def facts(data: bytes) -> list[Facts]:
    opened = register_file.open_export(io.BytesIO(data))
    return [found for node in opened.organisations if (found := register_facts.read(node))]


def test_both_spellings_say_the_same() -> None:
    people = [
        person("Griffier", "mw. mr. J.M. van der Proef", email="griffie@zeist.example"),
        person("Raadslid", "dhr. B. Verzonnen", party="VVD"),
        person("Wethouder", "dhr. G. el Fictief", party="D66"),
    ]
    details = {
        "email": "zeist@zeist.example",
        "website": "https://www.zeist.example/",
        "street": "Het Rond",
        "inhabitants": 66648,
        "people": people,
    }

    old = facts(export(gemeente("GM0355", "Zeist", spelling=OLD, **details), version="2.4"))
    new = facts(export(gemeente("GM0355", "Zeist", spelling=NEW, **details)))

    assert (old[0].province_code, new[0].province_code) == ("", "PV26")
    old[0].province_code = "PV26"
    assert old == new
    assert (new[0].name, new[0].website, new[0].inhabitants) == ("Zeist", "zeist.example", 66648)
    assert new[0].visiting_address == "Het Rond 1, 3700 AA DORP"
    griffier, raadslid, wethouder = new[0].people
    assert griffier.name.form_of_address is FormOfAddress.MEVROUW
    assert (griffier.name.prefix, griffier.email) == ("van der", "griffie@zeist.example")
    assert (raadslid.party, wethouder.party) == ("VVD", "")


@pytest.mark.parametrize("version", ["2.4", "2.4.23", "2.5.0", "2.6.3", "2.6.13", "2.6.99"])
def test_a_version_is_known_by_its_beginning(version: str) -> None:
    assert len(facts(export(gemeente("GM0355", "Zeist"), version=version))) == 1


def test_an_older_host_and_prefix_are_read() -> None:
    data = export(gemeente("GM0355", "Zeist"), version="2.4.3").replace(b"xmlns:p", b"xmlns:x")
    for before in (b"<", b"</", b" "):
        data = data.replace(before + b"p:", before + b"x:")
    data = data.replace(NAMESPACE.encode(), b"http://almanak.overheid.nl/schema/oo/export/")

    assert facts(data)[0].name == "Zeist"


def test_what_is_no_gemeente_is_passed_over() -> None:
    others = gemeente("GM0355", "Zeist", kind="Waterschap").replace("/gemeente/gm", "/ws/ws")

    assert facts(export(others, gemeente("GM0342", "Soest")))[0].code == "GM0342"


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("Raadsgriffier", Function.GRIFFIER),
        ("waarnemend griffier", Function.GRIFFIER),
        ("plv. griffier", Function.PLV_GRIFFIER),
        ("Plaatsvervangend raadsgriffier", Function.PLV_GRIFFIER),
        ("Gemeentesecretaris / algemeen directeur", Function.SECRETARIS),
        ("Raadsleden", Function.RAADSLID),
        ("Commissiegriffier", None),
        ("Locoburgemeester", None),
        ("Bestuurssecretaresse", None),
    ],
)
def test_a_function_is_known_by_its_name(name: str, function: Function | None) -> None:
    assert register_facts.function_of(name) is function


@pytest.mark.parametrize(
    "email", ["info@zeist.example", "gemeente@zeist.example", "x@zeist.example"]
)
def test_a_general_address_is_never_taken_for_the_griffie_s(email: str) -> None:
    one = person("Griffier", "mw. J. Proef", email=email)

    found = facts(export(gemeente("GM0355", "Zeist", email="X@zeist.example", people=[one])))[0]

    assert found.general_email == "X@zeist.example"
    assert found.people[0].email == ""
    assert "is het adres van de hele gemeente" in found.people[0].remark


def test_what_is_no_address_is_left_out_and_named() -> None:
    found = facts(export(gemeente("GM0503", "Delft", email="https://www.delft.example")))[0]

    assert found.general_email == ""
    assert "“https://www.delft.example” is geen e-mailadres" in found.faults[0]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is geen XML"),
        (b"PK\x03\x04\x00\x00", "is geen XML"),
        (b"\x00" * 100, "is geen XML"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "is geen XML"),
        (b"<a><b/></a>", "begint met “a”"),
        (BOMB, "bevat een DTD"),
        (b"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "bevat een DTD"),
        (export(version="2.6.9", root="anders"), "begint met “anders”"),
        (export(version="3.0"), "versie 3.0 van het register; wij lezen versie 2.4 tot en met 2.6"),
        (export(version="2.3.9"), "versie 2.3.9"),
        (export(version="2"), "versie 2 van"),
        (export(gemeente("GM0355", "Zeist"))[:-40], "houdt op bij regel"),
        (HEAD + b"<p:a></p:b>", "beschadigd bij regel"),
        (HEAD + b"<p:organisatie>&onbekend;", "beschadigd bij regel"),
        (HEAD + b"<p:a>" * 50, "zonder einde"),
    ],
)
def test_what_is_no_export_ends_in_one_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(RegisterFault, match=sentence):
        facts(data)


HOSTILE = [
    (HEAD + b"<p:organisatie>", b"a"),
    (HEAD, b" "),
    (HEAD + b"<p:organisatie><p:naam a='", b"a"),
    (HEAD + b"<!--", b"a"),
    (HEAD + b"<p:organisatie>", b"<p:a/>"),
    (HEAD, b"<p:organisatie/>"),
    (b"<", b"a"),
    (b"", b" "),
]


@pytest.mark.parametrize(("head", "again"), HOSTILE)
def test_a_gigabyte_of_one_thing_ends_soon_and_small(head: bytes, again: bytes) -> None:
    stream = Endless(head, again)
    begun = time.monotonic()
    with pytest.raises(RegisterFault):
        for _ in register_file.open_export(stream).organisations:  # type: ignore[arg-type]
            pass

    assert time.monotonic() - begun < 10
    assert stream.given < 10_000_000


def test_a_large_export_takes_the_memory_of_one_gemeente() -> None:
    people = [person("Raadslid", f"mw. A. Naam{n}", key=str(n)) for n in range(45)]
    one = gemeente("GM0355", "Zeist", people=people)
    head, tail = export("@").split(b"@")
    data = head + (one * 60).encode() + tail
    most = count = 0
    for _ in register_file.open_export(io.BytesIO(data)).organisations:
        count += 1
        if count % 20 == 0:
            most = max(most, sum(isinstance(thing, Node) for thing in gc.get_objects()))

    assert count == 60
    assert most < 20 * len(people) * 15
