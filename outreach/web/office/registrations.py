"""Aanmeldingen in the office: one person's, and what someone asks by telephone."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.models import Role
from outreach.contacts import addresses
from outreach.contacts.gemeenten import AmbiguousGemeente, UnknownGemeente
from outreach.errors import OutreachError
from outreach.events import behalf, keeping, needs, parts, replying, seats, showing, team
from outreach.events.models import Meeting, Registration
from outreach.events.needs import Needs
from outreach.events.registering import Closed
from outreach.ledger import meetings
from outreach.letters import dutch
from outreach.web.access import actor, coordinator, role_required
from outreach.web.context import meeting_links, now
from outreach.web.office.meeting_forms import CallerForm, NoteForm, PartsForm
from outreach.web.office.meeting_writing import bp as bp


@bp.route("/<slug>/voeg-toe", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def add(slug: str) -> ResponseReturnValue:
    """Register someone who calls."""
    meeting = keeping.find(slug)
    form = _caller_form(meeting)
    if form.accepted():
        try:
            added = _add(meeting, form)
        except OutreachError as error:
            form.refuse(_field_of(error), error)
        else:
            flash(f"{added.name}: {_standings(added)}. De bevestiging gaat per mail.")
            return redirect(_address(slug, added.id), 303)
    return render_template("office/registration_new.html", meeting=meeting, form=form), form.status


@bp.get("/<slug>/aanmelding/<int:registration_id>")
@role_required(Role.READER)
def show_registration(slug: str, registration_id: int) -> ResponseReturnValue:
    meeting = keeping.find(slug)
    registration = behalf.find(meeting, registration_id)
    return _page(registration)


@bp.post("/<slug>/aanmelding/<int:registration_id>/notitie")
@role_required(Role.COORDINATOR)
def note_registration(slug: str, registration_id: int) -> ResponseReturnValue:
    registration, form = behalf.find(keeping.find(slug), registration_id), NoteForm()
    if not form.accepted():
        return _page(registration, form)
    behalf.note(registration, form.note.data or "", by=actor(), now=now())
    flash("De notitie is bewaard.")
    return redirect(_address(slug, registration_id), 303)


@bp.post("/<slug>/aanmelding/<int:registration_id>/onderdelen")
@role_required(Role.COORDINATOR)
def choose_parts(slug: str, registration_id: int) -> ResponseReturnValue:
    registration = behalf.find(keeping.find(slug), registration_id)
    form = PartsForm(registration)
    if not form.accepted():
        return _page(registration, parts_form=form)
    chosen = [int(one) for one in form.part_ids.data or ()]
    try:
        behalf.choose(registration, chosen, links=meeting_links(), by=actor(), now=now())
    except OutreachError as error:
        form.refuse("part_ids", error)
        return _page(registration, parts_form=form)
    flash("De keuze is bewaard. De bevestiging gaat per mail.")
    return redirect(_address(slug, registration_id), 303)


@bp.get("/<slug>/aanmelding/<int:registration_id>/annuleer")
@role_required(Role.COORDINATOR)
def ask_to_take_off(slug: str, registration_id: int) -> ResponseReturnValue:
    """Asks first: the mail that follows cannot be taken back."""
    registration = behalf.find(keeping.find(slug), registration_id)
    return render_template("office/registration_cancel.html", registration=registration)


@bp.post("/<slug>/aanmelding/<int:registration_id>/annuleer")
@role_required(Role.COORDINATOR)
def take_off(slug: str, registration_id: int) -> ResponseReturnValue:
    registration = behalf.find(keeping.find(slug), registration_id)
    behalf.take_off(registration, links=meeting_links(), by=actor(), now=now())
    flash(f"De aanmelding van {registration.name} is geannuleerd. De bevestiging gaat per mail.")
    return redirect(url_for(".show", slug=slug), 303)


def _address(slug: str, registration_id: int) -> str:
    return url_for(".show_registration", slug=slug, registration_id=registration_id)


def _page(
    registration: Registration,
    form: NoteForm | None = None,
    parts_form: PartsForm | None = None,
) -> ResponseReturnValue:
    sent = form or parts_form
    page = render_template(
        "office/registration.html",
        registration=registration,
        meeting=registration.meeting,
        form=form or NoteForm(data={"note": registration.note}),
        parts_form=parts_form or PartsForm(registration),
        chosen=parts.of(registration),
        part_line=parts.line,
        roles=meetings.ROLES,
        stands=meetings.stands,
        moment=meetings.moment,
        rank=seats.rank,
        wants_out=replying.wants_out,
        needs=needs,
        asked=_asked(registration),
        now=now(),
    )
    return page, sent.status if sent else 200


def _asked(registration: Registration) -> Needs | None:
    """What someone asks for, to who prepares the meeting."""
    seen = team.has(registration.meeting, coordinator())
    return needs.of(registration) if seen else None


def _caller_form(meeting: Meeting) -> CallerForm:
    days = [
        (day, f"{dutch.day_date(day.date)}: {showing.room(day)}")
        for day in showing.Shown(meeting, now()).coming
    ]
    return CallerForm(days)


def _add(meeting: Meeting, form: CallerForm) -> Registration:
    done = behalf.add(meeting, form.wanted(), links=meeting_links(), by=actor(), now=now())
    person = done.registration
    if form.note.data:  # below what was noted before of someone who is known
        text = "\n".join(filter(None, (person.note, form.note.data)))
        behalf.note(person, text, by=actor(), now=now())
    return person


def _standings(registration: Registration) -> str:
    return dutch.enumeration(
        [
            f"{dutch.day_date(place.day.date)} {meetings.stands(place)}"
            for place in registration.places
        ]
    )


def _field_of(error: OutreachError) -> str:
    """The field that a refusal is about."""
    if isinstance(error, UnknownGemeente | AmbiguousGemeente):
        return "gemeente"
    if isinstance(error, addresses.BadAddress):
        return "email"
    return "day_ids" if isinstance(error, Closed) or "dag" in str(error) else "name"
