"""Files of Outlook (`.msg`) as the mail that they were.

Microsoft's compound file, read by olefile, holds a property in each stream ([MS-OXMSG] 2.1 and
2.2). Only what mail is told apart by is taken over: its head as it came over the internet, else
sender, subject, ids and date; its text; the names of its attachments.
"""

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from typing import TypeVar

import olefile

from outreach.delivery.incoming import parsing
from outreach.delivery.incoming.parsing import Unreadable

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MOST_OCTETS = 30_000_000  #: attachments with it, which are not read
MOST_STREAMS = 2_000
_STREAM = "__substg1.0_"
#: Properties, by their number in [MS-OXPROPS].
_HEADERS, _SUBJECT, _BODY, _HTML = 0x007D, 0x0037, 0x1000, 0x1013
_MESSAGE_ID, _REFERENCES, _IN_REPLY_TO = 0x1035, 0x1039, 0x1042
_SENDER_NAME, _SENDER_ADDRESSES = 0x0C1A, (0x5D01, 0x5D02, 0x0C1F)
_SENT_AT, _CAME_AT, _CODEPAGE = 0x0039, 0x0E06, 0x3FFD
_ATTACHED_NAMES = (0x3707, 0x3704, 0x3001)
_UNICODE, _OCTETS, _BINARY, _MOMENT, _INTEGER = 0x001F, 0x001E, 0x0102, 0x0040, 0x0003
#: Fields that the mail gets anew, as its parts are made anew.
_OF_PARTS = re.compile(r"^(?:content-[\w-]+|mime-version):[^\n]*\n(?:[ \t][^\n]*\n)*", re.I | re.M)
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_T = TypeVar("_T")


def as_mail(raw: bytes) -> bytes:
    """A mail of Outlook as RFC 5322 has it; whatever is no file of Outlook as it is.

    :raises Unreadable: it is damaged, or holds no mail
    """
    if not raw.startswith(MAGIC):
        return raw
    if len(raw) > MOST_OCTETS:
        raise Unreadable("het bestand van Outlook is groter dan 30 MB")
    try:
        with olefile.OleFileIO(io.BytesIO(raw)) as file:
            return _mail(_Properties(file))
    except (OSError, ValueError, LookupError, OverflowError, RecursionError, TypeError) as error:
        raise Unreadable("het bestand van Outlook is beschadigd") from error


class _Properties:
    """The properties of the message in a file, and of its attachments."""

    def __init__(self, file: olefile.OleFileIO) -> None:
        self._file = file
        self._names = {"/".join(one).lower(): one for one in file.listdir()[:MOST_STREAMS]}
        self._codepage = f"cp{self.integer(_CODEPAGE) or 1252}"

    def text(self, number: int, *, at: str = "") -> str:
        """The words of a property, "" without it."""
        if (raw := self._stream(number, _UNICODE, at)) is not None:
            return raw.decode("utf-16-le", "replace").rstrip("\0")
        raw = self._stream(number, _OCTETS, at) or b""
        try:
            return raw.decode(self._codepage, "replace").rstrip("\0")
        except LookupError:
            return raw.decode("cp1252", "replace").rstrip("\0")

    def html(self) -> str:
        """Its text as HTML; in characters that the parser finds out."""
        raw = self._stream(_HTML, _BINARY, "") or b""
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return raw.decode("cp1252", "replace")

    def integer(self, number: int) -> int:
        return self._fixed(number, _INTEGER, lambda raw: int.from_bytes(raw[:4], "little")) or 0

    def moment(self, number: int) -> datetime | None:
        """A FILETIME: tenths of microseconds since 1601."""
        ticks = self._fixed(number, _MOMENT, lambda raw: int.from_bytes(raw, "little"))
        return _EPOCH + timedelta(microseconds=ticks // 10) if ticks else None

    def attached(self) -> list[str]:
        """The names of its attachments."""
        folders = sorted({name.split("/")[0] for name in self._names if "__attach" in name})
        found = (
            next(filter(None, (self.text(one, at=f"{folder}/") for one in _ATTACHED_NAMES)), "")
            for folder in folders[: parsing.MOST_PARTS - 2]
        )
        return [name for name in found if name]

    def _stream(self, number: int, kind: int, at: str) -> bytes | None:
        path = self._names.get(f"{at}{_STREAM}{number:04x}{kind:04x}")
        return self._file.openstream(path).read() if path else None

    def _fixed(self, number: int, kind: int, read: Callable[[bytes], _T]) -> _T | None:
        """A property of fixed length: 16 octets each, after a head of 32."""
        path = self._names.get("__properties_version1.0")
        raw = self._file.openstream(path).read() if path else b""
        tag = (number << 16 | kind).to_bytes(4, "little")
        for at in range(32, len(raw) - 15, 16):
            if raw[at : at + 4] == tag:
                return read(raw[at + 8 : at + 16])
        return None


def _mail(of: _Properties) -> bytes:
    head = of.text(_HEADERS).replace("\r\n", "\n").lstrip("\n").partition("\n\n")[0]
    kept = _OF_PARTS.sub("", f"{head}\n") if head.strip() else _written(of)
    if not kept.strip():
        raise Unreadable("in het bestand van Outlook zit geen mail")
    return _plain(kept).encode("utf-8", "surrogateescape") + _parts(of)


def _written(of: _Properties) -> str:
    """A head for what never went over the internet: a mail that a colleague sent."""
    address = next((one for n in _SENDER_ADDRESSES if "@" in (one := of.text(n))), "")
    sent = of.moment(_SENT_AT) or of.moment(_CAME_AT)
    fields = {
        "From": formataddr((_line(of.text(_SENDER_NAME)), _line(address))) if address else "",
        "Subject": _line(of.text(_SUBJECT)),
        "Date": format_datetime(sent) if sent else "",
        "Message-ID": _line(of.text(_MESSAGE_ID)),
        "In-Reply-To": _line(of.text(_IN_REPLY_TO)),
        "References": _line(of.text(_REFERENCES)),
    }
    return "".join(f"{name}: {value}\n" for name, value in fields.items() if value)


def _parts(of: _Properties) -> bytes:
    plain, html = of.text(_BODY), of.html()
    text = MIMEText(_kept(plain), "plain", "utf-8")
    if not plain.strip() and html:
        text = MIMEText(_kept(html), "html", "utf-8")
    names = of.attached()
    if not names:
        return text.as_bytes(policy=SMTP)
    whole = MIMEMultipart("mixed")
    whole.attach(text)
    for name in names:
        sealed = name.lower().endswith(".p7m")
        part = MIMEBase("application", "pkcs7-mime" if sealed else "octet-stream")
        part.add_header("Content-Disposition", "attachment", filename=_line(name)[:200])
        whole.attach(part)
    return whole.as_bytes(policy=SMTP)


def _kept(text: str) -> str:
    return parsing.clean(text[: 2 * parsing.MOST_TEXT])


def _line(text: str) -> str:
    return " ".join(parsing.clean(text).split())


def _plain(head: str) -> str:
    """Fields, one after another, with no empty line that would end them."""
    lines = (parsing.clean(line) for line in head.split("\n"))
    return "".join(f"{line}\r\n" for line in lines if line.strip())
