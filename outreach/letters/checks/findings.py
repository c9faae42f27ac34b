"""What the check found, how grave it is, and where it stands."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    ERROR = "error"  #: refuses the start
    WARNING = "warning"  #: acknowledged or recorded; may be meant
    HINT = "hint"  #: advice, asks nothing


@dataclass(frozen=True)
class Finding:
    """One thing in a text that a reader would stumble over."""

    code: str
    severity: Severity
    message: str  #: one Dutch sentence or two
    place: str  #: "stap 2, mail"


def error(code: str, message: str, place: str) -> Finding:
    return Finding(code, Severity.ERROR, message, place)


def warning(code: str, message: str, place: str) -> Finding:
    return Finding(code, Severity.WARNING, message, place)


def hint(code: str, message: str, place: str) -> Finding:
    return Finding(code, Severity.HINT, message, place)
