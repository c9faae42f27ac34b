"""The same press from several hands at once is one answer."""

import threading

from flask import Flask
from sqlalchemy import func, select

from outreach.accounts.audit import SYSTEM
from outreach.answers import recording
from outreach.answers.models import Answer, Source
from outreach.db import db
from tests.conftest import NOON
from tests.factories import make_campaign

HANDS = 8


def test_a_form_sent_by_many_hands_at_once_is_one_answer(app: Flask) -> None:
    campaign_id = make_campaign().id
    ready = threading.Barrier(HANDS)
    failures: list[BaseException] = []

    def press() -> None:
        with app.app_context():
            try:
                ready.wait()
                recording.record(
                    campaign_id,
                    "GM0355",
                    "doorgestuurd",
                    body="raad",
                    source=Source.LINK,
                    by=SYSTEM,
                    now=NOON,
                )
                db.session.commit()
            except BaseException as error:
                failures.append(error)
            finally:
                db.session.remove()

    hands = [threading.Thread(target=press) for _ in range(HANDS)]
    db.session.commit()
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()

    assert failures == []
    assert db.session.scalar(select(func.count()).select_from(Answer)) == 1
