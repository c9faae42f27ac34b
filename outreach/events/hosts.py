"""Which organisation invites to a meeting, and therefore writes its mail."""

from outreach.accounts import senders
from outreach.accounts.models import Sender
from outreach.events.models import Meeting


def of(meeting: Meeting) -> Sender | None:
    """The meeting's own organisation, else the first there is; None when there is none yet.

    A meeting may be published and registered for before any organisation can send mail.
    """
    if meeting.sender is not None:
        return meeting.sender
    return next(iter(senders.everyone()), None)
