"""Documents of gemeenten: read from PDF, kept, corrected, removed and put back."""

import subprocess
import zlib
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask

from outreach.accounts.audit import CLI
from outreach.answers import documents, letter_facts, pdf_process, pdf_text
from outreach.answers.documents import Facts
from outreach.answers.models import Document
from outreach.campaigns.store import Store
from outreach.db import db
from outreach.errors import Invalid, Refused, Unknown
from outreach.ledger import erasing, retention
from outreach.ledger.person import of_contact
from tests.conftest import NOON
from tests.factories import make_contact

ZEIST = "GM0355"
HEAD = """De leden van de raad
VERZONDEN 20 MAART 2026
Onderwerp : Een plan voor de jeugd Zeist, 19 maart 2026
No. : 2026-004273 Behandeld door : R. de Proef Uw brief van :
Bijlagen : - Telefoonnummer : 030 123 45 67 Uw kenmerk :
Geachte leden van de raad, het onderwerp van deze brief is"""
SIMPLE = Facts(subject="Plan", number="2026-1", dated=date(2026, 3, 1))


def pdf_of(content: bytes, *, pages: int = 1, extra: bytes = b"") -> bytes:
    """A small PDF whose every page has this content stream."""
    kids = b" ".join(b"%d 0 R" % (5 + n) for n in range(pages))
    page = (
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 500 800]/Contents 3 0 R"
        b"/Resources<</Font<</F 4 0 R>>>>>>"
    )
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (pages, kids),
        b"<</Length %d%s>>stream\n%s\nendstream" % (len(content), extra, content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        *([page] * pages),
    ]
    made, at = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        at.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % one for one in at)
    size = len(parts) + 1
    return made + (
        b"xref\n0 %d\n0000000000 65535 f \n%s"
        b"trailer\n<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF" % (size, table, size, len(made))
    )


def page_of(*lines: str) -> bytes:
    shown = "".join(f"({line}) Tj T* " for line in lines)
    return f"BT /F 12 Tf 14 TL 50 700 Td {shown}ET".encode("latin-1")


def test_the_head_of_a_letter_is_read_as_a_proposal() -> None:
    read = letter_facts.read(HEAD)

    assert (read.subject, read.number) == ("Een plan voor de jeugd", "2026-004273")
    assert (read.dated, read.sent_on) == (date(2026, 3, 19), date(2026, 3, 20))
    assert (read.handled_by, read.kenmerk) == ("R. de Proef", "")


def test_a_head_in_two_columns_is_read_too_and_prose_is_not() -> None:
    read = letter_facts.read(
        "Onderwerp\nZorg voor\njeugd\nOns kenmerk\nZ/26/12\nUw kenmerk\nX-9\n\nDag"
    )
    prose = letter_facts.read(
        "Over het onderwerp zorg. Kenmerk van een dorp is rust: no. dat niet."
    )

    assert (read.subject, read.kenmerk) == ("Zorg voor jeugd", "Z/26/12")
    assert prose == letter_facts.LetterFacts()


def test_the_words_of_a_pdf_are_read() -> None:
    read = pdf_text.read(pdf_of(page_of("Onderwerp: een plan voor alle dorpen", "en kernen")))

    assert (read.pages, read.fault) == (1, "")
    assert read.text == "Onderwerp: een plan voor alle dorpen\nen kernen"


def test_a_scan_is_kept_and_said_to_be_one() -> None:
    assert "scan" in pdf_text.read(pdf_of(b"0 0 m", pages=3)).fault


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 een zip", b"%PDF-1.7\nkapot", b"<html>%PDF"])
def test_what_is_no_pdf_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid, match="geen PDF"):
        pdf_text.read(data)


def test_a_pdf_that_unfolds_without_end_costs_its_limits_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bomb = zlib.compress(page_of("woord " * 2_000_000))
    monkeypatch.setattr(pdf_text, "MAX_SECONDS", 1)
    asked: list[float] = []
    run = subprocess.run

    def watched(*args: object, **kwargs: object) -> object:
        asked.append(kwargs["timeout"])  # type: ignore[arg-type]
        return run(*args, **kwargs)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "run", watched)

    read = pdf_text.read(pdf_of(bomb, extra=b"/Filter/FlateDecode"))

    assert (read.text, asked) == ("", [1])
    assert read.fault
    assert pdf_process.MEMORY <= 400 * 1024 * 1024


