"""Where things stand in a picture: the tiles of the map, the columns of the plot.

Only places and sizes; `macros/map.html`, `macros/plot.html` and `report.py` draw them, and beside
them stand the same figures in words.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Protocol

from outreach.campaigns import windows
from outreach.ledger.standing import SENT, GemeenteStanding, Standing
from outreach.letters import dutch

SIDE = 18  #: of a tile with its gap
#: The plot: its paper, and where the columns stand on it.
LEFT, TOP, BASE, RIGHT = 28, 24, 176, 500
WIDEST = 18
#: Sizes of gemeenten: up to how many inhabitants, and in words.
SIZES = (
    (20_000, "tot 20.000"),
    (50_000, "20.000 tot 50.000"),
    (100_000, "50.000 tot 100.000"),
    (None, "100.000 en meer"),
)
MOST_DAYS = 60  #: more than that are taken together by the week


@dataclass(frozen=True)
class Tile:
    x: int
    y: int
    row: GemeenteStanding


def tiles(rows: Iterable[GemeenteStanding]) -> list[Tile]:
    """The tiles in reading order."""
    placed = sorted(rows, key=lambda row: (row.row, row.column))
    return [Tile(row.column * SIDE + 1, row.row * SIDE + 1, row) for row in placed]


class Placed(Protocol):
    """Anything with a place on the tile map."""

    @property
    def column(self) -> int: ...
    @property
    def row(self) -> int: ...
    @property
    def province(self) -> str: ...


def borders(rows: Iterable[Placed]) -> str:
    """The borders between provinces, as the path of an SVG."""
    at = {(row.column, row.row): row.province for row in rows}
    lines = []
    for (column, row), province in at.items():
        if at.get((column + 1, row), province) != province:
            lines.append(f"M{(column + 1) * SIDE} {row * SIDE}v{SIDE}")
        if at.get((column, row + 1), province) != province:
            lines.append(f"M{column * SIDE} {(row + 1) * SIDE}h{SIDE}")
    return "".join(lines)


@dataclass(frozen=True)
class Column:
    """One day, or week, of the plot."""

    x: float
    width: float
    parts: list[tuple[str, float, float]]  #: css, top, height
    top: float
    total: int


@dataclass(frozen=True)
class Mark:
    """A moment on the plot: today, or the day of a letter."""

    x: float
    word: str
    day: str
    letter: bool
    flip: bool  #: the words stand left of the line


@dataclass
class Plot:
    days: list[tuple[date, Counter[Standing]]]
    standings: list[Standing]
    columns: list[Column] = field(default_factory=list)
    free: list[tuple[float, float]] = field(default_factory=list)  #: x, width
    scale: list[tuple[int, float]] = field(default_factory=list)
    dates: list[tuple[float, str]] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(sum(counts.values()) for _day, counts in self.days)


def plot(
    per_day: Mapping[date, Counter[Standing]], letters: Mapping[date, str], *, today: date
) -> Plot | None:
    """Reactions per day, from the first letter to today or the next one; None without any.

    :param letters: the days on which a step left or will leave, with its name
    """
    if not per_day:
        return None
    first = min([*letters, *per_day])
    last = max([today + timedelta(days=4), *(day + timedelta(days=4) for day in letters)])
    count = (last - first).days + 1
    step = min(WIDEST, (RIGHT - LEFT) / count)
    found = Plot(list(per_day.items()), _order(per_day))

    def x(day: date) -> float:
        return round(LEFT + (day - first).days * step, 1)

    size = 1 if count <= MOST_DAYS else 7
    buckets = _buckets(per_day, first, size)
    highest = max(sum(counts.values()) for counts in buckets.values())
    unit = (BASE - TOP - 16) / highest
    found.columns = [
        _column(x(day), step * size, counts, found.standings, unit)
        for day, counts in buckets.items()
    ]
    found.scale = [(n, round(BASE - n * unit, 1)) for n in _ticks(highest)]
    found.dates = _dates(first, last, x)
    found.marks = _marks(letters, today, first, x)
    if size == 1:
        days = (first + timedelta(days=n) for n in range(count))
        found.free = [(x(day), step) for day in days if not windows.is_working_day(day)]
    return found


@dataclass(frozen=True)
class Group:
    """Gemeenten of a kind that the letter went to, and what became of it: three numbers."""

    word: str
    told: int  #: said or did something
    silent: int
    lost: int  #: did not arrive, or perhaps

    @property
    def sent(self) -> int:
        return self.told + self.silent + self.lost

    @property
    def share(self) -> int:
        """Of those written to, how many in a hundred reacted."""
        return round(100 * self.told / self.sent)

    @property
    def bar(self) -> list[tuple[str, float, float]]:
        """The three numbers as parts of a bar of 100: (css, x, width)."""
        parts, x = [], 0.0
        for one, count in zip(_PARTS, (self.told, self.silent, self.lost), strict=True):
            width = 100 * count / self.sent
            if count:
                parts.append((one.css, round(x, 2), round(width, 2)))
            x += width
        return parts


_PARTS = (Standing.DOORGESTUURD, Standing.VERSTUURD, Standing.ONBESTELBAAR)


def by_province(rows: Iterable[GemeenteStanding]) -> list[Group]:
    """Who reacted per province, by name; only provinces that the letter went to."""
    return _groups((row.province, row) for row in sorted(rows, key=lambda row: row.province))


def by_size(rows: Iterable[GemeenteStanding]) -> list[Group]:
    """Who reacted by the size of the gemeente, small first."""
    return _groups(
        (_size(row.inhabitants), row) for row in sorted(rows, key=lambda row: row.inhabitants)
    )


def _size(inhabitants: int) -> str:
    return next(word for most, word in SIZES if most is None or inhabitants < most)


def _groups(rows: Iterable[tuple[str, GemeenteStanding]]) -> list[Group]:
    kinds: dict[str, Counter[Standing]] = {}
    for word, row in rows:
        if row.standing in SENT:
            kinds.setdefault(word, Counter())[row.standing] += 1
    return [_group(word, counts) for word, counts in kinds.items()]


def _group(word: str, counts: Counter[Standing]) -> Group:
    silent = counts[Standing.VERSTUURD]
    lost = counts[Standing.ONBESTELBAAR] + counts[Standing.ONZEKER]
    return Group(word, counts.total() - silent - lost, silent, lost)


def _order(per_day: Mapping[date, Counter[Standing]]) -> list[Standing]:
    seen = {one for counts in per_day.values() for one in counts}
    return sorted(seen, key=lambda one: -one.rank)  # the least telling at the bottom


def _buckets(
    per_day: Mapping[date, Counter[Standing]], first: date, size: int
) -> dict[date, Counter[Standing]]:
    found: dict[date, Counter[Standing]] = {}
    for day, counts in per_day.items():
        start = day - timedelta(days=(day - first).days % size)
        found.setdefault(start, Counter()).update(counts)
    return found


def _column(
    x: float, width: float, counts: Counter[Standing], order: Iterable[Standing], unit: float
) -> Column:
    top, parts = float(BASE), []
    for one in order:
        if counts[one]:
            height = counts[one] * unit
            top -= height
            parts.append((one.css, round(top, 1), round(height, 1)))
    gap = width * 0.14
    return Column(
        round(x + gap, 1), round(width - 2 * gap, 1), parts, round(top, 1), counts.total()
    )


def _ticks(highest: int) -> list[int]:
    """One or two round numbers for the scale."""
    for step in (1, 2, 5, 10, 20, 50, 100, 200, 500):
        if highest <= step * 2.5:
            return [n for n in (step, step * 2) if n <= highest]
    return [highest]


def _dates(first: date, last: date, x) -> list[tuple[float, str]]:  # type: ignore[no-untyped-def]
    """A handful of Mondays."""
    weeks = max(1, -(-((last - first).days // 7 + 1) // 4))
    monday = first + timedelta(days=(-first.weekday()) % 7)
    found = []
    while monday <= last:
        if x(monday) <= RIGHT - 60:
            found.append((x(monday), dutch.long_date(monday).rpartition(" ")[0]))
        monday += timedelta(weeks=weeks)
    return found


def _marks(letters: Mapping[date, str], today: date, first: date, x) -> list[Mark]:  # type: ignore[no-untyped-def]
    found = [
        Mark(x(day), word, dutch.day_date(day), letter=True, flip=x(day) > RIGHT - 120)
        for day, word in letters.items()
        if day != first
    ]
    if today >= first:
        found.append(Mark(x(today), "vandaag", "", letter=False, flip=True))
    return found
