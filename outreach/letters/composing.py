"""From a coordinator's Markdown to both parts of a mail."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from html import escape

from outreach.letters import dutch, frame, markup, placeholders, plaintext
from outreach.letters.frame import Shape
from outreach.letters.markup import Document, one_line
from outreach.letters.plaintext import Chunk


class Kind(StrEnum):
    """What a mail is, as far as its looks go."""

    LETTER = "letter"  #: with its subject as a title
    NOTICE = "notice"  #: a short message about something that was done


@dataclass(frozen=True)
class Letterhead:
    """Who sends, above and below every mail."""

    sender_name: str
    subtitle: str
    postal_address: str
    email: str
    phone: str


@dataclass(frozen=True)
class Foot:
    """What the product puts below a letter, for the griffie."""

    why: str  #: "U krijgt deze mail omdat …", one or two sentences
    answer_links: tuple[tuple[str, str], ...]  #: (label, URL), of equal weight; or none
    answer_url: str  #: the page with all answers
    no_more_mail_url: str
    other_address_url: str  #: "" for who has no such page
    forward_text: str = ""  #: Markdown, for the griffie to send on; names nobody
    card: tuple[tuple[str, str], ...] = ()  #: the griffiekaart: (label, value)
    answer_words: tuple[str, ...] = ()  #: per answer link: the one word that answers as well


@dataclass(frozen=True)
class Quoted:
    """The original below a reminder: its date and its words, never its answer links."""

    date: str  #: "23 maart 2026"
    text: str  #: see `Template.plain`


@dataclass(frozen=True)
class Section:
    """A part of a mail below its text, with a title and perhaps buttons."""

    title: str
    text: str  #: Markdown, in the language of letters
    buttons: tuple[tuple[str, str], ...] = ()  #: (label, URL), of equal weight


@dataclass(frozen=True)
class Below:
    """What stands below the text of a mail about a registration."""

    facts: tuple[tuple[str, str], ...] = ()  #: (label, value); a value may have lines
    sections: tuple[Section, ...] = ()
    why: str = ""  #: Markdown: why this mail came, at the very end


@dataclass(frozen=True)
class Content:
    """One mail's words, ready to be sent."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Template:
    """One version of a step's text, made ready once."""

    subject: str
    kind: Kind
    document: Document
    text: tuple[Chunk, ...]
    html: str  #: styles inlined, marks still in it

    def fill(
        self,
        values: Mapping[str, str],
        *,
        look: Letterhead,
        foot: Foot | None = None,
        quoted: Quoted | None = None,
        below: Below | None = None,
    ) -> Content:
        """The mail of one recipient.

        A zaaknummer among the values is quoted above the text, unless the text itself does.

        :raises MissingValue: a placeholder without a value or a default
        """
        subject = one_line(placeholders.fill(self.subject, values))
        mail = _Mail(self, values, subject, self._case_number(values), look, foot, quoted, below)
        return Content(subject, _text(mail), _html(mail))

    def plain(self, values: Mapping[str, str]) -> str:
        """The covering mail alone, each paragraph in one line, for `Quoted`."""
        return plaintext.fill(self.text, self.document.marks, values, width=0)

    def _case_number(self, values: Mapping[str, str]) -> str:
        asked = any(p.name == "zaaknummer" for p in self.document.marks.items)
        return "" if asked else one_line(values.get("zaaknummer", ""))


@lru_cache(maxsize=64)
def prepare(subject: str, mail_markdown: str, *, kind: str = Kind.LETTER) -> Template:
    """Read a step's text once, so that filling it for each recipient is cheap."""
    document = markup.read(mail_markdown)
    html = frame.styled(markup.to_html(document.blocks))
    return Template(subject, Kind(kind), document, plaintext.chunks(document), html)


@dataclass(frozen=True)
class _Mail:
    template: Template
    values: Mapping[str, str]
    subject: str
    case_number: str
    look: Letterhead
    foot: Foot | None
    quoted: Quoted | None
    below: Below | None

    @property
    def titled(self) -> bool:
        return self.template.kind is Kind.LETTER

    @property
    def quoted_head(self) -> str:
        return f"Op {self.quoted.date} schreven wij:" if self.quoted else ""


