"""A meeting as a file: Markdown with front matter (docs/meeting-file.md)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from ruamel.yaml.nodes import Node, SequenceNode

from outreach import frontmatter
from outreach.clock import at_wall
from outreach.errors import Invalid
from outreach.events import keeping
from outreach.events.keeping import (
    MOST_SEATS,
    QUESTION_TYPES,
    WORDS,
    YEARS,
    DayFacts,
    Facts,
    PartFacts,
)
from outreach.events.models import MeetingState, OpenTo
from outreach.frontmatter import (
    Schema,
    clock,
    fault,
    filled,
    flag,
    items,
    mapping,
    slug,
    text,
    texts,
)
from outreach.letters import dutch

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DIGITS = re.compile(r"[0-9]{1,7}")
_STATES = {
    "concept": MeetingState.DRAFT,
    "draft": MeetingState.DRAFT,
    "open": MeetingState.OPEN,
}
_OPEN_TO = {
    "iedereen": OpenTo.EVERYONE,
    "raden": OpenTo.COUNCILS,
    "uitgenodigd": OpenTo.INVITED,
}
END_OF_DAY = time(23, 59, 59)


@dataclass(frozen=True)
class MeetingFile:
    """What a file says."""

    facts: Facts
    state: MeetingState
    sender: str  #: e-mail address of the organisation; empty for the first there is


def parse(file: str) -> MeetingFile:
    """Read a meeting's file.

    :raises BadFile: with the line and column of the first fault
    """
    values, lines, _ = frontmatter.read(file, _TOP)
    state = values.pop("state", MeetingState.OPEN)
    sender = values.pop("sender", "")
    if "spread" in values:
        values["most_per_gemeente"], values["spread_until"] = values.pop("spread")
    if "for" in values:
        values["audience"] = values.pop("for")
    return MeetingFile(Facts(**values, text="\n".join(lines).strip()), state, sender)


# ── the schema: each reader takes a node and gives a value ──────────────────────────────


def _words(name: str) -> Callable[[Node], str]:
    """What reads one field, as long as it may be."""

    def read(node: Node) -> str:
        try:
            return keeping.worded(text(node), WORDS[name])
        except Invalid as error:
            raise fault(node, str(error)) from None

    return read


def _link(node: Node) -> str:
    url = _words("online_url")(node)
    try:
        keeping.check_link(url)
    except Invalid as error:
        raise fault(node, str(error)) from None
    return url


def _date(node: Node) -> date:
    value = filled(node)
    meant = dutch.parse_date(value)
    if not _ISO_DATE.fullmatch(value) or meant is None:
        example = meant.isoformat() if meant else "2026-06-04"
        raise fault(node, f"‘{value}’ is geen datum. Schrijf {example}.")
    return meant


def _hour(node: Node) -> time:
    found = clock(node)
    if found.tzinfo is not None or found.second or found.microsecond:
        raise fault(node, f'‘{text(node)}’ is geen tijd. Schrijf "09:00" (Nederlandse tijd).')
    return found


def _count(node: Node) -> int:
    value = filled(node)
    if not _DIGITS.fullmatch(value) or not 1 <= int(value) <= MOST_SEATS:
        raise fault(node, f"‘{value}’ is geen aantal plaatsen. Schrijf een getal als 25.")
    return int(value)


def _from(node: Node) -> datetime:
    return _moment(node, time(0))


def _until(node: Node) -> datetime:
    """A date counts whole."""
    return _moment(node, END_OF_DAY)


def _moment(node: Node, of_a_date: time) -> datetime:
    if filled(node)[:4] not in map(str, YEARS):
        raise fault(node, f"‘{text(node)}’ is geen datum en tijd. Schrijf 2026-05-28.")
    if _ISO_DATE.fullmatch(filled(node)):
        return at_wall(_date(node), of_a_date)
    return frontmatter.moment(node)[0]


def _state(node: Node) -> MeetingState:
    value = filled(node).casefold()
    if value not in _STATES:
        raise fault(node, f"‘{value}’ moet concept of open zijn.")
    return _STATES[value]


def _days(node: Node) -> tuple[DayFacts, ...]:
    if not isinstance(node, SequenceNode) or not node.value:
        raise fault(node, "hier hoort een lijst met ten minste één dag.")
    days = tuple(_day(item) for item in node.value)
    for number, day in enumerate(days):
        if day.date in {earlier.date for earlier in days[:number]}:
            name = dutch.day_long_date(day.date)
            raise fault(node.value[number], f"{name} staat er twee keer. Maak er één dag van.")
    return days


def _day(node: Node) -> DayFacts:
    values = mapping(node, _DAY, "days")
    day = DayFacts(
        date=values["date"],
        opens=values["from"],
        closes=values["until"],
        capacity=values["capacity"],
        title=values.get("title", ""),
        programme=values.get("programme", ()),
        parts=values.get("parts", ()),
    )
    try:
        keeping.check_day(day)
    except Invalid as error:
        raise fault(node, str(error)) from None
    return day


def _programme(node: Node) -> tuple[tuple[str, str], ...]:
    found = [mapping(item, _ITEM, "programme") for item in items(node)]
    return tuple((one.get("at", ""), one["what"]) for one in found)


def _parts(node: Node) -> tuple[PartFacts, ...]:
    return tuple(_part(item) for item in items(node))


def _part(node: Node) -> PartFacts:
    values = mapping(node, _PART, "parts")
    return PartFacts(
        title=values["title"],
        opens=values["from"],
        closes=values["until"],
        place=values.get("place", ""),
        capacity=values.get("capacity"),
        online_url=values.get("online_url", ""),
        off=values.get("off", False),
    )


def _themes(node: Node) -> tuple[str, ...]:
    return tuple(texts(node))


def _open_to(node: Node) -> OpenTo:
    value = filled(node).casefold()
    if value not in _OPEN_TO:
        raise fault(node, f"‘{value}’ moet een van deze zijn: {', '.join(_OPEN_TO)}.")
    return _OPEN_TO[value]


def _spread(node: Node) -> tuple[int, date]:
    values = mapping(node, _SPREAD, "spread")
    return values["most"], values["until"]


def _reminders(node: Node) -> tuple[int, ...]:
    said = texts(node)
    if not all(_DIGITS.fullmatch(one) for one in said):
        raise fault(node, "schrijf hoeveel dagen van tevoren: [7, 1], of [] voor geen.")
    try:
        return keeping.check_reminders(map(int, said))
    except Invalid as error:
        raise fault(node, str(error)) from None


def _materials(node: Node) -> tuple[tuple[str, str], ...]:
    found = [mapping(item, _MATERIAL, "materials") for item in items(node)]
    return tuple((one["label"], one["url"]) for one in found)


def _questions(node: Node) -> list[dict[str, Any]]:
    return [_question(item) for item in items(node)]


def _question(node: Node) -> dict[str, Any]:
    values = mapping(node, _QUESTION, "questions")
    kind, options = values.get("type", "text"), values.get("options", [])
    if kind not in QUESTION_TYPES:
        raise fault(node, f"type ‘{kind}’ is onbekend; bekend zijn {', '.join(QUESTION_TYPES)}.")
    if (kind == "text") == bool(options):
        raise fault(node, "options hoort bij choice en choices, en is daar nodig.")
    found = {"key": values["key"], "label": values["label"], "type": kind}
    return found | ({"options": options} if options else {})


_TOP: Schema = {
    "title": (_words("title"), True),
    "slug": (slug, False),
    "city": (_words("city"), True),
    "venue": (_words("venue"), False),
    "address": (_words("address"), False),
    "days": (_days, True),
    "register_until": (_until, False),
    "register_from": (_from, False),
    "questions": (_questions, False),
    "online_url": (_link, False),
    "region": (_words("region"), False),
    "themes": (_themes, False),
    "audience": (_words("audience"), False),
    "for": (_words("audience"), False),
    "contact": (_words("contact"), False),
    "costs": (_words("costs"), False),
    "accessibility": (_words("accessibility"), False),
    "language": (_words("language"), False),
    "parking": (_words("parking"), False),
    "summary": (_words("summary"), False),
    "report": (_words("report"), False),
    "materials": (_materials, False),
    "reminders": (_reminders, False),
    "transport": (_words("transport"), False),
    "hearing_loop": (_words("hearing_loop"), False),
    "speakers": (_words("speakers"), False),
    "open_to": (_open_to, False),
    "spread": (_spread, False),
    "sender": (text, False),
    "state": (_state, False),
}
_DAY: Schema = {
    "date": (_date, True),
    "from": (_hour, True),
    "until": (_hour, True),
    "capacity": (_count, True),
    "title": (text, False),
    "programme": (_programme, False),
    "parts": (_parts, False),
}
_PART: Schema = {
    "title": (filled, True),
    "from": (_hour, True),
    "until": (_hour, True),
    "place": (text, False),
    "capacity": (_count, False),
    "online_url": (_link, False),
    "off": (flag, False),
}
_ITEM: Schema = {"at": (text, False), "what": (filled, True)}
_SPREAD: Schema = {"most": (_count, True), "until": (_date, True)}
_MATERIAL: Schema = {"label": (filled, True), "url": (_link, True)}
_QUESTION: Schema = {
    "key": (slug, True),
    "label": (filled, True),
    "type": (filled, False),
    "options": (texts, False),
}
