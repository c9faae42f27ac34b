"""`outreach users`: who may sign in to the office."""

import secrets
import sys

import click

from outreach.accounts import people
from outreach.accounts.audit import CLI
from outreach.accounts.models import Role
from outreach.cli import shell

ROLES = click.Choice([role.value for role in Role])
from_stdin = click.option("--password-stdin", is_flag=True, help="Read the password from stdin.")


@click.group()
def users() -> None:
    """Who may sign in to the office."""


@users.command()
@click.argument("email")
@click.option("--role", type=ROLES, required=True, help="What this person may do.")
@click.option("--name", default="", help="As the office shows it.")
@from_stdin
@shell.json_option
def add(email: str, role: str, name: str, password_stdin: bool, as_json: bool) -> None:
    """Let someone sign in. Without --password-stdin a password is made and printed once."""
    password, made = _password(password_stdin)
    with shell.opened() as product:
        person = people.add(
            email, Role(role), password=password, name=name, by=CLI, now=product.now
        )
        data = {"id": person.id, "email": person.email, "role": person.role.value}
    shell.report(
        data | ({"password": password} if made else {}),
        [f"{email} may sign in as {role}."] + ([f"Password: {password}"] if made else []),
        as_json=as_json,
    )


@users.command("list")
@shell.json_option
def list_(as_json: bool) -> None:
    """Who may sign in, and as what."""
    with shell.opened():
        data = [
            {"email": p.email, "name": p.name, "role": p.role.value, "active": p.active}
            for p in people.everyone()
        ]
    lines = [
        f"{p['email']:40} {p['role']:12} {'' if p['active'] else 'disabled':9} {p['name']}".rstrip()
        for p in data
    ]
    shell.report(data, lines, as_json=as_json)


@users.command()
@click.argument("email")
def disable(email: str) -> None:
    """End someone's sessions, and let nobody sign in as them again."""
    with shell.opened() as product:
        people.disable(people.find(email), by=CLI, now=product.now)
    click.echo(f"{email} can no longer sign in.")


@users.command()
@click.argument("email")
@from_stdin
@shell.json_option
def password(email: str, password_stdin: bool, as_json: bool) -> None:
    """Give someone a new password and end their sessions."""
    fresh, made = _password(password_stdin)
    with shell.opened() as product:
        people.set_password(people.find(email), fresh, by=CLI, now=product.now)
    shell.report(
        {"email": email} | ({"password": fresh} if made else {}),
        f"Password: {fresh}" if made else f"{email} has a new password.",
        as_json=as_json,
    )


def _password(from_stdin: bool) -> tuple[str, bool]:
    """The password to set, and whether we made it up."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n"), False
    if sys.stdin.isatty():
        typed = click.prompt(
            "Password (empty: make one)", hide_input=True, default="", show_default=False
        )
        if typed:
            return str(typed), False
    return secrets.token_urlsafe(15), True
