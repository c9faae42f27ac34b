"""What is new in the folders of a mailbox. Only looked at: nothing is moved, deleted or marked.

INBOX and what lies below it, the Sent folder, and those that someone chose. A folder is read from
where it was left, by UID; when its UIDVALIDITY changed, from the beginning.
"""

import imaplib
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from imap_tools import BaseMailBox
from imap_tools.errors import ImapToolsError
from imap_tools.folder import FolderInfo

from outreach.delivery import sent_folder
from outreach.delivery.incoming import parsing
from outreach.delivery.mailboxes import MailboxSettings, opened

CHUNK = 200  #: messages that are asked about at once
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_AT = re.compile(rb'\bINTERNALDATE "([^"]+)"')
_ID = re.compile(rb"^message-id:\s*(<[^<>\s]{1,500}>)", re.I | re.M)
_SKIPPED = {"\\noselect", "\\nonexistent", "\\drafts", "\\trash", "\\junk"}


@dataclass(frozen=True)
class Left:
    """Where a folder was left."""

    uidvalidity: int
    last_uid: int


@dataclass(frozen=True)
class Listed:
    """A folder that can be read."""

    name: str
    usual: bool  #: read without being chosen


@dataclass(frozen=True)
class Found:
    """One message in a folder."""

    folder: str
    uidvalidity: int
    uid: int
    at: datetime | None  #: when the mailbox got it
    size: int
    raw: bytes  #: all of it, or of a large one the beginning; b"" when it was not wanted


def new(
    settings: MailboxSettings,
    left: Callable[[str], Left | None],
    *,
    since: date,
    known: Callable[[list[str]], set[str]],
    chosen: Collection[str] = (),
    timeout: float = 30,
) -> Iterator[Found]:
    """Each message that was not read yet, a folder at a time, the oldest first.

    :param left: where a folder was left, by its name
    :param since: what came before this day is not looked at
    :param known: those of these Message-IDs that are letters of ours, whose copies in the Sent
        folder are not fetched
    :param chosen: folders that are read beside the usual ones
    :raises MailboxUnusable: the mailbox cannot be opened, or broke off
    """
    with opened(settings, timeout=timeout) as box:
        for folder, is_sent in _folders(box.folder.list(), chosen):
            try:
                box.folder.set(folder, readonly=True)
                validity = int(box.folder.status(folder, ["UIDVALIDITY"])["UIDVALIDITY"])
            except (ImapToolsError, KeyError):
                continue  # it cannot be opened, or has no numbers to go by
            was = left(folder)
            after = was.last_uid if was is not None and was.uidvalidity == validity else 0
            uids = _uids(box, after, since)
            for n in range(0, len(uids), CHUNK):
                chunk = uids[n : n + CHUNK]
                unwanted = _own(box, chunk, known) if is_sent else set()
                for uid, size, at in _heads(box, chunk):
                    raw = b"" if uid in unwanted else _fetched(box, uid, size)
                    yield Found(folder, validity, uid, at, size, raw)


def listed(settings: MailboxSettings, *, timeout: float = 30) -> list[Listed]:
    """The folders of a mailbox that can be read, by name. None is opened.

    :raises MailboxUnusable: the mailbox cannot be opened, or broke off
    """
    with opened(settings, timeout=timeout) as box:
        known = box.folder.list()
        usual = {name for name, _ in _folders(known)}
        names = [one.name for one in known if not _flags(one) & _SKIPPED or one.name in usual]
        return [Listed(name, name in usual) for name in sorted(names)]


def _folders(known: list[FolderInfo], chosen: Collection[str] = ()) -> Iterator[tuple[str, bool]]:
    sent = set(sent_folder.folders(known))
    for one in sorted(known, key=lambda one: (one.name.upper() != "INBOX", one.name)):
        top = one.name.split(one.delim)[0] if one.delim else one.name
        if one.name in sent:
            yield one.name, True
        elif (top.upper() == "INBOX" or one.name in chosen) and not _flags(one) & _SKIPPED:
            yield one.name, False


def _flags(folder: FolderInfo) -> set[str]:
    return {flag.lower() for flag in folder.flags}


def _uids(box: BaseMailBox, after: int, since: date) -> list[int]:
    """ "9:*" also gives the last one when that is 8."""
    found = box.uids(f"UID {after + 1}:* SINCE {since.day}-{_MONTHS[since.month - 1]}-{since.year}")
    return sorted(uid for one in found if (uid := int(one)) > after)


#: Of RFC 3501, in no language.
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def _heads(box: BaseMailBox, uids: list[int]) -> list[tuple[int, int, datetime | None]]:
    found = []
    for line in _ask(box, uids, "(UID RFC822.SIZE INTERNALDATE)"):
        head = line[0] if isinstance(line, tuple) else line
        uid, size = _UID.search(head), _SIZE.search(head)
        if uid is not None and size is not None and int(uid[1]) in uids:
            found.append((int(uid[1]), int(size[1]), _moment(head)))
    return sorted(found)


def _own(box: BaseMailBox, uids: list[int], known: Callable[[list[str]], set[str]]) -> set[int]:
    """Copies of our own letters among these."""
    names: dict[int, str] = {}
    uid = 0
    for line in _ask(box, uids, "(UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])"):
        if not isinstance(line, tuple):
            continue
        found, name = _UID.search(line[0]), _ID.search(line[1])
        if found is not None and name is not None:
            uid = int(found[1])
            names[uid] = name[1].decode("ascii", "replace")
    ours = known(list(names.values())) if names else set()
    return {uid for uid, name in names.items() if name in ours}


def _fetched(box: BaseMailBox, uid: int, size: int) -> bytes:
    part = "" if size <= parsing.MOST_OCTETS else f"<0.{parsing.BEGINNING}>"
    for line in _ask(box, [uid], f"(UID BODY.PEEK[]{part})"):
        if isinstance(line, tuple):
            return bytes(line[1])
    return b""


def _ask(box: BaseMailBox, uids: list[int], what: str) -> list[bytes | tuple[bytes, bytes]]:
    status, data = box.client.uid("FETCH", ",".join(map(str, uids)), what)
    if status != "OK":
        raise imaplib.IMAP4.error(f"FETCH: {status}")
    return [one for one in data if one is not None]


def _moment(head: bytes) -> datetime | None:
    found = _AT.search(head)
    if found is None:
        return None
    try:
        return datetime.strptime(found[1].decode().strip(), "%d-%b-%Y %H:%M:%S %z").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
