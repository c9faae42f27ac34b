"""The Chromium that browser tests drive: one on PATH, or Playwright's own.

`python -m tests.browser.chromium` gets one where there is none.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = (
    "There is no Chromium for the browser tests, and none could be had. Put one on PATH,"
    " or run `.venv/bin/playwright install chromium`, or as root `apt-get install chromium`."
)


def find() -> str | None:
    """The path of a Chromium that can be started; None when there is none."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() and _starts(path) else None


def get() -> str | None:
    """The path of a Chromium, after having tried to get one."""
    attempts = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        attempts.append(["apt-get", "install", "--yes", "--quiet", "chromium"])
    for attempt in attempts:
        if found := find():
            return found
        subprocess.run(attempt, check=False)
    return find()


def _starts(path: str) -> bool:
    """Playwright's own lacks system libraries on a bare machine."""
    command = [path, "--headless", "--no-sandbox", "--dump-dom", "about:blank"]
    return subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == 0


if __name__ == "__main__":
    print(get() or MISSING)