def test_too_large_a_file_is_refused_before_it_is_read() -> None:
    with pytest.raises(Invalid, match="20 MB"):
        pdf_text.read(b"%PDF-" + bytes(pdf_text.MAX_BYTES))


@pytest.fixture
def store(app: Flask, tmp_path: Path) -> Store:
    return Store(tmp_path / "files")


def add(facts: Facts = SIMPLE, **values: object) -> Document:
    return documents.add(ZEIST, facts, by=CLI, now=NOON, **values)  # type: ignore[arg-type]


def kept(store: Store, text: str) -> documents.File:
    """A file as `keep` gives it, without reading it."""
    return documents.File("b.pdf", store.put(text.encode()), len(text), 1, text, "")


def test_what_is_not_said_is_taken_from_the_pdf_and_what_is_said_goes_first(store: Store) -> None:
    lines = HEAD.replace("\n", "|").split("|")
    file = documents.keep(r"C:\scans\Raadsbrief.PDF", pdf_of(page_of(*lines)), store)

    document = add(Facts(number="2026-9"), file=file)

    assert document.filename == "Raadsbrief.pdf"
    assert (document.subject, document.number) == ("Een plan voor de jeugd", "2026-9")
    assert (document.dated, document.handled_by) == (date(2026, 3, 19), "R. de Proef")
    assert document.sha256
    assert store.get(document.sha256).startswith(b"%PDF")


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        (Facts(), "onderwerp"),
        (Facts(subject="x" * 201), "langer dan 200"),
        (Facts(subject="x", dated=date(2026, 3, 25)), "toekomst"),
        (Facts(subject="x", url="javascript:alert(1)"), "webadres"),
        (Facts(subject="x", body="koning"), "geen afzender"),
        (Facts(subject="x", signatories=[("A", "b")] * 7), "ten hoogste 6"),
    ],
)
def test_what_cannot_be_is_refused(app: Flask, facts: Facts, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        add(facts)


def test_the_same_document_twice_is_one(app: Flask) -> None:
    first = add()

    with pytest.raises(Refused, match="staat al in het dossier"):
        add()

    documents.remove(first, by=CLI, now=NOON)
    add()
    with pytest.raises(Refused):
        documents.put_back(first, by=CLI, now=NOON)


def test_what_is_removed_is_out_of_the_file_and_can_be_put_back(app: Flask) -> None:
    document = add()

    assert documents.remove(document, by=CLI, now=NOON)
    assert not documents.remove(document, by=CLI, now=NOON)
    assert documents.of_gemeente(ZEIST) == []
    assert documents.put_back(document, by=CLI, now=NOON)
    assert not documents.put_back(document, by=CLI, now=NOON)
    assert documents.of_gemeente(ZEIST) == [document]
    with pytest.raises(Unknown):
        documents.find(document.id, "GM0106")


def test_an_erased_person_is_in_no_document_any_more(store: Store) -> None:
    contact = make_contact("Zeist", first_name="Noor", last_name="Proefpersoon")
    file = kept(store, "Voor dit stuk: Noor Proefpersoon, griffier")
    signed = [("Noor Proefpersoon", "griffier"), ("A. de Wit", "burgemeester")]
    document = add(
        Facts(subject="Brief", signatories=signed, handled_by="noor proefpersoon"), file=file
    )
    db.session.commit()

    done = erasing.erase(of_contact(contact), by=CLI, now=NOON)

    assert document.handled_by == "(gewist)"
    assert [one["name"] for one in document.signatories] == ["(gewist)", "A. de Wit"]
    assert "Proefpersoon" not in document.text
    assert (document.sha256, done.files) == (None, [file.sha256])


def test_documents_go_by_their_periods(store: Store) -> None:
    file = kept(store, "Een plan voor alle dorpen en kernen")
    old, gone = add(file=file), add(Facts(subject="Weg"))
    documents.remove(gone, by=CLI, now=NOON)
    db.session.commit()
    rules = {rule.name: rule for rule in retention.RULES}

    def take(name: str, days: int) -> retention.Taken:
        return retention.take(rules[name], now=NOON + timedelta(days=days))

    assert take("removed_documents", 30).count == 0
    assert take("removed_documents", 31).count == 1
    assert take("documents", 1826).count == 0
    assert take("documents", 1827).files == [file.sha256]
    assert (old.subject, old.number, old.text, old.sha256) == ("Plan", "2026-1", "", None)
    assert take("documents", 1827).count == 0
