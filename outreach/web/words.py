"""What templates may say with: dates, numbers and sums in Dutch."""

from datetime import date, datetime

from flask import Flask

from outreach.clock import dutch_date, to_wall
from outreach.letters import dutch


def init_app(app: Flask) -> None:
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        day=day,
        day_year=day_year,
        long_day=long_day,
        day_time=dutch.day_time,
        hour=hour,
        iso=iso,
        number=dutch.number,
        kilobytes=kilobytes,
    )
    app.jinja_env.globals["plural"] = dutch.plural


def day(moment: date) -> str:
    """ "ma 23 maart", of a day or a moment."""
    return dutch.day_date(_day(moment))


def day_year(moment: date) -> str:
    """ "ma 23 maart 2026" """
    return f"{day(moment)} {_day(moment).year}"


def long_day(moment: date) -> str:
    """ "23 maart 2026" """
    return dutch.long_date(_day(moment))


def hour(moment: datetime) -> str:
    """ "9.03" """
    wall = to_wall(moment)
    return f"{wall.hour}.{wall.minute:02}"


def iso(moment: date) -> str:
    """What `<time datetime>` holds: a day, or a moment in Dutch time."""
    return (
        to_wall(moment).isoformat("T", "minutes") if isinstance(moment, datetime) else str(moment)
    )


def kilobytes(size: int) -> str:
    """ "96 kB" """
    if size < 1_000_000:
        return f"{max(1, round(size / 1000))} kB"
    return f"{size / 1_000_000:.1f} MB".replace(".", ",")


def _day(moment: date) -> date:
    return dutch_date(moment) if isinstance(moment, datetime) else moment
