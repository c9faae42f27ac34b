"""A text that was wrong: who gets which version, and who is told."""

from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from sqlalchemy import select

from outreach.accounts.audit import CLI
from outreach.accounts.models import AuditEntry
from outreach.campaigns import (
    attached,
    audience,
    correcting,
    figures,
    rendering,
    running,
    scheduling,
    writing,
)
from outreach.campaigns.correcting import NothingChanged
from outreach.campaigns.files import Text
from outreach.campaigns.links import Links
from outreach.campaigns.lookup import Lookup
from outreach.campaigns.models import Campaign, CampaignState, Correction, Step
from outreach.campaigns.running import CheckFailed, WrongState
from outreach.campaigns.store import Store
from outreach.campaigns.writing import AlreadyStarted
from outreach.clock import system_now
from outreach.contacts.models import SuppressionReason
from outreach.contacts.suppression import suppress
from outreach.db import db
from outreach.delivery import claims, outbox
from outreach.delivery.models import Message, State
from outreach.errors import Refused
from outreach.tokens import Tokens
from tests.campaigns.test_planning import FILE, load, send_first
from tests.conftest import NOON
from tests.factories import make_contact

pytestmark = pytest.mark.usefixtures("app")
LATER = NOON + timedelta(hours=2)
GOOD = (
    "Oproep aan de raad van {{gemeente}}",
    Text("{{aanhef}}\n\nWilt u de juiste oproep doorsturen?\n\nMet vriendelijke groet,\nMarit Vos"),
)
NOTE = "{{aanhef}}\n\nDe datum was fout.\n\nMet vriendelijke groet,\nMarit Vos"


@pytest.fixture
def letter(tmp_path: Path) -> Campaign:
    """Five letters: two arrived, one is in doubt, one waits, one is held by a worker."""
    for name in ("Assen", "Delft", "Gouda", "Soest", "Zeist"):
        make_contact(name)
    campaign = load(tmp_path)
    states = State.ACCEPTED, State.ACCEPTED, State.UNCERTAIN, State.QUEUED, State.CLAIMED
    messages = send_first(campaign, *states)
    messages[4].owner, messages[4].fence = "worker-1", 1
    campaign.state = CampaignState.PAUSED
    db.session.commit()
    return campaign


def correct(letter: Campaign, note: str = "", words=GOOD, **more) -> Correction:
    first = letter.steps[0]
    done = correcting.correct(first, {"raad": words}, note=note, by=CLI, now=LATER, key="k", **more)
    db.session.commit()
    return done


def held(step: Step) -> list[tuple[str, str, int]]:
    """Of each letter: its gemeente, its state and the version it has."""
    numbers = {text.id: text.number for text in step.texts}
    rows = db.session.scalars(
        select(Message).where(Message.step_id == step.id).order_by(Message.id)
    )
    return [(one.gemeente_code or "", one.state.value, numbers[one.text_id or 0]) for one in rows]


def test_what_did_not_leave_gets_the_new_version_and_the_rest_keeps_its_own(letter) -> None:
    done = correct(letter)

    found = [(state, number) for _, state, number in held(letter.steps[0])]
    assert found == [
        ("accepted", 1),
        ("accepted", 1),
        ("uncertain", 1),
        ("queued", 2),
        ("queued", 2),
    ]
    assert done.changed == 2
    assert db.session.scalars(select(Step).where(Step.corrects_id.is_not(None))).all() == []
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "correct text")).one()
    assert entry.detail == {"step": 1, "versions": {"raad": 2}, "changed": 2, "told": 0}


def test_who_has_the_old_one_is_told_once_in_its_thread(letter, tmp_path: Path) -> None:
    correct(letter, NOTE)
    correcting.follow_up(key="k", now=LATER)

    (notes,) = letter.notes
    told = db.session.scalars(select(Message).where(Message.step_id == notes.id)).all()
    arrived = db.session.scalars(
        select(Message).where(
            Message.step_id == letter.steps[0].id, Message.state == State.ACCEPTED
        )
    ).all()
    assert [one.address for one in told] == [one.address for one in arrived]
    links = Links("https://b.example", Tokens("k" * 32))
    renderer = rendering.Renderer(links, Store(tmp_path), LATER)
    raw = renderer.raw(db.session(), told[0]).decode()
    assert "Subject: Verbetering: Oproep aan de raad van Assen" in raw
    assert f"In-Reply-To: {arrived[0].message_id}" in raw
    assert "De datum was fout." in raw
    assert "Wilt u de oproep" not in raw
    db.session.commit()
    quick = Lookup(db.engine).recipient(told[0])
    assert quick.first is not None
    assert quick.first.message_id == arrived[0].message_id


