"""Reacties: from what waits to a gemeente, in the browser and back."""

import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from outreach.accounts.audit import Actor
from outreach.accounts.models import AuditEntry
from outreach.campaigns.models import Campaign
from outreach.campaigns.store import Store
from outreach.db import db
from outreach.delivery.arrivals import Incoming, OwnRule, Place
from outreach.delivery.incoming.telling import Kind
from outreach.errors import Refused, Unknown
from outreach.mailbox import deciding
from outreach.web.context import store as store_of
from tests.conftest import NOON
from tests.mailbox import mails, scene
from tests.web.page import PageClient

LIST = "/kantoor/reacties/"


@pytest.fixture
def store(app: Flask) -> Store:
    return store_of()


@pytest.fixture
def doubtful(app: Flask, store: Store) -> Incoming:
    """A councillor of Zeist writes in the griffie's thread."""
    scene.send_letters((*mails.PLACES[:3], *mails.SHARED))
    raw = mails.reply(
        "Zeist",
        "De brief is doorgestuurd naar de raadsleden en staat op de lijst ingekomen stukken"
        " van 21 april.",
        from_="J. van der Wal <jvdwal@raadzeist.example>",
    )
    return scene.take(raw, store).mail


def page_of(mail: Incoming) -> str:
    return f"{LIST}{mail.id}"


def again(mail: Incoming) -> Incoming:
    db.session.expire_all()
    return db.session.get_one(Incoming, mail.id)


def test_what_waits_is_in_the_menu_and_opens_on_the_proposal(
    coordinator: PageClient, doubtful: Incoming
) -> None:
    assert coordinator.page("/kantoor/").links()["Reacties , wachten: 1"] == LIST

    page = coordinator.page(LIST)

    assert "1 mail wacht op u" in page.text
    assert (
        "Antwoord van Zeist op Oproep eenzaamheid, want het is een antwoord op onze brief"
        in page.text
    )
    assert "maar de afzender is niet van een gemeente die wij schreven" in page.text
    ticked = {n.attrs["value"] for n in page.all("input") if "checked" in n.attrs}
    assert {"doorgestuurd", "op-lijst"} < ticked
    assert len(ticked) == 3
    assert (
        "Wilt u de brief in de bijlage doorsturen"
        not in page.all("article")[0].text.split("Toon alles")[0]
    )


def test_klopt_records_what_was_said_and_can_be_undone(
    coordinator: PageClient, doubtful: Incoming
) -> None:
    sent = coordinator.submit(page_of(doubtful), d="klopt")

    assert sent.status_code == 303
    given = {(one.status, one.on_date) for one in scene.answers("Zeist")}
    assert given == {("doorgestuurd", None), ("op-lijst", date(2026, 4, 21))}
    assert again(doubtful).state is Place.SETTLED
    timeline = coordinator.page(f"/kantoor/gemeenten/{scene.code('Zeist')}").text
    assert "Mail: RE: Maak eenzaamheid onderwerp" in timeline
    assert "Bij deze gemeente gezet door Marit Zuidema" in timeline

    coordinator.submit(page_of(doubtful), f"{page_of(doubtful)}/ongedaan")

    assert scene.answers("Zeist") == []
    assert again(doubtful).state is Place.WAITING
    assert "Mail: RE:" not in coordinator.page(f"/kantoor/gemeenten/{scene.code('Zeist')}").text


def test_another_gemeente_is_typed_and_chosen(coordinator: PageClient, doubtful: Incoming) -> None:
    page = coordinator.page(f"{page_of(doubtful)}?gemeente=utrecht")
    assert "Antwoord van Utrecht op Oproep eenzaamheid, want u koos deze gemeente" in page.text

    coordinator.submit(f"{page_of(doubtful)}?gemeente=utrecht", page_of(doubtful), d="klopt")

    assert [one.status for one in scene.answers("Utrecht")] == ["doorgestuurd", "op-lijst"]
    assert scene.answers("Zeist") == []


def test_a_gemeente_that_is_none_is_said_beside_the_proposal(
    coordinator: PageClient, doubtful: Incoming
) -> None:
    text = coordinator.page(f"{page_of(doubtful)}?gemeente=Nergenshuizen").text

    assert "Nergenshuizen" in text
    assert "Antwoord van Zeist" in text


def test_a_mail_of_no_gemeente_is_gone_at_once(
    coordinator: PageClient, doubtful: Incoming, store: Store
) -> None:
    raw = doubtful.raw_sha256 or ""
    assert store.get(raw)

    coordinator.submit(page_of(doubtful), d="geen")

    left = again(doubtful)
    assert (left.state, left.raw_sha256) == (Place.REMOVED, None)
    assert (left.subject, left.text, left.from_email, left.reasons, left.proposals) == (
        "",
        "",
        "",
        [],
        [],
    )
    with pytest.raises(Unknown):
        store.get(raw)
    assert coordinator.get(page_of(doubtful)).status_code == 404
    assert "jvdwal" not in str([one.detail for one in db.session.scalars(select(AuditEntry))])


