"""Another address for a griffie, asked for through the answer link.

The link is in copies that others hold, so nothing changes before someone with the mailbox
that has the letter agrees: by a press in the notice that goes there.
"""

from datetime import datetime, timedelta

from sqlalchemy import select

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.answers.models import AddressRequest
from outreach.campaigns import answering, notices
from outreach.campaigns.answering import FROM_NOTICE, TooOften
from outreach.campaigns.links import Links
from outreach.campaigns.received import Received
from outreach.contacts import addresses, erased, keeping
from outreach.contacts.models import Address, Basis, Contact
from outreach.db import db
from outreach.errors import Invalid
from outreach.wording import _

#: Per gemeente and campaign in a day: each is a mail to a griffie that a stranger can cause.
MOST_REQUESTS = 3


def ask(received: Received, email: str, *, links: Links, now: datetime) -> str:
    """Someone with the link names another address: ask the mailboxes that have the letter.

    :returns: the address as it is understood

    :raises BadAddress: no e-mail address
    """
    answering.check_open(received, now)
    answering.check_mailboxes(received)
    wanted = addresses.check(email)
    erased.refuse(wanted)
    if addresses.address_key(wanted) in {m.address_key for m in received.mailboxes}:
        raise Invalid(_("Naar dit adres schrijven wij al. Vul het nieuwe adres in."))
    asked = _requests_of(received, since=now - timedelta(days=1))
    if wanted in {request.email for request in asked}:
        return wanted
    if len({request.email for request in asked}) >= MOST_REQUESTS:
        raise TooOften(_("Vandaag is al drie keer om een ander adres gevraagd. Mail ons daarover."))
    for mailbox in received.mailboxes:
        request = AddressRequest(
            campaign_id=received.campaign.id,
            gemeente_code=received.gemeente.code,
            body=received.body,
            address_key=mailbox.address_key,
            email=wanted,
            asked_at=now,
        )
        db.session.add(request)
        db.session.flush()
        url = links.other_address(request.id, now=now)
        notice = notices.other_address(received.about, wanted, url, now)
        answering.queue(mailbox, f"address-request:{request.id}", received, notice, links, now)
    return wanted


def agree(request: AddressRequest, *, now: datetime) -> int:
    """The griffie agreed from its own mailbox: write there from now on.

    Every contact of the gemeente with the old address gets the new one, confirmed.

    :returns: how many contacts changed
    """
    gone = Address.address_key == request.address_key
    here = Contact.office.has(gemeente_code=request.gemeente_code)
    known = list(db.session.scalars(select(Address).join(Contact).where(gone, here)))
    by = Actor(f"link:{request.gemeente_code}")
    for address in known:
        _move(address, request.email, by, now)
    request.done_at = now
    audit.record("agree to address", f"address_request:{request.id}", by=by, now=now)
    return len(known)


def _move(address: Address, email: str, by: Actor, now: datetime) -> None:
    key = addresses.address_key(email)
    other = next((a for a in address.contact.addresses if a.address_key == key), None)
    if other is None:
        keeping.change_address(
            address, email=email, source=FROM_NOTICE, confirmed=True, by=by, now=now
        )
        return
    basis = other.basis or address.basis or Basis.CONSENT
    keeping.confirm(other, basis=basis, source=FROM_NOTICE, by=by, now=now)
    keeping.prefer(other, by=by, now=now)


def _requests_of(received: Received, *, since: datetime) -> list[AddressRequest]:
    return list(
        db.session.scalars(
            select(AddressRequest).where(
                AddressRequest.campaign_id == received.campaign.id,
                AddressRequest.gemeente_code == received.gemeente.code,
                AddressRequest.body == received.body,
                AddressRequest.asked_at > since,
            )
        )
    )
