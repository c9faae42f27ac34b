"""The signs of standings, drawn once: pages and the report have the same.

A standing is always told by colour, sign and word together.
"""

#: What is within a box of 16 by 16, drawn with `currentColor`; by the name of the sign.
SHAPES = {
    "niet": '<circle cx="8" cy="8" r="1" fill="currentColor"/>',
    "verstuurd": '<circle cx="8" cy="8" r="3" stroke-width="1.1"/>',
    "ontvangen": '<path d="M3.5 5h9v6.5h-9zM3.8 5.4 8 8.8l4.2-3.4" stroke-width="1.2"/>',
    "behandeling": (
        '<g fill="currentColor" stroke="none"><circle cx="4" cy="8" r="1.2"/><circle '
        'cx="8" cy="8" r="1.2"/><circle cx="12" cy="8" r="1.2"/></g>'
    ),
    "doorgestuurd": (
        '<path d="M3 5.7h8.5M9.5 3.5l2.5 2.2-2.500 2.200M3 10.3h8.5M9.5 8.1l2.5 2.2-2.5 2.2"/>'
    ),
    "college": '<path d="M3 6.500h7M3 9.500h7M9 4l4 4-4 4"/>',
    "lijst": '<path d="M4 5h8M4 8h8M4 11h8"/>',
    "besproken": (
        '<path d="M4 9.500c0-2.500.8-4 2.800-4.500M9 9.500c0-2.500.8-4 2.800-4.500"/><g '
        'fill="currentColor" stroke="none"><circle cx="5.3" cy="9.8" r="1.5"/><circle '
        'cx="10.3" cy="9.8" r="1.5"/></g>'
    ),
    "antwoord": '<path d="m3.500 8.500 3 3 6-7" stroke-width="1.8"/>',
    "gesprek": (
        '<path d="M5 3.500 3.700 5c.3 3.500 3.800 7 7.300 '
        '7.300l1.500-1.300-2-2-1.300.8c-1-.5-2-1.500-2.500-2.500l.8-1.300z" '
        'stroke-width="1.2"/>'
    ),
    "geweigerd": '<path d="m4.500 4.500 7 7M11.500 4.500l-7 7" stroke-width="1.7"/>',
    "onbestelbaar": (
        '<path d="M8 3.200v6" stroke-width="2"/><circle cx="8" cy="12" r="1.2" '
        'fill="currentColor" stroke="none"/>'
    ),
    "onzeker": (
        '<path d="M5.600 6.200c0-3.600 5-3.200 4.800-.2-.1 1.700-2.300 1.700-2.300 '
        '3.600" stroke-width="1.5"/><circle cx="8.1" cy="12.2" r="1.1" '
        'fill="currentColor" stroke="none"/>'
    ),
    "wie": '<circle cx="8" cy="5.8" r="2.3"/><path d="M3.600 13c.5-4.800 8.300-4.800 8.800 0"/>',
    "geenpost": '<circle cx="8" cy="8" r="4.3"/><path d="m5 11 6-6"/>',
}
#: For answers to a question, of which nobody knows beforehand what they say: their numbers.
DIGITS = {
    "1": '<path d="M6.3 5.6 8.5 4v8"/>',
    "2": '<path d="M5.5 5.8c.3-2.6 5-2.5 4.8.4-.1 1.8-3.8 3.3-4.8 5.8h5"/>',
    "3": '<path d="M5.6 4.2h4.6l-2.6 3c4 0 3.6 4.8.2 4.8q-1.6 0-2.4-1.2"/>',
    "4": '<path d="M9.3 12V4L5 9.8h6"/>',
    "5": '<path d="M10 4H6.2l-.3 3.4c4.9-1.2 5.4 4.6 1.7 4.6q-1.6 0-2.3-1.2"/>',
    "6": '<path d="M9.8 4C7 5 5.6 7.2 5.6 9.4c0 3.5 4.9 3.4 4.9.2s-4-3-4.7-.6"/>',
    "7": '<path d="M5.4 4h5.2L7.3 12"/>',
    "8": '<path d="M8 7.7c-3.4 0-3-3.9 0-3.9s3.4 3.9 0 3.9-3.8 4.4 0 4.4 3.8-4.4 0-4.4"/>',
    "9": '<path d="M6.2 12c2.8-1 4.2-3.2 4.2-5.4 0-3.5-4.9-3.4-4.9-.2s4 3 4.7.6"/>',
}
#: The colour of each of them, by the name of a sign: side by side they differ most.
COLOURS = (
    *("doorgestuurd", "ontvangen", "gesprek", "lijst", "geweigerd", "behandeling", "college"),
    *("verstuurd", "antwoord"),
)
#: What stands behind a sign on paper; `tokens.css` has them for screens.
PAPER = {
    "niet": "#ffffff",
    "verstuurd": "#d9d6cd",
    "ontvangen": "#b8c7dc",
    "behandeling": "#9db7d8",
    "doorgestuurd": "#2f7f8e",
    "college": "#51707c",
    "lijst": "#2f7a4d",
    "besproken": "#24633f",
    "antwoord": "#174a2c",
    "gesprek": "#6a4fa3",
    "geweigerd": "#7a4a6a",
    "onbestelbaar": "#b3261e",
    "onzeker": "#d99a00",
    "geenpost": "#5f5f5f",
}
#: Signs that are dark, on a light colour; the others are white.
DARK = frozenset({"niet", "verstuurd", "ontvangen", "behandeling", "onzeker"})
