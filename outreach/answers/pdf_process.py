"""Reads the words of one PDF on stdin and writes them on stdout. Run as a process of its own.

A hostile PDF can unfold without end or turn in circles; what it costs is this process, by its
limits on memory and time. The first line on stdout is JSON: how many pages. Exit codes: 4 with
a password, 5 unreadable; anything else is a limit that was hit.
"""

import io
import json
import logging
import os
import resource
import sys
import warnings

from pypdf import PasswordType, PdfReader
from pypdf.errors import PyPdfError

MEMORY = 400 * 1024 * 1024
SECONDS = 15
MAX_PAGES = 300  #: of which the words are read
MAX_TEXT = 1_000_000  #: characters in all


def main() -> int:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    logging.disable()
    warnings.simplefilter("ignore")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    try:
        reader = PdfReader(io.BytesIO(sys.stdin.buffer.read()))
        if reader.is_encrypted and reader.decrypt("") is PasswordType.NOT_DECRYPTED:
            return 4
        return _write(reader)
    except MemoryError:
        return 6
    except (PyPdfError, OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return 5


def _write(reader: PdfReader) -> int:
    out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", errors="replace", newline="\n")
    count, left = len(reader.pages), MAX_TEXT
    out.write(json.dumps({"pages": count}) + "\n")
    for number in range(min(count, MAX_PAGES)):
        try:
            text = reader.pages[number].extract_text()
        except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError):
            continue  # one page that cannot be read leaves the others
        out.write(text[:left] + "\n\f")
        out.flush()  # what was read stays when a later page hits a limit
        left -= len(text)
        if left <= 0:
            break
    out.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
