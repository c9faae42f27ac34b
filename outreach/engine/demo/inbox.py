"""The local inbox: every mail the demo sent, as raw files with an index beside them."""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesHeaderParser, BytesParser
from email.policy import default
from email.utils import parseaddr
from pathlib import Path

TABLES = """
CREATE TABLE IF NOT EXISTS mail (
    number INTEGER PRIMARY KEY, at REAL NOT NULL, sender TEXT NOT NULL, recipient TEXT NOT NULL,
    subject TEXT NOT NULL, search TEXT NOT NULL, reminder INTEGER NOT NULL, size INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS greylisted (recipient TEXT PRIMARY KEY, since REAL NOT NULL);
CREATE TABLE IF NOT EXISTS doing (
    number INTEGER PRIMARY KEY, mail INTEGER NOT NULL, due REAL NOT NULL, act TEXT NOT NULL,
    done INTEGER NOT NULL DEFAULT 0, fault TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS doing_due ON doing (done, due);
"""


@dataclass(frozen=True)
class Captured:
    """One mail as the list shows it."""

    number: int
    at: datetime  #: by the demo's clock
    sender: str  #: From, as a mail program shows it
    recipient: str
    subject: str
    reminder: bool  #: in the thread of an earlier letter
    size: int

    @property
    def sender_name(self) -> str:
        """The sender as a list shows it."""
        name, address = parseaddr(self.sender)
        return name or address


@dataclass(frozen=True)
class Visit:
    """What someone is going to do, most often with a mail that was received."""

    mail: int  #: 0 for who needs none
    due: datetime
    act: str  #: see `visiting`
    number: int = 0  #: given by the inbox


