"""From a coordinator's Markdown to both parts of a mail."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache, partial
from html import escape as as_html

from outreach import unseen
from outreach.letters import dutch, frame, later, markup, placeholders, plaintext
from outreach.letters.frame import Shape
from outreach.letters.later import NOTHING, Later, Words
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

    why: Words  #: "U krijgt deze mail omdat …", one or two sentences
    answer_links: tuple[tuple[str, Words], ...]  #: (label, URL), of equal weight; or none
    answer_url: Words  #: the page with all answers
    no_more_mail_url: str
    other_address_url: Words  #: "" for who has no such page
    forward_text: str = ""  #: Markdown, for the griffie to send on; names nobody
    card: tuple[tuple[str, Words], ...] = ()  #: the griffiekaart: (label, value)
    privacy_url: str = ""  #: of the statement; "" when there is none
    answer_words: tuple[str, ...] = ()  #: per answer link: the one word that answers as well


@dataclass(frozen=True)
class Quoted:
    """The original below a reminder: its date and its words, never its answer links."""

    date: str  #: "23 maart 2026"
    paragraphs: tuple[Words, ...]  #: see `Template.plain`


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
    language: str = "nl"  #: of the whole mail


@dataclass(frozen=True)
class Content:
    """One mail's words, ready to be sent."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Open:
    """One mail's words for many readers: in whole lines, some of which wait for the reader."""

    subject: Words
    text: tuple[Words, ...]
    html: tuple[Words, ...]


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
        made = self.open(values, look=look, foot=foot, quoted=quoted, below=below)
        return Content(
            later.said((made.subject,), {}), later.said(made.text, {}), later.said(made.html, {})
        )

    def open(
        self,
        values: Mapping[str, str],
        *,
        leave: frozenset[str] = NOTHING,
        look: Letterhead,
        foot: Foot | None = None,
        quoted: Quoted | None = None,
        below: Below | None = None,
    ) -> Open:
        """The mail of many, with the placeholders of these names open.

        :raises MissingValue: any other placeholder without a value or a default
        """
        subject = later.joined(placeholders.words(self.subject, values, leave=leave))
        mail = _Mail(
            template=self,
            values=values,
            leave=leave,
            subject=later.then(subject, one_line),
            case_number=self._case_number(values),
            look=look,
            foot=foot,
            quoted=quoted,
            below=below,
        )
        return Open(mail.subject, later.merged(_text(mail)), later.merged(_html(mail)))

    @property
    def names(self) -> frozenset[str]:
        """The names that the text uses."""
        return frozenset(one.name for one in self.document.marks.items)

    def plain(
        self, values: Mapping[str, str], leave: frozenset[str] = NOTHING
    ) -> tuple[Words, ...]:
        """The covering mail alone, each paragraph in one line, for `Quoted`."""
        return tuple(plaintext.paragraphs(self.text, self.document.marks, values, leave=leave))

    def _case_number(self, values: Mapping[str, str]) -> str:
        asked = any(p.name == "zaaknummer" for p in self.document.marks.items)
        return "" if asked else one_line(values.get("zaaknummer", ""))


@lru_cache(maxsize=128)
def prepare(subject: str, mail_markdown: str, *, kind: str = Kind.LETTER) -> Template:
    """Read a step's text once, so that filling it for each recipient is cheap."""
    document = markup.read(mail_markdown)
    html = frame.styled(markup.to_html(document.blocks))
    return Template(subject, Kind(kind), document, plaintext.chunks(document), html)


@dataclass(frozen=True)
class _Mail:
    template: Template
    values: Mapping[str, str]
    leave: frozenset[str]
    subject: Words
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


def _text(mail: _Mail) -> Iterator[Words]:
    template, look = mail.template, mail.look
    sender = "\n".join(filter(None, (look.sender_name, look.subtitle)))
    yield f"{plaintext.wrap(sender)}\n\n"
    if mail.titled:
        yield _line(later.then(mail.subject, str.upper))
        yield "\n"
    if mail.case_number:
        yield f"Uw zaaknummer: {mail.case_number}\n\n"
    yield from plaintext.lines(
        template.text, template.document.marks, mail.values, leave=mail.leave
    )
    if mail.below and mail.below.facts:
        yield f"\n{_text_facts(mail.below.facts)}\n"
    for part in _text_parts(mail):
        yield f"\n{plaintext.RULE}\n"
        yield from part
    yield "\n-- \n"
    yield from _text_foot(mail)


def _text_parts(mail: _Mail) -> Iterator[list[Words]]:
    """What stands below the letter, each under a rule, in whole lines."""
    for section in mail.below.sections if mail.below else ():
        yield [f"{_text_section(section, mail.values)}\n"]
    if mail.foot:
        yield from _for_the_griffie(mail.foot, mail.values)
    if mail.quoted:
        said: list[Words] = [f"{mail.quoted_head}\n"]
        for n, paragraph in enumerate(mail.quoted.paragraphs):
            said += [">\n" if n else "\n", _line(paragraph, plaintext.quoted)]
        yield said


def _line(words: Words, make: Callable[[str], str] = plaintext.wrap) -> Words:
    return later.then(words, lambda said: f"{make(said)}\n")


def _for_the_griffie(foot: Foot, values: Mapping[str, str]) -> Iterator[list[Words]]:
    if foot.answer_links:
        said: list[Words] = [
            f"{frame.GRIFFIE.upper()}\n\n{plaintext.wrap(frame.WHAT_DID_YOU_DO)}\n\n"
        ]
        for label, url in _buttons(foot):
            said += [f"{plaintext.wrap(f'{label}:')}\n", later.then(url, _ended), "\n"]
        said.append(
            f"{plaintext.wrap(_one_word(foot))}\n\n{frame.NONE_FITS} {frame.ALL_ANSWERS}:\n"
        )
        yield [*said, later.then(foot.answer_url, _ended)]
    if foot.forward_text:
        text = _text_of(foot.forward_text, values)
        yield [f"{frame.FORWARD.upper()}\n\n{frame.FORWARD_HINT}\n\n{text}\n"]
    if foot.card:
        yield [f"{frame.CARD.upper()}\n\n{frame.CARD_HINT}\n\n", *_text_card(foot.card)]


