"""Make the bytes of a mail. docs/delivery.md says what is promised about them.

Header lines are ours: on Python 3.11 `EmailMessage` writes a `List-Unsubscribe` of 79
characters and a long `References` as `=?utf-8?q?…?=`, which no receiver takes for a link or
a thread. So is the structure: its building and writing took most of the time of a mail, and
only the words differ from one mail to the next. The tests hold both against `EmailMessage`.
"""

import re
from binascii import b2a_base64, b2a_qp
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cached_property, lru_cache
from hashlib import sha256
from itertools import groupby
from typing import NamedTuple

from outreach.clock import AMSTERDAM
from outreach.errors import Invalid

LINE_END = re.compile(rb"\r\n|\r|\n")
LONGEST_LINE = 998  #: octets without CRLF (RFC 5322, 2.1.1)
WIDTH = 78  #: where a line is folded, if it has a space
COLUMNS = 76  #: of an encoded line (RFC 2045, 6.7 and 6.8)
#: What could end a header: Unicode's controls, surrogates and separators of lines.
LINE_ENDINGS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")
ADDRESS = re.compile(r'[^\s<>()\[\]\\,;:"@\x00-\x1f\x7f-\U0010ffff]+@[A-Za-z0-9.-]+')
MESSAGE_ID = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")
URL = re.compile(r"https?://[!-;=?-~]+")
HOST = re.compile(r"[A-Za-z0-9.-]+")
METHODS = ("REQUEST", "CANCEL")  #: what a mail may ask of a calendar (RFC 5546, 1.4)
ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+")
#: A space at the end of a full line, which the encoder writes beyond its last column.
BEYOND = re.compile(rb"=(?:20|09)(?<=[^\n]{%d})(?=\r\n)" % (COLUMNS + 1))
MIME_VERSION = b"MIME-Version: 1.0\r\n"
TEXT_HEAD = (
    b'Content-Type: text/%s; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
)
PLAIN_HEAD, HTML_HEAD = TEXT_HEAD % b"plain", TEXT_HEAD % b"html"
MIXED = 'Content-Type: multipart/mixed; boundary="=_{0}.0"\r\n\r\n--=_{0}.0\r\n'
ALTERNATIVE = 'Content-Type: multipart/alternative; boundary="=_{0}.{1}"\r\n\r\n--=_{0}.{1}\r\n'
CALENDAR_HEAD = (
    b"Content-Transfer-Encoding: base64\r\n"
    b'Content-Type: text/calendar; method="%s"; charset="utf-8"\r\n\r\n'
)
CALENDAR_FILE_HEAD = (
    b"Content-Transfer-Encoding: base64\r\n"
    b'Content-Disposition: attachment; filename="uitnodiging.ics"\r\n'
    b'Content-Type: application/ics; name="uitnodiging.ics"\r\n\r\n'
)


class Unmailable(Invalid):
    """Something in a mail that may not be in a mail, such as a line break in a subject."""


@dataclass(frozen=True)
class Part:
    """A file that goes with a mail, or with many: then it is encoded once."""

    filename: str
    content_type: str  #: "application/pdf"
    data: bytes

    @cached_property
    def encoded(self) -> bytes:
        """Its headers and its content, as they stand between two boundaries.

        :raises Unmailable: a control character in its name
        """
        check_header("De naam van een bijlage", self.filename)
        head = EmailMessage(policy=SMTP)
        maintype, _, subtype = self.content_type.partition("/")
        head.set_content(b"", maintype, subtype, disposition="attachment", filename=self.filename)
        del head["MIME-Version"]
        return head.as_bytes() + _base64(self.data)

    @cached_property
    def lines(self) -> bytes:
        """The same as DATA carries it."""
        return as_data(self.encoded)


@dataclass(frozen=True)
class Mail:
    """One mail to one address, before it is bytes."""

    from_name: str
    from_address: str
    to: str
    subject: str
    date: datetime
    message_id: str  #: "<…@…>"
    text: str
    html: str = ""
    reply_to: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    list_unsubscribe: str | None = None  #: one URL that acts on a POST (RFC 8058)
    list_id: str = ""  #: "oproep.coalitie.example"
    auto_submitted: bool = False  #: only for notices: a letter's receipt is wanted evidence
    attachments: tuple[Part, ...] = ()
    calendar: tuple[str, bytes] | None = None  #: the METHOD and the file of an invitation


