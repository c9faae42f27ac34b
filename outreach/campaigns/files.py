"""A campaign as a file: Markdown with front matter (docs/campaign-file.md).

Values are read as strings against our own schema: YAML alone would make 1080 of `18:00`
and False of `no`. Every fault names its line and column.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from outreach.clock import from_wall
from outreach.errors import Invalid, OutreachError

DAYS = {"mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6}
DAGEN = {"ma": 0, "di": 1, "wo": 2, "do": 3, "vr": 4, "za": 5, "zo": 6}
BODIES = ("raad", "college")
_AFTER = re.compile(r"(\d{1,3})\s*(days?|dagen|dag|working days?|werkdagen|werkdag)")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_PART = re.compile(r"\+\+\+\s*([a-z0-9-]+)\s*")


class BadCampaignFile(Invalid):
    """A campaign file with a fault; says the line and column."""


@dataclass(frozen=True)
class Text:
    """A step's words for one body."""

    mail: str
    letter: str = ""


@dataclass(frozen=True)
class StepPart:
    subject: str
    send_at: datetime | None
    send_at_wall: str
    after_days: int | None
    after_working: bool
    after_at: time | None
    not_answered: bool
    texts: dict[str, Text]


@dataclass(frozen=True)
class Window:
    days: int = 127
    opens: int = 0
    closes: int = 1440
    on_holidays: bool = True


@dataclass(frozen=True)
class CampaignFile:
    name: str
    slug: str
    sender: str
    kenmerk: str
    audience: dict[str, Any]
    attachments: tuple[str, ...]
    pdf_letter: bool
    questions: list[dict[str, Any]]
    outcomes: list[dict[str, Any]]
    meetings: tuple[str, ...]
    variants: tuple[str, ...]
    window: Window
    steps: tuple[StepPart, ...] = field(default=())


def parse(text: str) -> CampaignFile:
    """Read a campaign file.

    :raises BadCampaignFile: with the line and column of the first fault
    """
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not lines or lines[0].rstrip() != "---":
        raise BadCampaignFile("Regel 1: het bestand moet beginnen met een regel ‘---’.")
    try:
        end = next(n for n, line in enumerate(lines[1:], 1) if line.rstrip() == "---")
    except StopIteration:
        raise BadCampaignFile(
            "Regel 1: na de gegevens bovenaan hoort weer een regel ‘---’."
        ) from None
    top = _compose("\n".join(lines[1:end]))
    values = _Mapping(top, _TOP, "het bestand").read()
    return _assemble(values, lines[end + 1 :], first_line=end + 2)


def _assemble(values: dict[str, Any], lines: list[str], *, first_line: int) -> CampaignFile:
    variants = tuple(values.get("variants") or BODIES[:1])
    letters = _letters(lines, variants, first_line)
    steps = values["steps"]
    if len(letters) != len(steps):
        raise BadCampaignFile(
            f"Er staan {len(steps)} stappen bovenaan en {len(letters)} brieven eronder."
            " Dat moet gelijk zijn; een lijn in een brief schrijft u als ‘***’."
        )
    return CampaignFile(
        name=values["name"],
        slug=values.get("slug") or slug_of(values["name"]),
        sender=values["sender"],
        kenmerk=values.get("kenmerk", ""),
        audience=values.get("audience", {}),
        attachments=tuple(values.get("attachments", ())),
        pdf_letter=values.get("pdf_letter", False),
        questions=values.get("questions", []),
        outcomes=values.get("outcomes", []),
        meetings=tuple(values.get("meetings", ())),
        variants=variants,
        window=values.get("window") or Window(),
        steps=tuple(_step(step, texts) for step, texts in zip(steps, letters, strict=True)),
    )


def slug_of(name: str) -> str:
    """A name as it stands in an address: "Oproep: één plek" → "oproep-een-plek"."""
    plain = name.casefold().translate(
        str.maketrans("éèëêáàäâóòöôíìïîúùüûç", "eeeeaaaaooooiiiiuuuuc")
    )
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-") or "brief"