def _text_card(card: tuple[tuple[str, Words], ...]) -> Iterator[Words]:
    column = max(len(label) for label, _ in card)
    for label, value in card:
        yield later.then(value, partial(_text_fact, label, column))


def _text_fact(label: str, column: int, value: str) -> str:
    return f"{plaintext.facts(((label, value),), column=column)}\n"


def _ended(line: str) -> str:
    return f"{line}\n"


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


def _text_foot(mail: _Mail) -> Iterator[Words]:
    yield "".join(f"{plaintext.wrap(line)}\n" for line in _who(mail.look))
    if mail.below and mail.below.why:
        yield "\n"
        document = markup.read(mail.below.why)
        yield from plaintext.lines(
            plaintext.chunks(document), document.marks, mail.values, leave=mail.leave
        )
    if foot := mail.foot:
        yield "\n"
        yield _line(later.then(foot.why, one_line))
        if foot.privacy_url:
            yield f"\n{frame.PRIVACY}:\n{foot.privacy_url}\n"
        if foot.other_address_url:
            yield f"\n{frame.OTHER_ADDRESS}:\n"
            yield later.then(foot.other_address_url, _ended)
        yield f"\n{frame.NO_MORE_MAIL}:\n{foot.no_more_mail_url}\n"


def _html(mail: _Mail) -> Iterator[Words]:
    foot, look, below = mail.foot, mail.look, mail.below or Below()
    slots: dict[str, Words] = {
        "subject": later.then(mail.subject, escape),
        "sender": escape(look.sender_name),
        "subtitle": escape(look.subtitle),
        "case_number": escape(mail.case_number),
        "quoted_head": escape(mail.quoted_head),
        "who": "<br>\n".join(_linked(line) for line in _who(look)),
    }
    if foot:
        slots |= _foot_slots(foot, mail.values)
    slots |= _below_slots(below, mail.values, mail.leave)
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
        privacy=bool(foot and foot.privacy_url),
        facts=len(below.facts),
        sections=tuple(len(section.buttons) for section in below.sections),
        why=bool(below.why),
        language=below.language,
    )
    longer: dict[str, Iterable[Words]] = {
        "letter": mail.template.document.marks.words(
            mail.template.html, mail.values, leave=mail.leave, shown=escape
        ),
        "quoted": [later.then(p, _quoted_html) for p in mail.quoted.paragraphs]
        if mail.quoted
        else (),
    }
    stream: list[Words] = []
    for piece in frame.pieces(shape):
        if isinstance(piece, str):
            stream.append(piece)
        elif piece.name in longer:
            stream += longer[piece.name]
        else:
            stream.append(slots[piece.name])
    return _folded(later.merged(stream))


def _folded(stream: Iterable[Words]) -> Iterator[Words]:
    """The same in whole lines, none of them too long."""
    line: list[Words] = []  #: one with something open in it, as far as it is there
    for words in stream:
        if isinstance(words, Later):
            line.append(words)
            continue
        if line:
            end, cut, words = words.partition("\n")
            line.append(end + cut)
            if not cut:
                continue
            yield later.then(later.joined(line), frame.fold)
        known, cut, begin = words.rpartition("\n")
        if cut:
            yield f"{frame.fold(known)}\n"
        line = [begin]
    yield later.then(later.joined([*line, "\n"]), frame.fold)


def _foot_slots(foot: Foot, values: Mapping[str, str]) -> dict[str, Words]:
    slots: dict[str, Words] = {
        "why": later.then(foot.why, _escaped_line),
        "one_word": _one_word(foot, shown=_strong),
        "answer_url": later.then(foot.answer_url, escape),
        "other_address_url": later.then(foot.other_address_url, escape),
        "no_more_mail_url": escape(foot.no_more_mail_url),
        "privacy_url": escape(foot.privacy_url),
        "forward": _forward_html(foot.forward_text, values),
    }
    for n, (label, url) in enumerate(_buttons(foot)):
        slots |= {f"label{n}": escape(label), f"url{n}": later.then(url, escape)}
    for n, (label, value) in enumerate(foot.card):
        slots |= {f"card_label{n}": escape(label), f"card_value{n}": later.then(value, escape)}
    return slots


def _below_slots(
    below: Below, values: Mapping[str, str], leave: frozenset[str]
) -> dict[str, Words]:
    slots: dict[str, Words] = {}
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
        document, html = _forwarded(below.why)
        slots["why"] = later.joined(document.marks.words(html, values, leave=leave, shown=escape))
    return slots


def _buttons(foot: Foot) -> list[tuple[str, Words]]:
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


def escape(text: str) -> str:
    """As HTML; cleaned here, too, since a name may be older than the cleaning of what comes in."""
    return as_html(unseen.clean(text))


def _escaped_line(text: str) -> str:
    return escape(one_line(text))


def _quoted_html(text: str) -> str:
    """Paragraphs and lines as they are: what was plain text stays plain text."""
    paragraphs = [p for p in text.replace("\r", "").split("\n\n") if p.strip()]
    return "".join(
        '<p style="margin:0 0 16px">'
        + "<br>\n".join(_linked(line) for line in paragraph.strip("\n").split("\n"))
        + "</p>\n"
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
