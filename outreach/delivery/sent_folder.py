"""A copy in the sender's Sent folder shows that its mail host took a letter.

Hosts such as Microsoft 365 and Google put one there themselves. None there shows nothing. Only
looked at, by the server's own search: nothing is fetched, moved or marked as read.
"""

from collections.abc import Iterable

from imap_tools import BaseMailBox
from imap_tools.errors import MailboxFolderSelectError
from imap_tools.folder import FolderInfo

from outreach.delivery.mailboxes import MailboxSettings, opened

SPECIAL_USE = "\\sent"  #: RFC 6154
#: Where a server does not say which folder it is. Without what stands before it: INBOX.Sent
USUAL = (
    "sent",
    "sent items",
    "sent messages",
    "sent mail",
    "verzonden",
    "verzonden items",
    "verzonden berichten",
    "verzonden e-mail",
)


def find(
    settings: MailboxSettings, message_ids: Iterable[str], *, timeout: float = 30
) -> dict[str, str]:
    """Those of these messages that are in a Sent folder, each with the folder's name.

    :param timeout: seconds that each answer of the server may take
    :raises MailboxUnusable: the mailbox cannot be opened, or broke off
    """
    wanted, found = list(message_ids), {}
    with opened(settings, timeout=timeout) as box:
        for folder in folders(box.folder.list()):
            try:
                box.folder.set(folder, readonly=True)
            except MailboxFolderSelectError:
                continue  # one that cannot be opened has nothing to show
            for message_id in wanted:
                if message_id not in found and _holds(box, message_id):
                    found[message_id] = folder
    return found


def folders(known: Iterable[FolderInfo]) -> list[str]:
    """The names of the Sent folders: those that the server calls so, else those named so."""
    known = [one for one in known if not {"\\noselect", "\\nonexistent"} & _flags(one)]
    special = [one.name for one in known if SPECIAL_USE in _flags(one)]
    return special or [one.name for one in known if _last_part(one).lower() in USUAL]


def _flags(folder: FolderInfo) -> set[str]:
    return {flag.lower() for flag in folder.flags}


def _last_part(folder: FolderInfo) -> str:
    return folder.name.rpartition(folder.delim)[2] if folder.delim else folder.name


def _holds(box: BaseMailBox, message_id: str) -> bool:
    """A host may replace the Message-ID; a first letter has ours in its References too."""
    quoted = '"' + message_id.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return bool(box.uids(f"OR HEADER Message-ID {quoted} HEADER References {quoted}", None))
