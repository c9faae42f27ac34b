"""Days that do not exist, do not fit, are past, or will have aged when the letter is read."""

import re
from collections.abc import Iterator
from datetime import date

from outreach.letters import dutch
from outreach.letters.checks.drafts import Draft, Text
from outreach.letters.checks.findings import Finding, warning

#: A day further away than this from the day of sending is probably a mistaken year.
_LONG_AGO, _FAR_AHEAD = 270, 550
#: Days that a date without a year may lie back before the next year's is meant.
_LATELY = 90

_MONTHS = "|".join(dutch.MONTHS)
_SHORT_DAYS = "|".join(day[:2] for day in dutch.WEEKDAYS)
_DATE = re.compile(
    rf"(?:\b({'|'.join(dutch.WEEKDAYS)}|{_SHORT_DAYS})\b\.?,?\s+)?"
    rf"\b(\d{{1,2}})\s+({_MONTHS})\b(?:\s+(\d{{4}}))?",
    re.IGNORECASE,
)
#: Words in a sentence about something that is still to come.
_TO_COME = re.compile(
    r"\b(?:uiterlijk|v[oó][oó]r (?:\w+dag )?\d|deadline|aan te melden|aanmelden|meld u|reageer\w*|"
    r"nodigen?\b.*\buit|uitnodig\w*|vindt plaats|zien wij u|ontvangen wij|horen wij)\b",
    re.IGNORECASE,
)
_AGES = re.compile(
    r"\b(?:deze (?:week|maand)|(?:volgende|vorige|afgelopen|komende) (?:week|maand)|"
    r"gisteren|eergisteren|overmorgen)\b",
    re.IGNORECASE,
)
_JL = re.compile(r"\bj\.?l\.", re.IGNORECASE)


def check(draft: Draft) -> Iterator[Finding]:
    for text in draft.texts:
        yield from _written(text, draft.send_on)
        yield from _past(text, draft.send_on)
        yield from _ageing(text)


def _written(text: Text, send_on: date | None) -> Iterator[Finding]:
    for match in _DATE.finditer(text.words):
        written = " ".join(match[0].split())
        day = _day(match, send_on)
        if day is None:
            if match[4] or send_on:
                message = f"“{written}” bestaat niet. Verbeter de datum."
                yield warning("no-such-date", message, text.place)
            continue
        weekday = dutch.WEEKDAYS[day.weekday()]
        if match[1] and match[1].lower()[:2] != weekday[:2]:
            message = (
                f"“{written}” klopt niet: {dutch.long_date(day)} is een {weekday}. "
                "Verbeter de dag of de datum."
            )
            yield warning("wrong-weekday", message, text.place)
        if match[4] and send_on and _is_far(day, send_on):
            message = (
                f"“{written}” ligt ver van de dag van versturen ({dutch.long_date(send_on)}). "
                "Klopt het jaar?"
            )
            yield warning("year-far", message, text.place)


def _past(text: Text, send_on: date | None) -> Iterator[Finding]:
    """A day to register or to answer by that has gone when the letter leaves."""
    if send_on is None:
        return
    for sentence in text.sentences:
        if not _TO_COME.search(sentence):
            continue
        for match in _DATE.finditer(sentence):
            day = _day(match, send_on)
            back = _LONG_AGO if match[4] else _LATELY
            if day and 0 < (send_on - day).days <= back:
                message = (
                    f"“{' '.join(match[0].split())}” is al voorbij als de brief weggaat "
                    f"({dutch.long_date(send_on)}). Verbeter de datum of de zin."
                )
                yield warning("date-past", message, text.place)


def _ageing(text: Text) -> Iterator[Finding]:
    if match := _JL.search(text.words):
        message = (
            f"Er staat “{match[0]}”. Schrijf de datum met het jaar: een brief wordt later gelezen."
        )
        yield warning("jl", message, text.place)
    if match := _AGES.search(text.words):
        message = (
            f"Er staat “{match[0].lower()}”. Schrijf de datum: de brief wordt later gelezen dan "
            "hij weggaat."
        )
        yield warning("ages", message, text.place)


def _is_far(day: date, send_on: date) -> bool:
    return not -_LONG_AGO <= (day - send_on).days <= _FAR_AHEAD


def _day(match: re.Match[str], send_on: date | None) -> date | None:
    """The day that is meant; without a year the one nearest to the day of sending."""
    if match[4]:
        return dutch.parse_date(f"{match[2]} {match[3]} {match[4]}")
    if send_on is None:
        return None
    years = (send_on.year - 1, send_on.year, send_on.year + 1)
    days = [dutch.parse_date(f"{match[2]} {match[3]} {year}") for year in years]
    real = [day for day in days if day]
    return min(real, key=lambda day: abs((day - send_on).days), default=None)
