"""What was backed up comes back, whole; what is damaged, in use or somebody else's does not."""

import shutil
import zipfile
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, inspect, select, text

from config import Settings
from outreach import migrating
from outreach.campaigns.models import CampaignState, StepState
from outreach.campaigns.store import Store
from outreach.clock import system_now
from outreach.contacts.models import Contact
from outreach.db import db
from outreach.delivery import outbox, relays
from outreach.delivery.models import DeliveryEvent, Kind, Message, State
from outreach.delivery.workers import Life
from outreach.operations import backing_up, backups, holding, restoring
from tests.conftest import NOON
from tests.factories import make_campaign, make_contact, make_message, make_sender
from tests.flows.command import Command

ONE_MORE = '''"""A later migration, as one could be."""

import sqlalchemy as sa
from alembic import op

revision = "{number}"
down_revision = "{before}"


def upgrade() -> None:
    op.add_column("worker", sa.Column("nickname", sa.String(), nullable=False, server_default=""))
'''
RELAY = "smtp://127.0.0.1:2525"


@pytest.fixture
def outreach(app: Flask, settings: Settings, tmp_path: Path) -> Command:
    """A sender with a relay of its own, a letter that runs, and a file."""
    sender = make_sender()
    relays.keep(settings.instance, sender, RELAY)
    campaign = make_campaign(sender=sender, state=CampaignState.CANCELLED)
    make_message(campaign, make_contact("Zeist"), state=State.ACCEPTED)
    Store(settings.instance / "files").put(b"a file")
    (settings.instance / "secret_key").write_text("k" * 64)
    db.session.commit()
    db.session.remove()
    return Command(settings, tmp_path, at="2026-03-24T09:00:00+01:00")


def contents(app: Flask) -> dict[str, int]:
    """How many rows each table has."""
    with db.engine.connect() as connection:
        return {
            name: connection.scalar(select(func.count()).select_from(table)) or 0
            for name, table in db.metadata.tables.items()
        }


def test_what_was_backed_up_comes_back(outreach: Command, app: Flask, settings: Settings):
    before = contents(app)
    made = outreach.json("backup", "now.zip")
    assert made["rows"] == sum(before.values()) + 1, "and the number of the migration"
    make_contact("Haarlem")
    db.session.execute(text("UPDATE sender SET name = 'Later'"))
    db.session.commit()
    db.session.remove()
    shutil.rmtree(settings.instance / "files")
    (settings.instance / "senders" / "9.smtp").write_text("of later")

    refused = outreach.run("restore", "now.zip", exits=1)
    assert "--force" in refused
    assert contents(app)["contact"] == 2
    done = outreach.json("restore", "now.zip", "--force")

    after = contents(app)
    assert {n: after[n] - before[n] for n in after if after[n] != before[n]} == {"audit_entry": 1}
    names = [path.name for path in sorted((settings.instance / "senders").iterdir())]
    assert names == ["1.smtp"], "those of before are gone"
    assert (settings.instance / "senders" / "1.smtp").read_text().strip() == RELAY
    assert (settings.instance / "senders" / "1.smtp").stat().st_mode & 0o777 == 0o600
    assert [p for p in (settings.instance / "files").rglob("*") if p.is_file()] != []
    assert not (settings.instance / "restoring").exists()
    last = backing_up.last(settings.instance)
    assert last is not None
    assert last.path.endswith("/now.zip"), "what was there is no backup to count on"
    make_contact("Utrecht")  # the numbers of rows go on
    kept = Path(done["kept"])
    assert kept.stat().st_mode & 0o777 == 0o600
    with backups.opened(kept) as was:
        assert was.manifest.tables["contact"].rows == 2


def test_an_older_backup_brings_nobody_back_who_was_erased(
    outreach: Command, app: Flask, settings: Settings
):
    make_contact("Soest", "noor@soest.example", first_name="Noor", last_name="Vis")
    db.session.remove()
    outreach.run("backup", "older.zip")
    outreach.run("gdpr", "erase", "noor@soest.example", "--yes")
    pepper = (settings.instance / "pepper").read_text()

    outreach.run("restore", "older.zip", "--force")

    assert contents(app)["contact"] == 1, "Zeist is back, Noor is not"
    assert contents(app)["erased"] == 2
    assert (settings.instance / "pepper").read_text() == pepper
    assert "Vis" not in outreach.run("gdpr", "export", "noor@soest.example")


