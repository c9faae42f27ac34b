"""Logos for letterheads: a PNG or SVG that someone uploads, cleaned to what a PDF may hold.

What comes out is always an SVG of shapes, or one that holds a bare PNG: no script, no link, no
font, no reference to anything outside it, and nothing about who made it.
"""

import base64
import re
import zlib
from xml.etree import ElementTree as Xml

from outreach.errors import Invalid

MAX_BYTES = 400 * 1024
MAX_SIDE = 4000  #: pixels of a PNG
MAX_PIXELS = 6_000_000
MAX_ELEMENTS = 4000
MAX_DEPTH = 40
_SVG = "http://www.w3.org/2000/svg"
_PNG = b"\x89PNG\r\n\x1a\n"
_KEPT_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
#: By colour type: how many values a pixel has, and of how many bits they may be.
_DEPTHS: dict[int, tuple[int, tuple[int, ...]]] = {
    0: (1, (1, 2, 4, 8, 16)),
    2: (3, (8, 16)),
    3: (1, (1, 2, 4, 8)),
    4: (2, (8, 16)),
    6: (4, (8, 16)),
}
_SHAPES = {
    "svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "defs",
    "linearGradient", "radialGradient", "stop", "clipPath",
}  # fmt: skip
#: What would change the picture if it were left out.
_REFUSED = {
    "text": "letters als tekst. Zet de tekst in uw tekenprogramma om in vormen",
    "image": "een plaatje in het plaatje",
    "style": "een blad met stijlen",
    "use": "verwijzingen",
    "pattern": "patronen",
    "filter": "filters",
    "mask": "maskers",
    "foreignObject": "vreemde inhoud",
}
_ATTRIBUTES = {
    "d", "x", "y", "width", "height", "rx", "ry", "r", "cx", "cy", "x1", "y1", "x2", "y2", "fx",
    "fy", "points", "transform", "viewBox", "preserveAspectRatio", "id", "offset", "opacity",
    "fill", "fill-rule", "fill-opacity", "stroke", "stroke-width", "stroke-linecap",
    "stroke-linejoin", "stroke-miterlimit", "stroke-dasharray", "stroke-dashoffset",
    "stroke-opacity", "stop-color", "stop-opacity", "gradientUnits", "gradientTransform",
    "spreadMethod", "clip-path", "clip-rule", "clipPathUnits", "color",
}  # fmt: skip
_INNER = re.compile(r"url\(\s*['\"]?#[\w.-]+['\"]?\s*\)")
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]*>", re.IGNORECASE)
_NOT_ONE = "Dit is geen PNG of SVG, of het bestand is beschadigd. Bewaar het logo als PNG."


def clean(data: bytes) -> str:
    """The logo as an SVG that may stand in any letter.

    :raises Invalid: neither a PNG nor an SVG, too large, or with what no letter may hold
    """
    if len(data) > MAX_BYTES:
        raise Invalid(f"Het logo is groter dan {MAX_BYTES // 1024} kB. Maak het kleiner.")
    return _of_png(data) if data.startswith(_PNG) else _of_svg(data)


def _of_png(data: bytes) -> str:
    chunks, at = [], len(_PNG)
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        mark = data[at + 8 + length : at + 12 + length]
        if zlib.crc32(kind + body) != int.from_bytes(mark) or len(mark) < 4:
            raise Invalid(_NOT_ONE)
        chunks.append((kind, body))
        at += 12 + length
        if kind == b"IEND":
            break
    kinds = [kind for kind, _ in chunks]
    if not kinds or kinds[0] != b"IHDR" or kinds[-1] != b"IEND" or kinds.count(b"IHDR") > 1:
        raise Invalid(_NOT_ONE)
    width, height = _measured(chunks[0][1], b"".join(b for k, b in chunks if k == b"IDAT"))
    bare = _PNG + b"".join(_chunk(*one) for one in chunks if one[0] in _KEPT_CHUNKS)
    return (
        f'<svg xmlns="{_SVG}" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' viewBox="0 0 {width} {height}"><image width="{width}" height="{height}"'
        f' xlink:href="data:image/png;base64,{base64.b64encode(bare).decode()}"/></svg>'
    )


