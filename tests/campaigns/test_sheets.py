"""What is made for many at once is, byte for byte, what each letter is by itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach.accounts.models import Sender
from outreach.campaigns.links import Links
from outreach.campaigns.models import Attachment, Campaign, Recipients, Step, StepText
from outreach.campaigns.rendering import Edition, First, Found, Recipient, Renderer
from outreach.campaigns.store import Store
from outreach.contacts.models import Basis, FormOfAddress, Function, RegionKind
from outreach.contacts.people import Addressee
from outreach.delivery import mime
from outreach.events.models import Meeting, MeetingDay
from outreach.tokens import Purpose, Tokens
from tests.conftest import NOON
from tests.delivery import library_mime
from tests.delivery.test_mime import anatomy

TOKENS = Tokens(("a secret of the tests, long enough",))
LINKS = Links("https://brieven.example", TOKENS)
MAIL = """{{aanhef}}

Bij deze mail zit onze brief aan de raad van **{{gemeente|"u"}}** in {{provincie|"u"}}, met
{{inwoners|"nul"}} inwoners. Meer staat op [onze site](https://opendeur.example/?g={{gemeente|"geen"}}&n={{naam|"u"}}).

- Voor {{naam|"u"}}, {{functie|"lid"}}
- Ons kenmerk is {{kenmerk|"geen"}}; het onderwerp {{onderwerp}}
- {{regiopartner|"niemand"}} en {{regiopartner.ggd|"geen GGD"}} werken mee

> {{voornaam|""}}

## Voor {{achternaam|"wie dit leest"}}

Kom op {{bijeenkomst.datum|"een dag"}}, zie {{bijeenkomst.link|"later"}}. Tot dan.

Met vriendelijke groet,

{{afzender}}
"""
REMINDER = """{{aanhef}}

Op {{eerste_brief.datum}} schreven wij u over "{{eerste_brief.onderwerp}}".

Met vriendelijke groet,
{{afzender}}
"""
BUTTONS = "{{aanhef}}\n\nDoet u mee?\n\n{{antwoordknoppen}}\n\nMet groet,\n{{afzender}}"
QUESTION = {"key": "pilot", "label": "Doet u mee?", "type": "choice", "options": ["ja", "né & ja"]}


@dataclass(frozen=True)
class Town:
    """A gemeente, as far as letters name it."""

    code: str = "GM1900"
    name: str = "Súdwest-Fryslân"
    province: str = "Fryslân"
    inhabitants: int = 91_183
    postal_address: str = ""
    partners: tuple[tuple[RegionKind, str], ...] = ()


@dataclass(frozen=True)
class InOutbox:
    """A letter, as far as making it goes."""

    address: str = "griffie@sudwestfryslan.example"
    message_id: str = "<0f3a@ademruimte.example>"
    created_at: datetime = NOON
    contact_id: int | None = 1
    pdf_sha256: str | None = None
    pdf_name: str | None = None


def make_sender(**values: Any) -> Sender:
    defaults = {
        "id": 1,
        "name": "Initiatief Ademruimte",
        "subtitle": "Voor wie niemand ziet",
        "email": "post@ademruimte.example",
        "reply_to": None,
        "postal_address": "Voorbeeldkade 14, 3512 ZZ Utrecht",
        "phone": "",
    }
    return Sender(**(defaults | values))


def make_edition(
    *,
    subject: str = 'Oproep aan de raad van {{gemeente|"u"}}',
    mail: str = MAIL,
    position: int = 1,
    sender: Sender | None = None,
    **values: Any,
) -> Edition:
    step = Step(id=position, position=position, recipients=Recipients.ALL, send_at=NOON)
    defaults: dict[str, Any] = {"id": 7, "kenmerk": "ADR-2026-1900", "pdf_letter": False}
    defaults |= {"meetings": ["haarlem"], "questions": []}
    campaign = Campaign(**(defaults | values), sender=sender or make_sender(), sender_id=1)
    day = MeetingDay(date=date(2026, 6, 4), starts_at=NOON, ends_at=NOON + timedelta(hours=3))
    meeting = Meeting(slug="haarlem", title="Een inloop", city="Haarlem", days=[day])
    text = StepText(id=position, subject=subject, mail=mail, letter="")
    return Edition(campaign, step, text, {"haarlem": meeting})


def make_recipient(edition: Edition | None = None, **values: Any) -> Recipient:
    defaults = {
        "who": Addressee(function=Function.GRIFFIER),
        "gemeente": Town(),
        "variant": "raad",
        "email": "griffie@sudwestfryslan.example",
        "planned": NOON.date(),
        "found": Found(Basis.PUBLISHED, "https://sudwestfryslan.example/raad", date(2026, 1, 9)),
    }
    return Recipient(edition or make_edition(), **(defaults | values))


def make_first(**values: Any) -> First:
    defaults = {
        "text": StepText(subject="Oproep in {{gemeente|“u”}}", mail=FIRST),
        "sent_on": date(2026, 3, 5),
        "same_address": True,
        "message_id": "<eerste@ademruimte.example>",
    }
    return First(**(defaults | values))


FIRST = MAIL.replace("; het onderwerp {{onderwerp}}", "")


def by_sheet(renderer: Renderer, recipient: Recipient, letter: InOutbox = InOutbox()) -> bytes:
    """As many are made; refuses to fall back on the other way."""
    sheet = renderer._sheet(recipient)
    assert sheet is not None
    lines = renderer._lines(letter, recipient, NOON)
    return b"".join(sheet.filled(lines, recipient, renderer._parts(recipient, letter)))


def by_itself(renderer: Renderer, recipient: Recipient, letter: InOutbox = InOutbox()) -> bytes:
    return b"".join(mime.data(renderer.letter(letter, recipient, at=NOON)))


@pytest.fixture
def renderer(tmp_path: Path) -> Renderer:
    return Renderer(LINKS, Store(tmp_path), NOON)


@pytest.mark.parametrize(
    "recipient",
    [
        make_recipient(),
        make_recipient(who=Addressee(FormOfAddress.MEVROUW, Function.RAADSLID, last_name="Vos")),
        make_recipient(variant="college", who=Addressee(function=Function.COLLEGE)),
        make_recipient(gemeente=None, who=Addressee(function=Function.PARTNER, first_name="Kim")),
        make_recipient(make_edition(sender=make_sender(reply_to="a@b.example", phone="030"))),
        make_recipient(make_edition(mail=REMINDER, position=2), first=make_first()),
        make_recipient(
            make_edition(mail=REMINDER, position=2),
            first=make_first(relay_message_id="<van@relay.example>"),
        ),
        make_recipient(
            make_edition(mail=REMINDER, position=2), first=make_first(same_address=False)
        ),
        make_recipient(found=Found()),
        make_recipient(make_edition(mail=BUTTONS, questions=[QUESTION])),
        make_recipient(
            make_edition(mail=BUTTONS, questions=[QUESTION]), who=Addressee(last_name="Vos")
        ),
    ],
    ids=lambda one: f"{one.variant}-{one.who.function}",
)
def test_a_letter_of_each_kind_has_its_own_bytes(recipient, renderer: Renderer) -> None:
    assert by_sheet(renderer, recipient) == by_itself(renderer, recipient)
    assert by_sheet(renderer, recipient) == by_sheet(renderer, recipient)


def test_readers_of_one_text_get_what_is_theirs(renderer: Renderer) -> None:
    """One after the other, so that what one leaves behind would show in the next."""
    edition = make_edition()
    towns = [Town(), Town("GM0344", "'s-Hertogenbosch", "Noord-Brabant"), None]
    people = [
        Addressee(FormOfAddress.HEER, function, first_name=name, last_name=f"{name}sma")
        for function, name in zip(
            (Function.GRIFFIER, Function.RAADSLID, Function.GRIFFIER),
            ("Ids", "Ülkü", "<b>"),
            strict=True,
        )
    ]
    basis = [Found(Basis.CONSENT), Found(Basis.PUBLISHED, "https://a.example", None), Found()]
    readers = [
        make_recipient(edition, gemeente=town, who=who, found=found, variant=variant)
        for town in towns
        for who, found in zip(people, basis, strict=True)
        for variant in ("raad", "college")
    ]

    letters = {by_sheet(renderer, one) for one in readers}
    assert len(letters) == 2 * 3 * 2 + 3, "only who has no gemeente is written to for no body"
    for one in readers:
        assert by_sheet(renderer, one) == by_itself(renderer, one)


def test_another_text_to_the_same_place_is_another_letter(renderer: Renderer) -> None:
    for edition in (make_edition(), make_edition(kenmerk="Z"), make_edition(mail=REMINDER)):
        for planned in (NOON.date(), date(2026, 4, 1)):
            first = make_first() if edition.text.mail == REMINDER else None
            one = make_recipient(edition, planned=planned, first=first)
            assert by_sheet(renderer, one) == by_itself(renderer, one)


def test_a_shared_file_is_one_piece_for_all(renderer: Renderer) -> None:
    edition = make_edition()
    names = ("één brief.pdf", "bijlage.pdf")
    edition.campaign.attachments = [
        Attachment(
            filename=name, content_type="application/pdf", sha256=renderer.store.put(name.encode())
        )
        for name in names
    ]
    one, other = make_recipient(edition), make_recipient(edition, gemeente=Town("GM1", "Zeist"))

    first, second = (renderer.data(InOutbox(), who, at=NOON) for who in (one, other))

    assert len(first) == 5
    assert first[1] is second[1]
    assert first[3] is second[3]
    assert b"".join(first) == by_itself(renderer, one)
    files = parsed(first).iter_attachments()
    assert [file.get_filename() for file in files] == list(names)


def test_a_pdf_of_its_own_goes_before_what_all_get(renderer: Renderer) -> None:
    edition = make_edition(pdf_letter=True)
    letter = InOutbox(pdf_sha256=renderer.store.put(b"%PDF-1.7 eigen"), pdf_name="brief.pdf")
    recipient = make_recipient(edition)

    assert by_sheet(renderer, recipient, letter) == by_itself(renderer, recipient, letter)
    [file] = parsed(renderer.data(letter, recipient, at=NOON)).iter_attachments()
    assert file.get_content() == b"%PDF-1.7 eigen"


@pytest.mark.parametrize(
    "recipient",
    [
        make_recipient(make_edition(subject='Voor {{naam|"u"}}'), who=Addressee(last_name="Vos")),
        make_recipient(
            make_edition(mail=REMINDER),
            first=make_first(text=StepText(subject="Brief", mail="Over {{onderwerp}}: dag.")),
        ),
        make_recipient(make_edition(subject='{{kenmerk|""}}', kenmerk="", mail="{{aanhef}}")),
    ],
)
def test_what_shares_nothing_is_made_by_itself(recipient, renderer: Renderer) -> None:
    assert renderer._sheet(recipient) is None
    assert b"".join(renderer.data(InOutbox(), recipient, at=NOON)) == by_itself(renderer, recipient)


#: What trips encoders, header lines and parsers; and names as they are.
ODD = st.one_of(
    st.text(max_size=40),
    st.lists(
        st.sampled_from(
            [
                "\r", "\n", "\r\n", "\x00", "\u2028", "\x85", "\ud800", "{{aanhef}}", "%", "=",
                "=20", ".", "\n.\n", "\u202e", "<script>", "=?utf-8?q?x?=",
                " ", "  ", "\t", "a", "é" * 30, "https://a.example/.",
                "'s-Hertogenbosch", "Súdwest-Fryslân", "שלום", "w" * 100, "x" * 5000,
                "From ", "--", '"', "&amp;", "👋🏽", "-- \n", "> ", "\n\n", ">",
            ]
        ),
        max_size=6,
    ).map("".join),
)  # fmt: skip
PLAIN = st.sampled_from(["", "Zeist", "Súdwest-Fryslân"])
#: Most letters of an example are fit to send, or nothing but refusals would be compared.
ANY = st.one_of(PLAIN, PLAIN, ODD)


@st.composite
def recipients(draw: st.DrawFn) -> Recipient:
    odd = draw(st.sampled_from(["reader", "town", "sender", "campaign", "found", "first", "all"]))

    def of(kind: str) -> str:
        return draw(ODD if kind == odd else ANY if odd == "all" else PLAIN)

    sender = make_sender(
        name=of("sender") or "Ademruimte",
        subtitle=of("sender"),
        postal_address=of("sender"),
        phone=of("sender"),
    )
    reminds = odd == "first" or draw(st.booleans())
    edition = make_edition(
        sender=sender,
        kenmerk=of("campaign"),
        subject=draw(st.sampled_from(["Aan {{gemeente|“u”}}", "Oproep {{kenmerk|“x”}}", "Één"])),
        mail=REMINDER if reminds else MAIL,
        position=2 if reminds else 1,
    )
    meeting = edition.meetings["haarlem"]
    meeting.title = of("campaign")
    first = make_first(
        text=StepText(subject=draw(st.sampled_from(["Brief", "Aan {{gemeente|“u”}}"])), mail=FIRST)
    )
    parts = ("titles", "first_name", "initials", "prefix", "last_name")
    return make_recipient(
        edition,
        who=Addressee(
            draw(st.sampled_from(FormOfAddress)),
            draw(st.sampled_from(Function)),
            **{part: of("reader") for part in parts},
        ),
        gemeente=draw(st.sampled_from([Town(), Town(), None]))
        and Town("GM0344", of("town"), of("town"), partners=((RegionKind.GGD, of("town")),)),
        variant=draw(st.sampled_from(["raad", "college"])),
        email=draw(st.sampled_from(["griffie@a.example", "o'neil+%=x@a.example"])),
        found=Found(draw(st.sampled_from(Basis)), of("found"), None),
        first=first if reminds else None,
    )


def outcome(make: Any, *given: Any) -> Any:
    """What comes of it, also when that is a refusal."""
    try:
        return make(*given)
    except Exception as error:
        return type(error), str(error)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(recipients(), st.sampled_from([*[""] * 9, "\r\nBcc: a@b.example", " "]))
def test_whatever_the_values_are_it_is_the_same_letter_or_the_same_refusal(
    recipient: Recipient, evil: str
) -> None:
    renderer = Renderer(LINKS, Store(Path("/nowhere")), NOON)
    letter = InOutbox(address=f"griffie{evil}@a.example")

    alone = outcome(by_itself, renderer, recipient, letter)
    shared = outcome(lambda: b"".join(renderer.data(letter, recipient, at=NOON)))

    assert shared == alone
    if isinstance(alone, bytes):
        assert evil == ""
        assert outcome(by_sheet, renderer, recipient, letter) == alone
        assert anatomy(mime.undotted([shared])) == anatomy(library(renderer, recipient, letter))
        fits_every_server(shared)


def library(renderer: Renderer, recipient: Recipient, letter: InOutbox) -> bytes:
    """The same letter by the standard library alone."""
    return library_mime.build(renderer.letter(letter, recipient, at=NOON))


def fits_every_server(data: bytes) -> None:
    assert data.isascii()
    assert data.count(b"\n") == data.count(b"\r\n") == data.count(b"\r")
    head, _, body = data.partition(b"\r\n\r\n")
    assert max(map(len, head.split(b"\r\n"))) <= 998
    lines = body.split(b"\r\n")
    assert max(len(one) for one in lines if not one.startswith((b"Content-", b"--=_"))) <= 77
    assert all(one.startswith(b"..") for one in lines if one.startswith(b"."))


def parsed(pieces: Iterable[bytes]) -> EmailMessage:
    return message_from_bytes(mime.undotted(pieces), policy=SMTP)  # type: ignore[return-value]


def test_links_of_before_and_after_are_both_read() -> None:
    """Tokens are signed by us and read by itsdangerous, which signed them once, compressed."""
    until = NOON + timedelta(days=1)
    of_before = ".eJyLNjQ3NzEyMjEwMNBRSkwyJgYpxQIAlnYPog.e9RsHQQE0DQV_Mg5E9M9Ioj41eI"
    tokens = Tokens(("a newer secret", "a secret of the tests, long enough", "older"))

    for purpose, values in zip(Purpose, ([3], ["é\n", 7, "raad"], ["x" * 90]), strict=False):
        for signs in (tokens, Tokens(tokens.keys[1:2])):
            token = signs.sign(purpose, *values, until=until)
            assert tokens.read(purpose, token, now=NOON) == values
    assert tokens.read(Purpose.ONE_CLICK, of_before, now=NOON - timedelta(days=1)) == ["ab3" * 13]