def test_a_letter_in_doubt_is_told_once_it_proves_to_have_arrived(letter) -> None:
    correct(letter, NOTE)
    doubtful = db.session.scalars(select(Message).where(Message.state == State.UNCERTAIN)).one()
    outbox.settle_uncertain(doubtful, as_="sent", by=CLI, note="", now=LATER)

    made = [correcting.follow_up(key="k", now=LATER) for _ in range(2)]

    assert made == [1, 0]
    assert len(held(letter.notes[0])) == 3


def test_a_letter_in_doubt_that_is_sent_again_keeps_its_version(letter) -> None:
    correct(letter)
    doubtful = db.session.scalars(select(Message).where(Message.state == State.UNCERTAIN)).one()
    outbox.settle_uncertain(doubtful, as_="resend", by=CLI, note="weg", now=LATER)

    assert held(letter.steps[0])[2][1:] == ("queued", 1)


def test_a_worker_that_holds_an_old_letter_cannot_send_it(letter) -> None:
    mine = select(*claims.IN_HAND).where(Message.state == State.CLAIMED)
    in_hand = db.session.execute(mine).one()
    correct(letter)
    running.resume(letter, by=CLI, now=LATER)
    db.session.commit()

    anything = Message.id.is_not(None)
    with db.engine.begin() as connection:
        assert claims.mark(connection, [in_hand], anything, now=LATER) == set()
        again = claims.claim(connection, anything, owner="worker-1", limit=9, now=LATER)
        assert claims.mark(connection, [in_hand], anything, now=LATER) == set()
        marked = claims.mark(connection, again, anything, now=LATER)

    assert len(marked) == 2
    assert [row[1:] for row in held(letter.steps[0])[3:]] == [("submitting", 2)] * 2


def test_what_was_looked_up_before_is_looked_up_again(letter) -> None:
    lookup = Lookup(db.engine)
    waits = db.session.scalars(select(Message).where(Message.state == State.QUEUED)).one()
    before = lookup.recipient(waits).text.number
    correct(letter)

    assert (before, lookup.recipient(waits).text.number) == (1, 2)


def test_a_correction_keeps_to_pause_window_and_geen_postlijst(letter) -> None:
    correct(letter, NOTE)
    told = db.session.scalars(
        select(Message).where(Message.step_id == letter.notes[0].id).order_by(Message.id)
    ).all()
    suppress(told[0].address, SuppressionReason.ASKED, by=CLI, now=LATER)
    db.session.commit()
    wanted = Message.step_id == letter.notes[0].id, audience.still_wanted(LATER)

    def may_leave() -> int:
        return len(db.session.scalars(select(Message.id).where(*wanted)).all())

    assert may_leave() == 0
    running.resume(letter, by=CLI, now=LATER)
    assert may_leave() == 1


def test_the_states_of_a_letter_add_up_with_its_correction(letter) -> None:
    correct(letter, NOTE)
    counts = figures.counts(letter)

    assert sum(counts.values()) == 5 + 2
    assert (counts[State.ACCEPTED], counts[State.QUEUED]) == (2, 4)
    assert figures.status(letter)["state"] == "paused"


def test_nothing_is_corrected_while_letters_leave(letter) -> None:
    running.resume(letter, by=CLI, now=NOON)
    with pytest.raises(WrongState, match="Pauzeer"):
        correct(letter)

    running.pause(letter, by=CLI, now=NOON)
    leaving = db.session.scalars(select(Message).where(Message.state == State.CLAIMED)).one()
    leaving.state, leaving.submitting_at = State.SUBMITTING, system_now()
    with pytest.raises(WrongState, match="onderweg"):
        correct(letter)


def test_what_all_have_can_be_corrected_without_a_pause(letter) -> None:
    for one in db.session.scalars(select(Message)):
        one.state, one.accepted_at = State.ACCEPTED, NOON
    letter.state = CampaignState.RUNNING
    letter.steps[1].state = "cancelled"
    db.session.commit()
    assert running.state_of(letter) is CampaignState.FINISHED

    correct(letter, NOTE)

    assert len(held(letter.notes[0])) == 5
    assert running.state_of(letter) is CampaignState.RUNNING


