"""What people at a meeting ask for: counts for the kitchen, and names for who prepares it."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from outreach.accounts.models import Coordinator, Role
from outreach.db import db
from outreach.errors import Unknown
from outreach.events import keeping, needs, rounds, team
from outreach.events.models import Meeting, Registration
from outreach.events.needs import Needs
from outreach.ledger import meetings
from outreach.letters import dutch
from outreach.web.access import actor, coordinator, role_required
from outreach.web.context import now
from outreach.web.office.registrations import bp as bp


@bp.get("/<slug>/eten-en-toegang")
@role_required(Role.COORDINATOR)
def show_needs(slug: str) -> ResponseReturnValue:
    meeting, me = keeping.find(slug), coordinator()
    seen = team.has(meeting, me)
    return render_template(
        "office/meeting_needs.html",
        meeting=meeting,
        counts=needs.counts(meeting),
        people=_people(meeting) if seen else [],
        seen=seen,
        chooses=team.may_choose(meeting, me),
        those=team.everyone(meeting),
        others=team.others(meeting),
        needs=needs,
        roles=meetings.ROLES,
    )


@bp.post("/<slug>/voorbereiden")
@role_required(Role.COORDINATOR)
def change_team(slug: str) -> ResponseReturnValue:
    """A colleague joins, or leaves."""
    meeting, person = keeping.find(slug), _colleague()
    leaves = request.form.get("doe") == "weg"
    change = team.leave if leaves else team.join
    change(meeting, person, chosen_by=coordinator(), by=actor(), now=now())
    flash(f"{person} bereidt deze bijeenkomst {'niet meer ' if leaves else 'nu ook '}voor.")
    return redirect(url_for(".show_needs", slug=slug), 303)


@bp.post("/<slug>/bedank")
@role_required(Role.COORDINATOR)
def follow_up(slug: str) -> ResponseReturnValue:
    """Thank who was there, with what there is to read and three questions."""
    told = rounds.follow_up(keeping.find(slug), by=actor(), now=now())
    people = dutch.plural(told, "mens krijgt", "mensen krijgen")
    flash(f"{people} een mail met de stukken en drie vragen.")
    return redirect(url_for(".show", slug=slug), 303)


def _colleague() -> Coordinator:
    number = request.form.get("wie", "")
    found = db.session.get(Coordinator, int(number)) if number.isdecimal() else None
    if found is None:
        raise Unknown("Kies een collega uit de lijst.")
    return found


def _people(meeting: Meeting) -> list[tuple[Registration, Needs]]:
    asked = needs.of_meeting(meeting)
    query = select(Registration).where(
        Registration.id.in_(list(asked)), Registration.cancelled_at.is_(None)
    )
    rows = db.session.scalars(query.order_by(Registration.name, Registration.id))
    return [(one, asked[one.id]) for one in rows]
