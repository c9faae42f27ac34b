"""What templates may say with: dates, numbers and sums in the language that is spoken."""

import re
from datetime import date, datetime

from flask import Flask
from markupsafe import Markup, escape

from outreach import unseen
from outreach.clock import dutch_date, to_wall
from outreach.ledger import signs
from outreach.letters import said
from outreach.wording import Language, _, number, spoken


def init_app(app: Flask) -> None:
    app.jinja_env.finalize = unseen.shown
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        day=day,
        day_year=day_year,
        long_day=long_day,
        day_time=said.day_time,
        hour=said.hour,
        clock=said.clock_time,
        second=second,
        iso=iso,
        number=number,
        postal=postal,
        breakable=breakable,
        ago=ago,
        day_short=day_short,
        weekday=weekday,
        first_sentence=first_sentence,
        lower_first=lower_first,
        opening=opening,
        placeholders=placeholders,
        kilobytes=kilobytes,
    )
    app.jinja_env.globals.update(signs=signs.SHAPES)


def day(moment: date) -> str:
    """ "ma 23 maart", of a day or a moment."""
    return said.day_date(_day(moment))


def day_year(moment: date) -> str:
    """ "ma 23 maart 2026" """
    return f"{day(moment)} {_day(moment).year}"


def day_short(moment: date) -> str:
    """ "vr" """
    return said.short_weekday(_day(moment))


def long_day(moment: date) -> str:
    """ "23 maart 2026" """
    return said.long_date(_day(moment))


def second(moment: datetime) -> str:
    """ "9.03.07" """
    dot = "." if spoken() is Language.NL else ":"
    return f"{said.hour(moment)}{dot}{to_wall(moment).second:02}"


def weekday(moment: date) -> str:
    """ "Vrijdag 11 september" """
    there = _day(moment)
    return f"{said.weekday(there).capitalize()} {there.day} {said.month(there)}"


def ago(moment: datetime, now: datetime) -> str:
    """ "9.03" today, "gisteren", or the day."""
    days = (_day(now) - _day(moment)).days
    return {0: said.hour(moment), 1: _("gisteren")}.get(days, day(moment))


def iso(moment: date) -> str:
    """What `<time datetime>` holds: a day, or a moment in Dutch time."""
    return (
        to_wall(moment).isoformat("T", "minutes") if isinstance(moment, datetime) else str(moment)
    )


def kilobytes(size: int) -> str:
    """ "96 kB" """
    if size < 1_000_000:
        return f"{max(1, round(size / 1000))} kB"
    shown = f"{size / 1_000_000:.1f} MB"
    return shown.replace(".", ",") if spoken() is Language.NL else shown


def breakable(address: str) -> Markup:
    """An e-mail address that may break after its "@", and nowhere else."""
    return escape(address).replace("@", Markup("@<wbr>"))


def postal(address: str) -> str:
    """An address that breaks only between its parts, never inside "3512 ZZ" or "Kade 14"."""
    return re.sub(
        r" (?=\d+\w{0,3}(?:,|$))|(?<=\d{4}) (?=[A-Z]{2}\b)", "\N{NO-BREAK SPACE}", address
    )


def lower_first(text: str) -> str:
    """A title in the middle of a sentence."""
    return text[:1].lower() + text[1:]


def first_sentence(text: str) -> str:
    """What comes before the first full stop, to stand behind a colon."""
    return lower_first(text.split(". ")[0].rstrip("."))


def opening(text: str, most: int = 60) -> list[str]:
    """The first paragraphs of a text, up to some sixty words."""
    found: list[str] = []
    for part in text.split("\n\n"):
        if part.strip():
            found.append(part.strip())
        if sum(len(one.split()) for one in found) >= most:
            break
    return found


def placeholders(text: str) -> Markup:
    """A text as it was written, with what is filled in per recipient marked."""
    parts = re.split(r"(\{\{[^{}]*\}\})", text)
    marked = Markup("<mark>{}</mark>")
    return Markup("").join(marked.format(p) if p.startswith("{{") else p for p in parts)


def _day(moment: date) -> date:
    return dutch_date(moment) if isinstance(moment, datetime) else moment
