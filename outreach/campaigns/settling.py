"""Deciding letters that are in doubt: by a person, with the reason in the audit trail."""

from datetime import datetime
from typing import Literal

from outreach.accounts.audit import Actor
from outreach.campaigns import figures
from outreach.campaigns.models import Campaign
from outreach.contacts import addresses
from outreach.delivery import outbox
from outreach.errors import Refused, Unknown


class WhichStep(Refused):
    """Several steps of one address are in doubt; a person says which is meant."""


def settle(
    campaign: Campaign,
    email: str,
    verdict: Literal["sent", "resend"],
    *,
    step: int | None = None,
    gemeente_code: str = "",
    by: Actor,
    note: str = "",
    now: datetime,
) -> int:
    """Decide the letters to one address that are in doubt; return how many.

    :param verdict: "sent" (it arrived) or "resend" (once more, with the same Message-ID)
    :param gemeente_code: only the letter for this gemeente, where a mailbox serves several
    :raises Unknown: nothing is in doubt there
    :raises WhichStep: two steps are, and none is named
    :raises Refused: the worker that sends it still lives
    """
    key = addresses.address_key(email)
    doubtful = [
        (message, position)
        for message, position in figures.uncertain(campaign)
        if message.address_key == key
        and step in (None, position)
        and gemeente_code in ("", message.gemeente_code)
    ]
    if not doubtful:
        raise Unknown(f"Van {email} is geen brief van “{campaign.name}” onzeker.")
    if len({position for _, position in doubtful}) > 1:
        raise WhichStep(f"Van {email} zijn meer stappen onzeker. Zeg welke, met --step.")
    for message, _ in doubtful:
        outbox.settle_uncertain(message, as_=verdict, by=by, note=note, now=now)
    return len(doubtful)
