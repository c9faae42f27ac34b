"""Where the product learns what time it is. Shells ask; the domain is told.

Two clocks, on purpose. What people planned (a letter's time, a deadline, a token's
end) follows `Clock.now()`, which the demo moves by months. Machinery (leases,
breakers, heartbeats) follows the system's own clock: `system_now()`.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from outreach.errors import Invalid

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class FixedClock:
    """A clock that stands still until a test moves it."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def forward(self, by: timedelta) -> None:
        self.at += by


@dataclass(frozen=True)
class ShiftedClock:
    """The system's clock, a fixed distance away: for checks with `ENV=test`."""

    by: timedelta

    def now(self) -> datetime:
        return datetime.now(UTC) + self.by


def system_now() -> datetime:
    """The machine's time, for leases and heartbeats, whatever the demo's clock says."""
    return datetime.now(UTC)


def from_wall(wall: datetime) -> datetime:
    """The UTC moment of a naive Dutch wall time; 25 October 02:30 is the first of the two.

    :raises Invalid: the wall time does not exist (the last Sunday of March, 2 to 3)
    """
    moment = wall.replace(tzinfo=AMSTERDAM, fold=0).astimezone(UTC)
    if moment.astimezone(AMSTERDAM).replace(tzinfo=None) != wall:
        raise Invalid(
            f"{wall:%d-%m-%Y} om {wall:%H.%M} uur bestaat niet: de klok gaat dan een uur vooruit."
            " Kies 3.00 uur of later."
        )
    return moment


def to_wall(moment: datetime) -> datetime:
    """The naive Dutch wall time of a moment."""
    return moment.astimezone(AMSTERDAM).replace(tzinfo=None)


def dutch_date(moment: datetime) -> date:
    """The calendar day in the Netherlands at this moment."""
    return moment.astimezone(AMSTERDAM).date()


def at_wall(day: date, wall: time) -> datetime:
    """The UTC moment of `wall` on `day` in the Netherlands."""
    return from_wall(datetime.combine(day, wall))
