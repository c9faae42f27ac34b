"""What the head of a Dutch official letter says, read from its plain text as a first proposal."""

import re
from dataclasses import dataclass
from datetime import date

_MONTHS = (
    "januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september",
    "oktober", "november", "december",
)  # fmt: skip
_DAY = re.compile(rf"\b(\d{{1,2}})\s+({'|'.join(_MONTHS)})\s+(20\d\d)\b", re.IGNORECASE)
#: Labels of a memo head; each ends the value of the one before it.
_LABELS = {
    "subject": r"onderwerp|betreft",
    "number": r"no\.|nr\.|nummer|zaaknummer|documentnummer|registratienummer|brief-?nummer",
    "kenmerk": r"ons kenmerk|kenmerk",
    "handled_by": r"behandeld door|behandelaar|contactpersoon",
    "sent_on": r"verzonden(?: op)?|verzenddatum",
    "dated": r"plaats en datum|datum|dagtekening",
    "": r"uw kenmerk|uw brief van|bijlagen?|telefoon(?:nummer)?|e-?mail|doorkiesnummer|pagina",
}
_ANY = "|".join(_LABELS.values())
#: At the start of a line, or anywhere with a colon behind it.
_LABEL = re.compile(
    rf"^\s*((?i:{_ANY}))(?:\s*:|\s*$|\s(?=[\dA-Z])|(?<=\.)\s|(?<=[pnr])\s+(?=mevr|de heer))"
    rf"|(?<=\s)((?i:{_ANY}))\s*:"
)
_HEAD = 4000  #: characters: what is further on is the letter itself
_GREETING = re.compile(r"^\s*(?:Geachte?|Beste)\b", re.MULTILINE)
_LONGEST = 160


@dataclass(frozen=True)
class LetterFacts:
    """As far as they could be read."""

    subject: str = ""
    number: str = ""
    kenmerk: str = ""
    handled_by: str = ""
    dated: date | None = None
    sent_on: date | None = None


def read(text: str) -> LetterFacts:
    """Read the facts of a letter's head; what is not sure is left out.

    >>> read("Onderwerp : Zorg Gieten, 26 maart 2026\\nNo. : 2026-004273").number
    '2026-004273'
    """
    head = _GREETING.split(text[:_HEAD])[0]
    found: dict[str, str] = {}
    lines = head.split("\n")
    for at, line in enumerate(lines):
        for name, value in _of_line(line):
            value = value or _below(lines[at + 1 : at + (3 if name == "subject" else 2)])
            if name and value and name not in found:
                found[name] = value
    sent_on = _first(found.get("sent_on", ""))
    days = [day for one in _DAY.finditer(head) if (day := _date(one)) and day != sent_on]
    return LetterFacts(
        subject=_subject(found.get("subject", "")),
        number=_code(found.get("number", "")),
        kenmerk=_code(found.get("kenmerk", "")),
        handled_by=_name(found.get("handled_by", "")),
        dated=_first(found.get("dated", "")) or (days[0] if days else None),
        sent_on=sent_on,
    )


def _below(lines: list[str]) -> str:
    """What stands below a label that is alone on its line."""
    found = []
    for line in lines:
        if _LABEL.search(line) or not line.strip():
            break
        found.append(line.strip())
    return " ".join(found)


def _of_line(line: str) -> list[tuple[str, str]]:
    marks = list(_LABEL.finditer(line))
    ends = [mark.start() for mark in marks[1:]] + [len(line)] if marks else []
    return [
        (_which(mark[1] or mark[2]), line[mark.end() : end].strip(" :\t"))
        for mark, end in zip(marks, ends, strict=True)
    ]


def _which(label: str) -> str:
    return next(n for n, words in _LABELS.items() if re.fullmatch(words, label, re.IGNORECASE))


def _first(text: str) -> date | None:
    found = _DAY.search(text)
    return _date(found) if found else None


def _date(found: re.Match[str]) -> date | None:
    try:
        return date(int(found[3]), _MONTHS.index(found[2].lower()) + 1, int(found[1]))
    except ValueError:
        return None


def _subject(text: str) -> str:
    """Without a place and date behind it on the same line."""
    if day := _DAY.search(text):
        text = re.sub(r"[\s,]*(?:[A-Z][\w'’-]+,\s*)?$", "", text[: day.start()])
    return text.strip(" .,-:")[:_LONGEST]


def _code(text: str) -> str:
    """A kenmerk is one word, with a digit in it."""
    word = text.split()[0] if text.split() else ""
    return word.strip(".,;:")[:60] if any(c.isdigit() for c in word) else ""


def _name(text: str) -> str:
    return text[:60] if re.fullmatch(r"[^\d@:]{2,60}", text) else ""
