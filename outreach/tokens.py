"""Signed links. One purpose each: a token made for one page opens no other.

A token carries its own end, checked against the product's clock (not the machine's:
the demo's clock jumps). Old keys keep opening old links after the key is replaced.

They are itsdangerous' own, and it reads them. Signing is ours, as each letter has a token:
itsdangerous tries to compress each and derives its key anew, and takes ten times as long.
"""

from binascii import b2a_base64
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from hashlib import sha1
from json.encoder import encode_basestring_ascii
from typing import Any, cast

from itsdangerous import BadSignature, URLSafeSerializer

from outreach.errors import OutreachError
from outreach.wording import _

_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class Purpose(StrEnum):
    ANSWER = "antwoord.v1"  #: campaign, gemeente, body: equal for every reader of that copy
    ONE_CLICK = "one-click.v1"  #: one message; only ever in the List-Unsubscribe header
    NO_MORE_MAIL = "geen-post.v1"  #: a sender; the page asks for the address
    UNDO_ANSWER = "antwoord-terug.v1"
    UNDO_SUPPRESSION = "geen-post-terug.v1"
    CONFIRM_ADDRESS = "adres.v1"
    NO_REMINDER = "geen-herinnering.v1"
    FORM = "formulier.v1"  #: when a form was opened; it keeps nobody out
    ATTACHED = "bijlage.v1"  #: a file that was sent along with a form and is kept until its end
    DESK = "griffie.v1"  #: a gemeente; lists names, so only ever mailed to its griffie


class BadToken(OutreachError):
    """A link that is altered, made for something else, or past its end."""

    status = 410


@dataclass(frozen=True)
class Tokens:
    """Signs with the first key, reads with any."""

    keys: tuple[str, ...]

    def sign(self, purpose: Purpose, *values: Any, until: datetime) -> str:
        """A URL-safe token that carries `values` (str and int) until the moment given."""
        words = [one if isinstance(one, int) else encode_basestring_ascii(one) for one in values]
        payload = _base64(f"[{','.join(map(str, (int(until.timestamp()), *words)))}]".encode())
        # HMAC by its definition (RFC 2104): `hmac` takes thrice as long for so short a text.
        inner, outer = (one.copy() for one in _signature(self.keys, purpose))
        inner.update(payload)
        outer.update(inner.digest())
        return f"{payload.decode()}.{_base64(outer.digest()).decode()}"

    def read(self, purpose: Purpose, token: str, *, now: datetime) -> list[Any]:
        """The values that were signed.

        :raises BadToken: altered, for another purpose, or past its end
        """
        try:
            end, *values = cast(list[Any], _serializer(self.keys, purpose).loads(token))
        except (BadSignature, ValueError, TypeError) as error:
            raise BadToken(
                _("Deze link klopt niet. Kopieer hem nog eens in zijn geheel.")
            ) from error
        if now > datetime.fromtimestamp(end, UTC):
            raise BadToken(_("Deze link is verlopen."))
        return values


def _base64(data: bytes) -> bytes:
    return b2a_base64(data, newline=False).translate(_URL_SAFE).rstrip(b"=")


@lru_cache(maxsize=64)
def _signature(keys: tuple[str, ...], purpose: Purpose) -> tuple[Any, Any]:
    """The beginning of both its hashes, to be copied."""
    serializer = _serializer(keys, purpose)
    key = serializer.make_signer(serializer.salt).derive_key()  # shorter than a block
    blocks = (bytes(one ^ pad for one in key.ljust(64, b"\0")) for pad in (0x36, 0x5C))
    inner, outer = (sha1(block) for block in blocks)  # noqa: S324 - as itsdangerous has it
    return inner, outer


@lru_cache(maxsize=64)
def _serializer(keys: tuple[str, ...], purpose: Purpose) -> URLSafeSerializer:
    return URLSafeSerializer(list(reversed(keys)), salt=purpose.value)
