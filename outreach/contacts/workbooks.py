"""Read XLSX, ODS and XLS, which anyone may have made: a zip of XML can unfold without end.

Before anything is unfolded the zip's own list of contents is weighed. Then the parts that
hold cells are packed anew, so that a list that lies about sizes has no say. Those, or the
one old XLS, are read by a process of its own (`workbook_process`) with a limit on memory
and time.
"""

import contextlib
import csv
import io
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

MAX_ENTRIES = 2_000
MAX_UNPACKED = 200 * 1024 * 1024
MAX_SECONDS = 18
ZIP = b"PK\x03\x04"
OLD = b"\xd0\xcf\x11\xe0"  #: how an XLS begins, and an XLSX with a password
_PROTECTED = "EncryptedPackage".encode("utf-16-le")
PROCESS = Path(__file__).with_name("workbook_process.py")

#: What the process says by its exit code.
_FAULTS = {
    3: "heeft meer dan 200 kolommen.",
    4: "is met een wachtwoord beveiligd. Bewaar het zonder wachtwoord.",
    5: "is beschadigd of geen echte spreadsheet. Bewaar het opnieuw als XLSX of als CSV.",
    7: "heeft geen zichtbaar blad met die naam.",
}
_TOO_MUCH = "is te groot of te ingewikkeld om te lezen. Bewaar het als CSV."


class Unusable(Exception):
    """What is wrong with a file, as the rest of a sentence that begins with its name."""


@dataclass(frozen=True)
class Workbook:
    """The rows of one sheet, numbered as the sheet does, and what the others are called."""

    sheets: tuple[str, ...]  #: visible ones with something on them
    sheet: str  #: the one that was read
    rows: Iterator[tuple[int, list[str]]]


def is_workbook(data: bytes) -> bool:
    return data.startswith((ZIP, OLD))


def read(data: bytes, sheet: str = "") -> Workbook:
    """The visible sheet of that name, or the one with most e-mail addresses; else the first.

    :raises Unusable: no spreadsheet, damaged, protected, or too much of anything
    """
    if data.startswith(OLD):
        if _PROTECTED in data:
            raise Unusable(_FAULTS[4])
        packed = data
    else:
        packed = _packed(data)
    with contextlib.ExitStack() as held:
        out = held.enter_context(tempfile.TemporaryFile())
        _convert(packed, sheet, out)
        out.seek(0)
        about = json.loads(out.readline())
        held.pop_all()
    return Workbook(tuple(about["sheets"]), about["sheet"], _rows(out))


def _convert(packed: bytes, sheet: str, out: IO[bytes]) -> None:
    """Let the process write the sheet as CSV."""
    try:
        done = subprocess.run(  # noqa: S603 - our own file, no shell
            [sys.executable, "-I", str(PROCESS), sheet],
            input=packed,
            stdout=out,
            stderr=subprocess.DEVNULL,
            timeout=MAX_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unusable(_TOO_MUCH) from None
    except ValueError:  # a name that no command line takes
        raise Unusable(_FAULTS[7]) from None
    if done.returncode:
        raise Unusable(_FAULTS.get(done.returncode, _TOO_MUCH))


def _rows(out: IO[bytes]) -> Iterator[tuple[int, list[str]]]:
    with out, io.TextIOWrapper(out, encoding="utf-8", newline="") as text:
        yield from enumerate(csv.reader(text), start=1)


def _packed(data: bytes) -> bytes:
    try:
        return _packed_anew(data)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, NotImplementedError):
        raise Unusable(_FAULTS[5]) from None
    except RuntimeError:  # how zipfile says that a part is encrypted
        raise Unusable(_FAULTS[4]) from None


def _packed_anew(data: bytes) -> bytes:
    """The same file with only the parts that hold cells, each as long as it truly is."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        _weigh(archive.infolist())
        fresh = io.BytesIO()
        with zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
            for entry in archive.infolist():
                if _holds_cells(entry.filename):
                    with archive.open(entry) as part, target.open(entry.filename, "w") as copy:
                        shutil.copyfileobj(part, copy, 1 << 16)
        return fresh.getvalue()


def _weigh(entries: list[zipfile.ZipInfo]) -> None:
    names = [entry.filename for entry in entries]
    if len(names) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise Unusable(_TOO_MUCH)
    if len(set(names)) < len(names):
        raise Unusable(_FAULTS[5])
    if not any(name.lower().endswith(("workbook.xml", "content.xml")) for name in names):
        raise Unusable("is een zip-bestand, geen lijst. Pak het uit en kies de lijst zelf.")


def _holds_cells(name: str) -> bool:
    part = name.lower()
    return part == "mimetype" or (
        part.endswith((".xml", ".rels")) and not part.startswith("docprops/")
    )
