"""The words of a PDF that anyone may have made, read by a process with limits (`pdf_process`)."""

import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from outreach.errors import Invalid

MAX_BYTES = 20 * 1024 * 1024
MAX_SECONDS = 20
PROCESS = Path(__file__).with_name("pdf_process.py")
#: Fewer letters a page than this is a picture of a page.
_LEAST = 20
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_PROTECTED = "De PDF is met een wachtwoord beveiligd. De tekst is niet te doorzoeken."
_PICTURE = "De PDF is een scan zonder tekst. De inhoud is niet te doorzoeken."
_TOO_MUCH = "De PDF is te groot of te ingewikkeld om te lezen. De tekst is niet te doorzoeken."
_BROKEN = "Dit bestand is geen PDF, of het is beschadigd. Bewaar het stuk opnieuw als PDF."


@dataclass(frozen=True)
class PdfText:
    pages: int
    text: str
    fault: str = ""  #: Dutch: why there is no text, when there is none


def read(data: bytes) -> PdfText:
    """What a PDF says, in its own order; its file is kept as it is, also without words.

    :raises Invalid: no PDF, damaged, or over `MAX_BYTES`
    """
    if len(data) > MAX_BYTES:
        most = MAX_BYTES // 1024 // 1024
        raise Invalid(f"De PDF is groter dan {most} MB. Maak het bestand kleiner.")
    if b"%PDF-" not in data[:1024]:
        raise Invalid(_BROKEN)
    with tempfile.TemporaryFile() as out:
        code = _run(data, out)
        out.seek(0)
        said = out.read().decode("utf-8", errors="replace")
    if code == 5:
        raise Invalid(_BROKEN)
    first, _, text = said.partition("\n")
    if code == 4 or not first:
        return PdfText(0, "", _PROTECTED if code == 4 else _TOO_MUCH)
    pages, text = int(json.loads(first)["pages"]), _tidy(text)
    if len(text) < _LEAST * max(1, min(pages, 5)) and not code:
        return PdfText(pages, text, _PICTURE)
    return PdfText(pages, text, "" if text else _TOO_MUCH)


def _run(data: bytes, out: IO[bytes]) -> int:
    """The exit code; negative or anything else above 5 when a limit ended it."""
    try:
        return subprocess.run(  # noqa: S603 - our own file, no shell
            [sys.executable, "-I", str(PROCESS)],
            input=data,
            stdout=out,
            stderr=subprocess.DEVNULL,
            timeout=MAX_SECONDS,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        return -1


def _tidy(text: str) -> str:
    lines = (
        " ".join(line.split()) for line in _CONTROL.sub("", text.replace("\f", "\n")).split("\n")
    )
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
