"""The bytes of a mail, read by regexes and by a parser that did not make them."""

import re
from contextlib import nullcontext
from datetime import datetime
from email import message_from_bytes
from email.header import Header, decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from outreach.delivery import mime
from outreach.delivery.mime import Mail, Part, Unmailable
from tests.conftest import NOON
from tests.delivery import library_mime

URL = "https://brieven.example/afmelden/" + "t0k3n-" * 30
OWN = "<" + "a" * 40 + "@coalitie.example>"
IDS = tuple(f"<{letter * 60}@coalitie.example>" for letter in "bcd")


def make_mail(**values: Any) -> Mail:
    defaults = {
        "from_name": "Coalitie tegen eenzaamheid",
        "from_address": "post@coalitie.example",
        "to": "griffie@sudwestfryslan.example",
        "subject": "Oproep aan de raad",
        "date": NOON,
        "message_id": OWN,
        "text": "Geachte griffier,\n\nGroet",
    }
    return Mail(**(defaults | values))


def head(raw: bytes) -> bytes:
    return raw.split(b"\r\n\r\n", 1)[0] + b"\r\n"


def header(raw: bytes, name: bytes) -> bytes:
    """One header as it stands on the wire, with its folds."""
    [found] = re.findall(rb"^" + name + rb": ((?:.*\r\n)(?:[ \t].*\r\n)*)", head(raw), re.M)
    return found


def parsed(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=default)  # type: ignore[return-value]


def test_urls_and_message_ids_stand_whole_on_the_wire() -> None:
    raw = mime.build(
        make_mail(list_unsubscribe=URL, in_reply_to=IDS[0], references=IDS, reply_to="a@b.example")
    )

    assert header(raw, b"List-Unsubscribe") == f"<{URL}>\r\n".encode()
    assert header(raw, b"List-Unsubscribe-Post") == b"List-Unsubscribe=One-Click\r\n"
    assert header(raw, b"Message-ID") == f"{OWN}\r\n".encode()
    assert header(raw, b"In-Reply-To") == f"{IDS[0]}\r\n".encode()
    assert header(raw, b"References") == "\r\n ".join(IDS).encode() + b"\r\n"
    assert b"=?" not in head(raw)


def test_message_ids_share_a_line_where_they_fit() -> None:
    raw = mime.build(make_mail(references=("<a@b.example>", "<c@d.example>")))

    assert header(raw, b"References") == b"<a@b.example> <c@d.example>\r\n"


def test_a_header_longer_than_a_line_may_be_is_refused() -> None:
    with pytest.raises(Unmailable, match="langer dan een regel"):
        mime.build(make_mail(list_unsubscribe="https://a.example/" + "x" * 990))


def test_only_notices_say_that_they_were_made_by_a_machine() -> None:
    assert b"Auto-Submitted" not in mime.build(make_mail())
    assert header(mime.build(make_mail(auto_submitted=True)), b"Auto-Submitted") == (
        b"auto-generated\r\n"
    )


def test_names_with_letters_beyond_ascii_are_encoded_and_read_back() -> None:
    name = "Regionale Coalitie voor mentale gezondheid in Súdwest-Fryslân, en omstreken"
    subject = "Oproep aan de raad van Súdwest-Fryslân over eenzaamheid: één jaar later, wat nu? 👋"

    raw = mime.build(make_mail(from_name=name, subject=subject))

    assert raw.isascii()
    assert str(make_header(decode_header(_unfolded(header(raw, b"Subject"))))) == subject
    assert parsed(raw)["From"].addresses[0].display_name == name
    assert parsed(raw)["From"].addresses[0].addr_spec == "post@coalitie.example"


@given(st.text("abc =?-_é", max_size=90))
def test_a_subject_stands_as_the_standard_library_writes_it(subject: str) -> None:
    raw = mime.build(make_mail(subject=subject))

    charset = "us-ascii" if subject.isascii() and "=?" not in subject else "utf-8"
    written = Header(subject, charset, header_name="Subject", maxlinelen=78).encode(linesep="\r\n")
    assert header(raw, b"Subject") == f"{written}\r\n".encode()


