from collections.abc import Callable, Iterator
from typing import Any

import pytest

from config import Settings
from outreach.db import db
from tests.faults.zygote import Sender, Zygote

Start = Callable[..., Sender]


@pytest.fixture(scope="session")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    one = Zygote(tmp_path_factory.mktemp("senders"))
    yield one
    one.close()


@pytest.fixture
def start(zygote: Zygote, settings: Settings) -> Iterator[Start]:
    """Start a process that sends; what still runs at the end of the test is killed."""
    started: list[Sender] = []

    def start(relay: str, **options: Any) -> Sender:
        db.session.rollback()  # the test's own transaction would keep it waiting
        arguments = [f"--{name}={value}" for name, value in options.items()]
        given = ("--database", settings.sqlalchemy_url, "--relay", relay, *arguments)
        started.append(zygote.start(*given))
        return started[-1]

    yield start
    for sender in started:
        if sender.runs:
            sender.kill()
            sender.wait()
