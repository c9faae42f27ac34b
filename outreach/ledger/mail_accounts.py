"""What a person must do to keep the connected mail accounts working."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from outreach.accounts import senders
from outreach.clock import dutch_date
from outreach.delivery import oauth
from outreach.delivery.providers import Providers
from outreach.ledger.overview import Attention
from outreach.letters import dutch

AHEAD = timedelta(days=30)  #: to ask whoever looks after the app


def attention(instance: Path, providers: Providers, now: datetime) -> Iterator[Attention]:
    """Connections that are over, and secrets of apps that end within a month."""
    used = set()
    for sender in senders.everyone() if oauth.any_connected(instance) else ():
        found = oauth.look(instance, sender)
        if found.grant is not None:
            used.add(found.grant.provider)
        if fault := found.fault or over(found, providers):
            yield Attention(
                None, f"De postbus van {sender.name} is niet meer verbonden", fault, None
            )
    for name in sorted(used & providers.keys()):
        ends = providers[name].secret_expires
        if ends is not None and ends - dutch_date(now) <= AHEAD:
            what = f"Het geheim van de app bij {providers[name].title}"
            words = "verliep op" if ends < dutch_date(now) else "verloopt op"
            yield Attention(
                None,
                f"{what} {words} {dutch.long_date(ends)}",
                "Maak een nieuw geheim en geef het op, anders gaat er geen post meer weg.",
                None,
            )


def over(found: oauth.Look, providers: Providers) -> str:
    """Why nothing is sent by this connection; empty when it is."""
    if found.grant is None:
        return ""
    if found.grant.provider not in providers:
        name = f"OUTREACH_{found.grant.provider.upper()}_CLIENT_ID"
        return f"De app van die aanbieder ontbreekt in de instellingen: geef {name}."
    if found.grant.lapsed_at is None:
        return ""
    since = dutch.day_time(found.grant.lapsed_at)
    return f"Sinds {since}. Verbind haar opnieuw bij Instellingen."
