"""What a domain lacks for its mail to be taken, asked of a real server, with the record to add."""

import json
from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner, Result

from outreach.cli import main
from outreach.delivery.dkim import Signer
from outreach.operations import domain_records
from outreach.operations.domain_records import Names
from outreach.operations.findings import Finding, Grade
from tests.delivery.test_dkim import KEYS, pem
from tests.operations.name_server import NameServer, Records

DOMAIN = "coalitie.example"
RSA = pem(KEYS["rsa"])
SIGNER = Signer("coalitie.example", "s1", KEYS["rsa"])
#: As long as a key of 2048 bits is, it stands in two strings.
KEY = f'"{SIGNER.record()[:200]}" "{SIGNER.record()[200:]}"'
WHOLE: Records = {
    (DOMAIN, "MX"): ["10 mail.coalitie.example."],
    (DOMAIN, "TXT"): ['"v=spf1 a:mail.coalitie.example -all"', '"something else"'],
    ("s1._domainkey.coalitie.example", "TXT"): [KEY],
    ("_dmarc.coalitie.example", "TXT"): ['"v=DMARC1; p=reject; rua=mailto:a@b.example"'],
    ("brieven.coalitie.example", "AAAA"): ["2001:db8::1"],
    (DOMAIN, "CAA"): ['0 issue "letsencrypt.org"'],
}
Look = Callable[..., dict[str, Finding]]


@pytest.fixture
def server() -> Iterator[NameServer]:
    with NameServer(WHOLE) as one:
        yield one


@pytest.fixture
def look(server: NameServer) -> Look:
    def look(domain: str = DOMAIN, **options: object) -> dict[str, Finding]:
        given = {"signer": SIGNER, "web_host": "brieven.coalitie.example"} | options
        names = Names.at(server.address)
        return {one.what: one for one in domain_records.examine(names, domain, **given)}

    return look


def test_a_domain_that_has_all(look: Look):
    assert {what: one.grade for what, one in look().items()} == dict.fromkeys(
        ("MX", "SPF", "DKIM", "DMARC", "IPv6", "CAA"), Grade.GOOD
    )


def test_a_domain_that_has_nothing(look: Look, server: NameServer):
    server.records.clear()
    found = look(relay_host="mail.coalitie.example")

    assert [what for what, one in found.items() if one.grade is Grade.WRONG] == [
        "SPF",
        "DKIM",
        "DMARC",
    ]
    assert found["SPF"].record == 'coalitie.example. TXT "v=spf1 a:mail.coalitie.example ~all"'
    assert found["DKIM"].record == f's1._domainkey.{DOMAIN}. TXT "{SIGNER.record()}"'
    assert found["DMARC"].record.startswith(f'_dmarc.{DOMAIN}. TXT "v=DMARC1; p=none;')


@pytest.mark.parametrize(
    ("name", "record", "what", "grade", "says"),
    [
        (DOMAIN, '"v=spf1 +all"', "SPF", Grade.WRONG, "Iedereen"),
        (DOMAIN, '"v=spf1 mx"', "SPF", Grade.MIND, "sluit niemand uit"),
        ("_dmarc." + DOMAIN, '"v=DMARC1; p=none"', "DMARC", Grade.MIND, "p=quarantine"),
        ("_dmarc." + DOMAIN, '"v=DMARC1"', "DMARC", Grade.WRONG, "geen beleid"),
        ("s1._domainkey." + DOMAIN, '"v=DKIM1; p="', "DKIM", Grade.WRONG, "ingetrokken"),
        ("s1._domainkey." + DOMAIN, '"v=DKIM1; p=AAAA"', "DKIM", Grade.WRONG, "andere sleutel"),
    ],
)
def test_a_record_that_is_wrong(
    look: Look, server: NameServer, name: str, record: str, what: str, grade: Grade, says: str
):
    server.records[name, "TXT"] = [record]
    found = look()[what]

    assert found.grade is grade
    assert says in found.sentence


def test_two_of_a_kind_are_none(look: Look, server: NameServer):
    server.records[DOMAIN, "TXT"] = ['"v=spf1 -all"', '"v=spf1 mx -all"']

    assert "2 SPF-records" in look()["SPF"].sentence


def test_a_domain_that_takes_no_mail(look: Look, server: NameServer):
    server.records[DOMAIN, "MX"] = ["0 ."]

    assert "neemt geen post aan" in look()["MX"].sentence


def test_the_policy_of_the_domain_above_counts(look: Look):
    assert look("mail.coalitie.example")["DMARC"].grade is Grade.GOOD


def test_a_provider_has_its_own_records(look: Look, server: NameServer):
    server.records["selector1._domainkey.coalitie.example", "TXT"] = [KEY]
    found = look(signer=None, relay_host="smtp.office365.com")

    assert found["SPF"].record == "include:spf.protection.outlook.com (in dat record)"
    assert "selector2._domainkey" in found["DKIM"].sentence, "the last of two, which lacks"
    assert found["DKIM"].grade is Grade.WRONG


def test_without_a_selector_it_is_asked_for(look: Look):
    assert "--selector" in look(signer=None)["DKIM"].sentence
    assert look(signer=None, selector="s1")["DKIM"].grade is Grade.GOOD


def run(server: NameServer, *words: str, **more: str) -> Result:
    environment = {"OUTREACH_DNS_SERVER": server.address, "OUTREACH_ENV": "test"} | more
    return CliRunner().invoke(main, ["doctor", "dns", *words], env=environment)


def test_the_command_prints_what_to_add_and_exits_1(server: NameServer):
    signing = {
        "OUTREACH_DKIM_DOMAIN": DOMAIN,
        "OUTREACH_DKIM_SELECTOR": "s1",
        "OUTREACH_DKIM_KEY": RSA,
    }
    assert run(server, DOMAIN, **signing).exit_code == 0

    del server.records["s1._domainkey.coalitie.example", "TXT"]
    done = run(server, DOMAIN, **signing)
    assert done.exit_code == 1
    assert f"→ s1._domainkey.{DOMAIN}. TXT" in done.stdout
    assert done.stderr == "Error: 1 fout.\n"
    found = json.loads(run(server, DOMAIN, "--json", **signing).stdout)
    assert not found["ok"]
    assert {"what", "grade", "sentence", "record"} == set(found["findings"][0])


@pytest.mark.parametrize(
    "domain", ["", "localhost", "a@coalitie.example", "a..b", "x" * 70 + ".nl"]
)
def test_what_is_no_domain_is_refused(server: NameServer, domain: str):
    done = run(server, domain)

    assert done.exit_code == 1
    assert "geen domein" in done.stderr


def test_a_server_that_is_silent(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(domain_records, "PATIENCE", 0.2)
    with NameServer({}, answers=False) as silent:
        done = run(silent, DOMAIN)

    assert done.exit_code == 1
    assert "De DNS antwoordt niet op MX" in done.stderr
    assert len(done.stderr.splitlines()) == 1