def test_file_names_are_read_back() -> None:
    names = (
        "2026-03-23 Brief Coalitie aan raad Súdwest-Fryslân - Oproep aanpak eenzaamheid.pdf",
        "oproep.pdf",
        'met "aanhaling" en een lange naam die niet op een regel past en dus gevouwen wordt.pdf',
    )

    raw = mime.build(
        make_mail(attachments=tuple(Part(name, "application/pdf", b"%PDF-1.7") for name in names))
    )

    assert tuple(part.get_filename() for part in parsed(raw).iter_attachments()) == names
    assert re.search(rb"^ filename\*0\*=utf-8''2026-03-23%20Brief", raw, re.M)


def test_both_texts_and_the_file_arrive_as_they_were() -> None:
    text = ".\r\n..\nFrom mij\nSúdwest-Fryslân = " + "woord " * 300
    html = "<p>" + "é" * 5000 + "</p>"
    data = bytes(range(256)) * 40

    raw = mime.build(
        make_mail(text=text, html=html, attachments=(Part("a.bin", "application/x-b", data),))
    )

    mail = parsed(raw)
    plain, rich, file = (part.get_content() for part in mail.walk() if not part.is_multipart())
    assert plain.splitlines() == text.splitlines()
    assert rich.strip() == html
    assert file == data
    assert mail.get_content_type() == "multipart/mixed"
    assert [part.get_content_type() for part in mail.walk()][1] == "multipart/alternative"


def test_a_mail_has_one_mime_version_and_the_same_bytes_each_time() -> None:
    mail = make_mail(html="<p>a</p>", attachments=(Part("a.pdf", "application/pdf", b"a"),))

    assert mime.build(mail) == mime.build(mail)
    assert mime.build(mail).count(b"MIME-Version") == 1


@pytest.mark.parametrize(
    "evil", ["\r\nBcc: x@y.example", "\n", "\r", "\x00", "\u2028", "\x85", "\t"]
)
@pytest.mark.parametrize(
    "place",
    [
        "from_name",
        "from_address",
        "to",
        "subject",
        "message_id",
        "reply_to",
        "in_reply_to",
        "references",
        "list_unsubscribe",
        "list_id",
        "filename",
    ],
)
def test_no_value_begins_a_header_of_its_own(place: str, evil: str) -> None:
    good = {
        "from_address": "post@coalitie.example",
        "to": "griffie@zeist.example",
        "reply_to": "post@coalitie.example",
        "message_id": OWN,
        "in_reply_to": OWN,
        "references": OWN,
        "list_unsubscribe": URL,
        "list_id": "a.example",
    }.get(place, "Oproep")
    value: Any = good[:4] + evil + good[4:]
    if place == "references":
        value = (value,)
    if place == "filename":
        place, value = "attachments", (Part(value, "application/pdf", b""),)

    with pytest.raises(Unmailable):
        mime.build(make_mail(**{place: value}))


