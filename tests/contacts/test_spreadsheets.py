"""Reading lists as people have them, and as an enemy makes them."""

import csv
import io
import itertools
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from outreach.contacts import spreadsheets
from outreach.contacts.spreadsheets import Layout, Unreadable, clean, defuse, read
from tests.contacts.workbook_files import ods, with_sheet, xls, xlsx, zipped

TEXT = """\
gemeente;rol;email
Zeist;griffier;griffie@zeist.example
Súdwest-Fryslân;griffier;a@b.example
"""
HEADER = ["gemeente", "rol", "email"]
ROWS = [
    (2, ["Zeist", "griffier", "griffie@zeist.example"]),
    (3, ["Súdwest-Fryslân", "griffier", "a@b.example"]),
]


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode("utf-8"),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        b"\xff\xfe" + TEXT.encode("utf-16-le"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.encode("utf-32"),
        TEXT.encode("cp1252"),
        TEXT.replace(";", ",").encode(),
        TEXT.replace(";", "\t").encode(),
        TEXT.replace(";", "|").encode(),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        TEXT.rstrip("\n").encode(),
        b'"gemeente";"rol";"email"\n' + TEXT.partition("\n")[2].encode(),
    ],
)
def test_a_csv_is_read_in_any_separator_and_encoding(data: bytes) -> None:
    sheet = read("lijst.csv", data)

    assert sheet.header == HEADER
    assert list(sheet.rows) == ROWS


def test_a_workbook_is_read_as_its_first_visible_sheet_with_something_on_it() -> None:
    rows = [HEADER, *[cells for _, cells in ROWS]]

    assert read("lijst.xlsx", xlsx(rows, hidden=[["geheim"]])).rows[:] == ROWS
    assert read("lijst.ods", ods(rows)).rows[:] == ROWS


def test_the_kind_follows_from_what_the_file_holds_and_not_from_its_name() -> None:
    assert read("lijst.xlsx", TEXT.encode()).rows[:] == ROWS
    assert read("lijst.csv", xlsx([HEADER, ROWS[0][1]])).rows[:] == ROWS[:1]


def test_lines_are_those_of_the_file_also_below_quoted_newlines_and_empty_lines() -> None:
    data = b'\n\ngemeente;noot\n\nZeist;"een\ntwee\r\ndrie"\n;;\n  ; \nSoest;x\n'

    sheet = read("lijst.csv", data)

    assert sheet.header == ["gemeente", "noot"]
    assert list(sheet.rows) == [(5, ["Zeist", "een twee drie"]), (10, ["Soest", "x"])]


def test_lines_of_a_workbook_are_its_row_numbers() -> None:
    data = xlsx([["gemeente"], [], ["Zeist"], [""], [], ["Soest"]], indent=2)

    assert read("lijst.xlsx", data).rows[:] == [(3, ["", "", "Zeist"]), (6, ["", "", "Soest"])]


def test_cells_of_a_workbook_read_as_someone_would_type_them() -> None:
    data = xlsx([["a", "b", "c", "d"], [31612345678, 1.5, True, "=1+1"]])

    assert read("lijst.xlsx", data).rows[:] == [(2, ["31612345678", "1.5", "ja", "=1+1"])]


def test_the_line_with_which_excel_names_its_separator_is_skipped() -> None:
    sheet = read("lijst.csv", b"sep=,\r\na;b,c\r\n1,2\r\n")

    assert sheet.header == ["a;b", "c"]
    assert list(sheet.rows) == [(3, ["1", "2"])]


UGLY = [
    ["Griffies van Nederland"],
    ["versie 2022, vragen aan Marit"],
    [],
    ["Provincie", "Gemeente", "", "E-mail"],
    ["Utrecht", "Zeist", "", "a@zeist.example"],
    ["", "Soest", "", "a@soest.example"],
    ["Drenthe", "Assen", "", "a@assen.example"],
]


def likeness(cells: Sequence[str]) -> int:
    return sum(cell in ("Gemeente", "E-mail") for cell in cells)


def test_the_header_row_is_found_below_a_title() -> None:
    sheet = read("lijst.xlsx", xlsx(UGLY), likeness=likeness)

    assert sheet.header == ["Provincie", "Gemeente", "", "E-mail"]
    assert sheet.layout.header_line == 4
    assert [line for line, _ in sheet.above] == [1, 2]
    assert sheet.rows[0] == (5, ["Utrecht", "Zeist", "", "a@zeist.example"])


def test_without_a_known_name_the_header_row_is_the_first_as_wide_as_a_table() -> None:
    assert read("lijst.xlsx", xlsx(UGLY)).header[1] == "Gemeente"


def test_a_person_can_say_on_which_line_the_header_stands() -> None:
    sheet = read("lijst.xlsx", xlsx(UGLY), Layout(header_line=5))

    assert sheet.header[1] == "Zeist"
    with pytest.raises(Unreadable, match="heeft geen regel 99"):
        read("lijst.xlsx", xlsx(UGLY), Layout(header_line=99))


