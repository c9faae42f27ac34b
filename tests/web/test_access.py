"""Who may open what. Every page of the office is in this table or fails it."""

from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule

from outreach.accounts.models import Role
from outreach.db import db
from outreach.web.office.frame import MENU
from tests.factories import make_coordinator, sign_in
from tests.web.page import PageClient

OWNERS = {
    "preferences.add_sender",
    "preferences.change_sender",
    "letterhead.show",
    "letterhead.example",
    "letterhead.logo",
    "letterhead.remove",
    "preferences.add_person",
    "preferences.change_person",
    "preferences.new_password",
    "persons.erase",
    "statements.change_periods",
    "statements.change_privacy",
    "statements.change_pressure",
    "connections.begin",
    "connections.connect",
    "connections.finish",
    "connections.back",
    "connections.redeem",
    "connections.disconnect",
}
#: What a reader may send: only what is his own.
READERS_SEND = {"preferences.own_password"}
#: Open to everyone. The pages that a link in a mail opens have no cookie and need no token.
PUBLIC = {
    "home.show",
    "home.privacy",
    "home.accessibility",
    "home.security_txt",
    "health.healthz",
    "health.readyz",
    "sign_in.show",
    "sign_in.leave",
    "meetings.show",
    "meetings.sitemap",
    "meetings.robots",
    "calendars.meeting",
    "calendars.agenda",
    "calendars.part_of_agenda",
    "calendars.own",
}
BY_LINK = ("answer", "leaving", "registration_form", "own_page", "desk", "door")
#: They find what an address names in the database, not in a token.
NAMED = ("registration_form", "own_page", "door")
#: Acts on nothing but what is typed, and tells the same to everyone.
ASKED = {"desk.send"}
VALUES = {"slug": "oproep", "position": 1, "code": "GM0355", "token": "x"}


def office(app: Flask, method: str) -> Iterator[tuple[Rule, str]]:
    """The office's routes that take this method, with an address to try."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/kantoor") and method in (rule.methods or ()):
            yield rule, address(app, rule)


def address(app: Flask, rule: Rule) -> str:
    values = {name: VALUES.get(name, 1) for name in rule.arguments}
    return str(app.url_map.bind("localhost").build(rule.endpoint, values))


def test_a_route_is_of_the_office_public_or_opened_by_a_link(app: Flask) -> None:
    outside = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if not rule.rule.startswith("/kantoor") and rule.endpoint.split(".")[0] not in BY_LINK
    }

    assert outside == PUBLIC


def test_every_page_of_the_office_names_a_role(app: Flask) -> None:
    for method in ("GET", "POST"):
        for rule, _url in office(app, method):
            role = getattr(app.view_functions[rule.endpoint], "required_role", None)
            expected = Role.OWNER if rule.endpoint in OWNERS else role
            if method == "POST" and role is Role.READER:
                assert rule.endpoint in READERS_SEND
            assert role is not None, rule
            assert role is expected, rule


def test_a_stranger_is_asked_to_sign_in(app: Flask, client: PageClient) -> None:
    for _rule, url in office(app, "GET"):
        response = client.get(url)

        assert response.status_code == 302, url
        assert response.location == f"/inloggen?next={url}"


def test_a_stranger_can_do_nothing(app: Flask, client: PageClient) -> None:
    with client.session_transaction() as session:
        session["csrf_token"] = "x"
    client.page("/inloggen")
    token = client.page("/inloggen").all("input")[0].attrs["value"]

    for _rule, url in office(app, "POST"):
        assert client.post(url, data={"csrf_token": token}).status_code == 401, url


@pytest.mark.parametrize("role", list(Role))
def test_each_role_opens_its_own_pages_and_no_other(
    app: Flask, client: PageClient, role: Role
) -> None:
    ranks = [Role.READER, Role.COORDINATOR, Role.OWNER]
    sign_in(client, make_coordinator(role=role))

    for rule, url in office(app, "GET"):
        needed = app.view_functions[rule.endpoint].required_role  # type: ignore[attr-defined]
        allowed = ranks.index(role) >= ranks.index(needed)
        assert (client.get(url).status_code == 403) is not allowed, url


def test_a_reader_changes_nothing(app: Flask, reader: PageClient) -> None:
    token = _token(reader)

    for rule, url in office(app, "POST"):
        if rule.endpoint not in READERS_SEND:
            assert reader.post(url, data={"csrf_token": token}).status_code == 403, url


def test_a_page_without_a_role_is_closed_to_everyone(
    own_app: Flask, own_client: PageClient
) -> None:
    own_app.add_url_rule("/kantoor/vergeten", "overview.forgotten", lambda: "geheim")
    sign_in(own_client, make_coordinator(role=Role.OWNER))

    assert own_client.get("/kantoor/vergeten").status_code == 403


def test_a_disabled_account_is_out_at_once(app: Flask, client: PageClient) -> None:
    person = make_coordinator()
    sign_in(client, person)
    assert client.get("/kantoor/").status_code == 200

    person.active = False
    db.session.commit()

    assert client.get("/kantoor/").status_code == 302


def test_a_session_ends_after_a_week(app: Flask, client: PageClient) -> None:
    sign_in(client, make_coordinator())
    with client.session_transaction() as session:
        session["fs_paa"] -= 7 * 24 * 3600 + 1

    assert client.get("/kantoor/").status_code == 302


def test_every_act_of_the_office_needs_a_token(app: Flask, owner: PageClient) -> None:
    for _rule, url in office(app, "POST"):
        response = owner.post(url)

        assert response.status_code == 400, url
        assert "Deze bladzijde is verlopen" in response.text


def test_only_pages_behind_a_link_need_no_token(app: Flask, client: PageClient) -> None:
    for rule in app.url_map.iter_rules():
        if "POST" in (rule.methods or ()) and not rule.rule.startswith("/kantoor"):
            named = rule.endpoint.split(".")[0] in NAMED
            expected = 400 if rule.endpoint in PUBLIC else 404 if named else 410
            if rule.endpoint in ASKED:
                expected = 422
            assert client.post(address(app, rule)).status_code == expected, rule


def _token(client: PageClient) -> str:
    fields = client.page("/kantoor/").all("input")
    return next(f.attrs["value"] for f in fields if f.attrs.get("name") == "csrf_token")


def test_each_page_of_the_office_belongs_to_a_part_of_the_menu(app: Flask) -> None:
    known = {name for one in MENU for name in (one.endpoint.split(".")[0], *one.also)}

    apart = {rule.endpoint.split(".")[0] for rule, _ in office(app, "GET")} - known

    assert apart <= {"search", "sign_in"}
