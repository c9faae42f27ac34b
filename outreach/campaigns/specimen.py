"""A letter on a sender's own letterhead, to see how it looks."""

from datetime import date

from outreach.accounts.models import Sender
from outreach.campaigns.models import Campaign
from outreach.campaigns.rendering import Renderer
from outreach.letters import pdf

_TEXT = """Geachte leden van de raad,

Dit is een voorbeeld. Zo ziet een brief van u eruit als PDF, met uw naam, uw logo en uw gegevens.

## Wat er in een brief kan staan

1. **Vet**, *cursief* en een [link](https://www.rijksoverheid.nl).
2. Een lijst met punten of nummers.
3. Kopjes, en een citaat.

Rechts staan de feiten waarmee een griffie de brief inboekt. Wat leeg is, blijft weg.
"""


def make(sender: Sender, renderer: Renderer, *, today: date) -> bytes:
    """Its PDF, to a raad that could be any."""
    letter = renderer.on_letterhead(
        Campaign(
            sender=sender,
            kenmerk="VB-2026-001",
            handled_by="",
            direct_phone="",
            cosigners=None,
            attachments=[],
        ),
        title="Voorbeeld van een brief",
        day=today,
        text=_TEXT,
        addressee=pdf.addressee_lines(
            "raad", "Voorbeeldstad", postal_address="Postbus 1, 1234 AB VOORBEELDSTAD"
        ),
        addressee_short=pdf.addressee_short("raad", "Voorbeeldstad"),
        your_reference="Z-2026-0001",
        your_letter_of="1 maart 2026",
    )
    return pdf.make(letter)
