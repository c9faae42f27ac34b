"""A campaign as the file that loads to the same campaign (docs/campaign-file.md)."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import time
from typing import Any

from outreach import unseen
from outreach.campaigns import files, writing
from outreach.campaigns.conditions import To
from outreach.campaigns.files import CampaignFile, Soft, StepPart, Text, Window
from outreach.campaigns.models import Campaign, Recipients
from outreach.contacts import regions
from outreach.errors import Refused

#: What YAML takes for the end of a line, or for no character at all.
_ODD = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_STEP_LINE = re.compile(r"---\s*")


class NotAFile(Refused):
    """A file cannot say what this campaign is."""


def as_file(campaign: Campaign) -> str:
    """The text of its file; attachments are named, and lie beside it.

    :raises NotAFile: a step has no moment yet, or a subject for each body
    """
    for step in campaign.steps:
        if step.send_at is None and step.after_days is None:
            raise NotAFile(f"Stap {step.position} heeft nog geen moment. Kies het eerst.")
        if len({text.subject for text in writing.current_texts(step).values()}) > 1:
            raise NotAFile(
                f"Stap {step.position} heeft voor raad en college een ander onderwerp."
                " Een bestand heeft er één per stap."
            )
    found = writing.as_file(campaign)
    return said(replace(found, audience=_outside(found.audience)))


def said(file: CampaignFile) -> str:
    """What `files.parse` reads as this."""
    lines = ["---", *_top(file), "steps:"]
    lines += [f"  - {_flow(_step(step))}" for step in file.steps]
    letters = [_letter(step, file.variants) for step in file.steps]
    return unseen.clean("\n".join([*lines, "---", "\n\n---\n".join(letters), ""]))


def _outside(audience: Mapping[str, Any]) -> dict[str, Any]:
    """Regions by kind and name: their numbers are of this database."""
    found = dict(audience)
    if ids := found.get("region"):
        named = [regions.find(one) for one in ids]
        found["region"] = [f"{one.kind.value}:{one.name}" for one in named]
    if left_out := found.get("except"):
        found["except"] = _outside(left_out)
    return found


def _top(file: CampaignFile) -> Iterator[str]:
    values: dict[str, Any] = {
        "name": file.name,
        "slug": file.slug,
        "sender": file.sender,
        "kenmerk": file.kenmerk,
        "audience": file.audience,
        "attachments": list(file.attachments),
        "pdf_letter": file.pdf_letter,
        "questions": _ordered(file.questions, ("key", "label", "type", "options")),
        "meetings": list(file.meetings),
        "registration_answers": file.registration_answers,
        "outcomes": _ordered(file.outcomes, ("key", "label", "stops")),
        "variants": list(file.variants) if file.variants != files.BODIES[:1] else [],
        "window": _window(file.window),
        "in_reply_to": [dict(one) for one in file.in_reply_to],
        "handled_by": file.handled_by,
        "direct_phone": file.direct_phone,
        "soft_start": _soft(file.soft),
    }
    yield from (f"{name}: {_flow(value)}" for name, value in values.items() if value)
    if file.cosigners is not None:
        yield f"cosigners: {_flow(list(file.cosigners))}"


def _ordered(values: list[dict[str, Any]], names: tuple[str, ...]) -> list[dict[str, Any]]:
    return [
        {name: one[name] for name in names if one.get(name) not in (None, [])} for one in values
    ]


def _step(step: StepPart) -> dict[str, Any]:
    found: dict[str, Any] = {"subject": step.subject}
    if step.send_at is not None:
        found["send_at"] = step.send_at_wall or step.send_at.isoformat()
    else:
        long = f"{step.after_days} {'working ' if step.after_working else ''}days"
        found |= {"before": {step.before: long}} if step.before else {"after": long}
        if step.council_days is not None:
            found["after_council"] = f"{step.council_days} working days"
        found["at"] = step.after_at.isoformat("auto") if step.after_at else ""
    if step.not_in_recess:
        found["not_in_recess"] = True
    if not step.to.everyone:
        found["to"] = _to(step.to)
    return found


def _to(to: To) -> str | dict[str, Any]:
    if to == To(to.recipients):
        return to.recipients.value
    found: dict[str, Any] = {}
    if to.recipients is not Recipients.ALL:
        found[to.recipients.value] = True
    if to.question and to.answers:
        found["replied"] = {to.question: list(to.answers)}
    elif to.question:
        found["not_replied_to"] = to.question
    if to.meeting:
        found["registered_for" if to.registered else "not_registered_for"] = to.meeting
    return found


def _window(window: Window) -> dict[str, Any]:
    if window == Window():
        return {}
    days = [name for name, bit in files.DAYS.items() if window.days >> bit & 1]
    closes = min(window.closes, 1439)  # a day's last minute stands for its end
    return {
        "days": days,
        "from": _clock(window.opens),
        "until": _clock(closes),
        "holidays": window.on_holidays,
    }


def _soft(soft: Soft | None) -> dict[str, Any]:
    if soft is None:
        return {}
    who = {"gemeenten": list(soft.gemeenten)} if soft.gemeenten else {"first": soft.first}
    return who | {"rest": "next working day" if soft.hours is None else f"{soft.hours} hours"}


def _clock(minutes: int) -> str:
    return time(minutes // 60, minutes % 60).isoformat("minutes")


def _letter(step: StepPart, variants: tuple[str, ...]) -> str:
    parts = []
    for variant in variants:
        text = step.texts.get(variant)
        if text is not None:
            parts.append(_text(text) if variant == variants[0] else f"+++ {variant}\n{_text(text)}")
    return "\n\n".join(parts)


def _text(text: Text) -> str:
    return _body(text.mail) + (f"\n\n+++ brief\n\n{_body(text.letter)}" if text.letter else "")


def _body(words: str) -> str:
    """Its lines, with what would begin another step or body written so that it reads the same."""
    return "\n".join(map(_line, words.split("\n")))


def _line(line: str) -> str:
    if _STEP_LINE.fullmatch(line):
        return "----"  # Markdown takes any number of them
    return f"\\{line}" if files.starts_part(line) else line


def _flow(value: Any) -> str:
    """A value on one line: JSON, which YAML reads too."""
    plain = json.dumps(value, ensure_ascii=False)
    return _ODD.sub(lambda odd: f"\\u{ord(odd[0]):04x}", plain)