def test_a_mail_that_was_removed_is_not_read_again(
    coordinator: PageClient, store: Store, app: Flask
) -> None:
    scene.send_letters(("Zeist",))
    raw = mails.mail("Ik ben alleen.", from_="h.pieters@ziggo.nl", subject="eenzaam")
    mail = scene.take(raw, store).mail
    coordinator.submit(page_of(mail), d="geen")

    taken = scene.take(raw, store)

    assert (taken.fresh, taken.mail.state) == (False, Place.REMOVED)
    assert not any(path.is_file() for path in store.folder.rglob("*"))


def test_one_reply_speaks_for_three(coordinator: PageClient, store: Store, app: Flask) -> None:
    scene.send_letters(mails.SHARED)
    text = "De brief is doorgestuurd naar de drie raden van onze gemeenten."
    mail = scene.take(mails.reply("Ouder-Amstel", text), store).mail
    page = coordinator.page(page_of(mail))
    offered = [n.attrs["value"] for n in page.all("input") if n.attrs.get("name") == "van"]
    assert len(offered) == 3

    coordinator.submit(page_of(mail), d="klopt", van=offered, zegt=["doorgestuurd"])

    assert {one.gemeente_code for one in scene.answers()} == {scene.code(p) for p in mails.SHARED}


def test_two_people_at_once_settle_it_once(app: Flask, doubtful: Incoming) -> None:
    zeist = deciding.about(
        doubtful, scene.code("Zeist"), db.session.scalars(select(Campaign)).one().id, "raad"
    )
    given = {"on_date": None, "links": scene.LINKS, "now": NOON}
    deciding.settle(doubtful, [zeist], ["antwoord"], by=Actor("coordinator:1"), **given)

    with pytest.raises(Refused, match="was u net voor"):
        deciding.settle(doubtful, [zeist], ["geweigerd"], by=Actor("coordinator:2"), **given)

    assert [one.status for one in scene.answers("Zeist")] == ["antwoord"]


def test_who_takes_it_up_is_shown_and_the_second_is_told(
    app: Flask, coordinator: PageClient, doubtful: Incoming
) -> None:
    coordinator.submit(page_of(doubtful), f"{page_of(doubtful)}/neem")
    assert "Marit Zuidema pakt dit op" in coordinator.page(LIST).text

    coordinator.submit(page_of(doubtful), f"{page_of(doubtful)}/neem", laat="ja")

    assert "pakt dit op" not in coordinator.page(LIST).text.replace("Pakt dit op", "")


def test_an_answer_opens_ones_own_mail_program(coordinator: PageClient, doubtful: Incoming) -> None:
    url = coordinator.page(page_of(doubtful)).links()["Beantwoord in uw mailprogramma"]

    assert url.startswith("mailto:jvdwal%40raadzeist.example?subject=RE%3A%20")
    assert "Ons%20kenmerk%3A%20NE-2026-014" in url
    assert "%3E%20De%20brief%20is%20doorgestuurd" in url


def test_files_are_taken_in(coordinator: PageClient, app: Flask) -> None:
    scene.send_letters(("Zeist", "Utrecht"))
    files = [
        (io.BytesIO(mails.reply("Zeist", "Doorgestuurd")), "a.eml"),
        (io.BytesIO(b"geen mail"), "b.eml"),
    ]

    sent = coordinator.submit(f"{LIST}inlezen", bestanden=files)

    assert sent.status_code == 303
    assert "2 mails gelezen; 1 wacht op u." in coordinator.page(LIST).text
    acts = select(AuditEntry.act, AuditEntry.subject).where(AuditEntry.act == "take in mail")
    assert [one.subject for one in db.session.execute(acts)] == ["incoming:1", "incoming:2"]
    assert [one.status for one in scene.answers()] == ["doorgestuurd"]


def test_no_file_is_said(coordinator: PageClient, app: Flask) -> None:
    assert "Kies een bestand" in coordinator.submit(f"{LIST}inlezen").text


def test_wrong_choices_are_said(coordinator: PageClient, doubtful: Incoming) -> None:
    both = coordinator.submit(page_of(doubtful), d="klopt", zegt=["geen-post", "antwoord"])
    none = coordinator.submit(page_of(doubtful), d="klopt", van=None)
    odd = coordinator.submit(page_of(doubtful), d="klopt", van=["GM9999:x:raad"])

    assert "Kies “wil geen post meer” alleen" in both.text
    assert "Kies een gemeente" in none.text
    assert odd.status_code == 422
    assert again(doubtful).state is Place.WAITING


