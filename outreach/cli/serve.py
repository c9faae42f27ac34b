"""`outreach serve` and `outreach demo`: the whole product in one process."""

import click

from config import Settings
from outreach.app import create_app
from outreach.cli import shell
from outreach.engine import serving


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), help="8000, or the port of BASE_URL.")
def serve(host: str, port: int | None) -> None:
    """Web, scheduler and delivery in one process."""
    settings, port = shell.local_port(Settings(), port)
    if backup := shell.upgrade_embedded(settings):
        click.echo(f"The database was upgraded; a backup is in {backup}.")
    app = create_app(settings)
    with app.app_context():
        shell.check_schema()
    serving.serve(app, settings, host=host, port=port, say=click.echo)
