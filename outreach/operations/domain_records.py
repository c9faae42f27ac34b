"""What the DNS says of a domain that letters come from, and the record to add where one lacks.

Without SPF, DKIM and DMARC large receivers refuse mail or file it as unwanted, and a
one-click link counts only under a valid DKIM signature.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from outreach.delivery.dkim import SMALLEST, Signer
from outreach.delivery.hosts import LOOPBACK
from outreach.errors import Invalid, Refused
from outreach.operations.findings import Finding, good, mind, wrong

#: Ends of a relay's name: whose it is, and what its SPF and its DKIM selectors are called.
PROVIDERS = {
    "office365.com": ("include:spf.protection.outlook.com", ("selector1", "selector2")),
    "gmail.com": ("include:_spf.google.com", ("google",)),
    "google.com": ("include:_spf.google.com", ("google",)),
}
PATIENCE = 5.0  #: seconds for one question
TAG = re.compile(r"\s*([a-z]+)\s*=\s*([^;]*)")


@dataclass(frozen=True)
class Names:
    """Asks the DNS."""

    resolver: dns.resolver.Resolver

    @classmethod
    def at(cls, server: str = "") -> "Names":
        """
        :param server: host:port; the system's own when empty
        :raises Refused: this machine has none
        """
        try:
            resolver = dns.resolver.Resolver(configure=not server)
        except dns.resolver.NoResolverConfiguration as error:
            raise Refused(
                "Deze machine heeft geen DNS-server: geef OUTREACH_DNS_SERVER."
            ) from error
        if server:
            host, _, port = server.rpartition(":")
            resolver.nameservers, resolver.port = [host.strip("[]")], int(port)
        resolver.lifetime = PATIENCE
        return cls(resolver)

    def ask(self, name: str, kind: str) -> list[str]:
        """The records of one kind at a name, as text; none when there are none.

        :raises Refused: no answer
        """
        try:
            answer = self.resolver.resolve(name, kind, raise_on_no_answer=False, search=False)
        except dns.resolver.NXDOMAIN:
            return []
        except dns.exception.DNSException as error:
            raise Refused(f"De DNS antwoordt niet op {kind} {name}: {error}.") from error
        if answer.rrset is None:
            return []
        return [_text(one) for one in answer.rrset]


def examine(
    names: Names,
    domain: str,
    *,
    signer: Signer | None = None,
    selector: str = "",
    relay_host: str = "",
    web_host: str = "",
) -> Iterator[Finding]:
    """Look at all that matters for mail from a domain.

    :param signer: what we sign with
    :param selector: of a key that the relay signs with
    :param relay_host: which server sends
    :param web_host: our own, that links lead to
    :raises Invalid: that is no domain
    :raises Refused: the DNS does not answer
    """
    domain = _checked(domain)
    ours = signer if signer is not None and signer.signs(f"post@{domain}") else None
    provider = next((v for end, v in PROVIDERS.items() if relay_host.endswith(end)), None)
    yield _mx(names, domain)
    yield _spf(names, domain, _sends(provider, relay_host, web_host))
    if ours is not None and selector in ("", ours.selector):
        yield _dkim(names, ours.name, ours)
    else:
        selectors = [selector] if selector else list(provider[1] if provider else ())
        yield from _selectors(names, domain, selectors)
    yield _dmarc(names, domain)
    if web_host and web_host not in LOOPBACK:
        yield from _web(names, web_host)


def _checked(domain: str) -> str:
    try:
        name = dns.name.from_unicode(domain.strip().rstrip("."))
    except (dns.exception.DNSException, UnicodeError) as error:
        raise Invalid(f"Dit is geen domein: {domain[:80]!a}.") from error
    plain = name.to_text(omit_final_dot=True).lower()
    if "." not in plain.strip(".") or "@" in plain:
        raise Invalid(f"Dit is geen domein: {domain[:80]!a}.")
    return plain


def _mx(names: Names, domain: str) -> Finding:
    found = names.ask(domain, "MX")
    if not found or found == ["0 ."]:
        return mind("MX", f"{domain} neemt geen post aan: antwoorden en bounces komen niet binnen.")
    hosts = ", ".join(sorted(one.split()[-1].rstrip(".") for one in found))
    return good("MX", f"Post voor {domain} gaat naar {hosts}.")


def _sends(provider: tuple[str, Sequence[str]] | None, relay_host: str, web_host: str) -> str:
    """What a record must allow for our mail to pass."""
    if provider:
        return provider[0]
    host = web_host if relay_host in LOOPBACK else relay_host
    return f"a:{host}" if host and host not in LOOPBACK else "mx"


def _spf(names: Names, domain: str, sends: str) -> Finding:
    found = [one for one in names.ask(domain, "TXT") if one.lower().split(" ")[0] == "v=spf1"]
    record = f'{domain}. TXT "v=spf1 {sends} ~all"'
    if not found:
        return wrong("SPF", f"{domain} zegt niet wie namens hem mag mailen.", record)
    if len(found) > 1:
        return wrong("SPF", f"{domain} heeft {len(found)} SPF-records; er mag er één zijn.")
    terms = found[0].lower().split()
    if {"+all", "all"} & set(terms):
        return wrong("SPF", f"Iedereen mag namens {domain} mailen: {found[0]}", record)
    if not any(term in ("-all", "~all") or term.startswith("redirect=") for term in terms):
        return mind("SPF", f"Het record sluit niemand uit (~all ontbreekt): {found[0]}", record)
    if sends.startswith("include:") and sends not in terms:
        return mind("SPF", f"{sends} staat er niet bij: {found[0]}", f"{sends} (in dat record)")
    return good("SPF", found[0])


def _selectors(names: Names, domain: str, selectors: Sequence[str]) -> Iterator[Finding]:
    if not selectors:
        yield mind("DKIM", "Geef de selector waarmee uw mailserver ondertekent: --selector NAAM.")
    for selector in selectors:
        yield _dkim(names, f"{selector}._domainkey.{domain}", None)


def _dkim(names: Names, name: str, ours: Signer | None) -> Finding:
    """
    :param ours: what we sign with, where we do
    """
    record = f'{name}. TXT "{ours.record()}"' if ours else ""
    found = [one for one in names.ask(name, "TXT") if "p=" in one.replace(" ", "")]
    if not found:
        why = "" if ours else " Uw mailhost zegt welk record daar moet staan."
        return wrong("DKIM", f"Er staat geen sleutel bij {name}.{why}", record)
    tags = dict(TAG.findall(found[0]))
    key = re.sub(r"\s", "", tags.get("p", ""))
    if not key:
        return wrong("DKIM", f"De sleutel bij {name} is ingetrokken.", record)
    if ours and key != ours.record().rpartition("p=")[2]:
        return wrong("DKIM", f"Bij {name} staat een andere sleutel dan de onze.", record)
    bits = _bits(key) if tags.get("k", "rsa").strip() == "rsa" else SMALLEST
    if bits < 1024:
        return wrong("DKIM", f"De sleutel bij {name} is onleesbaar of te kort.", record)
    if bits < SMALLEST:
        return mind("DKIM", f"De sleutel bij {name} heeft {bits} bits; {SMALLEST} is beter.")
    return good("DKIM", f"Er staat een sleutel bij {name}.")


def _bits(key: str) -> int:
    """Of an RSA key; 0 when it cannot be read."""
    try:
        public = load_der_public_key(base64.b64decode(key, validate=True))
    except (ValueError, binascii.Error, UnsupportedAlgorithm):
        return 0
    return public.key_size if isinstance(public, RSAPublicKey) else 0


def _dmarc(names: Names, domain: str) -> Finding:
    """That of the domain, else of one above it."""
    record = f'_dmarc.{domain}. TXT "v=DMARC1; p=none; rua=mailto:dmarc@{domain}"'
    labels = domain.split(".")
    for above in (".".join(labels[n:]) for n in range(len(labels) - 1)):
        found = [one for one in names.ask(f"_dmarc.{above}", "TXT") if one.startswith("v=DMARC1")]
        if len(found) > 1:
            return wrong("DMARC", f"_dmarc.{above} heeft {len(found)} records; er mag er één zijn.")
        if found:
            return _policy(found[0], above, record)
    return wrong("DMARC", f"{domain} zegt niet wat er met valse post moet gebeuren.", record)


def _policy(found: str, domain: str, record: str) -> Finding:
    policy = dict(TAG.findall(found.lower())).get("p", "").strip()
    if policy in ("quarantine", "reject"):
        return good("DMARC", found)
    if policy == "none":
        stricter = f'_dmarc.{domain}. TXT "{found.replace("p=none", "p=quarantine", 1)}"'
        words = "Valse post wordt nog doorgelaten (p=none). Kan p=quarantine, als alles aankomt:"
        return mind("DMARC", f"{words} {found}", stricter)
    return wrong("DMARC", f"Er staat geen beleid (p=) in: {found}", record)


def _web(names: Names, host: str) -> Iterator[Finding]:
    if addresses := names.ask(host, "AAAA"):
        yield good("IPv6", f"{host} heeft {addresses[0]}.")
    else:
        yield mind("IPv6", f"{host} heeft geen IPv6-adres.", f"{host}. AAAA <uw IPv6-adres>")
    labels = host.split(".")
    for above in (".".join(labels[n:]) for n in range(len(labels) - 1)):
        if found := names.ask(above, "CAA"):
            yield good("CAA", f"{above}: {'; '.join(found)}")
            return
    yield mind(
        "CAA",
        f"Elke certificaatinstantie mag een certificaat voor {host} maken.",
        f'{host}. CAA 0 issue "letsencrypt.org"',
    )


def _text(record: object) -> str:
    """A TXT as one text, without quotes; others as they are written."""
    strings = getattr(record, "strings", None)
    if strings is None:
        return str(record)
    return b"".join(strings).decode("utf-8", "replace")
