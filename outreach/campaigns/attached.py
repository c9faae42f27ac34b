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


def name_of(path: str) -> str:
    """The name that a file has in a mail."""
    return PurePath(path).name