def test_faults_are_refused_before_anything_changes(letter) -> None:
    subject, text = GOOD
    bad = [
        ((subject, Text("{{aanhef}}\n\nZie [de site](#).\n\nMet vriendelijke groet,\nM. Vos")), ""),
        ((subject, Text(text.mail.replace("juiste", "{{achternaam}}"))), ""),
        (GOOD, NOTE.replace("Met vriendelijke groet,\nMarit Vos", "")),
        (GOOD, NOTE.replace("datum", "{{achternaam}}")),
    ]
    for words, note in bad:
        with pytest.raises(CheckFailed):
            correct(letter, note, words)
        db.session.rollback()
    old = letter.steps[0].texts[0]
    with pytest.raises(NothingChanged):
        correct(letter, words=(old.subject, Text(old.mail, old.letter)))
    db.session.rollback()

    assert {number for *_, number in held(letter.steps[0])} == {1}


def test_a_reminder_that_is_still_a_plan_gets_its_new_text_and_nobody_is_told(letter) -> None:
    step = letter.steps[1]
    words = {"raad": (GOOD[0], GOOD[1])}
    correcting.correct(step, words, note=NOTE, by=CLI, now=LATER, key="k")

    assert [text.number for text in step.texts] == [1, 2]
    assert letter.notes == []
    scheduling.queue_step(step, key="k", now=NOON + timedelta(days=19))
    assert {number for *_, number in held(step)} <= {2}


def test_a_second_correction_is_told_to_all_who_have_an_older_one(letter) -> None:
    correct(letter, NOTE)
    for one in db.session.scalars(select(Message).where(Message.state == State.QUEUED)):
        one.state, one.accepted_at = State.ACCEPTED, LATER
    subject, text = GOOD
    correct(letter, NOTE, (subject, Text(text.mail.replace("juiste", "allerbeste"))))

    first, second = letter.notes
    assert (len(held(first)), len(held(second))) == (2, 4)
    assert (first.position, second.position) == (101, 102)
    said = correcting.versions_held(letter)
    assert sorted(said.values()) == [
        "versie 1",
        "versie 1, verbetering verstuurd",
        "versie 1, verbetering verstuurd",
        "versie 2",
        "versie 2",
    ]


def test_a_changed_file_corrects_its_texts_and_nothing_else(letter) -> None:
    file = FILE.format(audience="{role: griffier}", more="")
    better = file.replace("Wilt u de oproep", "Wilt u de juiste oproep")

    with pytest.raises(AlreadyStarted, match="verbetering sturen"):
        writing.load(better, folder=Path(), store=Store(Path()), by=CLI, now=LATER)
    for was, becomes, key in [
        ("kenmerk: NE-2026-014", "kenmerk: NE-2026-015", "kenmerk"),
        ("after: 18 days", "after: 20 days", "steps"),
        ("{role: griffier}", "{role: raadslid}", "audience"),
    ]:
        with pytest.raises(Refused, match=f"ook anders: {key}"):
            by_file(letter, better.replace(was, becomes))
    with pytest.raises(NothingChanged):
        by_file(letter, file)
    (done,) = by_file(letter, better, NOTE)

    assert (done.changed, correcting.told(done)) == (2, 2)
    again = writing.load(better, folder=Path(), store=Store(Path()), by=CLI, now=LATER)
    assert again is letter


def by_file(letter: Campaign, file: str, note: str = "") -> list[Correction]:
    return correcting.correct_by_file(
        letter,
        file,
        folder=Path(),
        store=Store(Path()),
        note=note,
        by=CLI,
        now=LATER,
        key="k",
    )


def test_a_proposal_says_what_it_would_do_and_keeps_nothing(letter) -> None:
    subject, text = GOOD
    words = {
        "raad": (subject, Text(text.mail.replace("\n\nMet vriendelijke groet,\nMarit Vos", "")))
    }

    proposal = correcting.propose(letter.steps[0], words, note=NOTE, by=CLI, now=LATER)

    assert [one.code for one in proposal.findings if one.code == "no-signature"]
    assert proposal.blocked
    assert proposal.reach == correcting.Reach(waiting=2, have=2, doubt=1)
    assert any(piece.kind == "gone" for piece in proposal.changes["raad"].mail)
    db.session.commit()
    assert [text.number for text in letter.steps[0].texts] == [1]
    assert letter.notes == []


