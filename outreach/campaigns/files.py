"""A campaign as a file: Markdown with front matter (docs/campaign-file.md)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from outreach import frontmatter
from outreach.answers import questions
from outreach.answers.questions import QuestionType
from outreach.campaigns import conditions, expressions, softly
from outreach.campaigns.conditions import To
from outreach.campaigns.expressions import Path
from outreach.campaigns.models import Recipients
from outreach.errors import Invalid
from outreach.frontmatter import (
    BadFile,
    Schema,
    clock,
    fault,
    filled,
    flag,
    items,
    mapping,
    moment,
    slug,
    text,
    texts,
)

DAYS = {"mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6}
DAGEN = {"ma": 0, "di": 1, "wo": 2, "do": 3, "vr": 4, "za": 5, "zo": 6}
BODIES = ("raad", "college")
_ROW = r"in regel \1 van de selectie"
_DEEPEST = 8  #: of an expression: group, row, group, row, value
_AFTER = re.compile(r"(\d{1,3})\s*(days?|dagen|dag|working days?|werkdagen|werkdag)")
_HOURS = re.compile(r"(\d{1,3})\s*(?:hours?|uur)")
_PART = re.compile(r"\+\+\+\s*([a-z0-9-]+)\s*")


#: Working days after a raadsvergadering.
MOST_AFTER_COUNCIL = 60
#: Characters of a mail or a letter; a long one has 10,000.
LONGEST_TEXT = 200_000
TOO_LONG = "De tekst is langer dan 200.000 tekens. Maak hem korter."


@dataclass(frozen=True)
class Text:
    """A step's words for one body.

    :raises Invalid: one of them is longer than any letter, or has a NUL
    """

    mail: str
    letter: str = ""

    def __post_init__(self) -> None:
        if max(len(self.mail), len(self.letter)) > LONGEST_TEXT:
            raise Invalid(TOO_LONG)
        if "\0" in self.mail + self.letter:  # PostgreSQL keeps none
            raise Invalid("De tekst heeft een teken dat geen letter is. Plak hem als platte tekst.")


@dataclass(frozen=True)
class StepPart:
    subject: str
    texts: dict[str, Text]
    to: To = field(default_factory=To)
    send_at: datetime | None = None
    send_at_wall: str = ""
    after_days: int | None = None
    after_working: bool = False
    after_at: time | None = None
    before: str = ""  #: a meeting, from whose first day the days count back
    not_in_recess: bool = False
    council_days: int | None = None  #: working days after a raadsvergadering; else `after_days`

    @property
    def recipients(self) -> Recipients:
        return self.to.recipients

    @property
    def meeting(self) -> str | None:
        return self.to.meeting or None

    @property
    def meeting_registered(self) -> bool:
        return self.to.registered


@dataclass(frozen=True)
class Window:
    days: int = 127
    opens: int = 0
    closes: int = 1440
    on_holidays: bool = True


@dataclass(frozen=True)
class Soft:
    """A few gemeenten first; see `campaigns.softly`."""

    first: int = softly.USUAL
    gemeenten: tuple[str, ...] = ()  #: these; else we choose
    hours: int | None = None  #: until the rest; None: the next working day


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
    in_reply_to: tuple[Mapping[str, str], ...] = ()  #: see `Campaign.in_reply_to`
    handled_by: str = ""
    direct_phone: str = ""
    cosigners: tuple[str, ...] | None = None  #: None: the sender's
    soft: Soft | None = None  #: None: all at once
    registration_answers: bool = False  #: for one of `meetings`


def parse(file: str) -> CampaignFile:
    """Read a campaign file.

    :raises BadFile: with the line and column of the first fault
    """
    values, lines, first_line = frontmatter.read(file, _TOP)
    return _assemble(values, lines, first_line=first_line)


def _assemble(values: dict[str, Any], lines: list[str], *, first_line: int) -> CampaignFile:
    variants = tuple(values.get("variants") or BODIES[:1])
    letters = _letters(lines, variants, first_line)
    steps = values["steps"]
    counts, where = values.get("registration_answers", (False, None))
    if counts and not values.get("meetings"):
        raise fault(where, "noem ook meetings: de bijeenkomsten waarvoor een aanmelding telt.")
    for step in steps:
        _check_question(step, values.get("questions", []))
    if len(letters) != len(steps):
        raise BadFile(
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
        in_reply_to=tuple(values.get("in_reply_to", ())),
        handled_by=values.get("handled_by", ""),
        direct_phone=values.get("direct_phone", ""),
        cosigners=tuple(values["cosigners"]) if "cosigners" in values else None,
        soft=values.get("soft_start"),
        registration_answers=counts,
    )


def _check_question(step: dict[str, Any], asked: list[dict[str, Any]]) -> None:
    try:
        conditions.check(step.get("to") or To(), questions.of(asked))
    except Invalid as error:
        at = next(value for key, value in step["node"].value if text(key) == "to")
        raise fault(at, str(error)) from None


def slug_of(name: str) -> str:
    """A name as it stands in an address: "Oproep: één plek" → "oproep-een-plek"."""
    plain = name.casefold().translate(
        str.maketrans("éèëêáàäâóòöôíìïîúùüûç", "eeeeaaaaooooiiiiuuuuc")
    )
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-") or "brief"


def _step(values: dict[str, Any], texts: dict[str, Text]) -> StepPart:
    before, (days, working) = values.get("before") or ("", values.get("after") or (None, False))
    moment, wall = values.get("send_at") or (None, "")
    return StepPart(
        subject=values["subject"],
        send_at=moment,
        send_at_wall=wall,
        after_days=days,
        after_working=working,
        after_at=values.get("at"),
        to=values.get("to") or To(),
        before=before,
        not_in_recess=values.get("not_in_recess", False),
        council_days=values.get("after_council"),
        texts=texts,
    )


def starts_part(line: str) -> bool:
    """Whether a line of a letter would begin the text for another body, or the PDF letter."""
    return _PART.fullmatch(line) is not None


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
            raise BadFile(
                f"Regel {number}, kolom 5: ‘+++ {match[1]}’ is hier onbekend; bekend zijn {known}."
            )
        parts.setdefault(current, [])
    empty = [v for v in variants if (v, "mail") in parts and not _joined(parts, v, "mail")]
    if empty:
        raise BadFile(f"Regel {first}: de brief die hier begint is leeg.")
    return {
        variant: Text(mail=_joined(parts, variant, "mail"), letter=_joined(parts, variant, "brief"))
        for variant in variants
        if (variant, "mail") in parts
    }


def _joined(parts: dict[tuple[str, str], list[str]], variant: str, part: str) -> str:
    return "\n".join(parts.get((variant, part), [])).strip()


# ── the schema: each reader takes a node and gives a value ──────────────────────────────


def _bodies(node: Node) -> list[str]:
    found = []
    for item in items(node):
        if filled(item) not in BODIES or filled(item) in found:
            raise fault(item, f"‘{text(item)}’ kan hier niet; kies uit {', '.join(BODIES)}.")
        found.append(filled(item))
    return found


def _after(node: Node) -> tuple[int, bool]:
    value = filled(node).casefold()
    match = _AFTER.fullmatch(value)
    if match is None or int(match[1]) > 365:
        raise fault(node, f"‘{value}’ moet zijn als ‘18 days’ of ‘30 working days’.")
    return int(match[1]), match[2].startswith("w")


def _after_council(node: Node) -> int:
    """How long after the next raadsvergadering: working days."""
    value = filled(node).casefold()
    match = _AFTER.fullmatch(value)
    if (
        match is None
        or not match[2].startswith("w")
        or not 1 <= int(match[1]) <= MOST_AFTER_COUNCIL
    ):
        raise fault(node, f"‘{value}’ moet zijn als ‘3 working days’, 1 tot 60.")
    return int(match[1])


def _before(node: Node) -> tuple[str, tuple[int, bool]]:
    """How long before a meeting: `{haarlem: 14 days}`."""
    if not isinstance(node, MappingNode) or len(node.value) != 1:
        raise fault(
            node, "hier hoort één bijeenkomst met een aantal dagen, als {haarlem: 14 days}."
        )
    key, value = node.value[0]
    return slug(key), _after(value)


def _to(node: Node) -> To:
    """One word, or conditions of which each has to hold."""
    if isinstance(node, ScalarNode):
        value = filled(node)
        if value not in set(Recipients):
            known = ", ".join(Recipients)
            raise fault(node, f"‘{value}’ moet {known} zijn, of {{…}} met voorwaarden.")
        return To(Recipients(value))
    values = mapping(node, _TO, "to")
    if "not_replied_to" in values and "replied" in values:
        raise fault(node, "replied en not_replied_to gaan niet samen.")
    if "registered_for" in values and "not_registered_for" in values:
        raise fault(node, "registered_for en not_registered_for gaan niet samen.")
    if values.get("receipt") and values.get("silent"):
        raise fault(node, "receipt en silent gaan niet samen.")
    asked = (Recipients.RECEIPT, Recipients.SILENT, Recipients.NOT_ANSWERED)
    question, answers = values.get("replied", (values.get("not_replied_to", ""), ()))
    to = To(
        next((one for one in asked if values.get(one.value)), Recipients.ALL),
        question,
        answers,
        values.get("registered_for") or values.get("not_registered_for", ""),
        "registered_for" in values,
    )
    if to.everyone:
        raise fault(node, "hier staat geen voorwaarde. Schrijf all voor iedereen.")
    return to


def _replied(node: Node) -> tuple[str, tuple[str, ...]]:
    """A question with the answers that count: `{pilot: [ja, in beraad]}`."""
    if not isinstance(node, MappingNode) or len(node.value) != 1:
        raise fault(node, "hier hoort één vraag met antwoorden, zoals {pilot: [ja]}.")
    key, value = node.value[0]
    answers = tuple(texts(value))
    if not answers:
        raise fault(value, "hier hoort ten minste één antwoord.")
    return slug(key), answers


def _week(node: Node) -> int:
    bits = 0
    for part in ",".join(texts(node)).casefold().split(","):
        first, dash, last = (piece.strip()[:3] for piece in part.partition("-"))
        names = DAYS | DAGEN
        if first not in names or (dash and last not in names):
            raise fault(node, f"‘{part.strip()}’ zijn geen dagen. Schrijf mon-fri.")
        begin, end = names[first], names[last] if dash else names[first]
        for day in range(begin, end + 1 + (7 if end < begin else 0)):
            bits |= 1 << (day % 7)
    return bits


def _audience(node: Node) -> dict[str, Any]:
    return mapping(node, _AUDIENCE, "audience")


def _segment(node: Node) -> str | dict[str, Any]:
    """The name of a selectie, or an expression like that of one."""
    if isinstance(node, ScalarNode):
        return filled(node)
    nodes: dict[Path, Node] = {}
    try:
        return expressions.dump(expressions.parse(_plain(node, (), nodes)))
    except expressions.BadExpression as error:
        near = next(
            error.path[:n] for n in range(len(error.path), -1, -1) if error.path[:n] in nodes
        )
        raise fault(nodes[near], re.sub(r"^Regel (\d+)", _ROW, str(error))) from None


def _plain(node: Node, path: Path, nodes: dict[Path, Node]) -> Any:
    """A node as plain data; where each part of it stands goes into `nodes`."""
    nodes[path] = node
    if len(path) > _DEEPEST:
        raise fault(node, "hier staan te veel haken in elkaar.")
    if isinstance(node, SequenceNode):
        return [_plain(one, (*path, n), nodes) for n, one in enumerate(node.value)]
    if isinstance(node, MappingNode):
        found: dict[str, Any] = {}
        for key, value in node.value:
            if text(key) in found:
                raise fault(key, f"‘{text(key)}’ staat er twee keer.")
            found[text(key)] = _plain(value, (*path, text(key)), nodes)
        return found
    return text(node)


def _step_values(node: Node) -> dict[str, Any]:
    values = mapping(node, _STEP, "steps") | {"node": node}
    if len(values.keys() & {"send_at", "after", "before"}) != 1:
        raise fault(node, "een stap heeft één van send_at, after en before nodig.")
    if "after_council" in values and "after" not in values:
        raise fault(node, "bij after_council hoort ook after, voor wie geen vergadering bekend is.")
    if "send_at" not in values and "at" not in values:
        raise fault(node, "bij after en before hoort ook at, de tijd van de dag.")
    if "at" in values and "send_at" in values:
        raise fault(node, "at hoort bij after en before; bij send_at staat de tijd er al in.")
    return values


def _steps(node: Node) -> list[dict[str, Any]]:
    if not isinstance(node, SequenceNode) or not node.value:
        raise fault(node, "hier hoort een lijst met ten minste één stap.")
    steps = [_step_values(item) for item in node.value]
    if "send_at" not in steps[0] or not steps[0].get("to", To()).everyone:
        raise fault(
            node.value[0], "de eerste stap gaat naar iedereen, op een vast moment (send_at)."
        )
    return steps


def _questions(node: Node) -> list[dict[str, Any]]:
    found = [_question(item) for item in items(node)]
    for item, one in zip(items(node), found, strict=True):
        if sum(one["key"] == other["key"] for other in found) > 1:
            raise fault(item, f"de vraag ‘{one['key']}’ staat er twee keer.")
    return found


def _question(node: Node) -> dict[str, Any]:
    values = mapping(node, _QUESTION, "questions")
    options = values.get("options", [])
    if values["type"] is QuestionType.TEXT:
        if options:
            raise fault(node, "bij een vraag in woorden (text) horen geen options.")
    elif len(set(options)) < max(2, len(options)):
        raise fault(node, "bij deze vraag horen options: ten minste twee, elk één keer.")
    return values


def _question_type(node: Node) -> QuestionType:
    try:
        return QuestionType(text(node))
    except ValueError:
        known = ", ".join(QuestionType)
        raise fault(node, f"‘{text(node)}’ is geen soort vraag; bekend zijn {known}.") from None


def _outcomes(node: Node) -> list[dict[str, Any]]:
    found = [mapping(item, _OUTCOME, "outcomes") for item in items(node)]
    return [{"stops": False, **outcome} for outcome in found]


def _window(node: Node) -> Window:
    values = mapping(node, _WINDOW, "window")
    opens, closes = values.get("from", time(0)), values.get("until", time(23, 59))
    window = Window(
        days=values.get("days", 127),
        opens=opens.hour * 60 + opens.minute,
        closes=1440 if closes == time(23, 59) else closes.hour * 60 + closes.minute,
        on_holidays=values.get("holidays", False),
    )
    if window.closes <= window.opens:
        raise fault(node, "until moet na from liggen.")
    return window


def _soft(node: Node) -> Soft:
    """How many, or a mapping."""
    if isinstance(node, ScalarNode):
        return Soft(_few(node))
    values = mapping(node, _SOFT, "soft_start")
    named = tuple(values.get("gemeenten", ()))
    if named and "first" in values:
        raise fault(node, "first en gemeenten gaan niet samen: noem een aantal, of welke.")
    return Soft(len(named) or values.get("first", Soft.first), named, values.get("rest"))


def _few(node: Node) -> int:
    value = filled(node)
    if not value.isdecimal() or not 1 <= int(value[:5]) <= 1000:
        raise fault(node, f"‘{value}’ moet een aantal gemeenten zijn, van 1 tot 1000.")
    return int(value)


def _rest(node: Node) -> int | None:
    value = filled(node).casefold()
    if value in ("next working day", "volgende werkdag"):
        return None
    match = _HOURS.fullmatch(value)
    if match is None or not 1 <= int(match[1]) <= softly.LONGEST:
        raise fault(node, f"‘{value}’ moet zijn als ‘24 hours’ of ‘next working day’.")
    return int(match[1])


def _replies(node: Node) -> list[dict[str, str]]:
    found = [{"body": BODIES[0], **mapping(one, _REPLY, "in_reply_to")} for one in items(node)]
    for one, item in zip(found, items(node), strict=True):
        if not one.get("kenmerk") and not one.get("date"):
            raise fault(item, "een brief van een gemeente heeft een kenmerk of een datum.")
    return found


def _body(node: Node) -> str:
    if (value := text(node)) not in BODIES:
        raise fault(node, f"‘{value}’ is geen raad of college.")
    return value


def _day(node: Node) -> str:
    try:
        return date.fromisoformat(filled(node)).isoformat()
    except ValueError:
        raise fault(node, f"‘{text(node)}’ is geen datum. Schrijf 2026-03-26.") from None


_TOP: Schema = {
    "name": (filled, True),
    "slug": (slug, False),
    "sender": (filled, True),
    "kenmerk": (text, False),
    "audience": (_audience, False),
    "attachments": (texts, False),
    "pdf_letter": (flag, False),
    "questions": (_questions, False),
    "steps": (_steps, True),
    "meetings": (texts, False),
    "registration_answers": (lambda node: (flag(node), node), False),
    "outcomes": (_outcomes, False),
    "variants": (_bodies, False),
    "window": (_window, False),
    "in_reply_to": (_replies, False),
    "handled_by": (text, False),
    "direct_phone": (text, False),
    "cosigners": (texts, False),
    "soft_start": (_soft, False),
}
_SOFT: Schema = {
    "first": (_few, False),
    "gemeenten": (texts, False),
    "rest": (_rest, False),
}
_REPLY: Schema = {
    "gemeente": (filled, True),
    "body": (_body, False),
    "kenmerk": (text, False),
    "date": (_day, False),
}
_AUDIENCE: Schema = {
    "role": (texts, False),
    "province": (texts, False),
    "region": (texts, False),
    "list": (texts, False),
    "tag": (texts, False),
    "gemeente": (texts, False),
    "answered": (texts, False),
    "not_answered": (texts, False),
    "registered_for": (texts, False),
    "segment": (_segment, False),
    "except": (_audience, False),
}
_STEP: Schema = {
    "subject": (filled, True),
    "send_at": (moment, False),
    "after": (_after, False),
    "before": (_before, False),
    "after_council": (_after_council, False),
    "at": (clock, False),
    "not_in_recess": (flag, False),
    "to": (_to, False),
}
_TO: Schema = {
    "not_answered": (flag, False),
    "receipt": (flag, False),
    "silent": (flag, False),
    "replied": (_replied, False),
    "not_replied_to": (slug, False),
    "registered_for": (slug, False),
    "not_registered_for": (slug, False),
}
_QUESTION: Schema = {
    "key": (slug, True),
    "label": (filled, True),
    "type": (_question_type, True),
    "options": (texts, False),
}
_OUTCOME: Schema = {
    "key": (slug, True),
    "label": (filled, True),
    "stops": (flag, False),
}
_WINDOW: Schema = {
    "days": (_week, False),
    "from": (clock, False),
    "until": (clock, False),
    "holidays": (flag, False),
}
