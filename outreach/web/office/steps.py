"""Stap: who gets a step and who not, and how we know."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from outreach.accounts.models import Role
from outreach.campaigns import (
    by_hand,
    conditions,
    foreseeing,
    planning,
    pressure,
    previewing,
    running,
    scheduling,
    selections,
    writing,
)
from outreach.campaigns.models import Campaign, CampaignState, StepState
from outreach.campaigns.moments import Facts
from outreach.campaigns.planning import Planned, Skipped, StepPlan
from outreach.contacts import gemeenten
from outreach.ledger import sheet, standing
from outreach.ledger.standing import Standing
from outreach.letters import dutch
from outreach.web.access import role_required
from outreach.web.context import now

bp = Blueprint("steps", __name__, url_prefix="/kantoor/brieven")

SAMPLE = 10
#: Per reason: its tile, one, many, and what it means.
REASONS = {
    "bounced": (
        Standing.ONBESTELBAAR,
        "brief kwam niet aan",
        "brieven kwamen niet aan",
        "Een herinnering komt ook niet aan. Zoek eerst een goed adres.",
    ),
    "suppressed": (
        Standing.NIET_BENADEREN,
        "staat op de geen-postlijst",
        "staan op de geen-postlijst",
        "Zij vroegen om geen post. Dat wint altijd.",
    ),
    "no-first-letter": (
        Standing.NOG_NIET,
        "kreeg geen eerste brief",
        "kregen geen eerste brief",
        "Een herinnering volgt alleen op een brief.",
    ),
    "uncertain": (
        Standing.ONZEKER,
        "brief is misschien verstuurd",
        "brieven zijn misschien verstuurd",
        "De herinnering wacht tot u zegt of de brief aankwam.",
    ),
    "same-address": (
        None,
        "deelt een postbus met een ander in de gemeente",
        "delen een postbus met een ander in de gemeente",
        "Zij lezen dezelfde brief: er gaat er één naar die postbus.",
    ),
    "no-basis": (
        Standing.NOG_NIET,
        "adres zonder grond om te mailen",
        "adressen zonder grond om te mailen",
        "Leg bij het adres vast waarom wij mogen mailen.",
    ),
    "unconfirmed": (
        Standing.NOG_NIET,
        "adres is nog niet bevestigd",
        "adressen zijn nog niet bevestigd",
        "Vergelijk het adres met de griffiepagina en bevestig het.",
    ),
    "by-hand": (
        None,
        "krijgt de brief van u zelf",
        "krijgen de brief van u zelf",
        "Via een webformulier of op papier. U vindt ze hieronder.",
    ),
    "declined": (
        Standing.NIET_BENADEREN,
        "vroeg om geen herinnering",
        "vroegen om geen herinnering",
        "Zij willen over deze brief niets meer horen.",
    ),
    "no-receipt": (
        Standing.VERSTUURD,
        "bevestigde de ontvangst niet",
        "bevestigden de ontvangst niet",
        "Deze stap is voor wie de ontvangst bevestigde. Gebeurt dat alsnog, dan krijgt die hem.",
    ),
    "receipt": (
        Standing.VERSTUURD,
        "bevestigde de ontvangst",
        "bevestigden de ontvangst",
        "Deze stap is voor wie niets liet horen.",
    ),
    "other-text": (
        Standing.VERSTUURD,
        "kreeg deze herinnering in de andere tekst",
        "kregen deze herinnering in de andere tekst",
        "Niemand krijgt op één moment twee herinneringen.",
    ),
    "replied": (
        Standing.ANTWOORD,
        "beantwoordde de vraag al",
        "beantwoordden de vraag al",
        "Deze stap is voor wie de vraag nog niet beantwoordde.",
    ),
    "not-replied": (
        None,
        "gaf niet het antwoord waar deze stap voor is",
        "gaven niet het antwoord waar deze stap voor is",
        "",
    ),
    "registered": (
        None,
        "is al aangemeld voor de bijeenkomst",
        "zijn al aangemeld voor de bijeenkomst",
        "Deze stap is voor wie nog niet is aangemeld.",
    ),
    "not-registered": (
        None,
        "is niet aangemeld voor de bijeenkomst",
        "zijn niet aangemeld voor de bijeenkomst",
        "Deze stap is voor wie wel is aangemeld.",
    ),
    "term-ended": (None, "is niet meer in functie", "zijn niet meer in functie", ""),
    "ended": (None, "gemeente bestaat niet meer", "gemeenten bestaan niet meer", ""),
    "no-address": (
        Standing.NOG_NIET,
        "heeft geen e-mailadres",
        "hebben geen e-mailadres",
        "Voeg een adres toe bij de gemeente.",
    ),
    "campaign-cancelled": (None, "viel af: de brief is gestopt", "vielen af: gestopt", ""),
}
ASKED_NO_REMINDER = ("vroeg om geen herinnering", "vroegen om geen herinnering")


@dataclass
class Group:
    """Everyone who gets nothing for one reason."""

    standing: Standing | None
    one: str
    many: str
    why: str
    rows: list[Skipped] = field(default_factory=list)

    def known_by(self, one: Skipped) -> str:
        """How we know; what was answered stands above the table already."""
        _said, _, how = one.evidence.partition(": ")
        return how if one.reason == "answered" and how else one.evidence

    @property
    def title(self) -> str:
        return dutch.plural(len(self.rows), self.one, self.many)


@bp.get("/<slug>/stap/<int:position>")
@role_required(Role.READER)
def show(slug: str, position: int) -> ResponseReturnValue:
    campaign, moment = writing.find(slug), now()
    step, facts = previewing.step_at(campaign, position), Facts([campaign.id])
    plan = planning.plan_step(step, now=moment, facts=facts)
    stands = {row.code: row.standing for row in standing.per_gemeente(campaign)}
    everyone = bool(request.args.get("alle"))
    return render_template(
        "office/step.html",
        campaign=campaign,
        step=step,
        title=sheet.title(step),
        plan=plan,
        state=running.state_of(campaign),
        stands=stands,
        per_standing=_per_standing(plan, stands),
        groups=_groups(plan.skip, stands),
        shown=plan.send if everyone else sorted(plan.send, key=_is_later)[:SAMPLE],
        asked=request.args.get("g", ""),
        found=_look_up(plan, request.args.get("g", "")),
        texts=writing.current_texts(step),
        segment=selections.said(campaign.audience),
        only=conditions.in_words(conditions.of(step), campaign) if step.follows else "",
        much=_much(plan, moment, facts),
        later=planning.later(plan),
        shared=len({one.email.lower() for one in plan.send if one.note}),
        pulse=_pulse(campaign, moment),
        todos=by_hand.todos(step, now=moment),
        now=moment,
    )


@bp.get("/<slug>/verloop")
@role_required(Role.READER)
def foresee(slug: str) -> ResponseReturnValue:
    """What leaves on which day, until the last reminder."""
    campaign, moment = writing.find(slug), now()
    days = foreseeing.days(campaign, now=moment)
    return render_template(
        "office/foresee.html",
        campaign=campaign,
        days=days,
        pulse=_pulse(campaign, moment),
        titles={step.id: sheet.title(step) for step in campaign.steps},
        undated=[s for s in campaign.steps if scheduling.due_at(s) is None],
        assumed=foreseeing.ASSUMED,
    )


@bp.get("/<slug>/veranderd")
@role_required(Role.READER)
def changed(slug: str) -> ResponseReturnValue:
    """Whether a plan that is on a screen (`sinds`) is no longer the plan: it renews itself then."""
    pulse = planning.pulse(writing.find(slug), now=now())
    return "", 204, {} if pulse == request.args.get("sinds") else {"HX-Trigger": "veranderd"}


def _pulse(campaign: Campaign, moment: datetime) -> str:
    """Of a letter that something can still happen to; "" of others."""
    lives = running.state_of(campaign) in (CampaignState.RUNNING, CampaignState.PAUSED)
    return planning.pulse(campaign, now=moment) if lives else ""


def _much(plan: StepPlan, moment: datetime, facts: Facts) -> str:
    """Who gets too much post by this step, while that can still be changed."""
    if plan.step.state is not StepState.PLANNED:
        return ""
    codes = [one.gemeente_code for one in plan.send]
    asked = pressure.Asked(moment, facts)
    return pressure.sentence(pressure.exceeded(plan.step, codes, now=moment, asked=asked))


def _is_later(one: Planned) -> bool:
    return one.at is not None


def _per_standing(plan: StepPlan, stands: dict[str, Standing]) -> list[tuple[Standing, int]]:
    counted = Counter(stands.get(one.gemeente_code, Standing.NOG_NIET) for one in plan.send)
    return sorted(counted.items(), key=lambda pair: -pair[1])


def _groups(skipped: Iterable[Skipped], stands: dict[str, Standing]) -> list[Group]:
    """Who gets nothing, per reason; answers per what was answered. The largest first."""
    groups: dict[object, Group] = {}
    for one in skipped:
        told = stands.get(one.gemeente_code) if one.reason == "answered" else None
        key = told or one.reason
        if key not in groups:
            groups[key] = _group(one, told)
        groups[key].rows.append(one)
    return sorted(groups.values(), key=lambda group: -len(group.rows))


def _group(one: Skipped, told: Standing | None) -> Group:
    if one.reason == "answered":
        words = ASKED_NO_REMINDER if told is Standing.NIET_BENADEREN else sheet.did(told)
        return Group(told, *words, "Daarmee is onze vraag beantwoord.")
    known = REASONS.get(one.reason)
    return Group(*known) if known else Group(None, one.words, one.words, "")


def _look_up(plan: StepPlan, text: str) -> list[tuple[str, Planned | Skipped | None]]:
    """What the plan says of the gemeenten with this name."""
    found: list[tuple[str, Planned | Skipped | None]] = []
    everyone: list[Planned | Skipped] = [*plan.send, *plan.skip]
    for gemeente in gemeenten.search(text, 5):
        rows = [one for one in everyone if one.gemeente_code == gemeente.code]
        found += [(gemeente.name, row) for row in rows] or [(gemeente.name, None)]
    return found
