"""Characters that no eye sees, in words that come from elsewhere.

Some turn text around, so that "fdp.exe" reads as a PDF (Unicode TR 36, 2.5); others make two
names look the same. They are taken out where words come in (forms, files, mail) and once more
where they go out (pages, workbooks), for what was stored before.
"""

import re
from typing import TypeVar, cast

#: The inside of a character class: what turns text around.
TURNS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
#: And what shows nothing at all. Not the joiners U+200C and U+200D: emoji and scripts need them.
HIDDEN = (
    TURNS + "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060-\u2065\u206a-\u206f\u3164"
    "\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f"
)
_HIDDEN = re.compile(f"[{HIDDEN}]")
SOFT_HYPHEN = "\u00ad"

T = TypeVar("T")


def clean(value: T) -> T:
    """A text without hidden characters, of the type it had; anything else as it is.

    >>> clean("Brief \u202efdp.exe")
    'Brief fdp.exe'
    """
    if not isinstance(value, str) or value.isascii():
        return value
    found = {ord(one): None for one in _HIDDEN.findall(value)}
    # Markup stays what it is with `translate`, and would not with `re.sub`.
    return cast(T, value.translate(found)) if found else value


def shown(value: T) -> T:
    """The same on a page: where a long word may break stays, our own labels say it."""
    if isinstance(value, str) and SOFT_HYPHEN in value:
        return cast(T, type(value)(SOFT_HYPHEN).join(map(clean, value.split(SOFT_HYPHEN))))
    return clean(value)
