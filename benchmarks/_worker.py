"""A sending process: `outreach deliver --until-empty`, that waits at the start and is timed.

It prints "ready", waits for a line, sends what is due, and prints how it went as JSON.
`--not-ahead` keeps it from announcing a letter with the dot before it.
"""

import json
import re
import sys
import time
from pathlib import Path

from config import Settings
from outreach import jobs
from outreach.app import create_app
from outreach.campaigns.links import Links
from outreach.campaigns.store import Store
from outreach.db import db
from outreach.delivery.models import State
from outreach.delivery.sending import Post
from outreach.delivery.workers import Life


def main() -> None:
    settings = Settings()
    app = create_app(settings, pages=False)
    with app.app_context():
        links = Links(settings.base_url, app.extensions["outreach.tokens"])
        desk = jobs.Desk(links, Store(settings.instance / "files"))
        post = Post(
            settings.instance,
            settings.relay_url,
            connections=settings.connections,
            ahead="--not-ahead" not in sys.argv,
        )
        with Life(db.engine) as life:
            print("ready", flush=True)
            input()
            began, cpu = time.perf_counter(), time.process_time()
            tally = jobs.deliver(
                life,
                desk,
                post,
                clock=app.extensions["outreach.clock"],
                around=app.app_context,
                until_empty=True,
            )
            took = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}
    sent = tally.ended[State.ACCEPTED]
    print(json.dumps({"sent": sent, "megabytes": _peak(), "stopped": tally.stopped, **took}))


def _peak() -> float:
    """The most memory that this process had, in megabytes.

    Not of `getrusage`: there it begins with what whoever started this process had.
    """
    status = Path("/proc/self/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


if __name__ == "__main__":
    main()
