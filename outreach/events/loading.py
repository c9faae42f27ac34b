"""Loading a meeting from a file: the first time it is made, after that it is changed."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from outreach.accounts import senders
from outreach.accounts.audit import Actor
from outreach.db import db
from outreach.events import changing, files, keeping
from outreach.events.keeping import Facts
from outreach.events.links import MeetingLinks
from outreach.events.models import Meeting, MeetingState


def load(text: str, *, links: MeetingLinks, by: Actor, now: datetime) -> tuple[Meeting, bool]:
    """Create the meeting of a file, or change it; who a change concerns is told.

    A file is the whole meeting: what it leaves out is empty. But an organisation that was
    chosen stays, and a meeting that is public does not become a concept again.

    :return: the meeting, and whether it is new
    :raises BadFile: with line and column
    :raises Invalid: the facts cannot be
    :raises Unknown: no organisation has the sender's address
    :raises Refused: the change cannot be made
    """
    read = files.parse(text)
    meeting = _known(read.facts)
    kept = meeting.sender_id if meeting else None
    sender_id = senders.find(read.sender).id if read.sender else kept
    facts = replace(read.facts, sender_id=sender_id)
    if meeting is None:
        return keeping.create(facts, by=by, now=now, state=read.state), True
    changing.apply(meeting, facts, version=None, links=links, by=by, now=now)
    if read.state is MeetingState.OPEN:
        keeping.publish(meeting, by=by, now=now)
    return meeting, False


def _known(facts: Facts) -> Meeting | None:
    """The meeting that a file is about: by its slug; without one by its title in its city."""
    query = select(Meeting)
    if facts.slug:
        query = query.where(Meeting.slug == facts.slug)
    else:
        query = query.where(Meeting.title == facts.title, Meeting.city == facts.city)
    found: Meeting | None = db.session.scalar(query.order_by(Meeting.id.desc()).limit(1))
    return found
