"""Making the PDF letters of a step: nobody waits for it."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update

from outreach import jobs
from outreach.accounts.models import Sender
from outreach.campaigns.links import Links
from outreach.campaigns.models import CampaignState
from outreach.campaigns.store import Store
from outreach.db import db
from outreach.delivery.models import Message, State
from tests.conftest import NOON
from tests.factories import make_campaign, make_contact, make_message


class Visited(Store):
    """Somebody else writes to the database while a PDF is made."""

    def put(self, data: bytes) -> str:
        with db.engine.begin() as other:
            other.execute(update(Sender).values(phone="030 123 45 67"))
        return super().put(data)


@pytest.fixture
def message(app: Flask) -> Message:
    campaign = make_campaign(state=CampaignState.RUNNING, pdf_letter=True)
    one = make_message(campaign, make_contact("Zeist"), state=State.QUEUED)
    db.session.commit()
    return one


def desk(app: Flask, store: Store) -> jobs.Desk:
    return jobs.Desk(Links("https://post.example", app.extensions["outreach.tokens"]), store)


def test_others_may_write_while_a_pdf_is_made(app: Flask, message: Message, tmp_path: Path) -> None:
    store = Visited(tmp_path)

    assert jobs.make_pdfs(desk(app, store), now=NOON) == 1

    assert message.pdf_name is not None
    assert store.get(message.pdf_sha256 or "").startswith(b"%PDF")


def test_a_letter_that_cannot_be_made_fails_alone_after_three_times(
    app: Flask, message: Message, tmp_path: Path
) -> None:
    broken = tmp_path / "no folder"
    broken.write_text("")

    for _ in range(jobs.MOST_FAULTS):
        jobs.make_pdfs(desk(app, Store(broken)), now=NOON)

    assert (message.state, message.reason, message.pdf_sha256) == (State.FAILED, "pdf", None)