def _step(values: dict[str, Any], texts: dict[str, Text]) -> StepPart:
    days, working = values.get("after") or (None, False)
    moment, wall = values.get("send_at") or (None, "")
    return StepPart(
        subject=values["subject"],
        send_at=moment,
        send_at_wall=wall,
        after_days=days,
        after_working=working,
        after_at=values.get("at"),
        not_answered=values.get("to", False),
        texts=texts,
    )


def _letters(lines: list[str], variants: tuple[str, ...], first: int) -> list[dict[str, Text]]:
    """The texts of each step; a `---` line starts the next step."""
    letters: list[dict[str, Text]] = []
    start = 0
    ends = [n for n, line in enumerate(lines) if line.rstrip() == "---"]
    for end in [*ends, len(lines)]:
        letters.append(_texts(lines[start:end], variants, first + start))
        start = end + 1
    return letters


def _texts(lines: list[str], variants: tuple[str, ...], first: int) -> dict[str, Text]:
    parts: dict[tuple[str, str], list[str]] = {(variants[0], "mail"): []}
    current = (variants[0], "mail")
    for number, line in enumerate(lines, first):
        match = _PART.fullmatch(line)
        if match is None:
            parts[current].append(line)
            continue
        if match[1] == "brief":
            current = (current[0], "brief")
        elif match[1] in variants:
            current = (match[1], "mail")
        else:
            known = ", ".join(("brief", *variants))
            raise BadCampaignFile(
                f"Regel {number}, kolom 5: ‘+++ {match[1]}’ is hier onbekend; bekend zijn {known}."
            )
        parts.setdefault(current, [])
    empty = [v for v in variants if (v, "mail") in parts and not _joined(parts, v, "mail")]
    if empty:
        raise BadCampaignFile(f"Regel {first}: de brief die hier begint is leeg.")
    return {
        variant: Text(mail=_joined(parts, variant, "mail"), letter=_joined(parts, variant, "brief"))
        for variant in variants
        if (variant, "mail") in parts
    }


def _joined(parts: dict[tuple[str, str], list[str]], variant: str, part: str) -> str:
    return "\n".join(parts.get((variant, part), [])).strip()


# ── the schema: each reader takes a node and gives a value ──────────────────────────────


def _fault(node: Node, sentence: str) -> BadCampaignFile:
    # +2: marks count from 0, and the front matter begins on the file's second line
    return BadCampaignFile(
        f"Regel {node.start_mark.line + 2}, kolom {node.start_mark.column + 1}: {sentence}"
    )


def _compose(front: str) -> Node:
    try:
        # YAML 1.2: PyYAML stumbles over the "?," of an unquoted question
        node = YAML(typ="safe", pure=True).compose(front)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"Regel {mark.line + 2}, kolom {mark.column + 1}: " if mark else ""
        raise BadCampaignFile(
            f'{where}dit is niet te lezen. Zet tekst met een dubbele punt of accolade tussen "…".'
        ) from None
    except YAMLError as error:
        raise BadCampaignFile(f"De gegevens bovenaan zijn niet te lezen ({error}).") from None
    if not isinstance(node, MappingNode):
        raise BadCampaignFile("Regel 2: hier horen gegevens als ‘name: …’.")
    return node


def _text(node: Node) -> str:
    if not isinstance(node, ScalarNode):
        raise _fault(node, "hier hoort een enkele waarde.")
    value = "" if node.tag == "tag:yaml.org,2002:null" else str(node.value).strip()
    if any(ord(c) < 32 for c in value):
        raise _fault(node, "deze waarde bevat een regeleinde of een onzichtbaar teken.")
    return value


def _filled(node: Node) -> str:
    value = _text(node)
    if not value:
        raise _fault(node, "deze waarde is leeg.")
    return value


