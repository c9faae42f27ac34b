"""What the log of a Postfix on this machine says of a message in doubt.

Followed while something is in doubt: over its rotation, by inode, and over restarts, by what
is kept in a small file. What Postfix writes of one message, in this order but for the last
two lines of a session that breaks off:

    smtpd    connect from localhost[127.0.0.1]
    smtpd    5CD68312061: client=localhost[127.0.0.1]
    cleanup  5CD68312061: message-id=<…>      as its header comes in
    qmgr     5CD68312061: from=<…>, size=…    once it is safely in the queue
    smtpd    lost connection after DATA (48084 bytes) from localhost[127.0.0.1]
    smtpd    disconnect from localhost[127.0.0.1] ehlo=1 mail=1 rcpt=1 data=0/1 commands=3/4

So `message-id=` alone is no proof: a letter that broke off halfway has that line too. That it
was taken is shown by the queue, that it was not by everything together: `Reading.verdict`.
"""

import json
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import IO, Any

#: Since the last line of the relay's mail server. Bytes that a killed sender had given to the
#: kernel are read by the relay after that.
IDLE = 120.0
LEAD = 6 * 3600.0  #: how long before a mark its session may have begun
PIECE = 64 * 1024
OFTEN = 20_000  #: lines after which what is of no use is dropped
COMPRESSED = (".gz", ".bz2", ".xz", ".zst")

_LINE = re.compile(
    rb"(?:<\d+>)?(?P<when>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d"
    rb"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)) "
    rb"\S+ (?:[\w.-]+/)+(?P<program>\w+)\[(?P<pid>\d+)\]: (?P<said>.*)"
)
_QUEUED = re.compile(r"([0-9A-Za-z]{6,20}): (client=|message-id=|from=<|to=<)(.*)")
_LOCAL = re.compile(r"\[(?:127\.\d+\.\d+\.\d+|::1)\]")
_BROKEN = re.compile(r"(?:lost connection|timeout|too many errors) after (?:DATA|BDAT)\b")
_TAKEN_COUNT = re.compile(r" data=(\d+)")
_ISO = re.compile(r"([+-]\d\d)(\d\d)$")


class Verdict(Enum):
    TAKEN = "taken"
    NEVER = "never"  #: and never will: nothing of it is under way any more
    OPEN = "open"  #: not to be said, or not yet


@dataclass
class Session:
    """One connection from this machine to the relay."""

    key: str  #: the pid of its smtpd, which has one at a time; "" once it is over
    began: float
    ended: float | None = None
    taken: int | None = None  #: messages it took, by its own last line
    given: list[str] = field(default_factory=list)  #: queue ids


@dataclass
class Entry:
    """One message in the relay's queue, or on its way there."""

    at: float
    message_id: str = ""
    line: str = ""  #: the one with its Message-ID
    followed: bool = False  #: seen from its beginning, so that its end will be too
    queued: bool = False
    broken: bool = False


