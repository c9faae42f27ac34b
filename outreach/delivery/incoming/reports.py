"""Reports of mail servers: not delivered, delivered later, opened, complained about.

RFC 3464 (delivery), RFC 8098 (opened), RFC 5965 (complaints); what is written in no form of
these is recognised by flufl.bounce.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from enum import StrEnum

from flufl.bounce import all_failures

from outreach.delivery.incoming import automatic, parsing
from outreach.delivery.incoming.parsing import Mail

logging.getLogger("flufl.bounce").setLevel(logging.ERROR)  # it names each detector it runs
MOST_RECIPIENTS = 50
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w.-]{1,190}\.[A-Za-z]{2,24}")
_TEXT_ID = re.compile(r"message-id:\s*(<[^<>\s]{3,500}>)", re.I)
_SUBJECT = re.compile(
    r"undeliver|delivery (?:status|failure|has failed|report)|returned (?:mail|to sender)"
    r"|failure notice|mail delivery"
    r"|niet (?:bezorgd|besteld|afgeleverd)|onbestelbaar|kan niet (?:worden )?(?:bezorgd"
    r"|afgeleverd)|bezorging|non-?delivery"
    r"|undelivered",
    re.I,
)
_DELAYED = re.compile(
    r"\bdelay(?:ed)?\b|still being retried|will (?:continue|keep) (?:to )?try"
    r"|no action is required|do not need to (?:re)?send"
    r"|vertraag\w*|blijft? (?:het )?proberen|nog niet (?:bezorgd|afgeleverd)",
    re.I,
)
#: It is not given up: said without a code, by hosts with texts of their own.
_STILL_TRIED = re.compile(
    r"\bstill being retried|\bwill (?:continue|keep) (?:to )?try|\bblijft? (?:het )?proberen"
    r"|\bnog niet (?:bezorgd|afgeleverd)|\bwordt nog\b.{0,30}\bgeprobeerd",
    re.I | re.S,
)
_POLICY = re.compile(
    r"spam|policy|blocked|block ?list|blacklist|denied|prohibited|not authori[sz]ed|dmarc|spf", re.I
)
_FULL = re.compile(
    r"mailbox (?:is )?full|over quota|quota exceeded|insufficient storage|postvak is vol", re.I
)


class Verdict(StrEnum):
    """What a report says of one recipient."""

    FAILED = "failed"  #: for good
    GAVE_UP = "gave-up"  #: for now, and it is tried no more
    DELAYED = "delayed"
    DELIVERED = "delivered"


@dataclass(frozen=True)
class Line:
    """What a report says of one recipient."""

    verdict: Verdict
    addresses: tuple[str, ...]  #: lower case: the original, then the final one
    status: str  #: "5.1.1"; "" when it says none
    diagnostic: str

    @property
    def why(self) -> str:
        """In Dutch."""
        if self.status.startswith(("5.7", "4.7")) or (
            not self.status and _POLICY.search(self.diagnostic)
        ):
            return "geweigerd door een filter of regel van de ontvanger"
        if self.status.endswith(".2.2") or _FULL.search(self.diagnostic):
            return "de postbus is vol"
        if self.status.startswith("5.1") or self.status == "5.2.1":
            return "het adres bestaat niet"
        if self.verdict is Verdict.GAVE_UP:
            return "de mailserver van de ontvanger was te lang niet bereikbaar"
        return "de mailserver weigerde het bericht"


@dataclass(frozen=True)
class Report:
    """A report on mail of ours, or so it says."""

    kind: str  #: "delivery", "opened", "unread", "complaint"
    lines: tuple[Line, ...]
    named: tuple[str, ...]  #: Message-IDs of the mail it is about, the most telling first
    how: str  #: Dutch: by what it is known


def of(mail: Mail) -> Report | None:
    """The report that a mail is; None when it is none."""
    kinds = {kind for kind, _ in mail.reports}
    if mail.report_type == "feedback-report" or "message/feedback-report" in kinds:
        how = "een klachtbericht van een mailprovider (RFC 5965)"
        return Report("complaint", tuple(_complained(mail)), _named(mail), how)
    if (
        mail.report_type == "disposition-notification"
        or "message/disposition-notification" in kinds
    ):
        return _opened(mail)
    lines = tuple(_lines(mail))
    if lines:
        return Report("delivery", lines, _named(mail), "een bezorgbericht (RFC 3464)")
    return _by_dialect(mail)


def _lines(mail: Mail) -> Iterator[Line]:
    for kind, blocks in mail.reports:
        if kind not in ("message/delivery-status", "message/global-delivery-status"):
            continue
        for block in blocks[:MOST_RECIPIENTS]:
            if block.get("Action") or block.get("Final-Recipient"):
                yield _line(block)


def _line(block: Message) -> Line:
    action = parsing.decoded(block.get("Action", "")).strip().lower()
    found = _STATUS.search(parsing.decoded(block.get("Status", "")))
    status = found[0] if found else ""
    said = parsing.decoded(block.get("Diagnostic-Code", "")).partition(";")[2].strip()
    verdict = {
        "delayed": Verdict.DELAYED,
        "delivered": Verdict.DELIVERED,
        "relayed": Verdict.DELIVERED,
        "expanded": Verdict.DELIVERED,
    }.get(action)
    if verdict is None:
        verdict = Verdict.GAVE_UP if status.startswith("4") else Verdict.FAILED
        if not action.startswith("fail") and not status.startswith("5"):
            verdict = Verdict.DELAYED
    addresses = (_recipient(block, "Original-Recipient"), _recipient(block, "Final-Recipient"))
    return Line(verdict, tuple(filter(None, addresses)), status, said[:300])


def _recipient(block: Message, name: str) -> str:
    """ "rfc822; griffie@zeist.example" """
    found = _ADDRESS.search(parsing.decoded(block.get(name, "")))
    return found[0].lower() if found else ""


def _opened(mail: Mail) -> Report:
    says = " ".join(
        parsing.decoded(block.get("Disposition", "")).lower()
        for kind, blocks in mail.reports
        for block in blocks
        if kind == "message/disposition-notification"
    )
    named = [
        one
        for _, blocks in mail.reports
        for block in blocks
        for one in parsing.ids(block.get("Original-Message-ID"))
    ]
    kind = "opened" if "displayed" in says else "unread"
    names = tuple(dict.fromkeys((*named, *_named(mail), *mail.answers)))
    return Report(kind, (), names, "een leesbevestiging (RFC 8098)")


def _complained(mail: Mail) -> Iterator[Line]:
    for kind, blocks in mail.reports:
        for block in blocks if kind == "message/feedback-report" else ():
            found = _ADDRESS.search(parsing.decoded(block.get("Original-Rcpt-To", "")))
            if found:
                yield Line(Verdict.FAILED, (found[0].lower(),), "", "")


def _by_dialect(mail: Mail) -> Report | None:
    """What a mail server wrote in its own words."""
    if not (automatic.is_daemon(mail) or mail.headers["x-failed-recipients"]):
        return None
    failed = _ADDRESS.findall(mail.headers["x-failed-recipients"])
    for_now: set[str] = set()
    if not failed:
        temporary, permanent = all_failures(_small(mail))
        for_now = {_word(one) for one in temporary} - {""}
        failed = [word for one in permanent if (word := _word(one))]
    words = mail.text[:5000]
    if not failed and not for_now and _SUBJECT.search(mail.subject):
        # The address in plain words: Exchange and hosts with texts of their own.
        said = _STATUS.search(words) or _STILL_TRIED.search(words[:1500])
        failed = _ADDRESS.findall(words)[:1] if said else []
    found = _STATUS.search(words)
    status = found[0] if found else ""
    late = bool(_DELAYED.search(f"{mail.subject} {words[:1500]}")) and not status.startswith("5")
    lines = [
        Line(
            Verdict.DELAYED if late else _dialect_verdict(status),
            (one.lower(),),
            status,
            words[:300],
        )
        for one in dict.fromkeys(failed)
    ]
    lines += [Line(Verdict.DELAYED, (one.lower(),), status, words[:300]) for one in for_now]
    if not lines:
        return None
    return Report(
        "delivery", tuple(lines[:MOST_RECIPIENTS]), _named(mail), "een bericht van een mailserver"
    )


def _dialect_verdict(status: str) -> Verdict:
    return Verdict.GAVE_UP if status.startswith("4") else Verdict.FAILED


def _word(one: bytes | str) -> str:
    return (one.decode("ascii", "ignore") if isinstance(one, bytes) else one).strip().lower()


def _small(mail: Mail) -> Message:
    """The mail, or one with its text alone when it is larger than a report ever is."""
    parsed = mail.parsed
    octets = sum(len(p) for one in parsed.walk() if isinstance(p := one.get_payload(), str))
    if octets <= 100_000:
        return parsed
    small = Message()
    for name in ("From", "Subject"):
        small[name] = parsing.decoded(parsed.get(name, ""))
    small.set_payload(mail.text[:20_000].encode("ascii", "replace").decode("ascii"))
    return small


def _named(mail: Mail) -> tuple[str, ...]:
    """The Message-IDs of the mail that came back, its own before those it refers to."""
    back = mail.returned
    if back is not None:
        own = parsing.ids(back.get("Message-ID"))
        # A first letter refers to itself, for relays that rename it; what a colleague sent in
        # its thread refers to it too, but as a reply.
        itself = () if back.get("In-Reply-To") else parsing.ids(back.get("References"))
        return tuple(dict.fromkeys((*own, *itself)))
    quoted = _TEXT_ID.findall(mail.text[: parsing.MOST_TEXT])[:5]
    return tuple(dict.fromkeys((*quoted, *mail.answers)))