def test_a_wrong_attachment_is_replaced_and_each_keeps_the_one_it_had(
    letter, tmp_path: Path
) -> None:
    store, first = Store(tmp_path), letter.steps[0]
    attached.put(letter, [pdf(store, "oproep.pdf", b"fout"), pdf(store, "agenda.pdf", b"agenda")])
    db.session.commit()
    same = {"raad": (first.texts[0].subject, Text(first.texts[0].mail))}
    going = [pdf(store, "oproep.pdf", b"goed"), pdf(store, "kaart.pdf", b"kaart")]

    proposal = correcting.propose(first, same, note=NOTE, going=going, by=CLI, now=LATER)
    assert proposal.files == [
        ("weg", "agenda.pdf"),
        ("vervangen", "oproep.pdf"),
        ("erbij", "kaart.pdf"),
    ]
    assert [one.filename for one in letter.attachments] == ["oproep.pdf", "agenda.pdf"]
    done = correcting.correct(first, same, note=NOTE, going=going, by=CLI, now=LATER, key="k")
    db.session.commit()

    assert done.changed == 2
    assert [number for *_, number in held(first)] == [1, 1, 1, 2, 2]
    old, new = {"oproep.pdf": b"fout", "agenda.pdf": b"agenda"}, {"oproep.pdf": b"goed"}
    new["kaart.pdf"] = b"kaart"
    assert carried(first, tmp_path) == [old, old, old, new, new]
    assert carried(letter.notes[0], tmp_path) == [new, new]
    reminder = letter.steps[1].texts[0]
    assert [one.filename for one in attached.of(reminder, letter)] == ["oproep.pdf", "kaart.pdf"]
    # The same files again are no correction; another one keeps the versions apart.
    with pytest.raises(NothingChanged):
        correcting.correct(first, same, going=going, by=CLI, now=LATER, key="k")
    correcting.correct(first, same, going=[], by=CLI, now=LATER, key="k")
    db.session.commit()
    assert carried(first, tmp_path) == [old, old, old, {}, {}]
    assert carried(letter.notes[0], tmp_path) == [new, new]


def test_a_file_with_another_attachment_corrects_every_step_that_waits(
    letter, tmp_path: Path
) -> None:
    store, (first, reminder) = Store(tmp_path), letter.steps
    attached.put(letter, [pdf(store, "oproep.pdf", b"fout")])
    file = FILE.format(audience="{role: griffier}", more="attachments: [bij/oproep.pdf]")
    scheduling.queue_step(reminder, key="k", now=NOON)
    db.session.commit()
    (tmp_path / "bij").mkdir()
    (tmp_path / "bij" / "oproep.pdf").write_bytes(b"goed")

    done = correcting.correct_by_file(
        letter,
        file,
        folder=tmp_path,
        store=store,
        note=NOTE,
        enclose=False,
        by=CLI,
        now=LATER,
        key="k",
    )
    db.session.commit()

    assert [one.step_id for one in done] == [first.id]
    assert carried(first, tmp_path)[3:] == [{"oproep.pdf": b"goed"}] * 2
    assert carried(letter.notes[0], tmp_path) == [{}, {}]
    waits = [state for _, state, number in held(reminder) if number == 2]
    assert len(waits) == sum(state in ("queued", "claimed") for _, state, _ in held(reminder))
    again = writing.load(file, folder=tmp_path, store=store, by=CLI, now=LATER)
    assert again is letter


def pdf(store: Store, name: str, data: bytes) -> attached.File:
    return attached.File(name, "application/pdf", store.put(data), len(data))


def carried(step: Step, folder: Path) -> list[dict[str, bytes]]:
    """What goes along with each letter of a step, as the bytes of its mail hold it."""
    links = Links("https://b.example", Tokens("k" * 32))
    renderer = rendering.Renderer(links, Store(folder), LATER)
    rows = select(Message).where(Message.step_id == step.id).order_by(Message.id)
    mails = [
        message_from_bytes(renderer.raw(db.session(), one), policy=policy.default)
        for one in db.session.scalars(rows)
    ]
    return [
        {str(part.get_filename()): part.get_content() for part in mail.iter_attachments()}
        for mail in mails
    ]
