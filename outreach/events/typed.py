"""What people type into a form, before it is kept."""

import re

LONGEST_TEXT = 2_000
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029]")


def tidy(text: str) -> str:
    """Text that people typed, without controls that no mail or file may have."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
