"""`outreach deliver`: send what is due, in the foreground."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import click

from config import Switch
from outreach import jobs
from outreach.campaigns.links import Links
from outreach.campaigns.store import Store
from outreach.cli import shell
from outreach.cli.shell import Opened
from outreach.clock import system_now
from outreach.db import db
from outreach.delivery.dkim import Signer
from outreach.delivery.lookout import Lookout
from outreach.delivery.sending import Post
from outreach.delivery.workers import Life, on_signal


@click.command()
@click.option("--until-empty", is_flag=True, help="Until nothing is due now; never waits.")
@shell.json_option
def deliver(until_empty: bool, as_json: bool) -> None:
    """Send what is due: one pass, or until nothing is due now.

    Exits 1 with one line when the relay or a sender as a whole is refused. SIGTERM and
    Ctrl-C end it after the message in hand.
    """
    with shell.opened() as product:
        settings, app = product.settings, product.app
        desk, post = desk_of(product), post_of(product)
        with Life(db.engine) as life, _ending_in_peace(life):
            tally = jobs.deliver(
                life,
                desk,
                post,
                clock=product.clock,
                around=app.app_context,
                until_empty=until_empty,
            )
        lookout = Lookout(post, settings.mailbox_url, settings.relay_log)
        jobs.settle_doubts(lookout, now=product.now, at=system_now())
    ended = {state.value: count for state, count in sorted(tally.ended.items())}
    words = ", ".join(f"{count} {state}" for state, count in ended.items())
    shell.report(
        {"ended": ended, "stopped": tally.stopped}, words or "Nothing was due.", as_json=as_json
    )
    if tally.stopped:
        raise click.ClickException(" ".join(tally.stopped))


def desk_of(product: Opened) -> jobs.Desk:
    """What letters are made with."""
    settings = product.settings
    return jobs.Desk(
        Links(settings.base_url, product.tokens),
        Store(settings.instance / "files"),
        Signer.of(settings.dkim_domain, settings.dkim_selector, settings.dkim_key),
    )


def post_of(product: Opened) -> Post:
    """Where mail goes, when a person asks for it."""
    settings = product.settings
    return Post(
        settings.instance,
        settings.relay_url,
        connections=settings.connections,
        probe=True,
        limits=settings.rate_limits is Switch.ON,
        providers=product.app.extensions["outreach.providers"],
    )


@contextmanager
def _ending_in_peace(life: Life) -> Iterator[None]:
    """SIGTERM and Ctrl-C end the sending between two messages."""
    end = on_signal(life.stopping)
    before = {one: signal.signal(one, end) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
