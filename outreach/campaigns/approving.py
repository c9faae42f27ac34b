"""Approval of a letter by a second person, where its sender wants that.

What is approved is a letter as it was read: its words, readers, moments and attachments. When one
of them changes, the approval no longer holds.
"""

import hashlib
from datetime import datetime
from enum import StrEnum

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.accounts.models import Sender
from outreach.campaigns import exporting, writing
from outreach.campaigns.models import Campaign, CampaignState
from outreach.db import db
from outreach.errors import Refused

LONGEST_REMARK = 1000


class NotApproved(Refused):
    """Nobody else agreed to the letter as it is now."""


class Stage(StrEnum):
    """How far a draft is."""

    NOT_NEEDED = "not needed"
    OPEN = "open"  #: nobody asked
    ASKED = "asked"
    SENT_BACK = "sent back"
    CHANGED = "changed"  #: since it was asked or given
    GIVEN = "given"


def stage(campaign: Campaign) -> Stage:
    """Where the approval of a draft stands, for the letter as it is now."""
    if campaign.state is not CampaignState.DRAFT or not campaign.sender.needs_approval:
        return Stage.NOT_NEEDED
    if campaign.approval_remark:
        return Stage.SENT_BACK
    if not campaign.approval_of:
        return Stage.OPEN
    if campaign.approval_of != _fingerprint(campaign):
        return Stage.CHANGED
    return Stage.GIVEN if campaign.approved_by else Stage.ASKED


def expect(campaign: Campaign) -> None:
    """
    :raises NotApproved: the sender wants a second person, and nobody agreed to this letter
    """
    if stage(campaign) not in (Stage.NOT_NEEDED, Stage.GIVEN):
        raise NotApproved(
            f"{campaign.sender.name} stuurt een brief pas als een tweede persoon akkoord is."
            " Vraag eerst akkoord."
        )


def ask(campaign: Campaign, *, by: Actor, now: datetime) -> None:
    """Ask for approval of the letter as it is now. Asked twice, it is asked once.

    :raises Refused: the sender wants none, or the letter has no moment yet
    """
    _expect_wanted(campaign)
    if stage(campaign) in (Stage.ASKED, Stage.GIVEN):
        return
    campaign.approval_of = _fingerprint(campaign)
    campaign.approval_asked_by, campaign.approved_by, campaign.approval_remark = by.key, "", ""
    _record("ask approval", campaign, by, now)


def give(campaign: Campaign, *, by: Actor, now: datetime) -> None:
    """Agree to the letter as it was when approval was asked.

    :raises Refused: nobody asked, it changed since, or it is one's own letter
    """
    _expect_open(campaign, by)
    campaign.approved_by = by.key
    _record("approve campaign", campaign, by, now)


def send_back(campaign: Campaign, remark: str, *, by: Actor, now: datetime) -> None:
    """Do not agree, and say what has to change.

    :raises Refused: as with `give`, or there is no remark
    """
    _expect_open(campaign, by)
    if not remark.strip():
        raise Refused("Schrijf op wat er anders moet. Dan weet uw collega wat u bedoelt.")
    if len(remark) > LONGEST_REMARK:
        raise Refused(f"Kort uw opmerking in tot {LONGEST_REMARK} tekens.")
    campaign.approval_remark, campaign.approved_by = remark.strip(), ""
    _record("send back campaign", campaign, by, now)


def may_give(campaign: Campaign, by: Actor) -> bool:
    """Whether someone is a second person: did not ask for it, and did not write its last words."""
    return by.key not in (campaign.approval_asked_by, _last_writer(campaign))


def switch(sender: Sender, *, on: bool, by: Actor, now: datetime) -> None:
    """Let a sender want approval, or no longer."""
    if sender.needs_approval == on:
        return
    sender.needs_approval = on
    audit.record(
        "switch approval", f"sender:{sender.id}", by=by, now=now, sender_id=sender.id, on=int(on)
    )


def _expect_wanted(campaign: Campaign) -> None:
    if stage(campaign) is Stage.NOT_NEEDED:
        raise Refused("Deze brief heeft geen akkoord van een tweede persoon nodig.")


def _expect_open(campaign: Campaign, by: Actor) -> None:
    _expect_wanted(campaign)
    found = stage(campaign)
    if found is Stage.CHANGED:
        raise Refused("De brief is veranderd sinds er akkoord werd gevraagd. Vraag het opnieuw.")
    if found is not Stage.ASKED:
        raise Refused("Er is geen akkoord gevraagd, of iemand besliste al.")
    if not may_give(campaign, by):
        raise Refused("U schreef deze brief of vroeg het akkoord. Een ander moet akkoord geven.")


def _last_writer(campaign: Campaign) -> str:
    texts = [text for step in campaign.steps for text in step.texts]
    return max(texts, key=lambda text: text.id).actor if texts else ""


def _fingerprint(campaign: Campaign) -> str:
    """Of all that leaves: the letter's file, and the content of what is attached."""
    content = exporting.said(writing.as_file(campaign))
    parts = [content, *(f"{one.filename} {one.sha256}" for one in campaign.attachments)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _record(act: str, campaign: Campaign, by: Actor, now: datetime) -> None:
    db.session.flush()
    audit.record(act, f"campaign:{campaign.id}", by=by, now=now, sender_id=campaign.sender_id)