def test_cells_merged_downwards_say_the_same_in_each_row() -> None:
    sheet = read("lijst.xlsx", xlsx(UGLY, merged=[(4, 0, 5, 0)]), likeness=likeness)

    assert [cells[0] for _, cells in sheet.rows] == ["Utrecht", "Utrecht", "Drenthe"]


def test_of_several_sheets_the_one_with_most_addresses_is_read_or_the_one_named() -> None:
    data = xlsx([["toelichting"], ["zie blad 2"]], more={"Griffies": UGLY, "Oud": UGLY[:5]})

    sheet = read("lijst.xlsx", data)

    assert (sheet.layout.sheet, sheet.sheets) == ("Griffies", ("Blad1", "Griffies", "Oud"))
    assert read("lijst.xlsx", data, Layout(sheet="Blad1")).header == ["toelichting"]
    with pytest.raises(Unreadable, match="geen zichtbaar blad"):
        read("lijst.xlsx", data, Layout(sheet="Nergens"))


def test_an_old_workbook_is_read() -> None:
    assert read("lijst.xls", xls([HEADER, *[cells for _, cells in ROWS]])).rows[:] == ROWS


def test_letters_that_were_guessed_wrong_can_be_named() -> None:
    data = TEXT.encode("cp850")

    assert "Súdwest" not in read("lijst.csv", data).rows[1][1][0]
    assert read("lijst.csv", data, Layout(encoding="cp850")).rows[:] == ROWS
    with pytest.raises(Unreadable, match="die in UTF-8 niet bestaan"):
        read("lijst.csv", data, Layout(encoding="utf-8"))
    with pytest.raises(Unreadable, match="dat kennen wij niet"):
        read("lijst.csv", data, Layout(encoding="rot13"))


def test_a_formula_is_read_as_the_value_that_the_workbook_keeps_of_it() -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["gemeente", "naam"])
        sheet.write_formula(1, 0, '=CONCAT("Ze","ist")', None, "Zeist")
        sheet.write_string(1, 1, "=cmd|' /C calc'!A0")

    assert read("l.xlsx", buffer.getvalue()).rows[:] == [(2, ["Zeist", "=cmd|' /C calc'!A0"])]


def test_the_separator_is_the_one_that_cuts_the_header_in_most_cells() -> None:
    assert read("l.csv", b"naam, voornaam;rol;email\nx;y;z\n").header == [
        "naam, voornaam",
        "rol",
        "email",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  a  b ", "a b"),
        ("a\xa0b", "a b"),
        ("a\r\nb\tc", "a b c"),
        ("Zei\u200bst\ufeff", "Zeist"),
        ("\u202egnp.exe", "gnp.exe"),
        ("soft\xadhyphen", "softhyphen"),
        ("Súdwest", "Súdwest"),
    ],
)
def test_a_cell_is_one_line_without_invisible_characters(text: str, expected: str) -> None:
    assert clean(text) == expected


@pytest.mark.parametrize("text", ["=1+1", "+31 30", "-x", "@SUM(A1)", "＝1", " =1", "'=1"])
def test_a_formula_is_made_text_for_a_csv(text: str) -> None:
    assert defuse(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "'t Hart", "'s-Gravenhage", "a=b", "12"])
def test_what_is_no_formula_stays_as_it_is(text: str) -> None:
    assert defuse(text) == text


@given(st.lists(st.lists(st.text(max_size=8), min_size=3, max_size=3), max_size=5))
def test_every_cell_survives_a_csv_of_ours(rows: list[list[str]]) -> None:
    cleaned = [[clean(cell) for cell in row] for row in rows]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";").writerows(
        [["a", "b", "c"], *[[defuse(cell) for cell in row] for row in cleaned]]
    )

    sheet = read("lijst.csv", text.getvalue().encode("utf-8-sig"))

    wanted = [row for row in cleaned if any(row)]
    assert [cells + [""] * (3 - len(cells)) for _, cells in sheet.rows] == wanted


@given(st.binary(max_size=300))
def test_any_bytes_end_in_a_sheet_or_in_a_sentence(data: bytes) -> None:
    try:
        said = "".join(read("lijst", data).header)
    except Unreadable as fault:
        said = str(fault)

    assert said


def bomb() -> bytes:
    return zipped({"xl/workbook.xml": b" " * (spreadsheets.MAX_BYTES * 10)})


def lying() -> bytes:
    """A sheet of 60 MB that says it has 1,000 bytes."""
    data = bytearray(zipped({"xl/workbook.xml": b"<a/>", "xl/sheet.xml": b" " * 60_000_000}))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.infolist()
    size = (60_000_000).to_bytes(4, "little")
    return bytes(data).replace(size, (1000).to_bytes(4, "little"))