@dataclass
class Reading:
    """What was read so far, without a gap: from `begins` until `until`."""

    inode: int = 0
    offset: int = 0
    begins: float = 0.0
    until: float = 0.0
    busy: float = 0.0  #: the last line of smtpd or cleanup
    whole: bool = False  #: read to its very end
    tail: str = ""  #: the line before `offset`, to know the file by
    #: Messages in doubt, and when they were marked. Of others nothing is kept.
    watched: dict[str, float] = field(default_factory=dict)
    sessions: list[Session] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)

    def take(self, line: bytes, now: datetime) -> None:
        """Read one line."""
        match = _LINE.match(line)
        if match is None:
            return
        at = moment(match["when"].decode(), now)
        if at is None:
            return
        self.begins = self.begins or at
        self.until = max(self.until, at)
        program, said = match["program"].decode(), match["said"].decode("utf-8", "replace")
        if program in ("smtpd", "cleanup"):
            self.busy = max(self.busy, at)
        if program == "smtpd" and not _QUEUED.match(said):
            self._session(match["pid"].decode(), said, at)
        elif queued := _QUEUED.match(said):
            id_, what, rest = queued.groups()
            if what == "client=":
                self._given(match["pid"].decode(), id_, at)
                return
            entry = self.entries.setdefault(id_, Entry(at))
            if what == "message-id=":
                entry.at, entry.message_id = at, rest
                entry.line = line.decode("utf-8", "replace").strip()
            else:
                entry.queued = True

    def _session(self, pid: str, said: str, at: float) -> None:
        if not _LOCAL.search(said):
            return
        mine = next((s for s in self.sessions if s.key == pid), None)
        if said.startswith("connect from"):
            if mine is not None:
                mine.key = ""  # how it ended was not written: it stays open
            self.sessions.append(Session(pid, at))
        elif mine is not None and _BROKEN.match(said) and mine.given:
            if entry := self.entries.get(mine.given[-1]):
                entry.broken = True
        elif mine is not None and said.startswith("disconnect from"):
            mine.ended, mine.key = at, ""
            if count := _TAKEN_COUNT.search(said):
                mine.taken = int(count[1])

    def _given(self, pid: str, id_: str, at: float) -> None:
        self.entries[id_] = Entry(at, followed=True)
        for session in self.sessions:
            if session.key == pid:
                session.given.append(id_)

    def verdict(self, message_id: str, marked: datetime, *, now: datetime) -> tuple[Verdict, str]:
        """What the log says of a message that was marked at that moment, and in which words.

        The words are a quote when it was taken, else Dutch. `now` is the system's clock.
        """
        mark = marked.timestamp()
        about = [
            entry
            for entry in self.entries.values()
            if entry.message_id == message_id and entry.at >= int(mark)
        ]
        for entry in about:
            alone = not entry.followed and self.begins <= mark
            if entry.queued or (alone and not entry.broken):
                return Verdict.TAKEN, entry.line
        if any(not entry.broken for entry in about):
            return Verdict.OPEN, "het noemt de brief, maar nog niet of hij in de wachtrij kwam"
        if why := self._not_sure(mark, now.timestamp()):
            return Verdict.OPEN, why
        return Verdict.NEVER, "het noemt de brief niet, en de verbinding van toen is gesloten"

    def _not_sure(self, mark: float, now: float) -> str:
        """Why a message that the log does not name may still be at the relay; "" if it cannot."""
        then = [s for s in self.sessions if _around(s, mark)]
        reasons = (
            (not 0 < self.begins <= mark, "het begint pas na het versturen van deze brief"),
            (not self.whole, "het is nog niet tot het einde gelezen"),
            (not then, "er staat op dat moment geen verbinding van deze machine in"),
            (any(s.ended is None for s in then), "de verbinding van toen is niet gesloten"),
            (any(map(self._missing, then)), "er ontbreken regels in"),
            (
                now - max(self.busy, mark) < IDLE,
                "de mailserver is nog geen twee minuten stil",
            ),
        )
        return next((why for doubtful, why in reasons if doubtful), "")

    def _missing(self, session: Session) -> bool:
        """Whether it took more than the log names: lines that come too fast may be left out."""
        known = [self.entries.get(id_) for id_ in session.given]
        return (session.taken or 0) > sum(bool(e and e.queued) for e in known)

    def forget(self) -> None:
        """Drop what says nothing about any message in doubt."""
        marks = self.watched.values()
        self.sessions = [
            s for s in self.sessions if s.ended is None or any(_around(s, mark) for mark in marks)
        ]
        given = {id_ for session in self.sessions for id_ in session.given}
        self.entries = {
            id_: entry
            for id_, entry in self.entries.items()
            if id_ in given
            or entry.message_id in self.watched
            or (entry.followed and not entry.message_id)
        }


def read(log: Path, state: Path, watched: dict[str, datetime], *, now: datetime) -> Reading:
    """Read on to the end of the log, from where it was left, or from before the oldest mark.

    :param state: the file in which is kept how far it was read
    :param watched: the Message-IDs in doubt, and when they were marked
    :param now: the system's clock
    :raises OSError: the log cannot be read
    """
    marks = {message_id: at.timestamp() for message_id, at in watched.items()}
    reading = _kept(state)
    if reading is not None:
        new = marks.items() - reading.watched.items()
        # What was read then was not read for these; and what lies far back is of no use.
        anew = any(int(mark) <= reading.until for _, mark in new)
        anew = anew or reading.until < min(marks.values()) - LEAD
        reading.watched = marks
    if reading is None or anew or not _read_on(log, reading, now):
        reading = _afresh(log, marks, now)
    reading.forget()
    _keep(state, reading)
    return reading


def moment(text: str, now: datetime) -> float | None:
    """When a line was written. A time without a zone is this machine's; without a year, the last.

    An hour that the clock goes through twice is the second one: what is thought to be later is
    never held for silence.
    """
    if text[0].isdigit():
        return _parsed(_ISO.sub(r"\1:\2", text.replace(",", ".")))
    year = now.astimezone().year
    found = (_parsed(f"{one} {text}", "%Y %b %d %H:%M:%S") for one in (year + 1, year, year - 1))
    return next((at for at in found if at and at <= now.timestamp() + 86_400), None)


def _parsed(text: str, form: str = "") -> float | None:
    try:
        found = datetime.strptime(text, form) if form else datetime.fromisoformat(text)  # noqa: DTZ007
    except ValueError:
        return None
    return found.replace(fold=1).timestamp()


