"""Attachments that the text names and are not there, and the other way round."""

import re
from collections.abc import Iterator

from outreach.letters import dutch
from outreach.letters.checks.drafts import Draft
from outreach.letters.checks.findings import Finding, error, warning

_MENTION = re.compile(
    r"(?<!geen )(?<!zonder )\b(?:bijlagen?|bijgevoegde?|bijgaande?)\b", re.IGNORECASE
)
_LOOSE_MENTION = re.compile(r"\b(?:hierbij|bij deze (?:mail|brief|e-mail)|pdf)\b", re.IGNORECASE)


def check(draft: Draft) -> Iterator[Finding]:
    yield from _missing(draft)
    yield from _unmentioned(draft)


def _missing(draft: Draft) -> Iterator[Finding]:
    mail, letter = draft.texts
    for text in (mail, letter):
        mention = _MENTION.search(text.words)
        if mention is None or draft.attachments:
            continue
        message = (
            f"De tekst noemt “{mention[0]}”, maar er is geen bijlage. "
            "Voeg het bestand toe of haal de zin weg."
        )
        if not draft.pdf_letter:
            yield error("attachment-missing", message, text.place)
        elif text is letter:
            # The PDF is an attachment to the mail, not to itself.
            yield warning("attachment-missing", message, text.place)


def _unmentioned(draft: Draft) -> Iterator[Finding]:
    told = any(_MENTION.search(t.words) or _LOOSE_MENTION.search(t.words) for t in draft.texts)
    if not draft.attachments or told:
        return
    names = dutch.enumeration(draft.attachments)
    several = len(draft.attachments) > 1
    message = (
        f"De bijlagen {names} gaan mee, maar de tekst noemt ze niet. Noem ze in de mail."
        if several
        else f"De bijlage {names} gaat mee, maar de tekst noemt haar niet. Noem haar in de mail."
    )
    yield warning("attachment-not-mentioned", message, draft.texts[0].place)
