"""What each answer means, by phase: nobody's fault, ours, this recipient's, this message's."""

from collections.abc import Callable

import pytest

from outreach.delivery import verdicts
from outreach.delivery.verdicts import Outcome, Phase, Verdict

AT: dict[Phase, Callable[[int, str], Verdict | None]] = {
    Phase.AUTH: verdicts.at_auth,
    Phase.MAIL: verdicts.at_mail,
    Phase.RCPT: verdicts.at_rcpt,
    Phase.DATA: verdicts.at_data,
    Phase.DOT: verdicts.at_dot,
}
ANSWERS = [
    (Phase.AUTH, "454 4.7.0 Temporary authentication failure", Outcome.RELAY, ""),
    (Phase.AUTH, "535 5.7.8 Authentication credentials invalid", Outcome.OURS, ""),
    (Phase.AUTH, "530 5.7.0 Must issue a STARTTLS command first", Outcome.OURS, ""),
    (Phase.MAIL, "550 5.7.1 Not you", Outcome.OURS, ""),
    (Phase.MAIL, "553 5.1.8 Sender address rejected", Outcome.OURS, ""),
    (Phase.MAIL, "451 4.3.0 Not now", Outcome.SESSION, ""),
    (Phase.MAIL, "552 5.3.4 Message size exceeds fixed limit", Outcome.REFUSED, "size"),
    (Phase.RCPT, "450 4.2.0 Greylisted", Outcome.DEFERRED, ""),
    (Phase.RCPT, "451 4.3.0 Not now", Outcome.DEFERRED, ""),
    (Phase.RCPT, "452 4.3.1 Insufficient system storage", Outcome.DEFERRED, ""),
    (Phase.RCPT, "550 5.1.1 No such user", Outcome.REFUSED, "no-mailbox"),
    (Phase.RCPT, "550 5.1.2 No such domain", Outcome.REFUSED, "no-mailbox"),
    (Phase.RCPT, "550 5.1.10 Recipient not found", Outcome.REFUSED, "no-mailbox"),
    (Phase.RCPT, "552 5.2.2 Mailbox full", Outcome.REFUSED, "mailbox-full"),
    (Phase.RCPT, "550 5.7.1 We do not want this", Outcome.REFUSED, "policy"),
    (Phase.RCPT, "421 4.3.2 Closing", Outcome.SESSION, ""),
    (Phase.MAIL, "421 4.4.2 Idle too long", Outcome.SESSION, ""),
    (Phase.DOT, "451 4.3.0 Not now", Outcome.DEFERRED, ""),
    (Phase.DOT, "452 4.3.1 Insufficient system storage", Outcome.DEFERRED, ""),
    (Phase.DOT, "552 5.3.4 Too big", Outcome.REFUSED, "size"),
    (Phase.DOT, "554 5.7.1 Spam", Outcome.REFUSED, "content"),
    (Phase.DOT, "250 2.0.0 Ok: queued", Outcome.ACCEPTED, ""),
]
QUOTAS = [
    "421 4.7.0 Too many messages from your account",
    "421 4.7.0 [TS01] Messages temporarily deferred due to unexpected volume",
    "421 4.7.28 Our system has detected an unusual rate of mail",
    "432 4.3.2 Sender thread limit exceeded",
    "432 4.3.2 Concurrent connections limit exceeded",
    "450 4.7.1 Rate limit exceeded",
    "450 4.7.1 Error: too much mail from 192.0.2.1",
    "451 4.7.500 Server busy. Please try again later",
    "452 4.5.3 Too many recipients",
    "454 Throttling failure: Maximum sending rate exceeded",
    "454 Throttling failure: Daily message quota exceeded",
    "550 5.1.90 You have reached your daily limit for message recipients",
    "550 5.4.5 Daily user sending limit exceeded",
]
OF_ONE_MAILBOX = [
    "450 4.2.1 The user is receiving mail too quickly",
    "452 4.2.2 Mailbox over quota",
    "452 4.2.2 The mailbox is full: daily limit of this user",
    "450 4.2.0 Greylisted, try again in 300 seconds",
]


def judge(phase: Phase, reply: str) -> Verdict | None:
    return AT[phase](int(reply[:3]), reply)


@pytest.mark.parametrize(("phase", "reply", "outcome", "reason"), ANSWERS)
def test_each_answer_is_about_whom_it_is_about(
    phase: Phase, reply: str, outcome: Outcome, reason: str
) -> None:
    verdict = judge(phase, reply)

    assert verdict is not None
    assert (verdict.outcome, verdict.reason, verdict.reply) == (outcome, reason, reply)


@pytest.mark.parametrize("reply", QUOTAS)
@pytest.mark.parametrize("phase", [Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.DOT])
def test_a_quota_of_what_we_send_is_the_relays_at_any_phase(phase: Phase, reply: str) -> None:
    verdict = judge(phase, reply)

    assert verdict is not None
    assert verdict.outcome is Outcome.RELAY


@pytest.mark.parametrize("reply", OF_ONE_MAILBOX)
def test_a_quota_of_one_mailbox_is_not(reply: str) -> None:
    verdict = judge(Phase.RCPT, reply)

    assert verdict is not None
    assert verdict.outcome is Outcome.DEFERRED


@pytest.mark.parametrize(
    ("phase", "outcome"),
    [
        (Phase.CONNECT, Outcome.RELAY),
        (Phase.MAIL, Outcome.SESSION),
        (Phase.RCPT, Outcome.DEFERRED),
        (Phase.DATA, Outcome.DEFERRED),
        (Phase.BODY, Outcome.DEFERRED),
        (Phase.DOT, Outcome.UNCERTAIN),
    ],
)
def test_silence_is_in_doubt_only_after_the_dot(phase: Phase, outcome: Outcome) -> None:
    assert verdicts.lost(phase, "timed out").outcome is outcome
