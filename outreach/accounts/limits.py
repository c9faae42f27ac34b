"""How much mail a sender's mail host takes: kept to, it never refuses us for sending too much."""

from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from datetime import timedelta
from typing import Self

from outreach.accounts.models import Sender
from outreach.errors import Invalid

MOST = 1_000_000
MOST_CONNECTIONS = 20
MEGABYTE = 1_000_000
WINDOWS = {
    "per_minute": timedelta(minutes=1),
    "per_hour": timedelta(hours=1),
    "per_day": timedelta(days=1),
}


@dataclass(frozen=True)
class Cap:
    """So many messages within any stretch of time of this length."""

    name: str  #: of the limit it comes from
    most: int
    window: timedelta


@dataclass(frozen=True)
class Limits:
    """What a sender keeps to; None is no limit."""

    per_minute: int | None = None
    per_hour: int | None = None
    per_day: int | None = None
    megabytes_per_hour: int | None = None
    connections: int | None = None

    @classmethod
    def of(cls, sender: Sender) -> Self:
        return cls(**{name: getattr(sender, name) for name in NAMES})

    @property
    def any(self) -> bool:
        return any(value is not None for value in astuple(self))

    @property
    def bytes_per_hour(self) -> int | None:
        return self.megabytes_per_hour and self.megabytes_per_hour * MEGABYTE

    @property
    def interval(self) -> float:
        """Seconds between two messages that keep evenly to them. A day's cap sets no pace."""
        paced = [cap for cap in self.caps() if cap.window < WINDOWS["per_day"]]
        return max((cap.window.total_seconds() / cap.most for cap in paced), default=0.0)

    def caps(self) -> Iterator[Cap]:
        """The limits in messages, that of the shortest time first."""
        for name, window in WINDOWS.items():
            if most := getattr(self, name):
                yield Cap(name, most, window)

    def set_on(self, sender: Sender) -> None:
        """Let a sender keep to them.

        :raises Invalid: a number that is none to keep to
        """
        for name in NAMES:
            value, most = getattr(self, name), MOST
            if name == "connections":
                most = MOST_CONNECTIONS
            if value is not None and not 1 <= value <= most:
                raise Invalid(
                    f"De grens “{WORDS[name]}” kan niet {value} zijn: kies 1 tot en met {most},"
                    " of laat hem weg."
                )
            setattr(sender, name, value)


NAMES = tuple(field.name for field in fields(Limits))
WORDS = {
    "per_minute": "brieven per minuut",
    "per_hour": "brieven per uur",
    "per_day": "brieven per dag",
    "megabytes_per_hour": "MB per uur",
    "connections": "verbindingen tegelijk",
}
#: What the mail hosts that coalitions have allow, by the name that the command takes.
PRESETS = {
    "none": Limits(),
    "microsoft365": Limits(per_minute=30, per_day=10_000, connections=3),
    "google": Limits(per_day=2_000),
    "webhost": Limits(per_hour=250, megabytes_per_hour=250),
}


def preset_of(limits: Limits) -> str | None:
    """The preset that these are, if any."""
    return next((name for name, preset in PRESETS.items() if preset == limits), None)
