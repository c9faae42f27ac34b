"""An answer that came by post: written down, with the scan of it in the dossier."""

from datetime import date, datetime

from outreach.accounts.audit import Actor
from outreach.answers import documents
from outreach.answers.documents import Facts, File
from outreach.answers.models import Answer, Source
from outreach.campaigns import answering
from outreach.campaigns.models import Campaign
from outreach.clock import dutch_date
from outreach.errors import Invalid
from outreach.letters import dutch


def record(
    campaign: Campaign,
    gemeente_code: str,
    status: str,
    *,
    body: str,
    by: Actor,
    now: datetime,
    dated: date | None = None,
    on_date: date | None = None,
    note: str = "",
    scan: File | None = None,
) -> Answer:
    """Record what a letter on paper says. A scan that is in the dossier already stays there once.

    :param status: a Status, or the key of an outcome of the campaign's own
    :param dated: the date on the letter; today unless given
    :param on_date: the day that it is about, such as that of the raadsvergadering
    :raises Invalid: a date to come, or what `answering.note` refuses
    """
    today = dutch_date(now)
    dated = dated or today
    if dated > today:
        raise Invalid("De datum op de brief ligt in de toekomst. Kijk de datum na.")
    answer = answering.note(
        campaign,
        gemeente_code,
        status,
        body=body,
        source=Source.PAPER,
        by=by,
        now=now,
        on_date=on_date,
        note=note,
        evidence=f"brief op papier van {dutch.day_date(dated)}",
    )
    if scan is not None and documents.same(gemeente_code, scan) is None:
        subject = f"Antwoord op “{campaign.name}”"
        facts = Facts(
            subject=subject[: documents.LONGEST], dated=dated, body=body, campaign_id=campaign.id
        )
        documents.add(gemeente_code, facts, file=scan, by=by, now=now)
    return answer
