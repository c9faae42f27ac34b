"""What every command stands on: the opened product, errors as one line, reports as text or JSON."""

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import click
from flask import Flask
from sqlalchemy import create_engine
from sqlalchemy.exc import InterfaceError, OperationalError

from config import LOOPBACK, Settings
from outreach import migrating
from outreach.app import create_app
from outreach.clock import Clock, from_wall, system_now
from outreach.contacts import gemeenten
from outreach.db import db
from outreach.engine.demo import staging
from outreach.errors import Invalid, OutreachError, Refused
from outreach.tokens import Tokens

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


class Commands(click.Group):
    """A group whose refusals are one line on stderr and exit 1; wrong usage exits 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except OutreachError as error:
            raise click.ClickException(str(error)) from error
        except (OperationalError, InterfaceError) as error:
            fault = str(error.orig).strip().splitlines()[0]
            raise click.ClickException(f"The database does not answer: {fault}") from error
        except BrokenPipeError:  # `| head` has read enough
            sys.stderr.close()
            raise click.exceptions.Exit(0) from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("outreach"), prog_name="outreach")
def main() -> None:
    """Outreach: who was asked, who answered, who comes."""


@dataclass(frozen=True)
class Opened:
    """The product, ready for one command."""

    app: Flask
    settings: Settings

    @property
    def clock(self) -> Clock:
        clock: Clock = self.app.extensions["outreach.clock"]
        return clock

    @property
    def tokens(self) -> Tokens:
        tokens: Tokens = self.app.extensions["outreach.tokens"]
        return tokens

    @property
    def now(self) -> datetime:
        """The product's present moment: ask it once per command."""
        return self.clock.now()


@contextmanager
def opened() -> Iterator[Opened]:
    """The product with its database and without its pages, for one command.

    What the command did is committed when it ends well, and rolled back when it does not.

    :raises Refused: the database is older or newer than this program
    """
    with staging.relay(Settings()) as settings:
        if _is_new(settings.sqlalchemy_url):
            upgrade(settings)  # an older one may be in use: that is for `serve` and `db upgrade`
        app = create_app(settings, pages=False)
        with app.app_context():
            try:
                check_schema()
                yield Opened(app, settings)
                db.session.commit()
            finally:
                db.session.remove()
                db.engine.dispose()


def upgrade_embedded(settings: Settings) -> Path | None:
    """Upgrade a database that is a file; someone else looks after a server's."""
    return upgrade(settings) if settings.sqlalchemy_url.startswith("sqlite:") else None


def upgrade(settings: Settings) -> Path | None:
    """Bring the database to the newest schema and the newest gemeenten; return the backup."""
    settings.instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    backup = migrating.upgrade(settings.sqlalchemy_url, now=system_now())
    app = create_app(settings, pages=False)
    with app.app_context():
        gemeenten.load()
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    return backup


def check_schema() -> None:
    """Refuse to work on a database of another version.

    :raises Refused: with what to do about it
    """
    if fault := migrating.check(db.engine):
        raise Refused(fault)


def _is_new(url: str) -> bool:
    """Whether an embedded database is not made yet, or is being made by another process."""
    path = Path(url.removeprefix("sqlite:///"))
    if not url.startswith("sqlite:///") or not path.exists():
        return url.startswith("sqlite:///")
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return migrating.current(connection) is None
    finally:
        engine.dispose()


class Moment(click.ParamType[datetime]):
    """A time as people type it: Dutch local time, unless an offset is given."""

    name = "TIME"

    def convert(self, value: Any, param: Any, ctx: Any) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a time such as 2026-04-10T09:00.", param, ctx)
        if moment.tzinfo is not None:
            return moment
        try:
            return from_wall(moment)
        except OutreachError as error:
            self.fail(str(error), param, ctx)


def json_option(command: F) -> F:
    """`--json`: print what the command reports for programs to read."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def report(data: Any, text: str | Iterable[str], *, as_json: bool) -> None:
    """Print what a command found: JSON for a program, lines for a person."""
    if as_json:
        click.echo(json.dumps(data, ensure_ascii=False, indent=2, default=_plain))
        return
    for line in [text] if isinstance(text, str) else text:
        click.echo(line)


@contextmanager
def progress(items: Iterable[T], label: str, length: int | None = None) -> Iterator[Iterable[T]]:
    """A bar on a terminal, on stderr; nothing when the output is piped."""
    hidden = not sys.stderr.isatty()
    with click.progressbar(
        items, label=label, length=length, file=sys.stderr, hidden=hidden
    ) as bar:
        yield bar


def text_of(file: Path) -> str:
    """What a text file says.

    :raises Invalid: it is not UTF-8
    """
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid(f"{file.name} is geen UTF-8. Bewaar het bestand opnieuw als UTF-8.") from None


def write(file: Path, data: bytes) -> None:
    """Write whole or not at all; a pipe or a device is written to as it is."""
    try:
        if file.exists() and not file.is_file():
            file.write_bytes(data)
        else:
            _replace(file, data)
    except OSError as error:
        raise click.ClickException(f"Cannot write {file}: {error.strerror}.") from error


def port_of(settings: Settings) -> int:
    """The port to serve on when none is asked for: that of BASE_URL when it is this machine."""
    parts = urlsplit(settings.base_url)
    return (parts.port if parts.hostname in LOOPBACK else None) or 8000


def reachable(settings: Settings, port: int) -> Settings:
    """Settings whose links lead to the port that is served, when nobody chose BASE_URL."""
    if "base_url" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"base_url": f"http://127.0.0.1:{port}"})


def _replace(file: Path, data: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as fresh:
        try:
            fresh.write(data)
            fresh.close()
            os.replace(fresh.name, file)
        except BaseException:
            os.unlink(fresh.name)
            raise


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)
