"""What the letter asks: one clear thing, and not an invitation in the same breath.

Griffies put invitations on a list of their own and leave them off the lijst ingekomen stukken.
"""

import re
from collections.abc import Iterator

from outreach.letters.checks.drafts import Draft
from outreach.letters.checks.findings import Finding, warning

_REQUEST = re.compile(
    r"\b(?:(?:wil|wilt|zou|kunt|kan|mag|mogen) (?:u|uw|de raad|het college|wij u)\b|"
    r"(?:vragen|verzoeken|roepen|nodigen) (?:wij )?(?:u|uw|de raad|het college|de leden|alle)\b|"
    r"vragen wij\b|ons verzoek|onze vraag|graag (?:ontvangen|horen|vernemen|spreken)|"
    r"(?:horen|ontvangen|vernemen|zien) wij\b.*\bgraag|graag\b.*\b(?:horen|ontvangen|vernemen)\b|"
    r"waarderen het als|stellen het op prijs|maak\b.*\bonderdeel van)",
    re.IGNORECASE,
)
_IMPERATIVE = re.compile(
    r"(?:^|\s)(?:Deel|Stuur|Bespreek|Plaats|Zet|Neem|Maak|Geef|Meld|Vraag|Spreek|Noem|Kies|Leg)\s"
)
_INVITES = re.compile(
    r"\b(?:uitnodigen|uitgenodigd|(?:nodigen|nodigt) .{0,60}?\buit\b|van harte welkom|aanmelden|"
    r"meld u (?:hier )?aan)\b",
    re.IGNORECASE,
)
_FOR_THE_LIST = re.compile(
    r"\b(?:ingekomen stukken|door(?: te)? ?sturen|doorgeleid\w*|delen met|onder de aandacht|"
    r"op te nemen in|bespreken|agenderen|ons verzoek|verzoeken wij|wij verzoeken|"
    r"vragen (?:wij )?(?:u|de raad|het college))\b",
    re.IGNORECASE,
)


def check(draft: Draft) -> Iterator[Finding]:
    mail, letter = draft.texts
    sentences = [*mail.sentences, *letter.sentences]
    if sentences and not any(_asks(sentence) for sentence in sentences):
        message = (
            "De tekst vraagt de lezer niets. Zeg in één zin wat u vraagt, bijvoorbeeld of de "
            "griffie de brief wil doorsturen naar de raadsleden."
        )
        yield warning("no-request", message, draft.place)
    letters = letter if letter.source.strip() else mail
    if _INVITES.search(letters.words) and _FOR_THE_LIST.search(letters.words):
        message = (
            "Deze brief vraagt iets aan de raad en is ook een uitnodiging. Griffies zetten een "
            "uitnodiging op een andere lijst. Maak van de uitnodiging een brief apart."
        )
        yield warning("letter-and-invitation", message, letters.place)


def _asks(sentence: str) -> bool:
    asked = sentence.rstrip('"”’) ').endswith("?")
    return asked or bool(_REQUEST.search(sentence) or _IMPERATIVE.search(sentence))
