"""`outreach documents`, as people type it."""

import json
from pathlib import Path

from tests.answers.test_documents import page_of, pdf_of
from tests.cli.conftest import Run
from tests.letters.test_logos import png


def test_a_document_is_added_corrected_removed_and_saved(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "brief.pdf"
    file.write_bytes(pdf_of(page_of("Onderwerp: zorg in alle dorpen", "No.: 2026-004273")))

    added = run(
        "documents", "add", "aa en hunze", str(file), "--signed-by", "A. de Wit, burgemeester"
    )
    again = run("documents", "add", "GM1680", str(file))
    number = added.stdout.strip()
    corrected = run("documents", "correct", number, "--subject", "Zorg", "--body", "raad", "--json")
    listed = json.loads(run("documents", "list", "GM1680", "--json").stdout)

    assert (added.exit_code, again.exit_code) == (0, 1)
    assert "staat al in het dossier" in again.stderr
    assert json.loads(corrected.stdout)["subject"] == "Zorg"
    assert [(one["number"], one["body"]) for one in listed] == [("2026-004273", "raad")]
    assert listed[0]["signatories"] == [{"name": "A. de Wit", "function": "burgemeester"}]
    assert run("documents", "remove", number).exit_code == 0
    assert run("documents", "list", "GM1680").stdout == ""
    assert run("documents", "put-back", number).exit_code == 0
    assert run("documents", "save", number, str(tmp_path / "uit.pdf")).exit_code == 0
    assert (tmp_path / "uit.pdf").read_bytes() == file.read_bytes()


def test_a_file_that_is_no_pdf_is_refused_in_one_line(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "brief.pdf"
    file.write_bytes(b"geen")

    refused = run("documents", "add", "Zeist", str(file), "--subject", "x")

    assert (refused.exit_code, len(refused.stderr.splitlines())) == (1, 1)


def test_a_letterhead_is_set_and_a_letter_in_reply_begun(run: Run, tmp_path: Path) -> None:
    who = ("--name", "Ademruimte", "--email", "post@ademruimte.example", "--address", "Kade 1")
    assert run("senders", "add", *who).exit_code == 0
    logo = tmp_path / "logo.png"
    logo.write_bytes(png())
    words = ("--handled-by", "Marit Zuidema", "--cosigner", "Jonge Stemmen", "--logo", str(logo))
    letterhead = ("senders", "letterhead", "post@ademruimte.example")

    told = json.loads(run(*letterhead, *words, "--json").stdout)
    more = run(*letterhead, "--logo", str(logo), "--of", "Niemand")
    number = run("documents", "add", "Zeist", "--subject", "Plan", "--number", "7").stdout.strip()
    begun = run("documents", "reply", number, "--sender", "post@ademruimte.example")
    again = run("documents", "reply", number, "--sender", "post@ademruimte.example")

    assert (told["handled_by"], told["logos"]) == ("Marit Zuidema", ["Ademruimte"])
    assert more.exit_code == again.exit_code == 1
    assert "no cosigner" in more.stderr
    assert (begun.exit_code, begun.stdout) == (0, "antwoord-zeist-7\n")

    report = tmp_path / "verslag.pdf"
    assert run("campaigns", "report", "nowhere", str(report)).exit_code == 1
    assert not report.exists()
    assert run("campaigns", "report", "antwoord-zeist-7", str(report)).exit_code == 0
    assert report.read_bytes().startswith(b"%PDF")