def build(mail: Mail) -> bytes:
    """The mail as it goes over the wire, with CRLF, 7-bit, not yet dot-stuffed.

    The same mail gives the same bytes.

    :raises Unmailable: a line break or another control in a header, an address that is none
    """
    return b"".join(one.encoded if isinstance(one, Part) else one for one in _pieces(mail))


def data(mail: Mail) -> tuple[bytes, ...]:
    """The mail as DATA carries it, in pieces: a file is one, the same for all who get it.

    :raises Unmailable: as `build` and `as_data` do
    """
    made: list[bytes] = []
    ours: list[bytes] = []
    for one in _pieces(mail):
        if isinstance(one, Part):
            made += [as_data(b"".join(ours)), one.lines]
            ours = []
        else:
            ours.append(one)
    return (*made, as_data(b"".join(ours)))


@dataclass(frozen=True, slots=True)
class Form:
    """The header lines and the structure of many letters: what is equal for all of them.

    Filled for one of them it gives the very pieces that `data` gives.
    """

    before_to: str
    before_date: str
    after_link: str

    @classmethod
    def of(cls, mail: Mail) -> "Form":
        """
        :param mail: as it goes to one of them, with a List-Unsubscribe and no List-Id
        """
        lines = list(_headers(mail))
        names = [line.partition(":")[0] for line in lines]
        to, date, link = (names.index(name) for name in ("To", "Date", "List-Unsubscribe"))
        as_data("\r\n".join(lines).encode("ascii"))  # what all share is looked at once
        return cls(
            before_to="\r\n".join([*lines[:to], "To: "]),
            before_date="\r\n".join(["", *lines[to + 1 : date], "Date: "]),
            after_link="\r\n".join([">", *lines[link + 1 :], MIME_VERSION.decode()]),
        )

    def filled(
        self,
        own: "Own",
        text: Iterable[bytes],
        html: Iterable[bytes],
        files: Sequence[Part] = (),
    ) -> tuple[bytes, ...]:
        """
        :param text: what `encoded` made of whole lines; and so of the HTML
        :raises Unmailable: as `data` does
        """
        seed, inner = _seed(own.message_id), 1 if files else 0
        mixed = MIXED.format(seed) if files else ""
        own_id = _match(MESSAGE_ID, "Message-ID", own.message_id)
        if own.references == (own_id,) and not own.in_reply_to:
            threading = f"Message-ID: {own_id}\r\nReferences: {own_id}"
        else:
            threading = "\r\n".join(_threading(own_id, own.in_reply_to, own.references))
        own_lines = (own.to, own.list_unsubscribe, threading)
        head = (
            f"{self.before_to}{_match(ADDRESS, 'To', own.to)}{self.before_date}"
            f"{_date(int(own.date.timestamp()))}\r\n{threading}\r\nList-Unsubscribe: <"
            f"{_match(URL, 'List-Unsubscribe', own.list_unsubscribe)}{self.after_link}"
            f"{mixed}{ALTERNATIVE.format(seed, inner)}"
        )
        between = f"\r\n--=_{seed}.{inner}\r\n".encode()
        end = f"\r\n--=_{seed}.{inner}--\r\n".encode()
        if files:
            end += f"\r\n--=_{seed}.0\r\n".encode()
        octets = head.encode("ascii")
        if max(map(len, own_lines)) > LONGEST_LINE - WIDTH:  # else none of its lines is too long
            octets = as_data(octets)
        letter = (octets, PLAIN_HEAD, *text, between, HTML_HEAD, *html, end)
        made = [b"".join(letter)]
        for n, part in enumerate(files, 1):
            last = "--" if n == len(files) else ""
            made += [part.lines, f"\r\n--=_{seed}.0{last}\r\n".encode()]
        return tuple(made)


class Own(NamedTuple):
    """The header lines that each letter has of its own: fields of `Mail`."""

    to: str
    date: datetime
    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    list_unsubscribe: str


def encoded(text: str) -> bytes:
    """Whole lines of a text or HTML, as DATA carries them: for `Form`."""
    if "\r" in text:
        return encoded_lines(text)
    lines = b2a_qp(text.replace("\n", "\r\n").encode())
    if b"=20\r\n" in lines or b"=09\r\n" in lines:
        lines = BEYOND.sub(rb"=\r\n\g<0>", lines)
    return as_data(lines) if lines.startswith(b".") or b"\r\n." in lines else lines


def encoded_lines(text: str) -> bytes:
    """The same of a longer text, most of whose lines others have too."""
    return as_data(_quoted_printable(text))


