"""`outreach serve` and `outreach demo`: the whole product in one process."""

import logging
import os
import tempfile
from pathlib import Path

import click

from config import Env, Settings
from outreach.app import create_app
from outreach.cli import shell
from outreach.engine import serving
from outreach.engine.demo import staging

PORT = click.IntRange(0, 65535)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=PORT, help="8000, or the port of BASE_URL.")
def serve(host: str, port: int | None) -> None:
    """Web, scheduler and delivery in one process.

    An embedded database is upgraded first, after a backup. SIGTERM and Ctrl-C end it after
    the message in hand.
    """
    _run(Settings(), host, port)


@click.command()
@click.option("--port", type=PORT, help="8000, or the port of BASE_URL.")
def demo(port: int | None) -> None:
    """The same with a filled demo and a mail inbox to look at, in a throw-away instance."""
    with tempfile.TemporaryDirectory(prefix="outreach-demo-") as folder:
        settings = Settings(
            env=Env.DEMO, instance=Path(folder), database_url="", smtp_url="", smtp_host=""
        )
        _run(settings, "127.0.0.1", port)


def _run(settings: Settings, host: str, port: int | None) -> None:
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    wanted = shell.port_of(settings) if port is None else port
    try:
        listener = serving.listen(host, wanted)
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise click.ClickException(
            f"Cannot listen on {host}:{wanted} ({why}). Choose another with --port."
        ) from error
    settings = shell.reachable(settings, listener.getsockname()[1])
    with listener, staging.relay(settings) as settings:
        if backup := shell.upgrade_embedded(settings):
            click.echo(f"The database was upgraded; a backup is in {backup}.")
        app = create_app(settings)
        with app.app_context():
            shell.check_schema()
        if settings.env is Env.DEMO and staging.fill_once(app, settings):
            click.echo(
                "The demo is filled: 342 gemeenten, three meetings, and two letters that leave"
                " in March and April."
            )
        serving.serve(app, settings, listener, say=click.echo)