def _text(mail: _Mail) -> str:
    template, look = mail.template, mail.look
    head = [plaintext.wrap("\n".join(filter(None, (look.sender_name, look.subtitle))))]
    if mail.titled:
        head.append(plaintext.wrap(mail.subject.upper()))
    if mail.case_number:
        head.append(f"Uw zaaknummer: {mail.case_number}")
    body = plaintext.fill(template.text, template.document.marks, mail.values)
    parts = ["\n\n".join([*head, body])]
    if mail.below:
        if mail.below.facts:
            parts[0] += f"\n\n{_text_facts(mail.below.facts)}"
        parts += [_text_section(section, mail.values) for section in mail.below.sections]
    if mail.foot:
        parts += _sections(mail.foot, mail.values)
    if mail.quoted:
        parts.append(f"{mail.quoted_head}\n\n{plaintext.quoted(mail.quoted.text)}")
    return f"\n\n{plaintext.RULE}\n".join(parts) + f"\n\n-- \n{_text_foot(mail)}\n"


def _sections(foot: Foot, values: Mapping[str, str]) -> list[str]:
    sections = []
    if foot.answer_links:
        links = [f"{plaintext.wrap(f'{label}:')}\n{url}" for label, url in _buttons(foot)]
        said = plaintext.wrap(frame.WHAT_DID_YOU_DO), *links, plaintext.wrap(_one_word(foot))
        all_answers = f"{frame.NONE_FITS} {frame.ALL_ANSWERS}:\n{foot.answer_url}"
        sections.append("\n\n".join([frame.GRIFFIE.upper(), *said, all_answers]))
    if foot.forward_text:
        text = _text_of(foot.forward_text, values)
        sections.append(f"{frame.FORWARD.upper()}\n\n{frame.FORWARD_HINT}\n\n{text}")
    if foot.card:
        sections.append(
            f"{frame.CARD.upper()}\n\n{frame.CARD_HINT}\n\n{plaintext.facts(foot.card)}"
        )
    return sections


def _text_facts(rows: tuple[tuple[str, str], ...]) -> str:
    return "\n\n".join(
        plaintext.facts((row,), column=max(len(label) for label, _ in rows)) for row in rows
    )


def _text_section(section: Section, values: Mapping[str, str]) -> str:
    links = [f"{plaintext.wrap(f'{label}:')}\n{url}" for label, url in section.buttons]
    return "\n\n".join([section.title.upper(), _text_of(section.text, values), *links])


def _text_of(markdown: str, values: Mapping[str, str]) -> str:
    document = markup.read(markdown)
    return plaintext.fill(plaintext.chunks(document), document.marks, values)


def _text_foot(mail: _Mail) -> str:
    paragraphs = ["\n".join(plaintext.wrap(line) for line in _who(mail.look))]
    if mail.below and mail.below.why:
        paragraphs.append(_text_of(mail.below.why, mail.values))
    if foot := mail.foot:
        paragraphs.append(plaintext.wrap(one_line(foot.why)))
        if foot.other_address_url:
            paragraphs.append(f"{frame.OTHER_ADDRESS}:\n{foot.other_address_url}")
        paragraphs.append(f"{frame.NO_MORE_MAIL}:\n{foot.no_more_mail_url}")
    return "\n\n".join(paragraphs)


def _html(mail: _Mail) -> str:
    foot, look, below = mail.foot, mail.look, mail.below or Below()
    slots = {
        "subject": escape(mail.subject),
        "sender": escape(look.sender_name),
        "subtitle": escape(look.subtitle),
        "case_number": escape(mail.case_number),
        "letter": _filled_html(mail.template.html, mail.template.document, mail.values),
        "quoted_head": escape(mail.quoted_head),
        "quoted": _quoted_html(mail.quoted.text) if mail.quoted else "",
        "who": "<br>\n".join(_linked(line) for line in _who(look)),
    }
    if foot:
        slots |= _foot_slots(foot, mail.values)
    slots |= _below_slots(below, mail.values)
    shape = Shape(
        title=mail.titled,
        subtitle=bool(look.subtitle),
        case_number=bool(mail.case_number),
        buttons=len(foot.answer_links) if foot else 0,
        forward=bool(foot and foot.forward_text),
        card_rows=len(foot.card) if foot else 0,
        quoted=mail.quoted is not None,
        foot=foot is not None,
        other_address=bool(foot and foot.other_address_url),
        facts=len(below.facts),
        sections=tuple(len(section.buttons) for section in below.sections),
        why=bool(below.why),
    )
    pieces = frame.pieces(shape)
    return frame.fold("".join(p if isinstance(p, str) else slots[p.name] for p in pieces))


