"""What we sign, a verifier of others takes; what was changed afterwards, it does not."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from outreach.delivery import mime
from outreach.delivery.dkim import Signer
from outreach.delivery.mime import Mail, Part
from outreach.errors import Invalid

AT = datetime(2026, 3, 23, 8, tzinfo=UTC)
MAIL = Mail(
    from_name="Coalitie tegen eenzaamheid",
    from_address="post@coalitie.example",
    to="griffie@zeist.example",
    subject="Oproep aan de raad van Súdwest-Fryslân en van alle andere gemeenten in het land",
    date=AT,
    message_id="<abc@coalitie.example>",
    text="Geachte  griffier,\n\n.een regel met een punt\t en spaties \n\n\n",
    html="<p>Geachte griffier,</p>",
    reply_to="antwoord@coalitie.example",
    in_reply_to="<eerste@coalitie.example>",
    references=("<eerste@coalitie.example>",),
    list_unsubscribe="https://brieven.example/afmelden/" + "x" * 90,
)


def pem(key: RSAPrivateKey | Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


KEYS = {
    "rsa": rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ed25519": Ed25519PrivateKey.generate(),
}


@pytest.fixture(params=KEYS)
def signer(request: pytest.FixtureRequest) -> Signer:
    return of(pem(KEYS[request.param]))


def of(key: str) -> Signer:
    made = Signer.of("coalitie.example", "s1", key)
    assert made is not None
    return made


def signed(signer: Signer, mail: Mail = MAIL) -> bytes:
    return mime.undotted(signer.signed(mime.data(mail), at=AT))


def record_of(signer: Signer) -> Callable[..., bytes]:
    def ask(name: bytes, timeout: int = 5) -> bytes:
        assert name.rstrip(b".").decode() == signer.name
        return signer.record().encode()

    return ask


def holds(signer: Signer, raw: bytes) -> bool:
    return bool(dkim.verify(raw, dnsfunc=record_of(signer)))


def test_a_verifier_of_others_takes_it(signer: Signer):
    raw = signed(signer)

    assert holds(signer, raw)
    assert raw.endswith(mime.build(MAIL)), "only a header is added"
    assert max(map(len, raw.split(b"\r\n")[:20])) <= 998


def test_with_files_and_without_html(signer: Signer):
    file = Part("oproep.pdf", "application/pdf", bytes(range(256)) * 99)

    assert holds(signer, signed(signer, replace(MAIL, attachments=(file,))))
    assert holds(signer, signed(signer, replace(MAIL, html="")))


def test_what_was_changed_is_not_taken(signer: Signer):
    raw = signed(signer)

    for was, becomes in (
        (b"griffier,", b"griffier!"),
        (b"Subject: ", b"Subject: x"),
        (b"List-Unsubscribe-Post: List", b"List-Unsubscribe-Post: X"),
        (b"https://brieven.example", b"https://boeven.example"),
        (b"Reply-To: antwoord", b"Reply-To: boef"),
    ):
        assert was in raw
        assert not holds(signer, raw.replace(was, becomes))
    assert not holds(signer, b"From: boef@elders.example\r\n" + raw), "nobody adds a From"


def test_what_relays_do_on_their_way_is_borne(signer: Signer):
    raw = signed(signer)
    folded = raw.replace(b"To: griffie", b"To:\r\n\t griffie").replace(b"\r\n.", b" \r\n.")

    assert holds(signer, b"Received: from elders.example\r\n" + folded + b"\r\n\r\n")


def test_both_headers_of_one_click_are_covered(signer: Signer):
    found = re.search(rb"\bh=([^;]+);", signed(signer))

    assert found
    covered = re.sub(rb"\s", b"", found[1]).split(b":")
    assert {b"list-unsubscribe", b"list-unsubscribe-post"} <= set(covered)
    assert covered.count(b"from") == 2


def test_a_signature_is_of_its_moment(signer: Signer):
    later = signer.signed(mime.data(MAIL), at=AT + timedelta(seconds=1))

    assert b"t=%d;" % (AT.timestamp() + 1) in later[0]
    assert later[1:] == mime.data(MAIL)


@given(st.text(alphabet=" .\ta\né", max_size=60))
def test_whatever_a_letter_says(text: str):
    assert holds(ED, signed(ED, replace(MAIL, text=text)))


ED = of(pem(KEYS["ed25519"]))


def test_only_its_own_domain_and_below():
    assert ED.signs("post@coalitie.example")
    assert ED.signs("post@Brieven.Coalitie.example")
    assert not ED.signs("post@anticoalitie.example")
    assert not ED.signs("post@coalitie.example.nl")


def test_no_key_is_no_signer():
    assert Signer.of("", "", "") is None


@pytest.mark.parametrize(
    "key",
    [
        "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----",
        pem(rsa.generate_private_key(public_exponent=65537, key_size=1024)),
        pem(ec.generate_private_key(ec.SECP256R1())),
    ],
    ids=["broken", "short", "of another kind"],
)
def test_other_keys_are_refused(key: str):
    with pytest.raises(Invalid, match="DKIM-sleutel"):
        Signer.of("coalitie.example", "s1", key)
