"""`outreach handover`: what a new coordinator takes over."""

from typing import Any

import click

from outreach.cli import shell
from outreach.ledger import handover as taking_over
from outreach.ledger.handover import Called, Handover


@click.command()
@shell.json_option
def handover(as_json: bool) -> None:
    """What a new coordinator takes over: letters, what waits, calls, meetings, accounts."""
    with shell.opened() as product:
        providers = product.app.extensions["outreach.providers"]
        known = product.settings
        found = taking_over.of(known.instance, providers, product.now, imap_url=known.mailbox_url)
        data = _told(found)
    shell.report(data, list(_lines(data)), as_json=as_json)


def _told(found: Handover) -> dict[str, Any]:
    return {
        "letters": [
            {
                "slug": one.campaign.slug,
                "name": one.campaign.name,
                "state": one.campaign.state.value,
                "sent": one.sent,
                "waiting": one.waiting,
                "next": one.next_title,
                "next_at": one.at.isoformat() if one.at else None,
            }
            for one in found.letters
        ],
        "waits": [f"{one.title}. {one.detail}" for one in found.attention],
        "addresses_to_check": found.to_check,
        "promised": [_call(one) for one in found.promised],
        "called": [_call(one) for one in found.called],
        "meetings": [
            {
                "slug": one.day.meeting.slug,
                "city": one.day.meeting.city,
                "starts_at": one.at.isoformat(),
                "capacity": one.day.capacity,
                "taken": one.day.taken,
                "waiting": one.day.waiting,
            }
            for one in found.days
        ],
        "accounts": [
            {"name": str(one), "email": one.email, "role": one.role.value} for one in found.people
        ],
        "senders": [
            {
                "name": one.sender.name,
                "email": one.sender.email,
                "mail": one.way,
                "fault": one.fault,
                "mailbox": one.mailbox,
                "mailbox_fault": one.mailbox_fault,
            }
            for one in found.post
        ],
    }


def _call(one: Called) -> dict[str, Any]:
    return {
        "gemeente": one.gemeente.code,
        "name": one.gemeente.name,
        "body": one.body,
        "letter": one.campaign.slug,
        "called_at": one.at.isoformat() if one.at else None,
        "by": one.by,
        "again_on": one.again_on.isoformat() if one.again_on else None,
        "outcome": one.outcome,
        "note": one.note,
    }


def _lines(data: dict[str, Any]) -> list[str]:
    again = [
        f"Call {one['name']} on {one['again_on']}: {one['letter']}" for one in data["promised"]
    ]
    return [
        *(f"{one['slug']}: {one['state']}, {one['sent']} sent" for one in data["letters"]),
        *data["waits"],
        f"{data['addresses_to_check']} addresses to check",
        *again,
        *(f"{one['name']} was called: {one['outcome']}" for one in data["called"]),
        *(f"{one['slug']}: {one['taken']} of {one['capacity']} seats" for one in data["meetings"]),
        *(f"{one['email']}: {one['role']}" for one in data["accounts"]),
        *(f"{one['name']}: {one['fault'] or one['mail']}" for one in data["senders"]),
    ]
