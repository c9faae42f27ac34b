"""One's own registration: see, confirm, change, cancel, take or leave a place that is offered.

The secret address is the permission; it is mailed to the person and stands nowhere else.
"""

import re
from collections.abc import Callable
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from outreach.calendars import subscribing
from outreach.db import db
from outreach.errors import Invalid, OutreachError, Refused, Unknown
from outreach.events import (
    door_codes,
    feedback,
    needs,
    offering,
    own_feed,
    papers,
    parts,
    presence,
    qr,
    registering,
    replying,
    words,
)
from outreach.events.models import MeetingPart, Place, PlaceState, Registration
from outreach.events.showing import Phase, Shown
from outreach.web import language
from outreach.web.context import meeting_links, now
from outreach.web.files import as_pdf
from outreach.web.public import capability
from outreach.web.public.about import about, calendar_links
from outreach.web.public.registration_fields import (
    ROLES,
    PersonFields,
    consent_of,
    gemeente_names,
)
from outreach.web.security import csrf
from outreach.wording import N_, _

bp = Blueprint("own_page", __name__)
csrf.exempt(bp)  # the address itself is the permission; the page sets no cookie
capability.guard(bp)

_SECRET = re.compile(r"[\w-]{16,64}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,9}")
UNKNOWN = N_(
    "Deze link hoort bij geen aanmelding. Kopieer hem nog eens in zijn geheel uit de mail."
)
NO_DAYS = N_("U hebt geen dag gekozen. Kies een dag, of annuleer uw aanmelding onderaan.")


class Own:
    """A registration, what its page shows, and what one may do there."""

    def __init__(self, secret: str) -> None:
        if not _SECRET.fullmatch(secret):
            raise Unknown(UNKNOWN)
        self.registration = registering.find(secret)
        self.now = now()

    @property
    def shown(self) -> Shown:
        return Shown(self.registration.meeting, self.now)

    @property
    def held(self) -> dict[int, Place]:
        """By day: where the person stands on the days of theirs."""
        places = self.registration.places
        return {place.day_id: place for place in places if place.state in registering.ACTIVE}

    @property
    def phase(self) -> str:
        """Which of its pages: what needs the person first."""
        if self.registration.cancelled_at is not None:
            return "cancelled"
        if self.shown.phase in (Phase.CANCELLED, Phase.OVER):
            return "over"
        return "hold" if self.registration.hold_until else "open"

    def confirm(self) -> str:
        registering.confirm(self.registration, links=meeting_links(), now=self.now)
        return _("Dank u wel. Uw aanmelding is bevestigd.")

    def accept(self) -> str:
        offering.accept(self._of_day(), links=meeting_links(), now=self.now)
        return _("Fijn dat u komt. De bevestiging is onderweg.")

    def decline(self) -> str:
        offering.decline(self._of_day(), links=meeting_links(), now=self.now)
        return _("Dank u voor het melden. De plaats gaat naar de volgende.")

    @property
    def declined(self) -> list[Place]:
        """Days that a calendar declined and that still have a seat."""
        return [one for one in self.held.values() if replying.wants_out(one, now=self.now)]

    def leave_day(self) -> str:
        replying.leave(self._of_day(), links=meeting_links(), now=self.now)
        return _("Dank u voor het melden. Uw plaats gaat naar een ander.")

    def stay(self) -> str:
        replying.stay(self._of_day(), now=self.now)
        return _("Fijn dat u komt. Uw plaats blijft staan.")

    def change_days(self) -> str:
        days = {str(day.id): day.id for day in self.registration.meeting.days}
        # What is no day of this meeting is refused as one, whatever was sent.
        sent = {days.get(value, 0) for value in request.form.getlist("dag")}
        # What has begun cannot be unticked: such a day has no box.
        begun = {id_ for id_, place in self.held.items() if place.day.starts_at <= self.now}
        if not sent | begun:
            raise Invalid(NO_DAYS)
        registering.change_days(
            self.registration, sent | begun, links=meeting_links(), now=self.now
        )
        return _("Uw dagen zijn bewaard. De bevestiging is onderweg.")

    @property
    def to_choose(self) -> list[Place]:
        """Days of theirs that have something to choose, and have not begun."""
        return [
            one
            for one in self.held.values()
            if one.day.has_parts
            and one.state in parts.CHOOSES
            and one.day.starts_at > self.now
            and one.day.cancelled_at is None
        ]

    @property
    def chosen(self) -> list[MeetingPart]:
        """What they chose on the days of theirs."""
        return parts.of(self.registration, self.held)

    def change_parts(self) -> str:
        sent = [int(one) for one in request.form.getlist("onderdeel") if _NUMBER.fullmatch(one)]
        registering.change_parts(self.registration, sent, links=meeting_links(), now=self.now)
        return _("Uw keuze is bewaard. De bevestiging is onderweg.")

    def cancel(self) -> str:
        registering.cancel(self.registration, links=meeting_links(), now=self.now)
        return ""

    def erase(self) -> str:
        registering.cancel(self.registration, links=meeting_links(), now=self.now, erase=True)
        return ""

    def answer(self) -> str:
        given = {key: request.form.get(f"vraag-{key}", "") for key in feedback.QUESTIONS}
        feedback.give(self.registration, given, now=self.now)
        return _("Dank u wel. Wij hebben uw antwoorden meegeteld.")

    def give_agenda(self) -> str:
        if self.registration.cancelled_at is not None:
            raise Refused(_("Deze aanmelding is geannuleerd. Meld u opnieuw aan."))
        own_feed.give(self.registration, now=self.now)
        return _("Uw eigen agenda staat klaar. Een link die u eerder kreeg, werkt niet meer.")

    def _of_day(self) -> Place:
        day_id = request.form.get("dag", "")
        for place in self.registration.places:
            if str(place.day_id) == day_id:
                return place
        raise Refused(_("Deze dag hoort niet bij uw aanmelding."))


