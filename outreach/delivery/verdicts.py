"""What a relay's answer means, and for whom: the table of docs/delivery.md.

Only an answer about this recipient or this message may mark a row. What says something of
the session, the relay or ourselves leaves every row as it was.
"""

import re
from dataclasses import dataclass, replace
from enum import StrEnum


class Phase(StrEnum):
    """How far a conversation came."""

    CONNECT = "connect"  #: up to the second EHLO: nothing of a message was said
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    DOT = "dot"


class Outcome(StrEnum):
    ACCEPTED = "accepted"  #: 2xx to the dot
    DEFERRED = "deferred"  #: not now: this message is tried again later
    REFUSED = "refused"  #: never: this message is not tried again
    UNCERTAIN = "uncertain"  #: the dot was handed over, and no answer read
    UNSENT = "unsent"  #: we stopped ourselves before its dot
    SESSION = "session"  #: this session is over; a new one may do
    RELAY = "relay"  #: the relay takes nothing now, from anybody or from us
    OURS = "ours"  #: our login or our sender address is refused: a person must mend it


@dataclass(frozen=True)
class Verdict:
    outcome: Outcome
    phase: Phase
    reply: str = ""  #: the relay's words, "550 5.1.1 No such user", or what happened instead
    reason: str = ""  #: a code, see REASONS
    dropped: bool = False  #: the connection ended without an answer


LATE = "late"  #: the reason of what we did not send because our own lease was too short
#: Reasons that a verdict gives, in words for a screen.
REASONS = {
    "no-mailbox": "dit adres bestaat niet",
    "mailbox-full": "de postbus is vol",
    "policy": "de ontvanger weigert onze post",
    "content": "de mailserver weigert de inhoud",
    "size": "de mail is te groot",
}
#: Reasons that point at the letter, not at who gets it.
ABOUT_THE_LETTER = ("content", "size")

ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
FULL = re.compile(r"\bmailbox\b.*\b(full|quota)|over ?quota|\b[45]\.2\.2\b", re.I)
#: The relay counts what we send. Said with 4xx, and by some with 5xx (5.4.5, 5.1.90).
TOO_MUCH = re.compile(
    r"rate.?limit|throttl|too (many|much) (messages|mails?|e-?mails?|sent)"
    r"|too (many|much) ((concurrent|simultaneous) )?(connections|sessions|recipients|logins)"
    r"|(sending|hourly|daily|submission|outgoing|outbound|message rate) ?"
    r"((mail|message|sending|recipient) )?(limit|quota)"
    r"|(sending|message|submission) rate .{0,20}exceed|exceed\w* .{0,30}(sending|message) rate"
    r"|(connections?|sender thread) limit exceeded|unexpected volume|unusual rate"
    r"|exceeded .{0,60}\bper (minute|hour|day)|^421 4\.7\.0 .{0,60}\btoo (many|much)\b"
    r"|\b4\.7\.28\b|\b[45]\.4\.5\b|\b5\.1\.90\b|\b4\.7\.[56]\d\d\b",
    re.I,
)
#: Said at RCPT or after the dot, but about us: Postfix checks the sender only there.
ABOUT_US = re.compile(
    r"relay(ing)? (access )?(is )?(denied|not permitted|not allowed|prohibited)|unable to relay"
    r"|not permitted to relay|authentication (is )?required|must (first )?authenticate"
    r"|sender (address )?(rejected|refused|not allowed)|not owned by user|send ?as ?denied"
    r"|permissions? to send as|not allowed to send as|\b5\.1\.[78]\b|\b5\.7\.60\b",
    re.I,
)
LOGIN_CODES = (530, 534, 535, 538)
#: The reason of a verdict whose words are a sentence of ours.
UNSIGNED = "unsigned"
#: Exchange Online lets nobody send by SMTP here, whatever the token or the password.
NO_SMTP_AUTH = "5.7.139"


def at_auth(code: int, reply: str) -> Verdict:
    outcome = Outcome.RELAY if 400 <= code < 500 else Outcome.OURS
    return Verdict(outcome, Phase.AUTH, reply)


def of_token(code: int, reply: str) -> bool:
    """Whether a refused sign-in may be for an access token that is good no more."""
    return code == 535 and NO_SMTP_AUTH not in reply


def unless_token_ended(verdict: Verdict) -> Verdict:
    """A session that signed in with a token, and has to sign in again, since it ended: a new
    session does so with a new token, and is refused there when it is our fault after all."""
    asks = verdict.outcome is Outcome.OURS and verdict.reply[:3] in map(str, LOGIN_CODES)
    return replace(verdict, outcome=Outcome.SESSION) if asks else verdict


def at_mail(code: int, reply: str) -> Verdict | None:
    """None when the sender was taken."""
    if 200 <= code < 300:
        return None
    if common := _about_all(code, reply, Phase.MAIL):
        return common
    if code == 552 or _enhanced(reply) == ("3", "4"):  # SIZE was announced (RFC 1870)
        return Verdict(Outcome.REFUSED, Phase.MAIL, reply, "size")
    outcome = Outcome.OURS if code >= 500 else Outcome.SESSION
    return Verdict(outcome, Phase.MAIL, reply)


def at_rcpt(code: int, reply: str) -> Verdict | None:
    """None when the recipient was taken."""
    if 200 <= code < 300:
        return None
    return _about_all(code, reply, Phase.RCPT) or _about_one(code, reply, Phase.RCPT, "no-mailbox")


