"""Signing mail for a domain of ours (DKIM, RFC 6376), where the relay does not.

dkimpy does it too, and the tests hold ours against its verifier; but it raises RSA to powers in
Python, 5 milliseconds a mail, as long as everything else that is done for it ten times over.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from outreach.errors import Invalid

#: What is signed of a mail that has it. A one-click link counts only where it is (RFC 8058, 4).
SIGNED = (
    b"from",
    b"to",
    b"reply-to",
    b"subject",
    b"date",
    b"message-id",
    b"in-reply-to",
    b"references",
    b"list-id",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
    b"mime-version",
    b"content-type",
)
#: Signed once more than it is there: nobody can add a second one that readers show instead.
ONLY = b"from"
SMALLEST = 2048  #: bits of an RSA key
FOLD = re.compile(rb"\r\n(?=[ \t])")
SPACES = re.compile(rb"[ \t]+")
LAST_SPACES = re.compile(rb"[ \t]+(?=\r\n)")
Key = RSAPrivateKey | Ed25519PrivateKey


@dataclass(frozen=True)
class Signer:
    """Signs what leaves from one domain, or from a domain below it."""

    domain: str
    selector: str
    key: Key = field(repr=False)

    @classmethod
    def of(cls, domain: str, selector: str, pem: str) -> "Signer | None":
        """By the settings; None when there is no key.

        :raises Invalid: the key cannot be used
        """
        return cls(domain.lower(), selector, load(pem)) if pem else None

    def signs(self, address: str) -> bool:
        """Whether mail from this address is ours to sign."""
        domain = address.rpartition("@")[2].lower()
        return domain == self.domain or domain.endswith(f".{self.domain}")

    def signed(self, pieces: Sequence[bytes], *, at: datetime) -> tuple[bytes, ...]:
        """A mail as DATA carries it, with its signature above it.

        :param pieces: each made by `mime.as_data`
        :param at: the system's clock: receivers may refuse a signature from the future
        """
        head, _, first = pieces[0].partition(b"\r\n\r\n")
        lines = _relaxed_headers(head)
        names = [name for name in SIGNED if name in lines]
        said = b"".join(name + b":" + lines[name] + b"\r\n" for name in names)
        tags = self._tags(names, _hash(map(_undotted, (first, *pieces[1:]))), at)
        said += b"dkim-signature:" + SPACES.sub(b" ", FOLD.sub(b"", tags))
        value = b64encode(self._sign(said))
        folded = b"\r\n ".join(value[n : n + 72] for n in range(0, len(value), 72))
        return (b"DKIM-Signature: " + tags + b"\r\n " + folded + b"\r\n", *pieces)

    def record(self) -> str:
        """What stands in the DNS at `name`."""
        public = self.key.public_key()
        if isinstance(self.key, RSAPrivateKey):
            kind = "rsa"
            data = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        else:
            kind = "ed25519"
            data = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return f"v=DKIM1; k={kind}; p={b64encode(data).decode()}"

    @property
    def name(self) -> str:
        return f"{self.selector}._domainkey.{self.domain}"

    def _tags(self, names: Sequence[bytes], hashed: bytes, at: datetime) -> bytes:
        """The signature's own header up to `b=`, in lines of at most 78."""
        kind = b"rsa" if isinstance(self.key, RSAPrivateKey) else b"ed25519"
        covered = [*names[:7], b"\r\n " + names[7], *names[8:]] if names[7:] else [*names]
        return b"v=1; a=%b-sha256; c=relaxed/relaxed;\r\n d=%b;\r\n s=%b; t=%d;\r\n" % (
            kind,
            self.domain.encode(),
            self.selector.encode(),
            int(at.timestamp()),
        ) + b" h=%b;\r\n bh=%b;\r\n b=" % (b":".join([ONLY, *covered]), hashed)

    def _sign(self, said: bytes) -> bytes:
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(said, PKCS1v15(), SHA256())
        return self.key.sign(sha256(said).digest())


def load(pem: str) -> Key:
    """A private key as OpenSSL writes it.

    :raises Invalid: it is none, has a password, is too short, or of another kind
    """
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise Invalid("De DKIM-sleutel is geen PEM zonder wachtwoord.") from error
    if isinstance(key, RSAPrivateKey) and key.key_size >= SMALLEST:
        return key
    if isinstance(key, Ed25519PrivateKey):
        return key
    raise Invalid(f"De DKIM-sleutel moet RSA van ten minste {SMALLEST} bits zijn, of Ed25519.")


def _relaxed_headers(head: bytes) -> dict[bytes, bytes]:
    """Header lines by name, as they are signed; of several with one name the last."""
    found = {}
    for line in FOLD.sub(b"", head).split(b"\r\n"):
        name, _, value = line.partition(b":")
        found[name.rstrip().lower()] = SPACES.sub(b" ", value).strip()
    return found


def body_hash(body: bytes) -> bytes:
    """What `bh=` says of a body, relaxed."""
    return _hash([body])


def _hash(pieces: Iterable[bytes]) -> bytes:
    """Of a body in pieces of whole lines: most of a mail is a file, which is not copied."""
    digest, ends = sha256(), b""
    empty = True
    for piece in pieces:
        lines = piece
        if b"  " in lines or b"\t" in lines or b" \r\n" in lines:
            lines = SPACES.sub(b" ", LAST_SPACES.sub(b"", lines))
        if words := lines.rstrip(b"\r\n"):
            digest.update(ends)
            digest.update(words)
            ends, empty = lines[len(words) :], False
        else:
            ends += lines
    digest.update(b"" if empty else b"\r\n")
    return b64encode(digest.digest())


def _undotted(piece: bytes) -> bytes:
    """Lines as they were before `mime.as_data`."""
    if piece.startswith(b".."):
        piece = piece[1:]
    return piece.replace(b"\r\n..", b"\r\n.") if b"\r\n.." in piece else piece
