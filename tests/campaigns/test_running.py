"""Starting, pausing, resuming, stopping; and what the state says."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from outreach.accounts.audit import CLI
from outreach.accounts.models import AuditEntry
from outreach.campaigns import figures, running, scheduling, writing
from outreach.campaigns.models import CampaignState, StepState
from outreach.campaigns.running import CheckFailed, WrongState
from outreach.campaigns.store import Store
from outreach.campaigns.writing import AlreadyStarted
from outreach.db import db
from outreach.delivery.models import Message, State
from outreach.errors import Invalid, OutreachError
from tests.campaigns.test_planning import FILE, load
from tests.conftest import NOON
from tests.factories import make_contact, make_sender

pytestmark = pytest.mark.usefixtures("app")
BEFORE = NOON - timedelta(days=3)


@pytest.fixture
def draft(tmp_path: Path):
    make_contact("Zeist")
    campaign = load(tmp_path)
    campaign.state = CampaignState.DRAFT
    db.session.commit()
    return campaign


def audited() -> list[str]:
    return list(db.session.scalars(select(AuditEntry.act).order_by(AuditEntry.id)))


def test_a_campaign_starts_once(draft) -> None:
    running.start(draft, by=CLI, now=BEFORE)
    running.start(draft, by=CLI, now=BEFORE + timedelta(minutes=1))

    assert draft.state is CampaignState.RUNNING
    assert draft.started_at == BEFORE
    assert audited().count("start campaign") == 1


def test_a_first_moment_more_than_a_day_past_is_refused(draft) -> None:
    with pytest.raises(WrongState, match="voorbij"):
        running.start(draft, by=CLI, now=NOON + timedelta(hours=25))

    assert draft.state is CampaignState.DRAFT


def test_a_first_moment_of_this_morning_still_leaves(draft) -> None:
    planned = draft.steps[0].send_at

    running.start(draft, by=CLI, now=NOON + timedelta(hours=5))

    assert draft.steps[0].send_at == planned, "letters are dated as they were planned"
    assert [s.position for s in scheduling.due_steps(now=NOON + timedelta(hours=5))] == [1]


@pytest.mark.parametrize(
    ("written", "instead", "code"),
    [
        ("Marit Zuidema\n\n---", "\n\n---", "signature"),
        ("Wilt u de oproep", "Zie [de site](#). Wilt u de oproep", "link"),
        ("Wilt u de oproep", "Zie de bijlage. Wilt u de oproep", "attachment"),
        ("Wilt u de oproep", "Wilt {{u}} de oproep", "placeholder"),
        ("Wilt u de oproep", "Wilt {{achternaam}} de oproep", "missing-value"),
    ],
)
def test_an_error_of_the_check_refuses_the_start(
    tmp_path: Path, written: str, instead: str, code: str
) -> None:
    make_contact("Zeist")
    make_sender(email="post@naastelkaar.example")
    text = FILE.format(audience="{role: griffier}", more="").replace(written, instead, 1)
    store = Store(tmp_path / "files")
    campaign = writing.load(text, folder=tmp_path, store=store, by=CLI, now=BEFORE)

    with pytest.raises(CheckFailed) as refused:
        running.start(campaign, by=CLI, now=BEFORE)

    errors = [f.code for f in refused.value.findings if f.severity.value == "error"]
    assert any(code in found for found in errors), errors
    assert campaign.state is CampaignState.DRAFT


def test_an_audience_without_anyone_refuses_the_start(tmp_path: Path) -> None:
    campaign = load(tmp_path)
    campaign.state = CampaignState.DRAFT

    with pytest.raises(CheckFailed, match="Niemand"):
        running.start(campaign, by=CLI, now=BEFORE)


def test_a_pause_gives_its_time_back_to_what_waits(draft) -> None:
    running.start(draft, by=CLI, now=BEFORE)
    scheduling.queue_step(draft.steps[0], key="k", now=NOON)
    expires = db.session.scalar(select(Message.expires_at))

    running.pause(draft, by=CLI, now=NOON)
    running.resume(draft, by=CLI, now=NOON + timedelta(days=2))

    assert db.session.scalar(select(Message.expires_at)) == expires + timedelta(days=2)


def test_stopping_takes_out_what_is_ready_and_keeps_what_left(draft) -> None:
    make_contact("Haarlem")
    running.start(draft, by=CLI, now=BEFORE)
    scheduling.queue_step(draft.steps[0], key="k", now=NOON)
    first = db.session.scalars(select(Message).order_by(Message.id)).first()
    first.state = State.ACCEPTED
    db.session.commit()

    stopped = running.cancel(draft, by=CLI, now=NOON)

    counts = figures.counts(draft)
    assert stopped == 1
    assert (counts[State.ACCEPTED], counts[State.CANCELLED]) == (1, 1)
    assert draft.steps[1].state is StepState.CANCELLED
    assert running.state_of(draft) is CampaignState.CANCELLED


def test_a_stopped_campaign_does_not_go_on(draft) -> None:
    running.cancel(draft, by=CLI, now=BEFORE)

    for act in (running.start, running.pause, running.resume):
        with pytest.raises(WrongState, match="gestopt"):
            act(draft, by=CLI, now=BEFORE)


def test_a_campaign_is_finished_when_nothing_is_left_and_nothing_in_doubt(draft) -> None:
    running.start(draft, by=CLI, now=BEFORE)
    scheduling.queue_step(draft.steps[0], key="k", now=NOON)
    message = db.session.scalars(select(Message)).one()
    draft.steps[1].state = StepState.QUEUED
    db.session.flush()

    states = []
    for state in (State.QUEUED, State.DEFERRED, State.UNCERTAIN, State.ACCEPTED):
        message.state = state
        db.session.flush()
        states.append(running.state_of(draft).value)

    assert states == ["running", "running", "running", "finished"]


def test_the_same_file_again_changes_nothing_and_another_is_refused(draft, tmp_path: Path) -> None:
    running.start(draft, by=CLI, now=BEFORE)
    text = FILE.format(audience="{role: griffier}", more="")
    store = Store(tmp_path / "files")

    same = writing.load(text, folder=tmp_path, store=store, by=CLI, now=NOON)
    with pytest.raises(AlreadyStarted, match="verbetering"):
        writing.load(
            text.replace("doorsturen", "delen"), folder=tmp_path, store=store, by=CLI, now=NOON
        )

    assert same.id == draft.id
    assert len(draft.steps[0].texts) == 1


def test_a_changed_draft_keeps_each_version_of_its_words(draft, tmp_path: Path) -> None:
    text = FILE.format(audience="{role: griffier}", more="").replace("doorsturen", "delen")

    writing.load(text, folder=tmp_path, store=Store(tmp_path / "files"), by=CLI, now=NOON)

    assert [t.number for t in draft.steps[0].texts] == [1, 2]
    assert [t.number for t in draft.steps[1].texts] == [1]
    assert "delen" in writing.current_texts(draft.steps[0])["raad"].mail


@pytest.mark.parametrize(
    ("audience", "what"),
    [
        ("{role: koning}", "koning"),
        ("{province: [Holland]}", "Holland"),
        ("{gemeente: [Bergen]}", "GM0373"),
        ("{list: [Griffies]}", "Griffies"),
        ("{answered: [vorige]}", "vorige"),
    ],
)
def test_an_audience_that_names_what_we_do_not_know_is_refused(
    tmp_path: Path, audience: str, what: str
) -> None:
    with pytest.raises(OutreachError, match=what):
        load(tmp_path, audience)


def test_a_missing_attachment_or_sender_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"oproep\.pdf"):
        load(tmp_path, more="attachments: [oproep.pdf]")
    text = FILE.format(audience="{role: griffier}", more="").replace("post@", "niemand@")
    with pytest.raises(Invalid, match="niemand@naastelkaar"):
        writing.load(text, folder=tmp_path, store=Store(tmp_path), by=CLI, now=NOON)