def _measured(header: bytes, packed: bytes) -> tuple[int, int]:
    """Width and height, when the picture is as large as it says."""
    if len(header) != 13:
        raise Invalid(_NOT_ONE)
    width, height = int.from_bytes(header[:4]), int.from_bytes(header[4:8])
    depth, colour, interlaced = header[8], header[9], header[12]
    channels, depths = _DEPTHS.get(colour, (0, ()))
    if depth not in depths or not width or not height or interlaced > 1:
        raise Invalid(_NOT_ONE)
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise Invalid(f"Het logo is {width} bij {height} beeldpunten. Maak het kleiner.")
    # Interlaced, a picture is seven smaller ones, each with a byte a row and a broken byte.
    most = ((width * channels * depth + 7) // 8 + 1) * height + (16 * height + 64) * interlaced
    unpacking = zlib.decompressobj()
    try:
        found = len(unpacking.decompress(packed, most + 1))
    except zlib.error:
        raise Invalid(_NOT_ONE) from None
    if found > most or (not interlaced and found < most):
        raise Invalid(_NOT_ONE)
    return width, height


def _chunk(kind: bytes, body: bytes) -> bytes:
    mark = zlib.crc32(kind + body).to_bytes(4)
    return len(body).to_bytes(4) + kind + body + mark


def _of_svg(data: bytes) -> str:
    try:
        text = _DOCTYPE.sub("", data.decode("utf-8-sig"), count=1)
    except UnicodeDecodeError:
        raise Invalid(_NOT_ONE) from None
    if "<!doctype" in text.lower() or "<!entity" in text.lower():
        raise Invalid("Het logo verwijst naar iets erbuiten. Bewaar het als PNG.")
    try:
        root = Xml.fromstring(text)  # noqa: S314 - without a doctype there are no entities
    except (Xml.ParseError, ValueError):
        raise Invalid(_NOT_ONE) from None
    if _name(root) != "svg":
        raise Invalid(_NOT_ONE)
    left = [MAX_ELEMENTS]
    cleaned = _cleaned(root, left, depth=0)
    _give_size(cleaned)
    Xml.register_namespace("", _SVG)
    return Xml.tostring(cleaned, encoding="unicode")


def _cleaned(element: Xml.Element, left: list[int], *, depth: int) -> Xml.Element:
    left[0] -= 1
    if left[0] < 0 or depth > MAX_DEPTH:
        raise Invalid("Het logo is te ingewikkeld. Bewaar het als PNG.")
    made = Xml.Element(f"{{{_SVG}}}{_name(element)}", _attributes(element))
    for child in element:
        name = _name(child)
        if name in _REFUSED:
            raise Invalid(f"Het logo bevat {_REFUSED[name]}, of bewaar het logo als PNG.")
        if name in _SHAPES:
            made.append(_cleaned(child, left, depth=depth + 1))
    return made


def _name(element: Xml.Element) -> str:
    """Its name among those of SVG; "" for what other programs put in between."""
    space, _, name = str(element.tag).rpartition("}")
    return name if space in ("", f"{{{_SVG}") else ""


def _attributes(element: Xml.Element) -> dict[str, str]:
    parts = (part.partition(":") for part in element.get("style", "").split(";"))
    style = {name.strip(): value.strip() for name, _, value in parts}
    given = {**element.attrib, **style}
    kept = {name: value for name, value in given.items() if name in _ATTRIBUTES}
    return {name: value for name, value in kept.items() if _is_safe(value)}


def _is_safe(value: str) -> bool:
    rest = _INNER.sub("", value)
    return "url" not in rest.lower() and ":" not in rest and "\\" not in rest


def _give_size(root: Xml.Element) -> None:
    """A picture without a viewBox gets one from its size; with neither it has no shape."""
    if "viewBox" not in root.attrib:
        sides = [re.match(r"\s*(\d+(?:\.\d+)?)", root.get(one, "")) for one in ("width", "height")]
        if not all(sides):
            raise Invalid("Het logo zegt niet hoe groot het is. Bewaar het als PNG.")
        root.set("viewBox", " ".join(["0 0", *(one[1] for one in sides if one)]))
    numbers = re.split(r"[\s,]+", root.get("viewBox", "").strip())
    try:
        wide, high = float(numbers[2]), float(numbers[3])
    except (IndexError, ValueError):
        raise Invalid(_NOT_ONE) from None
    if not (0 < wide < 1e6 and 0 < high < 1e6) or wide / high > 20 or high / wide > 5:
        raise Invalid("Het logo is te lang en te smal voor een brief.")
    root.attrib.pop("width", None)
    root.attrib.pop("height", None)
