"""Logos: what a PDF may hold stays, all else is left out or refused."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from outreach.errors import Invalid
from outreach.letters import logos, pdf
from outreach.letters.pdf import Logo
from tests.letters.test_pdf import BARE, LETTER, open_pdf, text_of

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 30 10">{}</svg>'


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(
    width: int = 30, height: int = 10, *, rows: bytes | None = None, more: bytes = b""
) -> bytes:
    """A picture in one colour."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    if rows is None:
        rows = (b"\0" + b"\x1f\x4e\x8c" * width) * height
    data = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + more + data + chunk(b"IEND", b"")


def test_both_kinds_stand_on_a_letter_that_is_still_tagged() -> None:
    drawn = logos.clean(SVG.format('<rect width="30" height="10" fill="#174a2c"/>').encode())
    signed = (Logo("Vereniging Jonge Stemmen", logos.clean(png())),)

    made = open_pdf(pdf.make(replace(LETTER, logo=drawn, cosigner_logos=signed)))

    tree = made.trailer["/Root"]["/StructTreeRoot"]
    assert set(described(tree)) == {
        "Logo van Stichting De Open Deur",
        "Logo van Vereniging Jonge Stemmen",
    }
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in (
        made.xmp_metadata.stream.get_data().decode()
    )


def described(node: Any) -> Iterator[str]:
    """What screen readers say of pictures, anywhere in a tree of tags."""
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, dict):
        if "/Alt" in node:
            yield str(node["/Alt"])
        yield from described(node.get("/K"))
    elif isinstance(node, list):
        for child in node:
            yield from described(child)


def test_a_png_keeps_its_picture_and_nothing_about_who_made_it() -> None:
    made = logos.clean(png(more=chunk(b"tEXt", b"Author\0Noor Proefpersoon")))

    assert made == logos.clean(png())


def test_of_an_svg_only_shapes_are_left() -> None:
    made = logos.clean(
        b'<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://x.example">'
        b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:i="http://inkscape.example" width="30px"'
        b' height="10" onload="steal()"><script>steal()</script><title>Van Noor</title>'
        b'<i:about who="Noor"/><a href="javascript:steal()"><path d="M0 0"/></a>'
        b'<g style="fill: #123456; background: url(http://x.example)"><path d="M0 0h9" id="p"'
        b' fill="url(http://x.example/#a)" clip-path="url(#c)"/></g></svg>'
    )

    assert made == (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 30 10"><g fill="#123456">'
        '<path d="M0 0h9" id="p" clip-path="url(#c)" /></g></svg>'
    )


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "geen PNG of SVG"),
        (b"GIF89a", "geen PNG of SVG"),
        (b"<html/>", "geen PNG of SVG"),
        (png()[:-8], "geen PNG of SVG"),
        (png().replace(b"IDAT", b"IDAX"), "geen PNG of SVG"),
        (png(rows=b"\0" * 50_000_000), "geen PNG of SVG"),
        (png(5000, 1, rows=b""), "Maak het kleiner"),
        (bytes(logos.MAX_BYTES + 1), "groter dan 400 kB"),
        (b'<!DOCTYPE svg [<!ENTITY a "aaaa">]><svg>&a;</svg>', "iets erbuiten"),
        (SVG.format("<text>Naam</text>").encode(), "letters als tekst"),
        (SVG.format('<use href="#a"/>').encode(), "verwijzingen"),
        (SVG.format("<g>" * 100 + "</g>" * 100).encode(), "te ingewikkeld"),
        (SVG.format("<g/>" * 5000).encode(), "te ingewikkeld"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "hoe groot"),
        (SVG.replace("30 10", "900 1").encode(), "te lang en te smal"),
    ],
)
def test_what_no_letter_may_hold_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        logos.clean(data)


def test_the_facts_say_who_handles_it_and_what_it_answers() -> None:
    letter = replace(
        LETTER,
        your_letter_of="26 februari 2026",
        handled_by="Marit Zuidema",
        phone="030 123 45 67",
        place="Amersfoort",
    )

    text = text_of(pdf.make(letter))

    assert "Plaats en datum Amersfoort, 23 maart 2026 Ons kenmerk" in text
    assert "Uw kenmerk Z2026-01187 Uw brief van 26 februari 2026" in text
    assert "Behandeld door Marit Zuidema Telefoon 030 123 45 67 Bijlagen" in text
    for label in ("Uw brief", "Behandeld", "Telefoon"):
        assert label not in text_of(pdf.make(BARE))