DEEDS: dict[str, Callable[[Own], str]] = {
    "bevestig": Own.confirm,
    "ja": Own.accept,
    "nee": Own.decline,
    "komt-niet": Own.leave_day,
    "komt-wel": Own.stay,
    "dagen": Own.change_days,
    "onderdelen": Own.change_parts,
    "agenda": Own.give_agenda,
    "vragen": Own.answer,
    "annuleer": Own.cancel,
    "niet-ik": Own.erase,
}


@bp.get("/aanmelding/<secret>", strict_slashes=False)
def show(secret: str) -> ResponseReturnValue:
    own = _own(secret)
    return _page(own, _details(own.registration))


@bp.get("/aanmelding/<secret>/bewijs.pdf")
def statement(secret: str) -> ResponseReturnValue:
    """On which days someone was there, in the language in which they registered."""
    own = Own(secret)
    made = papers.statements([own.registration], now=own.now)
    return as_pdf(made, f"bewijs-van-deelname-{own.registration.meeting.slug}.pdf")


@bp.post("/aanmelding/<secret>", strict_slashes=False)
def act(secret: str) -> ResponseReturnValue:
    own, asked = _own(secret), request.form.get("doe", "")
    if asked == "gegevens":
        return _change_details(own)
    deed = DEEDS.get(asked)
    if deed is None:
        return _page(own, _details(own.registration), refusal=_("Kies een knop op deze bladzijde."))
    try:
        done = deed(own)
    except OutreachError as error:
        db.session.rollback()
        return _page(own, _details(own.registration), refusal=str(error), status=error.status)
    return _page(own, _details(own.registration), done=done)


def _own(secret: str) -> Own:
    """The page, in the language in which its owner registered: a mail may be opened anywhere."""
    own = Own(secret)
    language.prefer(own.registration.language)
    return own


def _change_details(own: Own) -> ResponseReturnValue:
    form = PersonFields()
    if own.registration.cancelled_at is not None:
        refusal = _("Deze aanmelding is geannuleerd; er valt niets meer te wijzigen.")
        return _page(own, form, refusal=refusal, status=409)
    form.consent = consent_of(own.registration.meeting)
    if not form.accepted():
        return _page(own, form)
    registering.change_details(
        own.registration,
        name=form.naam.data,
        role=form.role,
        gemeente_code=form.gemeente_code,
    )
    consented = form.consent if form.mag.data else ""
    needs.keep(own.registration, form.needs, consented=consented, now=own.now)
    return _page(own, _details(own.registration), done=_("Uw gegevens zijn bewaard."))


def _details(registration: Registration) -> PersonFields:
    """The form with what is known, whatever was sent."""
    form, asked = PersonFields(), needs.of(registration)
    form.consent = consent_of(registration.meeting)
    form.process(
        None,
        naam=registration.name,
        functie=registration.role.value,
        gemeente=registration.gemeente.name if registration.gemeente else "",
        dieet=list(asked.diet.kinds),
        wens=asked.diet.words,
        toegang=list(asked.access.kinds),
        hulp=asked.access.words,
        mag=bool(asked),
    )
    return form


def _page(
    own: Own, form: PersonFields, *, done: str = "", refusal: str = "", status: int = 0
) -> ResponseReturnValue:
    if refusal and not status:
        status = 422
    page = render_template(
        "public/aanmelding.html",
        own=own,
        registration=own.registration,
        form=form,
        done=done,
        refusal=refusal,
        role=ROLES[own.registration.role],
        asked=_asked(own.registration),
        questions=feedback.QUESTIONS if feedback.may_answer(own.registration, now=own.now) else {},
        standing=words.standing,
        gemeenten=gemeente_names(own.now),
        statement=bool(presence.came_to(own.registration)),
        **_at_door(own.registration),
        **_calendar(own),
        **about(own.shown),
    )
    return page, status or form.status


def _asked(registration: Registration) -> list[tuple[str, str]]:
    """What someone asked us to reckon with, as their page says it."""
    asked = needs.of(registration)
    rows = [
        (N_("Eten"), asked.diet.said(needs.DIET)),
        (N_("Toegang"), asked.access.said(needs.ACCESS)),
    ]
    return [row for row in rows if row[1]]


def _at_door(registration: Registration) -> dict[str, str]:
    code = door_codes.code(registration)
    return {"door_code": code, "door_picture": qr.svg(code, size=5)}


def _calendar(own: Own) -> dict[str, Any]:
    held = own.held.values()
    days = [place.day for place in held if place.state is PlaceState.CONFIRMED]
    standing = own_feed.standing(own.registration)
    url = meeting_links().own_agenda(standing.secret) if standing else ""
    followed = {
        "own_agenda": url,
        "own_webcal": subscribing.webcal(url) if url else "",
        "own_google": subscribing.google_feed(url) if url else "",
        "own_outlook": subscribing.outlook_feed(url, _("Mijn bijeenkomsten")) if url else "",
    }
    return followed | calendar_links(own.registration.meeting, days, own.chosen)
