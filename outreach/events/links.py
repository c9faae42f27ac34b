"""The addresses of meetings and registrations, as mail and calendars give them out."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from outreach.events.models import DoorLink, Meeting, MeetingDay, Registration


@dataclass(frozen=True)
class MeetingLinks:
    """Made from BASE_URL, never from a request. None names a person, but for the own page."""

    base_url: str
    key: str  #: signs the Message-ID of mail about registrations

    def page(self, meeting: Meeting, *, gemeente_code: str = "") -> str:
        return self._with(f"/bijeenkomsten/{meeting.slug}", gemeente_code)

    def form(self, meeting: Meeting, *, gemeente_code: str = "") -> str:
        return self._with(f"/bijeenkomsten/{meeting.slug}/aanmelden", gemeente_code)

    def file(self, meeting: Meeting, days: Sequence[MeetingDay] = ()) -> str:
        """The .ics of one meeting: of all its days, or of those that someone comes on."""
        some = 0 < len(days) < len(meeting.days)
        query = f"?{urlencode([('dag', day.id) for day in days])}" if some else ""
        return f"{self.base_url}/bijeenkomsten/{meeting.slug}.ics{query}"

    def agenda(self, part: str = "") -> str:
        """The feed of all meetings, or of one region or theme."""
        return f"{self.base_url}/agenda/{part}.ics" if part else f"{self.base_url}/agenda.ics"

    def own_agenda(self, secret: str) -> str:
        """The feed of one person's own days; shown on that person's page alone."""
        return f"{self.base_url}/agenda/p/{secret}.ics"

    def own(self, registration: Registration) -> str:
        """Where someone sees, changes and cancels; only ever mailed to that person."""
        return f"{self.base_url}/aanmelding/{registration.secret}"

    def door(self, link: DoorLink) -> str:
        """The list at the door; given by hand to who helps there."""
        return f"{self.base_url}/deur/{link.secret}"

    def _with(self, path: str, gemeente_code: str) -> str:
        query = f"?{urlencode({'g': gemeente_code})}" if gemeente_code else ""
        return f"{self.base_url}{path}{query}"