def _slug(node: Node) -> str:
    value = _filled(node)
    if not _SLUG.fullmatch(value) or len(value) > 60:
        raise _fault(node, f"‘{value}’ kan geen slug zijn: kleine letters, cijfers en streepjes.")
    return value


def _flag(node: Node) -> bool:
    value = _text(node).casefold()
    if value in ("true", "yes", "ja"):
        return True
    if value in ("false", "no", "nee"):
        return False
    raise _fault(node, f"‘{value}’ moet true of false zijn.")


def _items(node: Node) -> list[Node]:
    if isinstance(node, SequenceNode):
        return list(node.value)
    if isinstance(node, ScalarNode):
        return [node] if _text(node) else []
    raise _fault(node, "hier hoort een lijst, zoals [a, b].")


def _texts_of(node: Node) -> list[str]:
    return [_filled(item) for item in _items(node)]


def _bodies(node: Node) -> list[str]:
    found = []
    for item in _items(node):
        if _filled(item) not in BODIES or _filled(item) in found:
            raise _fault(item, f"‘{_text(item)}’ kan hier niet; kies uit {', '.join(BODIES)}.")
        found.append(_filled(item))
    return found


def _moment(node: Node) -> tuple[datetime, str]:
    value = _filled(node)
    try:
        moment = datetime.fromisoformat(value.replace(" ", "T"))
    except ValueError:
        raise _fault(
            node, f"‘{value}’ is geen datum en tijd. Schrijf 2026-03-23T09:00 (Nederlandse tijd)."
        ) from None
    if len(value) <= len("2026-03-23"):
        raise _fault(node, f"bij ‘{value}’ ontbreekt de tijd. Schrijf {value}T09:00.")
    try:
        return (from_wall(moment) if moment.tzinfo is None else moment), value
    except OutreachError as error:
        raise _fault(node, str(error)) from None


def _clock(node: Node) -> time:
    value = _filled(node).replace(".", ":")
    try:
        return time.fromisoformat(value if len(value.split(":")[0]) == 2 else f"0{value}")
    except ValueError:
        raise _fault(node, f'‘{_text(node)}’ is geen tijd. Schrijf "09:00".') from None


def _after(node: Node) -> tuple[int, bool]:
    value = _filled(node).casefold()
    match = _AFTER.fullmatch(value)
    if match is None or int(match[1]) > 365:
        raise _fault(node, f"‘{value}’ moet zijn als ‘18 days’ of ‘30 working days’.")
    return int(match[1]), match[2].startswith("w")


def _recipients(node: Node) -> bool:
    value = _filled(node)
    if value not in ("not_answered", "all"):
        raise _fault(node, f"‘{value}’ moet not_answered of all zijn.")
    return value == "not_answered"


def _week(node: Node) -> int:
    bits = 0
    for part in ",".join(_texts_of(node)).casefold().split(","):
        first, dash, last = (piece.strip()[:3] for piece in part.partition("-"))
        names = DAYS | DAGEN
        if first not in names or (dash and last not in names):
            raise _fault(node, f"‘{part.strip()}’ zijn geen dagen. Schrijf mon-fri.")
        begin, end = names[first], names[last] if dash else names[first]
        for day in range(begin, end + 1 + (7 if end < begin else 0)):
            bits |= 1 << (day % 7)
    return bits