def undotted(pieces: Iterable[bytes]) -> bytes:
    """The mail whose `data` these are."""
    return b"".join(pieces).replace(b"\r\n..", b"\r\n.")


def as_data(raw: bytes) -> bytes:
    """Lines as DATA carries them (RFC 5321, 4.5.2): whole, CRLF only, lines of a dot doubled.

    A mail may be given in pieces, each of whole lines.

    :raises Unmailable: not 7-bit, or a line that is longer than every relay takes
    """
    ends = raw.count(b"\r\n")
    # Ours all are: to replace each of the line ends of a long file takes as long as to send it.
    whole = raw.count(b"\r") == raw.count(b"\n") == ends
    lines = raw if whole else LINE_END.sub(b"\r\n", raw)
    if not lines.endswith(b"\r\n"):
        lines += b"\r\n"
    if not lines.isascii() or _has_long_line(lines):
        raise Unmailable("De mail heeft tekens of regels die niet elke mailserver aanneemt.")
    if lines.startswith(b"."):
        lines = b"." + lines
    return lines.replace(b"\r\n.", b"\r\n..")


def _has_long_line(lines: bytes) -> bool:
    """In steps of a longest line, back to the last line end: the lines need not be made."""
    start = 0
    while len(lines) - start > LONGEST_LINE + len(b"\r\n"):
        end = lines.rfind(b"\r\n", start, start + LONGEST_LINE + len(b"\r\n"))
        if end < 0:
            return True
        start = end + len(b"\r\n")
    return False


def check_header(name: str, value: str) -> str:
    """The value, when it is one line of text.

    :raises Unmailable: it could start a line, and so a header, of its own
    """
    if found := LINE_ENDINGS.search(value):
        raise Unmailable(
            f"{name} bevat een teken dat daar niet mag (U+{ord(found[0]):04X}):"
            " haal regeleinden en onzichtbare tekens weg."
        )
    return value


def _headers(mail: Mail) -> Iterable[str]:
    yield f"From: {_mailbox('Afzender', mail.from_name, mail.from_address)}"
    yield f"To: {_match(ADDRESS, 'To', mail.to)}"
    if mail.reply_to:
        yield f"Reply-To: {_match(ADDRESS, 'Reply-To', mail.reply_to)}"
    yield f"Subject: {_text('Subject', check_header('Onderwerp', mail.subject))}"
    yield f"Date: {_date(int(mail.date.timestamp()))}"
    yield from _threading(mail.message_id, mail.in_reply_to, mail.references)
    if mail.list_id:
        yield _tokens("List-Id", [f"<{_match(HOST, 'List-Id', mail.list_id)}>"])
    if mail.list_unsubscribe:
        url = _match(URL, "List-Unsubscribe", mail.list_unsubscribe)
        yield _tokens("List-Unsubscribe", [f"<{url}>"])
        yield "List-Unsubscribe-Post: List-Unsubscribe=One-Click"
    if mail.auto_submitted:
        yield "Auto-Submitted: auto-generated"
        yield "X-Auto-Response-Suppress: All"


def _threading(
    message_id: str, in_reply_to: str | None, references: tuple[str, ...]
) -> Iterator[str]:
    yield _tokens("Message-ID", [_match(MESSAGE_ID, "Message-ID", message_id)])
    if in_reply_to:
        yield _tokens("In-Reply-To", [_match(MESSAGE_ID, "In-Reply-To", in_reply_to)])
    if references:
        yield _tokens("References", [_match(MESSAGE_ID, "References", one) for one in references])


def _pieces(mail: Mail) -> Iterator[bytes | Part]:
    """Header lines, then Content-Type and the parts; boundaries follow from the Message-ID."""
    yield "\r\n".join(_headers(mail)).encode("ascii")
    yield b"\r\n" + MIME_VERSION
    texts = [PLAIN_HEAD + _quoted_printable(mail.text)]
    if mail.html:
        texts.append(HTML_HEAD + _quoted_printable(mail.html))
    files: list[bytes | Part] = list(mail.attachments)
    if mail.calendar:
        inline, file = _invitation(*mail.calendar)
        texts.append(inline)
        files.insert(0, file)
    seed = _seed(mail.message_id)
    first: list[bytes | Part] = [*texts]
    if len(texts) > 1:
        first = list(_multipart("alternative", f"{seed}.{1 if files else 0}", [[t] for t in texts]))
    yield from _multipart("mixed", f"{seed}.0", [first, *([f] for f in files)]) if files else first