def at_data(code: int, reply: str) -> Verdict | None:
    """None when the relay waits for the message."""
    if code == 354:
        return None
    return _about_all(code, reply, Phase.DATA) or _about_one(code, reply, Phase.DATA, "content")


def at_dot(code: int, reply: str) -> Verdict:
    if 200 <= code < 300:
        return Verdict(Outcome.ACCEPTED, Phase.DOT, reply)
    if code < 400:  # no answer that SMTP knows: it may have been taken
        return Verdict(Outcome.UNCERTAIN, Phase.DOT, reply)
    return _about_all(code, reply, Phase.DOT) or _about_one(code, reply, Phase.DOT, "content")


def lost(phase: Phase, what: str) -> Verdict:
    """The connection ended, or nothing was heard in time, without an answer."""
    outcome = {
        Phase.CONNECT: Outcome.RELAY,
        Phase.AUTH: Outcome.RELAY,
        Phase.MAIL: Outcome.SESSION,  # relays hang up between messages as they please
        Phase.DOT: Outcome.UNCERTAIN,
    }.get(phase, Outcome.DEFERRED)
    return Verdict(outcome, phase, what, dropped=True)


def fault(verdict: Verdict, relay: str, sender: str) -> str:
    """What is wrong with the relay or with us, in a sentence for the coordinator."""
    if verdict.reason == UNSIGNED:
        return verdict.reply
    if verdict.phase is Phase.AUTH and verdict.outcome is Outcome.OURS:
        what = "weigert onze aanmelding: controleer gebruiker en wachtwoord"
    elif verdict.outcome is Outcome.OURS:
        what = f"weigert {sender} als afzender"
    elif TOO_MUCH.search(verdict.reply):
        what = "vindt dat wij te veel post sturen"
    elif "CertVerification" in verdict.reply:
        what = "toont een certificaat dat niet klopt"
    elif "NoEncryption" in verdict.reply:
        what = "biedt geen versleuteling (STARTTLS) aan, en onversleuteld sturen wij niet"
    elif verdict.dropped:
        what = "is niet bereikbaar"
    else:
        what = "neemt nu niets aan"
    return _sentence(relay, what, verdict)


def no_smtp_auth(relay: str, mailbox: str, reply: str) -> str:
    """What the administrator of a Microsoft 365 must do: docs/mail-hosts.md."""
    here = f"Set-CASMailbox -Identity {mailbox} -SmtpClientAuthenticationDisabled $false"
    what = f"“Geverifieerde SMTP” aan te zetten voor deze postbus ({here})"
    if "security defaults" in reply.lower():
        what = "de standaardinstellingen voor beveiliging (security defaults) te vervangen"
    elif "tenant" in reply.lower():
        what += " of voor de hele organisatie"
    return (
        f"De mailserver {relay} laat {mailbox} niet via SMTP versturen: vraag de beheerder van uw"
        f" Microsoft 365 om {what} ({reply})."
    )


def other_account(relay: str, mailbox: str, reply: str) -> str:
    """A token that is good, and does not open this mailbox."""
    return (
        f"De mailserver {relay} laat ons niet in de postbus {mailbox}: verbind opnieuw, en log"
        f" daarbij in als {mailbox} ({reply})."
    )


def often_lost(relay: str, verdict: Verdict) -> str:
    return _sentence(relay, "verbreekt steeds de verbinding", verdict)


def letter_refused(relay: str, verdict: Verdict) -> str:
    what = "te groot" if verdict.reason == "size" else "om de inhoud"
    return _sentence(relay, f"weigerde drie brieven achter elkaar ({what})", verdict)


def _sentence(relay: str, what: str, verdict: Verdict) -> str:
    return f"De mailserver {relay} {what} ({verdict.reply or 'geen antwoord'})."


def _about_all(code: int, reply: str, phase: Phase) -> Verdict | None:
    """A reply that says nothing of this recipient or this message."""
    if TOO_MUCH.search(reply) and not FULL.search(reply):
        return Verdict(Outcome.RELAY, phase, reply)
    if code == 421:
        return Verdict(Outcome.SESSION, phase, reply)
    if code in LOGIN_CODES or (code >= 500 and ABOUT_US.search(reply)):
        return Verdict(Outcome.OURS, phase, reply)
    if 400 <= code < 500 and ABOUT_US.search(reply):
        return Verdict(Outcome.RELAY, phase, reply)
    if not 400 <= code < 600:
        return Verdict(Outcome.SESSION, phase, reply)
    return None


def _about_one(code: int, reply: str, phase: Phase, otherwise: str) -> Verdict:
    if code < 500:
        return Verdict(Outcome.DEFERRED, phase, reply)
    return Verdict(Outcome.REFUSED, phase, reply, _reason(code, reply, phase, otherwise))


def _reason(code: int, reply: str, phase: Phase, otherwise: str) -> str:
    subject, detail = _enhanced(reply)
    if FULL.search(reply):
        return "mailbox-full"
    if subject == "1":
        return "no-mailbox"
    if (subject, detail) == ("3", "4") or (code == 552 and phase is not Phase.RCPT):
        return "size"
    if subject == "7" and phase is Phase.RCPT:
        return "policy"
    return otherwise


def _enhanced(reply: str) -> tuple[str, str]:
    """The subject and detail of an enhanced status code (RFC 3463): "5.7.1" is ("7", "1")."""
    found = ENHANCED.search(reply)
    return (found.group(2), found.group(3)) if found else ("", "")
