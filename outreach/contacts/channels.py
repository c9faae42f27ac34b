"""How post reaches an office: by mail, by a web form, or on paper."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.clock import dutch_date
from outreach.contacts import offices
from outreach.contacts.models import Channel, Function, Office
from outreach.db import db
from outreach.errors import Invalid

#: What screens call each.
CHANNELS = {
    Channel.EMAIL: "per e-mail",
    Channel.FORM: "via een webformulier",
    Channel.POST: "per post",
}
LONGEST_URL = 1000


def office_of(code: str, function: Function = Function.GRIFFIER) -> Office | None:
    return db.session.scalar(
        select(Office).where(Office.gemeente_code == code, Office.function == function)
    )


def choose(
    code: str, function: Function, channel: Channel, url: str = "", *, by: Actor, now: datetime
) -> dict[str, Any]:
    """Say how post reaches an office; return how it was, for who takes it back.

    :raises Invalid: the URL is no web address
    """
    office_id = offices.ensure([(code, function)])[code, function]
    office = db.session.get_one(Office, office_id, populate_existing=True)
    was = [
        office.channel.value,
        office.form_url,
        office.channel_since and office.channel_since.isoformat(),
    ]
    office.channel = channel
    office.form_url = web_address(url) if channel is Channel.FORM else ""
    office.channel_since = None if channel is Channel.EMAIL else dutch_date(now)
    db.session.flush()
    audit.record("set channel", f"office:{office_id}", by=by, now=now, channel=channel.value)
    return {"office": office_id, "channel": was}


def mail_again(code: str, *, by: Actor, now: datetime) -> dict[str, Any]:
    """Mail it is after all, for a griffie of which we thought otherwise."""
    office = office_of(code)
    if office is None or office.channel is Channel.EMAIL:
        return {}
    return choose(code, Function.GRIFFIER, Channel.EMAIL, by=by, now=now)


def take_back(before: dict[str, Any]) -> None:
    """Bring an office's channel back to what `choose` returned."""
    if "office" in before:
        office = db.session.get_one(Office, before["office"])
        channel, office.form_url, since = before["channel"]
        office.channel = Channel(channel)
        office.channel_since = date.fromisoformat(since) if since else None


def web_address(text: str) -> str:
    """A web address as it is kept: what people paste often lacks its beginning.

    :raises Invalid: it is none
    """
    typed = text.strip()
    if not typed:
        return ""
    url = typed if "://" in typed else f"https://{typed}"
    host = url.partition("://")[2].partition("/")[0]
    if not url.startswith(("https://", "http://")) or "." not in host or not url.isprintable():
        raise Invalid("Vul het webadres van het formulier in, zoals https://www.zeist.nl/contact.")
    if " " in url or "@" in host or len(url) > LONGEST_URL:
        raise Invalid("Dit webadres klopt niet: met een spatie of een @, of te lang.")
    return url