def _seed(message_id: str) -> str:
    return sha256(message_id.encode()).hexdigest()[:24]


def _multipart(
    subtype: str, boundary: str, parts: Iterable[Iterable[bytes | Part]]
) -> Iterator[bytes | Part]:
    """Parts, each with its headers, as one; "=_" cannot stand in quoted-printable."""
    yield f'Content-Type: multipart/{subtype}; boundary="=_{boundary}"\r\n'.encode()
    for part in parts:
        yield f"\r\n--=_{boundary}\r\n".encode()
        yield from part
    yield f"\r\n--=_{boundary}--\r\n".encode()


def _invitation(method: str, ics: bytes) -> tuple[bytes, bytes]:
    """One invitation, twice (RFC 6047, 2.4): as what the mail is, and as a file.

    Outlook and Gmail act on the last alternative within the first part; programs that do
    not know it offer the file. As text without a disposition no relay may re-wrap it.
    """
    if method not in METHODS or f"\r\nMETHOD:{method}\r\n".encode() not in ics:
        raise Unmailable(f"De agenda in deze mail is geen {method[:20]!a}.")
    encoded = _base64(ics)
    return CALENDAR_HEAD % method.encode() + encoded, CALENDAR_FILE_HEAD + encoded


def _quoted_printable(text: str) -> bytes:
    """Text in lines of at most `COLUMNS`; what ends a line in it ends one there."""
    return b"".join(map(_encoded_line, text.encode().splitlines() or [b""]))


@lru_cache(maxsize=2048)
def _encoded_line(line: bytes) -> bytes:
    """Kept, as most lines of a letter are equal for all who get it."""
    return BEYOND.sub(rb"=\r\n\g<0>", b2a_qp(line + b"\r\n"))


def _base64(data: bytes) -> bytes:
    encoded = b2a_base64(data, newline=False)
    starts = range(0, len(encoded), COLUMNS)
    return b"".join([encoded[start : start + COLUMNS] + b"\r\n" for start in starts])


@lru_cache(maxsize=64)
def _date(seconds: int) -> str:
    return format_datetime(datetime.fromtimestamp(seconds, AMSTERDAM))


@lru_cache(maxsize=64)
def _mailbox(name: str, display: str, address: str) -> str:
    _match(ADDRESS, name, address)
    if not display:
        return address
    check_header(name, display)
    if display.isascii() and "=?" not in display:
        quoted = display.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{address}>'
    return f"{_phrase(display)}\r\n <{address}>"


def _phrase(display: str) -> str:
    """A name with letters beyond ASCII: only the words that need it are encoded.

    Encoding it whole would split a long name inside a word, and some readers (Python's
    own among them) then show a space there.
    """
    lines = []
    for plain, words in groupby(display.split(), lambda word: bool(ATOM.fullmatch(word))):
        run = " ".join(words)
        lines.append(run if plain else Header(run, "utf-8").encode(linesep="\r\n"))
    return "\r\n ".join(lines)


@lru_cache(maxsize=256)
def _text(name: str, value: str) -> str:
    """Words for people: as they are, or encoded (RFC 2047), folded at spaces."""
    plain = value.isascii() and "=?" not in value
    if plain and len(f"{name}: {value}") <= WIDTH and value == " ".join(value.split()):
        return value
    charset = "us-ascii" if plain else "utf-8"
    return Header(value, charset, header_name=name, maxlinelen=WIDTH).encode(linesep="\r\n")


def _tokens(name: str, tokens: list[str]) -> str:
    """A header of URLs or message ids: never encoded, never broken but between two of them."""
    lines = [f"{name}: {tokens[0]}"]
    if len(tokens) == 1 and len(lines[0]) <= LONGEST_LINE:
        return lines[0]
    for token in tokens[1:]:
        if len(lines[-1]) + 1 + len(token) <= WIDTH:
            lines[-1] += f" {token}"
        else:
            lines.append(f" {token}")
    if max(map(len, lines)) > LONGEST_LINE:
        raise Unmailable(f"{name} is langer dan een regel van een mail mag zijn.")
    return "\r\n".join(lines)


def _match(pattern: re.Pattern[str], name: str, value: str) -> str:
    if not pattern.fullmatch(value):
        raise Unmailable(f"{name} kan niet zo in een mail staan: “{value[:80]!a}”.")
    return value