def _read_on(log: Path, reading: Reading, now: datetime) -> bool:
    """Read what came since; False when what lies between is lost."""
    with log.open("rb") as current:
        stat = os.fstat(current.fileno())
        if stat.st_ino == reading.inode:
            if not _is_same(current, reading):
                return False  # cut off in place: what stood there is gone
            _read_file(current, reading, now)
            return True
        if not stat.st_size:
            return _read_rotated(log, reading, now)  # nobody writes to the new one yet
        # Someone writes to the new one, so the old one is complete.
        if not _read_rotated(log, reading, now):
            return False
        reading.inode, reading.offset, reading.tail = stat.st_ino, 0, ""
        _read_file(current, reading, now)
        return True


def _read_rotated(log: Path, reading: Reading, now: datetime) -> bool:
    """Read the rest of the file that was left; False when it is no longer there as it was."""
    for path in _rotated(log):
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_ino == reading.inode and _is_same(file, reading):
                _read_file(file, reading, now)
                return path == _rotated(log)[0]  # else a whole file lies between
    return False


def _is_same(file: IO[bytes], reading: Reading) -> bool:
    """Whether a file still holds what was read of it: its inode may be another's by now."""
    tail = reading.tail.encode("latin-1")
    file.seek(reading.offset - len(tail))
    return file.read(len(tail)) == tail and os.fstat(file.fileno()).st_size >= reading.offset


def _afresh(log: Path, marks: dict[str, float], now: datetime) -> Reading:
    """Read from before the oldest mark, also in the file before this one."""
    reading, since = Reading(watched=marks), min(marks.values()) - LEAD
    with log.open("rb") as current:
        first = _first(current, now)
        rotated = _rotated(log)
        if (first is None or first > since) and rotated:
            if not rotated[0].name.endswith(COMPRESSED):
                with rotated[0].open("rb") as before:
                    before.seek(_begin(before, since, now))
                    reading.offset = before.tell()
                    _read_file(before, reading, now)
            current.seek(0)
        else:
            current.seek(_begin(current, since, now))
        reading.inode, reading.offset = os.fstat(current.fileno()).st_ino, current.tell()
        _read_file(current, reading, now)
    return reading


def _read_file(file: IO[bytes], reading: Reading, now: datetime) -> None:
    """Read whole lines; the last one may still be being written."""
    file.seek(reading.offset)
    reading.whole = True
    for number, line in enumerate(file, 1):
        if not line.endswith(b"\n"):
            reading.whole = False
            break
        reading.take(line, now)
        reading.offset += len(line)
        reading.tail = line.decode("latin-1")
        if not number % OFTEN:
            reading.forget()


def _around(session: Session, mark: float) -> bool:
    """Whether a session was there at that moment; times may be whole seconds."""
    return int(session.began) <= mark and (session.ended is None or mark <= session.ended + 1)


def _begin(file: IO[bytes], since: float, now: datetime) -> int:
    """Where to begin so that every line from `since` on is read: a search by halves."""
    low, high = 0, os.fstat(file.fileno()).st_size
    while high - low > PIECE:
        middle = (low + high) // 2
        file.seek(middle)
        file.readline()
        at = next(_moments(file, now), None)
        if at is None or at >= since:
            high = middle
        else:
            low = middle
    file.seek(low)
    if low:
        file.readline()
    return file.tell()


def _first(file: IO[bytes], now: datetime) -> float | None:
    file.seek(0)
    return next(_moments(file, now), None)


def _moments(file: IO[bytes], now: datetime) -> Iterator[float]:
    """The times of the next lines that have one."""
    for _ in range(100):
        match = _LINE.match(file.readline())
        at = moment(match["when"].decode(), now) if match else None
        if at is not None:
            yield at


def _rotated(log: Path) -> list[Path]:
    """The files that this log was before, the last one first."""
    names = (f"{log.name}.", f"{log.name}-")
    found = [one for one in log.parent.iterdir() if one.name.startswith(names) and one.is_file()]
    return sorted(found, key=lambda one: one.stat().st_mtime, reverse=True)


def _kept(state: Path) -> Reading | None:
    try:
        data: dict[str, Any] = json.loads(state.read_text(encoding="utf-8"))
        sessions = [Session(**one) for one in data.pop("sessions")]
        entries = {id_: Entry(**one) for id_, one in data.pop("entries").items()}
        return Reading(**data, sessions=sessions, entries=entries)
    except (OSError, ValueError, TypeError, KeyError):
        return None  # the first time, or written by another version: it is read anew


def _keep(state: Path, reading: Reading) -> None:
    with tempfile.NamedTemporaryFile(
        "w", dir=state.parent, prefix=state.name, delete=False, encoding="utf-8"
    ) as fresh:
        json.dump(asdict(reading), fresh)
    os.replace(fresh.name, state)
