import json

from tests.cli.conftest import Run


def add(run: Run, email: str = "Noor@Voorbeeld.example", role: str = "coordinator"):
    return run("users", "add", email, "--role", role, "--password-stdin", stdin="lang genoeg\n")


def test_who_is_added_is_listed(run: Run):
    assert add(run).exit_code == 0

    listed = json.loads(run("users", "list", "--json").stdout)

    assert listed == [
        {"email": "noor@voorbeeld.example", "name": "", "role": "coordinator", "active": True}
    ]


def test_without_a_password_one_is_made_and_printed(run: Run):
    result = run("users", "add", "noor@voorbeeld.example", "--role", "reader", "--json")

    assert len(json.loads(result.stdout)["password"]) >= 16


def test_the_same_address_is_refused(run: Run):
    add(run)

    result = add(run, "noor@voorbeeld.example")

    assert result.exit_code == 1
    assert "noor@voorbeeld.example" in result.stderr


def test_a_short_password_is_refused_and_nobody_is_added(run: Run):
    result = run(
        "users", "add", "noor@voorbeeld.example", "--role", "owner",
        "--password-stdin", stdin="kort\n",
    )  # fmt: skip

    assert result.exit_code == 1
    assert json.loads(run("users", "list", "--json").stdout) == []


def test_who_is_disabled_is_listed_as_such(run: Run):
    add(run, "baas@voorbeeld.example", role="owner")
    add(run)

    assert run("users", "disable", "noor@voorbeeld.example").exit_code == 0

    listed = json.loads(run("users", "list", "--json").stdout)
    assert [person["active"] for person in listed] == [True, False]


def test_a_password_can_be_replaced(run: Run):
    add(run)

    result = run("users", "password", "noor@voorbeeld.example", "--json")

    assert result.exit_code == 0
    assert json.loads(result.stdout)["password"]