def test_geen_post_tells_the_mailbox(coordinator: PageClient, doubtful: Incoming) -> None:
    coordinator.submit(page_of(doubtful), d="klopt", zegt=["geen-post"])

    assert again(doubtful).kind is Kind.UNSUBSCRIBE
    text = coordinator.page(f"/kantoor/gemeenten/{scene.code('Zeist')}").text
    assert "wil sinds ma 23 maart geen post meer" in text


def test_hostile_mail_is_shown_as_text(coordinator: PageClient, app: Flask, store: Store) -> None:
    scene.send_letters(("Zeist",))
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    raw = mails.mail(evil, from_=f'"{evil}" <x@ziggo.nl>', subject=evil.replace("\n", ""))
    mail = scene.take(raw, store).mail

    source = coordinator.get(page_of(mail)).text

    assert "<script>alert" not in source
    assert "&lt;script&gt;alert(1)" in source


def test_a_reader_looks_and_changes_nothing(reader: PageClient, doubtful: Incoming) -> None:
    page = reader.page(page_of(doubtful))

    assert "Klopt" not in page.text
    assert reader.get(f"{LIST}klaar").status_code == 200
    assert [form for form in page.all("form") if form.attrs.get("method") == "post"][1:] == []


def test_nothing_waits(coordinator: PageClient, app: Flask) -> None:
    assert "niets wacht" in coordinator.page(LIST).text
    assert "Er kwam nog geen mail binnen" in coordinator.page(f"{LIST}klaar").text


def test_what_is_settled_is_listed_with_its_gemeente(
    coordinator: PageClient, app: Flask, store: Store
) -> None:
    scene.send_letters(("Zeist",))
    mail = scene.take(mails.reply("Zeist", "Doorgestuurd"), store).mail

    assert "Zeist" in coordinator.page(f"{LIST}klaar").text
    text = coordinator.page(page_of(mail)).text
    assert "Genoteerd: doorgestuurd naar de raad." in text
    coordinator.submit(page_of(mail), f"{page_of(mail)}/ongedaan")
    assert scene.answers() == []


@pytest.mark.parametrize("many", [1, 40])
def test_the_page_costs_as_much_with_many(
    many: int,
    coordinator: PageClient,
    app: Flask,
    store: Store,
    query_count: Callable[[], AbstractContextManager[Any]],
) -> None:
    scene.send_letters(("Zeist",))
    for n in range(many):
        raw = mails.mail("Ik ben alleen.", from_=f"h{n}@ziggo.nl", subject="eenzaam")
        scene.take(raw, store, now=NOON)

    with query_count() as counted:
        coordinator.get(LIST)

    assert counted.count <= 12


def test_a_rule_of_ones_own_is_tried_then_made_then_switched_off(
    coordinator: PageClient, doubtful: Incoming
) -> None:
    rules = f"{LIST}regels/"
    link = coordinator.page(page_of(doubtful)).links()["Maak een regel voor mail van deze afzender"]
    filled = [one.attrs.get("value") for one in coordinator.page(link).all("input")]
    assert "jvdwal@raadzeist.example" in filled

    given = {"sender": "@elders.example", "words": "", "outcome": "niet-van-een-gemeente"}
    news = mails.mail("Lees ons nieuws.", from_="nieuws@elders.example", subject="Nieuws")
    kept = scene.take(news, store_of()).mail
    tried = coordinator.submit(rules, d="probeer", **given)
    assert "1 bewaarde mail past op deze regel" in tried.text
    assert "nog niet herkend, wacht" in tried.text
    assert again(kept).state is Place.WAITING

    assert coordinator.submit(rules, d="maak", **given).status_code == 200  # not tried
    given |= {"geprobeerd": "@elders.example |  | niet-van-een-gemeente"}
    assert given["geprobeerd"] in tried.text
    assert coordinator.submit(rules, d="maak", **given).status_code == 303
    assert "mail van @elders.example → niet van een gemeente" in coordinator.page(rules).text
    assert coordinator.submit(rules, d="maak", **given).status_code == 422

    other = mails.mail("Lees ons nieuws.", from_="nieuws@elders.example", subject="Nieuws 2")
    mail = scene.take(other, store_of()).mail
    assert "Door uw regel: mail van @elders.example" in coordinator.page(page_of(mail)).text
    assert "Niet van een gemeente" in coordinator.page(page_of(mail)).text

    rule = db.session.scalars(select(OwnRule)).one()
    assert coordinator.submit(rules, f"{rules}{rule.id}/weg").status_code == 303
    assert "Er zijn nog geen eigen regels." in coordinator.page(rules).text