@given(
    st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=200),
    st.text(max_size=400),
)
def test_any_words_give_lines_that_every_server_takes(words: str, text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()

    raw = mime.build(make_mail(subject=words, from_name=words, text=text, html=f"<p>{text}</p>"))

    assert raw.isascii()
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    names = [
        line.split(b":")[0] for line in head(raw).split(b"\r\n") if line[:1] not in (b" ", b"")
    ]
    assert names == [
        b"From", b"To", b"Subject", b"Date", b"Message-ID", b"MIME-Version", b"Content-Type",
    ]  # fmt: skip


#: What trips encoders: line ends of all kinds, what a line may not begin or end with, …
HOSTILE = st.lists(
    st.one_of(
        st.text(max_size=90).map(lambda text: text.encode("utf-8", "ignore").decode()),
        st.sampled_from(["\n", "\r", "\r\n", " \n", "\t\r\n", "\n.\n", "\x0c", "\x85", "\u2028"]),
        st.sampled_from([".", "..", " ", "\t", "=", "=20\n", "\x00", "\ufeff", "👋🏽", "é" * 40]),
        st.sampled_from(["From ", "--", "-- \n", "=_"]),
        st.builds(lambda count, end: "x" * count + end, st.integers(70, 80), st.text(" \t\n=é")),
        st.just("w" * 1200),
    ),
    max_size=12,
).map("".join)
FILES = st.lists(
    st.builds(
        Part,
        st.sampled_from(["a.pdf", "Súdwest-Fryslân, één jaar later.pdf", 'met "aanhaling".txt']),
        st.sampled_from(["application/pdf", "text/plain", "application/octet-stream"]),
        st.binary(max_size=200),
    ),
    max_size=3,
).map(tuple)
CALENDAR = ("CANCEL", b"BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\nEND:VCALENDAR\r\n")


def anatomy(raw: bytes) -> list[tuple[list[tuple[str, str]], bytes | None]]:
    """Every part in order: its headers as they stand, and what its content decodes to."""
    return [
        (
            list(part.raw_items()),
            None
            if part.is_multipart()
            else b"\n".join(part.get_payload(decode=True).splitlines())
            if part.get_content_maintype() == "text" and not part.is_attachment()
            else part.get_payload(decode=True),
        )
        for part in message_from_bytes(raw, policy=default.clone(raise_on_defect=True)).walk()
    ]


@given(HOSTILE, HOSTILE, FILES, st.sampled_from([None, CALENDAR]))
def test_our_structure_is_what_the_standard_library_writes(
    text: str, html: str, files: tuple[Part, ...], calendar: tuple[str, bytes] | None
) -> None:
    mail = make_mail(text=text, html=html, attachments=files, calendar=calendar)

    raw = mime.build(mail)

    assert anatomy(raw) == anatomy(library_mime.build(mail))
    body = raw[len(head(raw)) :]
    assert body.isascii()
    assert body.count(b"\n") == body.count(b"\r\n") == body.count(b"\r")
    lines = body.split(b"\r\n")
    assert all(len(line) <= 76 for line in lines if not re.match(b"Content-|--=_| filename", line))


@pytest.mark.parametrize("end", [" ", "\t", "  ", "=", "é", "."])
@pytest.mark.parametrize("length", range(70, 80))
def test_a_full_line_is_read_back_and_stays_within_its_columns(length: int, end: str) -> None:
    text = "\n".join(["x" * length + end, "y"])

    raw = mime.build(make_mail(text=text))

    body = raw[len(head(raw)) :]
    assert parsed(raw).get_content().splitlines() == text.splitlines()
    assert max(map(len, body.split(b"\r\n"))) <= 76


@given(
    st.one_of(
        HOSTILE,
        st.builds(lambda count, end: "x" * count + end, st.integers(66, 80), st.text(" \t=é.")),
    )
)
@example("x" * 74 + " ")
@example("x" * 76 + "\t\n..")
def test_a_piece_is_encoded_as_the_whole_is(text: str) -> None:
    whole = mime.build(make_mail(text=f"{text}\n"))

    assert mime.undotted([b"\r\n", mime.encoded(f"{text}\n")])[2:] == whole[len(head(whole)) + 2 :]
    assert mime.encoded(f"{text}\n") == mime.encoded_lines(f"{text}\n")


def test_a_file_is_encoded_once_for_all_who_get_it() -> None:
    part = Part("oproep.pdf", "application/pdf", bytes(300))

    raws = [
        mime.build(make_mail(to=to, attachments=(part,))) for to in ("a@b.example", "c@d.example")
    ]

    assert all(part.encoded in raw for raw in raws)
    assert part.encoded is part.encoded


def test_the_date_is_dutch_time() -> None:
    raw = mime.build(make_mail(date=datetime.fromisoformat("2026-07-01T07:00:00+00:00")))

    assert header(raw, b"Date") == b"Wed, 01 Jul 2026 09:00:00 +0200\r\n"


def _unfolded(value: bytes) -> str:
    return re.sub(rb"\r\n[ \t]+", b" ", value).strip().decode("ascii")


@pytest.mark.parametrize(
    ("raw", "fits"),
    [
        (b"x" * 998 + b"\r\n" + b"y" * 998 + b"\r\n", True),
        (b"x" * 998, True),
        (b"a\r\n" * 400 + b"x" * 999 + b"\r\n", False),
        (b"a\r\n" * 400 + b"x" * 999, False),
        (b"x" * 999 + b"\r\na\r\n", False),
        (b"\r\n" * 600 + b"x\r\n", True),
        ("é\r\n".encode(), False),
    ],
)
def test_only_what_every_server_takes_is_offered(raw: bytes, fits: bool) -> None:
    with nullcontext() if fits else pytest.raises(Unmailable, match="niet elke mailserver"):
        mime.as_data(raw)
