"""What a coordinator fills in when a gemeente told us something: by telephone, mail or on paper."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from wtforms import DateField, FileField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional

from outreach.answers import documents, recording
from outreach.answers.documents import File, Shelf
from outreach.answers.handling import Handling
from outreach.answers.models import Source
from outreach.campaigns.models import Campaign
from outreach.ledger.standing import Standing
from outreach.web.form import Form, required

#: How a coordinator knows; the sentence is what the timeline shows.
KNOWN_BY = {
    Source.PHONE: ("Telefoongesprek", "telefoongesprek"),
    Source.MAIL: ("Mail van de griffie", "mail van de griffie"),
    Source.PAPER: ("Brief op papier", "brief op papier"),
    Source.OFFICE: ("Zelf gezien, bijvoorbeeld op de website", "zelf gezien"),
}
#: What can be told, in the order of how a letter fares.
TOLD = (
    Standing.ONTVANGEN,
    Standing.IN_BEHANDELING,
    Standing.DOORGESTUURD,
    Standing.OP_LIJST,
    Standing.NAAR_COLLEGE,
    Standing.BESPROKEN,
    Standing.ANTWOORD,
    Standing.GESPREK,
    Standing.GEWEIGERD,
    Standing.NIET_BENADEREN,
)
#: Said to us it is about this letter; who wants no post at all goes on the geen-postlijst.
WORDS = {Standing.NIET_BENADEREN: "wil over deze brief geen herinnering"}


class NoteForm(Form):
    body = RadioField("Van wie")
    answer = RadioField("Wat deed de gemeente met de brief?", [required("Kies een antwoord.")])
    on_date = DateField("Datum van de vergadering (hoeft niet)", [Optional()])
    handling = SelectField("Wat de raad ermee deed (hoeft niet)")
    url = StringField("Waar staat het (hoeft niet)", [Length(max=1000)])
    source = RadioField(
        "Hoe weten we dit?",
        choices=[SelectChoice(source.value, words[0]) for source, words in KNOWN_BY.items()],
    )
    note = TextAreaField(
        "Wat zeiden ze? (hoeft niet)",
        [Length(max=recording.LONGEST_NOTE, message="Kort dit in tot 1000 tekens.")],
    )

    def __init__(self, campaign: Campaign) -> None:
        bodies = campaign.variants or ["raad"]
        super().__init__(data={"body": bodies[0], "source": Source.PHONE.value})
        self.body.choices = _bodies(campaign)
        self.answer.choices = _answers(campaign)
        self.handling.choices = [SelectChoice("", "weten wij niet")] + [
            SelectChoice(one.value, one.word) for one in Handling
        ]

    def told(self) -> dict[str, Any]:
        """As `answering.note` takes it."""
        source = Source(self.source.data)
        return {
            "status": self.answer.data,
            "body": self.body.data,
            "source": source,
            "evidence": KNOWN_BY[source][1],
            "on_date": self.on_date.data,
            "note": self.note.data or "",
            "handling": self.handling.data or "",
            "url": self.url.data or "",
        }


class PaperForm(Form):
    """An answer by post. As it opens it can be sent: an answer came, dated today."""

    letter = SelectField("Op welke brief van ons")
    body = RadioField("Van wie")
    answer = SelectField("Wat schrijven ze?")
    dated = DateField("Datum op de brief", [Optional()])
    note = TextAreaField(
        "In hun woorden (hoeft niet)",
        [Length(max=recording.LONGEST_NOTE, message="Kort dit in tot 1000 tekens.")],
    )
    scan = FileField("Scan van de brief, als PDF (hoeft niet)")

    def __init__(self, campaign: Campaign, letters: Sequence[Campaign], today: date) -> None:
        """
        :param campaign: the letter that it answers, as the address or the form names it
        :param letters: those that this gemeente got
        """
        super().__init__(
            data={
                "letter": campaign.slug,
                "body": (campaign.variants or ["raad"])[0],
                "answer": Standing.ANTWOORD.value,
                "dated": today,
            }
        )
        self.letter.choices = [SelectChoice(one.slug, one.name) for one in letters]
        self.body.choices = _bodies(campaign)
        self.answer.choices = _answers(campaign)

    def kept(self, shelf: Shelf) -> File | None:
        """The scan that was chosen, read and kept."""
        sent = self.scan.data
        if not getattr(sent, "filename", ""):
            return None
        return documents.keep(sent.filename, sent.read(), shelf)


def _bodies(campaign: Campaign) -> list[SelectChoice]:
    bodies = campaign.variants or ["raad"]
    return [
        SelectChoice(body, f"de {body}" if body == "raad" else f"het {body}") for body in bodies
    ]


def _answers(campaign: Campaign) -> list[SelectChoice]:
    own = [(outcome["key"], outcome["label"]) for outcome in campaign.outcomes]
    return [
        *(SelectChoice(one.value, WORDS.get(one, one.word)) for one in TOLD),
        *(SelectChoice(key, label) for key, label in own),
    ]