FAR_CELL = (
    b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
)
FAR_DOWN = (
    b'<row r="1"><c r="A1"><v>1</v></c><c r="GR1"><v>1</v></c></row>'
    b'<row r="1048576"><c r="A1048576"><v>1</v></c></row>'
)
ENTITIES = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    b'<row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row>',
)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is leeg"),
        (b"\n ; ;\n\n", "is leeg"),
        (b"\xef\xbb\xbf", "is leeg"),
        (xlsx([]), "is leeg"),
        (b"a;b\n1;\x002\n", "NUL"),
        (b"%PDF-1.7 ...", "is een PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "beschadigd"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "wachtwoord"),
        (b"MZ\x90\x00" + b"\x00" * 500, "een programma"),
        (b"\x89PNG\r\n\x1a\n", "een afbeelding"),
        (b"a;b\n\x81\x8d;\xff\n", "tekens die wij niet kunnen lezen"),
        (b"\xff\xfea", "tekens die wij niet kunnen lezen"),
        (b"sep=a\nxay\n", "scheidingsteken"),
        (b";".join([b"x"] * 100_000), "meer dan 200 kolommen"),
        (xlsx([["x"] * 300]), "meer dan 200 kolommen"),
        (b"a;b\n" + b"1;2\n" * 200_001, "meer dan 200.000 regels"),
        (b"a" * (25 * 1024 * 1024 + 1), "groter dan 25 MB"),
        (b"a;b\n1;" + b"x" * 140_000, "te lange cel"),
        (b'a;b\n1;2\n"3;4\n5;6\n', r"\" op regel 3 die nergens eindigt"),
        (b"PK\x03\x04 en dan niets", "beschadigd"),
        (zipped({"brief.txt": b"Geachte"}), "is een zip-bestand"),
        (zipped({"xl/workbook.xml": b"<a/>"}), "beschadigd"),
        (zipped({f"xl/{n}.xml": b"" for n in range(3_000)}), "te groot of te ingewikkeld"),
        (bomb(), "te groot of te ingewikkeld"),
        (lying(), "beschadigd"),
        (with_sheet(FAR_CELL), "meer dan 200 kolommen|te groot"),
        (with_sheet(FAR_DOWN), "te groot of te ingewikkeld"),
        (with_sheet(ENTITIES[1], before=ENTITIES[0]), "beschadigd"),
        (xlsx([["gemeente"], ["Zeist"]])[:-200], "beschadigd"),
    ],
    # Not by size: a zip differs by a byte from process to process, and so would the names.
    ids=(str(number) for number in itertools.count(1)),
)
def test_a_file_that_is_no_list_ends_in_a_sentence_soon(data: bytes, sentence: str) -> None:
    begin = time.monotonic()

    with pytest.raises(Unreadable, match=rf"^lijst\.xlsx .*(?:{sentence}).*\.$"):
        read("lijst.xlsx", data)

    assert time.monotonic() - begin < 10


#: Reads a file as the product does; says what came of it, in how many seconds and megabytes.
MEASURED = """
import resource, sys, time
from outreach.contacts.spreadsheets import Unreadable, read
data = open(sys.argv[1], "rb").read()
began = time.monotonic()
try:
    said = len(read("lijst.xlsx", data).rows)
except Unreadable as fault:
    said = fault
child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
status = open("/proc/self/status").read()  # what getrusage says of us is of who started us
own = int(status.partition("VmHWM:")[2].split()[0])
most = own + child
print(time.monotonic() - began, most // 1024, said)
"""


def many_cells() -> bytes:
    """As many cells as fit in a part that may still be unfolded: 4 million numbers."""
    row = b"<row>" + b"<c><v>1</v></c>" * 200 + b"</row>"
    return with_sheet(row * 60_000)


@pytest.mark.parametrize("make", [bomb, lying, many_cells, lambda: with_sheet(FAR_DOWN)])
def test_no_file_takes_more_than_twenty_seconds_or_300_mb(
    make: Callable[[], bytes], tmp_path: Path
) -> None:
    file = tmp_path / "lijst.xlsx"
    file.write_bytes(make())

    told = subprocess.run(
        [sys.executable, "-c", MEASURED, str(file)], capture_output=True, text=True, check=True
    )

    seconds, megabytes, said = told.stdout.split(" ", 2)
    assert float(seconds) < 20, said
    assert int(megabytes) < 300, said


def test_a_long_text_in_a_million_cells_is_refused() -> None:
    row = b"".join(b'<c t="s"><v>0</v></c>' for _ in range(100))
    data = with_sheet(b"".join(b"<row>" + row + b"</row>" for _ in range(2_000)), text="x" * 30_000)

    with pytest.raises(Unreadable, match="te groot of te ingewikkeld"):
        read("lijst.xlsx", data)


def test_a_part_with_a_password_is_refused_with_that_reason() -> None:
    data = xlsx([["gemeente"], ["Zeist"]])
    local = data.replace(b"PK\x03\x04\x14\x00\x00\x00", b"PK\x03\x04\x14\x00\x01\x00")
    protected = local.replace(
        b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00"
    )

    with pytest.raises(Unreadable, match="wachtwoord"):
        read("lijst.xlsx", protected)


def test_two_thousand_rows_of_a_workbook_made_by_a_library_are_all_there() -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for n in range(2_000):
            sheet.write_row(n, 0, [f"rij {n}", n])

    found = read("groot.xlsx", buffer.getvalue())

    assert len(found.rows) == 1_999
    assert found.rows[-1] == (2_000, ["rij 1999", "1999"])
