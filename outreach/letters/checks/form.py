"""Whether the texts have what a letter has: a subject, values, a signature, one voice."""

import re
from collections.abc import Iterator

from outreach.letters import markup, placeholders
from outreach.letters.checks.drafts import Draft, Text, lines
from outreach.letters.checks.findings import Finding, error, warning
from outreach.letters.markup import Block, Document

LONGEST_SUBJECT = 78  #: characters; what inboxes and lists show (RFC 5322, 2.1.1)
LONGEST_MAIL = 120  #: words of a covering mail

_FORMAL = re.compile(r"\b(?:[Uu]|[Uu]w)\b")
_INFORMAL = re.compile(r"\b(?:je|jij|jou|jouw|jullie)\b", re.IGNORECASE)


def check(draft: Draft) -> Iterator[Finding]:
    yield from _subject(draft)
    yield from _signature(draft.texts[0])
    yield from _lengths(draft)
    yield from _form_of_address(draft)
    for text in draft.texts:
        yield from _placeholders(text.source, text.place)


def _subject(draft: Draft) -> Iterator[Finding]:
    place = f"{draft.place}, onderwerp"
    if not draft.subject.strip():
        yield error("subject-empty", "Het onderwerp is leeg. Vul een onderwerp in.", place)
    yield from _placeholders(draft.subject, place)
    length = sum(
        len(piece) if isinstance(piece, str) else len("Gemeente")
        for piece in placeholders.split(draft.subject)
    )
    if length > LONGEST_SUBJECT:
        message = (
            f"Het onderwerp is langer dan {LONGEST_SUBJECT} tekens. Maak het korter: "
            "veel postvakken tonen de rest niet."
        )
        yield warning("subject-long", message, place)


def _placeholders(source: str, place: str) -> Iterator[Finding]:
    for written in placeholders.unknown(source):
        meant = placeholders.suggestion(written)
        advice = (
            f"Bedoelt u {{{{{meant}}}}}?" if meant else "Verbeter de schrijfwijze of haal hem weg."
        )
        yield error("unknown-placeholder", f"Invulveld {written} bestaat niet. {advice}", place)


def _signature(mail: Text) -> Iterator[Finding]:
    # A letter without its own gets the letterhead's.
    if not _is_signed(mail.document):
        message = (
            "De mail heeft geen ondertekening. "
            "Sluit af met bijvoorbeeld “Met vriendelijke groet,” en een naam."
        )
        yield error("no-signature", message, mail.place)


def _is_signed(document: Document) -> bool:
    """A name after the closing phrase, or a short line with a name at the very end."""
    written = [line.strip() for line in lines(document.blocks) if line.strip()]
    for at in range(len(written) - 1, -1, -1):
        phrase, _, rest = written[at].partition(",")
        if markup.is_closing(written[at]):
            below = written[at + 1 :]
            return bool(below) and len(below[0]) < 2 * markup.SHORT_LINE
        if markup.is_closing(phrase) and rest.strip():
            return True
    last = document.blocks[-1] if document.blocks else Block("rule")
    if last.kind != "paragraph" or len(written) < 2:
        return False
    return len(written[-1]) < markup.SHORT_LINE and written[-1][-1] not in ".?!:;…"


def _lengths(draft: Draft) -> Iterator[Finding]:
    mail, letter = draft.texts
    words = len(re.findall(r"\w[\w’'-]*", mail.words))
    if letter.source.strip() and words > LONGEST_MAIL:
        message = (
            f"De mail telt {words} woorden. Houd hem onder de {LONGEST_MAIL}: "
            "de brief zegt de rest."
        )
        yield warning("mail-long", message, mail.place)
    if draft.pdf_letter and not letter.source.strip():
        message = (
            "Er is geen aparte brief: de pdf krijgt de tekst van de mail. "
            "Schrijf een brief als dat niet de bedoeling is."
        )
        yield warning("letter-empty", message, mail.place)


def _form_of_address(draft: Draft) -> Iterator[Finding]:
    words = "\n".join(text.words for text in draft.texts)
    formal, informal = _FORMAL.search(words), _INFORMAL.search(words)
    if formal and informal:
        message = (
            f"De tekst zegt “{formal[0].lower()}” en ook “{informal[0].lower()}”. "
            "Kies één aanspreekvorm voor mail en brief."
        )
        yield warning("mixed-address", message, draft.place)
