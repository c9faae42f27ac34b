"""What goes along with a letter: the campaign's attachments, or those that a version kept."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePath

from outreach.campaigns.models import Attachment, Campaign, StepText
from outreach.errors import Invalid


@dataclass(frozen=True)
class File:
    """One file; its bytes are in the store."""

    filename: str
    content_type: str
    sha256: str
    size: int


#: What an attachment may be, by the end of its name, and how such a file begins.
KINDS = {
    ".pdf": ("application/pdf", b"%PDF"),
    ".png": ("image/png", b"\x89PNG"),
    ".jpg": ("image/jpeg", b"\xff\xd8\xff"),
    ".jpeg": ("image/jpeg", b"\xff\xd8\xff"),
    ".gif": ("image/gif", b"GIF8"),
}
#: How files begin that are something else, whatever they are called.
_OTHER = (
    *(b"MZ", b"PK\x03\x04", b"\x7fELF", b"\xd0\xcf\x11\xe0", b"#!", b"Rar!", b"7z\xbc\xaf"),
    *(b"\x1f\x8b", b"{\\rtf", b"<!doctype", b"<html", b"<?xml", b"<svg", b"<script"),
)


def content_type(name: str, data: bytes) -> str:
    """What a file is that is to go along: a PDF or an image.

    :raises Invalid: its name or its content says that it is something else
    """
    kind, begins = KINDS.get(PurePath(name).suffix.lower(), ("", b""))
    head = data[:1024].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    others = (*(sign.lower() for _, sign in KINDS.values() if sign != begins), *_OTHER)
    if not kind or head.startswith(tuple(one.lower() for one in others)):
        raise Invalid(
            f"De bijlage {name} is geen PDF of afbeelding (PNG, JPG of GIF)."
            " Bewaar het stuk als PDF en voeg dat toe."
        )
    return kind


def now(campaign: Campaign) -> tuple[File, ...]:
    """What goes along with a letter that is made from here on."""
    return tuple(
        File(one.filename, one.content_type, one.sha256, one.size) for one in campaign.attachments
    )


def of(text: StepText, campaign: Campaign) -> tuple[File, ...]:
    """What goes along with this version."""
    return now(campaign) if text.attached is None else tuple(File(**one) for one in text.attached)


def keep(texts: Iterable[StepText], files: Sequence[File]) -> None:
    """Let these versions have what they had, whatever the campaign's attachments become."""
    for text in texts:
        if text.attached is None:
            text.attached = [asdict(one) for one in files]


def put(campaign: Campaign, files: Sequence[File]) -> None:
    """Make these the campaign's attachments.

    :raises Invalid: two with one name
    """
    names = {one.filename for one in files}
    if len(names) < len(files):
        raise Invalid("Twee bijlagen hebben dezelfde naam.")
    campaign.attachments = [
        Attachment(position=position, **asdict(one)) for position, one in enumerate(files, 1)
    ]


def differences(old: Sequence[File], new: Sequence[File]) -> list[tuple[str, str]]:
    """What changed, as screens say it: ("vervangen", "oproep.pdf").

    >>> differences([File("a.pdf", "", "1", 1)], [File("b.pdf", "", "2", 1)])
    [('weg', 'a.pdf'), ('erbij', 'b.pdf')]
    """
    before = {one.filename: one.sha256 for one in old}
    after = {one.filename: one.sha256 for one in new}
    found = [("weg", name) for name in before if name not in after]
    for name, sha256 in after.items():
        if before.get(name, sha256) != sha256:
            found.append(("vervangen", name))
        elif name not in before:
            found.append(("erbij", name))
    return found


def fresh(old: Sequence[File], new: Sequence[File]) -> tuple[File, ...]:
    """Of the new ones those whose content nobody had."""
    had = {one.sha256 for one in old}
    return tuple(one for one in new if one.sha256 not in had)
