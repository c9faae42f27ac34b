"""A letter of ours in reply to a document of a gemeente."""

import re
from datetime import datetime

from sqlalchemy import select, update

from outreach.accounts.audit import Actor
from outreach.accounts.models import Sender
from outreach.answers.models import Document
from outreach.campaigns import files, windows, writing
from outreach.campaigns.files import CampaignFile, StepPart, Text, Window
from outreach.campaigns.models import Campaign
from outreach.campaigns.store import Store
from outreach.contacts.models import Function, Gemeente
from outreach.db import db
from outreach.errors import Refused

#: Who reads the mail of a body.
_READERS = {"raad": Function.GRIFFIER, "college": Function.COLLEGE}
_NAMES = {"raad": "de raad", "college": "het college"}
_OFFICE = Window(windows.WORKDAYS, *windows.OFFICE_HOURS, on_holidays=False)
_MAIL = """{{{{aanhef}}}}

Bij deze mail vindt u ons antwoord op uw brief van {{{{uw_brief_van}}}}{reference}.

Met vriendelijke groet,

{{{{afzender}}}}
"""
_LETTER = """{{{{aanhef}}}}

Dank voor uw brief van {{{{uw_brief_van}}}} over “{subject}”.

Schrijf hier uw antwoord.
"""


def write(
    document: Document, sender: Sender, *, store: Store, by: Actor, now: datetime
) -> Campaign:
    """Begin a letter to whom a document is from, that names its kenmerk and date.

    The draft goes to the griffie for a raad (or anyone else at the gemeente), else to the college.

    :raises Refused: a letter in reply was begun already, or the document is removed
    """
    if document.removed_at is not None:
        raise Refused("Dit stuk is uit het dossier gehaald. Zet het eerst terug.")
    gemeente = db.session.get_one(Gemeente, document.gemeente_code)
    parsed = _draft(document, gemeente, sender)
    campaign = writing.write(parsed, attached={}, store=store, by=by, now=now)
    begun = db.session.scalar(
        update(Document)
        .where(Document.id == document.id, Document.reply_id.is_(None))
        .values(reply_id=campaign.id)
        .returning(Document.id)
    )
    if begun is None:
        raise Refused("Er is al een brief begonnen als antwoord op dit stuk.")
    db.session.refresh(document)
    return campaign


def reply_to(document: Document) -> Campaign | None:
    """The letter in reply that was begun."""
    return db.session.get(Campaign, document.reply_id) if document.reply_id else None


def _draft(document: Document, gemeente: Gemeente, sender: Sender) -> CampaignFile:
    body = document.body or "raad"
    theirs = {"gemeente": gemeente.code, "body": body, "date": document.dated.isoformat()}
    if document.reference:
        theirs["kenmerk"] = document.reference
    name = f"Antwoord aan {_NAMES[body]} van {gemeente.name}"
    reference = ", uw kenmerk {{uw_kenmerk}}" if document.reference else ""
    about = _plain(document.subject)
    step = StepPart(
        subject=f"Antwoord op uw brief: {about}"[:200],
        texts={
            body: Text(_MAIL.format(reference=reference), _LETTER.format(subject=about)),
        },
    )
    return CampaignFile(
        name=name,
        slug=_free(files.slug_of(f"antwoord {gemeente.name} {document.reference or document.id}")),
        sender=sender.email,
        kenmerk="",
        audience={"role": [_READERS[body].value], "gemeente": [gemeente.code]},
        attachments=(),
        pdf_letter=True,
        questions=[],
        outcomes=[],
        meetings=(),
        variants=(body,),
        window=_OFFICE,
        steps=(step,),
        in_reply_to=(theirs,),
    )


def _plain(text: str) -> str:
    """A subject of theirs as it may stand in a text of ours: no Markdown, no placeholder."""
    return " ".join(re.sub(r"[\\`*_{}\[\]<>#|~]", " ", text).split())


def _free(slug: str) -> str:
    taken = set(db.session.scalars(select(Campaign.slug).where(Campaign.slug.startswith(slug))))
    numbered = (f"{slug[:56]}-{n}" for n in range(2, len(taken) + 3))
    return next(one for one in (slug, *numbered) if one not in taken)
