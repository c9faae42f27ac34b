"""Tekstblokken: single texts that a coordinator keeps and puts into any letter.

A letter takes the words over: what changes here later changes no letter.
"""

from datetime import datetime

from sqlalchemy import select

from outreach import unseen
from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.campaigns.files import Text
from outreach.campaigns.models import TextBlock
from outreach.db import db
from outreach.errors import Invalid, Unknown

LONGEST_TITLE = 80


class UnknownText(Unknown):
    """No text has this title or number."""


def everything() -> list[TextBlock]:
    """All of them, by title."""
    rows = db.session.scalars(select(TextBlock)).all()
    return sorted(rows, key=lambda one: (one.title.casefold(), one.id))


def get(block_id: int) -> TextBlock:
    """:raises UnknownText: there is none with this number"""
    found = db.session.get(TextBlock, block_id)
    if found is None:
        raise UnknownText("Dit tekstblok is er niet meer.")
    return found


def find(title: str) -> TextBlock:
    """The one with this title, whatever its capitals.

    :raises UnknownText: there is none
    """
    found = _titled(title)
    if found is None:
        raise UnknownText(f"Er is geen tekstblok met de naam “{title}”.")
    return found


def add(title: str, text: str, *, by: Actor, now: datetime) -> TextBlock:
    """Keep a text.

    :param text: Markdown with placeholders, as in a letter
    :raises Invalid: no title, no text, one too long, or a title that is taken
    """
    made = TextBlock()
    _fill(made, title, text, by, now)
    db.session.add(made)
    db.session.flush()
    audit.record("add text block", f"text-block:{made.id}", by=by, now=now)
    return made


def change(block: TextBlock, title: str, text: str, *, by: Actor, now: datetime) -> None:
    """:raises Invalid: as `add` does"""
    _fill(block, title, text, by, now)
    db.session.flush()
    audit.record("change text block", f"text-block:{block.id}", by=by, now=now)


def remove(block: TextBlock, *, by: Actor, now: datetime) -> None:
    """Letters that took it over keep its words."""
    audit.record("remove text block", f"text-block:{block.id}", by=by, now=now)
    db.session.delete(block)
    db.session.flush()


def put_below(words: str, block: TextBlock) -> str:
    """A text with the block as its last paragraphs."""
    return "\n\n".join(filter(None, (words.strip(), block.text)))


def _fill(block: TextBlock, title: str, text: str, by: Actor, now: datetime) -> None:
    title = " ".join(unseen.clean(title).split())
    text = unseen.clean(text).replace("\r\n", "\n").strip()
    if not title or len(title) > LONGEST_TITLE:
        raise Invalid(f"Geef het tekstblok een naam van ten hoogste {LONGEST_TITLE} tekens.")
    if not text:
        raise Invalid("Schrijf de tekst van het tekstblok.")
    Text(text)
    with db.session.no_autoflush:
        other = _titled(title)
    if other is not None and other is not block:
        raise Invalid(f"Er is al een tekstblok met de naam “{other.title}”. Kies een andere naam.")
    block.title, block.text, block.actor, block.changed_at = title, text, by.key, now


def _titled(title: str) -> TextBlock | None:
    wanted = " ".join(title.split()).casefold()
    return next((one for one in everything() if one.title.casefold() == wanted), None)
