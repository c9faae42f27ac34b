"""Every pair of tokens that meets on a screen, computed (WCAG 2.2, 1.4.3 and 1.4.11).

axe passes text of which it cannot tell the background; this does not.
"""

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parent.parent / "outreach" / "web" / "static"
TEXT, SIGN = 4.5, 3.0
#: Fills that bear dark signs, by scheme; the others bear white ones.
DARK_SIGNS = {
    "light": {"niet", "verstuurd", "ontvangen", "behandeling", "onzeker"},
    "dark": {"behandeling", "onzeker"},
}
Tokens = dict[str, str]


def tokens(scheme: str) -> Tokens:
    source = (STATIC / "tokens.css").read_text(encoding="utf-8")
    light, dark = source.split("@media", 1)
    found = _colours(light)
    return found if scheme == "light" else found | _colours(dark)


def _colours(css: str) -> Tokens:
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-fA-F]{6})\b", css))


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def mixed(one: str, other: str, part: float) -> str:
    """`color-mix(in srgb, one part, other)`."""
    pairs = [(int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a * part + b * (1 - part)):02x}" for a, b in pairs)


def pairs(scheme: str) -> list[tuple[str, str, str, float]]:
    """What meets what, and what it must be."""
    t = tokens(scheme)
    found = [
        (f"{ink} on {ground}", t[ink], t[ground], TEXT)
        for ink in ("inkt", "inkt-2", "blauw", "accent")
        for ground in ("papier", "papier-2", "blauw-2")
        if (ink, ground) != ("accent", "blauw-2")  # never together
    ]
    hover = mixed(t["blauw"], t["inkt"], 0.85)
    underline = mixed(t["blauw"], t["papier"], 0.65)
    found += [
        ("a filled button", t["papier"], t["blauw"], TEXT),
        ("a filled button under the mouse", t["papier"], hover, TEXT),
        ("a filled public button under the mouse", t["papier"], t["inkt"], TEXT),
        ("the border of a control", t["rand"], t["papier"], SIGN),
        ("the border of a control on a panel", t["rand"], t["papier-2"], SIGN),
        ("the underline of a link", underline, t["papier"], SIGN),
        ("the outline of a tile", t["inkt-2"], t["papier"], SIGN),
        ("a focus ring", t["blauw"], t["papier"], SIGN),
    ]
    for name, fill in t.items():
        if name.startswith("s-"):
            ink = "#1d2126" if name[2:] in DARK_SIGNS[scheme] else "#ffffff"
            found.append((f"the sign on {name}", ink, fill, SIGN))
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_pair_of_tokens_has_contrast(scheme: str) -> None:
    weak = [
        f"{what}: {contrast(one, other):.2f}, needs {least}"
        for what, one, other, least in pairs(scheme)
        if contrast(one, other) < least
    ]

    assert weak == []
    assert len(pairs(scheme)) == 33


def test_the_stylesheets_know_no_colour_but_tokens_and_the_letter() -> None:
    """`.vel`, the letter, stays paper in the dark; the merk is a picture."""
    for name in ("look.css", "public.css"):
        source = (STATIC / name).read_text(encoding="utf-8")
        rules = [line for line in source.splitlines() if not line.startswith((".vel", ".mailraam"))]
        stray = re.findall(r":[^;{}]*?(#[0-9a-fA-F]{3,6})\b", "\n".join(rules).replace("url(", ""))
        assert set(stray) <= {"#fff", "#1d2126", "#e8eef7"}, name


def test_signs_in_the_stylesheet_are_the_ones_computed_here() -> None:
    source = (STATIC / "look.css").read_text(encoding="utf-8")

    light = re.search(r"((?:\.s-\w+, )*\.s-\w+) \{ --t: #1d2126; \}", source)
    dark = re.search(r"@media \(prefers-color-scheme: dark\) \{ ([^{]+)\{ --t: #fff; \}", source)
    assert light is not None
    assert dark is not None
    named = set(re.findall(r"s-(\w+)", light[1]))
    assert named == DARK_SIGNS["light"]
    assert named - set(re.findall(r"s-(\w+)", dark[1])) == DARK_SIGNS["dark"]
