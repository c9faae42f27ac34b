"""The zaaknummers that gemeenten gave our letters, from the receipts that they sent."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.delivery.arrivals import Incoming, IncomingLink, Place

#: Campaign, gemeente and body.
Party = tuple[int, str, str]


def known(
    session: Session, campaign_ids: Collection[int], codes: Collection[str]
) -> dict[Party, str]:
    """What these gemeenten call our letters of these campaigns, the newest of several."""
    if not campaign_ids or not codes:
        return {}
    rows = session.connection().execute(
        select(
            IncomingLink.campaign_id,
            IncomingLink.gemeente_code,
            IncomingLink.body,
            Incoming.case_number,
        )
        .join(Incoming, Incoming.id == IncomingLink.incoming_id)
        .where(
            IncomingLink.campaign_id.in_(campaign_ids),
            IncomingLink.gemeente_code.in_(codes),
            Incoming.case_number != "",
            Incoming.state == Place.SETTLED,
        )
        .order_by(Incoming.received_at, Incoming.id)
    )
    return {(campaign_id or 0, code, body): number for campaign_id, code, body, number in rows}
