"""Whether blocks stand where they can, and have what they are made of."""

from collections.abc import Iterator

from outreach.letters import blocks
from outreach.letters.checks.drafts import Draft
from outreach.letters.checks.findings import Finding, error

_NO_LINK = "Na {{knop}} hoort een link, op dezelfde regel: {{knop}} [Meld u aan](https://…)."
_NOT_ALONE = "Blok {name} hoort alleen op een regel. Zet het op een regel voor zich alleen."


def check(draft: Draft) -> Iterator[Finding]:
    for text in draft.texts:
        for line, name in blocks.misplaced(text.source):
            message = _NO_LINK if name == "knop" else _NOT_ALONE.format(name=f"{{{{{name}}}}}")
            yield error("block-misplaced", message, f"{text.place}, regel {line}")
        if "bijeenkomsten" in blocks.used(text.source) and not draft.meetings:
            message = (
                "De tekst heeft {{bijeenkomsten}}, maar bij deze brief hoort geen bijeenkomst. "
                "Kies er een, of haal het blok weg."
            )
            yield error("block-without-meetings", message, text.place)
        if "antwoordknoppen" in blocks.used(text.source) and not draft.asks:
            message = (
                "De tekst heeft {{antwoordknoppen}}, maar deze brief stelt geen vraag met keuzes. "
                "Maak een vraag, of haal het blok weg: onder elke brief staan al knoppen."
            )
            yield error("block-without-questions", message, text.place)
    for name in blocks.used(draft.letter):
        if name in blocks.OF_MAIL:
            message = f"Blok {{{{{name}}}}} is voor wie de mail leest. Zet het in de mail."
            yield error("block-in-letter", message, draft.texts[1].place)
