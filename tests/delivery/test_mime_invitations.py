"""The structure of a mail with an invitation (iMIP), which Outlook and Gmail are strict about."""

import re

import pytest

from outreach.calendars import invite
from outreach.delivery import mime
from outreach.delivery.mime import Part, Unmailable
from tests.calendars.entries import COALITION, JAN, REVISED, make_entry
from tests.delivery.test_mime import make_mail, parsed

ICS = invite.request(
    make_entry(summary="Súdwest-Fryslân, één jaar later 👋"),
    organizer=COALITION,
    attendee=JAN,
    sequence=1,
    stamped=REVISED,
)
PDF = Part("oproep.pdf", "application/pdf", b"%PDF-1.7")


def structure(raw: bytes) -> list[tuple[int, str]]:
    """How deep each part lies, and what it is, by its boundaries in the raw bytes."""
    depth, found, open_boundaries = 0, [], []
    for block in re.split(rb"\r\n\r\n", raw):
        for line in block.split(b"\r\n"):
            if open_boundaries and line == b"--" + open_boundaries[-1] + b"--":
                open_boundaries.pop()
                depth -= 1
        if kind := re.search(rb"^Content-Type: ([a-z/]+)", block, re.M):
            found.append((depth, kind[1].decode()))
        if boundary := re.search(rb'boundary="([^"]+)"', block):
            open_boundaries.append(boundary[1])
            depth += 1
    return found


def test_the_invitation_is_the_last_alternative_and_then_a_file_before_the_others() -> None:
    raw = mime.build(
        make_mail(html="<p>Kom</p>", calendar=("REQUEST", ICS), attachments=(PDF, PDF))
    )

    assert structure(raw) == [
        (0, "multipart/mixed"),
        (1, "multipart/alternative"),
        (2, "text/plain"),
        (2, "text/html"),
        (2, "text/calendar"),
        (1, "application/ics"),
        (1, "application/pdf"),
        (1, "application/pdf"),
    ]


def test_without_html_the_structure_is_the_same() -> None:
    raw = mime.build(make_mail(calendar=("REQUEST", ICS)))

    assert [kind for _, kind in structure(raw)] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/calendar",
        "application/ics",
    ]


def test_both_copies_are_the_bytes_that_were_given() -> None:
    mail = parsed(mime.build(make_mail(html="<p>Kom</p>", calendar=("REQUEST", ICS))))

    inline, file = (
        part
        for part in mail.walk()
        if part.get_content_type() in ("text/calendar", "application/ics")
    )
    assert inline.get_payload(decode=True) == file.get_payload(decode=True) == ICS
    assert dict(inline["Content-Type"].params) == {"method": "REQUEST", "charset": "utf-8"}
    assert inline["Content-Disposition"] is None
    assert inline["Content-Transfer-Encoding"] == "base64"
    assert dict(file["Content-Type"].params) == {"name": "uitnodiging.ics"}
    assert file.get_content_disposition() == "attachment"
    assert file.get_filename() == "uitnodiging.ics"


def test_the_same_invitation_gives_the_same_bytes() -> None:
    mail = make_mail(html="<p>Kom</p>", calendar=("REQUEST", ICS), attachments=(PDF,))

    assert mime.build(mail) == mime.build(mail)
    assert mime.build(mail).count(b"MIME-Version") == 1
    assert max(map(len, mime.build(mail).split(b"\r\n"))) <= 78


@pytest.mark.parametrize("method", ["CANCEL", "PUBLISH", "", 'REQUEST"\r\nBcc: x@y.example'])
def test_a_method_that_the_file_does_not_have_is_refused(method: str) -> None:
    with pytest.raises(Unmailable):
        mime.build(make_mail(calendar=(method, ICS)))
