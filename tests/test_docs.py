"""What people can type, set or open is written down; and nothing is written down that is gone."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from config import Env, Settings
from outreach.app import create_app
from outreach.campaigns import files
from outreach.cli import main
from outreach.contacts.columns import HEADERS
from outreach.events import files as meeting_files
from outreach.events import listing
from outreach.letters import placeholders

DOCS = Path(__file__).parent.parent / "docs"


def commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by the words one types."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            if command.invoke_without_command:
                yield f"{path} {name}", command
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def sections(file: str) -> dict[str, str]:
    """The text below each third-level heading that is a command."""
    parts = re.split(r"^### `([^`]+)`$", (DOCS / file).read_text(encoding="utf-8"), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


COMMANDS = dict(commands(main, "outreach"))


def test_every_setting_is_described_and_no_other():
    described = re.findall(
        r"^\| `([A-Z_]+)` \|", (DOCS / "settings.md").read_text(encoding="utf-8"), re.M
    )

    assert sorted(described) == sorted(name.upper() for name in Settings.model_fields)


def test_every_command_is_described_and_no_other():
    described = {
        " ".join(word for word in head.split() if not word.isupper()).split(" [")[0]
        for head in sections("commands.md")
    }

    assert described == set(COMMANDS)


@pytest.mark.parametrize("path", COMMANDS)
def test_every_option_and_argument_is_described(path: str):
    (head, text), *_ = [
        (head, text)
        for head, text in sections("commands.md").items()
        if re.sub(r" \[?[A-Z].*", "", head) == path
    ]
    described = set(re.findall(r"^\| `(--[a-z-]+)", text, re.M))
    options = {
        option
        for parameter in COMMANDS[path].params
        if isinstance(parameter, click.Option)
        for option in parameter.opts
        if option.startswith("--")
    }
    arguments = [
        p.make_metavar(click.Context(COMMANDS[path]))
        for p in COMMANDS[path].params
        if isinstance(p, click.Argument)
    ]

    assert described == options
    assert all(argument.strip("[].") in head for argument in arguments)


def test_every_address_is_described_and_no_other(tmp_path: Path):
    demo = create_app(Settings(instance=tmp_path, env=Env.DEMO, secret_key="x" * 32))
    rules = {re.sub(r"<(?:\w+:)?(\w+)>", r"<\1>", rule.rule) for rule in demo.url_map.iter_rules()}

    described = set(
        re.findall(r"`(/[^`?]*)[^`]*`", (DOCS / "routes.md").read_text(encoding="utf-8"))
    )

    assert rules - described == set()
    assert described - rules - {"/static/<file>", "/kantoor"} == set()


def test_every_column_of_a_list_is_described():
    text = (DOCS / "contacts-file.md").read_text(encoding="utf-8")

    assert [name for names in HEADERS.values() for name in names if f"`{name}`" not in text] == []


def test_every_key_and_placeholder_of_a_campaign_file_is_described():
    text = (DOCS / "campaign-file.md").read_text(encoding="utf-8")

    assert [key for key in files._TOP if f"`{key}`" not in text] == []
    assert [key for key in files._SOFT if not re.search(f"[`{{ ]{key}:", text)] == []
    assert [key for key in files._STEP if not re.search(f"`{key}\\b", text)] == []
    assert [name for name in placeholders.KNOWN if f"{{{{{name}}}}}" not in text] == []


def test_every_key_of_a_meeting_file_and_column_of_its_export_is_described():
    keys = (DOCS / "meeting-file.md").read_text(encoding="utf-8")
    columns = (DOCS / "meetings.md").read_text(encoding="utf-8")

    assert [key for key in meeting_files._TOP | meeting_files._DAY if f"`{key}`" not in keys] == []
    assert [name for name in listing.COLUMNS if f"`{name}`" not in columns] == []


def test_links_between_documents_lead_somewhere():
    root = DOCS.parent
    broken = [
        f"{page.relative_to(root)}: {target}"
        for page in [*root.glob("*.md"), *DOCS.rglob("*.md")]
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]

    assert broken == []