def _foot_slots(foot: Foot, values: Mapping[str, str]) -> dict[str, str]:
    slots = {
        "why": escape(one_line(foot.why)),
        "one_word": _one_word(foot, shown=_strong),
        "answer_url": escape(foot.answer_url),
        "other_address_url": escape(foot.other_address_url),
        "no_more_mail_url": escape(foot.no_more_mail_url),
        "forward": _forward_html(foot.forward_text, values),
    }
    for n, (label, url) in enumerate(_buttons(foot)):
        slots |= {f"label{n}": escape(label), f"url{n}": escape(url)}
    for n, (label, value) in enumerate(foot.card):
        slots |= {f"card_label{n}": escape(label), f"card_value{n}": escape(value)}
    return slots


def _below_slots(below: Below, values: Mapping[str, str]) -> dict[str, str]:
    slots: dict[str, str] = {}
    for n, (label, value) in enumerate(below.facts):
        lines = value.split("\n")
        slots[f"fact_label{n}"] = escape(label)
        slots[f"fact_value{n}"] = "<br>\n".join(_linked(line) for line in lines)
    for n, section in enumerate(below.sections):
        slots[f"section{n}"] = escape(section.title)
        slots[f"section{n}_text"] = _forward_html(section.text, values)
        for m, (label, url) in enumerate(section.buttons):
            slots |= {f"section{n}_label{m}": escape(label), f"section{n}_url{m}": escape(url)}
    if below.why:
        slots["why"] = _forward_html(below.why, values)
    return slots


def _buttons(foot: Foot) -> list[tuple[str, str]]:
    """Labels and URLs; a label that does not hold its own word gets it behind it."""
    words = foot.answer_words or ("",) * len(foot.answer_links)
    return [
        (label if word.lower() in label.lower() else f"{label} ({word})", url)
        for (label, url), word in zip(foot.answer_links, words, strict=True)
    ]


def _one_word(foot: Foot, *, shown: Callable[[str], str] = str) -> str:
    words = [shown(word) for word in foot.answer_words]
    listed = dutch.enumeration(words, "of") or f"bijvoorbeeld {shown('doorgestuurd')}"
    return f"Of beantwoord deze mail met één woord: {listed}. Dat is net zo goed."


def _strong(word: str) -> str:
    return f"<strong>{escape(word)}</strong>"


def _who(look: Letterhead) -> list[str]:
    """Who sends: name, postal address, and how to reach them."""
    postal = ", ".join(line.strip() for line in look.postal_address.splitlines() if line.strip())
    reach = ", ".join(filter(None, (look.email, look.phone)))
    return [line for line in (look.sender_name, postal, reach) if line]


def _filled_html(html: str, document: Document, values: Mapping[str, str]) -> str:
    return document.marks.fill(html, values, shown=escape)


@lru_cache(maxsize=64)
def _forwarded(markdown: str) -> tuple[Document, str]:
    document = markup.read(markdown)
    # A text within ours: its aanhef is a line like any other.
    return document, frame.styled(
        markup.to_html(document.blocks).replace(' class="salutation"', "")
    )


def _forward_html(markdown: str, values: Mapping[str, str]) -> str:
    document, html = _forwarded(markdown)
    return _filled_html(html, document, values)


def _quoted_html(text: str) -> str:
    """Paragraphs and lines as they are: what was plain text stays plain text."""
    paragraphs = [p for p in text.replace("\r", "").split("\n\n") if p.strip()]
    return "\n".join(
        '<p style="margin:0 0 16px">'
        + "<br>\n".join(_linked(line) for line in paragraph.strip("\n").split("\n"))
        + "</p>"
        for paragraph in paragraphs
    )


@lru_cache(maxsize=1024)
def _linked(line: str) -> str:
    """A line as HTML, with the addresses in it as links."""
    return "".join(
        frame.link(part.url, markup.plain(part.children))
        if part.kind == "link"
        else escape(part.text)
        for part in markup.linked(line)
    )
