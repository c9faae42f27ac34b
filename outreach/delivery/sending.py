"""One pass over what is due, over every relay: the entry for commands and the engine."""

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime
from functools import partial

from sqlalchemy import and_, select

from outreach.accounts.limits import Limits
from outreach.accounts.models import Sender
from outreach.clock import Clock, system_now
from outreach.db import READ_ONLY
from outreach.delivery import breaker, claims, reaping, receivers, relays
from outreach.delivery.claims import ROW
from outreach.delivery.findings import Findings
from outreach.delivery.orders import Orders, Outgoing, Post, Tally
from outreach.delivery.pacing import Pacing
from outreach.delivery.relays import RelaySettings
from outreach.delivery.routes import RECHECK, Route
from outreach.delivery.workers import Life
from outreach.errors import OutreachError

__all__ = ["Life", "Orders", "Outgoing", "Post", "Tally", "send_due", "send_until_empty"]


def send_due(
    life: Life, *, clock: Clock, orders: Orders, post: Post, tally: Tally | None = None
) -> Tally:
    """Send what is due, until nothing is or `life.stopping` is set; the message in hand is ended.

    A relay or a sender that is refused as a whole stops only its own mail and is named in
    the tally's `stopped`. A relay that is left alone is not tried, unless `post.probe`.
    """
    tally = tally if tally is not None else Tally()
    tidy(life, clock=clock, orders=orders)
    routes = []
    grouped = post.limits and _any_group(life)
    for relay, senders in _relays(life, orders, post, clock.now(), tally).items():
        ids = {sender.id for sender in senders}
        findings = Findings(life.engine, clock, orders, tally, relay, ids)
        limits = _limits(senders) if post.limits else {}
        pacing = Pacing(limits, grouped, post.spread)
        routes.append(partial(Route, life, clock, orders, post, findings, pacing))
    if routes:
        _run(routes, life.stopping)
    return tally


def _run(routes: Sequence[Callable[[], Route]], stopping: threading.Event) -> None:
    """Each in a thread: a relay that hangs holds up nobody else's mail.

    Nor what falls due meanwhile: who is ready looks again while others are not.
    """
    if len(routes) == 1:
        routes[0]().run()
    else:
        with ThreadPoolExecutor(len(routes), thread_name_prefix="route") as pool:
            running = [pool.submit(_go, route) for route in routes]
            while (waiting := wait(running, timeout=RECHECK)).not_done and not stopping.is_set():
                for place, one in enumerate(running):
                    if one in waiting.done:
                        one.result()
                        running[place] = pool.submit(_go, routes[place])
        for one in running:
            one.result()


def _go(route: Callable[[], Route]) -> None:
    route().run()


def send_until_empty(
    life: Life, *, clock: Clock, orders: Orders, post: Post, tally: Tally | None = None
) -> Tally:
    """Send until nothing may leave now. It never waits: for a retry, a relay or a limit."""
    tally = tally if tally is not None else Tally()
    tried = -1
    while tally.tried > tried and not tally.stopped and not life.stopping.is_set():
        tried = tally.tried
        send_due(life, clock=clock, orders=orders, post=post, tally=tally)
    return tally


def tidy(life: Life, *, clock: Clock, orders: Orders) -> None:
    """Free what dead workers held, and end what must not leave any more."""
    now = clock.now()
    with life.engine.begin() as connection:
        reaping.reap(connection, now=now)
        reaping.resend_notices(connection, now=now)
        claims.expire(connection, orders.due(now), now=now)
        claims.sweep(
            connection, orders.due(now), orders.still_wanted(now), orders.dropped(), now=now
        )


def _any_group(life: Life) -> bool:
    with life.engine.connect().execution_options(**READ_ONLY) as connection:
        return receivers.any_limited(connection)


def _limits(senders: Iterable[Sender]) -> dict[int, Limits]:
    limits = {sender.id: Limits.of(sender) for sender in senders}
    return {sender_id: one for sender_id, one in limits.items() if one.any}


def _relays(
    life: Life, orders: Orders, post: Post, now: datetime, tally: Tally
) -> dict[RelaySettings, list[Sender]]:
    """The relays for which something is due and that may be tried, with their senders."""
    found: dict[RelaySettings, list[Sender]] = {}
    with life.engine.connect().execution_options(**READ_ONLY) as connection:
        shut = {} if post.probe else breaker.open_now(connection, at=system_now())
        rows = connection.execute(select(Sender.__table__)).mappings().all()
        for sender in [Sender(**row) for row in rows]:
            if not claims.any_due(
                connection, and_(orders.due(now), ROW.sender_id == sender.id), now=now
            ):
                continue
            try:
                relay = relays.for_sender(
                    sender,
                    instance=post.instance,
                    default_url=post.default_url,
                    providers=post.providers,
                )
            except OutreachError as error:
                tally.stop(str(error))
                continue
            if fault := shut.get(relay.key) or shut.get(relays.sender_key(sender.id)):
                tally.stop(fault)
            else:
                found.setdefault(relay, []).append(sender)
    return found
