"""How a letter stands on one page of A4, for a board: PDF/UA-1 and PDF/A-2a by typst."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from html import escape
from pathlib import Path

from outreach.campaigns.models import Campaign, CampaignState, StepState
from outreach.clock import dutch_date
from outreach.delivery.models import State
from outreach.ledger import asked, charts, sheet, signs
from outreach.ledger.asked import Option
from outreach.ledger.charts import Plot, Tile
from outreach.ledger.sheet import Sheet, StepLine
from outreach.ledger.standing import SENT, Standing
from outreach.letters import dutch, pdf

TEMPLATE = Path(__file__).with_name("report.typ")
_STATES = {
    CampaignState.DRAFT: "concept",
    CampaignState.RUNNING: "loopt",
    CampaignState.PAUSED: "gepauzeerd",
    CampaignState.CANCELLED: "gestopt",
    CampaignState.FINISHED: "klaar",
}
MOST_ASKED = 2  #: questions; more do not fit on one page
_INK, _QUIET, _EDGE = "#1d2126", "#5a6068", "#7d766a"


def of(campaign: Campaign, *, now: datetime) -> bytes:
    """The report of this moment. It names gemeenten by number only, and nobody."""
    found, today = sheet.of(campaign, now=now), dutch_date(now)
    tiles = charts.tiles(found.rows)
    told = sheet.told_per_day(found.rows)
    plot = charts.plot(told, letters(found), today=today)
    inputs = {
        "title": f"Verslag: {campaign.name}",
        "name": campaign.name,
        "sender": campaign.sender.name,
        "facts": _json(_facts(found, now)),
        "sentence": found.sentence,
        "counts": _json(_counts(found.counts)),
        "steps": _json([[f"{line.step.position}", *step_words(line)] for line in found.steps]),
        "map": _map(tiles, charts.borders(found.rows)),
        "map_says": f"Kaart van {len(tiles)} gemeenten, één tegel per gemeente. {found.sentence}",
        "plot": _plot(plot) if plot else "",
        "plot_says": _in_words(plot) if plot else "",
        "total": dutch.plural(plot.total, "reactie", "reacties") if plot else "",
        "asked": _json(_asked(campaign, now)),
        "made_on": dutch.long_date(today),
        "year": str(today.year),
        "month": str(today.month),
        "day": str(today.day),
    }
    return pdf.typeset(TEMPLATE, inputs)


def letters(found: Sheet) -> dict[date, str]:
    """The days on which a step left or will leave, with its name."""
    return {dutch_date(line.at): line.title for line in found.steps if line.at}


def step_words(line: StepLine) -> tuple[str, str, str]:
    """Its name, when, and what became of it or will."""
    when = dutch.long_date(dutch_date(line.at)) if line.at else "nog geen moment"
    return line.title, when, _what(line)


def _what(line: StepLine) -> str:
    if line.step.state is StepState.CANCELLED:
        return "gaat niet weg"
    if not line.made:
        word = "de brief" if line.step.position == 1 else "de herinnering"
        send = dutch.plural(line.send, "adres krijgt", "adressen krijgen")
        return f"{send} {word}, {dutch.number(line.skip)} niet"
    counts = {
        "verstuurd": line.counts[State.ACCEPTED],
        "misschien": line.counts[State.UNCERTAIN],
        "niet aangekomen": line.lost,
        "te gaan": line.left,
    }
    said = [f"{dutch.number(n)} {word}" for word, n in counts.items() if n or word == "verstuurd"]
    return ", ".join(said)


def _facts(found: Sheet, now: datetime) -> list[list[str]]:
    campaign, first = found.campaign, found.steps[0]
    when = dutch.long_date(dutch_date(first.at)) if first.at else "nog geen moment"
    facts = [
        ["Ons kenmerk", campaign.kenmerk],
        ["Verstuurd op" if found.sent else "Gaat weg op", when],
        ["De brief", _STATES[found.state]],
        ["Stand op", f"{dutch.long_date(dutch_date(now))}, {dutch.clock_time(now)}"],
    ]
    return [fact for fact in facts if fact[1]]


def _counts(counts: Mapping[Standing, int]) -> list[list[str]]:
    """The cash book: [sign as SVG, word, number, kind of line], in the order of the page."""
    told = [(one, count) for one, count in reversed(list(counts.items())) if count]
    sent = sum(count for one, count in told if one in SENT)
    rows = [_count(one, count) for one, count in told if one in SENT]
    rows += [["", "verstuurd", dutch.number(sent), "sum"]] if sent else []
    rows += [_count(one, count) for one, count in told if one not in SENT]
    return [*rows, ["", "alle gemeenten", dutch.number(sum(counts.values())), "end"]]


def _asked(campaign: Campaign, now: datetime) -> list[list[str]]:
    """What came in to its questions: [question, who answered, bar as SVG, the same in words]."""
    if not campaign.questions:
        return []
    found = asked.of(campaign, now=now)
    about = [one for one in found.questions if one.options and found.said(one)]
    rows = []
    for one in about[:MOST_ASKED]:
        options = found.options(one)
        words = " · ".join(
            f"{n}. {o.word} {dutch.number(o.count)}" for n, o in enumerate(options, 1)
        )
        said = dutch.plural(found.said(one), "antwoord", "antwoorden")
        rows.append([one.label, said, _bar(options), words])
    return rows


def _bar(options: Iterable[Option]) -> str:
    """Parts of a whole, each with its number where there is room for it."""
    drawn = []
    for one in options:
        x, width, paper = one.x * 5, one.width * 5, one.css.removeprefix("s-")
        colour = _INK if paper in signs.DARK else "#ffffff"
        drawn.append(
            f'<rect x="{x}" y="1" width="{width}" height="16" fill="{signs.PAPER[paper]}"'
            f' stroke="{_QUIET}" stroke-width=".6"/>'
        )
        if width >= 14 and one.sign in signs.DIGITS:
            drawn.append(
                f'<g transform="translate({x + width / 2 - 8} 1)" fill="none" stroke="{colour}"'
                f' stroke-width="1.6">{signs.DIGITS[one.sign]}</g>'
            )
    return _svg("-1 0 502 18", "".join(drawn))


def _count(one: Standing, count: int) -> list[str]:
    picture = _svg("0 0 18 18", _tile(1, 1, one.sign))
    return [picture, one.word, dutch.number(count), ""]


def _tile(x: int, y: int, sign: str) -> str:
    colour = _INK if sign in signs.DARK else "#ffffff"
    return (
        f'<rect x="{x}" y="{y}" width="16" height="16" rx="2" fill="{signs.PAPER[sign]}"'
        f' stroke="{_QUIET}" stroke-width=".6"/>'
        f'<g transform="translate({x} {y})" color="{colour}" fill="none"'
        f' stroke="{colour}" stroke-width="1.4">{signs.SHAPES[sign]}</g>'
    )


def _map(tiles: Iterable[Tile], borders: str) -> str:
    drawn = "".join(_tile(one.x, one.y, one.row.standing.sign) for one in tiles)
    path = f'<path d="{borders}" fill="none" stroke="{_INK}" stroke-width="1.8"/>'
    return _svg("-1 -1 398 506", drawn + path)


def _plot(plot: Plot) -> str:
    parts = [
        f'<path d="M24 {y}H500" stroke="{_EDGE}" stroke-opacity=".4" stroke-width=".75"/>'
        f"{_text(20, y + 4, str(n), 'end')}"
        for n, y in plot.scale
    ]
    for column in plot.columns:
        parts += [
            f'<rect x="{column.x}" y="{top}" width="{column.width}" height="{height}"'
            f' fill="{signs.PAPER[css.removeprefix("s-")]}" stroke="{_QUIET}" stroke-width=".4"/>'
            for css, top, height in column.parts
        ]
        middle = column.x + column.width / 2
        parts.append(_text(middle, column.top - 4, str(column.total), "middle"))
    parts.append(f'<path d="M24 176H500" stroke="{_INK}" stroke-width=".8"/>')
    for x, word in plot.dates:
        parts.append(f'<path d="M{x} 176v5" stroke="{_INK}" stroke-width=".8"/>')
        parts.append(_text(x, 193, word))
    for mark in plot.marks:
        top, side = (4, 12) if mark.letter else (58, 68)
        anchor, away = ("end", -6) if mark.flip else ("start", 7)
        said = f"{mark.word} {mark.day}".strip()
        parts.append(f'<path d="M{mark.x} {top}V176" stroke="{_INK}" stroke-width=".8"/>')
        parts.append(_text(mark.x + away, side, said, anchor))
    return _svg("0 0 500 198", "".join(parts))


def _text(x: float, y: float, words: str, anchor: str = "start") -> str:
    return (
        f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-family="Libertinus Serif"'
        f' font-size="11" fill="{_INK}">{escape(words)}</text>'
    )


def _in_words(plot: Plot) -> str:
    said = [
        f"{dutch.day_date(day)} {dutch.number(counts.total())}"
        for day, counts in plot.days
        if counts
    ]
    return f"Reacties per dag: {', '.join(said)}."


def _svg(box: str, drawn: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">{drawn}</svg>'


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
