"""The demo's inbox forgets who is erased, and keeps the mail of others."""

from pathlib import Path

import pytest

from outreach.engine.demo.inbox import Inbox
from tests.conftest import NOON

MAIL = "From: post@a.example\r\nTo: {to}\r\nSubject: Dag\r\n\r\nGeachte mevrouw {name},\r\n"


def test_who_is_erased_is_in_no_mail_and_in_no_index(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    for to, name in (("noor@zeist.example", "Vis"), ("bram@soest.example", "Kok")):
        inbox.keep(MAIL.format(to=to, name=name).encode(), to, now=NOON)
    about = MAIL.format(to="bram@soest.example", name="Noor\r\n Vis")
    inbox.keep(about.encode(), "bram@soest.example", now=NOON)
    inbox.greylisted_since("noor@zeist.example", now=NOON)

    assert inbox.forget(["noor@zeist.example", "Noor Vis"]) == 2

    left = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"noor" not in left.lower()
    assert b"Kok" in left
    assert inbox.count() == 1
    with pytest.raises(KeyError):
        inbox.raw(1)
