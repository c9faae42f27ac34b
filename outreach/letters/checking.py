"""The check before sending: what a careful reader would have seen.

Errors refuse; warnings are shown and may be meant; hints are advice. A finding says what is
wrong, where, and what to do. Nothing is fetched: a link is judged by how it is written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from outreach.letters import dutch, markup, placeholders
from outreach.letters.markup import Block, Document, Marks

LONGEST_SUBJECT = 78  #: characters; what inboxes and lists show (RFC 5322, 2.1.1)
LONGEST_MAIL = 120  #: words of a covering mail
#: A day further away than this from the day of sending is probably a mistaken year.
_LONG_AGO, _FAR_AHEAD = 270, 550

_MENTION = re.compile(
    r"(?<!geen )(?<!zonder )\b(?:bijlagen?|bijgevoegde?|bijgaande?)\b", re.IGNORECASE
)
_LOOSE_MENTION = re.compile(r"\b(?:hierbij|bij deze (?:mail|brief|e-mail)|pdf)\b", re.IGNORECASE)
_BRACKETED = re.compile(r"\[\s*([^\[\]\n]*[^\W\d_][^\[\]\n]*)\]")
_LINK_WORD = re.compile(r"(?:link|url|hier|website|adres|www)\b.*", re.IGNORECASE)
_UNREAD_LINK = re.compile(r"\[([^\[\]\n]+)\]\(((?:[^()\n]|\([^()\n]*\))*)\)")
_RESERVED = re.compile(r"(?:.+\.)?example\.(?:com|org|net)")
_FORMAL = re.compile(r"\b(?:[Uu]|[Uu]w)\b")
_INFORMAL = re.compile(r"\b(?:je|jij|jou|jouw|jullie)\b", re.IGNORECASE)
_JL = re.compile(r"\bj\.?l\.", re.IGNORECASE)
_MONTHS = "|".join(dutch.MONTHS)
_SHORT_DAYS = "|".join(day[:2] for day in dutch.WEEKDAYS)
_DATE = re.compile(
    rf"(?:\b({'|'.join(dutch.WEEKDAYS)}|{_SHORT_DAYS})\b\.?,?\s+)?"
    rf"\b(\d{{1,2}})\s+({_MONTHS})\b(?:\s+(\d{{4}}))?",
    re.IGNORECASE,
)


class Severity(StrEnum):
    ERROR = "error"  #: refuses the start
    WARNING = "warning"  #: shown and recorded; may be meant
    HINT = "hint"


@dataclass(frozen=True)
class Finding:
    """One thing in a text that a reader would stumble over."""

    code: str
    severity: Severity
    message: str  #: one Dutch sentence or two
    place: str  #: "stap 2, mail"


@dataclass(frozen=True)
class Draft:
    """The words of one step for one body, as they are about to be sent."""

    subject: str
    mail: str
    letter: str = ""  #: "" = the mail's text is the letter
    attachments: tuple[str, ...] = ()  #: file names
    step: int = 1
    variant: str = "raad"
    pdf_letter: bool = False
    send_on: date | None = None  #: Dutch day on which it is planned


class _Text(NamedTuple):
    """One of the texts of a draft, read."""

    place: str
    source: str
    document: Document

    @property
    def words(self) -> str:
        """The words as they read, placeholders as a name would stand there."""
        marks = self.document.marks
        return re.sub(rf"{marks.word}\d+[tu]", "Naam", "\n".join(_lines(self.document.blocks)))


def check(draft: Draft) -> list[Finding]:
    """Every finding, errors first."""
    step = f"stap {draft.step}" + (f" ({draft.variant})" if draft.variant != "raad" else "")
    mail = _Text(f"{step}, mail", draft.mail, markup.read(draft.mail))
    letter = _Text(f"{step}, brief", draft.letter, markup.read(draft.letter))
    texts = [text for text in (mail, letter) if text.source.strip()]
    found = [
        *_subject(draft, f"{step}, onderwerp"),
        *_attachments(draft, mail, letter),
        *_signature(mail),
        *_lengths(draft, mail),
        *_form_of_address(texts, step),
    ]
    for text in texts:
        found += [*_placeholders(text.source, text.place), *_links(text), *_brackets(text)]
        found += [*_dates(text, draft.send_on), *_abbreviations(text)]
    order = list(Severity)
    return sorted(dict.fromkeys(found), key=lambda finding: order.index(finding.severity))


def errors(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity is Severity.ERROR]


def _error(code: str, message: str, place: str) -> Finding:
    return Finding(code, Severity.ERROR, message, place)


def _warning(code: str, message: str, place: str) -> Finding:
    return Finding(code, Severity.WARNING, message, place)


def _subject(draft: Draft, place: str) -> Iterator[Finding]:
    if not draft.subject.strip():
        yield _error("subject-empty", "Het onderwerp is leeg. Vul een onderwerp in.", place)
    yield from _placeholders(draft.subject, place)
    length = sum(
        len(piece) if isinstance(piece, str) else len("Gemeente")
        for piece in placeholders.split(draft.subject)
    )
    if length > LONGEST_SUBJECT:
        message = (
            f"Het onderwerp is langer dan {LONGEST_SUBJECT} tekens. Maak het korter: "
            "veel postvakken tonen de rest niet."
        )
        yield _warning("subject-long", message, place)


def _placeholders(source: str, place: str) -> Iterator[Finding]:
    for written in placeholders.unknown(source):
        meant = placeholders.suggestion(written)
        hint = (
            f"Bedoelt u {{{{{meant}}}}}?" if meant else "Verbeter de schrijfwijze of haal hem weg."
        )
        yield _error("unknown-placeholder", f"Invulveld {written} bestaat niet. {hint}", place)


def _links(text: _Text) -> Iterator[Finding]:
    marks = text.document.marks
    for link in markup.links(text.document.blocks):
        shown = re.sub(rf"{marks.word}\d+[tu]", "…", markup.plain(link.children)) or link.url
        yield from _judged(shown, _as_filled(link.url, marks), text.place)
    # What the reader of Markdown refused to make a link of, e.g. javascript: or a space in it.
    for match in _UNREAD_LINK.finditer(text.words):
        yield _no_address(match[1], f"is “{match[2]}” geen webadres", text.place)


def _as_filled(url: str, marks: Marks) -> str:
    """An address with something in its placeholders: a whole address where they stand for one."""

    def sample(match: re.Match[str]) -> str:
        whole = placeholders.is_url(marks.items[int(match[1])].name)
        return "https://bijeenkomst.nl" if whole else "x"

    return re.sub(rf"{marks.word}(\d+)[tu]", sample, url)


def _judged(shown: str, url: str, place: str) -> Iterator[Finding]:
    if fault := _fault(url):
        yield _no_address(shown, fault, place)
    elif _is_placeholder_host(url):
        message = (
            f"De link “{shown}” wijst naar een voorbeeldadres ({url}). Vul het echte adres in."
        )
        yield _warning("link-example", message, place)


def _no_address(shown: str, fault: str, place: str) -> Finding:
    message = f"Link zonder adres: bij “{shown}” {fault}. Vul een volledig adres in, met https://."
    return _error("link-without-address", message, place)


def _fault(url: str) -> str:
    """Why nobody gets anywhere with this address; empty when they may."""
    if not url or url.startswith("#"):
        return "staat geen adres"
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return f"is “{url}” geen webadres"
    if parts.scheme == "mailto":
        return "" if re.fullmatch(r"[^@\s]+@[^@\s]+", parts.path) else "staat geen mailadres"
    if parts.scheme not in ("http", "https"):
        return f"is “{url}” geen volledig webadres"
    return "" if _is_host(host) else f"mist “{url}” de naam van een website"


def _is_host(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return host == "localhost" or re.fullmatch(r"[^.\s]+(?:\.[^.\s]+)+", host) is not None
    return True


def _is_placeholder_host(url: str) -> bool:
    parts = urlsplit(url)
    host = parts.hostname or parts.path.rpartition("@")[2].lower()
    return bool(_RESERVED.fullmatch(host)) or (host == "localhost" and ":" not in parts.netloc)


def _brackets(text: _Text) -> Iterator[Finding]:
    """What was meant to be filled in: "[link]", "[naam]"."""
    linked = [markup.plain(link.children) for link in markup.links(text.document.blocks)]
    for match in _BRACKETED.finditer(_UNREAD_LINK.sub("", text.words)):
        if any(match[0] in words for words in linked):
            continue  # judged as a link
        written = match[1].strip()
        if _LINK_WORD.fullmatch(written):
            message = (
                f"Link zonder adres: er staat nog “[{written}]”. "
                "Maak er een link met een volledig adres van."
            )
            yield _error("link-without-address", message, text.place)
        else:
            message = f"Er staat nog “[{written}]” in de tekst. Vul dit in of haal het weg."
            yield _warning("left-open", message, text.place)


def _attachments(draft: Draft, mail: _Text, letter: _Text) -> Iterator[Finding]:
    for text in (mail, letter):
        mention = _MENTION.search(text.words)
        if mention is None or draft.attachments:
            continue
        message = (
            f"De tekst noemt “{mention[0]}”, maar er is geen bijlage. "
            "Voeg het bestand toe of haal de zin weg."
        )
        if not draft.pdf_letter:
            yield _error("attachment-missing", message, text.place)
        elif text is letter:
            # The PDF is an attachment to the mail, not to itself.
            yield _warning("attachment-missing", message, text.place)
    names = dutch.enumeration(draft.attachments)
    told = any(_MENTION.search(t.words) or _LOOSE_MENTION.search(t.words) for t in (mail, letter))
    if draft.attachments and not told:
        message = (
            f"De bijlage {names} gaat mee, maar de tekst noemt haar niet. Noem haar in de mail."
        )
        if len(draft.attachments) > 1:
            message = (
                f"De bijlagen {names} gaan mee, maar de tekst noemt ze niet. Noem ze in de mail."
            )
        yield _warning("attachment-not-mentioned", message, mail.place)


def _signature(mail: _Text) -> Iterator[Finding]:
    # A letter without its own gets the letterhead's.
    if not _is_signed(mail.document):
        message = (
            "De mail heeft geen ondertekening. "
            "Sluit af met bijvoorbeeld “Met vriendelijke groet,” en een naam."
        )
        yield _error("no-signature", message, mail.place)


def _is_signed(document: Document) -> bool:
    """A name after the closing phrase, or a short line with a name at the very end."""
    lines = [line.strip() for line in _lines(document.blocks) if line.strip()]
    for at in range(len(lines) - 1, -1, -1):
        phrase, _, rest = lines[at].partition(",")
        if markup.is_closing(lines[at]):
            below = lines[at + 1 :]
            return bool(below) and len(below[0]) < 2 * markup.SHORT_LINE
        if markup.is_closing(phrase) and rest.strip():
            return True
    last = document.blocks[-1] if document.blocks else Block("rule")
    if last.kind != "paragraph" or len(lines) < 2:
        return False
    return len(lines[-1]) < markup.SHORT_LINE and lines[-1][-1] not in ".?!:;…"


def _lengths(draft: Draft, mail: _Text) -> Iterator[Finding]:
    words = len(re.findall(r"\w[\w’'-]*", mail.words))
    if draft.letter.strip() and words > LONGEST_MAIL:
        message = (
            f"De mail telt {words} woorden. Houd hem onder de {LONGEST_MAIL}: "
            "de brief zegt de rest."
        )
        yield _warning("mail-long", message, mail.place)
    if draft.pdf_letter and not draft.letter.strip():
        message = (
            "Er is geen aparte brief: de pdf krijgt de tekst van de mail. "
            "Schrijf een brief als dat niet de bedoeling is."
        )
        yield _warning("letter-empty", message, mail.place)


def _form_of_address(texts: list[_Text], step: str) -> Iterator[Finding]:
    words = "\n".join(text.words for text in texts)
    formal, informal = _FORMAL.search(words), _INFORMAL.search(words)
    if formal and informal:
        message = (
            f"De tekst zegt “{formal[0].lower()}” en ook “{informal[0].lower()}”. "
            "Kies één aanspreekvorm voor mail en brief."
        )
        yield _warning("mixed-address", message, step)


def _dates(text: _Text, send_on: date | None) -> Iterator[Finding]:
    for match in _DATE.finditer(text.words):
        written = " ".join(match[0].split())
        day = _day(match, send_on)
        if day is None:
            if match[4] or send_on:
                message = f"“{written}” bestaat niet. Verbeter de datum."
                yield _warning("no-such-date", message, text.place)
            continue
        weekday = dutch.WEEKDAYS[day.weekday()]
        if match[1] and match[1].lower()[:2] != weekday[:2]:
            message = (
                f"“{written}” klopt niet: {dutch.long_date(day)} is een {weekday}. "
                "Verbeter de dag of de datum."
            )
            yield _warning("wrong-weekday", message, text.place)
        if match[4] and send_on and not -_LONG_AGO <= (day - send_on).days <= _FAR_AHEAD:
            message = (
                f"“{written}” ligt ver van de dag van versturen ({dutch.long_date(send_on)}). "
                "Klopt het jaar?"
            )
            yield _warning("year-far", message, text.place)


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


def _abbreviations(text: _Text) -> Iterator[Finding]:
    if match := _JL.search(text.words):
        message = (
            f"Er staat “{match[0]}”. Schrijf de datum met het jaar: een brief wordt later gelezen."
        )
        yield _warning("jl", message, text.place)


def _lines(blocks: tuple[Block, ...]) -> list[str]:
    lines: list[str] = []
    for block in blocks:
        if block.inlines:
            lines += markup.plain(block.inlines).split("\n")
        lines += _lines(block.children)
    return lines
