"""Personal data in a letter that the raad publishes (lijst ingekomen stukken)."""

import re
from collections.abc import Iterator

from outreach.letters import placeholders
from outreach.letters.checks.drafts import Draft
from outreach.letters.checks.findings import Finding, warning

_MOBILE = re.compile(r"(?<!\d)(?:\+31 ?\(?0?\)?|0031 ?|0)6[ -]?(?:\d[ -]?){8}(?!\d)")
_PERSONAL_MAIL = re.compile(
    r"\b[\w.+-]+@(?:gmail|hotmail|outlook|live|icloud|yahoo|ziggo|kpnmail|planet|home|xs4all)"
    r"\.(?:com|nl)\b",
    re.IGNORECASE,
)
_BSN = re.compile(r"\b(?:bsn|burgerservicenummer)\b", re.IGNORECASE)
_OF_READER = ("naam", "voornaam", "achternaam")


def check(draft: Draft) -> Iterator[Finding]:
    mail, letter = draft.texts
    # Without a letter of its own the mail is what the griffie files.
    public = letter if letter.source.strip() else mail
    found = [
        what
        for what, there in (
            ("een mobiel nummer", _MOBILE.search(public.words)),
            ("een privéadres", _PERSONAL_MAIL.search(public.words)),
            ("een burgerservicenummer", _BSN.search(public.words)),
        )
        if there
    ]
    if public is letter and set(placeholders.names(letter.source)) & set(_OF_READER):
        found.append("de naam van wie de brief krijgt")
    for what in found:
        message = (
            f"In de brief staat {what}. Een brief aan de raad wordt openbaar: "
            "noem liever de organisatie, met een algemeen adres of nummer."
        )
        yield warning("personal-data", message, public.place)
