"""APScheduler as a metronome: a few fixed ticks, in one process of several.

No job store and no cron: what is due stands in our tables, so a restart loses nothing and a
tick that comes late does what there is to do.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from apscheduler.schedulers.background import BackgroundScheduler

from outreach.engine.leader import Leader

# A tick that is still busy at its next beat is no news: a run of 342 letters takes minutes.
logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)


@dataclass(frozen=True)
class Tick:
    """Something that is tried every so many seconds, by the leader alone."""

    name: str
    seconds: float
    do: Callable[[], None]


class Metronome:
    """Beats until it is stopped; `stop` waits for what is under way."""

    def __init__(self, ticks: Sequence[Tick], leader: Leader) -> None:
        self._leader = leader
        self._lead = threading.Lock()
        self._scheduler = BackgroundScheduler(
            timezone="Europe/Amsterdam",
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        for tick in ticks:
            self._scheduler.add_job(
                self._beat, "interval", args=[tick], seconds=tick.seconds, id=tick.name
            )

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        self._scheduler.shutdown(wait=True)
        self._leader.resign()

    def _beat(self, tick: Tick) -> None:
        with self._lead:  # the ticks share one connection that holds the lock
            leads = self._leader.leads()
        if leads:
            tick.do()