class _Mapping:
    """A mapping node and the keys it may have: name → (reader, whether it must be there)."""

    def __init__(
        self, node: Node, schema: dict[str, tuple[Callable[[Node], Any], bool]], what: str
    ) -> None:
        if not isinstance(node, MappingNode):
            raise _fault(node, f"hier horen gegevens tussen {{ }} voor {what}.")
        self._node, self._schema, self._what = node, schema, what

    def read(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in self._node.value:
            name = _text(key)
            if name not in self._schema:
                known = ", ".join(self._schema)
                raise _fault(key, f"‘{name}’ is onbekend in {self._what}; bekend zijn {known}.")
            if name in found:
                raise _fault(key, f"‘{name}’ staat er twee keer.")
            found[name] = self._schema[name][0](value)
        for name, (_, needed) in self._schema.items():
            if needed and name not in found:
                raise _fault(self._node, f"‘{name}’ ontbreekt in {self._what}.")
        return found


def _audience(node: Node) -> dict[str, Any]:
    return _Mapping(node, _AUDIENCE, "audience").read()


def _step_values(node: Node) -> dict[str, Any]:
    values = _Mapping(node, _STEP, "steps").read()
    if ("send_at" in values) == ("after" in values):
        raise _fault(node, "een stap heeft óf send_at óf after nodig.")
    if "after" in values and "at" not in values:
        raise _fault(node, "bij after hoort ook at, de tijd van de dag.")
    if "at" in values and "after" not in values:
        raise _fault(node, "at hoort bij after; bij send_at staat de tijd er al in.")
    return values


def _steps(node: Node) -> list[dict[str, Any]]:
    if not isinstance(node, SequenceNode) or not node.value:
        raise _fault(node, "hier hoort een lijst met ten minste één stap.")
    steps = [_step_values(item) for item in node.value]
    if "after" in steps[0] or steps[0].get("to"):
        raise _fault(
            node.value[0], "de eerste stap gaat naar iedereen, op een vast moment (send_at)."
        )
    return steps


def _questions(node: Node) -> list[dict[str, Any]]:
    return [_Mapping(item, _QUESTION, "questions").read() for item in _items(node)]


def _outcomes(node: Node) -> list[dict[str, Any]]:
    found = [_Mapping(item, _OUTCOME, "outcomes").read() for item in _items(node)]
    return [{"stops": False, **outcome} for outcome in found]


def _window(node: Node) -> Window:
    values = _Mapping(node, _WINDOW, "window").read()
    opens, closes = values.get("from", time(0)), values.get("until", time(23, 59))
    window = Window(
        days=values.get("days", 127),
        opens=opens.hour * 60 + opens.minute,
        closes=1440 if closes == time(23, 59) else closes.hour * 60 + closes.minute,
        on_holidays=values.get("holidays", False),
    )
    if window.closes <= window.opens:
        raise _fault(node, "until moet na from liggen.")
    return window


_TOP: dict[str, tuple[Callable[[Node], Any], bool]] = {
    "name": (_filled, True),
    "slug": (_slug, False),
    "sender": (_filled, True),
    "kenmerk": (_text, False),
    "audience": (_audience, False),
    "attachments": (_texts_of, False),
    "pdf_letter": (_flag, False),
    "questions": (_questions, False),
    "steps": (_steps, True),
    "meetings": (_texts_of, False),
    "outcomes": (_outcomes, False),
    "variants": (_bodies, False),
    "window": (_window, False),
}
_AUDIENCE: dict[str, tuple[Callable[[Node], Any], bool]] = {
    "role": (_texts_of, False),
    "province": (_texts_of, False),
    "list": (_texts_of, False),
    "tag": (_texts_of, False),
    "gemeente": (_texts_of, False),
    "answered": (_texts_of, False),
    "not_answered": (_texts_of, False),
    "except": (_audience, False),
}
_STEP: dict[str, tuple[Callable[[Node], Any], bool]] = {
    "subject": (_filled, True),
    "send_at": (_moment, False),
    "after": (_after, False),
    "at": (_clock, False),
    "to": (_recipients, False),
}
_QUESTION: dict[str, tuple[Callable[[Node], Any], bool]] = {
    "key": (_slug, True),
    "label": (_filled, True),
    "type": (_filled, True),
    "options": (_texts_of, False),
}
_OUTCOME: dict[str, tuple[Callable[[Node], Any], bool]] = {
    "key": (_slug, True),
    "label": (_filled, True),
    "stops": (_flag, False),
}
_WINDOW: dict[str, tuple[Callable[[Node], Any], bool]] = {
    "days": (_week, False),
    "from": (_clock, False),
    "until": (_clock, False),
    "holidays": (_flag, False),
}