class Inbox:
    """The mails of one instance. Safe with several threads: each call has its own connection."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._index() as index:
            index.executescript(TABLES)

    def keep(self, raw: bytes, recipient: str, *, now: datetime) -> Captured:
        """Store a mail and list it."""
        mail = BytesHeaderParser(EmailMessage, policy=default).parsebytes(raw.split(b"\r\n\r\n")[0])
        sender, subject = str(mail["From"] or ""), str(mail["Subject"] or "")
        search = f"{recipient} {sender} {subject}".casefold()
        with self._index() as index:
            row = (now.timestamp(), sender, recipient, subject, search)
            (number,) = index.execute(
                "INSERT INTO mail (at, sender, recipient, subject, search, reminder, size)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING number",
                (*row, "In-Reply-To" in mail, len(raw)),
            ).fetchone()
            self._path(number).write_bytes(raw)
        return self.find(number)

    def find(self, number: int) -> Captured:
        """
        :raises KeyError: no mail has this number
        """
        with self._index() as index:
            row = index.execute("SELECT * FROM mail WHERE number = ?", (number,)).fetchone()
        if row is None:
            raise KeyError(number)
        return _captured(row)

    def raw(self, number: int) -> bytes:
        """
        :raises KeyError: no mail has this number
        """
        try:
            return self._path(number).read_bytes()
        except FileNotFoundError:
            raise KeyError(number) from None

    def read(self, number: int) -> EmailMessage:
        """
        :raises KeyError: no mail has this number
        """
        return parse(self.raw(number))

    def search(self, text: str = "", *, page: int = 1, per_page: int = 50) -> list[Captured]:
        """Mails with every word of the text in address or subject, newest first."""
        where, values = _where(text)
        with self._index() as index:
            rows = index.execute(
                f"SELECT * FROM mail WHERE {where} ORDER BY number DESC LIMIT ? OFFSET ?",  # noqa: S608 - placeholders only
                (*values, per_page, (page - 1) * per_page),
            ).fetchall()
        return [_captured(row) for row in rows]

    def count(self, text: str = "") -> int:
        where, values = _where(text)
        with self._index() as index:
            return int(
                index.execute(f"SELECT count(*) FROM mail WHERE {where}", values).fetchone()[0]  # noqa: S608 - placeholders only
            )

    def forget(self, words: Sequence[str]) -> int:
        """Throw away every mail to, from or about someone; return how many."""
        found = [re.compile(rb"\s+".join(map(re.escape, w.encode().split())), re.I) for w in words]
        with self._index() as index:
            index.execute("PRAGMA secure_delete=ON")
            numbers = [row[0] for row in index.execute("SELECT number FROM mail")]
            gone = [n for n in numbers if any(one.search(self._readable(n)) for one in found)]
            for number in gone:
                index.execute("DELETE FROM mail WHERE number = ?", (number,))
                index.execute("DELETE FROM doing WHERE mail = ?", (number,))
                self._path(number).unlink(missing_ok=True)
            for word in words:
                index.execute("DELETE FROM greylisted WHERE lower(recipient) = ?", (word.lower(),))
        with closing(sqlite3.connect(self._folder / "index.db", timeout=30)) as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return len(gone)

    def _readable(self, number: int) -> bytes:
        """A mail as it is stored, with its texts decoded behind it."""
        try:
            raw = self.raw(number)
        except KeyError:
            return b""
        parts = [part for part in parse(raw).walk() if part.get_content_maintype() == "text"]
        return b"\n".join([raw, *(bytes(part.get_payload(decode=True) or b"") for part in parts)])

    def greylisted_since(self, recipient: str, *, now: datetime) -> datetime:
        """When this recipient was first tried; notes it when it is now."""
        with self._index() as index:
            index.execute(
                "INSERT INTO greylisted VALUES (?, ?) ON CONFLICT DO NOTHING",
                (recipient, now.timestamp()),
            )
            since = index.execute(
                "SELECT since FROM greylisted WHERE recipient = ?", (recipient,)
            ).fetchone()[0]
        return datetime.fromtimestamp(since, UTC)

    def expect(self, visit: Visit) -> None:
        """Write down what someone is going to do."""
        with self._index() as index:
            index.execute(
                "INSERT INTO doing (mail, due, act) VALUES (?, ?, ?)",
                (visit.mail, visit.due.timestamp(), visit.act),
            )

    def next_visit(self) -> Visit | None:
        """The first visit that is still to come, whether due or not."""
        with self._index() as index:
            row = index.execute(
                "SELECT * FROM doing WHERE done = 0 ORDER BY due, number LIMIT 1"
            ).fetchone()
        return _visit(row) if row else None

    def visits_before(self, moment: datetime) -> list[Visit]:
        """Visits that are still to come before a moment, first one first."""
        with self._index() as index:
            rows = index.execute(
                "SELECT * FROM doing WHERE done = 0 AND due < ? ORDER BY due, number",
                (moment.timestamp(),),
            ).fetchall()
        return [_visit(row) for row in rows]

    def visited(self, visit: Visit, fault: str = "") -> None:
        with self._index() as index:
            index.execute(
                "UPDATE doing SET done = 1, fault = ? WHERE number = ?", (fault, visit.number)
            )

    def faults(self) -> list[str]:
        """What went wrong in visits; empty in a demo that works."""
        with self._index() as index:
            return [row[0] for row in index.execute("SELECT fault FROM doing WHERE fault <> ''")]

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:06}.eml"

    @contextmanager
    def _index(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._folder / "index.db", timeout=30)) as connection:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=OFF")  # the demo is not worth a wait for a disk
            with connection:
                yield connection


def parse(raw: bytes) -> EmailMessage:
    """A mail, as the standard library reads it."""
    return BytesParser(EmailMessage, policy=default).parsebytes(raw)


def _where(text: str) -> tuple[str, list[str]]:
    words = text.casefold().split()
    values = [
        "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        for word in words
    ]
    return " AND ".join(["search LIKE ? ESCAPE '\\'"] * len(words)) or "1", values


def _visit(row: sqlite3.Row) -> Visit:
    due = datetime.fromtimestamp(row["due"], UTC)
    return Visit(row["mail"], due, row["act"], row["number"])


def _captured(row: sqlite3.Row) -> Captured:
    return Captured(
        number=row["number"],
        at=datetime.fromtimestamp(row["at"], UTC),
        sender=row["sender"],
        recipient=row["recipient"],
        subject=row["subject"],
        reminder=bool(row["reminder"]),
        size=row["size"],
    )