def test_the_file_is_ours_alone_and_noted(outreach: Command, settings: Settings, tmp_path: Path):
    (tmp_path / "now.zip").write_text("an older one, of another mode")
    outreach.run("backup", "now.zip")

    assert (tmp_path / "now.zip").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.glob("now.zip*")] == ["now.zip"]
    last = backing_up.last(settings.instance)
    assert last is not None
    assert last.path == str(tmp_path / "now.zip")


def test_it_comes_back_on_another_machine_on_sqlite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    first = Settings(instance=tmp_path / "one", env="test")
    outreach = Command(first, tmp_path, extra={"OUTREACH_SECRET_KEY": ""})
    outreach.run("senders", "add", "--name", "A", "--email", "a@a.example", "--address", "Plein 1")
    outreach.run("backup", "now.zip")

    outreach.settings = Settings(instance=tmp_path / "two", env="test")
    assert outreach.run("restore", "now.zip").startswith("The installation is back")

    one, two = (tmp_path / name / "secret_key" for name in ("one", "two"))
    assert one.read_text() == two.read_text()
    assert two.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "two").stat().st_mode & 0o777 == 0o700


def test_one_of_an_older_version_is_brought_up_to_date(
    outreach: Command, app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """It goes back into the tables that it came from, and is migrated there."""
    outreach.run("backup", "now.zip")
    before = migrating.newest()
    shutil.copytree(migrating.MIGRATIONS, tmp_path / "migrations")
    later = ONE_MORE.format(number="9000", before=before)
    (tmp_path / "migrations" / "versions" / "9000_later.py").write_text(later)
    monkeypatch.setattr(migrating, "MIGRATIONS", tmp_path / "migrations")

    assert outreach.json("restore-drill")["schema"] == before
    outreach.run("db", "upgrade")
    outreach.run("restore", "now.zip", "--force")
    with db.engine.connect() as connection:
        assert migrating.current(connection) == "9000"
        columns = {one["name"] for one in inspect(connection).get_columns("worker")}
    assert "nickname" in columns
    monkeypatch.undo()
    assert "nieuwere versie" in outreach.run("restore", _newest(outreach), exits=1)


def _newest(outreach: Command) -> Path:
    """The backup of what was there: of the later version."""
    return max(outreach.settings.instance.glob("before-restore-*.zip"))


def test_where_it_cannot_be_written_one_line_says_so(outreach: Command, tmp_path: Path):
    said = outreach.run("backup", tmp_path / "nowhere" / "now.zip", exits=1)

    assert said.startswith("Error: De reservekopie kan niet naar ")
    assert len(said.splitlines()) == 1


def test_a_restore_that_fails_changes_nothing(
    outreach: Command, app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    outreach.run("backup", "now.zip")
    before = contents(app)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(restoring.gemeenten, "load", full)
    said = outreach.run("restore", "now.zip", "--force", exits=1)

    assert "er is niets veranderd: [Errno 28] No space left on device" in said
    assert contents(app) == before
    assert not (settings.instance / "restoring").exists()
    assert not (settings.instance / "restoring.json").exists()


def test_a_damaged_one_changes_nothing(outreach: Command, app: Flask, tmp_path: Path):
    outreach.run("backup", "now.zip")
    whole = (tmp_path / "now.zip").read_bytes()
    before = contents(app)
    with zipfile.ZipFile(tmp_path / "now.zip") as archive:
        first = archive.infolist()[0]
    middle = first.header_offset + 60 + first.compress_size // 2
    damaged = {
        "flipped": whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :],
        "cut": whole[: len(whole) // 2],
        "other": b"no backup at all",
    }
    for name, data in damaged.items():
        (tmp_path / f"{name}.zip").write_bytes(data)
        said = outreach.run("restore", f"{name}.zip", "--force", exits=1)
        assert "beschadigd" in said or "geen reservekopie" in said, said
        assert len(said.splitlines()) == 1
        assert outreach.run("restore-drill", f"{name}.zip", exits=1)
    assert contents(app) == before


def test_what_was_added_to_it_is_refused(outreach: Command, tmp_path: Path):
    outreach.run("backup", "now.zip")
    with zipfile.ZipFile(tmp_path / "now.zip", "a") as archive:
        archive.writestr("instance/../../elsewhere", b"x")

    assert "niet compleet" in outreach.run("restore", "now.zip", "--force", exits=1)
    assert not (tmp_path / "elsewhere").exists()


def test_an_installation_at_work_is_left_alone(outreach: Command, app: Flask):
    outreach.run("backup", "now.zip")
    with Life(db.engine):
        assert "aan het werk" in outreach.run("restore", "now.zip", "--force", exits=1)
    outreach.run("restore", "now.zip", "--force")


def test_another_key_is_refused(outreach: Command):
    outreach.run("backup", "now.zip")
    outreach.extra = {"OUTREACH_SECRET_KEY": "another secret of the tests, long too"}

    assert "SECRET_KEY" in outreach.run("restore", "now.zip", exits=1)


def test_a_drill_leaves_nothing_behind(outreach: Command, app: Flask):
    outreach.run("backup", "now.zip")
    before = contents(app)
    drill = outreach.json("restore-drill")

    assert drill["rows"] == sum(before.values()) + 1
    assert drill["files"] == 3
    assert contents(app) == before
    if db.engine.dialect.name == "postgresql":
        query = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'outreach_drill%'"
        assert db.session.scalar(text(query)) == 0


def test_a_drill_counts(outreach: Command, tmp_path: Path):
    outreach.run("backup", "now.zip")
    shutil.copyfile(tmp_path / "now.zip", tmp_path / "other.zip")
    with zipfile.ZipFile(tmp_path / "now.zip") as source:
        manifest = source.read("manifest.json").replace(b'"rows": 342', b'"rows": 343')
        with zipfile.ZipFile(tmp_path / "other.zip", "w") as target:
            for name in source.namelist():
                data = manifest if name == "manifest.json" else source.read(name)
                target.writestr(name, data)

    assert "gemeente heeft 342 rijen" in outreach.run("restore-drill", "other.zip", exits=1)


@pytest.mark.parametrize("state", State)
def test_what_could_have_left_is_in_doubt(app: Flask, state: State):
    """Of what is due each state in which it was not over; what is not due yet waits on."""
    campaign = make_campaign(state=CampaignState.RUNNING)
    campaign.steps[0].state = StepState.QUEUED
    due = make_message(campaign, make_contact("Zeist"), state=state, not_before=NOON)
    later = make_message(campaign, make_contact("Assen"), state=state)
    later.not_before = NOON.replace(day=30)
    notice = outbox.queue_notice(
        dedupe_key="n", sender=campaign.sender, address="a@a.example", subject="s", text="t",
        now=NOON, key="k",
    )  # fmt: skip
    db.session.flush()
    held = holding.hold("a", system_now(), key="k", by=holding.audit.SYSTEM, now=NOON)

    waits = state in (State.QUEUED, State.DEFERRED)
    in_hand = state in (State.CLAIMED, State.SUBMITTING)
    assert due.state is (State.UNCERTAIN if waits or in_hand else state)
    assert later.state is (State.UNCERTAIN if in_hand else state)
    assert notice is not None
    assert (notice.state, notice.submitting_at) == (State.UNCERTAIN, None), "not sent by itself"
    assert held.doubtful == 1 + waits + 2 * in_hand
    noted = db.session.scalars(select(DeliveryEvent).where(DeliveryEvent.message_id == notice.id))
    assert [event.from_state for event in noted] == [None, State.QUEUED]
    assert campaign.state is CampaignState.PAUSED
    assert campaign.pause_reason.startswith("Teruggezet uit een reservekopie van ")
    assert holding.paused() == [campaign]
    assert Kind.NOTICE is notice.kind
    assert db.session.scalar(select(func.count(Message.id))) == 3
    assert db.session.scalar(select(func.count(Contact.id))) == 2
