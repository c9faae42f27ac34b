"""Vragen: what gemeenten said to the questions of a letter, as a table and a file."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from outreach.accounts.models import Role
from outreach.answers import questions
from outreach.answers.models import Source
from outreach.campaigns import answering, writing
from outreach.campaigns.models import Campaign
from outreach.contacts import gemeenten
from outreach.errors import Invalid
from outreach.ledger import asked, charts, signs
from outreach.web import asking
from outreach.web.access import actor, role_required
from outreach.web.context import now
from outreach.web.form import Form
from outreach.web.office.downloads import as_csv, as_workbook
from outreach.web.office.note_forms import KNOWN_BY

bp = Blueprint("questions", __name__, url_prefix="/kantoor/brieven")


class ReplyForm(Form):
    body = RadioField("Namens wie", [InputRequired("Kies namens wie.")])
    source = SelectField(
        "Hoe kwam het binnen",
        choices=[SelectChoice(one.value, word) for one, (word, _) in KNOWN_BY.items()],
    )

    def __init__(self, campaign: Campaign) -> None:
        super().__init__(data={"body": campaign.variants[0], "source": Source.PHONE.value})
        self.body.choices = [SelectChoice(one, one) for one in campaign.variants]


@bp.get("/<slug>/vragen")
@role_required(Role.READER)
def index(slug: str) -> ResponseReturnValue:
    campaign = writing.find(slug)
    found = asked.of(campaign, now=now())
    return render_template(
        "office/questions.html",
        campaign=campaign,
        found=found,
        borders=charts.borders(found.grid),
        digits=signs.DIGITS,
    )


@bp.get("/<slug>/vragen.csv")
@role_required(Role.READER)
def download(slug: str) -> ResponseReturnValue:
    """What each gemeente said; of `?vraag=` and `?antwoord=` only who said that."""
    campaign = writing.find(slug)
    rows = asked.of(campaign, now=now()).as_rows(*_only())
    return as_csv(f"{campaign.slug}-vragen.csv", rows)


@bp.get("/<slug>/vragen.xlsx")
@role_required(Role.READER)
def download_xlsx(slug: str) -> ResponseReturnValue:
    """The same as a workbook, with every number of the page."""
    campaign = writing.find(slug)
    found, (key, option) = asked.of(campaign, now=now()), _only()
    tables = {"Antwoorden": found.as_rows(key, option)}
    if not key:
        tables = {"Aantallen": found.as_counts()} | tables
    return as_workbook(f"{campaign.slug}-vragen.xlsx", tables)


def _only() -> tuple[str, str]:
    """The question and the answer that a list is narrowed to; "" when it is whole."""
    return request.args.get("vraag", ""), request.args.get("antwoord", "")


@bp.route("/<slug>/vragen/<code>", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def fill(slug: str, code: str) -> ResponseReturnValue:
    """What one gemeente said by telephone, mail or on paper."""
    campaign, gemeente = writing.find(slug), gemeenten.find(code)
    form, about = ReplyForm(campaign), questions.of(campaign.questions)
    posted = request.method == "POST"
    rows = asking.sent(about, request.form) if posted else asking.opened(about)
    if form.accepted() and not any(one.error for one in rows):
        try:
            answering.note_replies(
                campaign,
                gemeente.code,
                asking.given(rows),
                body=form.body.data,
                source=Source(form.source.data),
                by=actor(),
                now=now(),
                evidence=KNOWN_BY[Source(form.source.data)][1],
            )
        except Invalid as error:
            form.refuse("source", error)
        else:
            flash(f"Het antwoord van {gemeente.name} staat erbij.")
            return redirect(url_for(".index", slug=slug), 303)
    page = render_template(
        "office/question_fill.html", campaign=campaign, gemeente=gemeente, form=form, asked=rows
    )
    return page, 422 if any(one.error for one in rows) else form.status
