"""What may stand in a calendar file, from what people typed.

icalendar escapes and folds, and lets through what breaks readers: control characters, a
quote in a parameter, a line break that a client takes for a property of its own.
"""

import re
import unicodedata
from urllib.parse import quote

from outreach.errors import Invalid

MARK = "\ufeff"  #: begins files of Windows, and comes along when they are pasted
UNPRINTABLE = ("Cc", "Cs")  #: Unicode's controls, and halves of characters that UTF-8 refuses
BREAKS = re.compile("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
UID = re.compile(r"[!-~]{1,255}")
ADDRESS = re.compile(r'[^\s<>()\[\]\\,;:"@\x00-\x1f\x7f-\x9f]+@[A-Za-z0-9.-]+')
WEB = re.compile(r"https?://[^\x00-\x20\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
#: What RFC 3986 lets stand; the rest is percent-encoded (RFC 3987, 3.1).
URI_CHARACTERS = "%/:?#[]@!$&'()*+,;=~-._"


class BadEntry(Invalid):
    """Something that no calendar file can say, such as an end before the start."""


def text(value: str) -> str:
    """The words with their line breaks as `\\n`, and without other controls."""
    lines = BREAKS.sub("\n", value).replace("\t", " ").replace(MARK, "")
    return "".join(c for c in lines if c == "\n" or unicodedata.category(c) not in UNPRINTABLE)


def parameter(value: str) -> str:
    """A name for in `CN=`: one line, no double quotes, no carets.

    RFC 6868 writes both as `^…`, which vobject and older Outlooks show as it stands.
    """
    return " ".join(text(value).split()).replace('"', "'").replace("^", "'")


def uid(value: str) -> str:
    """:raises BadEntry: not one word of ASCII"""
    if not UID.fullmatch(value):
        raise BadEntry(f"Een UID is één woord zonder spaties of accenten, niet “{value[:80]!a}”.")
    return value


def address(value: str) -> str:
    """:raises BadEntry: not an e-mail address, or more than one"""
    if not ADDRESS.fullmatch(value):
        raise BadEntry(f"“{value[:80]!a}” kan niet als adres in een agenda staan.")
    return value


def uri(value: str) -> str:
    """A web address in ASCII; empty stays empty.

    :raises BadEntry: no http(s), a space or a line break in it
    """
    if not value:
        return ""
    if not WEB.fullmatch(value):
        raise BadEntry(
            f"“{value[:80]!a}” kan niet als link in een agenda staan:"
            " begin met https:// en haal spaties en regeleinden weg."
        )
    return quote(value, safe=URI_CHARACTERS)
