"""What the demo's griffies write back is told apart as their real colleagues' mail is."""

from email.message import EmailMessage

import pytest
from flask import Flask

from outreach.campaigns.store import Store
from outreach.delivery.arrivals import Place
from outreach.engine.demo import replies
from tests.conftest import NOON
from tests.mailbox import mails, scene

EXPECTED = {
    "mail-zaak": ("receipt", True),
    "mail-afwezig": ("out-of-office", True),
    "mail-gedaan": ("answer", True),
    "mail-vol": ("bounce", True),
    "mail-vraag": ("unresolved", False),
    "mail-raadslid": ("unresolved", False),
    "mail-verhuisd": ("unresolved", False),
    "mail-achter": ("unresolved", False),
}


@pytest.mark.parametrize("act", replies.QUOTAS)
def test_each_mail_is_what_it_is_meant_to_be(act: str, app: Flask, tmp_path) -> None:
    scene.send_letters(("Zeist",))
    letter = EmailMessage()
    letter["From"], letter["Subject"] = mails.US, mails.SUBJECT
    letter["Message-ID"] = mails.message_id("Zeist")

    raw = replies.write(act, letter.as_bytes(), mails.griffie("Zeist"), "Zeist", at=NOON)
    mail = scene.take(raw, Store(tmp_path / "files")).mail

    assert (mail.kind.value, mail.state is Place.SETTLED) == EXPECTED[act], mail.reasons
    codes = [one.gemeente_code for one in mail.links] or [one["gemeente"] for one in mail.proposals]
    assert codes[:1] == [scene.code("Zeist")]
