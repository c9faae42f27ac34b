"""`outreach backup`, `restore` and `restore-drill`."""

from pathlib import Path

import click

from config import Settings
from outreach.accounts.audit import CLI
from outreach.app import clock_of, create_app
from outreach.cli import shell
from outreach.clock import system_now
from outreach.db import db
from outreach.errors import Refused
from outreach.letters import dutch
from outreach.operations import backing_up, backups, drilling, restoring
from outreach.operations.backing_up import Place
from outreach.operations.backups import Backup
from outreach.operations.restoring import Restored

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=FILE)
@shell.json_option
def backup(file: Path, as_json: bool) -> None:
    """Write all of this installation into one FILE; it may go on working meanwhile.

    FILE holds passwords and personal data: it is readable by this user alone.
    """
    with shell.opened() as product:
        settings = product.settings
        place = Place(settings.sqlalchemy_url, settings.instance, settings.keys[0])
        db.session.remove()
        made = backing_up.take(file, place, at=system_now())
    size = file.stat().st_size
    shell.report(
        {"file": str(file), "taken_at": made.taken_at, "rows": made.rows, "bytes": size},
        f"{file}: {made.rows} rows, {len(made.members)} files, {size / 1e6:.1f} MB.",
        as_json=as_json,
    )


@click.command()
@click.argument("file", type=FILE)
@click.option("--force", is_flag=True, help="Over what is there, of which a backup is made.")
@shell.json_option
def restore(file: Path, force: bool, as_json: bool) -> None:
    """Put a backup back. Every letter is paused then, until someone looked and resumes it."""
    settings = Settings()
    with backups.opened(file) as found:
        key = _key(settings, found)
        place = Place(settings.sqlalchemy_url, settings.instance, key)
        settings.instance.mkdir(mode=0o700, parents=True, exist_ok=True)
        app = create_app(settings.model_copy(update={"secret_key": key}), pages=False)
        with app.app_context():
            done = restoring.restore(
                found,
                place,
                force=force,
                by=CLI,
                now=clock_of(settings).now(),
                at=system_now(),
            )
            db.session.remove()
            db.engine.dispose()
        taken_at = found.manifest.taken_at
    held = done.held
    data = {
        "taken_at": taken_at,
        "paused": held.campaigns,
        "uncertain": held.doubtful,
        "drafts": held.drafts,
        "kept": done.kept,
    }
    shell.report(data, _lines(done, dutch.day_time(taken_at)), as_json=as_json)


@click.command("restore-drill")
@click.argument("files", type=FILE, nargs=-1, metavar="[FILE]...")
@shell.json_option
def restore_drill(files: tuple[Path, ...], as_json: bool) -> None:
    """Put the newest of these backups back apart, count it, and throw it away.

    Without FILE the last one that was made here. Exits 1 when it would not come back.
    """
    settings = Settings()
    chosen = drilling.newest(list(files) or [_last(settings.instance)])
    with backups.opened(chosen) as found:
        place = Place(settings.sqlalchemy_url, settings.instance, "")
        drill = drilling.drill(found, place, now=system_now())
    shell.report(
        drill.__dict__,
        f"{drill.file}: {drill.rows} rows in {drill.tables} tables and {drill.files} files"
        " came back as they were.",
        as_json=as_json,
    )


def _key(settings: Settings, found: Backup) -> str:
    """What signs links once it is back: SECRET_KEY, else the key in the backup, else ours."""
    if settings.secret_key:
        return settings.secret_key
    if "instance/secret_key" in found.manifest.members:
        words = b"".join(found.chunks("instance/secret_key")).decode("ascii", "replace").split()
        if words:
            return words[0]
    raise Refused(
        "De sleutel zit niet in deze reservekopie: geef OUTREACH_SECRET_KEY, zoals die toen was."
    )


def _last(instance: Path) -> Path:
    last = backing_up.last(instance)
    if last is None:
        raise Refused("Hier is nog geen reservekopie gemaakt: geef een bestand.")
    return Path(last.path)


def _lines(done: Restored, taken_at: str) -> list[str]:
    held = done.held
    lines = [f"The installation is back as it was on {taken_at}."]
    if done.kept:
        lines.append(f"What was there is in {done.kept}.")
    if held.campaigns or held.doubtful:
        lines.append(
            f"Campaigns paused: {held.campaigns}. In doubt, as they may have left since:"
            f" {held.doubtful}. Look at them (campaigns status), then: campaigns resume SLUG."
        )
    if held.drafts:
        names = ", ".join(held.drafts)
        lines.append(f"Drafts that someone may have started since: {names}.")
    return lines
