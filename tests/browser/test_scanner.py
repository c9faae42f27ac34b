"""A mail scanner with a real browser: it opens every address in every mail, runs the scripts of
the page that comes, three times; nothing comes of it.
"""

import contextvars
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route

from tests.web.conftest import client as client
from tests.web.page import PageClient
from tests.web.test_scanner import URL, US, everything
from tests.web.test_scanner import mails as mails

pytestmark = pytest.mark.browser


@pytest.fixture
def database_url(tmp_path: Path, sqlite_template: Path) -> str:
    """Where a browser is, SQLite is; `tests/web/test_scanner.py` has both engines."""
    shutil.copyfile(sqlite_template, tmp_path / "outreach.db")
    return f"sqlite:///{tmp_path / 'outreach.db'}"


def test_a_scanner_that_runs_scripts_changes_no_row(
    browser: Browser, client: PageClient, mails: list[str]
) -> None:
    wanted = {path for mail in mails for path in URL.findall(mail)}
    assert len(wanted) >= 7
    before, seen, asked = everything(), [], contextvars.copy_context()

    def serve(route: Route) -> None:
        """Give Chromium what the product answers, whatever a page of ours asks for."""
        request = route.request
        if request.resource_type in ("stylesheet", "image", "font"):
            route.fulfill(body="", headers={"content-type": "text/css"})
            return
        path = request.url.removeprefix(US)
        assert path != request.url, f"asked of another: {path}"
        sent = {"method": request.method, "data": request.post_data_buffer}
        got = asked.run(client.open, path, follow_redirects=True, **sent)
        seen.append((request.method, path, got.status_code))
        kind = got.headers.get("Content-Type", "text/plain")
        route.fulfill(status=got.status_code, body=got.data, headers={"content-type": kind})

    page = browser.new_page()
    page.route("**/*", serve)
    for path in sorted(wanted):
        for _ in range(3):
            if path.endswith((".pdf", ".ics")):
                client.get(path)
            else:
                page.goto(US + path, wait_until="load")
                page.mouse.wheel(0, 800)
    ran = page.evaluate("String(document.readyState === 'complete')")
    page.close()

    assert {method for method, _, _ in seen} == {"GET"}
    assert max(status for _, _, status in seen) < 500
    assert ran == "true", "scripts run"
    assert everything() == before
