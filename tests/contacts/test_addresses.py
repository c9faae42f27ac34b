"""What counts as an address, and which two are one."""

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from outreach.contacts.addresses import BadAddress, address_key, check


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("griffie@zeist.example", "griffie@zeist.example"),
        ("  Griffie@Zeist.Example ", "Griffie@zeist.example"),
        ("<griffie@zeist.example>", "griffie@zeist.example"),
        ("mailto:griffie@zeist.example", "griffie@zeist.example"),
        ("Mailto:griffie@zeist.example", "griffie@zeist.example"),
        ("j.o'brien@zeist.example", "j.o'brien@zeist.example"),
        ("griffie@súdwest.example", "griffie@xn--sdwest-pya.example"),
    ],
)
def test_an_address_is_kept_as_a_header_writes_it(text: str, email: str) -> None:
    assert check(text) == email


@pytest.mark.parametrize(
    "text",
    [
        "",
        "griffie",
        "@zeist.example",
        "griffie@",
        "griffie@@zeist.example",
        "griffie@zeist",
        "griffie@localhost",
        "griffie@zeist..example",
        "griffie@-zeist.example",
        ".griffie@zeist.example",
        "griffie zeist@zeist.example",
        "griffie@zeist.example, raad@zeist.example",
        "griffie@zeist.example\nBcc: x@y.example",
        "griffie\r@zeist.example",
        f"{'a' * 65}@zeist.example",
        f"a@{'b' * 63}.{'c' * 63}.{'d' * 63}.{'e' * 63}.example",
        "é@zeist.example",
        "griffie@[127.0.0.1]",
        '"a b"@zeist.example',
    ],
)
def test_what_is_no_address_is_refused_with_its_text(text: str) -> None:
    with pytest.raises(BadAddress, match="is geen e-mailadres"):
        check(text)


def test_capitals_and_idna_make_no_difference_and_dots_do() -> None:
    assert address_key("Griffie@Zeist.example") == address_key("griffie@zeist.EXAMPLE")
    assert address_key("a@súdwest.example") == address_key("A@xn--sdwest-pya.example")
    assert address_key("g.riffie@zeist.example") != address_key("griffie@zeist.example")


ALPHABET = "aZ9._+-@' \té\n<>\x00"


@given(st.text(ALPHABET, max_size=12), st.sampled_from(["", "zeist.example", "B.nl", "x", "a..b"]))
def test_the_fast_path_never_differs_from_the_validator(local: str, domain: str) -> None:
    text = f"{local}@{domain}"
    email = text.strip().strip("<>").strip()
    try:
        parts = validate_email(
            email,
            check_deliverability=False,
            allow_smtputf8=False,
            strict=True,
            test_environment=True,
        )
    except EmailNotValidError:
        with pytest.raises(BadAddress):
            check(text)
    else:
        assert check(text) == (parts.ascii_email or parts.normalized)
